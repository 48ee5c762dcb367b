"""A DuckDB connection that knows a plan: its functions, its sources as tables, its errors as ours."""

from __future__ import annotations

import gc
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from govgraph.engines.calling import define
from govgraph.engines.loading import RML_SUFFIXES
from govgraph.engines.macros import (
    NOT_A_LANGUAGE,
    NOT_A_URI,
    NOT_AN_IRI,
    NOT_OF_TYPE,
    NUL,
    NUL_IN_ERRORS,
    SEPARATOR,
    macros,
)
from govgraph.engines.nulls import without_nulls
from govgraph.engines.places import find_line, line_of, read_records
from govgraph.engines.rendering import render
from govgraph.engines.sources import Unreadable, read_csv, reader_of, table_reader_of
from govgraph.engines.staging import check_utf8, shown_path, staged
from govgraph.engines.views import create_view
from govgraph.errors import EngineError, SourceSpan
from govgraph.iri import INVALID_IN_IRI
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import ROW, Plan, Source, list_of, natural_of

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY_LIMIT = "300MB"
"""What DuckDB may hold before it writes to temporary files."""

KEPT_BYTES = 1 << 25
"""A CSV file of this size at most is read once and kept as a table; a larger one is read by each query."""

_MANY_COLUMNS = 1_000

MALFORMED_CSV = "CSV after RFC 4180: commas between cells, quotes around those that hold commas or quotes"
"""A hint for rows that DuckDB cannot read."""


class Session:
    """DuckDB with the functions and sources of a plan."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        connection: duckdb.DuckDBPyConnection,
        unreadable: dict[str, Unreadable],
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.connection = connection
        self.answers: dict[str, bool] = {}
        """What queries about the sources have been answered."""
        self.unreadable = unreadable
        """Table -> the values of its records that are no text, where the session is lenient."""

    def rows(self, query: exp.Query | str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        sql = query if isinstance(query, str) else render(query)
        return self.connection.execute(sql).fetchall()


@contextmanager
def open_session(
    plan: Plan,
    folder: Path,
    *,
    threads: int | None = None,
    numbered: bool = False,
    lenient: bool = False,
    temporary: Path | None = None,
) -> Iterator[Session]:
    """A session whose sources are relative to `folder`, and whose temporary files go to `temporary`.

    `numbered`: tables have the column `ROW`. `lenient`: what cannot become a term is null, a function's
    error begins with NUL, rows that are not well-formed CSV are left out, and told in the table
    reject_errors, and values of JSON that are no text are null, and told in `unreadable`.
    Raises EngineError GG401, GG402 in its body too, for what DuckDB says there.
    """
    connection = _connect(threads, temporary)
    try:
        _define_functions(connection, plan, lenient=lenient)
        unreadable = _bind_sources(connection, plan, folder, numbered=numbered, lenient=lenient)
        yield Session(plan, folder, connection, unreadable)
    except duckdb.Error as e:
        if "UDF: KeyboardInterrupt" in str(e):
            raise KeyboardInterrupt from e
        connection.close()  # what it holds may be read again
        raise explain(e, plan, folder) from e
    except RuntimeError as e:
        if "interrupted" in str(e):  # DuckDB's word for Ctrl-C
            raise KeyboardInterrupt from e
        raise
    finally:
        connection.close()


def _connect(threads: int | None, temporary: Path | None) -> duckdb.DuckDBPyConnection:
    """A new database; its temporary files go beside the system's, not into the working folder."""
    connection = duckdb.connect(
        config={
            "preserve_insertion_order": False,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(temporary or tempfile.gettempdir()),
            **({"threads": threads} if threads else {}),
        }
    )
    connection.execute("SET enable_progress_bar = false")
    return connection


def _define_functions(connection: duckdb.DuckDBPyConnection, plan: Plan, *, lenient: bool) -> None:
    """Defines the primitives, and the Python functions that the plan calls."""
    connection.execute(";\n".join(macros(lenient=lenient)))
    for function, output in plan.python_functions:
        define(connection, function, output, lenient=lenient)


