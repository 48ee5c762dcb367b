"""Clients that ask much, take little or ask oddly: what they are told, and that others do not notice."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from tests.servers import COMMAND, ENDLESS, Server, add_snapshot, make_project, running
from uvicorn.server import ServerState

from govgraph.server import connections
from govgraph.server.connections import HEAD_SECONDS, STALLED, Connection, look_at

HOST = b"Host: localhost\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of 3,000 triples."""
    settings = {"limits": {"workers": 2, "time": 20, "cache": "16MiB"}}
    with running(make_project(tmp_path_factory.mktemp("clients"), 3000, settings)) as server:
        yield server


def target(query: str, **parameters: str) -> bytes:
    """The target of a request for a query."""
    return httpx2.URL("/sparql", params={"query": query, **parameters}).raw_path


def wait_until_busy(server: Server) -> None:
    """Waits until a worker for queries has one."""
    deadline = time.monotonic() + 15
    while server.metric("govgraph_workers_busy ") == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("coding", ["gzip", "gzip, identity;q=0", "identity"])
@pytest.mark.parametrize("kept", [False, True])
def test_304_has_no_body_and_tells_no_length_of_one(server: Server, coding: str, kept: bool) -> None:
    url, query = f"{server.address}sparql", {"query": f"ASK {{ ?s ?p '{coding} {kept}' }}"}
    tag = httpx2.get(url, params=query, headers={"Accept-Encoding": coding}).headers["etag"]
    accept = "*/*" if kept else "*/*;q=0.9"
    asked = {"Accept-Encoding": coding, "Accept": accept, "If-None-Match": tag}
    with httpx2.Client() as client:
        answer = client.get(url, params=query, headers=asked)
        assert (answer.status_code, answer.content) == (304, b"")
        assert {"content-length", "content-encoding"}.isdisjoint(answer.headers)
        assert client.get(url, params={"query": "ASK {}"}).json()["boolean"] is True  # the same connection


@pytest.mark.parametrize("cache", ["0", "999"])
def test_a_cache_that_has_no_room(tmp_path: Path, cache: str) -> None:
    root = make_project(tmp_path / "project", 10, {"limits": {"workers": 1, "cache": cache}})
    with running(root) as server:
        nothing = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(false) }"
        answer = httpx2.get(f"{server.address}sparql", params={"query": nothing, "format": "ntriples"})
        assert (answer.status_code, answer.content) == (200, b"")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.communicate() == ("", "")


def test_the_cache_counts_requests_as_well(server: Server) -> None:
    """A short answer to a long request takes as much memory as a long answer."""
    most = 16 * 1024**2
    for number in range(24):
        padding = f"{number}".ljust(1_000_000)
        assert server.ask("ASK {}", more=padding).status_code == 200
    assert most - 2_000_000 < server.metric("govgraph_cache_bytes") <= most


