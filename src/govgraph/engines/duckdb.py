"""DuckDB, embedded: runs a plan in one process, vectorised and in parallel."""

from __future__ import annotations

import csv
import functools
import gc
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import duckdb
from duckdb.func import SPECIAL
from sqlglot import exp

from govgraph.engines.loading import load_plan
from govgraph.engines.macros import MACROS, sql_text
from govgraph.engines.sources import read_csv, reader_of
from govgraph.errors import EngineError, SourceSpan
from govgraph.mapping.functions import FUNCTIONS, PythonFunction
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Group, Plan, Statement

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY_LIMIT = "300MB"
"""What DuckDB may hold before it writes to temporary files."""


@dataclass(frozen=True, slots=True)
class MapResult:
    """What a run of a mapping gave: the number of distinct quads."""

    quads: int


def render(query: exp.Query) -> str:
    """A query of a plan in DuckDB's dialect."""
    return query.sql("duckdb", pretty=True)


def materialize(
    mapping: Path,
    out: Path,
    *,
    base: str | None = None,
    shown: str | None = None,
    sort: bool = False,
    threads: int | None = None,
) -> MapResult:
    """Runs a mapping file and writes its quads, each once, as N-Quads in UTF-8.

    `sort`: in the order of code points, so that the same quads are the same bytes. `out` is written as a
    whole or not at all; a name that ends in `.gz` is compressed. Raises MappingError with all problems of
    the mapping, EngineError GG401 for data that cannot become a term, GG402 else, GG403 for the output.
    """
    plan = load_plan(mapping, base=base, shown=shown)
    inputs = [mapping, *(mapping.parent / source.logical.path for source in plan.sources)]
    if any(out.exists() and out.samefile(path) for path in inputs):
        raise EngineError(
            "is read by this mapping, and would be overwritten",
            "GG403",
            SourceSpan(str(out)),
            "name another file",
        )
    return run(plan, mapping.parent, out, sort=sort, threads=threads)


def run(plan: Plan, folder: Path, out: Path, *, sort: bool = False, threads: int | None = None) -> MapResult:
    """Runs a plan whose sources are relative to `folder`; see `materialize`."""
    connection = duckdb.connect()
    partial = None
    try:
        partial = _partial(out)
        _prepare(connection, plan, threads)
        bind_sources(connection, plan, folder)
        lines = sort or out.suffix == ".gz"
        queries = [
            render(query) for group in plan.groups for query in _queries(connection, group, lines=lines)
        ]
        union = "\nUNION ALL\n".join(f"({q})" for q in queries) or "SELECT NULL::VARCHAR AS quad WHERE FALSE"
        if sort:
            union = f"SELECT DISTINCT quad FROM ({union}) ORDER BY quad"
        compression = "gzip" if out.suffix == ".gz" else "none"
        connection.execute(
            f"COPY ({union}) TO {sql_text(str(partial))} "
            f"(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION {compression})"
        )
        copied = connection.fetchone()
        count = copied[0] if lines and copied else _count_lines(partial)
        partial.chmod(0o644)
        partial.replace(out)
        return MapResult(count)
    except duckdb.IOException as e:
        message = str(e).splitlines()[0].removeprefix("IO Error: ")
        hint = "is there room on the disk, and in the folder for temporary files?"
        raise EngineError(message, "GG403", SourceSpan(str(out)), hint) from e
    except duckdb.Error as e:
        raise _explain(e, plan, folder) from e
    except RuntimeError as e:
        if "interrupted" in str(e):  # DuckDB's word for Ctrl-C
            raise KeyboardInterrupt from e
        raise
    finally:
        if partial:
            partial.unlink(missing_ok=True)
        connection.close()


