"""A server as a process of its own on a snapshot of generated triples, asked over a real socket."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pyoxigraph as ox
import yaml

from govgraph.snapshot.manifest import Manifest

COMMAND = [sys.executable, "-c", "from govgraph.cli import main; main()", "serve"]
GRAPH = "http://example.org/graph"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
"""A query that has no answer for hours."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    address: str

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where to connect to."""
        url = httpx2.URL(self.address)
        return url.host, url.port or 80

    def ask(self, query: str, **parameters: str) -> httpx2.Response:
        """The answer to a query, in JSON."""
        accept = {"Accept": "application/sparql-results+json"}
        data = {"query": query, **parameters}
        return httpx2.post(f"{self.address}sparql", data=data, headers=accept, timeout=60)

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(self.host_and_port, timeout=60)

    def workers(self) -> list[psutil.Process]:
        """The processes of the workers."""
        (nursery,) = psutil.Process(self.process.pid).children()
        return nursery.children()

    def metric(self, name: str) -> float:
        """The figure of that name, with its labels; 0 where it was not counted yet."""
        text = httpx2.get(f"{self.address}metrics").text
        return next(
            (float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)), 0
        )


def make_project(root: Path, triples: int, settings: Mapping[str, Any], snapshot: str = "first") -> Path:
    """A project in `root` whose current snapshot holds `triples` generated triples."""
    root.mkdir(exist_ok=True)
    known = {"base": "http://example.org/", "title": {"ja": "試験", "en": "Trial"}, **settings}
    (root / "govgraph.yml").write_text(yaml.safe_dump(known, allow_unicode=True))
    add_snapshot(root, snapshot, triples)
    return root


def add_snapshot(root: Path, snapshot: str, triples: int) -> None:
    """Makes another snapshot the current one of the project in `root`."""
    folder = root / ".govgraph" / "snapshots" / snapshot
    folder.mkdir(parents=True)
    store = ox.Store(str(folder / "store"))
    lines = (
        f'<http://example.org/{n}> <http://example.org/p{n % 7}> "{n} {snapshot}" <{GRAPH}> .\n'
        for n in range(triples)
    )
    store.bulk_load("".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
    store.flush()
    del store
    manifest = {
        "id": snapshot,
        "tool": "0",
        "created": datetime(2026, 1, 2, tzinfo=UTC),
        "previous": None,
        "inputs": {},
        "graphs": {GRAPH: triples},
        "classes": {},
        "durations": {},
    }
    Manifest.model_validate(manifest).write(folder)
    link = root / ".govgraph" / "current"
    new = link.with_name("current.new")
    new.symlink_to(f"snapshots/{snapshot}")
    new.replace(link)


@contextmanager
def running(root: Path, *arguments: str) -> Iterator[Server]:
    """A server of the project in `root`; what it writes to standard error must be expected by the test."""
    command = [*COMMAND, "--project", str(root), "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()[1]
        yield Server(process, address)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def logged(root: Path) -> list[dict[str, Any]]:
    """The lines of the log of queries."""
    return [json.loads(line) for line in (root / "queries.jsonl").read_text().splitlines()]
