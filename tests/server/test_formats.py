"""Content negotiation, by its rules and over HTTP."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from govgraph.errors import QueryError
from govgraph.queries import Language
from govgraph.server.formats import BY_FORM, HTML, choose, choose_language

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("text/*", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; header=present", "text/csv"),
        ("text/csv, */*", "text/csv"),
        ("text/csv;q=0.1, */*", "application/sparql-results+json"),
        ("text/csv;q=0.2, */*;q=0.1", "text/csv"),
        ("text/*;q=0.9, text/csv;q=0.1, text/html;q=0", "text/tab-separated-values"),
        ("text/csv;q=0, text/*", "text/tab-separated-values"),
        (
            "application/sparql-results+xml;q=0.5, text/tab-separated-values;q=0.8",
            "text/tab-separated-values",
        ),
        ("text/turtle, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
        ("text/html, image/gif, *; q=.2, */*; q=.2", "text/html"),
        (BROWSER, "text/html"),
        ("image/png", "GG702"),
        ("text/turtle", "GG702"),
        ("*/*;q=0", "GG702"),
        ("text/csv;q=0", "GG702"),
        ("json", "GG704"),
        ("text/csv,,;q=1", "GG704"),
    ],
)
def test_choice_for_select(accept: str | None, expected: str) -> None:
    try:
        _, media_type = choose(accept, (*BY_FORM["SELECT"], HTML))
    except QueryError as e:
        assert e.problems[0].code == expected
        assert "text/csv" in (e.problems[0].hint or "")
    else:
        assert media_type == expected


@pytest.mark.parametrize(
    ("asked", "header", "known", "expected"),
    [
        (None, None, ("ja", "en"), "ja"),
        (None, None, ("en", "ja"), "en"),
        ("en", "ja", ("ja", "en"), "en"),
        ("fr", "en-GB", ("ja", "en"), "en"),
        (None, "fr, en;q=0.3, ja-JP;q=0.7", ("en", "ja"), "ja"),
        (None, "ja;q=0, en;q=0.1", ("ja", "en"), "en"),
        (None, "zh, *", ("ja", "en"), "ja"),
        (None, "en;q=x", ("ja", "en"), "en"),
        ("en", None, ("ja",), "ja"),
    ],
)
def test_choice_of_language(
    asked: str | None, header: str | None, known: tuple[Language, ...], expected: str
) -> None:
    assert choose_language(asked, header, known) == expected


SELECT = (
    "SELECT ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label FILTER(LANG(?label) = 'en') }"
)
EXPECTED = {"Library", "measure"}


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/json"])
def test_select_as_json(client: TestClient, accept: str) -> None:
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})
    assert response.headers["content-type"] == accept
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert {b["label"]["value"] for b in response.json()["results"]["bindings"]} == EXPECTED


def test_select_as_xml(client: TestClient) -> None:
    accept = "application/sparql-results+xml"
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})
    assert response.headers["content-type"] == accept
    literals = ElementTree.fromstring(response.content).iter(
        "{http://www.w3.org/2005/sparql-results#}literal"
    )
    assert {e.text for e in literals} == EXPECTED


def test_select_as_csv_and_tsv(client: TestClient) -> None:
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert {row["label"] for row in csv.DictReader(io.StringIO(response.text))} == EXPECTED
    response = client.get("/sparql", params={"query": SELECT, "format": "tsv"})
    assert response.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert set(response.text.splitlines()) == {"?label", '"Library"@en', '"measure"@en'}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", {"head": {}, "boolean": True}),
        ("application/sparql-results+xml", "<boolean>true</boolean>"),
        ("text/csv", None),
        ("text/tab-separated-values", None),
    ],
)
def test_ask(client: TestClient, accept: str, expected: object) -> None:
    response = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"}, headers={"Accept": accept})
    if expected is None:
        assert (response.status_code, response.json()["code"]) == (406, "GG702")
        assert "application/sparql-results+json" in response.json()["hint"]
    elif isinstance(expected, str):
        assert expected in response.text
    else:
        assert response.json() == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "text/turtle; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/n-quads", "application/n-quads"),
        ("application/trig", "application/trig"),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "PREFIX gg: <https://w3id.org/govgraph/ns#> CONSTRUCT { ?s gg:amount ?o } WHERE { ?s gg:amount ?o }",
        "DESCRIBE <https://w3id.org/govgraph/id/measure/hiratsuka-covid-2020/3>",
    ],
)
def test_graph(client: TestClient, query: str, accept: str, expected: str) -> None:
    response = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == expected
    media_type = "application/ld+json" if accept == "application/json" else expected
    parsed = ox.parse(response.content, format=ox.RdfFormat.from_media_type(media_type))
    plain = client.get("/sparql", params={"query": query, "format": "ntriples"}).content
    assert {q.triple for q in parsed} == {q.triple for q in ox.parse(plain, format=ox.RdfFormat.N_TRIPLES)}
    assert len(plain.splitlines()) in (2, 3)


def test_turtle_uses_the_prefixes_of_the_query(client: TestClient) -> None:
    query = "PREFIX g: <https://w3id.org/govgraph/ns#> CONSTRUCT { ?s g:amount ?o } WHERE { ?s g:amount ?o }"
    turtle = client.get("/sparql", params={"query": query}).text
    assert "@prefix g: <https://w3id.org/govgraph/ns#> ." in turtle
    assert "g:amount" in turtle


@pytest.mark.parametrize(
    ("query", "format_name", "hint"),
    [
        ("ASK {}", "csv", "known here: html, json, xml"),
        ("SELECT * {}", "jsn", "did you mean 'json'?"),
        ("CONSTRUCT {} WHERE {}", "csv", "known here:"),
    ],
)
def test_format_by_name(client: TestClient, query: str, format_name: str, hint: str) -> None:
    response = client.get("/sparql", params={"query": query, "format": format_name})
    assert (response.status_code, response.json()["code"]) == (406, "GG702")
    assert response.json()["hint"].startswith(hint)


def test_format_goes_before_accept(client: TestClient) -> None:
    params = {"query": "ASK {}", "format": "xml"}
    response = client.get("/sparql", params=params, headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/sparql-results+xml"
    assert json.loads(client.get("/sparql", params={"query": "ASK {}", "format": ""}).text)["boolean"] is True


@pytest.mark.parametrize("character", ["0000", "0008", "000B", "001F", "FFFE", "FFFF"])
@pytest.mark.parametrize(
    ("form", "format_name", "instead"),
    [
        ("SELECT (?o AS ?x)", "xml", "application/sparql-results+json (json)"),
        ("CONSTRUCT { <x:s> <x:p> ?o }", "rdfxml", "application/ld+json (jsonld)"),
    ],
)
def test_what_xml_cannot_hold(
    client: TestClient, character: str, form: str, format_name: str, instead: str
) -> None:
    query = form + f' {{ BIND("a\\u{character}b" AS ?o) }}'
    refused = client.get("/sparql", params={"query": query, "format": format_name})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")
    problem = refused.json()
    assert (problem["code"], problem["hint"]) == ("GG702", f"ask for JSON: {instead}")
    assert problem["detail"] == f"the answer holds U+{character}, which XML cannot hold"
    other = client.get("/sparql", params={"query": query, "format": instead.split("(")[1][:-1]})
    assert other.status_code == 200
    assert json.dumps(chr(int(character, 16)))[1:-1] in json.dumps(other.json())


def test_what_xml_can_hold(client: TestClient) -> None:
    text = "a\\t\\n\\u0020\\u007F\\uFFFD\\U0001F600"
    answer = client.get("/sparql", params={"query": f'SELECT ("{text}" AS ?x) {{}}', "format": "xml"})
    assert answer.status_code == 200
    literal = ElementTree.fromstring(answer.content).find(".//{*}literal")
    assert literal is not None
    assert literal.text == "a\t\n \x7f\ufffd\U0001f600"


@pytest.mark.parametrize("iri", ["http://x.example/1", "http://x.example/", "http://x.example/%41"])
@pytest.mark.parametrize("prologue", ["", "PREFIX x: <http://x.example/> "])
def test_a_property_that_rdf_xml_cannot_name(client: TestClient, iri: str, prologue: str) -> None:
    query = f"{prologue}CONSTRUCT {{ <x:s> <{iri}> <x:o> }} {{}}"
    refused = client.get("/sparql", params={"query": query, "format": "rdfxml"})
    assert (refused.status_code, refused.json()["detail"]) == (
        406,
        "the answer holds a property whose IRI ends in no name, which RDF/XML cannot write",
    )
    assert client.get("/sparql", params={"query": query, "format": "turtle"}).status_code == 200


@pytest.mark.parametrize("name", ["a", "1a", "a.b", "a-1", "取組"])
def test_a_property_that_rdf_xml_can_name(client: TestClient, name: str) -> None:
    iri = f"http://x.example/{name}"
    query = f'PREFIX x: <http://x.example/> CONSTRUCT {{ <x:s> <{iri}> "<a: b>" }} {{}}'
    answer = client.get("/sparql", params={"query": query, "format": "rdfxml"})
    assert answer.status_code == 200
    (triple,) = ox.parse(answer.content, format=ox.RdfFormat.RDF_XML)
    assert (triple.predicate.value, triple.object) == (iri, ox.Literal("<a: b>"))
