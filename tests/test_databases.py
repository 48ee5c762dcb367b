"""Every folder of cases/databases: a mapping, the SQL that makes its database, and its quads or errors.

`database.sql` is run on every kind of database, `database.<kind>.sql` on that kind alone; what is expected
may likewise be that of one kind. In mappings and errors, DATABASE_URL stands for the database's URL,
DATABASE_DSN for that of JDBC, DATABASE_TYPE for its kind. R2RML's database is named by --database.
"""

from __future__ import annotations

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
