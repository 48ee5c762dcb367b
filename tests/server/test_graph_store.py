"""SPARQL 1.1 Graph Store HTTP Protocol, what reads, by its sections: in process and over a socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tests.servers import GRAPH, make_project, running

from govgraph.project import Project
from govgraph.server.app import create_app

Promote = Callable[..., None]

BASE = "https://w3id.org/govgraph/"
HIRATSUKA = f"{BASE}graph/hiratsuka-covid-2020"
YOKOHAMA = f"{BASE}graph/yokohama-kyodo-2020"
ONTOLOGY = f"{BASE}graph/ontology"
DIRECT = "/graph/hiratsuka-covid-2020"
KNOWN = f"known here: {HIRATSUKA}, {ONTOLOGY}, {YOKOHAMA}"

FORMATS = {
    "turtle": "text/turtle; charset=utf-8",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nquads": "application/n-quads",
    "trig": "application/trig",
}


def triples(answer: httpx2.Response) -> set[ox.Triple]:
    """The triples of an RDF document, which names no graphs; fails where one comes twice."""
    assert answer.status_code == 200, answer.text
    media_type = answer.headers["content-type"]
    quads = list(ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media_type)))
    assert {q.graph_name for q in quads} == {ox.DefaultGraph()}
    found = {q.triple for q in quads}
    assert len(found) == len(quads)
    return found


def constructed(door: httpx2.Client, pattern: str) -> set[ox.Triple]:
    """What the equivalent query gives (section 5.2)."""
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
    return triples(door.get("/sparql", params={"query": query, "format": "ntriples"}))


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("graph", [HIRATSUKA, YOKOHAMA, ONTOLOGY])
def test_4_2_indirect_named_graph(door: httpx2.Client, graph: str, format_name: str) -> None:
    expected = constructed(door, f"GRAPH <{graph}> {{ ?s ?p ?o }}")
    accepted = door.get("/graph-store", params={"graph": graph}, headers={"Accept": FORMATS[format_name]})
    asked = door.get("/graph-store", params={"graph": graph, "format": format_name})
    for answer in (accepted, asked):
        assert answer.headers["content-type"] == FORMATS[format_name]
        assert triples(answer) == expected


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("url", ["/graph-store?default", "/graph-store?default="])
def test_4_2_indirect_default_graph(door: httpx2.Client, url: str, format_name: str) -> None:
    """The default graph is what a query sees without FROM: the union of all graphs."""
    answer = door.get(url, headers={"Accept": FORMATS[format_name]})
    assert answer.headers["content-type"] == FORMATS[format_name]
    assert triples(answer) == constructed(door, "?s ?p ?o")
    assert len(triples(answer)) == 10


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("/graph-store?graph=reference", "graph: 'reference' is no absolute IRI"),
        ("/graph-store?graph=%2Fgraph%2Freference", "graph: '/graph/reference' is no absolute IRI"),
        ("/graph-store?graph=", "graph: '' is no absolute IRI"),
        ("/graph-store?graph=x%3Aa%20b", "graph: 'x:a b' is no absolute IRI"),
        ("/graph-store?graph=%FF", "the parameters are not UTF-8"),
        ("/graph-store", "no graph is named"),
        ("/graph-store?format=turtle", "no graph is named"),
        (f"/graph-store?default&graph={HIRATSUKA}", "more than one graph is named"),
        (f"/graph-store?graph={HIRATSUKA}&graph={YOKOHAMA}", "more than one graph is named"),
        ("/graph-store?default&default", "more than one graph is named"),
        (f"/graph-store?default={HIRATSUKA}", "'default' has no value"),
        (f"{DIRECT}?graph={YOKOHAMA}", "the path names a graph already"),
        (f"{DIRECT}?default", "the path names a graph already"),
    ],
)
def test_4_2_malformed(door: httpx2.Client, url: str, detail: str) -> None:
    """400 where a graph is read, and 405 where it would be written (section 5.1)."""
    read = door.get(url)
    assert (read.status_code, read.json()["code"], read.json()["detail"]) == (400, "GG704", detail)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        written = door.request(method, url)
        assert (written.status_code, written.json()["detail"]) == (405, detail)
        assert written.headers["allow"] == "GET, HEAD, OPTIONS"


def test_4_1_direct(door: httpx2.Client) -> None:
    """The path of a graph's IRI below the base is its path here."""
    direct = door.get(DIRECT)
    indirect = door.get("/graph-store", params={"graph": HIRATSUKA})
    assert triples(direct) == triples(indirect)
    assert direct.headers["etag"] == indirect.headers["etag"]
    assert direct.content == indirect.content
    assert door.get(DIRECT, params={"format": "jsonld"}).headers["content-type"] == FORMATS["jsonld"]


