"""`govgraph serve` as a process: it listens, says where, and ends as it should."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.server.listen import listen

COMMAND = [sys.executable, "-c", "from govgraph.cli import main; main()", "serve"]


@contextmanager
def serving(project: Project, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process of a server, and the address that it prints."""
    command = [*COMMAND, "--project", str(project.root), "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()[1]
        yield process, address
    finally:
        process.kill()
        process.communicate()


def test_serves_and_ends_with_ctrl_c(project: Project) -> None:
    with serving(project) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        with httpx2.Client(base_url=address) as client:
            assert client.get("health").json() == {"status": "ok", "snapshot": "first"}
            head = client.head("sparql", params={"query": "ASK {}"})
            assert (head.content, head.headers["content-length"]) == (b"", "26")
            assert client.get("sparql", params={"query": "ASK {}"}).content == b'{"head":{},"boolean":true}'
            nested = client.post("sparql", data={"query": "SELECT * " + "{" * 20_000 + "}" * 20_000})
            assert (nested.status_code, nested.json()["code"]) == (400, "GG701")
            assert client.get("health").status_code == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stops_while_a_query_runs(project: Project, stop: signal.Signals) -> None:
    pattern = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(14))
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"  # 9 to the 14: it does not end
    with serving(project) as (process, address):
        url = httpx2.URL(address)
        with socket.create_connection((url.host, url.port or 0), timeout=60) as connection:
            target = httpx2.URL(address).copy_with(path="/sparql", params={"query": query}).raw_path
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert httpx2.get(f"{address}health").status_code == 200
            process.send_signal(stop)
            out, err = process.communicate(timeout=60)
            head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert (process.returncode, out, err) == (0, "", "")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["code"], problem["detail"]) == ("GG709", "the server is stopping")


def test_a_client_that_hangs_up_is_no_fault(project: Project) -> None:
    with serving(project) as (process, address):
        url = httpx2.URL(address)
        with socket.create_connection((url.host, url.port or 0), timeout=60) as connection:
            connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nq")
        assert httpx2.get(f"{address}health").status_code == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("output", ["closed pipe", "/dev/full"])
def test_serves_where_nobody_reads_the_address(project: Project, output: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if output == "closed pipe":
        reader, out = os.pipe()
        os.close(reader)
    else:
        out = os.open(output, os.O_WRONLY)
    command = [*COMMAND, "--project", str(project.root), "--port", str(port)]
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
    os.close(out)
    try:
        while process.poll() is None:
            try:
                answer = httpx2.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx2.ConnectError:
                continue
        assert answer.status_code == 200
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


@pytest.mark.usefixtures("broken_workers")
def test_a_fault_is_in_the_log(project: Project) -> None:
    with serving(project) as (process, address):
        response = httpx2.get(f"{address}sparql", params={"query": "ASK {}"})
        assert response.status_code == 500
        assert "secret" not in response.text
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.startswith("a fault of the server: Traceback")
    assert err.endswith("ZeroDivisionError: secret\n")


@pytest.mark.parametrize("where", ["command line", "settings"])
def test_port_in_use(project: Project, where: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["--port", str(port)]
        if where == "settings":
            with (project.root / "govgraph.yml").open("a") as settings:
                settings.write(f"port: {port}\n")
            arguments = []
        command = [*COMMAND, "--project", str(project.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"GG703 port {port} of 127.0.0.1 is in use\n  hint: ")
    assert "--port N" in done.stderr


def test_nothing_to_serve(empty_project: Project) -> None:
    command = [*COMMAND, "--project", str(empty_project.root), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "GG601 no snapshot yet\n  hint: run `govgraph build`\n"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "a..b", f"{'a' * 64}.example", "a\0b"])
def test_address_of_another_machine(host: str) -> None:
    with pytest.raises(ConfigError) as raised:
        listen(host, 0)
    assert raised.value.problems[0].code == "GG104"
    assert host in str(raised.value)