def _queries(connection: duckdb.DuckDBPyConnection, group: Group, *, lines: bool) -> Iterator[exp.Query]:
    """The queries of a group, duplicates removed where its statements can make them.

    Whether they can is asked of the data: subjects that are distinct make distinct quads, and a statement
    for rows with several values matters only if there are any.
    """
    statements = [s for s in group.statements if s.keys is not None or _gives_rows(connection, s)]
    if group.distinct or any(s.keys is None for s in statements):
        if statements:
            yield distinct(statements)
        return
    for statement in statements:
        if not lines and all(_is_unique(connection, key) for key in statement.keys or ()):
            yield statement.chunks()
        elif lines:
            yield statement.lines()
        else:
            yield distinct([statement])


def distinct(statements: Sequence[Statement]) -> exp.Query:
    """The quads of all statements, each once."""
    first, *rest = (statement.lines() for statement in statements)
    union: exp.Query = first
    for other in rest:
        union = exp.union(union, other, distinct=False)
    return exp.select("quad").distinct().from_(union.subquery("quads"))


def _gives_rows(connection: duckdb.DuckDBPyConnection, statement: Statement) -> bool:
    return connection.execute(render(statement.rows.limit(1))).fetchone() is not None


def _is_unique(connection: duckdb.DuckDBPyConnection, key: exp.Select) -> bool:
    """Whether no value comes twice; equal hashes of different values only cost a search for duplicates."""
    query = f"SELECT COUNT(key) = COUNT(DISTINCT HASH(key)) FROM ({render(key)})"
    found = connection.execute(query).fetchone()
    return bool(found and found[0])


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 22), b""))


