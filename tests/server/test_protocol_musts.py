"""What SPARQL 1.1 Protocol demands of a service, by its sections, in process and over a socket.

A case is what a client sends, and either the number that the query counts, or status, code and detail of the
problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import httpx2
import pytest

BASE = "https://w3id.org/govgraph/"
HIRATSUKA = f"{BASE}graph/hiratsuka-covid-2020"
YOKOHAMA = f"{BASE}graph/yokohama-kyodo-2020"
NOWHERE = "http://example.org/no-such-graph"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a ?class }"
NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s a ?class } }"
JAPANESE = 'SELECT (COUNT(*) AS ?n) { ?取組 ?p "特別支援学校"@ja }'
RELATIVE = "SELECT (COUNT(*) AS ?n) { <id/measure/yokohama-kyodo-2020/x> a <ns#Measure> }"

Expected = int | tuple[int, str, str]


@dataclass(frozen=True)
class Sent:
    """A request to `/sparql`: its parameters in the URL, in the order given, and its body."""

    parameters: tuple[tuple[str, str], ...] = ()
    body: str | bytes | None = None
    content_type: str | None = None
    method: str = "GET"

    @property
    def url(self) -> str:
        """The path and the parameters, percent-encoded."""
        return "/sparql" + ("?" + encoded(*self.parameters) if self.parameters else "")


def encoded(*parameters: tuple[str, str]) -> str:
    """Parameters, percent-encoded and joined by ampersands."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters)


def get(*parameters: tuple[str, str]) -> Sent:
    """2.1.1"""
    return Sent(parameters)


def form(*parameters: tuple[str, str], content_type: str = FORM) -> Sent:
    """2.1.2, 2.2.1"""
    return Sent((), encoded(*parameters), content_type, "POST")


def direct(body: str | bytes, *parameters: tuple[str, str], content_type: str | None = QUERY) -> Sent:
    """2.1.3, 2.2.2"""
    return Sent(parameters, body, content_type, "POST")


def q(text: str) -> tuple[str, str]:
    """The query parameter."""
    return "query", text


def default(iri: str) -> tuple[str, str]:
    """A default graph."""
    return "default-graph-uri", iri


def named(iri: str) -> tuple[str, str]:
    """A named graph."""
    return "named-graph-uri", iri


FROM = COUNT.replace("{", f"FROM <{YOKOHAMA}> {{", 1)
FROM_NAMED = NAMED.replace("{", f"FROM NAMED <{YOKOHAMA}> {{", 1)
CLEAR = ("update", "CLEAR ALL")
REFUSED = (403, "GG704", "updates are refused: this endpoint only answers queries")

