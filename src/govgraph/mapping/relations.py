"""Triples maps that others refer to: as parents, and as what they quote (RML-Core, RML-star)."""

from __future__ import annotations

from collections.abc import Iterator

from govgraph.errors import Problem
from govgraph.mapping.model import Join, Mapping, Quoted, RefObjectMap, TermMap, TriplesMap


def relation_of(value: TermMap | RefObjectMap) -> tuple[str, tuple[Join, ...]] | None:
    """The triples map that a term map refers to, and its join conditions."""
    if isinstance(value, RefObjectMap):
        return value.parent, value.joins
    if isinstance(value.expression, Quoted):
        return value.expression.triples_map, value.expression.joins
    return None


def check_relations(mapping: Mapping) -> Iterator[Problem]:
    """GG009 where another source is read without a join condition, where a triples map quotes itself or
    one without triples, and where triples are neither in the output nor quoted.
    """
    quoted_maps = set()
    for triples_map in mapping.triples_maps:
        recursive = False
        for value, _ in triples_map.values():
            relation = relation_of(value)
            other = mapping.get(relation[0]) if relation else None
            if relation is None or other is None:
                continue
            if not relation[1] and other.source != triples_map.source:
                message = f"mapping '{other.name}' reads another source, so it needs a join condition"
                yield Problem("GG009", message, value.span, "add a join condition")
            if isinstance(value, RefObjectMap):
                continue
            quoted_maps.add(other.name)
            if not other.predicate_objects:
                message = f"mapping '{other.name}' has no triples that could be quoted"
                yield Problem("GG009", message, value.span, "give it a predicate-object map")
            if not recursive and other.name in _quoted_by(mapping, other):
                recursive = True
                yield Problem("GG009", f"mapping '{other.name}' quotes its own triples", value.span)
    for triples_map in mapping.triples_maps:
        if not triples_map.asserted and triples_map.name not in quoted_maps:
            message = f"the triples of mapping '{triples_map.name}' are neither asserted nor quoted"
            hint = "make it a rml:TriplesMap, or quote it in a star map"
            yield Problem("GG009", message, triples_map.span, hint)


def _quoted_by(mapping: Mapping, triples_map: TriplesMap) -> set[str]:
    """The triples maps that one quotes, and those that these quote."""
    found: set[str] = set()
    left = [triples_map]
    while left:
        for term, _ in left.pop().terms():
            if isinstance(term.expression, Quoted) and term.expression.triples_map not in found:
                found.add(term.expression.triples_map)
                other = mapping.get(term.expression.triples_map)
                left += [other] if other else []
    return found
