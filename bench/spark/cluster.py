"""Runs a command with a standalone Spark cluster on loopback, and says what each worker did.

    python bench/spark/cluster.py govgraph map people.yml -o people/ --engine spark --master MASTER

MASTER stands for the cluster's address. Master and workers are ended with the command.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

HOST = "127.0.0.1"
PATIENCE = 120
"""Seconds until master and workers must have found each other."""


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """A master and `workers` workers of one core each; gives the master's address."""
    port, page = _free_ports(2)
    address = f"spark://{HOST}:{port}"
    with ExitStack() as started:
        master = ["master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(page)]
        started.enter_context(_running(master, folder / "master.log"))
        _wait(lambda: _alive(page) is not None, "the master does not answer")
        for number in range(1, workers + 1):
            worker = ["worker.Worker", "--host", HOST, "--webui-port", "0", "--cores", "1", "--memory", "1g"]
            work = folder / f"worker-{number}"
            command = [*worker, "--work-dir", str(work), address]
            started.enter_context(_running(command, folder / f"worker-{number}.log"))
        _wait(lambda: _alive(page) == workers, "the workers do not register")
        yield address


@contextmanager
def _running(arguments: list[str], log: Path) -> Iterator[None]:
    """One process of Spark, ended with the context; the script that starts Java becomes Java."""
    home = Path(pyspark.__file__).parent
    name, *rest = arguments
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *rest]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=_environment()
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _environment() -> dict[str, str]:
    home = str(Path(pyspark.__file__).parent)
    return {**os.environ, "SPARK_LOCAL_IP": HOST, "SPARK_HOME": home, "SPARK_NO_DAEMONIZE": "1"}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        bound = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in bound:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in bound]


def _alive(page: int) -> int | None:
    """How many workers the master knows, or None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{page}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError):  # it answers before it knows what
        return None


def _wait(ready, otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            sys.exit(otherwise)
        time.sleep(0.2)


def _tasks(worker: Path) -> int:
    """The tasks that a worker's executors finished, as their logs tell."""
    logs = worker.glob("app-*/*/stderr")
    return sum(log.read_text(errors="replace").count("Finished task") for log in logs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with cluster(arguments.workers, folder) as address:
            command = [address if word == "MASTER" else word for word in arguments.command]
            done = subprocess.run(command, env=_environment())
        for worker in sorted(folder.glob("worker-*/")):
            print(f"{worker.name}: {_tasks(worker)} tasks", file=sys.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
