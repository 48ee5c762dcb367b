"""The default graph as a union: a triple counts once, in however many graphs it stands."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest
from rdflib import Dataset
from starlette.testclient import TestClient

from govgraph.project import Project
from govgraph.server.app import App, create_app
from govgraph.server.site import Site
from govgraph.settings import DefaultGraph
from govgraph.snapshot.data_files import DataFile
from govgraph.snapshot.temporary import load_files

DATA = """
PREFIX : <http://example.org/>
:s :p :o . :o :p :end .
:a { :s :p :o ; :q 1 . :only :in :a }
:b { :s :p :o ; :q 1 . :o :p :end }
:c { :alone :p :c }
_:d { :s :p :o . :alone :p :c . :nameless :p 1 }
"""
PREFIX = "PREFIX : <http://example.org/> "


@contextmanager
def served(folder: Path, trig: str, default_graph: DefaultGraph = "union") -> Iterator[TestClient]:
    """The server of a file."""
    path = folder / "data.trig"
    path.write_text(trig)
    (folder / default_graph).mkdir()
    snapshot = load_files(
        [DataFile.of(str(path))],
        folder / default_graph,
        base=None,
        default_graph=default_graph,
        on_progress=lambda _, __: None,
    )
    titles = {"ja": "試験", "en": "Trial"}
    site = Site(base="", titles=titles, languages=("ja", "en"), default_graph=default_graph)  # type: ignore[arg-type]
    with TestClient(App(site, lambda: snapshot)) as client:
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("data"), DATA) as client:
        yield client


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The default graph is the file's own."""
    with served(tmp_path_factory.mktemp("own"), DATA, "own") as client:
        yield client


def rows(client: TestClient, query: str, **parameters: str | list[str]) -> list[str]:
    """The rows of an answer, each in short, sorted."""
    data: Mapping[str, str | list[str]] = {"query": PREFIX + query, "format": "csv", **parameters}
    answer = client.post("/sparql", data=data)
    assert answer.status_code == 200, answer.text
    _, *found = csv.reader(io.StringIO(answer.text))
    return sorted(" ".join(row).replace("http://example.org/", ":") for row in found)


