"""Where the records of a source stand, for messages: the line where each begins, and its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.engines.csv_text import named_rows
from govgraph.engines.sources import Record, reader_of, table_reader_of
from govgraph.engines.staging import staged, text_of
from govgraph.errors import SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column, Source


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record begins; `iteration` counts those of JSON and XML from 1, and is 0 in a table."""

    span: SourceSpan
    iteration: int = 0

    def __str__(self) -> str:
        """`file:line`, and the iteration where there is one."""
        return f"{self.span} (iteration {self.iteration})" if self.iteration else str(self.span)


def record_places(source: Source, folder: Path, shown: str) -> list[Place]:
    """The place of each record in the order of the source; `shown` is its name in messages."""
    logical = source.logical
    if logical.formulation != "csv":
        records = read_records(logical, folder, (), shown)
        return [Place(record.span, number) for number, record in enumerate(records, 1)]
    rows = table_rows(folder, logical)
    next(rows, None)
    empty = len(source.columns) == 1  # there alone an empty line is a row
    return [Place(SourceSpan(shown, line)) for line, row in rows if row or empty]


def read_records(
    source: LogicalSource, folder: Path, columns: Sequence[Column], shown: str
) -> Iterator[Record]:
    """The records of a source other than CSV in its order, with the values of `columns`."""
    path = staged(folder, source)
    if table_reader := table_reader_of(source):
        from govgraph.engines.readers.typed import table_records

        return table_records(table_reader, path, source, columns, shown)
    reader = reader_of(source)
    assert reader
    return reader.records(path, source, columns, shown)


def table_rows(folder: Path, source: LogicalSource) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, that of the names first, with the lines where they begin in the file itself."""
    return named_rows(text_of(folder, source), source.dialect)


def find_line(
    folder: Path, source: LogicalSource, value: str, column: str | None, *, within: bool = False
) -> int | None:
    """The line where the first row of a CSV file begins that holds `value`, in `column` if one is named.

    `within`: the value is part of a cell.
    """
    rows = table_rows(folder, source)
    _, header = next(rows, (1, []))
    for line, row in rows:
        cells = [c for name, c in zip(header, row, strict=False) if name == column] if column else row
        if value in cells or (within and any(value in cell for cell in cells)):
            return line
    return None


def line_of(folder: Path, source: LogicalSource, row: int) -> int:
    """The line of a row as DuckDB counts rows: the header is the first, a line end in a cell is none."""
    rows = table_rows(folder, source)
    return next((line for number, (line, _) in enumerate(rows, 1) if number == row), row)
