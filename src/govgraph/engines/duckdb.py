"""DuckDB, embedded: runs a plan in one process, vectorised and in parallel."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import duckdb
from sqlglot import exp, parse_one

from govgraph.engines.loading import load_mapping, load_plan
from govgraph.engines.macros import sql_text
from govgraph.engines.readers.memory import given_tables
from govgraph.engines.rendering import render, render_fast
from govgraph.engines.session import Session, open_session
from govgraph.engines.targets import Output, make_folder, output_files, serialize
from govgraph.errors import EngineError, MappingError, Problem, SourceSpan
from govgraph.mapping.compiler import sources
from govgraph.mapping.databases import is_file
from govgraph.mapping.plan import CHILD, PARENT, Group, Plan, Statement

if TYPE_CHECKING:
    from govgraph.engines.rejects import Rejection


class OnError(Enum):
    """What is done about data that cannot become terms."""

    STOP = "stop"
    """The first one ends the run."""
    SKIP = "skip"
    """Their rows are left out, counted, and written to a file beside the output."""
    REPORT = "report"
    """All are told and written to that file; there is no output."""


@dataclass(frozen=True, slots=True)
class MapResult:
    """What a run of a mapping gave: the number of distinct quads, and the rows that were left out.

    `side` is the file that these are written to, None where there are none. `targets` are the files and
    URLs of endpoints that further quads went to, as the mapping's targets ask.
    """

    quads: int
    rejections: tuple[Rejection, ...] = ()
    side: Path | None = None
    targets: Mapping[Path | str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many rows were left out of a triples map; a row may have several wrong values."""
        return len({(r.triples_map, r.place) for r in self.rejections})


def materialize(
    mapping: Path,
    out: Path,
    *,
    base: str | None = None,
    database: str | None = None,
    shown: str | None = None,
    sort: bool = False,
    threads: int | None = None,
    on_error: OnError = OnError.STOP,
    side: Path | None = None,
    target_folder: Path | None = None,
    tables: Mapping[str, object] | None = None,
    functions: Sequence[Path] = (),
) -> MapResult:
    """Runs a mapping file and writes its quads, each once, as N-Quads in UTF-8.

    `sort`: in the order of code points, so that the same quads are the same bytes. `out` is written as a
    whole or not at all; a name that ends in `.gz` is compressed. Raises MappingError with all problems of
    the mapping, EngineError GG401 for data that cannot become a term, GG402 else, GG403 for the output.
    `database` is the URL of the one whose tables the mapping reads without naming it.
    `side` is the file for rows that are left out, by default `out` with `.rejected.csv` after it.
    Targets of the mapping are relative to `target_folder`, by default the folder of `out`; those that are
    endpoints get their quads last.
    `tables` are what sources with the formulation `table` name: pandas, Polars or Arrow.
    `functions` are Python files with functions that the mapping may call.
    """
    with given_tables(tables or {}):
        plan = load_plan(
            mapping,
            base=base,
            shown=shown,
            apart=False if sort else None,
            database=database,
            remote=True,
            functions=functions,
        )
        ensure_writable(_written(plan, mapping.parent, out, side, target_folder, on_error), mapping, plan)
        return run(
            plan,
            mapping.parent,
            out,
            sort=sort,
            threads=threads,
            on_error=on_error,
            side=side,
            target_folder=target_folder,
        )


def ensure_writable(files: Iterable[Path], mapping: Path, plan: Plan) -> None:
    """Raises EngineError GG403 where one of the `files` is no file, or is read by the mapping."""
    read = (path for source in plan.sources for path in source.logical.files())
    inputs = [mapping, *(mapping.parent / path for path in read)]
    for written in files:
        if written.exists() and not written.is_file():
            message, hint = "is not a file, and cannot be replaced", "name a file; - is standard output"
            raise EngineError(message, "GG403", SourceSpan(str(written)), hint)
        if any(written.exists() and path.exists() and written.samefile(path) for path in inputs):
            message, hint = "is read by this mapping, and would be overwritten", "name another file"
            raise EngineError(message, "GG403", SourceSpan(str(written)), hint)


def _written(
    plan: Plan,
    mapping_folder: Path,
    out: Path,
    side: Path | None,
    target_folder: Path | None,
    on_error: OnError,
) -> Iterator[Path]:
    """All files that a run may write."""
    files = output_files(plan, out, target_folder or out.parent, mapping_folder)
    yield from (path for output, path in files.items() if not (output and output.endpoint))
    if on_error is not OnError.STOP:
        yield side or _side_of(out)


