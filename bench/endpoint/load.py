"""A load on a server: requests of a case, from wrk or from the client beside it, and what they cost."""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from client import ask
from processes import busy
from questions import Case

from servers import Memory, Server

HERE = Path(__file__).parent
THREADS = 1
"""Of wrk."""
PATIENCE = 30
"""Seconds that wrk waits for an answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """How a server is asked: by `wrk` or `python`, seconds, connections."""

    client: str
    seconds: float
    connections: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load came to. Percentiles of the time to an answer in ms, CPU ms of the server a request, its
    highest memory in MB; `others`: how many cores other work kept busy meanwhile; `failure`: None if all
    requests had an answer with status 2xx.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    peak: float
    others: float
    failure: str | None


def send(server: Server, case: Case, load: Load, segment: int, segments: int, folder: Path) -> Measured:
    """Asks the requests of a segment of a case, as many as there is time for."""
    server.settle()
    work, own, cpu = busy(), _own_cpu(), server.cpu()
    started = time.perf_counter()
    with Memory(server) as memory:
        if load.client == "wrk":
            script = folder / "requests.lua"
            case.asked.write_lua(script, segment, segments)
            told = _wrk(server.port, script, load)
        else:
            requests = case.requests(segment, segments)
            told = ask(server.port, requests, load.seconds, load.connections)
    cpu = server.cpu() - cpu
    took = time.perf_counter() - started
    others = max(0.0, busy() - work - cpu - (_own_cpu() - own)) / took
    answered = told["requests"]
    return Measured(
        answered / told["seconds"],
        told["p50"],
        told["p99"],
        cpu / answered * 1e3 if answered else 0.0,
        memory.peak,
        others,
        _failure(told),
    )


def _failure(told: dict[str, float]) -> str | None:
    if told["refused"] or told["broken"]:
        return f"{told['refused']:,.0f} answers without status 2xx, {told['broken']:,.0f} broken requests"
    return None if told["requests"] else "no answers"


def _wrk(port: int, script: Path, load: Load) -> dict[str, float]:
    seconds = f"{math.ceil(load.seconds)}s"  # whole seconds are all that wrk knows
    command = ["wrk", "-t", str(THREADS), "-c", str(load.connections), "-d", seconds]
    command += ["--timeout", f"{PATIENCE}s", "-s", str(HERE / "wrk.lua"), f"http://127.0.0.1:{port}/"]
    ran = subprocess.run([*command, "--", str(script)], stdout=subprocess.PIPE, check=True)
    told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return told


def _own_cpu() -> float:
    """Seconds that cores have worked for this process and the clients that it has run."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