CASES: dict[str, tuple[Sent, Expected]] = {
    "2.1 by GET": (get(q(COUNT)), 3),
    "2.1 by POST": (form(q(COUNT)), 3),
    "2.1 exactly one query, none in a form": (form(), (400, "GG704", "no query")),
    "2.1 exactly one query, graphs alone": (get(default(HIRATSUKA)), (400, "GG704", "graphs, but no query")),
    "2.1 exactly one query, two by GET": (get(q(COUNT), q(COUNT)), (400, "GG704", "more than one query")),
    "2.1 exactly one query, two in a form": (form(q(COUNT), q(COUNT)), (400, "GG704", "more than one query")),
    "2.1 exactly one query, in body and URL": (
        direct(COUNT, q(COUNT)),
        (400, "GG704", "more than one query"),
    ),
    "2.1 parameters of updates": (
        get(q(COUNT), ("using-graph-uri", HIRATSUKA)),
        (400, "GG704", "'using-graph-uri' belongs to updates"),
    ),
    "2.1.1 all parameters percent-encoded": (get(q(JAPANESE)), 1),
    "2.1.1 separated by ampersands": (get(q(COUNT), default(HIRATSUKA), default(YOKOHAMA)), 3),
    "2.1.1 in any order": (get(default(YOKOHAMA), q(COUNT), default(HIRATSUKA)), 3),
    "2.1.2 all parameters percent-encoded": (form(q(JAPANESE)), 1),
    "2.1.2 separated by ampersands": (form(q(COUNT), default(HIRATSUKA), default(YOKOHAMA)), 3),
    "2.1.2 in any order": (form(default(HIRATSUKA), q(COUNT)), 2),
    "2.1.2 content type of a form": (form(q(COUNT), content_type=f"{FORM}; charset=UTF-8"), 3),
    "2.1.2 no content type": (
        Sent((), encoded(q(COUNT)), None, "POST"),
        (415, "GG704", "a query cannot be posted with no content type"),
    ),
    "2.1.2 another content type": (
        form(q(COUNT), content_type="multipart/form-data; boundary=x"),
        (415, "GG704", "a query cannot be posted with 'multipart/form-data'"),
    ),
    "2.1.3 the query unencoded": (direct(COUNT), 3),
    "2.1.3 in UTF-8": (direct(JAPANESE), 1),
    "2.1.3 in UTF-8, as it says": (direct(JAPANESE, content_type=f"{QUERY}; charset=utf-8"), 1),
    "2.1.3 not in UTF-8": (
        direct(JAPANESE.encode("shift_jis")),
        (400, "GG704", "the query is not UTF-8 (byte 27)"),
    ),
    "2.1.3 not in UTF-8, as it says": (
        direct(COUNT, content_type=f"{QUERY}; charset=utf-16"),
        (415, "GG704", "a query cannot be posted in 'utf-16'"),
    ),
    "2.1.3 nothing else in the body": (
        direct(encoded(q(COUNT))),
        (400, "GG701", "unexpected 'query'"),
    ),
    "2.1.3 content type": (
        direct(COUNT, content_type="text/plain"),
        (415, "GG704", "a query cannot be posted with 'text/plain'"),
    ),
    "2.1.3 graphs in the URL": (direct(COUNT, default(HIRATSUKA)), 2),
    "2.1.4 default graph": (get(q(COUNT), default(HIRATSUKA)), 2),
    "2.1.4 default graphs are merged": (get(q(COUNT), default(HIRATSUKA), default(YOKOHAMA)), 3),
    "2.1.4 a graph named twice counts once": (get(q(COUNT), default(HIRATSUKA), default(HIRATSUKA)), 2),
    "2.1.4 default graphs are not named": (get(q(NAMED), default(HIRATSUKA)), 0),
    "2.1.4 named graph": (get(q(NAMED), named(YOKOHAMA)), 1),
    "2.1.4 named graphs": (form(q(NAMED), named(YOKOHAMA), named(HIRATSUKA)), 3),
    "2.1.4 named graphs are not the default graph": (get(q(COUNT), named(YOKOHAMA)), 0),
    "2.1.4 both": (get(q(NAMED), named(YOKOHAMA), default(HIRATSUKA)), 1),
    "2.1.4 by FROM": (get(q(FROM)), 1),
    "2.1.4 by FROM, a graph named twice": (get(q(FROM.replace("FROM", f"FROM <{YOKOHAMA}> FROM"))), 1),
    "2.1.4 by FROM NAMED": (get(q(FROM_NAMED)), 1),
    "2.1.4 the request goes before FROM": (get(q(FROM), default(HIRATSUKA)), 2),
    "2.1.4 the request goes before FROM, in a form": (form(q(FROM), default(HIRATSUKA)), 2),
    "2.1.4 the request goes before FROM, directly": (direct(FROM, default(HIRATSUKA)), 2),
    "2.1.4 the request goes before FROM NAMED": (get(q(FROM_NAMED), named(HIRATSUKA)), 2),
    "2.1.4 the request goes before FROM as a whole": (get(q(FROM), named(HIRATSUKA)), 0),
    "2.1.4 an unknown graph is empty": (get(q(COUNT), default(NOWHERE)), 0),
    "2.1.4 an unknown named graph is empty": (get(q(NAMED), named(NOWHERE)), 0),
    "2.1.4 an unknown graph beside another": (get(q(COUNT), default(NOWHERE), default(YOKOHAMA)), 1),
    "2.1.4 neither: the service's own": (get(q(COUNT)), 3),
    "2.1.4 a relative IRI": (
        get(q(COUNT), default("graph/reference")),
        (400, "GG704", "default-graph-uri: 'graph/reference' is no absolute IRI"),
    ),
    "2.1.4 a relative IRI in a form": (
        form(q(COUNT), named("#here")),
        (400, "GG704", "named-graph-uri: '#here' is no absolute IRI"),
    ),
    "2.1.4 an IRI with a space": (
        get(q(COUNT), default(f"{HIRATSUKA} x")),
        (400, "GG704", f"default-graph-uri: '{HIRATSUKA} x' is no absolute IRI"),
    ),
    "2.1.4 no IRI": (get(q(COUNT), default("")), (400, "GG704", "default-graph-uri: '' is no absolute IRI")),
    "2.1.7 a malformed query": (get(q("SELECT * {")), (400, "GG701", "'{' is not closed")),
    "2.1.7 an empty query": (get(q("")), (400, "GG701", "the query is empty")),
    "2.1.7 a query that cannot be evaluated": (
        get(q("SELECT (<http://example.org/f>(1) AS ?x) {}")),
        (
            400,
            "GG705",
            "the query failed: The custom function <http://example.org/f> is not supported",
        ),
    ),
    "2.2 an update by GET": (get(CLEAR), REFUSED),
    "2.2 an update beside a query": (get(q(COUNT), CLEAR), REFUSED),
    "2.2.1 an update in a form": (form(CLEAR), REFUSED),
    "2.2.1 an update in a form, with graphs": (form(CLEAR, ("using-graph-uri", HIRATSUKA)), REFUSED),
    "2.2.2 an update directly": (direct("CLEAR ALL", content_type=UPDATE), REFUSED),
    "2.2.2 an update directly, with graphs": (
        direct("CLEAR ALL", ("using-named-graph-uri", HIRATSUKA), content_type=f"{UPDATE}; charset=utf-8"),
        REFUSED,
    ),
    "2.2 an update as a query": (
        get(q("INSERT DATA { <x:a> <x:b> 1 }")),
        (400, "GG701", "INSERT is an update, and this endpoint only answers queries"),
    ),
    "2.3 relative IRIs are those of the project": (get(q(RELATIVE)), 1),
    "2.3 BASE of the query goes before": (get(q(f"BASE <{BASE}id/> {RELATIVE}")), 0),
    "2.3 also of FROM": (get(q(COUNT.replace("{", "FROM <graph/yokohama-kyodo-2020> {", 1))), 1),
    "2.3 also of FROM, with a graph named twice": (
        get(q(FROM.replace("FROM", "FROM <graph/yokohama-kyodo-2020> FROM"))),
        1,
    ),
    "2.3 also of namespaces": (get(q(f"PREFIX g: <ns#> {COUNT.replace('?class', 'g:Measure')}")), 3),
}


