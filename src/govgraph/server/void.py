"""A snapshot in the terms of VoID: what is in it, how much of it, and where to get it (W3C Note of 2011)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from govgraph.iri import RDF, XSD
from govgraph.server.formats import GRAPH
from govgraph.server.site import Site
from govgraph.settings import DefaultGraph
from govgraph.snapshot.history import Snapshot
from govgraph.snapshot.manifest import Manifest

VOID: Final = "http://rdfs.org/ns/void#"
FORMATS: Final = "http://www.w3.org/ns/formats/"
DCTERMS: Final = "http://purl.org/dc/terms/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"


def iri(value: str) -> ox.NamedNode:
    """The node of an IRI."""
    return ox.NamedNode(value)


def dump_of(store: str, graph: str | None) -> ox.NamedNode:
    """Where the graph store at `store` gives `graph`, or the default graph."""
    return iri(f"{store}?default" if graph is None else f"{store}?graph={quote(graph, safe='')}")


def describe_dataset(
    dataset: ox.NamedNode, service: ox.NamedNode, site: Site, snapshot: Snapshot
) -> Iterator[ox.Triple]:
    """What the whole is called, who may use it, and how it is reached (sections 2 and 3)."""
    manifest = snapshot.manifest
    yield ox.Triple(dataset, iri(RDF + "type"), iri(VOID + "Dataset"))
    for language, title in site.titles.items():
        yield ox.Triple(dataset, iri(DCTERMS + "title"), ox.Literal(title, language=language))
    yield ox.Triple(dataset, iri(DCTERMS + "identifier"), ox.Literal(snapshot.id))
    created = ox.Literal(manifest.created.isoformat(), datatype=iri(XSD + "dateTime"))
    yield ox.Triple(dataset, iri(DCTERMS + "created"), created)
    if site.licence:
        yield ox.Triple(dataset, iri(DCTERMS + "license"), iri(site.licence))
    yield ox.Triple(dataset, iri(VOID + "sparqlEndpoint"), service)
    if site.base:
        yield ox.Triple(dataset, iri(VOID + "uriSpace"), ox.Literal(site.base))
    for format_ in GRAPH:
        yield ox.Triple(dataset, iri(VOID + "feature"), iri(FORMATS + format_.registered))
    for vocabulary in _vocabularies(manifest, (*site.prefixes.values(), *manifest.prefixes.values())):
        yield ox.Triple(dataset, iri(VOID + "vocabulary"), iri(vocabulary))
    yield ox.Triple(dataset, iri(VOID + "triples"), ox.Literal(manifest.triples))


def _vocabularies(manifest: Manifest, namespaces: Iterable[str]) -> list[str]:
    """The namespaces that classes and properties of the snapshot are from."""
    counted = (*manifest.classes.values(), *manifest.properties.values())
    terms = {term for counts in counted for term in counts}
    return sorted({n for n in namespaces if any(term.startswith(n) for term in terms)})


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is counted of a graph: triples, instances of each class, triples of each property (section 4)."""

    triples: int
    classes: Mapping[str, int]
    properties: Mapping[str, int]

    @classmethod
    def graph(cls, manifest: Manifest, graph: str) -> Statistics:
        """The named graph `graph`."""
        return cls(
            manifest.graphs[graph], manifest.classes.get(graph, {}), manifest.properties.get(graph, {})
        )

    @classmethod
    def default(cls, manifest: Manifest, default_graph: DefaultGraph) -> Statistics:
        """The default graph: all graphs together, or the one without a name.

        Where graphs share triples, what was counted of each does not tell what there is in all of them.
        """
        if default_graph == "own":
            own = manifest.classes.get("", {}), manifest.properties.get("", {})
            return cls(manifest.default, *own)
        if manifest.repeated or manifest.nameless:
            return cls(manifest.triples, {}, {})
        classes: Counter[str] = Counter()
        properties: Counter[str] = Counter()
        for counts in manifest.classes.values():
            classes.update(counts)
        for counts in manifest.properties.values():
            properties.update(counts)
        return cls(manifest.triples, classes, properties)

    def describe(self, node: ox.NamedNode, dump: ox.NamedNode) -> Iterator[ox.Triple]:
        """The statistics as those of `node`, whose partitions have names that begin with its own."""
        yield ox.Triple(node, iri(RDF + "type"), iri(VOID + "Dataset"))
        yield ox.Triple(node, iri(VOID + "dataDump"), dump)
        yield ox.Triple(node, iri(VOID + "triples"), ox.Literal(self.triples))
        if self.classes:
            yield ox.Triple(node, iri(VOID + "classes"), ox.Literal(len(self.classes)))
        if self.properties:
            yield ox.Triple(node, iri(VOID + "properties"), ox.Literal(len(self.properties)))
        yield from _partitions(node, "class", "entities", self.classes)
        yield from _partitions(node, "property", "triples", self.properties)


def _partitions(
    node: ox.NamedNode, kind: str, measure: str, counts: Mapping[str, int]
) -> Iterator[ox.Triple]:
    """The parts of `node` by class or by property (section 4.4)."""
    for position, (term, count) in enumerate(sorted(counts.items()), start=1):
        part = iri(f"{node.value}-{kind}-{position}")
        yield ox.Triple(node, iri(f"{VOID}{kind}Partition"), part)
        yield ox.Triple(part, iri(VOID + kind), iri(term))
        yield ox.Triple(part, iri(VOID + measure), ox.Literal(count))
