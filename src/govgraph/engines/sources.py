"""Sources of a mapping as tables: which columns they have, and how their rows get into DuckDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from govgraph.engines.csv_text import RowError, is_plain, named_rows
from govgraph.engines.nulls import column_nulls, null_texts, without_nulls
from govgraph.engines.staging import check_utf8
from govgraph.errors import MappingError, Problem, SourceSpan
from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.model import Dialect, LogicalSource
from govgraph.mapping.plan import RESERVED, ROW, Column, Source
from govgraph.mapping.queries import FORMULATION as QUERY

if TYPE_CHECKING:
    import pyarrow as pa

    from govgraph.engines.readers.typed import TableReader

LONGEST_RECORD = 32 << 20
"""Bytes that a record of a CSV file may have."""


@dataclass(frozen=True, slots=True)
class Used:
    """A reference that a mapping makes to a source, and where it stands."""

    name: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a source: reference -> its values, and where the row begins."""

    values: dict[str, list[str]]
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """A value of a record (counted from 1) that is no text: its column, itself as printed, what is wrong."""

    record: int
    column: Column
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class MalformedRecord:
    """A record that cannot be read at all, and is left out: its line, its text, what is wrong."""

    line: int
    text: str
    message: str


Unreadable = list[UnreadableValue | MalformedRecord]


class Reader(Protocol):
    """Reads sources of a reference formulation other than CSV; `shown` is a source's path in messages."""

    def columns(self, path: Path, source: LogicalSource, used: Iterable[Used]) -> tuple[Column, ...]:
        """A column for each name of `used`, or for each that the file names, if it is there.

        Raises MappingError GG018 for a wrong iterator or reference, GG016 for a file of another kind.
        """

    def batches(
        self,
        path: Path,
        source: LogicalSource,
        columns: Iterable[Column],
        asked: Collection[str],
        shown: str,
        unreadable: Unreadable | None = None,
    ) -> pa.RecordBatchReader:
        """The rows in their order, with the fields that are `asked` for: those of `Column`.

        A value that is no text is put into `unreadable`, if that is given, and is null; so is a line of
        JSON Lines that is no JSON, which then gives no rows.
        Raises, also while it is read, EngineError GG401 for such a value else, GG402 for a document
        that cannot be parsed; MappingError GG018 where only the document shows that a query is wrong.
        """

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """The rows again, to look for one; raises what `batches` does, but not GG401."""


def table_reader_of(source: LogicalSource) -> TableReader | None:
    """What opens a source that is a table with types, else None."""
    if source.formulation == "parquet":
        from govgraph.engines.readers.typed import ParquetReader

        return ParquetReader()
    if source.formulation == "table":
        from govgraph.engines.readers.memory import MemoryReader

        return MemoryReader()
    if source.formulation == QUERY:
        from govgraph.engines.readers.query import QueryReader

        return QueryReader()
    return None


def reader_of(source: LogicalSource) -> Reader | None:
    """What reads a source of values without types; None for a CSV file, which DuckDB reads itself."""
    if source.formulation in ("jsonpath", "jsonlines"):
        from govgraph.engines.readers.json import JsonReader

        return JsonReader()
    if source.formulation == "xpath":
        from govgraph.engines.readers.xml import XmlReader

        return XmlReader()
    if source.formulation in DATABASE_FORMULATIONS:
        from govgraph.engines.readers.databases import DatabaseReader

        return DatabaseReader()
    if source.formulation in ("excel", "ods"):
        from govgraph.engines.readers.sheets import SheetReader

        return SheetReader()
    return None


def read_columns(
    path: Path, source: LogicalSource, used: Iterable[Used], *, shown: str
) -> tuple[Column, ...]:
    """The columns of a source, which is `shown` in messages; `path` is the file as it is staged.

    Raises MappingError GG016, GG018, all that are wrong; EngineError GG402 for CSV that is not in UTF-8.
    """
    problems: list[Problem] = []
    columns: tuple[Column, ...] = ()
    reader, table_reader = reader_of(source), table_reader_of(source)
    try:
        if source.is_file and path.exists() and not path.is_file():
            raise MappingError(f"source '{source.path}' is not a file", "GG016", source.span, "name a file")
        if source.formulation == QUERY:
            from govgraph.engines.readers.query import query_columns

            columns = query_columns(path, source)
        elif table_reader:
            from govgraph.engines.readers.typed import table_columns

            columns = table_columns(table_reader, path, source)
        elif reader:
            if source.is_file:
                path.open("rb").close()
        else:
            columns = read_header(path, source, shown)
    except MappingError as e:
        problems += e.problems
    except OSError as e:
        message = f"source '{source.path}' cannot be read: {e.strerror}"
        hint = "paths are relative to the mapping's folder"
        if near := _file_like(path):
            hint = f"{hint}; did you mean '{near}'?"
        if ".govgraph" in path.parts:
            hint = "make it: govgraph extract DATASET FILE --text"
        problems.append(Problem("GG016", message, source.span, hint))
    try:
        columns = reader.columns(path, source, used) if reader else columns
    except MappingError as e:
        problems += e.problems
    if problems:
        raise MappingError.collect(problems)
    return columns


