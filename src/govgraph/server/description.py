"""What the endpoint says of itself: SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from govgraph.iri import RDF, XSD
from govgraph.queries import Language
from govgraph.server.formats import GRAPH, SOLUTIONS, Format
from govgraph.snapshot.history import Snapshot

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
FORMATS = "http://www.w3.org/ns/formats/"
DCTERMS = "http://purl.org/dc/terms/"

PREFIXES = {"sd": SD, "void": VOID, "dcterms": DCTERMS, "xsd": XSD}


def describe_service(
    endpoint: str,
    snapshot: Snapshot,
    titles: Mapping[Language, str],
    licence: str | None,
    format: Format,  # noqa: A002
) -> bytes:
    """The description of the service at the IRI `endpoint`, without blank nodes, in an RDF format.

    `titles` are those of the project by language. The default graph is the union of the named graphs.
    """
    triples = _triples(endpoint, snapshot, titles, licence)
    rdf = ox.RdfFormat.from_media_type(format.media_type)
    return ox.serialize(triples, format=rdf, prefixes=PREFIXES if format.prefixed else None) or b""


def _triples(
    endpoint: str, snapshot: Snapshot, titles: Mapping[Language, str], licence: str | None
) -> Iterator[ox.Triple]:
    service, dataset, default = (ox.NamedNode(f"{endpoint}{part}") for part in ("", "#dataset", "#default"))
    a, triples = _iri(RDF + "type"), _iri(VOID + "triples")

    yield ox.Triple(service, a, _iri(SD + "Service"))
    for language, title in titles.items():
        yield ox.Triple(service, _iri(DCTERMS + "title"), ox.Literal(title, language=language))
    yield ox.Triple(service, _iri(SD + "endpoint"), service)
    yield ox.Triple(service, _iri(SD + "supportedLanguage"), _iri(SD + "SPARQL11Query"))
    yield ox.Triple(service, _iri(SD + "feature"), _iri(SD + "UnionDefaultGraph"))
    for format_ in (*SOLUTIONS, *GRAPH):
        yield ox.Triple(service, _iri(SD + "resultFormat"), _iri(FORMATS + format_.registered))
    yield ox.Triple(service, _iri(SD + "defaultDataset"), dataset)

    yield ox.Triple(dataset, a, _iri(SD + "Dataset"))
    yield ox.Triple(dataset, _iri(DCTERMS + "identifier"), ox.Literal(snapshot.id))
    if licence:
        yield ox.Triple(dataset, _iri(DCTERMS + "license"), _iri(licence))
    yield ox.Triple(dataset, _iri(SD + "defaultGraph"), default)
    yield ox.Triple(default, a, _iri(SD + "Graph"))
    yield ox.Triple(default, triples, ox.Literal(snapshot.manifest.triples))
    for number, (graph, count) in enumerate(sorted(snapshot.manifest.graphs.items()), start=1):
        named, content = _iri(f"{endpoint}#graph-{number}"), _iri(f"{endpoint}#graph-{number}-content")
        yield ox.Triple(dataset, _iri(SD + "namedGraph"), named)
        yield ox.Triple(named, a, _iri(SD + "NamedGraph"))
        yield ox.Triple(named, _iri(SD + "name"), _iri(graph))
        yield ox.Triple(named, _iri(SD + "graph"), content)
        yield ox.Triple(content, a, _iri(SD + "Graph"))
        yield ox.Triple(content, triples, ox.Literal(count))


def _iri(value: str) -> ox.NamedNode:
    return ox.NamedNode(value)
