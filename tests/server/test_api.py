"""Named queries over HTTP, and their description."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import validate
from tests.servers import Server, make_project, running

from govgraph.queries import Placeholder, placeholders, read_header
from govgraph.server.binding import bind_terms

QUERIES = {
    "all": "#+ summary: Everything\n#+ summary_ja: すべて\n#+ tags: [things]\n"
    "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s",
    "by-name": "#+ summary: By its text\nSELECT ?s { ?s ?p ?_text }",
    "by-predicate": "#+ summary: By predicate\n#+ description: Counted\n"
    "SELECT (COUNT(*) AS ?n) { ?s ?__kind_iri ?o }",
    "above": "#+ summary: Above a number\n#+ parameters:\n"
    "#+   least: {summary: The least, summary_ja: 下限, type: integer, default: '8'}\n"
    "#+   order: {summary: Order, enum: [up, down], default: up}\n"
    'SELECT ?s ?least { ?s ?p ?o FILTER(xsd:integer(STRBEFORE(?o, " ")) >= ?least) }\n'
    'ORDER BY IF(?order = "up", STR(?s), "")',
    "paged": "#+ summary: In pages\n#+ pagination: 4\nSELECT ?s { ?s ?p ?o } ORDER BY ?s",
    "is-there": "#+ summary: Whether\nASK { ?_s_iri ?p ?o }",
    "graph": "#+ summary: As triples\nCONSTRUCT { ?_s_iri ?p ?o } WHERE { ?_s_iri ?p ?o }",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of ten triples with these queries."""
    root = make_project(tmp_path_factory.mktemp("api"), 10, {"limits": {"workers": 1, "time": 5}})
    (root / "queries").mkdir()
    for name, text in QUERIES.items():
        (root / "queries" / f"{name}.rq").write_text(text)
    with running(root) as server:
        yield server


def get(server: Server, path: str, accept: str = "*/*", **parameters: str) -> httpx2.Response:
    """The answer to a named query."""
    address = f"{server.address}api/{path}"
    return httpx2.get(address, params=parameters, headers={"Accept": accept}, timeout=60)


