"""Sheets of Excel and OpenDocument files: cells with types, row by row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from govgraph.engines.readers.tables import Field, aliased, batch_of, batched, fields_of, schema_of
from govgraph.engines.sources import Record, Unreadable, Used
from govgraph.errors import MappingError, Problem, SourceSpan, did_you_mean
from govgraph.iri import XSD
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column

if TYPE_CHECKING:
    import pyarrow as pa
    from python_calamine import CalamineSheet

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
Row = Sequence[Cell]


class SheetReader:
    """Reads one sheet of a file, which is held in memory as it is stored; its values are not."""

    def columns(self, path: Path, source: LogicalSource, used: Iterable[Used]) -> tuple[Column, ...]:  # noqa: ARG002
        """The columns that the header names.

        Raises MappingError GG016 for a file or header that cannot be read, GG018 for an unknown sheet.
        """
        if not path.is_file():
            return ()
        sheet = _open(path, source)
        times = Counter(sheet.header)
        problems = []
        for index, name in enumerate(sheet.header):
            if not name or times[name] > 1:
                what = f"column '{name}' stands there twice" if name else "a column has no name"
                message = f"source '{source.path}': {what}: {sheet.cell(index)}"
                hint = f"row {sheet.row} names the columns, each once"
                problems.append(Problem("GG016", message, source.span, hint))
        if problems:
            raise MappingError.collect(problems)
        return aliased(sheet.header, many=lambda _: False, natural=True)

    def batches(
        self,
        path: Path,
        source: LogicalSource,
        columns: Iterable[Column],
        asked: Collection[str],
        shown: str,  # noqa: ARG002
        unreadable: Unreadable | None = None,  # noqa: ARG002
    ) -> pa.RecordBatchReader:
        """The rows in their order; each cell is a value or none."""
        import pyarrow as pa

        fields = fields_of(columns, asked)
        schema = schema_of(fields)
        sheet = _open(path, source)
        made = (
            batch_of(schema, fields, len(batch), _values(sheet, batch))
            for batch in batched(row for _, row in sheet.rows)
        )
        return pa.RecordBatchReader.from_batches(schema, made)

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """The rows again, with sheet and row."""
        sheet = _open(path, source)
        known = [(c.name, sheet.header.index(c.name)) for c in columns]
        for number, row in sheet.rows:
            values = {name: text(row[index]) for name, index in known}
            named = {name: [] if value is None else [value] for name, value in values.items()}
            yield Record(named, SourceSpan(f"{shown}!{sheet.name}", number))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet: the names of its columns, the row and first column where they stand, and the rows below.

    Rows come with their numbers, those that hold nothing are left out.
    """

    name: str
    header: list[str]
    row: int
    first: int
    rows: Iterator[tuple[int, Row]]

    def cell(self, index: int) -> str:
        """Where the name of a column stands, such as Sheet1!B1."""
        return f"{self.name}!{_letters(self.first + index)}{self.row}"


def _open(path: Path, source: LogicalSource) -> _Sheet:
    """The sheet of a source; raises MappingError GG016, GG018, OSError."""
    sheet = _stored(path, source)
    cells: Iterable[tuple[int, Row]] = enumerate(sheet.iter_rows(), 1)
    skipped = source.dialect.skip_rows
    rows = ((n, row) for n, row in cells if n > skipped and any(cell != "" for cell in row))
    number, first = next(rows, (0, ()))
    if not first or sheet.start is None:
        message = f"sheet '{sheet.name}' of source '{source.path}' has no header"
        raise MappingError(message, "GG016", source.span, "its first row names the columns, each once")
    header = [text(cell) or "" for cell in first]
    while not header[-1]:
        header.pop()
    return _Sheet(sheet.name, header, number, sheet.start[1], rows)


