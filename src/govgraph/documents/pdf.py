"""Lines of a PDF: printed lines, and rows of ruled tables with a tab between cells."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from govgraph.documents.office import REPAIR
from govgraph.errors import DocumentError, SourceSpan

if TYPE_CHECKING:
    from pdfplumber.page import Page
    from pdfplumber.table import Table


def read_pdf(
    data: bytes, name: str, progress: Callable[[int, int], None] | None = None
) -> list[tuple[str, int]]:
    """The lines of all pages, each with its page from 1.

    A table with ruled lines and at least two columns gives a line a row; a row that is broken over two pages
    gives one on each. Raises DocumentError GG201 where pdfplumber is not installed or cannot read it.
    """
    try:
        import pdfplumber
        from pdfminer.psexceptions import PSException
        from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
    except ImportError as e:
        raise DocumentError(
            "reading a PDF needs pdfplumber, which is not installed",
            "GG201",
            SourceSpan(name),
            "pip install 'govgraph[pdf]'",
        ) from e
    lines: list[tuple[str, int]] = []
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            for number, page in enumerate(pdf.pages, 1):
                lines += [(text, number) for text in _page_lines(page)]
                page.close()
                if progress:
                    progress(number, len(pdf.pages))
    except (PSException, PdfminerException, MalformedPDFException) as e:
        raise DocumentError(
            f"not a readable PDF: {str(e) or repr(e)}", "GG201", SourceSpan(name), REPAIR
        ) from e
    return lines


def _page_lines(page: Page) -> list[str]:
    tables = [table for table in page.find_tables() if len(table.columns) > 1]
    if not tables:
        return page.extract_text().splitlines()

    def is_outside(thing: dict[str, Any]) -> bool:
        if thing["object_type"] != "char":
            return True
        x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(t.bbox[0] <= x <= t.bbox[2] and t.bbox[1] <= y <= t.bbox[3] for t in tables)

    placed = [(line["top"], line["text"]) for line in page.filter(is_outside).extract_text_lines()]
    for table in tables:
        placed += _rows(table)
    return [text for _, text in sorted(placed, key=lambda line: line[0])]


def _rows(table: Table) -> Iterator[tuple[float, str]]:
    """Top and text of each row; the lines of a cell are joined by a space."""
    for row, cells in zip(table.rows, table.extract(), strict=True):
        yield row.bbox[1], "\t".join(" ".join((cell or "").split("\n")) for cell in cells)