def triples(client: TestClient, query: str) -> list[str]:
    answer = client.post("/sparql", data={"query": PREFIX + query, "format": "ntriples"})
    assert answer.status_code == 200, answer.text
    return sorted(answer.text.splitlines())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", ["6"]),
        ("SELECT ?o { :s :p ?o }", [":o"]),
        ("SELECT ?o { :s :p/:p ?o }", [":end"]),
        ("SELECT ?o { :s :p/:p? ?o }", [":end", ":o"]),
        ("SELECT ?o { :s :p* ?o }", [":end", ":o", ":s"]),
        ("SELECT ?o { :s (:p|:q) ?o }", ["1", ":o"]),
        ("SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(?o) > 1)", [":s 2"]),
        ("SELECT ?g { GRAPH ?g { ?s :in ?o } }", [":a"]),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { :s :p :o } }", ["3"]),
        ("SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }", ["4"]),
        ("SELECT (COUNT(*) AS ?n) { :s :p ?o GRAPH :a { :s :q ?x } }", ["1"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a { ?s ?p ?o }", ["3"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a FROM :a { ?s ?p ?o }", ["3"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a FROM :b { ?s ?p ?o }", ["4"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a FROM :b FROM :c { ?s ?p ?o }", ["5"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a FROM :missing { ?s ?p ?o }", ["3"]),
        ("SELECT (COUNT(*) AS ?n) FROM <http://example.org/a> FROM :b { GRAPH ?g { ?s ?p ?o } }", ["0"]),
        ("SELECT ?o FROM :a FROM :b { :s :p/:p ?o }", [":end"]),
        ("SELECT ?g ?o FROM :a FROM :b FROM NAMED :b FROM NAMED :c { :s :p ?o GRAPH ?g { ?s :p ?x } }",
         [":b :o", ":b :o", ":c :o"]),
        ("SELECT ?g ?s FROM NAMED :a { GRAPH ?g { ?s ?p ?o } }", [":a :only", ":a :s", ":a :s"]),
        ("SELECT ?s FROM NAMED :a { ?s ?p ?o }", []),
    ],
)  # fmt: skip
def test_a_triple_counts_once(client: TestClient, query: str, expected: list[str]) -> None:
    assert rows(client, query) == expected


def test_a_relative_name_of_a_graph(client: TestClient) -> None:
    query = "BASE <http://example.org/> SELECT (COUNT(*) AS ?n) FROM <a> FROM NAMED <c> FROM <b>{ ?s ?p ?o }"
    assert rows(client, query) == ["4"]
    # Files without a base: it is the server's address (section 2.3 of SPARQL 1.1 Protocol).
    assert rows(client, "SELECT (COUNT(*) AS ?n) FROM <a> FROM <b> { ?s ?p ?o }") == ["0"]
    assert rows(client, "SELECT (<a> AS ?x) {}") == ["http://testserver/a"]


def test_the_etag_of_a_relative_iri_depends_on_the_address(client: TestClient) -> None:
    for query, same in (("SELECT (<a> AS ?x) {}", False), ("SELECT (<x:a> AS ?x) {}", True)):
        answers = [
            client.get("/sparql", params={"query": query}, headers={"Host": host})
            for host in ("a.example", "b.example")
        ]
        assert (len({answer.headers["etag"] for answer in answers}) == 1) is same
        assert (len({answer.text for answer in answers}) == 1) is same


def test_graphs_of_the_request(client: TestClient) -> None:
    a, b, c = (f"http://example.org/{name}" for name in "abc")
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    for graphs, expected in (([a], "3"), ([a, a], "3"), ([a, b], "4"), ([b, a, c, a], "5"), ([a, c], "4")):
        assert rows(client, count, **{"default-graph-uri": graphs}) == [expected]
    beside = {"default-graph-uri": [a, b], "named-graph-uri": [b]}
    assert rows(client, "SELECT ?g { :s :p :o GRAPH ?g { :s :q ?x } }", **beside) == [":b"]
    assert rows(client, count.replace("{", "FROM :c {"), **{"default-graph-uri": [a, b]}) == ["4"]


def test_construct_and_describe(client: TestClient) -> None:
    s, p, o = (f"<http://example.org/{name}>" for name in "spo")
    q = f'{s} <http://example.org/q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    assert triples(client, "CONSTRUCT { :s ?p ?o } { :s ?p ?o }") == [f"{s} {p} {o} .", q]
    assert triples(client, "DESCRIBE :s") == [f"{s} {p} {o} .", q]
    assert triples(client, "DESCRIBE :s FROM :a FROM :b") == [f"{s} {p} {o} .", q]


EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def described(client: TestClient) -> ox.Store:
    """The description of the service."""
    store = ox.Store()
    store.load(client.get("/sparql").content, format=ox.RdfFormat.TURTLE)
    return store


def told(store: ox.Store, path: str) -> list[str]:
    """What the description says of the service along a path of properties."""
    prefixes = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#>"
    found = cast("ox.QuerySolutions", store.query(f"{prefixes} SELECT ?x {{ ?s a sd:Service ; {path} ?x }}"))
    return sorted(
        row["x"].value.rpartition("#")[2] for row in found if not isinstance(row["x"], ox.Triple | None)
    )


@pytest.mark.parametrize(("kind", "count", "parts"), [("union", "6", []), ("own", "2", ["1"])])
def test_the_default_graph_as_a_document(
    client: TestClient, own: TestClient, kind: str, count: str, parts: list[str]
) -> None:
    """It is what queries see, and what the description tells of."""
    asked = {"union": client, "own": own}[kind]
    document = asked.get("/graph-store?default", headers={"Accept": "application/n-triples"})
    assert sorted(document.text.splitlines()) == triples(asked, EVERYTHING)
    store = described(asked)
    assert told(store, "sd:defaultDataset/sd:defaultGraph/void:triples") == [count]
    assert told(store, "sd:feature") == (["UnionDefaultGraph"] if kind == "union" else [])
    # How often a property occurs in graphs that share triples is not known of all together.
    assert told(store, "sd:defaultDataset/sd:defaultGraph/void:properties") == parts
    assert told(store, "sd:defaultDataset/void:triples") == ["6"]
    assert told(store, "sd:defaultDataset/sd:namedGraph/sd:graph/void:triples") == ["1", "3", "3"]
    with_prefixes = asked.get("/graph-store", params={"graph": "http://example.org/a"}).text
    assert "@prefix : <http://example.org/> ." in with_prefixes


def test_the_page_counts_a_triple_once(client: TestClient) -> None:
    assert "<p>6 triples</p>" in client.get("/", params={"lang": "en"}).text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", ["2"]),
        ("SELECT ?g { GRAPH ?g { :s :q ?o } }", [":a", ":b"]),
        ("SELECT (COUNT(*) AS ?n) FROM :a FROM :b { ?s ?p ?o }", ["4"]),
    ],
)
def test_the_default_graph_of_its_own(own: TestClient, query: str, expected: list[str]) -> None:
    assert rows(own, query) == expected


