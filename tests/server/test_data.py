"""`govgraph serve --data`: files without a project, as a process and over HTTP."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from backports import zstd
from rdflib import Graph
from tests.conftest import Cli
from tests.servers import COMMAND, Server

from govgraph.server.loading import TELL

EX = "http://example.org/"
FILES = {
    "one.ttl": f"@prefix ex: <{EX}> .\nex:one a ex:Thing ; ex:is 1 .\n",
    "two.trig": f"PREFIX two: <{EX}>\ntwo:g {{ two:two a two:Thing ; two:is 2 }}\n",
    "three.nt": f"<{EX}three> <{EX}is> 'three'".replace("'", '"') + " .\n",
    "four.nq": f"<{EX}four> <{EX}is> <{EX}4> <{EX}g> .\n",
    "five.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:five="http://five/">'
    f'<rdf:Description rdf:about="{EX}five"><five:is>5</five:is></rdf:Description></rdf:RDF>',
    "six.jsonld": f'{{"@context": {{"six": "{EX}"}}, "@id": "six:six", "six:is": 6}}',
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


@contextmanager
def serving(
    *arguments: object, stdin: bytes = b"", temporary: Path | None = None
) -> Iterator[tuple[Server, Path]]:
    """A server of files, and the folder of its temporary files."""
    with tempfile.TemporaryDirectory(dir=temporary) as folder:
        command = [*COMMAND, "--port", "0", *map(str, arguments)]
        environment = {**os.environ, "TMPDIR": folder}
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            process = subprocess.Popen(
                command,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                cwd=folder,
            )
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, process.communicate()[1]
            yield Server(process, address), Path(folder)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def write(folder: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return [folder / name for name in files]


def values(server: Server, query: str) -> list[str]:
    """The values of the first column, sorted."""
    answer = server.ask(query)
    assert answer.status_code == 200, answer.text
    solutions = ox.parse_query_results(answer.content, format=ox.QueryResultsFormat.JSON)
    assert isinstance(solutions, ox.QuerySolutions)
    return sorted(term.value for row in solutions if (term := row[0]) and not isinstance(term, ox.Triple))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one file of each format."""
    with serving("--data", *write(tmp_path_factory.mktemp("files"), FILES)) as (server, _):
        yield server


def test_all_formats(server: Server) -> None:
    subjects = values(server, "SELECT DISTINCT ?s { ?s ?is ?o }")
    assert subjects == sorted(f"{EX}{name}" for name in ("one", "two", "three", "four", "five", "six"))
    assert values(server, "SELECT ?g { GRAPH ?g { ?s ?p ?o } }") == [f"{EX}g"] * 3
    assert values(server, f"SELECT ?s FROM <{EX}g> {{ ?s ?p 2 }}") == [f"{EX}two"]


@pytest.mark.parametrize("prefix", ["ex", "two", "six"])
def test_prefixes_of_the_files_need_no_declaration(server: Server, prefix: str) -> None:
    assert values(server, f"SELECT ?s {{ ?s {prefix}:is 1 }}") == [f"{EX}one"]
    assert values(server, "SELECT ?o { ?s <http://five/is> ?o FILTER EXISTS { ?s five:is ?o } }") == ["5"]
    assert server.ask("SELECT * { ?s nowhere:is 1 }").status_code == 400


def test_page_and_description(server: Server) -> None:
    page = httpx2.get(server.address, headers={"Accept-Language": "en"}).text
    assert "<h1>one.ttl, two.trig, three.nt + 3</h1>" in page
    assert "<p>8 triples</p>" in page
    assert "<span>default graph</span>" in page and ">six:Thing</a>" in page  # the last of three prefixes
    assert "既定のグラフ" in httpx2.get(f"{server.address}?lang=ja").text
    described = httpx2.get(f"{server.address}sparql", headers={"Accept": "text/turtle"})
    graph = Graph().parse(data=described.text, format="turtle")
    found = graph.query(
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
        "PREFIX void: <http://rdfs.org/ns/void#> "
        "SELECT ?n ?g ?m { ?d sd:defaultGraph/void:triples ?n ; sd:namedGraph ?x . "
        "?x sd:name ?g ; sd:graph/void:triples ?m }"
    )
    assert [tuple(map(str, row)) for row in found] == [("8", f"{EX}g", "3")]  # type: ignore[arg-type]


def test_names_are_found(tmp_path: Path) -> None:
    path = tmp_path / "names.nt"
    path.write_text(f'<{EX}a> <http://www.w3.org/2000/01/rdf-schema#label> "防災計画"@ja .\n')
    with serving("--data", path) as (server, _):
        found = httpx2.get(f"{server.address}search?q=防災&format=json").json()
        assert [(hit["iri"], hit["label"]) for hit in found["results"]] == [(f"{EX}a", "防災計画")]


