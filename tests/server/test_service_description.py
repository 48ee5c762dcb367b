"""SPARQL 1.1 Service Description and VoID, by their sections: in process and over a socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tests.servers import make_project

from govgraph.project import Project
from govgraph.server.app import create_app

Promote = Callable[..., None]

BASE = "https://w3id.org/govgraph/"
HIRATSUKA = f"{BASE}graph/hiratsuka-covid-2020"
SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCTERMS = "http://purl.org/dc/terms/"
FORMATS = "http://www.w3.org/ns/formats/"
MEDIA_TYPES = (
    "text/turtle",
    "application/n-triples",
    "application/rdf+xml",
    "application/ld+json",
    "application/n-quads",
    "application/trig",
)
PLACES = ("/sparql", "/.well-known/void")
PROLOGUE = f"PREFIX sd: <{SD}> PREFIX void: <{VOID}> PREFIX dcterms: <{DCTERMS}> PREFIX formats: <{FORMATS}>"


def described(door: httpx2.Client, place: str = "/sparql", accept: str = "text/turtle") -> ox.Store:
    """The description as a store."""
    answer = door.get(place, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == accept
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.from_media_type(accept))
    return store


def ask(store: ox.Store, variables: str, pattern: str) -> list[tuple[str, ...]]:
    """The solutions of a pattern, sorted, as the values of their terms."""
    solutions = store.query(f"{PROLOGUE} SELECT {variables} {{ {pattern} }}")
    assert isinstance(solutions, ox.QuerySolutions)
    return sorted(tuple(getattr(term, "value", "") for term in row) for row in solutions)


def values(store: ox.Store, pattern: str) -> list[str]:
    """The values of ?x in a pattern."""
    return [value for (value,) in ask(store, "?x", pattern)]


@pytest.mark.parametrize("accept", MEDIA_TYPES)
@pytest.mark.parametrize("place", PLACES)
def test_2_available_in_rdf_by_negotiation(door: httpx2.Client, place: str, accept: str) -> None:
    store = described(door, place, accept)
    assert {quad.triple for quad in store} == {quad.triple for quad in described(door)}
    assert not any(isinstance(node, ox.BlankNode) for quad in store for node in quad.triple)


@pytest.mark.parametrize("place", PLACES)
def test_2_without_accept(door: httpx2.Client, place: str) -> None:
    request = door.build_request("GET", place)
    del request.headers["accept"]
    assert door.send(request).headers["content-type"] == "text/turtle; charset=utf-8"


def test_2_by_the_name_of_a_format(door: httpx2.Client) -> None:
    for place in PLACES:
        answer = door.get(place, params={"format": "ntriples"}, headers={"Accept": "text/turtle"})
        assert answer.headers["content-type"] == "application/n-triples"


def test_2_a_page_for_browsers(door: httpx2.Client) -> None:
    """The form where queries are asked, and nothing but data where data are looked for."""
    assert (
        door.get("/sparql", headers={"Accept": "text/html"}).headers["content-type"].startswith("text/html")
    )
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    assert door.get("/.well-known/void", headers=browser).headers["content-type"].startswith("text/turtle")
    answer = door.get("/.well-known/void", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (406, "GG702")


@pytest.mark.parametrize("place", PLACES)
def test_2_cacheable(door: httpx2.Client, place: str) -> None:
    first = door.get(place)
    again = door.get(place, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    assert door.get(place, headers={"Accept": "application/trig"}).headers["etag"] != first.headers["etag"]
    head = door.head(place)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_3_2_1_endpoint(door: httpx2.Client) -> None:
    service = str(door.base_url).rstrip("/") + "/sparql"
    found = ask(described(door), "?service ?endpoint", "?service a sd:Service ; sd:endpoint ?endpoint")
    assert found == [(service, service)]


def test_3_2_features(door: httpx2.Client) -> None:
    store = described(door)
    assert values(store, "[] sd:feature ?x") == [f"{SD}UnionDefaultGraph"]
    assert values(store, "[] sd:supportedLanguage ?x") == [f"{SD}SPARQL11Query"]
    assert values(store, "[] sd:defaultEntailmentRegime ?x") == ["http://www.w3.org/ns/entailment/Simple"]
    assert not values(store, "[] sd:inputFormat ?x")


def test_3_2_the_default_graph_is_the_union(door: httpx2.Client) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } #union"
    (row,) = door.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    found = values(described(door), "[] sd:defaultDataset/sd:defaultGraph/void:triples ?x")
    assert found == [row["n"]["value"]]


def test_3_2_7_extension_functions_work(door: httpx2.Client) -> None:
    """Each function that is told of gives a value."""
    functions = values(described(door), "[] sd:extensionFunction ?x")
    point = '"POINT(1 2)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'
    metre = "<http://www.opengis.net/def/uom/OGC/1.0/metre>"
    arguments = {
        "date": '"2020-01-02"',
        "time": '"10:00:00"',
        "gYear": '"2020"',
        "gYearMonth": '"2020-01"',
        "gMonth": '"--01"',
        "gMonthDay": '"--01-02"',
        "gDay": '"---02"',
        "duration": '"P1D"',
        "dayTimeDuration": '"P1D"',
        "yearMonthDuration": '"P1Y"',
        "distance": f"{point}, {point}, {metre}",
    }
    assert len(functions) == 35
    for function in functions:
        given = arguments.get(function.rpartition("#" if "#" in function else "/")[2], f"{point}, {point}")
        answer = door.get("/sparql", params={"query": f"SELECT (<{function}>({given}) AS ?x) {{}}"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"]["bindings"][0], function


def test_3_2_14_result_formats(door: httpx2.Client) -> None:
    """Each format that is told of is one that answers come in."""
    names = {
        "SPARQL_Results_JSON": "application/sparql-results+json",
        "SPARQL_Results_XML": "application/sparql-results+xml",
        "SPARQL_Results_CSV": "text/csv",
        "SPARQL_Results_TSV": "text/tab-separated-values",
        "Turtle": "text/turtle",
        "N-Triples": "application/n-triples",
        "RDF_XML": "application/rdf+xml",
        "JSON-LD": "application/ld+json",
        "N-Quads": "application/n-quads",
        "TriG": "application/trig",
    }
    assert set(values(described(door), "[] sd:resultFormat ?x")) == {FORMATS + name for name in names}
    for media_type in names.values():
        form = "CONSTRUCT { ?s ?p ?o } WHERE" if media_type in MEDIA_TYPES else "SELECT *"
        answer = door.get(
            "/sparql", params={"query": f"{form} {{ ?s ?p ?o }}"}, headers={"Accept": media_type}
        )
        assert answer.headers["content-type"].partition(";")[0] == media_type


def test_3_2_17_named_graphs_have_names(door: httpx2.Client) -> None:
    """Every named graph has sd:name, by which FROM finds it, and all that there are, are told of."""
    store = described(door)
    graphs = "[] sd:defaultDataset ?d . ?d a sd:Dataset ; sd:namedGraph ?g"
    assert not ask(store, "?g", f"{graphs} FILTER NOT EXISTS {{ ?g a sd:NamedGraph ; sd:name ?name }}")
    pattern = "[] sd:defaultDataset/sd:namedGraph [ sd:name ?g ; sd:graph/void:triples ?n ]"
    listed = ask(store, "?g ?n", pattern)
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    found = door.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    assert sorted((row["g"]["value"], row["n"]["value"]) for row in found) == listed
    assert len(listed) == 3


def test_3_3_9_a_dataset_has_its_default_graph(door: httpx2.Client) -> None:
    store = described(door)
    datasets = values(store, "?x a sd:Dataset")
    assert len(datasets) == 1
    assert len(values(store, f"<{datasets[0]}> sd:defaultGraph ?x")) == 1
    assert values(store, "[] sd:availableGraphs ?x") == datasets


def test_void_2_and_3_general_and_access(door: httpx2.Client) -> None:
    store = described(door)
    address = str(door.base_url).rstrip("/")
    dataset = f"<{address}/sparql#dataset>"
    titles = ox.Literal("試験のグラフ", language="ja"), ox.Literal("Trial graph", language="en")
    found = store.quads_for_pattern(ox.NamedNode(dataset[1:-1]), ox.NamedNode(f"{DCTERMS}title"), None)
    assert {quad.object for quad in found} == set(titles)
    assert values(store, f"{dataset} dcterms:license ?x") == ["https://example.org/licence"]
    assert values(store, f"{dataset} dcterms:identifier ?x") == ["first"]
    assert values(store, f"{dataset} void:sparqlEndpoint ?x") == [f"{address}/sparql"]
    assert values(store, f"{dataset} void:uriSpace ?x") == [BASE]
    assert values(store, f"{dataset} void:vocabulary ?x") == [
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://www.w3.org/2000/01/rdf-schema#",
        f"{BASE}ns#",
    ]
    assert len(values(store, f"{dataset} void:feature ?x")) == len(MEDIA_TYPES)


def test_void_3_2_dumps_are_what_they_say(door: httpx2.Client) -> None:
    """Each address of a dump gives as many triples as its dataset has."""
    dumps = ask(described(door), "?dump ?n", "?d void:dataDump ?dump ; void:triples ?n")
    assert len(dumps) == 4
    for dump, count in dumps:
        answer = door.get(dump, headers={"Accept": "application/n-triples"})
        assert len(answer.text.splitlines()) == int(count)


def test_void_4_statistics(door: httpx2.Client) -> None:
    """What is counted of each graph, and of all, is what queries count."""
    store = described(door)
    graphs = ask(store, "?graph ?name", "[] sd:name ?name ; sd:graph ?graph")
    for graph, name in graphs:
        check_statistics(door, store, graph, f"GRAPH <{name}> {{ ?s ?p ?o }}")
    assert len(graphs) == 3
    check_statistics(door, store, values(store, "[] sd:defaultGraph ?x")[0], "?s ?p ?o")


def check_statistics(door: httpx2.Client, store: ox.Store, node: str, pattern: str) -> None:
    """Compares the partitions of a description with what the endpoint counts."""
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    for kind, counted, where in (
        ("property", "?p", pattern),
        ("class", "?o", f"{pattern} FILTER(?p = {rdf_type})"),
    ):
        query = f"SELECT ({counted} AS ?term) (COUNT(*) AS ?n) {{ {where} }} GROUP BY {counted}"
        rows = door.get("/sparql", params={"query": query}).json()["results"]["bindings"]
        expected = {(row["term"]["value"], row["n"]["value"]) for row in rows}
        measure = "triples" if kind == "property" else "entities"
        part = f"<{node}> void:{kind}Partition [ void:{kind} ?term ; void:{measure} ?n ]"
        found = ask(store, "?term ?n", part)
        assert set(found) == expected
        plural = "properties" if kind == "property" else "classes"
        assert values(store, f"<{node}> void:{plural} ?x") == ([str(len(found))] if found else [])


def test_void_7_1_the_description_describes_the_dataset(door: httpx2.Client) -> None:
    pattern = "?d a void:DatasetDescription ; <http://xmlns.com/foaf/0.1/primaryTopic> ?x"
    address = str(door.base_url).rstrip("/")
    assert ask(described(door), "?d ?x", pattern) == [
        (f"{address}/.well-known/void", f"{address}/sparql#dataset")
    ]


def test_the_public_address(project: Project, promote: Promote) -> None:
    """All IRIs of the description are where the public finds them."""
    settings = project.settings.model_copy(update={"public_url": "https://graphs.example.org/of/"})
    with TestClient(create_app(Project(project.root, settings))) as client:
        store = described(client)
        assert values(store, "?x a sd:Service") == ["https://graphs.example.org/of/sparql"]
        assert values(store, "?x a void:DatasetDescription") == [
            "https://graphs.example.org/of/.well-known/void"
        ]
        assert "testserver" not in client.get("/sparql").text


def test_federation_is_a_feature_where_it_is_on(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project", 3, {"services": ["http://other.example/sparql"]})
    with TestClient(create_app(Project.load(root))) as client:
        features = values(described(client), "[] sd:feature ?x")
        assert features == [f"{SD}BasicFederatedQuery", f"{SD}UnionDefaultGraph"]


def test_an_older_snapshot_tells_less(tmp_path: Path) -> None:
    """Classes and properties that were not counted are not told of, rather than as none."""
    root = make_project(tmp_path / "project", 3, {})
    with TestClient(create_app(Project.load(root))) as client:
        store = described(client)
        assert values(store, "[] sd:graph/void:triples ?x") == ["3"]
        assert not values(store, "[] void:properties ?x")
        assert not values(store, "[] void:classes ?x")
        assert not values(store, "[] void:vocabulary ?x")
