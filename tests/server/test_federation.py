"""SERVICE: what other endpoints are asked, by whom, and what becomes of their answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import psutil
import pytest
from tests.servers import Server, make_project, running

from govgraph.errors import QueryError
from govgraph.server.broker import PART_OF_MEMORY
from govgraph.server.federation import find_services, remote_query, with_answers, without_services

JSON = "application/sparql-results+json"


@dataclass
class Other:
    """Another endpoint, with answers by path, which remembers what it was asked."""

    address: str = ""
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)


def results(*rows: dict[str, dict[str, str]]) -> tuple[int, str, bytes]:
    """An answer with these solutions."""
    names = sorted({name for row in rows for name in row})
    return 200, JSON, json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    """The endpoint, on a port of its own."""
    known = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            known.asked.append((self.path, form["query"][0]))
            if self.path == "/silent":
                known.silent.wait(30)
                return
            status, media_type, body = known.answers[self.path]
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            if status == 302:
                self.send_header("Location", f"{known.address}/good")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield known
        known.silent.set()
        server.shutdown()


PATHS = ("good", "wrong", "moved", "huge", "html", "silent", "blank", "broken")


@pytest.fixture(scope="module")
def server(other: Other, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that trusts the paths of the other endpoint."""
    one = {
        "n": {"type": "literal", "value": "2 first"},
        "label": {"type": "literal", "value": "二", "xml:lang": "ja"},
    }
    two = {"n": {"type": "literal", "value": 'a "quoted"\\\n text'}}
    other.answers = {
        "/good": results(one, two),
        "/wrong": (500, "text/plain", b"no"),
        "/moved": (302, "text/plain", b""),
        "/huge": results(*[one] * 2000),
        "/html": (200, "text/html", b"<p>"),
        "/blank": results({"n": {"type": "bnode", "value": "b0"}}, {"n": {"type": "bnode", "value": "b0"}}),
        "/broken": (200, JSON, b'{"head": {"vars": ["n"]}, "results": {"bindings": [{'),
    }
    settings = {
        "limits": {"workers": 1, "service_time": 1, "service_result": "64KiB"},
        "services": [f"{other.address}/{path}" for path in PATHS],
    }
    with running(make_project(tmp_path_factory.mktemp("federated"), 50, settings)) as server:
        yield server


def rows(server: Server, query: str) -> list[dict[str, str]]:
    """The solutions, as texts."""
    answer = server.ask(query)
    assert answer.status_code == 200, answer.text
    bindings = answer.json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def test_solutions_are_joined(server: Server, other: Other) -> None:
    query = (
        "PREFIX ex: <http://example.org/>\nSELECT ?s ?n ?label {\n  ?s ex:p2 ?n .\n"
        f"  SERVICE <{other.address}/good> {{ ?x ex:label ?label ; ex:number ?n }}\n}}"
    )
    assert rows(server, query) == [{"s": "http://example.org/2", "n": "2 first", "label": "二"}]
    path, asked = other.asked[-1]
    assert path == "/good"
    assert asked == ("PREFIX ex: <http://example.org/>\nSELECT * WHERE { ?x ex:label ?label ; ex:number ?n }")


@pytest.mark.parametrize(
    ("declared", "asked"),
    [
        ("", "BASE <http://example.org/>\n"),
        ("BASE <http://b.example/>", "BASE <http://example.org/>\nBASE <http://b.example/>\n"),
    ],
)
def test_relative_iris_mean_the_same_elsewhere(
    server: Server, other: Other, declared: str, asked: str
) -> None:
    query = f"{declared} SELECT * {{ SERVICE <{other.address}/good> {{ ?x <label> ?label ; <#n> ?n }} }}"
    assert len(rows(server, query)) == 2
    assert other.asked[-1][1] == f"{asked}SELECT * WHERE {{ ?x <label> ?label ; <#n> ?n }}"