def _stored(path: Path, source: LogicalSource) -> CalamineSheet:
    """The sheet with its cells as they are stored."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum
    except ImportError as e:
        message = f"source '{source.path}' is a sheet, which the package python-calamine reads"
        raise MappingError(message, "GG016", source.span, "pip install 'govgraph[sheets]'") from e
    with path.open("rb") as file:
        try:
            workbook = CalamineWorkbook.from_filelike(file)
            sheets = [s.name for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            return workbook.get_sheet_by_name(_sheet_name(sheets, source))
        except CalamineError as e:
            kind = "OpenDocument" if source.formulation == "ods" else "Excel"
            message = f"source '{source.path}' cannot be read as a file of {kind}: {e}"
            raise MappingError(message, "GG016", source.span) from e


def _sheet_name(sheets: Sequence[str], source: LogicalSource) -> str:
    """The sheet that the iterator names or, as a number, counts from 1; else the first."""
    wanted = source.iterator
    if wanted is not None and wanted in sheets:
        return wanted
    number = int(wanted) if wanted and wanted.isdecimal() else 0 if wanted else 1
    if 1 <= number <= len(sheets):
        return sheets[number - 1]
    message = f"source '{source.path}' has no sheet" + (f" '{wanted}'" if wanted else "")
    hint = did_you_mean(wanted, list(sheets)) if wanted else None
    raise MappingError(message, "GG018", source.iterator_span or source.span, hint)


def _values(sheet: _Sheet, rows: Sequence[Row]) -> Callable[[Field], list[str | None]]:
    """What gives the values of a field in these rows."""

    def values(field: Field) -> list[str | None]:
        index = sheet.header.index(field.column.name)
        texts = [text(row[index]) for row in rows]
        if not field.natural:
            return texts
        return [value and literal(row[index], value) for row, value in zip(rows, texts, strict=True)]

    return values


_EXACT = 2**53
"""Below it a number of a cell that is whole is an integer; above, the file does not tell which."""


def text(cell: Cell) -> str | None:
    """The text of a cell, None where it is empty.

    >>> text(5.0), text(0.1), text(True), text(dt.timedelta(hours=30))
    ('5', '0.1', 'true', 'P1DT6H')
    """
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if _is_whole(cell) else repr(cell)
        case dt.datetime() | dt.date() | dt.time():
            return _trimmed(cell.isoformat())
        case dt.timedelta():
            return _duration(cell)
    return str(cell) or None


def literal(cell: Cell, lexical: str) -> str:
    """The literal of a cell that is not empty, with its natural datatype, in N-Triples.

    >>> literal(5.0, "5")
    '"5"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    match cell:
        case str():
            escaped = lexical.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return '"' + escaped.replace("\r", "\\r") + '"'
        case bool():
            datatype = "boolean"
        case float() if not _is_whole(cell):
            datatype = "double"
        case int() | float():
            datatype = "integer"
        case dt.datetime():
            datatype = "dateTime"
        case dt.date():
            datatype = "date"
        case dt.time():
            datatype = "time"
        case _:
            datatype = "dayTimeDuration"
    return f'"{lexical}"^^<{XSD}{datatype}>'


def _is_whole(number: float) -> bool:
    return number.is_integer() and abs(number) < _EXACT


def _trimmed(moment: str) -> str:
    """Without zeros at the end of a fraction of a second."""
    return moment.rstrip("0") if "." in moment else moment


def _duration(span: dt.timedelta) -> str:
    """As XML Schema writes it, days and below."""
    sign, span = ("-", -span) if span < dt.timedelta() else ("", span)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = _trimmed(f"{seconds}.{span.microseconds:06}") if span.microseconds else str(seconds)
    days = f"{span.days}D" if span.days else ""
    parts = ((hours, f"{hours}H"), (minutes, f"{minutes}M"), (fraction != "0", f"{fraction}S"))
    time = "".join(shown for value, shown in parts if value)
    return f"{sign}P{days}T{time}" if time else f"{sign}P{days or 'T0S'}"


def _letters(index: int) -> str:
    """The letters of a column, counted from 0.

    >>> _letters(0), _letters(25), _letters(26), _letters(701), _letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    letters, index = "", index + 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