def test_pages_do_not_wait_behind_a_query_in_disguise(server: Server) -> None:
    """`query` is also `%71uery`."""
    with server.connect() as connection:
        disguised = target(ENDLESS).replace(b"?query=", b"?%71uery=")
        connection.sendall(b"GET " + disguised + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        wait_until_busy(server)
        assert httpx2.get(server.address).status_code == 200


def test_a_long_accept_field_is_not_read_where_nobody_else_waits(server: Server) -> None:
    """A page is for who asks for it as browsers do."""
    for more, media_type in (("", "text/html; charset=utf-8"), (", a/b" * 1000, "application/problem+json")):
        answer = httpx2.get(f"{server.address}nowhere?{'a=&' * 9000}", headers={"Accept": f"text/html{more}"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, media_type)
        assert len(answer.content) < 3000


def test_stops_though_an_answer_is_not_taken(tmp_path: Path) -> None:
    with running(make_project(tmp_path / "project", 3000, {"limits": {"workers": 1}})) as server:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(server.host_and_port)
            large = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 100000"
            connection.sendall(b"GET " + target(large) + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert connection.recv(1) == b"H"
            server.process.send_signal(signal.SIGTERM)
            assert server.process.communicate(timeout=30) == ("", "")
        assert server.process.returncode == 0


def test_more_connections_than_files(tmp_path: Path) -> None:
    """The limits of queries hold all the same, and who is turned away is told so."""
    root = make_project(tmp_path / "project", 3000, {"limits": {"workers": 1, "time": 2}})
    limited = ["sh", "-c", 'ulimit -n 120; exec "$@"', "sh", *COMMAND, "--project", str(root), "--port", "0"]
    process = subprocess.Popen(limited, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        server = Server(process, process.stdout.readline().strip())
        with ThreadPoolExecutor(1) as pool:
            running_on = pool.submit(server.ask, ENDLESS)
            wait_until_busy(server)
            many = [server.connect() for _ in range(150)]
            assert many[-1].recv(1000).startswith(b"HTTP/1.1 503 ")
            assert running_on.result().json()["code"] == "GG706"
            for connection in many:
                connection.close()
        assert server.ask(ENDLESS).json()["code"] == "GG706"
    finally:
        process.terminate()
        assert process.communicate(timeout=30) == ("", "")


def test_a_new_snapshot_though_the_log_cannot_be_opened_again(tmp_path: Path) -> None:
    """The one before is written on, and a new snapshot is served."""
    settings = {"limits": {"workers": 1}, "query_log": "logs/queries.jsonl"}
    root = make_project(tmp_path / "project", 10, settings)
    (root / "logs").mkdir()
    with running(root) as server:
        (root / "logs").rename(root / "elsewhere")
        add_snapshot(root, "second", 20)
        server.process.send_signal(signal.SIGHUP)
        while httpx2.get(f"{server.address}health").json()["snapshot"] != "second":
            time.sleep(0.01)
        assert server.ask("ASK {}").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        _, told = server.process.communicate()
    assert told == (
        f"GG104 {root / 'logs' / 'queries.jsonl'}: No such file or directory\n"
        "  hint: query_log in govgraph.yml names a file that can be written\n"
    )
    assert len((root / "elsewhere" / "queries.jsonl").read_text().splitlines()) == 1


async def _talk(
    answer: Callable[..., Any], talk: Callable[[ServerState, socket.socket], Any], most: int = 10
) -> None:
    """Has `talk` speak over a connection that the ASGI application `answer` answers at."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(answer, log_level="critical")
    config.load()
    state = ServerState()
    make = partial(Connection, config=config, server_state=state, app_state={}, most=most)
    async with await loop.create_server(make, "127.0.0.1", 0) as listening:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            await loop.sock_connect(client, listening.sockets[0].getsockname())
            await talk(state, client)
        while state.tasks:
            await asyncio.sleep(0.01)


async def _much(scope: Any, receive: Any, send: Any) -> None:
    """Answers with more than a client takes that does not read."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(3):
        await send({"type": "http.response.body", "body": bytes(16 * 1024**2), "more_body": True})


async def _unread(state: ServerState, client: socket.socket) -> Connection:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(client, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    while True:
        await asyncio.sleep(0.05)
        if connection := next(iter(state.connections), None):
            before = connection.transport.get_write_buffer_size()
            await asyncio.sleep(0.3)
            if before and connection.transport.get_write_buffer_size() == before:
                assert isinstance(connection, Connection)
                return connection


def test_an_answer_that_is_not_taken() -> None:
    async def talk(state: ServerState, client: socket.socket) -> None:
        await _unread(state, client)
        now = asyncio.get_running_loop().time()
        look_at(state.connections, now)
        look_at(state.connections, now + STALLED - 1)
        assert len(state.connections) == 1
        look_at(state.connections, now + STALLED + 1)
        while state.connections:
            await asyncio.sleep(0.01)

    asyncio.run(_talk(_much, talk))


def test_answers_that_are_not_taken_hold_too_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(state: ServerState, client: socket.socket) -> None:
        connection = await _unread(state, client)
        now = asyncio.get_running_loop().time()
        look_at(state.connections, now)
        monkeypatch.setattr(connections, "MOST_UNREAD", connection.held)
        look_at(state.connections, now + 1)
        assert len(state.connections) == 1
        monkeypatch.setattr(connections, "MOST_UNREAD", connection.held - 1)
        look_at(state.connections, now + 2)
        while state.connections:
            await asyncio.sleep(0.01)

    asyncio.run(_talk(_much, talk))


def test_half_a_request_behind_another_one() -> None:
    """The answer under way is not mixed with the word that the second one is late."""

    async def talk(state: ServerState, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\n" + HOST + b"\r\nGET / HT")
        await asked.wait()
        look_at(state.connections, loop.time() + HEAD_SECONDS + 1)
        go_on.set()
        received = b""
        while not received.endswith(b"\r\n\r\nwhole"):
            piece = await loop.sock_recv(client, 1000)
            assert piece
            received += piece
        assert received.startswith(b"HTTP/1.1 200 ")
        look_at(state.connections, loop.time() + 3 * HEAD_SECONDS)
        assert (await loop.sock_recv(client, 1000)).startswith(b"HTTP/1.1 408 ")

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        asked.set()
        await go_on.wait()
        headers = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"whole"})

    asked, go_on = asyncio.Event(), asyncio.Event()
    asyncio.run(_talk(slow, talk))
