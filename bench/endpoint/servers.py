"""The servers that are measured, each as a process with its children on the same store."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from environments import environment
from processes import proportional, tree
from questions import ACCEPT

HERE = Path(__file__).parent
PINS = HERE / "peers"
STATE = Path(".govgraph")
STORE = STATE / "snapshots" / "bench" / "store"
"""Where the store lies in the folder of a project: both servers open this one, read-only."""
START, STOP = 30, 10
"""Seconds that a server may take to start and to stop."""
INTERVAL = 0.2
"""Seconds between two looks at the memory of a server."""


def write_project(folder: Path, write_store: Callable[[Path], int]) -> int:
    """Writes a project whose snapshot holds the store; returns how many triples that has."""
    from govgraph.snapshot.manifest import Manifest

    (folder / "govgraph.yml").write_text(
        "base: http://example.org/\ntitle: {ja: 計測, en: Bench}\nlicence: http://example.org/licence\n",
        encoding="utf-8",
    )
    snapshot = folder / STORE.parent
    snapshot.mkdir(parents=True)
    triples = write_store(folder / STORE)
    Manifest(
        id=snapshot.name,
        tool="0",
        created=datetime.now(UTC),
        previous=None,
        inputs={},
        graphs={},
        classes={},
        durations={},
    ).write(snapshot)
    (folder / STATE / "current").symlink_to(snapshot.relative_to(folder / STATE))
    return triples


def _govgraph(folder: Path, port: int) -> list[str]:
    program = "from govgraph.cli import main; main()"
    return [sys.executable, "-c", program, "serve", "--project", str(folder), "--port", str(port)]


def _oxigraph(folder: Path, port: int) -> list[str]:
    oxigraph = environment("oxigraph", PINS).parent / "oxigraph"
    location = str(folder / STORE)
    return [str(oxigraph), "serve-read-only", "--location", location, "--bind", f"127.0.0.1:{port}"]


def _floor(folder: Path, port: int) -> list[str]:  # noqa: ARG001
    python = str(environment("floor", PINS))
    command = [python, "-m", "uvicorn", "floor:app", "--app-dir", str(HERE), "--port", str(port)]
    fast = ["--loop", "uvloop", "--http", "httptools", "--lifespan", "off"]
    return [*command, *fast, "--no-access-log", "--log-level", "warning"]


COMMANDS: dict[str, Callable[[Path, int], list[str]]] = {
    "govgraph": _govgraph,
    "oxigraph": _oxigraph,
    "floor": _floor,
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its first process, and its port at 127.0.0.1."""

    pid: int
    port: int

    def answer(self, query: str) -> bytes:
        """Its answer; raises OSError or HTTPException where it has none, and ValueError where it refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START)
        try:
            connection.request("GET", f"/sparql?query={quote(query, safe='')}", headers={"Accept": ACCEPT})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(f"status {response.status}: {answer[:200]!r}")
        return answer

    def cpu(self) -> float:
        """Seconds that cores have worked for it and its children, those that have ended too."""
        return sum(map(_cpu, tree(self.pid)))

    def settle(self) -> None:
        """Waits until it is idle, 5 seconds at most."""
        until = time.monotonic() + 5
        before = self.cpu()
        while time.monotonic() < until:
            time.sleep(0.2)
            if (now := self.cpu()) - before < 0.02:
                return
            before = now


@contextmanager
def running(name: str, folder: Path) -> Iterator[Server]:
    """A server on the project in `folder` until the block ends; raises SystemExit where it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            COMMANDS[name](folder, port), stdout=output, stderr=output, start_new_session=True
        )
    try:
        server = Server(process.pid, port)
        if not _starts(process, server):
            sys.exit(f"{name} does not start: {log.read_text(encoding='utf-8', errors='replace')[-2_000:]}")
        yield server
    finally:
        _stop(process)


def _starts(process: subprocess.Popen[bytes], server: Server) -> bool:
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            server.answer("ASK {}")
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.05)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    left = tree(process.pid)
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        print("a server did not stop, and was killed", file=sys.stderr)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended: its parent has its seconds
        return 0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Memory(threading.Thread):
    """Looks at the memory of a server while a block runs: `peak` in MB, pages that it shares counted once."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._server = server
        self._ended = threading.Event()

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(proportional, tree(self._server.pid))) / 1024)
            if self._ended.wait(INTERVAL):
                return

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()
