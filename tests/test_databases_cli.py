"""Databases on the command line: which one, passwords, what is read only, explain and trace."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from govgraph.engines.duckdb import stream
from govgraph.errors import MappingError
from tests.conftest import Cli
from tests.databases import database

CASES = Path(__file__).parent / "cases" / "databases"
SQL = (CASES / "r2rml-05-1-base-tables" / "database.sql").read_text(encoding="utf-8")
PASSWORDS = ("PGPASSWORD", "MYSQL_PWD", "GOVGRAPH_DATABASE_PASSWORD")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copy(CASES / "r2rml-05-1-base-tables" / "mapping.ttl", tmp_path)
    monkeypatch.delenv("GOVGRAPH_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)
    with database("sqlite", SQL, tmp_path):
        yield tmp_path


def test_without_a_database(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert (ran.code, ran.err) == (
        2,
        "mapping.ttl:9:57: GG021 no database is named for this table\n"
        "  hint: name it: --database sqlite:file.db, or in the environment as GOVGRAPH_DATABASE\n",
    )


def test_the_environment_names_it(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVGRAPH_DATABASE", "sqlite:case.db")
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["quads"] == 9


def test_its_file_is_relative_to_the_working_folder(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert cli("map", "../mapping.ttl", "-o", "out.nq", "--database", "sqlite:../case.db").code == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:other.db", "mapping.ttl:9:57: GG016 the database 'other.db' is not there"),
        ("people.db", "--database: GG003 not the URL of a database"),
        ("oracle://host/name", "--database: GG015 databases of kind 'oracle' are not supported"),
        ("mysql://me:secret@host/name", "--database: GG020 a password stands in the URL of a database"),
        ("mysql://host/name?password=secret", "--database: GG020 a password stands in the URL of a database"),
        ("postgresql://host", "--database: GG003 not the URL of a database"),
    ],
)
def test_wrong_urls(cli: Cli, folder: Path, url: str, message: str) -> None:
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--database", url)
    assert ran.code == 2
    assert ran.err.splitlines()[0] == message
    assert "secret" not in ran.err + ran.out


def test_the_database_is_no_output(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.ttl", "-o", "case.db", "--database", "sqlite:case.db")
    assert ran.code == 1
    assert ran.err.startswith("case.db: GG403 is read by this mapping, and would be overwritten")


def test_explain_trace_and_compile(cli: Cli, folder: Path) -> None:
    ran = cli("explain", "mapping.ttl", "--database", "sqlite:case.db", "--json")
    assert sum(step["quads"] for step in json.loads(ran.out)) == 9
    iri = "http://example.com/city/141003"
    ran = cli("trace", iri, "--mapping", "mapping.ttl", "--database", "sqlite:case.db")
    assert ran.code == 0
    assert "City in sqlite:case.db (iteration 2)" in ran.out
    ran = cli("compile", "mapping.ttl", "--database", "sqlite:case.db")
    assert 'FROM "City"' in ran.out


def test_rows_that_cannot_be_used_are_left_out(cli: Cli, folder: Path) -> None:
    with closing(sqlite3.connect("case.db")) as connection:
        connection.execute("CREATE TABLE Page (Path TEXT)")
        connection.execute("INSERT INTO Page VALUES ('http://example.com/a'), ('http://example.com/ b')")
        connection.commit()
    shutil.copy(CASES / "error-data-not-an-iri" / "mapping.ttl", "pages.ttl")
    ran = cli("map", "pages.ttl", "-o", "out.nq", "--on-error", "skip", "--database", "sqlite:case.db")
    assert ran.code == 0, ran.err
    assert (folder / "out.nq").read_text().count("\n") == 1
    rejected = (folder / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[1].startswith("Page in sqlite:case.db,,Page,http://example.com/ b,")


def test_a_file_is_not_written_to(cli: Cli, folder: Path) -> None:
    before = (folder / "case.db").read_bytes()
    text = (CASES / "r2rml-05-2-views" / "mapping.ttl").read_text(encoding="utf-8")
    query = text.split('"""')[1]
    for statement in ("DELETE FROM City", "ATTACH DATABASE 'new.db' AS other", "DROP TABLE City", "COMMIT"):
        (folder / "writes.ttl").write_text(text.replace(query, statement), encoding="utf-8")
        ran = cli("map", "writes.ttl", "-o", "out.nq", "--database", "sqlite:case.db")
        assert ran.code == 2
        assert "GG018 the database refuses the query: " in ran.err
    assert (folder / "case.db").read_bytes() == before
    assert not (folder / "new.db").exists()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_passwords_come_from_the_environment(
    cli: Cli, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    text = (CASES / "rml-first-vocabulary" / "mapping.ttl").read_text(encoding="utf-8")
    with database(kind, SQL, folder) as url:
        place = url.split("@")[1]
        text = text.replace("DATABASE_DSN", f"jdbc:{kind}://{place}")
        (folder / "mapping.ttl").write_text(
            text.replace('d2rq:username "govgraph"', 'd2rq:username "govgraph" ; d2rq:password "secret"'),
            encoding="utf-8",
        )
        ran = cli("map", "mapping.ttl", "-o", "out.nq")
        assert ran.code == 0, ran.err
        said = "the password in the mapping is ignored, that of the environment is taken"
        (warning,) = caplog.messages  # without pytest, logging prints it on standard error
        assert warning.startswith("mapping.ttl:9:") and warning.endswith(said)
        assert "secret" not in ran.err
        real = os.environ["PGPASSWORD" if kind == "postgresql" else "MYSQL_PWD"]
        for name in PASSWORDS:
            monkeypatch.delenv(name, raising=False)
        ran = cli("map", "mapping.ttl", "-o", "out.nq")
        assert ran.code == 2
        assert ran.err.split(" ", 1)[1].startswith("GG020 a password stands in the mapping\n")
        own = "GOVGRAPH_DATABASE_PASSWORD_" + place.partition("/")[2].upper()
        monkeypatch.setenv(own, real)
        assert cli("map", "mapping.ttl", "-o", "out.nq").code == 0
        monkeypatch.setenv(own, "not the password")
        ran = cli("map", "mapping.ttl", "-o", "out.nq", "--json")
        assert ran.code == 2
        problem, _ = json.loads(ran.out)["problems"]
        assert problem["code"] == "GG016"
        assert problem["message"].startswith(f"no connection to '{url}': ")
        assert "not the password" not in ran.err + ran.out


@pytest.mark.parametrize(("kind", "package"), [("postgresql", "psycopg"), ("mysql", "pymysql")])
def test_a_package_that_is_missing(
    cli: Cli, folder: Path, kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"govgraph.engines.readers.{kind}", raising=False)
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--database", f"{kind}://127.0.0.1/x")
    assert ran.code == 2
    assert ran.err == (
        f"mapping.ttl:9:57: GG016 reading '{kind}://127.0.0.1/x' needs {package}, which is not installed\n"
        f"  hint: pip install 'govgraph[{kind}]'\n"
    )


def test_many_rows_are_read_in_batches(cli: Cli, folder: Path) -> None:
    with closing(sqlite3.connect("case.db")) as connection:
        connection.execute("DELETE FROM City")
        connection.executemany("INSERT INTO City (Code) VALUES (?)", ((n,) for n in range(25_001)))
        connection.commit()
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--json", "--database", "sqlite:case.db")
    assert json.loads(ran.out)["quads"] == 25_001


def test_a_build_reads_files_of_its_own_alone(folder: Path) -> None:
    with Path("out.nq").open("wb") as pipe:
        with pytest.raises(MappingError, match="GG021"):
            stream(folder / "mapping.ttl", pipe)
        source = "{access: 'postgresql://host/name', iterator: City}"
        text = "mappings: {m: {sources: [SOURCE], s: 'http://example.com/$(Code)'}}"
        (folder / "server.yml").write_text(text.replace("SOURCE", source), encoding="utf-8")
        with pytest.raises(MappingError, match="GG015 a database on a server"):
            stream(folder / "server.yml", pipe)