def test_all_terms_come_as_they_are(server: Server, other: Other) -> None:
    query = f"SELECT ?n (LANG(?label) AS ?l) {{ SERVICE <{other.address}/good> {{ ?x ?p ?n }} }}"
    assert rows(server, query) == [{"n": "2 first", "l": "ja"}, {"n": 'a "quoted"\\\n text'}]


def test_blank_nodes_become_iris_of_their_clause(server: Server, other: Other) -> None:
    clause = f"SERVICE <{other.address}/blank>"
    query = f"SELECT * {{ {{ {clause} {{ ?x ?p ?n }} }} UNION {{ {clause} {{ ?x ?p ?n }} }} }}"
    assert [row["n"] for row in rows(server, query)] == [
        "urn:govgraph:genid:1:b0",
        "urn:govgraph:genid:1:b0",
        "urn:govgraph:genid:2:b0",
        "urn:govgraph:genid:2:b0",
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("wrong", "it answered 500 Internal Server Error"),
        ("moved", "it answered 302 Found"),
        ("huge", "its answer has more than 65,536 bytes"),
        ("html", "it answered in text/html, not in application/sparql-results+json"),
        ("silent", "it took longer than 1 seconds"),
        ("broken", "Parser error"),
    ],
)
def test_an_endpoint_that_does_not_answer(server: Server, other: Other, path: str, reason: str) -> None:
    iri = f"{other.address}/{path}"
    answer = server.ask(f"SELECT * {{\n  SERVICE <{iri}> {{ ?x ?p ?n }} }}")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["line"], problem["column"]) == (502, "GG713", 2, 3)
    assert problem["detail"].startswith(f"<{iri}> did not answer: {reason}")
    assert rows(server, f"SELECT * {{ SERVICE SILENT <{iri}> {{ ?x ?p ?n }} }}") == [{}]


@pytest.mark.parametrize(
    ("query", "status", "code", "detail", "column"),
    [
        (
            "SELECT * { SERVICE ?e { ?s ?p ?o } }",
            403,
            "GG712",
            "SERVICE with a variable may ask any endpoint",
            20,
        ),
        (
            "SELECT * { SERVICE <{}/other> { ?s ?p ?o } }",
            403,
            "GG712",
            "<{}/other> is no endpoint that may be asked here",
            20,
        ),
        (
            "SELECT * { SERVICE <{}/good> { SERVICE <{}/good> { ?s ?p ?o } } }",
            403,
            "GG712",
            "SERVICE within SERVICE",
            0,
        ),
        ("PREFIX service: <{}/> SELECT * { service:good { ?s ?p ?o } }", 403, "GG712", None, 0),
        ("SELECT * { SERVICE <{}/good> { ?s ?p ?o } FILTER }", 400, "GG701", None, 0),
    ],
)
def test_what_is_refused(
    server: Server, other: Other, query: str, status: int, code: str, detail: str | None, column: int
) -> None:
    before = len(other.asked)
    answer = server.ask(query.replace("{}", other.address))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert detail is None or problem["detail"] == detail.replace("{}", other.address)
    assert not column or problem["column"] == column
    assert len(other.asked) == before


def test_a_federated_answer_is_not_kept(server: Server, other: Other) -> None:
    """It depends on the other endpoint as well."""
    query = f"SELECT * {{ SERVICE <{other.address}/good> {{ ?x ?p ?n }} }}"
    before = len(other.asked)
    assert "etag" not in server.ask(query).headers
    server.ask(query)
    assert len(other.asked) == before + 2


def test_who_waits_for_others_is_in_nobodys_way(server: Server, other: Other) -> None:
    """There is one worker for queries here, and it is free."""
    query = f"SELECT * {{ SERVICE <{other.address}/silent> {{ ?x ?p ?n }} }}"
    with ThreadPoolExecutor(1) as pool:
        before = len(other.asked)
        waiting = pool.submit(server.ask, query)
        while len(other.asked) == before:
            time.sleep(0.01)
        assert server.ask("ASK {}").json()["boolean"] is True
        assert not waiting.done()
        waiting.result()