@pytest.mark.parametrize(("sent", "expected"), CASES.values(), ids=CASES.keys())
def test_2_query_operation(door: httpx2.Client, sent: Sent, expected: Expected) -> None:
    headers = {"Content-Type": sent.content_type} if sent.content_type else {}
    answer = door.request(sent.method, sent.url, content=sent.body, headers=headers)
    if isinstance(expected, int):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/sparql-results+json"
        assert [row["n"]["value"] for row in answer.json()["results"]["bindings"]] == [str(expected)]
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["detail"]) == expected
        assert problem["status"] == answer.status_code


def test_2_1_no_other_method(door: httpx2.Client) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "QUERY"):
        answer = door.request(method, "/sparql", params={"query": COUNT})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS"), method


def test_2_1_1_a_body_of_get_means_nothing(door: httpx2.Client) -> None:
    answer = door.request("GET", "/sparql", params={"query": COUNT}, content="query=ASK%7B%7D")
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "3"


def test_2_2_the_graph_is_as_before(door: httpx2.Client) -> None:
    """Every way to send an update, then a look at the graph."""
    update = f"DROP GRAPH <{HIRATSUKA}>"
    door.get("/sparql", params={"update": update})
    door.post("/sparql", data={"update": update})
    door.post("/sparql", content=update, headers={"Content-Type": UPDATE})
    door.get("/sparql", params={"query": update})
    door.put("/graph-store", params={"graph": HIRATSUKA}, content="")
    door.delete("/graph-store", params={"graph": HIRATSUKA})
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } #"
    answer = door.get("/sparql", params={"query": count})
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "10"


def test_2_http_head(door: httpx2.Client) -> None:
    """HEAD is GET without the body (RFC 9110, section 9.3.2)."""
    for params in ({"query": COUNT}, {"query": "SELECT"}, {}):
        get, head = door.get("/sparql", params=params), door.head("/sparql", params=params)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-type", "content-length", "content-encoding", "etag", "vary", "cache-control"):
            assert head.headers.get(name) == get.headers.get(name), name


def test_2_http_options_and_cors(door: httpx2.Client) -> None:
    """A page of another site may ask (Fetch Standard, section 3.2), also with a content type of its own."""
    answer = door.options("/sparql")
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, POST, OPTIONS")
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-request-id",
    }
    preflight = door.options("/sparql", headers=asked).headers
    assert preflight["access-control-allow-origin"] == "*"
    assert "POST" in preflight["access-control-allow-methods"].split(", ")
    assert preflight["access-control-allow-headers"] == "content-type, x-request-id"
    for query in (COUNT, "SELECT"):
        answer = door.get("/sparql", params={"query": query}, headers={"Origin": "https://example.org"})
        assert answer.headers["access-control-allow-origin"] == "*"


@dataclass(frozen=True)
class Clause:
    """A query whose mistake lies behind what only the endpoint knows: a prefix, a base."""

    query: str
    column: int
    detail: str


@pytest.mark.parametrize(
    "clause",
    [
        Clause("SELECT * { ?s a gg:Measure . ?x ?? }", 33, "unexpected '?'"),
        Clause("SELECT * { ?s a <ns#Measure> . ?x ?? }", 35, "unexpected '?'"),
        Clause(
            "SELECT * { ?s a gg:Measure ; rdf:type nix:x }",
            39,
            "prefix 'nix:' is not declared",
        ),
    ],
)
def test_2_1_7_the_place_of_a_mistake(door: httpx2.Client, clause: Clause) -> None:
    problem = door.get("/sparql", params={"query": clause.query}).json()
    assert (problem["line"], problem["column"], problem["detail"]) == (1, clause.column, clause.detail)
