"""The benches of mapping and of the endpoint run, and compare outputs and answers as what they mean."""

import json
import socketserver
import subprocess
import sys
import threading
from itertools import islice, repeat
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench" / "mapping"
ENDPOINT = Path(__file__).parents[1] / "bench" / "endpoint"


def rows_of(*values: str, **more: str) -> str:
    """An answer in JSON with one variable."""
    bindings = [{"x": {"type": "literal", "value": value, **more}} for value in values]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": bindings}})


def test_flat_is_what_the_bare_sql_makes() -> None:
    options = ["--case", "flat", "--quick", "--runs", "1", "--size", "300", "--threads", "1"]
    ran = subprocess.run(
        [sys.executable, str(BENCH / "run.py"), *options, "--engines", "govgraph", "bare-sql", "python-loop"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1,800 quads" in ran.stdout
    told = {
        row.split(" | ")[0].strip("| "): row.split(" | ")[-1].strip("| ") for row in ran.stdout.splitlines()
    }
    assert told["govgraph"] == "right count"
    assert told["bare-sql"] == told["python-loop"] == "the same"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('<http://e/s> <http://e/p> "a" .\n', '<http://e/s> <http://e/p> "a"  .\n', True),
        ('<http://e/s> <http://e/p> "\\u3042" .\n', '<http://e/s> <http://e/p> "あ" .\n', True),
        ('<http://e/s> <http://e/p> "a" .\n' * 2, '<http://e/s> <http://e/p> "a" .\n', True),
        ('<http://e/s> <http://e/p> "a" .\n', '<http://e/s> <http://e/p> "a"@en .\n', False),
        ('<http://e/s> <http://e/p> "a\\tb" .\n', '<http://e/s> <http://e/p> "a\\\\tb" .\n', False),
        ("<http://e/s> <http://e/p> <http://e/a b> .\n", "<http://e/s> <http://e/p> <http://e/a> .\n", False),
    ],
)
def test_outputs_are_compared_as_sets(
    one: str, other: str, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCH)
    from outputs import read_output  # type: ignore[import-not-found]

    files = tmp_path / "one.nq", tmp_path / "other.nt"
    for file, text in zip(files, (one, other), strict=True):
        file.write_text(text, encoding="utf-8")
    first, second = map(read_output, files)
    assert first.quads == second.quads == 1
    assert (first.digest == second.digest) is same


def run_endpoint(*options: str) -> subprocess.CompletedProcess[str]:
    small = ["--triples", "2000", "--rounds", "1", "--seconds", "0.2", "--client", "python"]
    return subprocess.run(
        [sys.executable, str(ENDPOINT / "run.py"), *small, "--servers", "govgraph", "--markdown", *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_endpoint_answers_every_case() -> None:
    ran = run_endpoint()
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("2,000 triples, 1 rounds of 0.2 s")
    rows = [row.strip("| ").split(" | ") for row in ran.stdout.splitlines() if row.startswith("|")][2:]
    assert [(name, server) for name, server, *_ in rows] == [
        ("repeated ASK", "govgraph"),
        ("uncached ASK", "govgraph"),
        ("repeated SELECT, 100 rows", "govgraph"),
        ("uncached SELECT, 100 rows", "govgraph"),
        ("uncached SELECT, 50,000 rows", "govgraph"),
        ("mix", "govgraph"),
    ]
    assert all(rates == rate != "0.00" for _, _, rate, *_, rates in rows)


def test_a_case_of_the_endpoint_must_be_known() -> None:
    ran = run_endpoint("--case", "ask")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("no case is named so; there are: repeated ASK, uncached ASK,")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of the bench can be imported."""
    monkeypatch.syspath_prepend(BENCH)
    monkeypatch.syspath_prepend(ENDPOINT)


def test_no_uncached_query_comes_twice(endpoint: None) -> None:
    from data import plan_city  # type: ignore[import-not-found]
    from questions import Numbered, make_cases  # type: ignore[import-not-found]

    uncached = [case for case in make_cases(plan_city(2_000)) if isinstance(case.asked, Numbered)]
    assert len(uncached) == 3
    for case in uncached:
        asked = [r for s in range(3) for r in islice(case.requests(s, 3), 1_000)]
        assert len(set(asked)) == 3_000
        assert asked[:1_000] == list(islice(case.requests(0, 3), 1_000))


@pytest.mark.parametrize(
    ("one", "other", "ordered", "same"),
    [
        ('{"boolean": true}', '{"head": {}, "boolean": true}', False, True),
        ('{"boolean": true}', '{"boolean": false}', False, False),
        (rows_of("a", "b"), rows_of("b", "a"), False, True),
        (rows_of("a", "b"), rows_of("b", "a"), True, False),
        (rows_of("a", "a"), rows_of("a"), False, False),
        (rows_of("a"), rows_of("a", lang="ja"), False, False),
    ],
)
def test_answers_are_compared_as_what_they_mean(
    one: str, other: str, ordered: bool, same: bool, endpoint: None
) -> None:
    from answers import parse_answer  # type: ignore[import-not-found]

    assert (parse_answer(one.encode(), ordered) == parse_answer(other.encode(), ordered)) is same


@pytest.mark.parametrize(
    ("answer", "refused", "broken"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", False, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", False, False),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", True, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", False, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", False, True),
    ],
)
def test_the_client_tells_refused_and_broken_requests(
    answer: bytes, refused: bool, broken: bool, endpoint: None
) -> None:
    from client import ask  # type: ignore[import-not-found]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(1_000):
                self.request.sendall(answer)
                if broken:
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = ask(server.server_address[1], repeat(b"GET / HTTP/1.1\r\n\r\n"), 0.1, 2)
        server.shutdown()
    assert told["broken"] == (2 if broken else 0)
    assert (told["requests"] == 0) is broken
    assert told["refused"] == (told["requests"] if refused else 0)