def _partial(out: Path) -> Path:
    """A new file beside `out`, to be renamed when it is whole; raises EngineError GG403."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-")
    except OSError as e:
        hint = "name a file in a folder that is there and can be written to"
        raise EngineError(f"cannot be written: {e.strerror}", "GG403", SourceSpan(str(out)), hint) from e
    os.close(handle)
    return Path(name)


def _prepare(connection: duckdb.DuckDBPyConnection, plan: Plan, threads: int | None) -> None:
    """Defines the plan's functions; temporary files go beside the system's, not into the working folder."""
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    if threads:
        connection.execute(f"SET threads = {threads}")
    connection.execute(f"SET temp_directory = {sql_text(tempfile.gettempdir())}")
    connection.execute("SET enable_progress_bar = false")
    for macro in MACROS:
        connection.execute(macro)
    for iri in plan.python_functions:
        function = FUNCTIONS[iri]
        assert isinstance(function, PythonFunction)
        connection.create_function(
            function.sql_name,
            _reporting(function),
            ["VARCHAR" for _ in function.parameters],
            "VARCHAR",
            null_handling=SPECIAL,
        )


def bind_sources(connection: duckdb.DuckDBPyConnection, plan: Plan, folder: Path) -> None:
    """Makes each source of the plan a table of its name; raises EngineError GG401, GG402."""
    ordered = {source.table for source in plan.sources if source.ordered}
    for source in {s.table: s for s in plan.sources}.values():
        name = exp.to_identifier(source.table, quoted=True).sql("duckdb")
        reader = reader_of(source.logical)
        if reader is None:
            query = render(read_csv(replace(source, ordered=source.table in ordered), folder))
            connection.execute(f"CREATE TEMP VIEW {name} AS {query}")
            continue
        logical = source.logical
        asked = {c.name for s in plan.statements for c in s.rows.find_all(exp.Column)}
        batches = reader.batches(folder / logical.path, logical, source.columns, asked, _shown(plan, logical))
        _create_table(connection, name, batches, ordered=source.table in ordered)


def _create_table(
    connection: duckdb.DuckDBPyConnection, name: str, batches: pa.RecordBatchReader, *, ordered: bool
) -> None:
    """Makes a table of what a reader gives; its errors come out as they are."""
    import pyarrow as pa

    raised: list[BaseException] = []

    def noting() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (Exception, KeyboardInterrupt) as e:  # DuckDB would pass on its text alone
            raised.append(e)
            raise

    connection.register("batches", pa.RecordBatchReader.from_batches(batches.schema, noting()))
    collects = gc.isenabled()
    gc.disable()  # what readers make has no cycles, and looking for them takes a third of the time
    try:
        connection.execute(f"SET preserve_insertion_order = {'true' if ordered else 'false'}")
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM batches")
    except duckdb.Error:
        if raised:
            raise raised[0] from None
        raise
    finally:
        if collects:
            gc.enable()
        connection.execute("SET preserve_insertion_order = false")
        connection.unregister("batches")


def _reporting(function: PythonFunction) -> Callable[..., str | None]:
    """The function; null where an argument is; its first argument named in the error that it raises."""

    @functools.wraps(function.call)  # DuckDB counts the parameters
    def call(*arguments: str | None) -> str | None:
        try:
            return None if None in arguments else function.call(*arguments)
        except ValueError as e:
            raise ValueError(f"GG401 {json.dumps([str(e), arguments[0]])}") from e

    return call


def _explain(error: duckdb.Error, plan: Plan, folder: Path) -> EngineError:
    """A run-time error of DuckDB as one of ours, at the row of the data where that can be found."""
    text = str(error)
    if bad := re.search(r"GG401 ('(.*)' is not an IRI \((?:column '(.*)' of )?(.*?)\))", text, re.S):
        hint = "a template such as id/$(column) makes an IRI of any value"
        place, record = _find_value(plan, folder, bad[2], bad[4], bad[3])
        return EngineError(bad[1] + record, "GG401", place, hint)
    if bad := re.search(r"ValueError: GG401 (\[.*\])", text):
        message, value = json.loads(bad[1])
        place, record = _find_value(plan, folder, value)
        return EngineError(message + record, "GG401", place)
    if line := re.search(r"CSV Error on Line: (\d+)", text):
        file = re.search(r"^  file = (.*)$", text, re.M)
        read = {str(folder / source.path): _shown(plan, source) for source in _sources(plan)}
        message = text.partition("Possible")[0].strip().splitlines()[-1]
        place = SourceSpan(read.get(file[1], file[1]) if file else plan.file, int(line[1]))
        hint = "CSV after RFC 4180: commas between cells, quotes around those that hold commas or quotes"
        return EngineError(message, "GG402", place, hint)
    first_lines = " ".join(line.strip() for line in text.splitlines()[:2])
    return EngineError(first_lines, "GG402", SourceSpan(plan.file))


def _find_value(
    plan: Plan, folder: Path, value: str, path: str | None = None, column: str | None = None
) -> tuple[SourceSpan, str]:
    """Where the first record begins that holds `value`, and its number for the message where it has one.

    Of all sources and columns where none is named; the file alone where no record is found.
    """
    found = plan.file
    for source in {s.logical: s for s in plan.sources}.values():
        logical = source.logical
        if path not in (None, logical.path):
            continue
        found = _shown(plan, logical) if path else found
        reader = reader_of(logical)
        if reader is None:
            if line := _find_line(folder / logical.path, value, column):
                return SourceSpan(_shown(plan, logical), line), ""
            continue
        columns = [c for c in source.columns if column in (None, c.name)]
        records = reader.records(folder / logical.path, logical, columns, _shown(plan, logical))
        for number, record in enumerate(records, 1):
            if any(value in values for values in record.values.values()):
                return record.span, f" (iteration {number})"
    return SourceSpan(found), ""


def _find_line(path: Path, value: str, column: str | None) -> int | None:
    """The line where the first row of a CSV file begins that holds `value`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        line = 2
        for row in rows:
            if value in ([row.get(column)] if column else row.values()):
                return line
            line = rows.line_num + 1
    return None


def _sources(plan: Plan) -> tuple[LogicalSource, ...]:
    """The sources that the statements read, each once."""
    return tuple(dict.fromkeys(source.logical for source in plan.sources))


def _shown(plan: Plan, source: LogicalSource) -> str:
    """A source's path as messages name it: from where the mapping's name starts, not from its folder."""
    return os.path.normpath(PurePath(plan.file).parent / source.path)
