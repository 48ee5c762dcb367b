"""One pass over the sorted quads of a candidate: how many there are, and which must not be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from govgraph.iri import RDF

T = TypeVar("T")

_TYPE = f"<{RDF}type>".encode()


EXAMPLES = 100
"""How many quads with one and the same mistake are told; the rest is counted."""


@dataclass(slots=True)
class Found(Generic[T]):
    """How many there are of a kind, and the first `EXAMPLES`."""

    count: int = 0
    examples: list[T] = field(default_factory=list)

    def add(self, found: T) -> None:
        """Counts one more."""
        self.count += 1
        if self.count <= EXAMPLES:
            self.examples.append(found)


@dataclass(frozen=True, slots=True)
class Census:
    """What a candidate holds; lines are N-Quads."""

    graphs: Mapping[str, int]
    """IRI of a graph -> quads."""
    classes: Mapping[str, Mapping[str, int]]
    """IRI of a graph -> IRI of a class -> instances."""
    properties: Mapping[str, Mapping[str, int]]
    """IRI of a graph -> IRI of a property -> triples."""
    blank: Found[bytes]
    """Quads with a blank node."""
    doubled: Found[tuple[bytes, bytes]]
    """Pairs of quads that differ in their graph only."""


def take_census(lines: Iterable[bytes]) -> Census:
    """The census of distinct quads in named graphs, sorted by their bytes.

    A triple that stands in two graphs makes two neighbouring lines.
    """
    graphs: Counter[bytes] = Counter()
    instances: Counter[tuple[bytes, bytes]] = Counter()
    uses: Counter[tuple[bytes, bytes]] = Counter()
    blank: Found[bytes] = Found()
    doubled: Found[tuple[bytes, bytes]] = Found()
    before, triple_before = b"", b""
    for line in lines:
        triple, _, graph = line.rpartition(b" <")
        subject, predicate, object_ = triple.split(b" ", 2)
        graphs[graph] += 1
        uses[graph, predicate] += 1
        if predicate == _TYPE and object_.startswith(b"<"):
            instances[graph, object_] += 1
        if subject.startswith(b"_:") or object_.startswith(b"_:"):
            blank.add(line)
        if triple == triple_before:
            doubled.add((before, line))
        before, triple_before = line, triple
    totals = {_graph(g): n for g, n in graphs.items()}
    return Census(
        dict(sorted(totals.items())), _by_graph(totals, instances), _by_graph(totals, uses), blank, doubled
    )


def _by_graph(graphs: Iterable[str], counted: Mapping[tuple[bytes, bytes], int]) -> dict[str, dict[str, int]]:
    by_graph: dict[str, dict[str, int]] = {graph: {} for graph in sorted(graphs)}
    for (graph, term), count in sorted(counted.items()):
        by_graph[_graph(graph)][term.decode().strip("<>")] = count
    return by_graph


def _graph(term: bytes) -> str:
    """The IRI of a graph, of what follows its first bracket in a line."""
    return term.decode().rpartition(">")[0]
