"""What a mapping does: for each statement of its plan its SQL, rows, quads and seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from govgraph.engines.duckdb import group_queries
from govgraph.engines.loading import load_plan
from govgraph.engines.rejects import reject_rows
from govgraph.engines.rendering import render, render_fast
from govgraph.engines.session import open_session
from govgraph.errors import SourceSpan


@dataclass(frozen=True, slots=True)
class Step:
    """One query of a mapping, run alone.

    `triples_maps` are names and places; `rows` are those of the sources (joined, in a join), `quads` the
    lines that came out; `distinct` says whether duplicates were removed; `plan` is the engine's own.
    """

    triples_maps: tuple[tuple[str, SourceSpan], ...]
    sql: str
    plan: str
    rows: int
    quads: int
    seconds: float
    distinct: bool


def explain_mapping(
    mapping: Path,
    *,
    base: str | None = None,
    database: str | None = None,
    shown: str | None = None,
    threads: int | None = None,
    skip: bool = False,
    functions: Sequence[Path] = (),
) -> Iterator[Step]:
    """The steps of a mapping, each as it is done; `skip`: without the rows that cannot become terms.

    Raises MappingError and EngineError as `materialize`.
    """
    plan = load_plan(mapping, base=base, shown=shown, database=database, remote=True, functions=functions)
    with open_session(plan, mapping.parent, threads=threads, numbered=skip, lenient=skip) as session:
        if skip:
            plan, _ = reject_rows(session)
        for group in plan.groups:
            for query, statements, distinct in group_queries(session, group, lines=False):
                sql = render_fast(query)
                rows = sum(
                    int(str(session.rows(f"SELECT COUNT(*) FROM ({render(s.rows)})")[0][0]))
                    for s in statements
                )
                started = perf_counter()
                counted = "COALESCE(SUM(LENGTH(quad) - LENGTH(REPLACE(quad, CHR(10), '')) + 1), 0)"
                quads = session.rows(f"SELECT {counted} FROM ({sql})")[0][0]
                seconds = perf_counter() - started
                physical = session.rows(f"EXPLAIN {sql}")
                maps = tuple(dict.fromkeys((s.name, s.span) for s in statements))
                yield Step(maps, sql, str(physical[0][-1]), rows, int(str(quads)), seconds, distinct=distinct)
