"""Triples maps that others refer to: as parents, and as what they quote (RML-Core, RML-star)."""

from __future__ import annotations

from collections.abc import Iterator

from govgraph.errors import Problem
from govgraph.mapping.model import Join, Mapping, Quoted, RefObjectMap, TermMap


def relation_of(value: TermMap | RefObjectMap) -> tuple[str, tuple[Join, ...]] | None:
    """The triples map that a term map refers to, and its join conditions."""
    if isinstance(value, RefObjectMap):
        return value.parent, value.joins
    if isinstance(value.expression, Quoted):
        return value.expression.triples_map, value.expression.joins
    return None


def check_relations(mapping: Mapping) -> Iterator[Problem]:
    """GG009 where another source is read without a join condition, where a triples map quotes one without
    triples, and where triples are neither in the output nor quoted.
    """
    quoted_maps = set()
    for triples_map in mapping.triples_maps:
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
    for triples_map in mapping.triples_maps:
        if not triples_map.asserted and triples_map.name not in quoted_maps:
            message = f"the triples of mapping '{triples_map.name}' are neither asserted nor quoted"
            hint = "make it a rml:TriplesMap, or quote it in a star map"
            yield Problem("GG009", message, triples_map.span, hint)
