"""Lines of Word and Excel files: paragraphs, and rows of tables with a tab between cells.

A cell that is merged with others stands where it begins; the others are empty. Line breaks in a cell are
spaces.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from govgraph.errors import DocumentError, SourceSpan

if TYPE_CHECKING:
    from docx.table import Table as WordTable

_PARTS = {"word/document.xml": "word", "xl/workbook.xml": "excel"}
"""A part of a ZIP container that tells what it is."""


REPAIR = "open it in a program for such files, and save it again"
"""What to do about a file that its reader cannot read."""


def office_kind(data: bytes) -> str | None:
    """`word` or `excel` where `data` is one, else None."""
    if not data.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            names = set(container.namelist())
    except zipfile.BadZipFile:
        return None
    return next((kind for part, kind in _PARTS.items() if part in names), None)


def read_word(data: bytes, name: str) -> list[str]:
    """The lines of a Word file (.docx): its paragraphs and tables in their order, without heads and feet.

    Raises DocumentError GG201 where python-docx is not installed or cannot read it.
    """
    try:
        import docx
        from docx.opc.exceptions import PackageNotFoundError
        from docx.table import Table
    except ImportError as e:
        raise missing_reader("a Word file", "python-docx", name) from e
    try:
        parts = list(docx.Document(io.BytesIO(data)).iter_inner_content())
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile) as e:
        raise DocumentError(f"not a readable Word file: {e}", "GG201", SourceSpan(name), REPAIR) from e
    lines: list[str] = []
    for part in parts:
        if isinstance(part, Table):
            lines += _word_rows(part)
        else:
            lines += part.text.split("\n")
    return lines


def _word_rows(table: WordTable) -> Iterator[str]:
    above: set[Any] = set()
    for row in table.rows:
        cells = [""] * row.grid_cols_before
        seen: set[Any] = set()
        for cell in row.cells:
            element = cell._tc
            is_new = element not in seen and element not in above
            cells.append(_one_line(cell.text) if is_new else "")
            seen.add(element)
        above = seen
        yield "\t".join(cells)


def read_excel(data: bytes, name: str) -> list[tuple[str, int]]:
    """The lines of an Excel file (.xlsx), each with the number of its sheet, which begins with its name.

    Values are written as they are stored: numbers without their format, dates as ISO 8601. Raises
    DocumentError GG201 where openpyxl is not installed or cannot read it, or a formula has no stored value.
    """
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as e:
        raise missing_reader("an Excel file", "openpyxl", name) from e
    try:
        with warnings.catch_warnings(action="ignore"):  # of parts of the file that hold no cells
            stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(data))
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile) as e:
        raise DocumentError(f"not a readable Excel file: {e}", "GG201", SourceSpan(name), REPAIR) from e
    lines: list[tuple[str, int]] = []
    for number, sheet in enumerate(stored.worksheets, 1):
        lines.append((sheet.title, number))
        formulas = written[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None and formulas[cell.coordinate].data_type == "f":
                    raise DocumentError(
                        f"the formula in {sheet.title}!{cell.coordinate} has no stored value",
                        "GG201",
                        SourceSpan(name),
                        "open the file in a spreadsheet program, and save it again",
                    )
            lines.append(("\t".join(_value_text(cell.value) for cell in row), number))
    return lines


def _value_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _one_line(str(value))


def _one_line(text: str) -> str:
    return " ".join(part.strip() for part in re.split(r"[\t\r\n\v]+", text) if part.strip())


def missing_reader(what: str, package: str, name: str) -> DocumentError:
    """GG201 for a document that needs a package of the extra `office`."""
    return DocumentError(
        f"reading {what} needs {package}, which is not installed",
        "GG201",
        SourceSpan(name),
        "pip install 'govgraph[office]'",
    )