def test_4_1_direct_by_the_public_address(project: Project, promote: Promote) -> None:
    """The IRI of the request itself, whatever the base is; also where its path has other characters."""
    settings = project.settings.model_copy(update={"public_url": "https://graphs.example.org/of/"})
    site = Project(project.root, settings)
    own = "https://graphs.example.org/of/graph/a%20b/市"
    promoted = f"<{own}> {{ <x:s> <x:p> 1 }} <{HIRATSUKA}> {{ <x:s> <x:p> 2 }}"
    promote(site, "second", promoted)
    with TestClient(create_app(site)) as client:
        (triple,) = triples(client.get("/graph/a%20b/%E5%B8%82"))
        assert triple.object == ox.Literal(1)
        (triple,) = triples(client.get(DIRECT))
        assert triple.object == ox.Literal(2)


@pytest.mark.parametrize(
    ("url", "iri", "hint"),
    [
        ("/graph-store?graph=http%3A%2F%2Fe.example%2Fg", "http://e.example/g", KNOWN),
        (f"/graph-store?graph={HIRATSUKA}1", f"{HIRATSUKA}1", f"did you mean '{HIRATSUKA}'?"),
        (f"{DIRECT}1", f"{HIRATSUKA}1", f"did you mean '{HIRATSUKA}'?"),
        ("/graph/", f"{BASE}graph/", f"did you mean '{ONTOLOGY}'?"),
        (f"/graph-store?graph={HIRATSUKA}%23x", f"{HIRATSUKA}#x", f"did you mean '{HIRATSUKA}'?"),
    ],
)
def test_5_1_unknown_graph(door: httpx2.Client, url: str, iri: str, hint: str) -> None:
    """404 where the operation needs the graph; to make it or replace it is refused as for any other."""
    for method in ("GET", "DELETE", "PATCH"):
        answer = door.request(method, url)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        problem = answer.json()
        assert (problem["code"], problem["detail"]) == ("GG714", f"there is no graph <{iri}>")
        assert problem["hint"] == hint
    assert door.head(url).status_code == 404
    assert [door.request(method, url).status_code for method in ("PUT", "POST")] == [403, 403]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("url", [f"/graph-store?graph={HIRATSUKA}", "/graph-store?default", DIRECT])
def test_5_3_to_5_7_writing_is_refused(door: httpx2.Client, url: str, method: str) -> None:
    before = triples(door.get(url))
    headers = {"Content-Type": "text/turtle"}
    answer = door.request(method, url, content=b"<x:s> <x:p> <x:o> .", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["detail"]) == ("GG704", "graphs are only read here")
    assert problem["hint"] == "the graph changes only by building a new snapshot: `govgraph build`"
    assert triples(door.get(url)) == before


