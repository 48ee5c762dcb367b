"""Workers that die, and snapshots that are promoted, while queries run: what is lost, and what is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psutil
import pytest
from pydantic import ByteSize
from tests.conftest import Cli
from tests.servers import ENDLESS, Server, add_snapshot, logged, make_project, running

from govgraph.server.frames import Work
from govgraph.server.nursery import Death
from govgraph.server.workers import Pool, Worker
from govgraph.settings import Limits

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of 1,000 triples."""
    settings = {"limits": {"workers": 2, "cache": 0}, "query_log": "queries.jsonl", "query_log_text": True}
    return make_project(tmp_path / "project", 1000, settings)


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    """Its server, with two workers for queries and without a cache."""
    with running(root) as server:
        yield server


def count(answer: httpx2.Response) -> str:
    """The number in the answer to COUNT."""
    assert answer.status_code == 200, answer.text
    value: str = answer.json()["results"]["bindings"][0]["n"]["value"]
    return value


def busy_worker(server: Server) -> psutil.Process:
    """The worker that runs a query without end, which was just asked."""
    while True:
        for worker in server.workers():
            if worker.cpu_times().user > 0.3:
                return worker
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("sent", "status", "code", "detail"),
    [
        (signal.SIGKILL, 500, "GG711", "the worker was ended by SIGKILL"),
        (signal.SIGSEGV, 507, "GG710", "the query nests deeper than a worker's stack"),
        (signal.SIGABRT, 500, "GG711", "the worker was ended by SIGABRT"),
    ],
)
def test_what_killed_a_worker_is_told(
    server: Server, sent: signal.Signals, status: int, code: str, detail: str
) -> None:
    """Only its own query fails, and another worker takes its place."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, ENDLESS)
        busy_worker(server).send_signal(sent)
        answer = asked.result()
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (status, code, detail)
    assert count(server.ask(COUNT)) == "1000"
    while server.metric("govgraph_workers ") < 2:
        time.sleep(0.02)
    reason = {"GG710": "stack", "GG711": "crash"}[code]
    assert server.metric(f'govgraph_worker_kills_total{{reason="{reason}"}}') == 1


class Asking:
    """Clients that ask all the time."""

    def __init__(self, server: Server, clients: int = 4) -> None:
        self._server = server
        self._done = threading.Event()
        self.answers: list[httpx2.Response] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        with httpx2.Client(base_url=self._server.address, timeout=60) as client:
            while not self._done.is_set():
                self.answers.append(client.get("sparql", params={"query": COUNT}))

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        self.wait(20)
        return self

    def wait(self, answers: int) -> None:
        """Waits until there are so many more answers."""
        until = len(self.answers) + answers
        while len(self.answers) < until:
            time.sleep(0.01)

    def __exit__(self, *error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("victims", ["one worker", "all workers", "all processes but the server"])
def test_workers_killed_during_load(server: Server, victims: str) -> None:
    """No request is lost but those that a killed worker was at work on: one each at most."""
    (nursery,) = psutil.Process(server.process.pid).children()
    workers = server.workers()
    killed = {"one worker": workers[:1], "all workers": workers}.get(victims, [nursery, *workers])
    with Asking(server) as asking:
        for process in killed:
            os.kill(process.pid, signal.SIGKILL)
        asking.wait(50)
    failed = [answer for answer in asking.answers if answer.status_code != 200]
    assert len(failed) <= 2
    assert {answer.json()["code"] for answer in failed} <= {"GG711"}
    assert {count(answer) for answer in asking.answers if answer.status_code == 200} == {"1000"}
    while server.metric("govgraph_workers ") < 2:
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["noticed", "SIGHUP"])
def test_a_snapshot_promoted_during_load(server: Server, root: Path, how: str) -> None:
    """No request fails; a query that was under way ends on the snapshot that it began with."""
    with ThreadPoolExecutor(1) as pool, Asking(server) as asking:
        under_way = pool.submit(server.ask, ENDLESS, timeout="3")
        busy_worker(server)
        add_snapshot(root, "second", 2000)
        if how == "SIGHUP":
            server.process.send_signal(signal.SIGHUP)
        while count(asking.answers[-1]) != "2000":
            time.sleep(0.01)
        asking.wait(20)
        assert under_way.result().json()["code"] == "GG706"
    assert [answer.text for answer in asking.answers if answer.status_code != 200] == []
    assert {count(answer) for answer in asking.answers} == {"1000", "2000"}
    assert httpx2.get(f"{server.address}health").json() == {"status": "ok", "snapshot": "second"}


def test_a_damaged_snapshot_is_not_served(server: Server, root: Path) -> None:
    folder = root / ".govgraph" / "snapshots" / "broken"
    (folder / "store").mkdir(parents=True)
    (folder / "store" / "CURRENT").write_text("nothing")
    (folder / "manifest.json").write_bytes(
        (root / ".govgraph" / "snapshots" / "first" / "manifest.json").read_bytes()
    )
    link = root / ".govgraph" / "current"
    link.unlink()
    link.symlink_to("snapshots/broken")
    time.sleep(1)
    assert httpx2.get(f"{server.address}ready").json() == {"status": "ready", "snapshot": "first"}
    assert count(server.ask(COUNT)) == "1000"


def test_no_process_is_left(root: Path) -> None:
    """The server ends its workers, also where it is killed itself."""
    with running(root) as server, ThreadPoolExecutor(1) as pool:
        processes = [*psutil.Process(server.process.pid).children(), *server.workers()]
        asked = pool.submit(server.ask, ENDLESS)
        busy_worker(server)
        server.process.kill()
        assert psutil.wait_procs(processes, timeout=10)[1] == []
        with pytest.raises(httpx2.HTTPError):
            asked.result()


def test_the_log_tells_what_was_asked(server: Server, root: Path) -> None:
    headers = {"X-Request-Id": "mine-1", "Accept": "text/csv"}
    query = "SELECT * { ?s ?p ?o } LIMIT 3"
    answer = httpx2.get(f"{server.address}sparql", params={"query": query}, headers=headers)
    assert answer.headers["x-request-id"] == "mine-1"
    server.ask(ENDLESS, timeout="0.3")
    (first, second) = logged(root)
    seconds = first.pop("seconds")
    assert 0 < seconds < 60
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "id": "mine-1",
        "path": "/sparql",
        "status": 200,
        "cached": False,
        "bytes": len(answer.content),
        "hash": first["hash"],
        "form": "SELECT",
        "query": query,
        "rows": 3,
        "outcome": "ok",
    }
    assert len(first["hash"]) == 16
    assert (second["outcome"], second["query"], second["status"]) == ("GG706", ENDLESS, 504)


def test_a_lower_limit_of_time_is_obeyed_and_a_higher_is_not(root: Path) -> None:
    settings = {"limits": {"workers": 1, "time": 1}}
    with running(make_project(root / "short", 1000, settings)) as server:
        for asked, told in (("0.2", "0.2"), ("60", "1")):
            answer = server.ask(ENDLESS, timeout=asked)
            assert answer.status_code == 504
            assert answer.json()["detail"] == f"the query took longer than {told} seconds"
            assert server.ask("ASK {}", timeout=asked).headers["query-time-limit"] == told
        wrong = server.ask("ASK {}", timeout="soon")
        assert (wrong.status_code, wrong.json()["detail"]) == (400, "timeout: 'soon' is no number of seconds")


def test_a_limit_of_size(root: Path) -> None:
    """Below what is held back, the status tells; beyond it, the answer breaks off."""
    settings = {"limits": {"workers": 1, "result": "50KiB"}}
    with running(make_project(root / "small", 5000, settings)) as server:
        answer = server.ask("SELECT * { ?s ?p ?o }")
        assert (answer.status_code, answer.json()["code"]) == (413, "GG708")
        assert answer.json()["detail"] == "the answer has more than 51,200 bytes"
        assert server.ask("SELECT * { ?s ?p ?o } LIMIT 10").status_code == 200
    settings = {"limits": {"workers": 1, "result": "200KiB"}}
    with running(make_project(root / "middle", 5000, settings)) as server:
        with pytest.raises(httpx2.RemoteProtocolError):
            server.ask("SELECT * { ?s ?p ?o }")
        assert server.ask("ASK {}").status_code == 200


def test_what_is_kept_depends_on_all_of_the_request(root: Path) -> None:
    """HEAD keeps no empty body, a form is no query, and links are for the host that was asked."""
    with running(make_project(root / "kept", 3000, {"limits": {"workers": 1}})) as server:
        query = {"query": "SELECT * { ?s ?p ?o }"}
        accept = {"Accept": "text/csv", "Accept-Encoding": "identity"}
        head = httpx2.head(f"{server.address}sparql", params=query, headers=accept)
        assert (head.status_code, head.content) == (200, b"")
        full = httpx2.get(f"{server.address}sparql", params=query, headers=accept)
        assert full.content.count(b"\n") == 3001
        assert httpx2.get(f"{server.address}sparql", params=query, headers=accept).content == full.content
        assert server.metric("govgraph_cache_hits_total") == 1
        again = {**accept, "If-None-Match": full.headers["etag"]}
        assert httpx2.get(f"{server.address}sparql", params=query, headers=again).status_code == 304
        for host, other in (("one.example", "two.example"), ("two.example", "one.example")):
            page = httpx2.get(server.address, headers={"Host": host, "Accept": "text/html"}).text
            assert f"http://{host}/" in page
            assert other not in page
        endpoint, body = f"{server.address}sparql", b"query=ASK%7B%7D"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        direct = {"Content-Type": "application/sparql-query"}
        assert httpx2.post(endpoint, headers=form, content=body).status_code == 200
        assert httpx2.post(endpoint, headers=direct, content=body).status_code == 400


def test_limits_of_the_command_line_go_before_those_of_the_project(root: Path) -> None:
    with running(root, "--limit", "time=0.5", "--limit", "result=50KiB") as server:
        assert server.ask(ENDLESS).json()["detail"] == "the query took longer than 0.5 seconds"
        assert server.ask("SELECT * { ?s ?p ?o }").json()["code"] == "GG708"


def test_limits_that_are_none(cli: Cli, root: Path) -> None:
    limits = [part for limit in ("tim=3", "memory=much", "queue", "wait=-1") for part in ("--limit", limit)]
    ran = cli("serve", "--project", root, *limits)
    assert ran.code == 2
    for said in (
        "GG104 --limit: 'tim=3' is no limit\n  hint: did you mean 'time'?",
        "GG104 --limit: 'queue' is no limit\n  hint: write NAME=VALUE",
        "GG104 --limit: memory: could not parse value and unit from byte string",
        "GG104 --limit: wait: Input should be greater than or equal to 0",
    ):
        assert said in ran.err


def test_help_tells_the_limits(cli: Cli) -> None:
    said = " ".join(cli("serve", "--help").out.split())
    for name, setting in Limits.model_fields.items():
        default = setting.get_default()
        if isinstance(default, ByteSize):
            shown = f"{name}={default.human_readable(separator='').replace('.0', '')}"
        else:
            shown = name if default is None or name == "workers" else f"{name}={default:g}"
        assert shown in said


@pytest.mark.parametrize("end", ["death", "retirement"])
def test_a_worker_that_ends_as_it_is_promised(end: str) -> None:
    """The request that waited for it goes to the next one, rather than to nobody."""

    async def ask() -> None:
        pool = Pool(1, Limits(), lambda _: None)
        work = Work("GET", "/sparql", b"", "", b"", "", "", "", "", "http://localhost")
        asked = asyncio.ensure_future(pool.ask(work, 10))
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as sockets:
            workers = []
            for _ in range(2):
                ours, theirs = socket.socketpair()
                sockets.enter_context(theirs)
                _, worker = await loop.create_unix_connection(lambda: Worker(pool), sock=ours)
                workers.append((worker, theirs))
            (first, _), (second, other) = workers
            pool.free(first)  # promised; the request has not gone on yet
            if end == "death":
                first._on_death(Death(None, signal.SIGKILL, ""))
            else:
                first.retire()
            await asyncio.sleep(0)
            assert not asked.done()
            pool.free(second)
            exchange = await asked
            assert second.exchange is exchange
            assert other.recv(65536) == work.pack()
            second.retire()
            second.kill()
            assert second._transport is not None
            second._transport.close()
            await asyncio.sleep(0)

    asyncio.run(ask())


def test_a_kept_answer_has_a_length_where_there_are_no_chunks(root: Path) -> None:
    """It came in pieces by HTTP/1.1, and HTTP/1.0 could not tell that it broke off."""
    with running(make_project(root / "pieces", 3000, {"limits": {"workers": 1}})) as server:
        path = httpx2.URL("/sparql", params={"query": "SELECT * { ?s ?p ?o }"}).raw_path.decode()
        fields = "Host: localhost\r\nAccept: text/csv\r\nConnection: close\r\n\r\n"
        bodies = []
        for version in ("1.1", "1.0"):
            with server.connect() as connection:
                connection.sendall(f"GET {path} HTTP/{version}\r\n{fields}".encode())
                bodies.append(b"".join(iter(lambda c=connection: c.recv(1 << 20), b"")))  # type: ignore[misc]
        assert b"transfer-encoding: chunked" in bodies[0]
        head, _, body = bodies[1].partition(b"\r\n\r\n")
        assert f"content-length: {len(body)}".encode() in head
        assert server.metric("govgraph_cache_hits_total") == 1


def test_a_log_that_cannot_be_opened_again(server: Server, root: Path) -> None:
    """The server goes on, with the file that it has."""
    server.ask("ASK {}")
    log = root / "queries.jsonl"
    log.rename(root / "old.jsonl")
    log.mkdir()
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert server.ask("ASK { ?s ?p ?o }").status_code == 200
    assert len((root / "old.jsonl").read_text().splitlines()) == 2
