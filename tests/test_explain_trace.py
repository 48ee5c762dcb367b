"""`govgraph explain` and `govgraph trace`: what a mapping does, and where a quad comes from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Cli

CASES = Path(__file__).parent / "cases" / "mapping"


@pytest.fixture
def joins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(CASES / "joins", tmp_path / "joins"))
    monkeypatch.chdir(folder)
    return folder


def test_explain_counts_the_quads_that_map_writes(cli: Cli, joins: Path) -> None:
    steps = json.loads(cli("explain", "mapping.yml", "--json").out)
    assert sum(step["quads"] for step in steps) == len((joins / "expected.nq").read_text().splitlines())
    assert {name for step in steps for name in step["mappings"]} == {"project"}
    assert all(step["sql"].startswith("SELECT") and step["plan"] for step in steps)


def test_explain_shows_sql_and_plan_on_request(cli: Cli, joins: Path) -> None:
    plain = cli("explain", "mapping.yml").out
    assert "SELECT" not in plain
    assert "mapping.yml:7:3" in plain
    assert "SCAN" in cli("explain", "mapping.yml", "--plan").out.upper()
    assert "-- step 1\nSELECT" in cli("explain", "mapping.yml", "--sql").out


def test_every_quad_has_an_origin(cli: Cli, joins: Path) -> None:
    quads = (joins / "expected.nq").read_text(encoding="utf-8").splitlines()
    subjects = sorted({quad.split(" ")[0].strip("<>") for quad in quads})
    traced = [
        o for s in subjects for o in json.loads(cli("trace", s, "--mapping", "mapping.yml", "--json").out)
    ]
    assert sorted({o["quad"] for o in traced}) == quads


def test_an_origin_names_rule_and_records(cli: Cli, joins: Path) -> None:
    subject = (joins / "expected.nq").read_text(encoding="utf-8").split(" ")[0].strip("<>")
    origins = json.loads(cli("trace", subject, "--mapping", "mapping.yml", "--json").out)
    lines = (joins / "mapping.yml").read_text(encoding="utf-8").splitlines()
    for origin in origins:
        predicate = origin["quad"].split(" ")[1].strip("<>").removeprefix("http://example.com/")
        file, line, _ = origin["rule"].split(":")
        assert file == "mapping.yml"
        near = "\n".join(lines[int(line) - 3 : int(line)])
        assert predicate.split("/")[0] in near
        record_file, record_line = origin["records"][0].split(":")
        record = (joins / record_file).read_text(encoding="utf-8").splitlines()[int(record_line) - 1]
        assert record.startswith(subject.rpartition("/")[2])


def test_the_object_of_a_quad_is_found_too(cli: Cli, joins: Path) -> None:
    quad = next(
        q for q in (joins / "expected.nq").read_text(encoding="utf-8").splitlines() if "/office/" in q
    )
    ran = cli("trace", quad.split(" ")[2].strip("<>"), "--mapping", "mapping.yml")
    assert (ran.code, quad in ran.out) == (0, True)


def test_nothing_found(cli: Cli, joins: Path) -> None:
    ran = cli("trace", "http://example.com/none", "--mapping", "mapping.yml")
    assert (ran.code, ran.out, ran.err) == (
        1,
        "",
        "no quad has <http://example.com/none> as subject or object\n",
    )
