"""The same mapping in other words, for languages that lack some: conditions and inverse predicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from govgraph.errors import Problem
from govgraph.mapping.functions import FUNCTIONS
from govgraph.mapping.model import (
    Argument,
    Call,
    Constant,
    Join,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    RefObjectMap,
    TermMap,
    TriplesMap,
)
from govgraph.mapping.prefixes import GREL

_AND, _OR = FUNCTIONS[f"{GREL}boolean_and"], FUNCTIONS[f"{GREL}boolean_or"]
_VALUE = _AND.parameters[0].iri


def all_of(*conditions: Call | None) -> Call | None:
    """The condition that holds where all of them hold; None where there are none."""
    calls = tuple(dict.fromkeys(c for c in conditions if c))
    if len(calls) < 2:
        return calls[0] if calls else None
    return Call(_AND, tuple(Argument(_VALUE, call) for call in calls), calls[0].span)


def any_of(*conditions: Call | None) -> Call | None:
    """The condition that holds where one of them does; None where one of them always holds."""
    calls = tuple(dict.fromkeys(conditions))
    if None in calls or not calls:
        return None
    given = tuple(c for c in calls if c)
    return (
        given[0] if len(given) == 1 else Call(_OR, tuple(Argument(_VALUE, c) for c in given), given[0].span)
    )


def split_conditions(pom: PredicateObjectMap) -> Iterator[PredicateObjectMap]:
    """Apart what has a condition and refers to another triples map: the condition moves to the whole."""
    conditional = [o for o in pom.objects if o.condition and isinstance(o.value, RefObjectMap)]
    if rest := tuple(o for o in pom.objects if o not in conditional):
        yield replace(pom, objects=rest)
    for obj in conditional:
        condition = all_of(pom.condition, obj.condition)
        yield replace(pom, objects=(ObjectMap(obj.value),), condition=condition)


def without_inverse_predicates(mapping: Mapping) -> tuple[Mapping, list[Problem]]:
    """Inverse predicates as triples maps of their own, whose subjects are the objects.

    A problem (GG015) is one whose object is the subject of a joined row, and whose condition, predicate or
    graph reads the row that would then be the parent.
    """
    problems: list[Problem] = []
    maps: list[TriplesMap] = []
    taken = {t.name for t in mapping.triples_maps}
    for triples_map in mapping.triples_maps:
        plain = tuple(
            replace(p, inverse_predicates=()) for p in triples_map.predicate_objects if p.predicates
        )
        maps.append(replace(triples_map, predicate_objects=plain))
        for pom in triples_map.predicate_objects:
            for obj in pom.objects if pom.inverse_predicates else ():
                inverse = _inverse(mapping, triples_map, pom, obj, problems)
                if inverse is None:
                    continue
                number = 1
                while (name := f"{triples_map.name}-inverse-{number}") in taken:
                    number += 1
                taken.add(name)
                maps.append(replace(inverse, name=name))
    return replace(mapping, triples_maps=tuple(maps)), problems


def _inverse(
    mapping: Mapping,
    triples_map: TriplesMap,
    pom: PredicateObjectMap,
    obj: ObjectMap,
    problems: list[Problem],
) -> TriplesMap | None:
    graphs = tuple(dict.fromkeys((*triples_map.graphs, *pom.graphs)))
    condition = all_of(pom.condition, obj.condition)
    if isinstance(obj.value, TermMap):
        back = PredicateObjectMap(pom.inverse_predicates, (ObjectMap(triples_map.subject),), graphs)
        condition = all_of(triples_map.condition, condition)
        return replace(
            triples_map, subject=obj.value, predicate_objects=(back,), graphs=(), condition=condition
        )
    parent = mapping.get(obj.value.parent)
    if parent is None:
        return None
    fixed = all(isinstance(t.expression, Constant) for t in (*graphs, *pom.inverse_predicates))
    if obj.value.joins and (condition or not fixed):
        what = "under a condition" if condition else "or graph that the row gives"
        message = f"RML cannot say an inverse predicate {what} for the subject of a joined mapping"
        problems.append(Problem("GG015", message, obj.value.span))
        return None
    joins = tuple(Join(j.parent, j.child, j.span) for j in obj.value.joins)
    ref = RefObjectMap(triples_map.name, joins, obj.value.span)
    back = PredicateObjectMap(pom.inverse_predicates, (ObjectMap(ref),), graphs)
    condition = all_of(parent.condition, condition)
    return replace(parent, predicate_objects=(back,), graphs=(), condition=condition)
