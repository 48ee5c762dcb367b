"""Queries and clients that mean harm: all are survived, and others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from tests.servers import ENDLESS, Server, logged, make_project, running

LIMITS = {"workers": 2, "time": 2, "memory": "150MiB", "queue": 20, "wait": 10}
MOST_HEALTHY = 1.0
"""Seconds in which /health must answer: generous, since a test machine may be busy; see bench/endpoint."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with limits that are soon reached."""
    settings = {"limits": LIMITS, "query_log": "queries.jsonl"}
    return make_project(tmp_path_factory.mktemp("hostile"), 3000, settings)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    """Its server; all tests of this module share it, one after the other."""
    with running(root) as server:
        yield server


@pytest.fixture(autouse=True)
def others_are_answered(server: Server) -> Iterator[None]:
    """While a test runs /health answers, and after it so does the endpoint."""
    done = threading.Event()
    slow: list[float] = []

    def ask() -> None:
        with httpx2.Client(base_url=server.address) as client:
            while not done.wait(0.02):
                answer = client.get("health")
                assert answer.status_code == 200
                slow.extend(
                    [answer.elapsed.total_seconds()] * (answer.elapsed.total_seconds() > MOST_HEALTHY)
                )

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        yield
        done.set()
        asking.result()
    assert not slow
    assert server.ask("ASK {}").json() == {"head": {}, "boolean": True}
    assert server.process.poll() is None


VALUES = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(80)))} }}" for n in range(8))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(ENDLESS, "GG706", id="cross product with an aggregate"),
        pytest.param(f"SELECT (COUNT(*) AS ?n) {{ {VALUES} }}", "GG706", id="VALUES alone"),
        pytest.param("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f", "GG707", id="huge ORDER BY"),
        pytest.param(
            "SELECT (GROUP_CONCAT(?x) AS ?y) { ?a ?b ?c . ?d ?e ?f BIND(CONCAT(STR(?a), STR(?d)) AS ?x) }",
            None,
            id="one long string",
        ),
        pytest.param(
            "SELECT (COUNT(*) AS ?n) { ?a (!<x:a>)* ?b . ?c (!<x:a>)* ?d . ?e (!<x:a>)* ?f }",
            "GG706",
            id="property paths without end",
        ),
        pytest.param(
            "SELECT * { ?s ?p ?o . ?t ?q ?r . ?u ?v ?w "
            'FILTER(REGEX(CONCAT(STR(?s), STR(?r), STR(?w)), "^(([a-z])+.)+[A-Z]([a-z])+$")) }',
            "GG706",
            id="regular expressions",
        ),
        pytest.param("SELECT * " + "{" * 20_000 + "}" * 20_000, "GG701", id="20,000 nested braces"),
        pytest.param(
            "SELECT * { ?s ?p ?o FILTER(" + "(" * 9000 + "1" + ")" * 9000 + ") }",
            None,
            id="9,000 parentheses",
        ),
        pytest.param(
            "SELECT * {" + " UNION ".join(f"{{ ?s ?p {n} }}" for n in range(3000)) + "}",
            None,
            id="3,000 UNIONs",
        ),
        pytest.param(
            "SELECT ?s { ?s " + "/".join(["<x:p>"] * 9000) + " ?o }", None, id="a path of 9,000 steps"
        ),
    ],
)
def test_a_query_that_means_harm(server: Server, query: str, code: str | None) -> None:
    answer = server.ask(query)
    if code is None:  # how far the engine comes is its own affair: an answer, or one of these problems
        assert answer.status_code == 200 or answer.json()["code"] in ("GG706", "GG707", "GG710")
        return
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert answer.status_code == {"GG706": 504, "GG707": 507, "GG701": 400}[code]
    assert (
        problem["detail"]
        == {
            "GG706": "the query took longer than 2 seconds",
            "GG707": "the query needed more than 150 MiB of memory",
            "GG701": "the query has more than 10000 brackets, operators and separators",
        }[code]
    )


def test_a_cross_product_that_streams_breaks_off(server: Server) -> None:
    """No word is added to an answer that began with 200, and it does not end as if it were complete."""
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with server.connect() as connection:
        target = httpx2.URL("/sparql", params={"query": query}).raw_path
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nAccept: text/csv\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding: chunked" in head
    assert not body.endswith(b"0\r\n\r\n")
    assert b"GG706" not in received


