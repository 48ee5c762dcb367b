"""Which graphs of a store hold the same triple: Oxigraph would give it once for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Quad, Store

from govgraph.snapshot.quads import sorted_quads

_END = b" .\n"


@dataclass(frozen=True, slots=True)
class Overlap:
    """What graphs share."""

    repeated: int
    """Quads whose triple stands in another graph too, without the first one of each triple."""
    graphs: tuple[str, ...]
    """IRIs of the named graphs that such quads, and the first ones, stand in; sorted."""


def find_overlap(store: Store, work: Path) -> Overlap:
    """The overlap of all graphs of `store`, found in bounded memory; what does not fit is in `work`."""
    with sorted_quads(store, work) as lines:
        return _overlap(lines)


def _overlap(lines: Iterable[bytes]) -> Overlap:
    """The overlap of distinct quads, sorted by their bytes: one triple's quads follow each other."""
    repeated, graphs = 0, set[bytes]()
    triple_before, graph_before = b"", b""
    for line in lines:
        triple, graph = split(line)
        if triple == triple_before:
            repeated += 1
            graphs |= {graph_before, graph}
        triple_before, graph_before = triple, graph
    return Overlap(repeated, tuple(sorted(g[1:-1].decode() for g in graphs if g.startswith(b"<"))))


def split(line: bytes) -> tuple[bytes, bytes]:
    """Triple and graph of a line of N-Quads as Oxigraph writes it; b"" for the default graph.

    >>> split(b'<s:> <p:> "a <b> _:c"@en <g:> .' + bytes([10]))
    (b'<s:> <p:> "a <b> _:c"@en', b'<g:>')
    >>> split(b'<s:> <p:> "a <b> <c>" .' + bytes([10]))
    (b'<s:> <p:> "a <b> <c>"', b'')
    >>> split(b'<s:> <p:> <o:> .' + bytes([10]))
    (b'<s:> <p:> <o:>', b'')
    """
    quad = line.removesuffix(_END)
    triple, _, last = quad.rpartition(b" ")
    # Of what follows the last space, only the end of a literal has a quotation mark; subject and property
    # have no space.
    if last[:1] in (b"<", b"_") and b'"' not in last and triple.count(b" ") >= 2:
        return triple, last
    return quad, b""


def store_union(store: Store) -> None:
    """Puts the triples of all named graphs into the default graph of `store`, where each is held once."""
    for graph in list(store.named_graphs()):
        quads = store.quads_for_pattern(None, None, None, graph)
        store.bulk_extend(Quad(q.subject, q.predicate, q.object) for q in quads)
