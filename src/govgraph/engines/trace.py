"""Where quads come from: for each quad of a resource, the rule and the records that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from govgraph.engines.loading import load_mapping, load_plan
from govgraph.engines.places import Place
from govgraph.engines.rejects import number_rows, reject_rows
from govgraph.engines.row_places import row_places
from govgraph.engines.session import Session, open_session
from govgraph.errors import SourceSpan
from govgraph.iri import is_absolute
from govgraph.mapping.plan import CHILD, CHILD_ROW, PARENT, PARENT_ROW, TRIPLES_MAP, Source, Statement


@dataclass(frozen=True, slots=True)
class Origin:
    """A quad as a line of N-Quads, the rule of the mapping that made it, and the records it was made of."""

    quad: str
    triples_map: str
    rule: SourceSpan
    records: tuple[Place, ...]


def trace(
    mapping: Path,
    resource: str,
    *,
    base: str | None = None,
    shown: str | None = None,
    database: str | None = None,
    skip: bool = False,
    functions: Sequence[Path] = (),
) -> list[Origin]:
    """The origins of all quads of a mapping that have `resource` as subject, then as object.

    It is a blank node such as `_:b1`, or an IRI, which is put after the base where it is relative: `base`,
    else that of the mapping. `skip`: rows that cannot become terms are left out.
    Raises MappingError and EngineError as `materialize` does.
    """
    plan = load_plan(mapping, base=base, shown=shown, database=database, remote=True, functions=functions)
    terms = [resource]
    if not resource.startswith("_:"):
        terms = [f"<{iri}>" for iri in _absolute(resource, mapping, base, functions)]
    with open_session(plan, mapping.parent, numbered=True, lenient=skip) as session:
        unread: set[Place] = set()
        if skip:
            plan, rejections = reject_rows(session)
            unread = {r.place for r in rejections if not r.triples_map}
        tracer = _Tracer(session, unread)
        found = {
            o for statement in plan.statements for term in terms for o in tracer.origins(statement, term)
        }
    starts = tuple(f"{term} " for term in terms)
    return sorted(found, key=lambda o: (not o.quad.startswith(starts), o.quad, o.rule, o.records))


def _absolute(iri: str, mapping: Path, base: str | None, functions: Sequence[Path]) -> list[str]:
    """The IRI after the base, or after each base of the mapping's own."""
    if is_absolute(iri):
        return [iri]
    model = load_mapping(mapping, functions=functions)
    bases = [base] if base else [model.base, *(t.base for t in model.triples_maps)]
    return [b + iri for b in dict.fromkeys(bases) if b]


_QUAD = exp.column("quad", quoted=True)
_OBJECT = exp.Anonymous(  # a quad from its object on
    this="REGEXP_REPLACE",
    expressions=[_QUAD, exp.Literal.string("^(<[^>]*>|_:[^ ]*) <[^>]*> "), exp.Literal.string("")],
)


def _begins(text: exp.Expression, with_: str) -> exp.Expression:
    return exp.StartsWith(this=text.copy(), expression=exp.Literal.string(with_))


def _table(query: exp.Query, triples_map: str) -> str:
    """The table whose rows a query numbers: that of the triples map if it reads it, else the only one."""
    tables = [t for t in query.find_all(exp.Table) if TRIPLES_MAP in t.meta]
    return next((t for t in tables if t.meta[TRIPLES_MAP] == triples_map), tables[0]).name


class _Tracer:
    """Finds quads of one session; the places of each source's records are looked for once."""

    def __init__(self, session: Session, unread: set[Place]) -> None:
        self.session = session
        self.unread = unread
        self.places: dict[str, list[Place]] = {}

    def origins(self, statement: Statement, term: str) -> Iterator[Origin]:
        rows = number_rows(statement)
        numbers = [c.alias for c in rows.expressions if c.alias in (CHILD_ROW, PARENT_ROW)]
        tables = {source.table: source for source in statement.sources}
        read: dict[str, exp.Query] = {}
        for side in rows.find_all(exp.Subquery):
            if side.alias in (CHILD, PARENT):
                read[side.alias] = side
        read = read or {CHILD: rows}
        by_side = {side: tables[_table(query, statement.name)] for side, query in read.items()}
        for quad, span in zip(statement.quads, statement.spans, strict=True):
            made = exp.select(exp.alias_(quad.copy(), "quad"), *(exp.column(n, quoted=True) for n in numbers))
            query = exp.select("*").from_(made.from_(rows.copy().subquery("rows")).subquery("quads"))
            query = query.where(exp.or_(*(_begins(text, f"{term} ") for text in (_QUAD, _OBJECT))))
            for line, *found in self.session.rows(query):
                records = (
                    self.record(by_side[name.removesuffix(" row")], int(str(number)))
                    for name, number in zip(numbers, found, strict=True)
                )
                yield Origin(str(line), statement.name, span, tuple(records))

    def record(self, source: Source, number: int) -> Place:
        """The place of a record."""
        session = self.session
        if source.table not in self.places:
            self.places[source.table] = row_places(session, source, self.unread)
        return self.places[source.table][number - 1]
