"""Every folder of cases/databases: a mapping, the SQL that makes its database, and its quads or errors.

`database.sql` is run on every kind of database, `database.<kind>.sql` on that kind alone; what is expected
may likewise be that of one kind. In mappings and errors, DATABASE_URL stands for the database's URL,
DATABASE_DSN for that of JDBC, DATABASE_TYPE for its kind. R2RML's database is named by --database.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from govgraph.mapping.databases import jdbc
from govgraph.mapping.model import Database
from tests.conftest import Cli
from tests.databases import KINDS, database

HERE = Path(__file__).parent / "cases" / "databases"


def found(case: Path, stem: str, kind: str, suffix: str) -> Path | None:
    """The file of a kind, else that of all."""
    own, shared = case / f"{stem}.{kind}{suffix}", case / f"{stem}{suffix}"
    return own if own.exists() else shared if shared.exists() else None


CASES = [
    (case, kind) for case in sorted(HERE.iterdir()) for kind in KINDS if found(case, "database", kind, ".sql")
]
GIVES_QUADS = [(case, kind) for case, kind in CASES if not case.name.startswith("error")]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the case's database; the working folder has its mapping."""
    case, kind = request.node.callspec.params["case"], request.node.callspec.params["kind"]
    sql = found(case, "database", kind, ".sql")
    assert sql
    monkeypatch.delenv("GOVGRAPH_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)
    with database(kind, sql.read_text(encoding="utf-8"), tmp_path) as url:
        mapping = next(case.glob("mapping.*"))
        dsn, _ = jdbc(Database(url))
        text = mapping.read_text(encoding="utf-8").replace("DATABASE_URL", url).replace("DATABASE_DSN", dsn)
        Path(mapping.name).write_text(text.replace("DATABASE_TYPE", kind), encoding="utf-8")
        if (arguments := case / "arguments").exists():
            shutil.copy(arguments, "arguments")
        yield url


def arguments(url: str) -> list[str]:
    more = Path("arguments")
    return ["--database", url, "--sort", *(more.read_text().split() if more.exists() else ())]


@pytest.mark.parametrize(("case", "kind"), CASES, ids=lambda p: p if isinstance(p, str) else p.name)
def test_case(case: Path, kind: str, url: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    if "password" in case.name:
        for name in ("PGPASSWORD", "MYSQL_PWD", "GOVGRAPH_DATABASE_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
    mapping = next(Path().glob("mapping.*"))
    ran = cli("map", mapping, "-o", "out.nq", *arguments(url))
    if expected := found(case, "expected", kind, ".txt"):
        assert ran.err.replace(url, "DATABASE_URL") == expected.read_text(encoding="utf-8")
        assert ran.code == (1 if case.name.startswith("error-data") else 2)
        return
    assert ran.code == 0, ran.err
    nquads = found(case, "expected", kind, ".nq")
    assert nquads
    assert Path("out.nq").read_text(encoding="utf-8") == nquads.read_text(encoding="utf-8")


@pytest.mark.parametrize(("case", "kind"), GIVES_QUADS, ids=lambda p: p if isinstance(p, str) else p.name)
def test_the_quads_stay_the_same_there_and_back(case: Path, kind: str, url: str, cli: Cli) -> None:
    nquads = found(case, "expected", kind, ".nq")
    assert nquads
    first = next(Path().glob("mapping.*"))
    steps = [first, Path("rml.ttl"), Path("back.yml"), Path("again.ttl")]
    if case.name in REFUSED:
        ran = cli("convert", first, "back.yml")
        assert ran.code == 2
        assert all(": GG015 YARRRML cannot say " in line for line in ran.err.splitlines())
        steps = steps[:2]
    for source, target in pairwise(steps):
        ran = cli("convert", source, target)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        ran = cli("map", target, "-o", "out.nq", *arguments(url))
        assert ran.code == 0, ran.err
        assert Path("out.nq").read_text(encoding="utf-8") == nquads.read_text(encoding="utf-8"), target


REFUSED = {"r2rml-05-2-views", "r2rml-08-joins"}
"""R2RML's queries, whose database YARRRML would have to name."""


PEOPLE = [
    ("1", "平塚 花子", "1980-01-31", "1200.50", "true"),
    ("2", 'O"Neil, Kim', "1999-12-31", "0.00", "false"),
    ("3", "", "2000-02-29", "-3.25", "true"),
    ("4", "  spaces  ", "2020-10-01", "7.10", "false"),
    ("5", "髙橋𠮷", "1912-07-30", "10000.00", "true"),
    ("6", "back\\slash", "2026-11-22", "0.01", "true"),
    ("7", "two\nlines", "1868-10-23", "99.99", "false"),
    ("8", "100%", "1989-01-08", "5.00", "true"),
    ("9", "<tag>", "2019-05-01", "6.00", "false"),
    ("10", "ｶﾅ", "1926-12-25", "8.00", "true"),
]
MAPPING = """
prefixes: {ex: 'http://example.com/'}
sources:
  people: SOURCE
mappings:
  people:
    sources: people
    s: ex:person/$(id)
    po:
      - [a, ex:Person]
      - [ex:name, $(name)]
      - [ex:page, ex:page/$(name)~iri]
      - [ex:born, $(born), xsd:date]
      - [ex:paid, $(paid), xsd:decimal]
      - [ex:member, $(member), xsd:boolean]
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_records_as_in_a_csv_file(
    kind: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("people.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "name", "born", "paid", "member"), *PEOPLE])
    rows = []
    for number, name, born, paid, member in PEOPLE:
        escaped = name.replace("'", "''").replace("\\", "\\\\" if kind == "mysql" else "\\")
        text = f"'{escaped}'" if name else "NULL"
        rows.append(f"({number}, {text}, '{born}', '{paid}', {member})")
    paid = "VARCHAR(10)" if kind == "sqlite" else "NUMERIC(9,2)"  # SQLite's numbers have no scale
    table = f"people (id INTEGER, name VARCHAR(50), born DATE, paid {paid}, member BOOLEAN)"
    sql = f"CREATE TABLE {table};\nINSERT INTO people VALUES {', '.join(rows)};\n"
    Path("csv.yml").write_text(MAPPING.replace("SOURCE", "[people.csv~csv]"), encoding="utf-8")
    assert cli("map", "csv.yml", "-o", "csv.nq", "--sort").code == 0
    with database(kind, sql, tmp_path) as url:
        source = f"{{access: '{url}', query: SELECT * FROM people}}"
        Path("sql.yml").write_text(MAPPING.replace("SOURCE", source), encoding="utf-8")
        ran = cli("map", "sql.yml", "-o", "sql.nq", "--sort")
    assert ran.code == 0, ran.err
    quads = Path("sql.nq").read_text(encoding="utf-8")
    assert quads.count("\n") == 58
    assert quads == Path("csv.nq").read_text(encoding="utf-8")


def test_the_base_of_r2rml(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R2RML, section 4.1: the base is given from outside; where it is not, it is that of the document."""
    monkeypatch.chdir(tmp_path)
    text = """@prefix rr: <http://www.w3.org/ns/r2rml#> .
@base <http://example.com/base/> .
<#Page> rr:logicalTable [ rr:tableName "Page" ] ;
  rr:subjectMap [ rr:template "page/{Path}" ; rr:class <http://example.com/Page> ] .
"""
    Path("mapping.ttl").write_text(text, encoding="utf-8")
    with database("sqlite", "CREATE TABLE Page (Path TEXT); INSERT INTO Page VALUES ('a');", tmp_path) as url:
        run = ("map", "mapping.ttl", "-o", "-", "--database", url)
        assert cli(*run).out.startswith("<http://example.com/base/page/a> ")
        assert cli(*run, "--base", "http://a.example/").out.startswith("<http://a.example/page/a> ")
