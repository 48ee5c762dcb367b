"""Several graphs as one default graph, in which each triple counts once (SPARQL 1.1 Query, section 13.2).

Oxigraph gives a triple once for each of the graphs that hold it. Where the graphs that a query names share
triples, as the manifest tells, they are copied into a store in memory and asked there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import pyoxigraph as ox

from govgraph.tokens import tokenize

BYTES_A_TRIPLE: Final = 450
"""What a triple takes in a store in memory, measured."""


class Graphs(NamedTuple):
    """The IRIs of a query's dataset (SPARQL 1.1 Query, section 13.2): those merged to the default graph, and
    the named graphs.
    """

    default: tuple[str, ...]
    named: tuple[str, ...]


class Merger:
    """Merges graphs of a store; keeps the merged graphs asked for last, if they are small."""

    def __init__(self, store: ox.Store, overlapping: Collection[str], largest: int) -> None:
        """`overlapping`: the graphs that share triples; `largest`: bytes that may be kept."""
        self._store = store
        self._overlapping = frozenset(overlapping)
        self._largest = largest
        self._kept: tuple[Graphs, ox.Store] | None = None

    def store_for(self, graphs: Graphs) -> ox.Store | None:
        """A store whose default graph is the merge of `graphs.default`, with the named graphs beside it.

        None where the graphs share no triple, so that the store itself can be asked.
        """
        if len(self._overlapping & set(graphs.default)) < 2:
            return None
        if self._kept and self._kept[0] == graphs:
            return self._kept[1]
        self._kept = None
        merged = ox.Store()
        for iri in graphs.default:
            quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri))
            merged.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        for iri in graphs.named:
            merged.bulk_extend(self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri)))
        if len(merged) * BYTES_A_TRIPLE <= self._largest:
            self._kept = graphs, merged
        return merged


def find_graphs(text: str, prefixes: Mapping[str, str], base: str | None = None) -> Graphs | None:
    """The dataset that the FROM clauses of a query describe, each graph once.

    None where it names no more than one default graph, and where a name cannot be resolved: the query is
    then malformed. `prefixes` may be used without being declared, and IRIs be relative to `base`.
    """
    tokens = [token for token in tokenize(text) if not token.inside]
    form = next((t for t in tokens if t.is_word("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")), None)
    rows: list[str] = []
    for before, token, after in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if before.is_word("FROM") and token.kind in ("iri", "name"):
            rows.append(f"(false {token.text})")
        elif before.is_word("FROM") and token.is_word("NAMED") and after:
            rows.append(f"(true {after.text})")
    if form is None or sum(row.startswith("(false") for row in rows) < 2:
        return None
    # Oxigraph itself resolves the names, by the same prologue.
    query = f"{text[: form.start]}\nSELECT ?named ?graph {{ VALUES (?named ?graph) {{ {' '.join(rows)} }} }}"
    try:
        found = ox.Store().query(query, prefixes=dict(prefixes), base_iri=base)
    except (SyntaxError, ValueError):
        return None
    assert isinstance(found, ox.QuerySolutions)
    default: dict[str, None] = {}
    named: dict[str, None] = {}
    for row in found:
        kind, graph = row["named"], row["graph"]
        assert isinstance(kind, ox.Literal)
        assert isinstance(graph, ox.NamedNode)
        (named if kind.value == "true" else default)[graph.value] = None
    return Graphs(tuple(default), tuple(named))
