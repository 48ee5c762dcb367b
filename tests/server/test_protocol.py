"""The SPARQL 1.1 Protocol over HTTP: what it allows, and every way to break it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

BASE = "https://w3id.org/govgraph/"
HIRATSUKA = f"{BASE}graph/hiratsuka-covid-2020"
YOKOHAMA = f"{BASE}graph/yokohama-kyodo-2020"
FORM = "application/x-www-form-urlencoded"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s a ?class }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s a ?class } }"


def answer(response: Response) -> Any:
    assert response.status_code == 200, response.text
    return json.loads(response.text)


def number(response: Response) -> int:
    return int(answer(response)["results"]["bindings"][0]["n"]["value"])


def problem(response: Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    members: dict[str, Any] = response.json()
    assert members["status"] == response.status_code
    return members


def post(
    client: TestClient, content: bytes | str, content_type: str | None, url: str = "/sparql"
) -> Response:
    return client.post(url, content=content, headers={"Content-Type": content_type} if content_type else {})


def test_get(client: TestClient) -> None:
    assert number(client.get("/sparql", params={"query": COUNT})) == 3


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=UTF-8"])
def test_post_form(client: TestClient, content_type: str) -> None:
    assert (
        number(post(client, "query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B+%3Fs+a+%3Fc+%7D", content_type)) == 3
    )


@pytest.mark.parametrize(
    "content_type", ["application/sparql-query", 'Application/SPARQL-Query; charset="utf-8"']
)
def test_post_direct(client: TestClient, content_type: str) -> None:
    assert number(post(client, COUNT, content_type)) == 3


def test_unicode_in_every_place(client: TestClient) -> None:
    query = 'SELECT ?取組 { ?取組 ?p "特別支援学校"@ja }'
    for response in (
        client.get("/sparql", params={"query": query}),
        client.post("/sparql", data={"query": query}),
        post(client, query.encode(), "application/sparql-query"),
    ):
        bound = answer(response)["results"]["bindings"]
        assert [b["取組"]["value"] for b in bound] == [f"{BASE}id/measure/hiratsuka-covid-2020/3"]


@pytest.mark.parametrize(
    ("query", "graphs", "expected"),
    [
        (COUNT, {}, 3),
        (COUNT_NAMED, {}, 3),
        (COUNT, {"default-graph-uri": HIRATSUKA}, 2),
        (COUNT, {"default-graph-uri": [HIRATSUKA, YOKOHAMA]}, 3),
        (COUNT_NAMED, {"default-graph-uri": HIRATSUKA}, 0),
        (COUNT_NAMED, {"named-graph-uri": YOKOHAMA}, 1),
        (COUNT, {"named-graph-uri": YOKOHAMA}, 0),
        (COUNT_NAMED, {"named-graph-uri": [HIRATSUKA, YOKOHAMA], "default-graph-uri": HIRATSUKA}, 3),
        (COUNT, {"default-graph-uri": "http://example.org/no-such-graph"}, 0),
        (COUNT.replace("{", f"FROM <{YOKOHAMA}> {{", 1), {}, 1),
        (COUNT_NAMED.replace("{", f"FROM NAMED <{YOKOHAMA}> {{", 1), {}, 1),
        (COUNT.replace("{", f"FROM NAMED <{YOKOHAMA}> {{", 1), {}, 0),
        (COUNT.replace("{", f"FROM <{YOKOHAMA}> {{", 1), {"default-graph-uri": HIRATSUKA}, 2),
    ],
)
def test_dataset(client: TestClient, query: str, graphs: dict[str, str | list[str]], expected: int) -> None:
    """No graph named: the union. The protocol's dataset goes before the query's (section 2.1.4)."""
    assert number(client.get("/sparql", params={"query": query, **graphs})) == expected
    assert number(client.post("/sparql", data={"query": query, **graphs})) == expected
    direct = client.post(
        "/sparql", params=graphs, content=query, headers={"Content-Type": "application/sparql-query"}
    )
    assert number(direct) == expected


@pytest.mark.parametrize(
    ("content", "content_type", "url", "status", "said"),
    [
        (b"", FORM, "/sparql", 400, "no query"),
        (b"qeury=ASK%20%7B%7D", FORM, "/sparql", 400, "no query"),
        (b"query=ASK%7B%7D&query=ASK%7B%7D", FORM, "/sparql", 400, "more than one query"),
        (b"query=ASK%7B%7D", FORM, "/sparql?query=ASK%7B%7D", 400, "more than one query"),
        (b"ASK {}", "application/sparql-query", "/sparql?query=ASK%7B%7D", 400, "more than one query"),
        (b"ASK {}", None, "/sparql", 415, "no content type"),
        (b"ASK {}", "text/plain", "/sparql", 415, "text/plain"),
        (b"ASK {}", "multipart/form-data; boundary=x", "/sparql", 415, "multipart/form-data"),
        ("ASK {}".encode("utf-16"), "application/sparql-query; charset=UTF-16", "/sparql", 415, "UTF-16"),
        (b"query=ASK%7B%7D", f"{FORM}; charset=Shift_JIS", "/sparql", 415, "Shift_JIS"),
        ("ASK { ?s ?p '市' }".encode("shift_jis"), "application/sparql-query", "/sparql", 400, "not UTF-8"),
        (b"query=%8e%73", FORM, "/sparql", 400, "not UTF-8"),
        (b"INSERT DATA {}", "application/sparql-update", "/sparql", 403, "updates are refused"),
        (b"update=CLEAR%20ALL", FORM, "/sparql", 403, "updates are refused"),
        (b"query=ASK%7B%7D&named-graph-uri=graph/x", FORM, "/sparql", 400, "no absolute IRI"),
        (b"query=" + b"%20" * 400_000, FORM, "/sparql", 413, "bytes"),
    ],
)
def test_broken_post(
    client: TestClient, content: bytes, content_type: str | None, url: str, status: int, said: str
) -> None:
    members = problem(post(client, content, content_type, url))
    assert (members["status"], members["code"]) == (status, "GG704")
    assert said in members["detail"]


@pytest.mark.parametrize(
    ("url", "status", "said", "hint"),
    [
        ("/sparql?query=ASK%7B%7D&query=ASK%7B%7D", 400, "more than one query", "exactly one"),
        ("/sparql?qury=ASK%7B%7D", 400, "no query", "did you mean 'query'?"),
        ("/sparql?update=CLEAR%20ALL", 403, "updates are refused", "govgraph build"),
        ("/sparql?query=ASK%7B%7D&default-graph-uri=", 400, "no absolute IRI", None),
        ("/sparql?query=%FF", 400, "not UTF-8", "percent-encode UTF-8"),
        ("/sparql?" + "&".join(["format=json"] * 1001), 400, "1000 parameters", None),
    ],
)
def test_broken_get(client: TestClient, url: str, status: int, said: str, hint: str | None) -> None:
    members = problem(client.get(url))
    assert (members["status"], members["code"]) == (status, "GG704")
    assert said in members["detail"]
    assert hint is None or hint in members["hint"]


@pytest.mark.parametrize(
    "update", ["INSERT DATA { <x:a> <x:b> 1 }", "LOAD <http://127.0.0.1:9/>", "clear all"]
)
def test_update_as_query(client: TestClient, update: str) -> None:
    members = problem(client.get("/sparql", params={"query": f"PREFIX x: <x:>\n {update}"}))
    assert (members["status"], members["code"]) == (400, "GG701")
    assert (members["line"], members["column"]) == (2, 2)
    assert "is an update" in members["detail"]
    assert number(client.get("/sparql", params={"query": COUNT})) == 3


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(client: TestClient, method: str) -> None:
    response = client.request(method, "/sparql", params={"query": "ASK {}"})
    assert response.status_code == 405
    assert {"GET", "POST", "HEAD", "OPTIONS"} == set(response.headers["allow"].split(", "))


def test_malformed_query_has_a_place(client: TestClient) -> None:
    members = problem(client.get("/sparql", params={"query": "SELECT ?s {\n  ?s ?p }"}))
    assert members == {
        "type": "https://w3id.org/govgraph/problem/GG701",
        "title": "malformed query",
        "status": 400,
        "detail": "unexpected '}'",
        "code": "GG701",
        "line": 2,
        "column": 9,
    }


def test_prefixes_of_known_vocabularies_need_no_declaration(client: TestClient) -> None:
    """A declaration of the query's own goes before them."""
    query = "SELECT (COUNT(*) AS ?n) { ?s a gg:Measure }"
    assert number(client.get("/sparql", params={"query": query})) == 3
    assert number(client.get("/sparql", params={"query": f"PREFIX gg: <x:> {query}"})) == 0
    members = problem(client.get("/sparql", params={"query": "ASK { ?s a ggg:Measure }"}))
    assert members["detail"] == "prefix 'ggg:' is not declared"


def test_empty_query(client: TestClient) -> None:
    members = problem(client.get("/sparql?query="))
    assert (members["status"], members["code"]) == (400, "GG701")
    assert members["detail"] == "the query is empty"


def test_failure_while_running_is_no_200(client: TestClient) -> None:
    query = "SELECT * { ?s ?p ?o BIND(<http://example.org/function>(?o) AS ?x) }"
    members = problem(client.get("/sparql", params={"query": query}))
    assert (members["status"], members["code"]) == (400, "GG705")
    assert "http://example.org/function" in members["detail"]


@pytest.mark.parametrize(
    "query",
    ["SELECT * { SERVICE <http://127.0.0.1:9/> {} }", "ASK { service silent <http://127.0.0.1:9/> {} }"],
)
def test_no_federation(client: TestClient, query: str) -> None:
    members = problem(client.get("/sparql", params={"query": query}))
    assert (members["status"], members["code"]) == (403, "GG712")
    assert "federation is off" in members["detail"]
