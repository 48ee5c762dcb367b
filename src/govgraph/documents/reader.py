"""A document as lines with their numbers: a text, a PDF, a web page, a Word or an Excel file."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from govgraph.documents.office import office_kind, read_excel, read_word
from govgraph.documents.web import declared_encoding, is_web_page, read_html
from govgraph.errors import ConfigError, DocumentError, SourceSpan, did_you_mean

CANDIDATES = ("utf-8", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be", "iso2022_jp")
"""Encodings that are tried where the declared one does not fit."""

Progress = Callable[[int, int], None]
"""Told how many pages are read, of how many."""

_ALIEN = re.compile("[\0\x1b]")
"""No text holds these; ASCII bytes that are part of UTF-16 or ISO-2022-JP do."""

_NEWLINE = re.compile(r"\r\n|\r|\n")
_EXPECTED_LETTERS = re.compile(
    "[\\s\x20-\x7e\u00a0-\u00ff\u2000-\u27bf\u2e80-\u30ff\u3200-\u33ff\u4e00-\u9fff\uff01-\uff60]"
)
_CONTAINERS = {
    b"PK\x03\x04": "a ZIP container",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: its number from 1, its text, its page in a PDF or its sheet in an Excel file."""

    number: int
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read: its name as given, the checksum of its bytes, its lines."""

    name: str
    sha256: str
    lines: tuple[Line, ...]

    def span(self, line: int = 0) -> SourceSpan:
        """A place in the document."""
        return SourceSpan(self.name, line)


def read_document(path: Path, *, encoding: str = "utf-8", progress: Progress | None = None) -> Document:
    """The lines of the document at `path`, whatever its name; a form feed in a text begins a new page.

    A web page is read in the encoding that it names, else in `encoding`.
    Raises DocumentError GG201 where it cannot be read or is no text, GG202 where it is not in `encoding`;
    ConfigError GG104 where Python knows no such encoding.
    """
    name = str(path)
    try:
        data = path.read_bytes()
    except OSError as e:
        hint = "name a file that is there, and that you may read"
        raise DocumentError(f"cannot be read: {e.strerror}", "GG201", SourceSpan(name), hint) from e
    lines = _read_lines(data, name, encoding, progress)
    if not any(line.text.strip() for line in lines):
        photographed = data.startswith(b"%PDF-")
        hint = "a PDF of photographed pages has no text in it" if photographed else "is it the right file?"
        raise DocumentError("the document holds no text", "GG201", SourceSpan(name), hint)
    return Document(name, hashlib.sha256(data).hexdigest(), lines)


def _read_lines(data: bytes, name: str, encoding: str, progress: Progress | None) -> tuple[Line, ...]:
    """The lines by the kind of the document, which its first bytes tell."""
    if data.startswith(b"%PDF-"):
        from govgraph.documents.pdf import read_pdf

        return _numbered(read_pdf(data, name, progress))
    if is_web_page(data):
        text = _decode(data, name, declared_encoding(data) or encoding)
        return _numbered((line, None) for line in read_html(text, name))
    kind = office_kind(data)
    if kind == "word":
        return _numbered((line, None) for line in read_word(data, name))
    if kind == "excel":
        return _numbered(read_excel(data, name))
    return _split(_decode(data, name, encoding))


def _numbered(lines: Iterable[tuple[str, int | None]]) -> tuple[Line, ...]:
    return tuple(Line(number, text, page) for number, (text, page) in enumerate(lines, 1))


def _split(text: str) -> tuple[Line, ...]:
    """Lines end with LF, CRLF or CR only, so that numbers agree with what an editor shows."""
    texts = _NEWLINE.split(text)
    if texts[-1] == "":
        texts.pop()
    page = 1 if "\f" in text else None
    lines = []
    for number, content in enumerate(texts, 1):
        if page is not None:
            page += content.count("\f")
        lines.append(Line(number, content.replace("\f", ""), page))
    return tuple(lines)


def _decode(data: bytes, name: str, encoding: str) -> str:
    """The text of `data`, strictly in `encoding`, without a byte order mark."""
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        hint = did_you_mean(encoding, CANDIDATES)
        raise ConfigError(f"unknown encoding '{encoding}'", "GG104", hint=hint) from None
    except UnicodeDecodeError as e:
        raise _wrong_encoding(data, name, encoding, e.start) from e
    if alien := _ALIEN.search(text):
        raise _wrong_encoding(data, name, encoding, data.index(alien[0].encode("ascii")))
    return text


def _wrong_encoding(data: bytes, name: str, encoding: str, offset: int) -> DocumentError:
    """GG202 with the encoding that would fit, or GG201 where none does and the bytes are those of no text."""
    line = len(re.findall(rb"\r\n|\r|\n", data[:offset])) + 1
    span = SourceSpan(name, line)
    container = next((kind for magic, kind in _CONTAINERS.items() if data.startswith(magic)), None)
    fitting = None if container else fitting_encoding(data)
    if fitting:
        return DocumentError(
            f"not {encoding}: byte {data[offset]:#04x} at offset {offset}; it reads as {fitting}",
            "GG202",
            span,
            f"declare `encoding: {fitting}` under `document` in dataset.yml, or use --encoding {fitting}",
        )
    if container or b"\0" in data:
        kind = container or f"binary, with a NUL byte at offset {data.index(0)}"
        return DocumentError(
            f"not a text: {kind}", "GG201", span, "save it as text, PDF, web page, .docx or .xlsx"
        )
    return DocumentError(
        f"not {encoding}: byte {data[offset]:#04x} at offset {offset}; none of {', '.join(CANDIDATES)} fits",
        "GG202",
        span,
        "find out its encoding, and use --encoding; or save it as UTF-8",
    )


def fitting_encoding(data: bytes) -> str | None:
    """The first of `CANDIDATES` in which `data` is well-formed and reads as Japanese or English text.

    >>> fitting_encoding("横浜市".encode("cp932")), fitting_encoding("横浜市".encode("euc_jp"))
    ('cp932', 'euc_jp')
    """
    best, best_share = None, 0.9
    for encoding in CANDIDATES:
        if encoding == "utf-16" and data[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            continue
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding in ("utf-16-le", "utf-16-be") and not _NEWLINE.search(text):
            continue
        share = len(_EXPECTED_LETTERS.findall(text)) / max(len(text), 1)
        if not _ALIEN.search(text) and share > best_share:
            best, best_share = encoding, share
    return best
