"""Texts in other encodings than UTF-8, in and out, block by block."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20
_DECLARATION = re.compile(r"""(<\?xml[^>]*?encoding\s*=\s*["'])[^"']*(["'])""")


class EncodingError(Exception):
    """Bytes that are none of an encoding, or a character that it lacks; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def decode(source: IO[bytes], encoding: str, to: Path, *, xml: bool = False) -> None:
    """Writes the text of `source` in UTF-8, without a byte order mark; raises EncodingError.

    `xml`: the encoding that the document declares is then UTF-8, too.
    """
    first = True
    with to.open("w", encoding="utf-8", newline="") as out:
        for text in _decoded(source, encoding):
            if first:
                text = text.removeprefix("\ufeff")
                text = _DECLARATION.sub(r"\1UTF-8\2", text, count=1) if xml else text
            first = first and not text
            out.write(text)


def wrong_byte(path: Path, encoding: str = "utf-8") -> EncodingError | None:
    """The first place in a file that is not in its encoding."""
    try:
        with path.open("rb") as file:
            for _ in _decoded(file, encoding):
                pass
    except EncodingError as e:
        return e
    return None


def _decoded(source: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    place = _Place()
    read = 0
    while True:
        block = source.read(_BLOCK)
        before = decoder.getstate()
        read += len(block)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as e:
            known = len(e.object) - len(block)  # what was left of the block before
            decoder.setstate(before)
            place.move(decoder.decode(block[: max(e.start - known, 0)]))
            found = " ".join(f"0x{b:02X}" for b in e.object[e.start : e.end])
            at = read - len(e.object) + e.start
            message = f"{found} at byte {at:,} is no character of {encoding}"
            raise EncodingError(message, place.line, place.column) from e
        place.move(text)
        yield text
        if not block:
            return


def encode(source: Path, encoding: str, to: Path, *, xml: bool = False) -> None:
    """Writes a text that is in UTF-8 in another encoding; raises EncodingError.

    `xml`: the encoding that the document declares is then that one, too.
    """
    place = _Place()
    encoder = codecs.getincrementalencoder(encoding)("strict")
    first = True
    with source.open(encoding="utf-8", newline="") as text, to.open("wb") as out:
        while block := text.read(_BLOCK):
            if xml and first:
                block = _DECLARATION.sub(rf"\g<1>{encoding.upper()}\2", block, count=1)
            first = False
            try:
                out.write(encoder.encode(block))
            except UnicodeEncodeError as e:
                place.move(block[: e.start])
                message = f"{block[e.start]!r} is no character of {encoding}"
                raise EncodingError(message, place.line, place.column) from e
            place.move(block)
        out.write(encoder.encode("", final=True))


class _Place:
    """Where in a text the next character is."""

    def __init__(self) -> None:
        self.line = 1
        self.column = 1

    def move(self, text: str) -> None:
        ends = text.count("\n")
        self.line += ends
        self.column = len(text) - text.rfind("\n") if ends else self.column + len(text)