def run(
    plan: Plan,
    folder: Path,
    out: Path,
    *,
    sort: bool = False,
    threads: int | None = None,
    on_error: OnError = OnError.STOP,
    side: Path | None = None,
    target_folder: Path | None = None,
) -> MapResult:
    """Runs a plan whose sources are relative to `folder`; see `materialize`."""
    outputs = output_files(plan, out, target_folder or out.parent, folder)
    with ExitStack() as temporary:
        partials: dict[Output, Path] = {}
        for output, path in outputs.items():
            if output and not output.endpoint:
                make_folder(path, output)
            partials[output] = _partial(path)
            temporary.callback(partials[output].unlink, missing_ok=True)
        rejections: Sequence[Rejection] = ()
        try:
            with open_session(plan, folder, threads=threads) as session:
                counts = _write_all(session, plan, partials, outputs, sort=sort)
            if on_error is not OnError.STOP:  # that of an earlier run is no longer true
                (side or _side_of(out)).unlink(missing_ok=True)
            side = None
        except EngineError as e:
            if on_error is OnError.STOP or any(p.code not in ("GG401", "GG402") for p in e.problems):
                raise
            from govgraph.engines.rejects import reject_rows, write_rejections  # wrong data are rare

            with open_session(plan, folder, threads=threads, numbered=True, lenient=True) as session:
                kept, rejections = reject_rows(session)
                side = side or _side_of(out)
                partial = _partial(side)
                temporary.callback(partial.unlink, missing_ok=True)
                write_rejections(rejections, partial)
                if on_error is OnError.REPORT:
                    _finish(partial, side)
                    raise _report(rejections, side) from None
                counts = _write_all(session, kept, partials, outputs, sort=sort)
                _finish(partial, side)
        for output in filter(None, outputs):
            if output.endpoint:
                from govgraph.engines.endpoints import send

                send(partials[output], output)
        for output, path in outputs.items():
            if not (output and output.endpoint):
                _finish(partials[output], path)
        targets = {o.path if o.endpoint else path: counts[o] for o, path in outputs.items() if o}
        return MapResult(counts[None], tuple(rejections), side, targets)


def stream(
    mapping: Path,
    pipe: BinaryIO,
    *,
    base: str | None = None,
    shown: str | None = None,
    temporary: Path | None = None,
) -> None:
    """Runs a mapping file and writes its quads, each once, as N-Quads into a pipe.

    `temporary` is a folder for what does not fit into memory. Raises what `materialize` raises, and
    MappingError GG015 where the mapping has targets, which are files, or reads from a server.
    """
    plan = load_plan_of_build(mapping, base=base, shown=shown)
    with open_session(plan, mapping.parent, temporary=temporary) as session:
        for block in _blocks(session, f"SELECT quad || chr(10) FROM ({_union(session, plan)})"):
            pipe.write(block)


def load_plan_of_build(
    mapping: Path, *, base: str | None, shown: str | None, small: int | None = None
) -> Plan:
    """The plan of a mapping whose quads go into a pipe; see `load_plan`.

    Raises MappingError GG015 where the mapping has targets, or reads from a server.
    """
    read = sources(load_mapping(mapping, shown=shown))
    if servers := [s for s in read if s.database and not is_file(s.database)]:
        hint = "run the mapping by govgraph map, or copy the tables into a SQLite file"
        message = "a database on a server has no place in a build, which knows what it is made of"
        raise MappingError.collect(Problem("GG015", message, s.span, hint) for s in servers)
    plan = load_plan(mapping, base=base, shown=shown, apart=None, small=small)
    targets = dict.fromkeys(group.target for group in plan.groups if group.target)
    if targets:
        hint = "remove the targets, or run the mapping by govgraph map"
        message = "targets have no place in a build"
        raise MappingError.collect(Problem("GG015", message, t.span, hint) for t in targets)
    return plan


def _blocks(session: Session, query: str) -> Iterator[memoryview]:
    """The texts of a query's one column, those of a batch as one: as they lie in memory.

    They are fetched when they are wanted: a COPY into a pipe that is full keeps a core busy with waiting.
    """
    import pyarrow as pa

    try:
        batches: pa.RecordBatchReader = session.connection.sql(query).to_arrow_reader(_BATCH)
        for batch in batches:
            if not batch.num_rows:
                continue
            texts = batch.column(0).cast(pa.large_utf8())
            ends, data = memoryview(texts.buffers()[1]).cast("q"), texts.buffers()[2]
            yield memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]]
    except (pa.ArrowException, OSError) as e:  # what DuckDB says while it is read from
        raise duckdb.Error(str(e)) from e


def _write_all(
    session: Session,
    plan: Plan,
    partials: Mapping[Output, Path],
    outputs: Mapping[Output, Path],
    *,
    sort: bool,
) -> dict[Output, int]:
    """Writes the main output and the targets; returns how many quads each has."""
    counts = {}
    for output, partial in partials.items():
        groups = tuple(g for g in plan.groups if g.target == output)
        counts[output] = _write(session, replace(plan, groups=groups), partial, outputs[output], sort=sort)
        if output:
            serialize(partial, output, outputs[output])
    return counts


def _report(rejections: Sequence[Rejection], side: Path) -> EngineError:
    """The first of the rejected rows, and how many more there are."""
    problems = [r.problem for r in rejections[:_TOLD]]
    if more := len(rejections) - len(problems):
        problems.append(Problem("GG401", f"and {more:,} more", SourceSpan(str(side))))
    return EngineError.collect(problems)


