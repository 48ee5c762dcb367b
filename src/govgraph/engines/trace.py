"""Where quads come from: for each quad of a resource, the rule and the records that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from govgraph.engines.loading import load_plan
from govgraph.engines.rejects import number_rows
from govgraph.engines.session import Session, open_session, record_lines, shown
from govgraph.errors import SourceSpan
from govgraph.mapping.plan import CHILD, CHILD_ROW, PARENT, PARENT_ROW, Source, Statement


@dataclass(frozen=True, slots=True)
class Origin:
    """A quad as a line of N-Quads, the rule of the mapping that made it, and the records it was made of."""

    quad: str
    triples_map: str
    rule: SourceSpan
    records: tuple[SourceSpan, ...]


def trace(mapping: Path, iri: str, *, base: str | None = None, shown: str | None = None) -> list[Origin]:
    """The origins of all quads of a mapping that have `iri` as subject, then of those that have it as object.

    Raises MappingError and EngineError as `materialize` does.
    """
    plan = load_plan(mapping, base=base, shown=shown)
    with open_session(plan, mapping.parent, numbered=True) as session:
        tracer = _Tracer(session)
        found = [origin for statement in plan.statements for origin in tracer.origins(statement, f"<{iri}>")]
    return sorted(set(found), key=lambda o: (not o.quad.startswith(f"<{iri}>"), o.quad, o.rule, o.records))


class _Tracer:
    """Finds quads of one session; the lines of each source's records are read once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lines: dict[str, list[int]] = {}

    def origins(self, statement: Statement, term: str) -> Iterator[Origin]:
        rows = number_rows(statement)
        numbers = [c.alias for c in rows.expressions if c.alias in (CHILD_ROW, PARENT_ROW)]
        tables = {source.table: source for source in statement.sources}
        read: dict[str, exp.Query] = {}
        for side in rows.find_all(exp.Subquery):
            if side.alias in (CHILD, PARENT):
                read[side.alias] = side
        read = read or {CHILD: rows}
        by_side = {side: tables[next(query.find_all(exp.Table)).name] for side, query in read.items()}
        for quad, span in zip(statement.quads, statement.spans, strict=True):
            column = exp.column("quad", quoted=True)
            made = exp.select(exp.alias_(quad.copy(), "quad"), *(exp.column(n, quoted=True) for n in numbers))
            query = exp.select("*").from_(made.from_(rows.copy().subquery("rows")).subquery("quads"))
            query = query.where(
                exp.or_(
                    exp.StartsWith(this=column.copy(), expression=exp.Literal.string(f"{term} ")),
                    exp.Anonymous(
                        this="CONTAINS", expressions=[column.copy(), exp.Literal.string(f"> {term} ")]
                    ),
                )
            )
            for line, *found in self.session.rows(query):
                records = (
                    self.record(by_side[name.removesuffix(" row")], int(str(number)))
                    for name, number in zip(numbers, found, strict=True)
                )
                yield Origin(str(line), statement.name, span, tuple(records))

    def record(self, source: Source, number: int) -> SourceSpan:
        """The place of a record: its line in a CSV file, else its number."""
        logical = source.logical
        if source.table not in self.lines:
            self.lines[source.table] = record_lines(self.session.folder / logical.path, logical)
        lines = self.lines[source.table]
        return SourceSpan(shown(self.session.plan, logical), lines[number - 1] if lines else number)
