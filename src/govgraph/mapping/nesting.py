"""How deep collections and quoted triples stand in one another (RML-CC, "rml:gather"; RML-star, "Generating
deeply nested quoted triples").
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from govgraph.errors import Problem
from govgraph.mapping.model import Gather, Mapping, Quoted, RefObjectMap, TermMap

DEEPEST = 8
"""The queries of terms that nest much deeper are too deep for sqlglot."""

TOO_DEEP = f"collections and quoted triples nest more than {DEEPEST} deep"


def check_nesting(mapping: Mapping) -> Iterator[Problem]:
    """GG009 where a collection or quoted triple would be a part of itself, and GG015 where they nest deeper
    than DEEPEST, at the first that is too deep; one problem for each triples map.
    """
    depths = _Depths(mapping)
    for triples_map in mapping.triples_maps:
        for term, _ in triples_map.terms():
            depth = depths.of(term)
            if depth == inf:
                quoted = isinstance(term.expression, Quoted) and term.expression.triples_map
                itself = (
                    f"mapping '{quoted}' quotes its own triples" if quoted else "a collection is in itself"
                )
                yield Problem("GG009", itself, term.span)
                break
            if depth == DEEPEST + 1:
                yield Problem("GG015", TOO_DEEP, term.span)
                break


class _Depths:
    """Counts collections and quoted triples within one another; infinitely many in what holds itself."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.known: dict[tuple[str, bool], float] = {}

    def of(self, value: TermMap | RefObjectMap) -> float:
        """The depth of a term: 0 where it is neither."""
        if isinstance(value, RefObjectMap):
            return self._within(value.parent, whole=False)
        match value.expression:
            case Gather(items=items):
                return 1 + max(map(self.of, items))
            case Quoted(triples_map=name):
                return 1 + self._within(name, whole=True)
        return 0

    def _within(self, name: str, *, whole: bool) -> float:
        """The depth of the subject of a triples map, or of its `whole` triples."""
        other = self.mapping.get(name)
        if other is None:
            return 0
        key = name, whole
        if key not in self.known:
            self.known[key] = inf  # as long as it is being counted: who asks is a part of it
            values = [value for value, _ in other.values()] if whole else [other.subject]
            self.known[key] = max(map(self.of, values))
        return self.known[key]