def test_by_http_1_0_the_failure_is_the_status(server: Server) -> None:
    """HTTP/1.0 has no chunks, so that an answer that breaks off would look complete."""
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with server.connect() as connection:
        target = httpx2.URL("/sparql", params={"query": query}).raw_path
        connection.sendall(b"GET " + target + b" HTTP/1.0\r\nHost: localhost\r\nAccept: text/csv\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    assert received.startswith((b"HTTP/1.1 504 ", b"HTTP/1.1 413 "))


def test_a_query_of_ten_megabytes(server: Server) -> None:
    answer = server.ask(f'ASK {{ ?s ?p "{"x" * 10_000_000}" }}')
    assert (answer.status_code, answer.json()["code"]) == (413, "GG704")


def test_clients_that_hang_up(server: Server) -> None:
    """Two hundred of them, in the middle of an answer or before it; their workers are free again."""
    target = httpx2.URL("/sparql", params={"query": ENDLESS}).raw_path
    streaming = httpx2.URL("/sparql", params={"query": "SELECT * { ?a ?b ?c . ?d ?e ?f }"}).raw_path
    for number in range(200):
        with server.connect() as connection:
            asked = (target, streaming)[number % 2]
            connection.sendall(b"GET " + asked + b" HTTP/1.1\r\nHost: localhost\r\nAccept: text/csv\r\n\r\n")
            if number % 10 == 1:
                connection.recv(1000)
    answer = server.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "3000"


def test_a_client_that_hangs_up_is_in_the_log(server: Server, root: Path) -> None:
    before = len(logged(root))
    with server.connect() as connection:
        target = httpx2.URL("/sparql", params={"query": ENDLESS}).raw_path
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n")
        while server.metric("govgraph_workers_busy") == 0:
            pass
    while not (mine := [line for line in logged(root)[before:] if line["id"] == "mine"]):
        pass
    assert mine[0]["outcome"] == "client"
    assert mine[0]["form"] == "SELECT"
    assert "query" not in mine[0]
    assert mine[0]["seconds"] < LIMITS["time"]


def test_uploads_that_never_end(server: Server) -> None:
    """They hold no worker, and are told 408 after a while."""
    head = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
    connections = [server.connect() for _ in range(20)]
    try:
        for connection in connections[:10]:
            connection.sendall(head + b"Content-Length: 1000\r\n\r\nSELECT")
        for connection in connections[10:]:
            connection.sendall(head)  # not even the end of the header
        for _ in range(5):
            assert server.ask("ASK {}", timeout="1").status_code == 200
        for connection in connections:
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
    finally:
        for connection in connections:
            connection.close()


def test_a_head_without_end(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        try:
            for number in range(60):
                connection.sendall(b"X-%d: " % number + b"x" * 20_000 + b"\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 431 ")
        except ConnectionError:
            pass  # closed while we were still sending


def test_service_makes_no_connection(server: Server) -> None:
    """A listener proves it: nobody came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        port = listener.getsockname()[1]
        for query in (
            f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ BIND(<http://127.0.0.1:{port}/> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
            f"PREFIX e: <http://127.0.0.1:{port}/> SELECT * {{ SERVICE e: {{ ?s ?p ?o }} }}",
        ):
            answer = server.ask(query)
            assert (answer.status_code, answer.json()["code"]) == (403, "GG712")
        with pytest.raises(TimeoutError):
            listener.accept()
    for harmless in (
        'ASK { ?s ?p "SERVICE" }',
        "ASK { } # SERVICE",
        "ASK { ?s ?p <http://example.org/SERVICE> }",
    ):
        assert server.ask(harmless).status_code == 200


def test_a_full_queue(root: Path) -> None:
    """Who comes when it is full is told when to come again; others are answered from memory all the same."""
    make = {"limits": {"workers": 1, "time": 30, "queue": 2, "wait": 0.5}}
    with running(make_project(root / "full", 300, make)) as server, ThreadPoolExecutor(8) as pool:
        assert server.ask("ASK {}").status_code == 200
        answers = [pool.submit(server.ask, ENDLESS, timeout="2") for _ in range(6)]
        statuses = sorted(answer.result().status_code for answer in answers)
        assert statuses == [503, 503, 503, 503, 503, 504]
        busy = next(answer.result() for answer in answers if answer.result().status_code == 503)
        assert busy.json()["code"] == "GG709"
        assert int(busy.headers["retry-after"]) >= 1
        running_on = pool.submit(server.ask, ENDLESS, timeout="2")
        assert server.ask("ASK {}").json() == {"head": {}, "boolean": True}
        running_on.result()
