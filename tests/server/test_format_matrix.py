"""Every form of query in every format, by every way to ask, and every coding; in process and by socket."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from xml.etree import ElementTree

import httpx2
import pyoxigraph as ox
import pytest

BASE = "https://w3id.org/govgraph/"
SELECT = "SELECT ?s ?o { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o } ORDER BY ?s ?o"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o . ?s a gg:Measure }"
DESCRIBE = f"DESCRIBE <{BASE}id/measure/hiratsuka-covid-2020/3>"
QUERIES = {"SELECT": SELECT, "ASK": ASK, "CONSTRUCT": CONSTRUCT, "DESCRIBE": DESCRIBE}

SOLUTIONS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
}
BOOLEAN = {name: SOLUTIONS[name] for name in ("json", "xml")}
GRAPH = {
    "turtle": "text/turtle; charset=utf-8",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nquads": "application/n-quads",
    "trig": "application/trig",
}
OFFERED = {"SELECT": SOLUTIONS, "ASK": BOOLEAN, "CONSTRUCT": GRAPH, "DESCRIBE": GRAPH}
MATRIX = [(form, name) for form, formats in OFFERED.items() for name in formats]
REFUSED = [
    (form, media_type)
    for form, formats in OFFERED.items()
    for media_type in {**SOLUTIONS, **GRAPH}.values()
    if media_type not in formats.values()
]


def get(door: httpx2.Client, query: str, accept: str = "*/*", **more: str) -> httpx2.Response:
    """The answer to a query by GET."""
    headers = {"Accept": accept, **{name.replace("_", "-"): value for name, value in more.items()}}
    return door.get("/sparql", params={"query": query}, headers=headers)


def meaning(answer: httpx2.Response) -> object:
    """What an answer says, whatever its format: rows of texts, yes or no, or triples."""
    media_type = answer.headers["content-type"].partition(";")[0]
    return READERS[media_type](answer)


def _json(answer: httpx2.Response) -> object:
    document = answer.json()
    if "boolean" in document:
        return document["boolean"]
    names = document["head"]["vars"]
    return [[row[name]["value"] for name in names] for row in document["results"]["bindings"]]


def _xml(answer: httpx2.Response) -> object:
    root = ElementTree.fromstring(answer.content)
    boolean = root.find("{*}boolean")
    if boolean is not None:
        return boolean.text == "true"
    return [
        ["".join(b.itertext()) for b in row]
        for row in root.iter("{http://www.w3.org/2005/sparql-results#}result")
    ]


def _csv(answer: httpx2.Response) -> object:
    return list(csv.reader(io.StringIO(answer.text)))[1:]


def _tsv(answer: httpx2.Response) -> object:
    results = ox.parse_query_results(answer.content, format=ox.QueryResultsFormat.TSV)
    assert isinstance(results, ox.QuerySolutions)
    return [[getattr(term, "value", "") for term in row] for row in results]


def _rdf(answer: httpx2.Response) -> object:
    media_type = answer.headers["content-type"].partition(";")[0]
    quads = ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media_type))
    return {str(quad.triple) for quad in quads}


READERS: dict[str, Callable[[httpx2.Response], object]] = {
    "application/sparql-results+json": _json,
    "application/sparql-results+xml": _xml,
    "text/csv": _csv,
    "text/tab-separated-values": _tsv,
    **{media_type.partition(";")[0]: _rdf for media_type in GRAPH.values()},
}

MEANINGS = {
    "SELECT": [
        [f"{BASE}id/measure/hiratsuka-covid-2020/3", "特別支援学校"],
        [f"{BASE}id/measure/hiratsuka-covid-2020/7", '<b>&"市民"</b>'],
        [f"{BASE}id/measure/yokohama-kyodo-2020/x", "Library"],
        [f"{BASE}ns#Measure", "measure"],
        [f"{BASE}ns#Measure", "取組"],
    ],
    "ASK": True,
}


@pytest.mark.parametrize(("form", "name"), MATRIX)
def test_every_form_in_every_format(door: httpx2.Client, form: str, name: str) -> None:
    """By Accept, by `format=`, by POST; and it says the same as in the default format."""
    query, media_type = QUERIES[form], OFFERED[form][name]
    headers = {"Accept": media_type.partition(";")[0]}
    expected = MEANINGS.get(form) or meaning(get(door, query))
    for answer in (
        door.get("/sparql", params={"query": query}, headers=headers),
        door.get("/sparql", params={"query": query}, headers={"Accept": media_type}),
        door.get("/sparql", params={"query": query, "format": name}, headers={"Accept": "image/png"}),
        door.post("/sparql", data={"query": query}, headers=headers),
        door.post("/sparql", data={"query": query, "format": name}),
        door.post("/sparql", content=query, headers={**headers, "Content-Type": "application/sparql-query"}),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == media_type
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert meaning(answer) == expected
    assert expected


@pytest.mark.parametrize(("form", "name"), MATRIX)
def test_head_in_every_format(door: httpx2.Client, form: str, name: str) -> None:
    params = {"query": QUERIES[form], "format": name}
    get_, head = door.get("/sparql", params=params), door.head("/sparql", params=params)
    assert (head.status_code, head.content) == (200, b"")
    for field in ("content-type", "content-length", "content-encoding", "etag", "vary", "query-time-limit"):
        assert head.headers.get(field) == get_.headers.get(field), field


@pytest.mark.parametrize(("form", "name"), MATRIX)
def test_304_in_every_format(door: httpx2.Client, form: str, name: str) -> None:
    params = {"query": QUERIES[form], "format": name}
    etag = door.get("/sparql", params=params).headers["etag"]
    for other in OFFERED[form]:
        again = door.get("/sparql", params={**params, "format": other}, headers={"If-None-Match": etag})
        assert again.status_code == (304 if other == name else 200)


@pytest.mark.parametrize(("form", "media_type"), REFUSED)
def test_406_lists_what_is_offered(door: httpx2.Client, form: str, media_type: str) -> None:
    """Formats of other forms: the problem says which there are."""
    answer = get(door, QUERIES[form], media_type.partition(";")[0])
    assert (answer.status_code, answer.headers["content-type"]) == (406, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == "GG702"
    offered = [*(m.partition(";")[0] for m in OFFERED[form].values()), "text/html"]
    assert problem["hint"] == "offered: " + ", ".join(offered)


@pytest.mark.parametrize(
    ("form", "accept", "media_type"),
    [
        ("SELECT", "text/csv;q=0.5, application/sparql-results+xml;q=0.6", "xml"),
        ("SELECT", "text/csv;q=0, */*;q=0.1", "json"),
        ("SELECT", "application/sparql-results+json;q=0, application/*", "xml"),
        ("SELECT", "text/*;q=0.3, text/csv;q=0, text/html;q=0", "tsv"),
        ("SELECT", "*/*, text/csv", "csv"),
        ("SELECT", "*/*;q=0.9, text/csv;q=0.8, text/tab-separated-values", "tsv"),
        ("SELECT", "text/turtle, text/csv;q=0.001", "csv"),
        ("SELECT", "text/csv;q=0", None),
        ("SELECT", "*/*;q=0", None),
        ("SELECT", "*/*;q=0, text/csv;q=0.0", None),
        ("SELECT", "application/sparql-results+json;q=0.000, image/*", None),
        ("ASK", "text/csv, application/sparql-results+xml;q=0.1", "xml"),
        ("ASK", "text/csv, text/tab-separated-values", None),
        ("CONSTRUCT", "text/turtle;q=0, text/html;q=0, */*", "ntriples"),
        ("CONSTRUCT", "application/trig;q=0.2, application/n-quads;q=0.3", "nquads"),
        ("CONSTRUCT", "application/ld+json;q=1.0, application/rdf+xml;q=1.000", "rdfxml"),
        ("CONSTRUCT", "application/sparql-results+json", None),
        ("DESCRIBE", "Application/RDF+XML ; Q=0.5, text/turtle;q=0.4", "rdfxml"),
        ("DESCRIBE", "", "turtle"),
    ],
)
def test_weights(door: httpx2.Client, form: str, accept: str, media_type: str | None) -> None:
    """RFC 9110, section 12.5.1: the most specific range counts, q=0 is never given."""
    answer = get(door, QUERIES[form], accept)
    if media_type:
        assert answer.headers["content-type"] == OFFERED[form][media_type]
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (406, "GG702")


@pytest.mark.parametrize("accept", ["json", "text/csv,,;q=1", "text"])
def test_an_accept_field_that_cannot_be_read(door: httpx2.Client, accept: str) -> None:
    answer = get(door, ASK, accept)
    assert (answer.status_code, answer.json()["detail"]) == (400, "the Accept field cannot be read")


def test_several_accept_fields_are_one_list(door: httpx2.Client) -> None:
    headers = [("Accept", "text/csv;q=0.1"), ("Accept", "text/tab-separated-values;q=0.2")]
    request = door.build_request("GET", "/sparql", params={"query": SELECT})
    del request.headers["accept"]
    request.headers = httpx2.Headers([*request.headers.multi_items(), *headers])
    assert door.send(request).headers["content-type"] == SOLUTIONS["tsv"]


CODINGS = [
    ("gzip", "gzip", ""),
    ("zstd", "zstd", ""),
    ("GZIP", "gzip", ""),
    ("gzip, deflate, br, zstd", "zstd", ""),
    ("gzip;q=1, zstd;q=0.5", "gzip", ""),
    ("gzip;q=0.1", "gzip", ""),
    ("zstd;q=0, gzip", "gzip", ""),
    ("br, deflate", "", ""),
    ("", "", ""),
    ("*", "", ""),
    ("identity", "", ""),
    ("identity, gzip;q=0.5", "", ""),
    ("identity;q=0.5, gzip", "gzip", ""),
    ("gzip;q=0", "", ""),
    ("gzip;q=0, *", "", ""),
    ("gzip, identity;q=0", "gzip", "gzip"),
    ("identity;q=0, zstd;q=0.1, gzip;q=0.2", "gzip", "gzip"),
    ("identity;q=0, *", "zstd", "zstd"),
    ("identity;q=0, zstd;q=0, *", "gzip", "gzip"),
    ("gzip, *;q=0", "gzip", "gzip"),
    ("br, identity;q=0", None, None),
    ("identity;q=0", None, None),
    ("*;q=0", None, None),
    ("gzip;q=0, zstd;q=0, identity;q=0, *", None, None),
]
"""Accept-Encoding -> the coding of a long and of a short answer, None for 406 (RFC 9110, section 12.5.3)."""


@pytest.mark.parametrize(("accepted", "long", "short"), CODINGS)
def test_codings(door: httpx2.Client, accepted: str, long: str | None, short: str | None) -> None:
    digits = " ".join(f"VALUES ?{name} {{ 0 1 2 3 4 5 6 7 8 9 }}" for name in "abcd")
    for query, rows, coding in (
        (f"SELECT * {{ {digits} }}", 10_000, long),
        ("SELECT (1 AS ?a) {}", 1, short),
    ):
        for method in ("GET", "HEAD"):
            answer = door.request(
                method, "/sparql", params={"query": query}, headers={"Accept-Encoding": accepted}
            )
            if coding is None:
                assert answer.status_code == 406
                assert "content-encoding" not in answer.headers
                if method == "GET":
                    assert answer.json()["detail"] == f"no acceptable content coding: {accepted}"
                    assert answer.json()["hint"] == "offered: zstd, gzip"
                continue
            assert answer.status_code == 200
            assert answer.headers.get("content-encoding", "") == coding
            assert "Accept-Encoding" in answer.headers["vary"]
            if method == "GET":
                assert len(json.loads(answer.text)["results"]["bindings"]) == rows


def test_each_coding_has_its_own_etag(door: httpx2.Client) -> None:
    """A strong validator tells bytes apart (RFC 9110, section 8.8.1)."""
    etags = {
        get(door, SELECT, accept_encoding=coding).headers["etag"] for coding in ("gzip", "zstd", "identity")
    }
    assert len(etags) == 3


@pytest.mark.parametrize("name", [*SOLUTIONS, *GRAPH])
def test_text_is_utf_8_and_says_so(door: httpx2.Client, name: str) -> None:
    form = "SELECT" if name in SOLUTIONS else "CONSTRUCT"
    answer = door.get("/sparql", params={"query": QUERIES[form], "format": name})
    text = answer.content.decode("utf-8")
    assert "特別支援学校" in text
    media_type, _, parameter = answer.headers["content-type"].partition("; ")
    assert parameter == ("charset=utf-8" if media_type.startswith("text/") else "")