def test_answers_can_be_cached(server: Server) -> None:
    ask = {"query": "SELECT * { ?s ?p ?o }"}
    first = httpx2.get(f"{server.address}sparql", params=ask)
    known = {"If-None-Match": first.headers["etag"]}
    assert httpx2.get(f"{server.address}sparql", params=ask, headers=known).status_code == 304


def etag(*arguments: object) -> tuple[str, str]:
    with serving(*arguments) as (server, _):
        host = {"Host": "example.org"}  # relative IRIs of a query are relative to it
        ask = {"query": "SELECT * { ?s ?p ?o }"}
        answer = httpx2.get(f"{server.address}sparql", params=ask, headers=host)
        return answer.headers["etag"], answer.text


def test_the_id_is_the_content(tmp_path: Path) -> None:
    one, blank = write(tmp_path, {"one.ttl": FILES["one.ttl"], "blank.ttl": "[] <x:p> <x:o> ."})
    assert etag("--data", one) == etag("--data", one)
    assert etag("--data", one)[0] != etag("--data", one, "--default-graph", "own")[0]
    first, again = etag("--data", blank), etag("--data", blank)
    assert first[1] != again[1]  # the label of the blank node
    assert first[0] != again[0]


@pytest.mark.parametrize("ending", PACKED)
def test_packed_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"data.NT{ending}"
    path.write_bytes(PACKED[ending](FILES["three.nt"].encode()))
    with serving("--data", path) as (server, _):
        assert values(server, "SELECT ?o { ?s ?p ?o }") == ["three"]


def test_standard_input_and_format(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"odd.txt": "<a> <b> <c> ."})
    arguments = ("--data", "-", "--data", path, "--data-format", "turtle", "--base", EX)
    with serving(*arguments, stdin=b"<x> <b> <> .") as (server, _):
        assert values(server, "SELECT ?s { ?s ?p ?o }") == [f"{EX}a", f"{EX}x"]
        assert values(server, f"SELECT ?o {{ <{EX}x> ?p ?o }}") == [EX]
        assert "<h1>standard input, odd.txt</h1>" in httpx2.get(server.address).text


def test_blank_nodes_of_files_stay_apart(tmp_path: Path) -> None:
    text = "_:a <x:p> _:b . _:b <x:p> _:a .\n"
    paths = write(tmp_path, {"a.ttl": "\ufeff" + text, "b.ttl": text, "c.trig": f"<x:g> {{ {text} }}"})
    with serving("--data", *paths) as (server, _):
        assert len(values(server, "SELECT DISTINCT ?s { ?s <x:p>+ ?s }")) == 6
        assert len(values(server, "SELECT ?o { ?s <x:p> ?o } ")) == 6


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_behind(tmp_path: Path, stop: signal.Signals) -> None:
    paths = write(tmp_path, FILES)
    with serving("--data", *paths) as (server, folder):
        (temporary,) = folder.glob("govgraph-*")
        assert [path.name for path in temporary.iterdir()] == [
            httpx2.get(f"{server.address}health").json()["snapshot"]
        ]
        server.process.send_signal(stop)
        assert server.process.communicate(timeout=60) == ("", "")
        assert server.process.returncode == 0
        assert list(folder.iterdir()) == []


