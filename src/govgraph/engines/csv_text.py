"""Tables as text in any dialect of CSV (CSVW, "Dialect Descriptions"), read and written again as RFC 4180."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from govgraph.mapping.model import Dialect

csv.field_size_limit(2**31 - 1)  # a long cell is no error: DuckDB reads up to a limit of its own

_END = "\x01end\x01"
"""A last line, which is a row of its own unless a quote is open."""
_LINE_ENDS = {"\r\n", "\n", "\r"}


def is_plain(dialect: Dialect) -> bool:
    """Whether DuckDB reads the dialect itself: it differs from RFC 4180 in delimiter and quote alone."""
    return dialect == replace(
        Dialect(), delimiter=dialect.delimiter, quote=dialect.quote, columns=dialect.columns
    )


class RowError(Exception):
    """A row that is not written in its dialect: what is wrong, and the line where it begins."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def csv_rows(path: Path, dialect: Dialect, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, those of the header first, with the lines where they begin; blank lines are rows.

    Lines that the dialect skips are no rows, but they count. Raises RowError for a row that cannot be read,
    if `strict` also for quotes that are not closed or not around a cell; OSError. What is no UTF-8 becomes
    U+FFFD.
    """
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        spaced = strict and dialect.trim in ("end", "both")  # there may be space after a closing quote
        text = _terminated(file, dialect)
        lines = _Lines(chain(text, [_END]) if spaced else text, dialect)
        rows = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_NONE if dialect.quote is None else csv.QUOTE_MINIMAL,
            doublequote=dialect.escape != "\\",
            escapechar="\\" if dialect.escape == "\\" else None,
            skipinitialspace=dialect.trim in ("start", "both"),
            strict=strict and not spaced,
        )
        begun = 0
        try:
            for row in rows:
                if spaced and row == [_END]:
                    return
                begun = lines.first
                cells = row[dialect.skip_columns :] if dialect.skip_columns else row
                if row or dialect.blank_rows is not False:
                    yield lines.first, [_trimmed(c, dialect.trim) for c in cells] if dialect.trim else cells
                lines.first = 0
        except csv.Error as e:
            raise RowError(str(e), lines.first) from e
        if spaced:
            raise RowError("a quote is not closed", begun)


class _Lines:
    """The lines of a file without those that its dialect skips; `first` is that where the row began."""

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        self.numbered = islice(enumerate(lines, 1), dialect.skip_rows, None)
        self.comment = dialect.comment
        self.first = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self.numbered)
        while not self.first and self.comment and line.startswith(self.comment):
            number, line = next(self.numbered)
        self.first = self.first or number
        return line


def _terminated(lines: Iterable[str], dialect: Dialect) -> Iterable[str]:
    """The lines of a text whose rows end as the dialect says; ends within quotes are text."""
    if _LINE_ENDS.issuperset(dialect.terminators):
        return lines
    return _split(lines, dialect)


def _split(parts: Iterable[str], dialect: Dialect) -> Iterator[str]:
    ends = "|".join(map(re.escape, sorted(dialect.terminators, key=len, reverse=True)))
    quote = re.escape(dialect.quote) if dialect.quote else "(?!)"
    skipped = r"\\." if dialect.escape == "\\" else "(?!)"
    token = re.compile(f"(?P<escaped>{skipped})|(?P<quote>{quote})|(?P<end>{ends})", re.S)
    line, quoted = "", False
    for part in parts:
        done = 0
        for found in token.finditer(part):
            if found["quote"]:
                quoted = not quoted
            elif found["end"] and not quoted:
                yield line + part[done : found.start()] + "\n"
                line, done = "", found.end()
        line += part[done:]
    if line:
        yield line


def _trimmed(cell: str, trim: str) -> str:
    if trim == "both":
        return cell.strip()
    return cell.lstrip() if trim == "start" else cell.rstrip()


def named_rows(path: Path, dialect: Dialect, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows as DuckDB gets them: one of names first, then the data; blank ones filled up if they count.

    Raises what `csv_rows` does.
    """
    rows = csv_rows(path, dialect, strict=strict)
    header = list(islice(rows, dialect.header_rows))
    first = [] if header else list(islice(rows, 1))
    line, names = header[0] if header else (0, _names(dialect, len(first[0][1]) if first else 0))
    if header or first:
        yield line, names
    blank = [""] * len(names)
    for line, row in chain(first, rows):
        yield line, row if row or not dialect.blank_rows else blank


def _names(dialect: Dialect, width: int) -> list[str]:
    """The columns of a table without a header (CSVW, "Names")."""
    known = [column.name for column in dialect.columns]
    return (known + [f"_col.{number}" for number in range(len(known) + 1, width + 1)])[: width or None]


def normalize(path: Path, dialect: Dialect, to: Path) -> None:
    """Writes a table of any dialect with the delimiter and quote of RFC 4180; raises what `csv_rows` does."""
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for _, row in named_rows(path, dialect, strict=True):
            writer.writerow(row)