def test_the_end_of_a_query_ends_what_it_asks(server: Server, other: Other) -> None:
    """Others are not asked on behalf of somebody who has hung up, or waited long enough."""
    clauses = " ".join(f"SERVICE SILENT <{other.address}/silent> {{ ?x ?p{n} ?o }}" for n in range(9))
    before = len(other.asked)
    answer = server.ask(f"SELECT * {{ {clauses} }}", timeout="0.5")
    assert answer.json()["code"] == "GG706"
    time.sleep(1.5)  # longer than one of them may take
    assert len(other.asked) == before + 1


def test_all_answers_together_take_a_part_of_the_memory(server: Server, other: Other, tmp_path: Path) -> None:
    settings = {
        "limits": {"workers": 1, "memory": "40MiB"},
        "services": [f"{other.address}/huge"],
    }
    each = len(other.answers["/huge"][2])
    count, left = divmod(40 * 1024**2 // PART_OF_MEMORY, each)
    clauses = [f"{{ SERVICE <{other.address}/huge> {{ ?x ?p{n} ?o }} }}" for n in range(count + 1)]
    with running(make_project(tmp_path / "project", 10, settings)) as server:
        answer = server.ask(f"ASK {{ {' UNION '.join(clauses)} }}")
    assert (answer.status_code, answer.json()["code"]) == (502, "GG713")
    assert answer.json()["detail"] == (
        f"<{other.address}/huge> did not answer: its answer has more than {left:,} bytes"
    )


def test_stops_while_another_endpoint_is_asked(other: Other, tmp_path: Path) -> None:
    settings = {"limits": {"workers": 1, "service_time": 25}, "services": [f"{other.address}/silent"]}
    root = make_project(tmp_path / "project", 10, settings)
    with running(root) as server, ThreadPoolExecutor(1) as pool:
        before = len(other.asked)
        query = f"SELECT * {{ SERVICE <{other.address}/silent> {{ ?x ?p ?n }} }}"
        waiting = pool.submit(server.ask, query)
        while len(other.asked) == before:
            time.sleep(0.01)
        server.process.terminate()
        server.process.wait(timeout=15)
        assert waiting.result().json()["code"] == "GG709"


def test_workers_have_no_network(server: Server) -> None:
    """The kernel says so: their filter of system calls is on."""
    if not psutil.LINUX:
        pytest.skip("seccomp is part of Linux")
    for worker in server.workers():
        status = Path(f"/proc/{worker.pid}/status").read_text()
        assert "\nSeccomp:\t2\n" in status
        assert worker.net_connections("inet") == []


TRUSTED = ("http://x/sparql",)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { SERVICE <http://x/sparql> { ?s ?p \'}\' . # }\n ?o ?q """}}""" } ?a ?b ?c }',
        "SELECT * { SERVICE\n<http://x/sparql>{ { ?s ?p ?o } UNION { ?s ?q ?o } } }",
        "PREFIX x: <http://x/> SELECT * { SERVICE SILENT x:sparql { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://x/sparql> { ?s ?p ?o } } }",
    ],
)
def test_a_clause_is_found_whole(query: str) -> None:
    (clause,) = find_services(query, {}, TRUSTED, "query")
    rest = without_services(query, [clause])
    assert len(rest) == len(query)
    assert rest.count("\n") == query.count("\n")
    assert "SERVICE" not in rest
    assert clause.pattern.startswith("{")
    assert clause.pattern.endswith("}")
    assert remote_query(query, clause, {}).endswith(clause.pattern)
    answer = b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}'
    assert "VALUES (?s) {  }" in with_answers(query, [clause], [(True, answer)], "query")


@pytest.mark.parametrize("query", ["SELECT * { SERVICE", "SELECT * { SERVICE <http://x/sparql>", "SERVICE ."])
def test_half_a_clause_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        find_services(query, {}, TRUSTED, "query")
