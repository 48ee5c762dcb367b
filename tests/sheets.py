"""Writes the sheets that tests read."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook

Value = str | int | float | Decimal | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Sheets = dict[str, Sequence[Sequence[Value]]]


def write_xlsx(path: Path, sheets: Sheets) -> None:
    """A file of Excel with these sheets, row by row."""
    book = Workbook()
    assert book.active
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


def write_ods(path: Path, sheets: Sheets) -> None:
    """A file of OpenDocument with these sheets, row by row."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0" office:version="1.2">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"/>'
        )


def _cell(value: Value) -> str:
    match value:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind, attribute = "boolean", f'office:boolean-value="{str(value).lower()}"'
        case int() | float() | Decimal():
            kind, attribute = "float", f'office:value="{value}"'
        case dt.date():
            kind, attribute = "date", f'office:date-value="{value.isoformat()}"'
        case dt.time():
            kind, attribute = "time", f'office:time-value="PT{value:%HH%MM%SS}"'
        case dt.timedelta():
            kind, attribute = "time", f'office:time-value="PT{int(value.total_seconds())}S"'
        case _:
            kind, attribute = "string", ""
    text = "".join(f"<text:p>{_spaced(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="{kind}" {attribute}>{text}</table:table-cell>'


def _spaced(text: str) -> str:
    """A text with the spaces at its ends and in rows as OpenDocument keeps them."""
    return re.sub(" (?= )|^ | $", "<text:s/>", escape(text))