def test_5_1_other_methods(door: httpx2.Client) -> None:
    for url in ("/graph-store", f"/graph-store?graph={HIRATSUKA}", DIRECT):
        answer = door.request("TRACE", url)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_5_options_and_cors(door: httpx2.Client) -> None:
    for url in ("/graph-store", "/graph-store?default", DIRECT):
        answer = door.options(url, headers={"Origin": "https://example.org"})
        assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, OPTIONS")
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    answer = door.get(DIRECT, headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_5_2_without_accept(door: httpx2.Client) -> None:
    """Some RDF format, here Turtle, with the prefixes of the project."""
    request = door.build_request("GET", DIRECT)
    del request.headers["accept"]
    answer = door.send(request)
    assert answer.headers["content-type"] == FORMATS["turtle"]
    assert f"@prefix gg: <{BASE}ns#> ." in answer.text
    assert "gg:amount" in answer.text
    assert "gg:amount" in door.get("/graph-store?default").text


@pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json", "*/*;q=0"])
def test_5_2_no_acceptable_format(door: httpx2.Client, accept: str) -> None:
    answer = door.get(DIRECT, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "GG702")
    assert answer.json()["hint"] == "offered: " + ", ".join(t.partition(";")[0] for t in FORMATS.values())
    answer = door.get(DIRECT, params={"format": "csv"})
    assert (answer.status_code, answer.json()["code"]) == (406, "GG702")


def test_5_2_cacheable(door: httpx2.Client) -> None:
    """Strong validators: one a graph, format and coding."""
    etags = set()
    for url in (DIRECT, "/graph-store?default", f"/graph-store?graph={YOKOHAMA}"):
        for format_name in FORMATS.values():
            for coding in ("identity", "gzip", "zstd"):
                headers = {"Accept": format_name, "Accept-Encoding": coding}
                answer = door.get(url, headers=headers)
                etag = answer.headers["etag"]
                assert answer.headers["cache-control"] == "no-cache"
                assert answer.headers["vary"] == "Accept, Accept-Encoding"
                etags.add(etag)
                again = door.get(url, headers={**headers, "If-None-Match": f'"other", {etag}'})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
                assert door.get(url, headers={**headers, "If-None-Match": '"other"'}).status_code == 200
    assert len(etags) == 3 * 6 * 3


def test_5_3_a_write_is_never_answered_from_the_cache(door: httpx2.Client) -> None:
    """Not even with the ETag of what is there."""
    read = door.get(DIRECT)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        for known in (read.headers["etag"], "*"):
            assert door.request(method, DIRECT, headers={"If-None-Match": known}).status_code == 403


@pytest.mark.parametrize("url", [DIRECT, "/graph-store?default", "/graph/nowhere", "/graph-store"])
def test_5_6_head(door: httpx2.Client, url: str) -> None:
    get, head = door.get(url), door.head(url)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("content-type", "content-length", "content-encoding", "etag", "vary", "cache-control"):
        assert head.headers.get(name) == get.headers.get(name), name


def test_a_triple_of_two_graphs_comes_once(project: Project, promote: Promote) -> None:
    promote(project, "second", f"<{HIRATSUKA}> {{ <x:s> <x:p> 1, 2 }} <{YOKOHAMA}> {{ <x:s> <x:p> 2, 3 }}")
    with TestClient(create_app(project)) as client:
        for media_type in FORMATS.values():
            answer = client.get("/graph-store?default", headers={"Accept": media_type})
            assert {t.object for t in triples(answer)} == {ox.Literal(n) for n in (1, 2, 3)}


def test_what_rdf_xml_cannot_hold(project: Project, promote: Promote) -> None:
    """As for queries: refused before anything is sent."""
    promote(project, "second", f'<{HIRATSUKA}> {{ <x:s> <http://x.example/1> "a\\u0008" }}')
    with TestClient(create_app(project)) as client:
        for url in (DIRECT, "/graph-store?default"):
            answer = client.get(
                url, params={"format": "rdfxml"} if url == DIRECT else "default&format=rdfxml"
            )
            assert (answer.status_code, answer.json()["code"]) == (406, "GG702")
            assert answer.json()["hint"] == "ask for JSON: application/ld+json (jsonld)"


def test_the_body_of_a_refused_write_is_not_awaited(project: Project) -> None:
    with running(project.root) as server, server.connect() as connection:
        head = f"PUT {DIRECT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))  # to the end: the server closes
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"graphs are only read here" in answer


def test_a_large_graph_in_parts(tmp_path: Path) -> None:
    """Longer than what is held back: it comes in chunks, whole, compressed or not."""
    root = make_project(tmp_path / "project", 20_000, {"limits": {"workers": 1}})
    with running(root) as server, httpx2.Client(base_url=server.address, timeout=60) as client:
        for params in ({"graph": GRAPH}, {"default": ""}):
            for coding in ("identity", "gzip", "zstd"):
                answer = client.get("/graph-store", params=params, headers={"Accept-Encoding": coding})
                assert answer.headers.get("content-encoding", "identity") == coding
                assert answer.headers["transfer-encoding"] == "chunked"
                assert len(triples(answer)) == 20_000
            head = client.head("/graph-store", params=params)
            assert (head.status_code, head.content) == (200, b"")


def test_figures_do_not_grow_with_the_paths_that_are_asked(door: httpx2.Client) -> None:
    """However many graphs are asked for, they are counted as one path."""
    for number in range(3):
        door.get(f"/graph/nowhere-{number}")
        door.get(f"/api/nowhere-{number}")
    told = door.get("/metrics").text
    assert 'path="/graph/"' in told
    assert 'path="/api/"' in told
    assert "nowhere" not in told
