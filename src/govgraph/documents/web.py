"""Lines of web pages: what a browser shows as lines, and rows of tables with a tab between cells.

A cell that spans rows or columns stands where it begins; the others are empty. Tables that hold tables are
layout, and not rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from govgraph.documents.office import REPAIR, missing_reader
from govgraph.errors import DocumentError, SourceSpan

_HTML = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]+encoding=["']([\w-]+)""", re.IGNORECASE
)
_CODECS = {"shift_jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "sjis": "cp932"}
"""Name of an encoding on web pages -> the codec that browsers read it with (WHATWG Encoding Standard)."""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "  # noqa: SIM905
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table "
    "tbody td tfoot th thead tr ul".split()
)
_HIDDEN = frozenset(["head", "noscript", "script", "style", "template"])


def is_web_page(data: bytes) -> bool:
    """Whether `data` begins as HTML does."""
    return _HTML.match(data.removeprefix(b"\xef\xbb\xbf")) is not None


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a web page names in its first 1024 bytes.

    >>> declared_encoding(b'<html><meta charset="Shift_JIS">')
    'cp932'
    """
    found = _CHARSET.search(data[:1024])
    if found is None:
        return None
    name = (found[1] or found[2]).decode("ascii").lower()
    return _CODECS.get(name, name)


def read_html(text: str, name: str) -> list[str]:
    """The lines of a web page; raises DocumentError GG201 where lxml is not installed or finds no page."""
    try:
        from lxml import etree, html
    except ImportError as e:
        raise missing_reader("a web page", "lxml", name) from e
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text))
    except (etree.ParserError, ValueError) as e:
        raise DocumentError(f"not a readable web page: {e}", "GG201", SourceSpan(name), REPAIR) from e
    page = _Page()
    page.walk(root)
    page.end_line()
    return page.lines


class _Page:
    """Gathers the lines of a web page; a row of a table is one line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.open = ""

    def walk(self, element: Any) -> None:
        if not isinstance(element.tag, str) or element.tag in _HIDDEN:
            return
        if element.tag == "table" and element.find(".//table") is None:
            self.end_line()
            for caption in element.iterchildren("caption"):
                self.walk(caption)
            self.end_line()
            self.lines += _table_lines(element)
            return
        block = element.tag in _BLOCKS or element.tag == "br"
        if block:
            self.end_line()
        self.add(element.text, element)
        for child in element:
            self.walk(child)
            self.add(child.tail, element)
        if block:
            self.end_line()

    def add(self, text: str | None, element: Any) -> None:
        if text and element.tag == "pre":
            *whole, rest = text.split("\n")
            for line in whole:
                self.open += line
                self.end_line()
            self.open += rest
        elif text:
            self.open += re.sub(r"[ \t\r\n\f]+", " ", text)

    def end_line(self) -> None:
        if self.open.strip():
            self.lines.append(self.open.strip(" "))
        self.open = ""


def _table_lines(table: Any) -> Iterator[str]:
    """The rows of a table, cells that span rows or columns once, at their beginning."""
    spans: dict[int, int] = {}
    for row in table.iter("tr"):
        cells: list[str] = []

        def skip(cells: list[str] = cells) -> None:
            while spans.get(len(cells), 0):
                spans[len(cells)] -= 1
                cells.append("")

        for cell in row.iterchildren("td", "th"):
            skip()
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for number in range(across):
                spans[len(cells)] = down - 1
                cells.append("" if number else _cell_text(cell))
        skip()
        yield "\t".join(cells)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), 1000) if value.isdecimal() else 1


def _cell_text(cell: Any) -> str:
    page = _Page()
    page.walk(cell)
    page.end_line()
    return " ".join(page.lines)
