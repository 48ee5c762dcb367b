"""What the endpoint says of itself: SPARQL 1.1 Service Description, with the statistics of VoID in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from govgraph.iri import RDF, XSD
from govgraph.server.formats import GRAPH, SOLUTIONS, Format
from govgraph.server.graph_store import STORE
from govgraph.server.site import Site
from govgraph.server.void import DCTERMS, FOAF, FORMATS, VOID, Statistics, describe_dataset, dump_of, iri
from govgraph.snapshot.history import Snapshot

WELL_KNOWN: Final = "/.well-known/void"
"""Where the description is looked for by who knows the host alone (VoID, section 7.2)."""

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_GEOF: Final = "http://www.opengis.net/def/function/geosparql/"
_SIMPLE: Final = "http://www.w3.org/ns/entailment/Simple"
_PREFIXES: Final = {
    "sd": SD,
    "void": VOID,
    "dcterms": DCTERMS,
    "foaf": FOAF,
    "formats": FORMATS,
    "geof": _GEOF,
    "xsd": XSD,
}

_FUNCTIONS: Final = {
    XSD: (
        *("date", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
        *("duration", "dayTimeDuration", "yearMonthDuration"),
    ),
    _GEOF: (
        *("sfEquals", "sfDisjoint", "sfIntersects", "sfTouches"),
        *("sfCrosses", "sfWithin", "sfContains", "sfOverlaps"),
        *("ehEquals", "ehDisjoint", "ehMeet", "ehOverlap"),
        *("ehCovers", "ehCoveredBy", "ehInside", "ehContains"),
        *("rcc8eq", "rcc8dc", "rcc8ec", "rcc8po", "rcc8tppi", "rcc8tpp", "rcc8ntpp", "rcc8ntppi"),
        "distance",
    ),
}
"""Namespace -> functions of Oxigraph that SPARQL 1.1 does not have (its section 17)."""


def describe_service(address: str, site: Site, snapshot: Snapshot, format: Format) -> bytes:  # noqa: A002
    """The description of the service that answers at `address`, without blank nodes, in an RDF format."""
    rdf = ox.RdfFormat.from_media_type(format.media_type)
    by_subject: dict[object, list[ox.Triple]] = {}
    for triple in _triples(address, site, snapshot):
        by_subject.setdefault(triple.subject, []).append(triple)
    triples = [triple for group in by_subject.values() for triple in group]
    return ox.serialize(triples, format=rdf, prefixes=_PREFIXES if format.prefixed else None) or b""


def _triples(address: str, site: Site, snapshot: Snapshot) -> Iterator[ox.Triple]:
    manifest = snapshot.manifest
    service = iri(f"{address}/sparql")
    dataset, default = iri(f"{service.value}#dataset"), iri(f"{service.value}#default")
    yield from _service(service, dataset, site)

    document = iri(f"{address}{WELL_KNOWN}")
    yield ox.Triple(document, iri(RDF + "type"), iri(VOID + "DatasetDescription"))
    yield ox.Triple(document, iri(FOAF + "primaryTopic"), dataset)

    yield ox.Triple(dataset, iri(RDF + "type"), iri(SD + "Dataset"))
    yield from describe_dataset(dataset, service, site, snapshot)
    yield ox.Triple(dataset, iri(SD + "defaultGraph"), default)
    yield ox.Triple(default, iri(RDF + "type"), iri(SD + "Graph"))
    statistics = Statistics.default(manifest, site.default_graph)
    yield from statistics.describe(default, dump_of(f"{address}{STORE}", None))
    for position, graph in enumerate(sorted(manifest.graphs), start=1):
        named = iri(f"{service.value}#graph-{position}")
        content = iri(f"{named.value}-content")
        yield ox.Triple(dataset, iri(SD + "namedGraph"), named)
        yield ox.Triple(named, iri(RDF + "type"), iri(SD + "NamedGraph"))
        yield ox.Triple(named, iri(SD + "name"), iri(graph))
        yield ox.Triple(named, iri(SD + "graph"), content)
        yield ox.Triple(content, iri(RDF + "type"), iri(SD + "Graph"))
        for language, title in site.graph_names.get(graph, {}).items():
            yield ox.Triple(content, iri(DCTERMS + "title"), ox.Literal(title, language=language))
        yield ox.Triple(dataset, iri(VOID + "subset"), content)
        yield from Statistics.graph(manifest, graph).describe(content, dump_of(f"{address}{STORE}", graph))


def _service(service: ox.NamedNode, dataset: ox.NamedNode, site: Site) -> Iterator[ox.Triple]:
    """What the service can do (section 3.2 of Service Description)."""
    yield ox.Triple(service, iri(RDF + "type"), iri(SD + "Service"))
    for language, title in site.titles.items():
        yield ox.Triple(service, iri(DCTERMS + "title"), ox.Literal(title, language=language))
    yield ox.Triple(service, iri(SD + "endpoint"), service)
    yield ox.Triple(service, iri(SD + "supportedLanguage"), iri(SD + "SPARQL11Query"))
    if site.default_graph == "union":
        yield ox.Triple(service, iri(SD + "feature"), iri(SD + "UnionDefaultGraph"))
    if site.services:
        yield ox.Triple(service, iri(SD + "feature"), iri(SD + "BasicFederatedQuery"))
    yield ox.Triple(service, iri(SD + "defaultEntailmentRegime"), iri(_SIMPLE))
    for format_ in (*SOLUTIONS, *GRAPH):
        yield ox.Triple(service, iri(SD + "resultFormat"), iri(FORMATS + format_.registered))
    for function in (iri(namespace + name) for namespace, names in _FUNCTIONS.items() for name in names):
        yield ox.Triple(service, iri(SD + "extensionFunction"), function)
        yield ox.Triple(function, iri(RDF + "type"), iri(SD + "Function"))
    yield ox.Triple(service, iri(SD + "defaultDataset"), dataset)
    yield ox.Triple(service, iri(SD + "availableGraphs"), dataset)
