"""A query and a store -> the bytes of the answer, or its rows.

Everything that touches Oxigraph's results happens in one call and one thread: results that another thread
uses abort the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import IO, NamedTuple, cast

import pyoxigraph as ox

from govgraph.errors import QueryError, SnapshotError, SourceSpan
from govgraph.server.explain import explain
from govgraph.server.formats import Format
from govgraph.server.guard import Facts
from govgraph.server.merging import Graphs, Merger, find_graphs
from govgraph.server.watching import Watched, Writer
from govgraph.settings import DefaultGraph
from govgraph.snapshot.manifest import Manifest
from govgraph.tokens import prefixes


class Query(NamedTuple):
    """A query as asked: its text, the graphs of its dataset (section 2.1.4 of the SPARQL 1.1 Protocol; none:
    the query's own FROM, else the default graph of the store), its name in messages, prefixes that it may use
    without declaring them, and the IRI that relative ones are resolved against.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    name: str = "query"
    prefixes: Mapping[str, str] = MappingProxyType({})
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened store, whether its default graph is to be the union of all graphs, and what merges graphs
    that share triples, where there are such.
    """

    store: ox.Store
    union: bool = True
    merger: Merger | None = None

    @classmethod
    def of(cls, store: ox.Store, manifest: Manifest, default_graph: DefaultGraph, spare: int = 0) -> Dataset:
        """The dataset of a snapshot's store; up to `spare` bytes may be held between two queries."""
        union = default_graph == "union" and manifest.union == "virtual" and manifest.has_named_graphs
        overlapping = manifest.overlapping
        return cls(store, union, Merger(store, overlapping, spare) if overlapping else None)


def evaluate(
    dataset: Dataset,
    query: Query,
    facts: Facts,
    format: Format,  # noqa: A002
    to: Writer,
    *,
    count: bool = True,
) -> int | None:
    """Writes the answer to `query`, which `examine` let through, in `format`; returns its rows where known
    and `count` asks for them.

    Raises QueryError: GG701 where the query is malformed, GG702 where the format has no way to write what the
    answer holds, GG705 where it fails while it runs; SnapshotError GG604 where the store cannot be read; and
    what `to` raises.
    """
    watched = Watched(to, format, query.name, count=count and facts.form != "ASK")
    output = cast("IO[bytes]", watched)
    with _failures(query.name):
        try:
            results = _query(dataset, query, facts)
        except SyntaxError as e:
            raise explain(query.text, str(e), query.name, query.prefixes, query.base) from e
        if not isinstance(results, ox.QueryTriples):
            results.serialize(output, format=ox.QueryResultsFormat.from_media_type(format.media_type))
        elif format.prefixed:
            known = {**_used(query.prefixes, query.text), **prefixes(query.text)}
            ox.serialize(results, output, format=_rdf(format), prefixes=known)
        else:
            results.serialize(output, format=_rdf(format))
    return watched.rows


def dump(
    dataset: Dataset,
    graph: str,
    format: Format,  # noqa: A002
    prefixes: Mapping[str, str],
    to: Writer,
) -> int | None:
    """Writes the triples of the named graph `graph` in `format`, which may use `prefixes`; returns how many,
    where known. Raises what `evaluate` does.
    """
    watched = Watched(to, format, "graph")
    with _failures("graph"):
        dataset.store.dump(
            cast("IO[bytes]", watched),
            format=_rdf(format),
            from_graph=ox.NamedNode(graph),
            prefixes=dict(prefixes) if format.prefixed else None,
        )
    return watched.rows


def _rdf(format: Format) -> ox.RdfFormat | None:  # noqa: A002
    return ox.RdfFormat.from_media_type(format.media_type)


@contextmanager
def _failures(name: str) -> Iterator[None]:
    """Turns what the store says of a failure into errors for users; `name` stands for what was asked."""
    try:
        yield
    except ConnectionError:
        raise  # nobody waits for the answer any more
    except OSError as e:
        raise SnapshotError(
            f"the snapshot's store cannot be read: {e}",
            "GG604",
            hint="build it again: `govgraph build --force`",
        ) from e
    except (RuntimeError, ValueError) as e:
        raise QueryError(f"the query failed: {e}", "GG705", SourceSpan(name)) from e


def _used(known: Mapping[str, str], text: str) -> dict[str, str]:
    return {prefix: iri for prefix, iri in known.items() if f"{prefix}:" in text}


def _query(
    dataset: Dataset, query: Query, facts: Facts
) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    store, graphs = dataset.store, _graphs(query, facts)
    default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None = None
    if graphs:
        default = [ox.NamedNode(iri) for iri in graphs.default]
        if merged := dataset.merger and dataset.merger.store_for(graphs):
            store, default = merged, [ox.DefaultGraph()]
    ask = partial(
        store.query,
        use_default_graph_as_union=dataset.union and not graphs and not facts.names_dataset,
        default_graph=default,
        named_graphs=[ox.NamedNode(iri) for iri in graphs.named] if graphs else None,
        base_iri=query.base,
    )
    try:
        return ask(query.text)
    except SyntaxError:
        if not query.prefixes:
            raise
        # Only now: to hand over the prefixes with each query costs more than to parse most of them.
        return ask(query.text, prefixes=dict(query.prefixes))


def _graphs(query: Query, facts: Facts) -> Graphs | None:
    """The dataset that the request names, or FROM; None where Oxigraph may read it from the query itself."""
    if query.default_graphs or query.named_graphs:
        return Graphs(tuple(dict.fromkeys(query.default_graphs)), tuple(dict.fromkeys(query.named_graphs)))
    return find_graphs(query.text, query.prefixes, query.base) if facts.names_dataset else None