def test_default_graph_of_a_project(project: Project) -> None:
    count = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}
    tags = set()
    for default_graph, expected in (("union", "10"), ("own", "0")):
        settings = project.settings.model_copy(update={"default_graph": default_graph})
        with TestClient(create_app(Project(project.root, settings))) as client:
            answer = client.get("/sparql", params=count)
            assert answer.text.split() == ["n", expected]
            tags.add(answer.headers["etag"])
            hint = {"union": "sees all graphs together", "own": "sees the default graph"}[default_graph]
            assert hint in client.get("/", params={"lang": "en"}).text
    assert len(tags) == 2


NAMES = ("a", "b", "c")
ASKED = (
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?s ?o { ?s :p0/:p1 ?o }",
    "SELECT ?s ?o { ?s (:p0|^:p1)+ ?o }",
    "SELECT ?s ?t { ?s :p0 ?o . ?t :p1 ?o }",
    "SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s",
    "SELECT ?s { ?s :p0 ?o MINUS { ?s :p1 ?o } }",
    "SELECT ?s ?x { ?s :p0 ?o OPTIONAL { ?o :p1 ?x } }",
)
QUADS = tuple(product(range(4), range(2), range(4), ("", *NAMES)))


@pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")  # rdflib of itself
@pytest.mark.parametrize("seed", range(6))
def test_random_graphs_against_sets_and_rdflib(tmp_path: Path, seed: int) -> None:
    """Each query is asked of the server, and of a store that was given one set of triples."""
    choice = random.Random(seed)
    quads = choice.sample(QUADS, choice.randrange(5, 60))
    graphs = {
        name: {f":s{s} :p{p} :s{o} ." for s, p, o, graph in quads if graph == name} for name in ("", *NAMES)
    }
    trig = PREFIX + " ".join(f":{name} {{ {' '.join(held)} }}" for name, held in graphs.items() if name)
    trig += "\n" + " ".join(graphs[""])
    rdflib = Dataset(default_union=True)
    rdflib.parse(data=trig, format="trig")
    with served(tmp_path, trig) as client:
        for query in ASKED:
            everything = set[str]().union(*graphs.values())
            found = rows(client, query)
            assert found == naive(everything, query), query
            assert found == short(rdflib.query(PREFIX + query)), query
            named = choice.choices(NAMES, k=choice.randrange(1, 4))
            expected = naive(set[str]().union(*(graphs[name] for name in named)), query)
            clauses = " ".join(f"FROM :{name}" for name in named)
            assert rows(client, query.replace("{", f"{clauses} {{", 1)) == expected, (query, named)
            asked = {"default-graph-uri": [f"http://example.org/{name}" for name in named]}
            assert rows(client, query, **asked) == expected, (query, named)


def naive(held: set[str], query: str) -> list[str]:
    """The answer of a store of these triples, and of no graphs."""
    store = ox.Store()
    store.load((PREFIX + " ".join(held)).encode(), format=ox.RdfFormat.TURTLE)
    solutions = store.query(PREFIX + query)
    assert isinstance(solutions, ox.QuerySolutions)
    return short([[term and cast("ox.NamedNode", term).value for term in row] for row in solutions])


def short(found: Iterable[Any]) -> list[str]:
    """Rows of terms as `rows` has them."""
    texts = (" ".join("" if term is None else str(term) for term in row) for row in found)
    return sorted(text.replace("http://example.org/", ":") for text in texts)
