"""DuckDB, embedded: runs a plan in one process, vectorised and in parallel."""

from __future__ import annotations

import csv
import functools
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

import duckdb
from duckdb.func import SPECIAL
from sqlglot import exp

from govgraph.engines.loading import load_plan
from govgraph.errors import EngineError, MappingError, SourceSpan
from govgraph.iri import INVALID_IN_IRI, IUNRESERVED, SCHEME
from govgraph.mapping.functions import FUNCTIONS, PythonFunction
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import BLANK_LABEL, IRI_SAFE, IRI_TEXT, LITERAL_TEXT, Plan, Source, Statement


def _sql_text(value: str) -> str:
    return exp.Literal.string(value).sql("duckdb")


_IUNRESERVED = "^[" + "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in IUNRESERVED) + "]*$"

MACROS = (
    f"""CREATE MACRO {IRI_SAFE}(value) AS CASE
  WHEN regexp_full_match(value, '[A-Za-z0-9._~-]*') THEN value
  WHEN regexp_matches(value, {_sql_text(_IUNRESERVED)}) THEN value
  ELSE array_to_string(list_transform(string_split(value, ''), lambda c:
    CASE WHEN regexp_matches(c, {_sql_text(_IUNRESERVED)}) THEN c ELSE url_encode(c) END), '')
END""",
    f"""CREATE MACRO {IRI_TEXT}(value, base, place) AS CASE
  WHEN regexp_matches(value, {_sql_text(INVALID_IN_IRI)})
    OR (base = '' AND NOT regexp_matches(value, {_sql_text(SCHEME)}))
  THEN error('GG401 ''' || value || ''' is not an IRI (' || place || ')')
  WHEN regexp_matches(value, {_sql_text(SCHEME)}) THEN value
  ELSE base || value
END""",
    rf"""CREATE MACRO {LITERAL_TEXT}(value) AS
  replace(replace(replace(replace(value, '\', '\\'), '"', '\"'), chr(10), '\n'), chr(13), '\r')""",
    f"CREATE MACRO {BLANK_LABEL}(value) AS 'b' || md5(value)",
)
"""DuckDB's definitions of the functions that plans are written with."""


@dataclass(frozen=True, slots=True)
class MapResult:
    """What a run of a mapping gave: the number of distinct quads."""

    quads: int


def plan_mapping(mapping: Path, *, base: str | None = None, shown: str | None = None) -> Plan:
    """The plan of a mapping file for this engine; raises MappingError with all problems of the file."""
    return load_plan(mapping, read_columns, base=base, shown=shown)