def _bind_sources(
    connection: duckdb.DuckDBPyConnection, plan: Plan, folder: Path, *, numbered: bool, lenient: bool
) -> dict[str, Unreadable]:
    """Makes each source of the plan a table of its name; returns what could not be read, if `lenient`."""
    unreadable: dict[str, Unreadable] = {}
    for source in plan.sources:
        name = exp.to_identifier(source.table, quoted=True).sql("duckdb")
        in_order = numbered or source.ordered
        if source.logical.view:
            wrong = unreadable.setdefault(source.table, []) if lenient else None
            create_view(connection, source, _asked(plan), numbered=in_order, unreadable=wrong)
            continue
        if table_reader := table_reader_of(source.logical):
            from govgraph.engines.readers.typed import table_query

            relation = table_reader.relation(connection, staged(folder, source.logical), source.logical)
            query = table_query(connection, relation, source.columns, numbered=in_order)
            if source.logical.nulls:
                texts = dict.fromkeys((c.sql_name for c in source.columns), source.logical.nulls)
                query = f"SELECT {render(without_nulls(texts))} FROM ({query})"
            kind = "VIEW" if table_reader.again and not in_order else "TABLE"
            connection.execute(f"SET preserve_insertion_order = {'true' if in_order else 'false'}")
            connection.execute(f"CREATE TEMP {kind} {name} AS {query}")
            connection.execute("SET preserve_insertion_order = false")
            continue
        reader = reader_of(source.logical)
        if reader is None:
            file = staged(folder, source.logical)
            table = read_csv(replace(source, ordered=in_order), file, rejects=lenient)
            query = render(_narrowed(table, source, plan, numbered=in_order))
            small = file.stat().st_size <= KEPT_BYTES
            kind = "TABLE" if in_order or small else "VIEW"  # what is numbered may be read again and again
            connection.execute(f"CREATE TEMP {kind} {name} AS {query}")
            continue
        logical = source.logical
        asked = _asked(plan)
        wrong = unreadable.setdefault(source.table, []) if lenient else None
        path, columns = staged(folder, logical), source.columns
        batches = reader.batches(path, logical, columns, asked, shown(plan, logical), wrong)
        number = f'row_number() OVER () AS "{ROW}", ' if in_order else ""
        _create_table(connection, name, f"SELECT {number}* FROM batches", batches, in_order=in_order)
    return unreadable


def _asked(plan: Plan) -> set[str]:
    """The names of the columns that statements and views read."""
    asked = {c.name for s in plan.statements for c in s.rows.find_all(exp.Column)}
    for column in (c for source in plan.sources for part in source.parts for c in part.columns):
        for name in (column.sql_name, natural_of(column.sql_name)):
            asked |= {name, list_of(name)}
    return asked


def _narrowed(table: exp.Select, source: Source, plan: Plan, *, numbered: bool) -> exp.Select:
    """The columns of a table that the plan reads, where the others are so many that they fill the memory."""
    if len(source.columns) <= _MANY_COLUMNS:
        return table
    asked = _asked(plan)
    read = [c.sql_name for c in source.columns if c.sql_name in asked] or [source.columns[0].sql_name]
    names = [ROW, *read] if numbered else read
    return exp.select(*(exp.column(name, quoted=True) for name in names)).from_(
        table.subquery("wide", copy=False), copy=False
    )


def _create_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    query: str,
    batches: pa.RecordBatchReader,
    *,
    in_order: bool,
) -> None:
    """Makes a table of what a reader gives, by a query of `batches`; its errors come out as they are."""
    import pyarrow as pa

    raised: list[BaseException] = []

    def noting() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (Exception, KeyboardInterrupt) as e:  # DuckDB would pass on its text alone
            raised.append(e)
            raise

    connection.register("batches", pa.RecordBatchReader.from_batches(batches.schema, noting()))
    ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    collects = gc.isenabled()
    gc.disable()  # what readers make has no cycles, and looking for them takes a third of the time
    try:
        connection.execute(
            "SET threads = 1"
        )  # libxml2 corrupts memory if a parser goes from thread to thread
        connection.execute(f"SET preserve_insertion_order = {'true' if in_order else 'false'}")
        connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
    except duckdb.Error:
        if raised:
            raise raised[0] from None
        raise
    finally:
        if collects:
            gc.enable()
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET threads = {threads}")
        connection.unregister("batches")


# -- errors ----------------------------------------------------------------------------------------------