def test_stops_while_it_loads(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [*COMMAND, "--port", "0", "--data", str(pipe), "--data-format", "turtle"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)})
    with pipe.open("wb") as writing:  # the process that loads is now there, and waits for data
        writing.write(b"<x:a> <x:b> <x:c> .\n")
        writing.flush()
        wait_for(lambda: any(tmp_path.glob("govgraph-*/candidate-*/store")))
        process.terminate()
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (128 + signal.SIGTERM, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_tells_how_far_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nt"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--data", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stderr is not None and process.stdout is not None
    try:
        with pipe.open("wb") as writing:
            until = time.monotonic() + TELL + 1  # what is read after that must be told
            while time.monotonic() < until:
                writing.write(FILES["three.nt"].encode() * 1000)
                time.sleep(0.05)
            told = process.stderr.readline()
        assert re.fullmatch(rf"reading {re.escape(str(pipe))}: \d+ MB\n", told)
        assert process.stdout.readline().startswith("http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_files_are_loaded_again(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"a.ttl": "<x:s> <x:p> 1 ."})
    query = "SELECT ?o { ?s <x:p> ?o }"
    with serving("--data", path) as (server, folder):
        for number in (2, 3):
            path.write_text(f"<x:s> <x:p> {number} .")
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: values(server, query) == [str(number)])  # noqa: B023
        path.write_text("<x:s> <x:p> ")
        server.process.send_signal(signal.SIGHUP)
        assert server.process.stderr is not None
        told = [server.process.stderr.readline() for _ in range(2)]
        assert told[0].startswith(f"{path}:1:") and "GG606 not valid Turtle: " in told[0]
        assert told[1] == "still serving what was loaded before\n"
        assert values(server, query) == ["3"]
        (temporary,) = folder.glob("govgraph-*")
        assert len(list(temporary.iterdir())) <= 2


WRONG = {
    "prefix.ttl": (
        "<x:a> <x:b> <x:c> .\n<x:a> ex:b 1 .",
        "{}:2:7: GG606 not valid Turtle: The prefix ex: has not been declared\n",
    ),
    "relative.trig": (
        "<x:g> { <a> <x:b> 1 }",
        "{}:1:9: GG606 not valid TriG: a relative IRI, and nothing that it is relative to\n"
        "  hint: name it: --base IRI\n",
    ),
    "comma.jsonld": (
        '{"@id": "x:a",\n "x:b": [1,,2]}',
        "{}:2:12: GG606 not valid JSON-LD: Unexpected comma, no values to separate\n",
    ),
    "cut.nt.gz": ("", None),
    "zst.nt.zst": (
        "<x:a> <x:b> <x:c> .",
        "{}: GG606 cannot be unpacked: Unable to decompress Zstandard data: Unknown frame descriptor\n",
    ),
    "bz2.nt.bz2": ("<x:a> <x:b> <x:c> .", "{}: GG606 cannot be unpacked: Invalid data stream\n"),
}


def test_mistakes_are_told_with_their_places(tmp_path: Path, cli: Cli) -> None:
    paths = write(tmp_path, {name: text for name, (text, _) in WRONG.items()})
    cut = tmp_path / "cut.nt.gz"
    cut.write_bytes(gzip.compress(FILES["three.nt"].encode() * 1000)[:-20])
    told = "{}: GG606 cannot be unpacked: Compressed file ended before the end-of-stream marker was reached\n"
    expected = {name: message or told for name, (_, message) in WRONG.items()}
    ran = cli("serve", "--port", "0", "--data", *paths)
    messages = "".join(expected[name].format(tmp_path / name) for name in sorted(expected))
    assert (ran.code, ran.out, ran.err) == (1, "", messages)


def test_a_file_that_ends_its_process(tmp_path: Path) -> None:
    script = (
        "import os, govgraph.server.loading as loading\n"
        "loading.load_files = lambda *a, **k: os.kill(os.getpid(), 9)\n"
        "loading.main()"
    )
    (path,) = write(tmp_path, {"a.ttl": "<x:s> <x:p> 1 ."})
    run = (
        "import subprocess, sys, govgraph.server.loading as loading\n"
        "started = subprocess.Popen\n"
        "def start(command, **rest):\n"
        f"    return started([sys.executable, '-c', {script!r}, command[-1]], **rest)\n"
        "loading.subprocess.Popen = start\n"
        f"from govgraph.cli import main; main(['serve', '--data', {str(path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "GG606 the process that loads the data ended: SIGKILL\n"
        "  hint: is a file nested very deeply, or is there too little memory?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--data", "{}/a.txt"],
            "GG104 the name of '{}/a.txt' does not tell its format\n"
            "  hint: known are .ttl, .trig, .nt, .nq, .rdf, .owl, .xml, .jsonld, .json, each also with "
            ".gz, .bz2, .xz, .zst; else name the format: --data-format turtle\n",
        ),
        (
            ["--data", "-"],
            "GG104 the format of standard input is not known\n  hint: name it: --data-format turtle\n",
        ),
        (["--data", "{}/a.ttl", "--base", "there"], "GG104 --base: 'there' is no absolute IRI\n"),
        (
            ["--data", "{}/none.ttl"],
            "Error: Invalid value for '--data': File '{}/none.ttl' does not exist.\n",
        ),
        (["--data", "{}/a.ttl", "--project", "{}"], "Error: give either --data or --project\n"),
        (["{}/a.ttl"], "Error: '{}/a.ttl' is of use with --data only: govgraph serve --data FILE\n"),
        (["--base", "x:"], "Error: '--base' is of use with --data only: govgraph serve --data FILE\n"),
    ],
)
def test_wrong_arguments(tmp_path: Path, cli: Cli, arguments: list[str], told: str) -> None:
    write(tmp_path, {"a.txt": "", "a.ttl": ""})
    ran = cli("serve", *(argument.format(tmp_path) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(told.format(*[tmp_path] * told.count("{}")))


def test_no_project_and_no_data(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("serve")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"GG101 no govgraph.yml in {tmp_path} or above it\n"
        "  hint: go to a project's folder, or name it: --project DIR; or serve files: --data FILE\n"
    )