def _file_like(path: Path) -> str | None:
    """The name of a file beside `path` that is spelt nearly so, with the same ending."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not path.parent.is_dir():
        return None
    stems = [p.stem for p in path.parent.iterdir() if p.suffix == path.suffix]
    near = process.extractOne(path.stem, stems, scorer=OSA.normalized_similarity, score_cutoff=0.5)
    return near[0] + path.suffix if near else None


def read_header(path: Path, source: LogicalSource, shown: str) -> tuple[Column, ...]:
    """The columns of a table that is written as text; raises as `read_columns`, and OSError."""
    dialect = source.dialect if is_plain(source.dialect) else Dialect()  # it is staged in that one
    try:
        _, header = next(named_rows(path, dialect, strict=True), (0, []))
    except RowError as e:
        raise MappingError(f"source '{source.path}' is not a CSV file: {e}", "GG016", source.span) from e
    if any("\ufffd" in name for name in header):
        check_utf8(path, shown)
    if "" in header:
        hint = "is there a comma too many in the first line?"
        if source.dialect.delimiter != ",":
            hint = "is there a delimiter too many in the header?"
        raise MappingError(f"source '{source.path}' has a column without a name", "GG016", source.span, hint)
    repeated = sorted(name for name, times in Counter(header).items() if times > 1)
    if not header or repeated:
        what = f"has column '{repeated[0]}' twice" if repeated else "has no header"
        hint = "the first line names the columns, each once"
        raise MappingError(f"source '{source.path}' {what}", "GG016", source.span, hint)
    datatypes = {column.name: column.datatype for column in source.dialect.columns}
    taken = set(RESERVED)
    numbers: Counter[str] = Counter()
    columns = []
    for name in header:
        alias = name
        while alias.casefold() in taken:
            numbers[name.casefold()] += 1
            alias = f"{name}~{numbers[name.casefold()] + 1}"
        taken.add(alias.casefold())
        columns.append(Column(name, datatype=datatypes.get(name), alias=None if alias == name else alias))
    return tuple(columns)


def read_csv(source: Source, path: Path | None, *, rejects: bool = False) -> exp.Select:
    """`SELECT * FROM READ_CSV(…)`: every column is text, null where it holds what stands for no value.

    Rows are numbered where they are ordered. `path` is the file as it is staged, by default that of the
    mapping. `rejects`: rows that are not well-formed go to DuckDB's table reject_errors.
    """
    logical = source.logical
    dialect = logical.dialect if is_plain(logical.dialect) else Dialect()  # it is staged in that one
    text = exp.Literal.string
    quote = text(dialect.quote or "")
    nulls = null_texts(logical)
    options: dict[str, exp.Expression] = {
        "header": exp.true(),
        "auto_detect": exp.false(),
        "columns": exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier(c.sql_name, quoted=True), expression=text("VARCHAR"))
                for c in source.columns
            ]
        ),
        "delim": text(dialect.delimiter),
        "quote": quote,
        "escape": quote.copy(),
        "max_line_size": exp.Literal.number(LONGEST_RECORD),
        "buffer_size": exp.Literal.number(LONGEST_RECORD),
    }
    if nulls != ("",):
        options["nullstr"] = exp.Array(expressions=[text(n) for n in nulls])
    if logical.compression == "none":
        options["compression"] = text("none")  # whatever its name ends in
    if source.ordered:
        options["parallel"] = exp.false()
    if rejects:
        options["store_rejects"] = exp.true()
    reader = exp.Anonymous(
        this="READ_CSV",
        expressions=[
            text(str(path or logical.path)),
            *(exp.EQ(this=exp.to_identifier(k), expression=v) for k, v in options.items()),
        ],
    )
    number = exp.alias_(exp.Window(this=exp.RowNumber()), ROW, quoted=True)
    star = without_nulls(column_nulls(logical, source.columns))
    return exp.select(*((number,) if source.ordered else ()), star).from_(exp.Table(this=reader))