def rows(answer: httpx2.Response) -> list[dict[str, str]]:
    """The solutions, as texts."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/sparql-results+json"
    bindings = answer.json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def test_json_by_default_and_csv_when_asked(server: Server) -> None:
    assert len(rows(get(server, "all"))) == 10
    answers = [
        get(server, "all", accept="text/csv"),
        get(server, "all.csv"),
        get(server, "all", format="csv"),
        get(server, "all.csv", accept="application/json"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.startswith("s,o\r\nhttp://example.org/0,0 first\r\n")
    assert "<table>" in get(server, "all", accept="text/html").text


def test_an_answer_has_an_entity_tag_of_its_values(server: Server) -> None:
    one, two = (get(server, "by-name", text=text).headers["etag"] for text in ("1 first", "2 first"))
    assert one != two
    again = httpx2.get(f"{server.address}api/by-name?text=1+first", headers={"If-None-Match": one})
    assert again.status_code == 304


def test_required_values(server: Server) -> None:
    assert rows(get(server, "by-name", text="3 first")) == [{"s": "http://example.org/3"}]
    assert rows(get(server, "by-name", _text="3 first")) == [{"s": "http://example.org/3"}]
    assert rows(get(server, "by-name", text='x" } UNION { ?s ?p ?o } #')) == []
    assert rows(get(server, "by-name", text="' ?s ?p ?o . ''' \\ \n")) == []


def test_values_that_may_be_left_out(server: Server) -> None:
    assert rows(get(server, "by-predicate")) == [{"n": "10"}]
    assert rows(get(server, "by-predicate", kind="http://example.org/p0")) == [{"n": "2"}]


def test_defaults_and_enumerations(server: Server) -> None:
    assert rows(get(server, "above")) == [
        {"s": "http://example.org/8", "least": "8"},
        {"s": "http://example.org/9", "least": "8"},
    ]
    assert len(rows(get(server, "above", least="5", order="down"))) == 5


def test_ask_and_construct(server: Server) -> None:
    assert get(server, "is-there", s="http://example.org/3").json()["boolean"] is True
    assert get(server, "is-there", s="http://example.org/33").json()["boolean"] is False
    assert get(server, "graph.ntriples", s="http://example.org/3").text == (
        '<http://example.org/3> <http://example.org/p3> "3 first" .\n'
    )


def test_pages(server: Server) -> None:
    first, last = get(server, "paged"), get(server, "paged", page="3")
    assert [row["s"][-1] for row in rows(first)] == ["0", "1", "2", "3"]
    assert [row["s"][-1] for row in rows(last)] == ["8", "9"]
    assert set(last.links) == {"first", "prev", "next"}
    assert [row["s"][-1] for row in rows(httpx2.get(last.links["prev"]["url"]))] == ["4", "5", "6", "7"]
    assert "prev" not in first.links


@pytest.mark.parametrize(
    ("path", "status", "detail", "hint"),
    [
        ("al", 404, "no query 'al'", "did you mean 'all'?"),
        ("all/x", 404, "no query 'all/x'", None),
        ("all?text=1", 400, "the query has no parameter 'text'", "it has no parameters"),
        ("by-name", 400, "parameter 'text' has no value", "it takes a string"),
        (
            "by-name?txt=1",
            400,
            "parameter 'text' has no value; the query has no parameter 'txt'",
            "did you mean 'text'?",
        ),
        ("by-predicate?kind=p0", 400, "'p0' is no absolute IRI, as parameter 'kind' is", None),
        ("above?least=many", 400, "'many' is no integer, as parameter 'least' is", None),
        ("above?order=upp", 400, "'upp' is no value of parameter 'order'", "did you mean 'up'?"),
        ("paged?page=0", 400, "page: '0' is no page", "pages count from 1"),
        ("all?page=2", 400, "query 'all' is not divided into pages", None),
        ("all?timeout=x", 400, "timeout: 'x' is no number of seconds", "such as timeout=5"),
        ("all?format=turtle", 406, "no format 'turtle' for this kind of query", None),
        ("all.turtle", 406, "no format 'turtle' for this kind of query", None),
    ],
)
def test_what_is_wrong_is_told(server: Server, path: str, status: int, detail: str, hint: str | None) -> None:
    answer = httpx2.get(f"{server.address}api/{path}")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["detail"]) == (status, detail)
    assert hint is None or problem["hint"] == hint


def test_only_get(server: Server) -> None:
    answer = httpx2.post(f"{server.address}api/all")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_the_list(server: Server) -> None:
    listed: list[dict[str, Any]] = httpx2.get(f"{server.address}api").json()
    by_name = {query["name"]: query for query in listed}
    assert list(by_name) == sorted(QUERIES)
    assert by_name["above"]["parameters"]["least"] == {
        "type": "integer",
        "required": False,
        "summary": "The least",
        "summary_ja": "下限",
        "default": "8",
    }
    page = httpx2.get(f"{server.address}api", headers={"Accept": "text/html", "Accept-Language": "ja"}).text
    assert '<h2 id="all">すべて</h2>' in page
    assert '<form action="/api/by-name" method="get">' in page


def test_the_description_is_openapi(server: Server) -> None:
    document = httpx2.get(f"{server.address}openapi.json").json()
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {"/sparql", *(f"/api/{name}" for name in QUERIES)}
    (text, *_) = document["paths"]["/api/by-name"]["get"]["parameters"]
    assert (text["name"], text["required"]) == ("text", True)


def test_what_is_described_is_answered(server: Server, tmp_path: Path) -> None:
    """Schemathesis asks what the description allows, and what it does not; a fixed seed, a bounded number."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}openapi.json"]
    options = ["--max-examples", "15", "--seed", "1", "--generation-database", "none", "--workers", "1"]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    done = subprocess.run(
        [*command, *options, "--checks", checks],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ASK { ?_a ?__b_iri ?_c_ja }", ["a a string required", "b b iri", "c c string required ja"]),
        ("ASK { ?s ?_year_xsd_gYear $_n_integer }", ["year a gYear required", "n a integer required"]),
        (
            "ASK { ?_two_words ?plain ?__no_type_at_all }",
            ["two_words string required", "no_type_at_all string"],
        ),
    ],
)
def test_grlc_conventions(body: str, expected: list[str]) -> None:
    def show(placeholder: Placeholder) -> str:
        words = [placeholder.name, placeholder.type, "required" * placeholder.required, placeholder.language]
        return " ".join(filter(None, words))

    shown = [show(p) for p in placeholders(read_header("#+ summary: x\n" + body, "q.rq"), body).values()]
    wanted = [" ".join(w for w in line.split() if w not in ("a", "b", "c")) for line in expected]
    assert [" ".join(w for w in line.split() if w not in ("a", "b", "c")) for line in shown] == wanted


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("SELECT ?x { ?x ?p ?v }", "SELECT ?x { ?x ?p <x:y> }"),
        ("SELECT ?x ?v { ?x ?p ?v }", "SELECT ?x (<x:y> AS ?v) { ?x ?p <x:y> }"),
        (
            "SELECT ?v (COUNT(*) AS ?n) { ?x ?p ?v } GROUP BY ?v ORDER BY ?v DESC(?v)",
            "SELECT ?v (COUNT(*) AS ?n) { ?x ?p <x:y> } GROUP BY (<x:y> AS ?v) ORDER BY (<x:y>) DESC(<x:y>)",
        ),
        (
            "SELECT ?x { { SELECT ?v { ?x ?p ?v } } FILTER(?x=?v) } HAVING(?n > ?v)",
            "SELECT ?x { { SELECT (<x:y> AS ?v) { ?x ?p <x:y> } } FILTER(?x=<x:y>) } HAVING(?n > <x:y>)",
        ),
        ("SELECT * { BIND(1 AS ?v) VALUES ?v { 1 } }", "SELECT * { BIND(1 AS ?v) VALUES ?v { 1 } }"),
        (
            "SELECT * { VALUES (?a ?v) { (1 2) } ?a ?b ?v }",
            "SELECT * { VALUES (?a ?v) { (1 2) } ?a ?b <x:y> }",
        ),
        ("SELECT ?vv { ?vv ?p '?v' } # ?v", "SELECT ?vv { ?vv ?p '?v' } # ?v"),
        ("DESCRIBE ?v", "DESCRIBE <x:y>"),
        ("CONSTRUCT { ?x ?p ?v } WHERE { ?x ?p ?v }", "CONSTRUCT { ?x ?p <x:y> } WHERE { ?x ?p <x:y> }"),
    ],
)
def test_a_value_stands_in_the_place_of_its_variable(query: str, bound: str) -> None:
    import pyoxigraph as ox

    got = bind_terms(query, [("v", ox.NamedNode("x:y"))])
    assert "".join(got.split()) == "".join(bound.split())


def test_the_queries_of_the_project_are_described() -> None:
    """All of the reference project's queries, by its own server's description."""
    from tests.conftest import REPOSITORY

    from govgraph.project import Project
    from govgraph.server.openapi import describe_api
    from govgraph.server.site import Site

    site = Site.of_project(Project.load(REPOSITORY))
    document = describe_api(site, "http://127.0.0.1")
    validate(document)
    assert len(document["paths"]) == len(list(Path(REPOSITORY / "queries").glob("*.rq"))) + 1
