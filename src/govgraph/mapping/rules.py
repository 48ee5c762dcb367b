"""Triples maps as rules, each of which makes quads of one shape: what the compiler and the key analysis read.

A rule has one subject, predicate, object and graph map, so that a row gives at most one quad of it, but for
references with several values and joins (RML-Core, "The Generated RDF Triples of a Triples Map").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from govgraph.errors import SourceSpan
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Join,
    LogicalSource,
    LogicalTarget,
    Mapping,
    PredicateObjectMap,
    RefObjectMap,
    TermMap,
    TriplesMap,
)

DEFAULT_GRAPHS = (
    Constant("http://w3id.org/rml/defaultGraph"),
    Constant("http://www.w3.org/ns/r2rml#defaultGraph"),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a source that a triples map's condition lets through, and the subject of each."""

    triples_map: str
    source: LogicalSource
    subject: TermMap
    condition: Call | None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What it reads: subject and condition."""
        return (*self.subject.expressions, *((self.condition,) if self.condition else ()))


@dataclass(frozen=True, slots=True)
class Rule:
    """One quad a row; with `parent`, one a pair of joined rows, its object the parent's subject."""

    rows: Rows
    predicate: TermMap
    object: TermMap
    graph: TermMap | None
    conditions: tuple[Call, ...] = ()
    inverse: bool = False
    parent: Rows | None = None
    joins: tuple[Join, ...] = ()
    span: SourceSpan = field(default=SourceSpan(""), compare=False)

    @property
    def subject(self) -> TermMap:
        """The map of the quad's subject, which for an inverse predicate is that of the object."""
        return self.object if self.inverse else self.rows.subject

    @property
    def value(self) -> TermMap:
        """The map of the quad's object."""
        return self.rows.subject if self.inverse else self.object

    @property
    def terms(self) -> tuple[TermMap, ...]:
        """All term maps of the quad."""
        return (self.rows.subject, self.predicate, self.object, *((self.graph,) if self.graph else ()))

    @property
    def targets(self) -> tuple[LogicalTarget, ...]:
        """Where its quads go; the main output where no term map names a target (RML-IO, "Targets")."""
        return tuple(dict.fromkeys(target for term in self.terms for target in term.targets))

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What it reads of its own source beside `rows`; the object of a join is read of the parent's."""
        terms = self.terms[1:] if self.parent is None else (self.predicate, *self.terms[3:])
        return (
            *(e for term in terms for e in term.expressions),
            *self.conditions,
            *(join.child for join in self.joins),
        )


def rules(mapping: Mapping, triples_map: TriplesMap) -> Iterator[Rule]:
    """The rules of a triples map, in the order of its predicate-object maps; rewritten mappings only."""
    rows = rows_of(triples_map)
    for pom in triples_map.predicate_objects:
        for obj in pom.objects:
            conditions = tuple(c for c in (pom.condition, obj.condition) if c)
            for graph in pom.graphs or (None,):
                held = (*conditions, graph.condition) if graph and graph.condition else conditions
                if graph is not None and graph.expression in DEFAULT_GRAPHS:
                    graph = None
                for predicate, inverse in _predicates(pom):
                    if isinstance(obj.value, TermMap):
                        yield Rule(rows, predicate, obj.value, graph, held, inverse, span=obj.value.span)
                        continue
                    parent = mapping.get(obj.value.parent)
                    assert parent is not None
                    yield Rule(
                        rows,
                        predicate,
                        parent.subject,
                        graph,
                        held,
                        inverse,
                        rows_of(parent),
                        obj.value.joins,
                        obj.value.span,
                    )


def rows_of(triples_map: TriplesMap) -> Rows:
    """The rows of a triples map with their subjects."""
    return Rows(triples_map.name, triples_map.source, triples_map.subject, triples_map.condition)


def _predicates(pom: PredicateObjectMap) -> Iterator[tuple[TermMap, bool]]:
    yield from ((p, False) for p in pom.predicates)
    yield from ((p, True) for p in pom.inverse_predicates)


def parents(triples_map: TriplesMap) -> Iterator[RefObjectMap]:
    """The references to other triples maps."""
    for pom in triples_map.predicate_objects:
        yield from (o.value for o in pom.objects if isinstance(o.value, RefObjectMap))
