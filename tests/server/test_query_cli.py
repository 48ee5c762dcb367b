"""`govgraph query`: formats, names, parameters, and what is said of a malformed query."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.conftest import Cli, Ran

from govgraph.project import Project

BASE = "https://w3id.org/govgraph/"
MEASURES = [f"{BASE}id/measure/{key}" for key in ("hiratsuka-covid-2020/3", "hiratsuka-covid-2020/7")]
LABELS = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\nSELECT ?label { ?s rdfs:label ?label }"
COMMAND = [sys.executable, "-c", "from govgraph.cli import main; main()", "query"]


def piped(project: Project, query: bytes | str, *arguments: str) -> Ran:
    """Runs the command with the query on standard input."""
    done = subprocess.run(
        [*COMMAND, "-", "--project", str(project.root), *arguments],
        input=query if isinstance(query, bytes) else query.encode(),
        capture_output=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("name", ["measures", "measures.rq", "queries/measures.rq"])
def test_by_name(cli: Cli, project: Project, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(project.root)
    ran = cli("query", name)
    assert ran.code == 0, ran.err
    assert [row["measure"] for row in csv.DictReader(io.StringIO(ran.out))][:2] == MEASURES


def test_by_path_from_elsewhere(
    cli: Cli, project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "mine.rq").write_bytes("\ufeffSELECT (1 AS ?x) {}".encode())
    monkeypatch.chdir(folder)
    ran = cli("query", "mine.rq", "--project", project.root)
    assert ran.out.split() == ["x", "1"]


def test_unknown_name(cli: Cli, project: Project) -> None:
    ran = cli("query", "mesures", "--project", project.root)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "GG104 no query 'mesures'\n  hint: did you mean 'measures'?\n"


@pytest.mark.parametrize(
    ("format_name", "expected"),
    [
        ("csv", "label\r\nLibrary\r\n"),
        ("tsv", '?label\n"Library"@en\n'),
        ("json", '{"head":{"vars":["label"]},"results":{"bindings":'),
        ("xml", '<?xml version="1.0"'),
        ("table", " label   \n ─────── \n Library"),
    ],
)
def test_formats_of_rows(project: Project, format_name: str, expected: str) -> None:
    query = LABELS.replace("}", ' FILTER(?label = "Library"@en) }')
    ran = piped(project, query, "--format", format_name)
    assert ran.code == 0, ran.err
    assert expected in ran.out


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "jsonld", "nquads", "trig"])
def test_formats_of_graphs(project: Project, name: str) -> None:
    ran = piped(project, "CONSTRUCT WHERE { ?s a ?c }", "--format", name)
    extension = {"turtle": "ttl", "ntriples": "nt", "rdfxml": "rdf", "nquads": "nq"}.get(name, name)
    parsed = list(ox.parse(ran.out.encode(), format=ox.RdfFormat.from_extension(extension)))
    assert len(parsed) == 3


def test_defaults_in_a_pipe(project: Project) -> None:
    assert piped(project, LABELS).out.startswith("label\r\n")
    assert piped(project, "ASK {}").out == "true\n"
    turtle = piped(project, f"PREFIX gg: <{BASE}ns#> CONSTRUCT WHERE {{ ?s a gg:Measure }}").out
    assert turtle.startswith(f"@prefix gg: <{BASE}ns#> .\n")
    table = piped(project, "CONSTRUCT WHERE { ?s a ?c }", "--format", "table").out
    assert table.split()[:3] == ["subject", "predicate", "object"]


def test_json_for_programs(project: Project) -> None:
    assert json.loads(piped(project, "ASK {}", "--json").out) == {"head": {}, "boolean": True}


def test_table_on_a_terminal(project: Project) -> None:
    leader, follower = pty.openpty()
    command = [*COMMAND, "measures", "--project", str(project.root)]
    done = subprocess.run(
        command, stdout=follower, stderr=subprocess.PIPE, check=False, env={**os.environ, "COLUMNS": "60"}
    )
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0, done.stderr
    assert "<id/measure/hiratsuka-covid-2020/3>" in shown
    assert f"<{BASE}" not in shown


def test_prefixes_in_the_table(project: Project) -> None:
    query = f"""PREFIX m: <{BASE}id/measure/hiratsuka-covid-2020/>
        SELECT ?s ?c ?x {{ ?s a ?c OPTIONAL {{ ?c ?s ?x }} }}"""
    out = piped(project, query, "--format", "table").out
    assert "m:3" in out
    assert "gg:Measure" in out
    assert "<id/measure/yokohama-kyodo-2020/x>" in out
    markup = piped(project, 'SELECT ("[bold]x[/bold]" AS ?a) {}', "--format", "table").out
    assert "[bold]x[/bold]" in markup


@pytest.mark.parametrize(
    ("query", "arguments", "message"),
    [
        (
            "ASK {}",
            ("--format", "csv"),
            "GG702 no format 'csv' for this kind of query\n  hint: known here: json, xml\n",
        ),
        ("", (), "standard input:1:1: GG701 the query is empty\n"),
        (b"SELECT \x83", (), "GG701 standard input is not UTF-8 (byte 7)\n"),
        (
            "SELECT * { ?s ?p ?o BIND(<x:f>(?o) AS ?x) }",
            (),
            "standard input: GG705 the query failed: The custom function <x:f> is not supported\n",
        ),
        (
            "PREFIX ex: <x:>\nSELECT ?市 {\n  ?市 ex:町 '村' x }",
            (),
            "standard input:3:15: GG701 malformed query: unexpected 'x'\n"
            "    ?市 ex:町 '村' x }\n"
            "                   ^\n",
        ),
    ],
)
def test_what_is_wrong(
    project: Project, query: bytes | str, arguments: tuple[str, ...], message: str
) -> None:
    ran = piped(project, query, *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", message)


def test_malformed_query_file(cli: Cli, project: Project) -> None:
    (project.root / "queries/broken.rq").write_text(
        "#+ summary: x\n\nSELECT ?s WHERE {\n\t?s elli:title ?t\n}\n"
    )
    ran = cli("query", "broken", "--project", project.root)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "queries/broken.rq:4:5: GG701 malformed query: prefix 'elli:' is not declared\n"
        "   ?s elli:title ?t\n"
        "      ^\n"
        "  hint: did you mean 'eli'?\n"
    )


def test_prefixes_of_known_vocabularies_need_no_declaration(project: Project) -> None:
    query = "SELECT ?l { ?s a gg:Measure ; rdfs:label ?l FILTER(LANG(?l) = 'en') }"
    assert piped(project, query).out == "l\r\nLibrary\r\n"


def test_no_snapshot(cli: Cli, empty_project: Project) -> None:
    ran = cli("query", "measures", "--project", empty_project.root)
    assert (ran.code, ran.err) == (1, "GG601 no snapshot yet\n  hint: run `govgraph build`\n")


def test_no_file(cli: Cli, project: Project) -> None:
    ran = cli("query", "--project", project.root)
    assert ran.code == 2
    assert "name a FILE, - for standard input, or --list" in ran.err


def test_list(cli: Cli, project: Project) -> None:
    assert cli("query", "--list", "--project", project.root).out == (
        "amounts\n  Amounts\n  Amounts\nmeasures\n  すべての取組\n  All measures\n"
    )
    listed = json.loads(cli("query", "--list", "--json", "--project", project.root).out)
    assert [query["name"] for query in listed] == ["amounts", "measures"]
    assert listed[0]["parameters"] == {"amount": {"summary": "Yen", "type": "integer"}}


@pytest.mark.parametrize(
    ("query", "parameter", "rows"),
    [
        ("SELECT ?s ?o { ?s ?p ?o }", 'o="Library"@en', 1),
        ("SELECT ?s ?o { ?s ?p ?o }", "o=Library", 0),
        ("SELECT ?s ?o { ?s ?p ?o }", "o=20", 1),
        ("SELECT ?s ?o { ?s ?p ?o }", 'o="20"', 0),
        ("SELECT ?s ?o { ?s ?p ?o }", f"o=<{BASE}ns#Measure>", 3),
        ("SELECT ?s ?o { ?s ?p ?o }", 'o="x" . <x:a> <x:b> 1', 0),
    ],
)
def test_values_of_an_undeclared_parameter(project: Project, query: str, parameter: str, rows: int) -> None:
    ran = piped(project, query, "--param", parameter)
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 1 + rows


def test_declared_parameter(cli: Cli, project: Project) -> None:
    assert len(cli("query", "amounts", "--project", project.root).out.splitlines()) == 3
    ran = cli("query", "amounts", "--param", "amount=20", "--project", project.root)
    assert ran.out == f"measure,amount\n{MEASURES[1]},20\n".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (["amount=many"], ["GG104 'many' is no integer, as parameter 'amount' is"]),
        (
            ["amuont=1"],
            ["queries/amounts.rq: GG104 the query has no parameter 'amuont'", "did you mean 'amount'?"],
        ),
        (["amount"], ["GG104 'amount' is no parameter", "write name=value"]),
        (["amount", "amount=x"], ["'amount' is no parameter", "'x' is no integer"]),
    ],
)
def test_wrong_parameters(cli: Cli, project: Project, parameters: list[str], said: list[str]) -> None:
    options = [part for parameter in parameters for part in ("--param", parameter)]
    ran = cli("query", "amounts", *options, "--project", project.root)
    assert (ran.code, ran.out) == (2, "")
    for text in said:
        assert text in ran.err


def test_parameter_that_is_no_variable(project: Project) -> None:
    ran = piped(project, "SELECT ?s { ?s ?p ?o }", "--param", "x=1")
    assert (ran.code, ran.err) == (2, "standard input: GG104 the query has no variable ?x\n")


def test_parameter_that_select_does_not_name(project: Project) -> None:
    ran = piped(project, f"SELECT ?s {{ ?s <{BASE}ns#amount> ?o }}", "--param", "o=1500")
    assert (ran.code, ran.out) == (0, f"s\r\n{BASE}id/measure/hiratsuka-covid-2020/3\r\n")


def test_a_query_of_a_file_that_is_not_utf8(cli: Cli, project: Project) -> None:
    path = Path(project.root, "queries/sjis.rq")
    path.write_bytes("#+ summary: 市\nASK {}\n".encode("shift_jis"))
    ran = cli("query", "sjis", "--project", project.root)
    assert (ran.code, ran.err.split(" ")[:2]) == (2, ["queries/sjis.rq:", "GG102"])


@pytest.mark.parametrize("format_name", ["csv", "table"])
@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_reader_that_has_enough(project: Project, rows: int, format_name: str) -> None:
    reader, out = os.pipe()
    os.close(reader)
    query = f"SELECT * {{ VALUES ?x {{ {'1 ' * rows} }} }}".encode()
    command = [*COMMAND, "-", "--project", str(project.root), "--format", format_name]
    done = subprocess.run(command, input=query, stdout=out, stderr=subprocess.PIPE, check=False)
    os.close(out)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("format_name", ["csv", "table"])
@pytest.mark.parametrize("rows", [1, 10_000])
def test_no_room_for_the_answer(project: Project, rows: int, format_name: str) -> None:
    query = f"SELECT * {{ VALUES ?x {{ {'1 ' * rows} }} }}".encode()
    command = [*COMMAND, "-", "--project", str(project.root), "--format", format_name]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, input=query, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == "GG403 the answer cannot be written: No space left on device\n"


def test_relative_iris_are_those_of_the_project(cli: Cli, project: Project) -> None:
    query = project.root / "relative.rq"
    query.write_text("SELECT ?l { <id/measure/yokohama-kyodo-2020/x> rdfs:label ?l }")
    ran = cli("query", query, "--project", project.root, "--format", "csv")
    assert (ran.code, ran.out.split()) == (0, ["l", "Library"])