_BATCH = 1 << 14
"""How many rows are fetched at a time."""

_TOLD = 50
"""How many rejected rows are told; the rest is counted."""


def _write(session: Session, plan: Plan, path: Path, out: Path, *, sort: bool) -> int:
    """Writes the quads of a plan to `path`, which then becomes `out`; returns how many they are."""
    compress = out.suffix == ".gz" and all(group.target is None for group in plan.groups)
    lines = sort or compress or all(len(s.quads) == 1 for s in plan.statements)
    copied = _copy(session, plan, path, SourceSpan(str(out)), lines=lines, sort=sort, compress=compress)
    return copied if lines else _count_lines(path)


def _copy(
    session: Session,
    plan: Plan,
    path: Path,
    span: SourceSpan,
    *,
    lines: bool = False,
    sort: bool = False,
    compress: bool = False,
) -> int:
    """Writes the quads of a plan; returns how many rows, which are quads if they are to be `lines`."""
    union = _union(session, plan, lines=lines)
    if sort:
        union = f"SELECT DISTINCT quad FROM ({union}) ORDER BY quad"
    compression = "gzip" if compress else "none"
    try:
        copied = session.rows(
            f"COPY ({union}) TO {sql_text(str(path))} "
            f"(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION {compression}, "
            "USE_TMP_FILE false)"
        )
    except duckdb.IOException as e:
        number = re.search(r'"errno":"(\d+)"', str(e))
        message = str(e).splitlines()[0].removeprefix("IO Error: ")
        if number:
            message = f"cannot be written: {os.strerror(int(number[1]))}"
        hint = "is there room on the disk, and in the folder for temporary files?"
        raise EngineError(message, "GG403", span, hint) from e
    return int(str(copied[0][0]))


def _union(session: Session, plan: Plan, *, lines: bool = False) -> str:
    """The queries of all groups as one."""
    queries = [
        render_fast(query)
        for group in plan.groups
        for query, _, _ in group_queries(session, group, lines=lines)
    ]
    return "\nUNION ALL\n".join(f"({q})" for q in queries) or "SELECT NULL::VARCHAR AS quad WHERE FALSE"


class Answering(Protocol):
    """What group_queries asks: a session of DuckDB or of Spark."""

    answers: dict[str, bool]

    def rows(self, query: exp.Query | str) -> list[tuple[object, ...]]:
        """The rows of a query."""


def group_queries(
    session: Answering, group: Group, *, lines: bool
) -> Iterator[tuple[exp.Query, tuple[Statement, ...], bool]]:
    """The queries of a group, their statements, and whether duplicates are removed: where they can be.

    Whether they can is asked of the data: subjects that are distinct make distinct quads, and a statement
    for rows with several values matters only if there are any. `lines`: one quad a row, not all of a
    record in one text.
    """
    statements = tuple(s for s in group.statements if s.keys is not None or _gives_rows(session, s))
    if group.distinct or any(s.keys is None for s in statements):
        if statements:
            yield distinct(statements), statements, True
        return
    for statement in statements:
        unique = [_is_unique(session, key) for key in statement.keys or ()]
        known = (side for side, distinct in zip((CHILD, PARENT), unique, strict=False) if distinct)
        trusted = statement.trusting(known)
        if not all(unique):
            yield distinct([trusted]), (trusted,), True
        else:
            yield (trusted.lines() if lines else trusted.chunks()), (trusted,), False


def distinct(statements: Sequence[Statement]) -> exp.Query:
    """The quads of all statements, each once."""
    first, *rest = (statement.lines() for statement in statements)
    union: exp.Query = first
    for other in rest:
        union = exp.union(union, other, distinct=False, copy=False)
    return exp.select("quad").distinct().from_(union.subquery("quads", copy=False), copy=False)


def _gives_rows(session: Answering, statement: Statement) -> bool:
    return bool(session.rows(statement.rows.limit(1)))


def _is_unique(session: Answering, key: exp.Select) -> bool:
    """Whether no value comes twice; equal hashes of different values only cost a search for duplicates."""
    name = render(key)
    if name not in session.answers:  # several statements have the same key
        session.answers[name] = bool(session.rows(_UNIQUE.from_(key.subquery("keys")))[0][0])
    return session.answers[name]


_UNIQUE = parse_one(
    "SELECT COUNT(*) = COUNT(DISTINCT HASH(key)) WHERE NOT key IS NULL", into=exp.Select, dialect="duckdb"
)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 22), b""))


def _side_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.rejected.csv")


def _finish(partial: Path, out: Path) -> None:
    """Puts a file that is whole in its place."""
    partial.chmod(0o644)
    partial.replace(out)


def _partial(out: Path) -> Path:
    """A new file beside `out`, to be renamed when it is whole; raises EngineError GG403."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-")
    except OSError as e:
        hint = "name a file in a folder that is there and can be written to"
        raise EngineError(f"cannot be written: {e.strerror}", "GG403", SourceSpan(str(out)), hint) from e
    os.close(handle)
    return Path(name)