def explain(error: Exception, plan: Plan, folder: Path) -> EngineError:
    """A run-time error of DuckDB or Spark as one of ours, at the row of the data where that can be found."""
    text = str(error)
    if bad := re.search(
        f"GG401{SEPARATOR}([^{SEPARATOR}]*){SEPARATOR}([^{SEPARATOR}]*){SEPARATOR}([^{SEPARATOR}]*)",
        text,
        re.S,
    ):
        kind, value, place = bad[1], bad[2].replace(NUL_IN_ERRORS, "\0"), bad[3]
        named = re.fullmatch(r"(?:column '(.*)' of )?(.*)", place, re.S)
        column, path = named.groups() if named else (None, None)
        message, hint = describe(kind, value, plan.file)
        where = f" ({place})" if place else ""
        span, record = find_value(plan, folder, value, path or None, column)
        if not (span.line or record) and (found := first_rejection(plan, folder)):
            return found  # a value that no record holds was made by a function
        return EngineError(message + where + record, "GG401", span, hint)
    if bad := re.search(r"ValueError: GG401 (\[.*\])", text):
        return first_rejection(plan, folder) or EngineError(
            json.loads(bad[1])[0], "GG401", SourceSpan(plan.file)
        )
    if line := re.search(r"CSV Error on Line: (\d+)", text):
        file = re.search(r"^  file = (.*)$", text, re.M)
        read = {str(staged(folder, s.logical)): s.logical for s in plan.sources if s.logical.is_file}
        message = text.partition("Possible")[0].strip().splitlines()[-1]
        logical = read.get(file[1]) if file else None
        if logical and "Invalid unicode" in text:
            try:
                check_utf8(staged(folder, logical), shown(plan, logical))
            except EngineError as e:
                return e
        place_ = SourceSpan(plan.file, int(line[1]))
        if logical:
            place_ = SourceSpan(shown(plan, logical), line_of(folder, logical, int(line[1])))
        long = "Maximum line size" in message
        hint = "a record of CSV has up to 2,000,000 bytes; JSON has no such limit" if long else MALFORMED_CSV
        return EngineError(message, "GG402", place_, hint)
    first_lines = " ".join(line.strip() for line in text.splitlines()[:2])
    stored = {s.logical: str(staged(folder, s.logical)) for s in plan.sources if s.logical.is_file}
    for logical, path_ in stored.items():
        alone = len(stored) == 1 and logical.formulation == "parquet"
        if path_ in text or (alone and not isinstance(error, duckdb.OutOfMemoryException)):
            reason = first_lines.replace(path_, Path(path_).name)
            return EngineError(reason, "GG402", SourceSpan(shown(plan, logical)))
    return EngineError(first_lines, "GG402", SourceSpan(plan.file))


def describe(kind: str, value: str, file: str) -> tuple[str, str | None]:
    """What is wrong with a value, and what to do about it in the language of the mapping `file`."""
    if kind == NUL:
        return f"{value!r} holds the character NUL, which RDF has not", "remove it from the source"
    if kind == NOT_AN_IRI:
        template = "id/{column}" if file.lower().endswith(RML_SUFFIXES) else "id/$(column)"
        hint = f"a template such as {template} makes an IRI of any value"
        if not re.search(INVALID_IN_IRI, value):
            hint = f"it is relative, and there is no base: use --base IRI; or {hint}"
        return f"'{value}' is not an IRI", hint
    if kind == NOT_A_URI:
        return f"'{value}' is not a URI", "a URI is ASCII alone; rml:IRI takes any character"
    if kind == NOT_A_LANGUAGE:
        return f"'{value}' is not a language tag (BCP 47)", "such as ja, en"
    datatype = kind.removeprefix(NOT_OF_TYPE)
    return f"'{value}' is not of type {datatype}", "leave the datatype out, or mend the value"


def find_value(
    plan: Plan, folder: Path, value: str, path: str | None = None, column: str | None = None
) -> tuple[SourceSpan, str]:
    """Where the first record begins that holds `value`, and its number for the message where it has one.

    Of all sources and columns where none is named; the file alone where no record is found.
    """
    found = plan.file
    for source in {s.logical: s for s in plan.sources}.values():
        logical = source.logical
        if logical.view or path not in (None, logical.path):
            continue
        found = shown(plan, logical) if path else found
        own = column if any(c.name == column for c in source.columns) else None  # or it is a view's
        if logical.formulation == "csv":
            within = any(source.table in viewed for viewed in _viewed(plan))
            if line := find_line(folder, logical, value, own) or (
                within and find_line(folder, logical, value, None, within=True)
            ):
                return SourceSpan(shown(plan, logical), line), ""
            continue
        columns = [c for c in source.columns if own in (None, c.name)]
        records = read_records(logical, folder, columns, shown(plan, logical))
        for number, record in enumerate(records, 1):
            if any(value in values for values in record.values.values()):
                return record.span, f" (iteration {number})"
    return SourceSpan(found), ""


def _viewed(plan: Plan) -> Iterator[set[str]]:
    """The tables that each view is made of."""
    yield from ({part.table for part in source.parts} for source in plan.sources)


def first_rejection(plan: Plan, folder: Path) -> EngineError | None:
    """What is wrong with the first record that cannot become terms, if any is found again."""
    from govgraph.engines.rejects import reject_rows  # wrong data are rare

    try:
        with open_session(plan, folder, numbered=True, lenient=True) as session:
            _, rejections = reject_rows(session)
    except EngineError:
        return None
    first = next((r for r in rejections if r.triples_map), None)
    if first is None:
        return None
    return EngineError(first.told, "GG401", first.place.span, first.hint)


def shown(plan: Plan, source: LogicalSource) -> str:
    """A source's path as messages name it: from where the mapping's name starts, not from its folder."""
    return shown_path(plan.file, source)
