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


def test_rows_that_cannot_become_terms_are_left_out_on_request(cli: Cli, joins: Path) -> None:
    (joins / "rows.csv").write_text("id,url\n0\n1,http://a.example/\n2,b b\n", encoding="utf-8")
    (joins / "mapping.yml").write_text(
        "mappings: {m: {sources: [[rows.csv~csv]], s: 'http://b.example/$(id)',"
        " po: [[rdfs:seeAlso, $(url)~iri], [rdfs:label, x]]}}\n",
        encoding="utf-8",
    )
    for words in (["explain", "mapping.yml"], ["trace", "http://b.example/2", "--mapping", "mapping.yml"]):
        assert cli(*words).err.startswith("rows.csv:2: GG402 ")
    steps = json.loads(cli("explain", "mapping.yml", "--json", "--on-error", "skip").out)
    assert sum(step["quads"] for step in steps) == 2
    origins = traced(cli, "http://b.example/1", "--on-error", "skip")
    assert [o["records"] for o in origins] == [["rows.csv:3"]] * 2
    assert traced(cli, "http://b.example/2", "--on-error", "skip") == []


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mapping with a base, blank nodes, graphs, and predicates and texts that look like resources."""
    (tmp_path / "people.json").write_text(
        '[{"id": 1},\n {"id": 2, "text": "a> <http://b.example/id/1> b"}]', encoding="utf-8"
    )
    (tmp_path / "mapping.yml").write_text(
        """base: http://b.example/
prefixes: {ex: "http://example.com/"}
mappings:
  person:
    sources: [['people.json~jsonpath', '$[*]']]
    s: id/$(id)
    po:
      - [ex:text, $(text)]
      - {p: id/1, o: ex:o, graphs: id/1}
      - [ex:b, {value: $(id), type: blank}]
""",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def traced(cli: Cli, resource: str, *options: str) -> list[dict[str, str | list[str]]]:
    found = json.loads(cli("trace", resource, "--mapping", "mapping.yml", "--json", *options).out)
    assert isinstance(found, list)
    return found


def test_a_relative_iri_is_put_after_the_base_of_the_mapping(cli: Cli, several: Path) -> None:
    assert traced(cli, "id/1") == traced(cli, "http://b.example/id/1") != []


def test_predicates_graphs_and_texts_are_no_resources(cli: Cli, several: Path) -> None:
    assert {str(o["quad"]).split(" ")[0] for o in traced(cli, "id/1")} == {"<http://b.example/id/1>"}


def test_a_blank_node_is_found(cli: Cli, several: Path) -> None:
    quad = next(str(o["quad"]) for o in traced(cli, "id/2") if "_:" in str(o["quad"]))
    assert [o["quad"] for o in traced(cli, quad.split(" ")[2])] == [quad]


def test_a_record_of_json_is_named_by_line_and_iteration(cli: Cli, several: Path) -> None:
    assert {r for o in traced(cli, "id/2") for r in o["records"]} == {"people.json:2 (iteration 2)"}