def read_columns(path: Path, source: LogicalSource) -> tuple[str, ...]:
    """The header of a CSV file (RFC 4180, UTF-8); raises MappingError GG016."""
    if path.exists() and not path.is_file():
        raise MappingError(f"source '{source.path}' is not a file", "GG016", source.span, "name a CSV file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, strict=True), [])
    except OSError as e:
        message = f"source '{source.path}' cannot be read: {e.strerror}"
        hint = "paths are relative to the mapping's folder"
        if ".govgraph" in path.parts:
            hint = "make it: govgraph extract DATASET FILE --text"
        raise MappingError(message, "GG016", source.span, hint) from e
    except (UnicodeDecodeError, csv.Error) as e:
        raise MappingError(
            f"source '{source.path}' is not a CSV file in UTF-8: {e}", "GG016", source.span
        ) from e
    if "" in header:
        hint = "is there a comma too many in the first line?"
        raise MappingError(f"source '{source.path}' has a column without a name", "GG016", source.span, hint)
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not header or repeated:
        what = f"has column '{repeated[0]}' twice" if repeated else "has no header"
        hint = "the first line names the columns, each once"
        raise MappingError(f"source '{source.path}' {what}", "GG016", source.span, hint)
    folded: dict[str, str] = {}
    for name in header:
        if (other := folded.setdefault(name.casefold(), name)) != name:
            message = f"columns '{other}' and '{name}' of '{source.path}' differ only in case"
            raise MappingError(message, "GG015", source.span, "rename one of them")
    return tuple(header)


def render(statement: Statement, folder: Path | None = None) -> str:
    """The SQL of a statement in DuckDB's dialect; sources are read from `folder`, or shown as written."""
    query = statement.query.copy()
    with_ = query.args["with_"]
    with_.set("expressions", [*(_read_source(s, folder) for s in statement.sources), *with_.expressions])
    return query.sql("duckdb", pretty=True)


def _read_source(source: Source, folder: Path | None) -> exp.CTE:
    """`table AS (SELECT * FROM READ_CSV(…))`: every column is text, only an empty cell is null."""
    path = source.logical.path if folder is None else str(folder / source.logical.path)
    options: dict[str, exp.Expression] = {
        "header": exp.true(),
        "auto_detect": exp.false(),
        "columns": exp.Struct(
            expressions=[
                exp.PropertyEQ(
                    this=exp.to_identifier(c, quoted=True), expression=exp.Literal.string("VARCHAR")
                )
                for c in source.columns
            ]
        ),
        "delim": exp.Literal.string(","),
        "quote": exp.Literal.string('"'),
        "escape": exp.Literal.string('"'),
    }
    reader = exp.Anonymous(
        this="READ_CSV",
        expressions=[
            exp.Literal.string(path),
            *(exp.EQ(this=exp.to_identifier(k), expression=v) for k, v in options.items()),
        ],
    )
    table = exp.select("*").from_(exp.Table(this=reader))
    return exp.CTE(this=table, alias=exp.TableAlias(this=exp.to_identifier(source.table, quoted=True)))


def materialize(mapping: Path, out: Path, *, base: str | None = None, shown: str | None = None) -> MapResult:
    """Runs a mapping file and writes its quads: distinct, sorted by code point, N-Quads in UTF-8.

    `out` is written as a whole or not at all; a name that ends in `.gz` is compressed. Raises MappingError
    with all problems of the mapping, EngineError GG401 for data that cannot become a term, GG402 else.
    """
    plan = plan_mapping(mapping, base=base, shown=shown)
    inputs = [mapping, *(mapping.parent / source.path for source in _sources(plan))]
    if any(out.exists() and out.samefile(path) for path in inputs):
        raise EngineError(
            "is read by this mapping, and would be overwritten",
            "GG403",
            SourceSpan(str(out)),
            "name another file",
        )
    return run(plan, mapping.parent, out)


def run(plan: Plan, folder: Path, out: Path) -> MapResult:
    """Runs a plan whose sources are relative to `folder`; see `materialize`."""
    connection = duckdb.connect()
    partial = None
    try:
        partial = _partial(out)
        _prepare(connection, plan)
        statements = "\nUNION ALL\n".join(f"({render(s, folder)})" for s in plan.statements)
        quads = statements or "SELECT NULL::VARCHAR AS quad WHERE FALSE"
        compression = "gzip" if out.suffix == ".gz" else "none"
        connection.execute(
            f"COPY (SELECT DISTINCT quad FROM ({quads}) ORDER BY quad) TO {_sql_text(str(partial))} "
            f"(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION {compression})"
        )
        count = connection.fetchone()
        partial.chmod(0o644)
        partial.replace(out)
        return MapResult(count[0] if count else 0)
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


def _partial(out: Path) -> Path:
    """A new file beside `out`, to be renamed when it is whole; raises EngineError GG403."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-")
    except OSError as e:
        hint = "name a file in a folder that is there and can be written to"
        raise EngineError(f"cannot be written: {e.strerror}", "GG403", SourceSpan(str(out)), hint) from e
    os.close(handle)
    return Path(name)


def _prepare(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Defines the plan's functions; temporary files go beside the system's, not into the working folder."""
    connection.execute(f"SET temp_directory = {_sql_text(tempfile.gettempdir())}")
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
        return EngineError(bad[1], "GG401", _find_value(plan, folder, bad[2], bad[4], bad[3]), hint)
    if bad := re.search(r"ValueError: GG401 (\[.*\])", text):
        message, value = json.loads(bad[1])
        return EngineError(message, "GG401", _find_value(plan, folder, value))
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
) -> SourceSpan:
    """The line of the first record that holds `value`; of all sources and columns where none is named."""
    found = plan.file
    for logical in _sources(plan):
        if path not in (None, logical.path):
            continue
        found = _shown(plan, logical) if path else found
        with (folder / logical.path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            line = 2
            for row in rows:
                if value in ([row.get(column)] if column else row.values()):
                    return SourceSpan(_shown(plan, logical), line)
                line = rows.line_num + 1
    return SourceSpan(found)


def _sources(plan: Plan) -> tuple[LogicalSource, ...]:
    """The sources that the statements read, each once."""
    return tuple(dict.fromkeys(s.logical for statement in plan.statements for s in statement.sources))


def _shown(plan: Plan, source: LogicalSource) -> str:
    """A source's path as messages name it: from where the mapping's name starts, not from its folder."""
    return os.path.normpath(PurePath(plan.file).parent / source.path)
