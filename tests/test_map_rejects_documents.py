"""Data of JSON and XML that cannot become terms: rows are left out, told with line and iteration."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import Cli

PEOPLE = """{"people": [
 {"id": 1, "name": "Ann", "url": "http://a.example/1"},
 {"id": 2, "name": {"first": "Bob"}, "url": "http://a.example/2"},
 {"id": 3, "name": "Cid", "url": "c d"},
 {"id": 4, "name": ["Dan"], "url": "<>"}
]}"""
MAPPING = """
prefixes: {ex: "http://example.com/"}
mappings:
  person:
    sources: [['people.json~jsonpath', '$.people[*]']]
    s: ex:$(id)
    po: [[ex:name, $(name)], [ex:url, $(url)~iri]]
  other:
    sources: [['people.json~jsonpath', '$.people[*]']]
    s: ex:other/$(id)
    po: [[ex:id, $(id)]]
"""
TREE = """<people>
 <person id="1"><url>http://a.example/1</url></person>
 <person id="2">
  <url>c d</url><url>http://a.example/2</url>
 </person>
</people>"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "people.json").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "people.xml").write_text(TREE, encoding="utf-8")
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def side_file(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["mapping"], row["problem"]) for row in csv.DictReader(file)]


def quads(path: Path) -> set[str]:
    return {line.replace("http://example.com/", "") for line in path.read_text(encoding="utf-8").splitlines()}


WRONG = ", where a text, a number or a truth value is expected (iteration "
TOLD = [
    ("3", "person", '\'name\' gives an object, {"first": "Bob"}' + WRONG + "2)"),
    ("4", "person", "'c d' is not an IRI (iteration 3)"),
    ("5", "person", "'<>' is not an IRI (iteration 4)"),
    ("5", "person", "'name' gives an array, [\"Dan\"]" + WRONG + "4)"),
]


@pytest.mark.parametrize("iterator", ["$.people[*]", "$.people[?@.id]"])
def test_rows_of_json_are_left_out_of_the_mappings_that_cannot_use_them(
    cli: Cli, folder: Path, iterator: str
) -> None:
    (folder / "mapping.yml").write_text(MAPPING.replace("$.people[*]", iterator), encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 0, ran.err
    assert ran.err.endswith("3 rows were left out: see out.nq.rejected.csv\n")
    told = side_file(folder / "out.nq.rejected.csv")
    lines_are_known = iterator.endswith("[*]")
    assert sorted(told) == sorted((line if lines_are_known else "", *rest) for line, *rest in TOLD)
    of_persons = {q for q in quads(folder / "out.nq") if not q.startswith("<other/")}
    assert of_persons == {'<1> <name> "Ann" .', "<1> <url> <http://a.example/1> ."}
    assert len(quads(folder / "out.nq")) == 2 + 4


def test_report_of_json(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "report", "--json")
    assert ran.code == 1
    problems = json.loads(ran.out)["problems"]
    assert [(p["code"], p["line"]) for p in problems] == [("GG401", int(line)) for line, _, _ in TOLD]
    assert not (folder / "out.nq").exists()


def test_json_counts_rows_not_values(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip", "--json")
    assert json.loads(ran.out)["rejected"] == 3


def test_an_element_with_one_wrong_value_of_several_is_left_out(cli: Cli, folder: Path) -> None:
    text = MAPPING.replace("people.json~jsonpath', '$.people[*]'", "people.xml~xpath', /people/person")
    text = text.replace("$(id)", "$(@id)").replace("[ex:name, $(name)], ", "")
    (folder / "mapping.yml").write_text(text, encoding="utf-8")
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    assert side_file(folder / "out.nq.rejected.csv") == [("3", "person", "'c d' is not an IRI (iteration 2)")]
    assert {q for q in quads(folder / "out.nq") if "<url>" in q} == {"<1> <url> <http://a.example/1> ."}


def test_a_document_that_cannot_be_read_ends_the_run(cli: Cli, folder: Path) -> None:
    (folder / "people.json").write_text('{"people": [', encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 1
    assert ran.err.startswith("people.json:1:")
    assert sorted(p.name for p in folder.iterdir()) == ["mapping.yml", "people.json", "people.xml"]


def test_empty_lines_of_a_table_with_one_column(cli: Cli, folder: Path) -> None:
    (folder / "urls.csv").write_text('url\nhttp://a.example/\n\nb b\n""\n\nc c\n', encoding="utf-8")
    (folder / "mapping.yml").write_text(
        "mappings: {m: {sources: [[urls.csv~csv]], s: $(url), po: [[rdfs:label, x]]}}\n", encoding="utf-8"
    )
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    assert [line for line, _, _ in side_file(folder / "out.nq.rejected.csv")] == ["4", "7"]


def test_a_long_cell_of_a_row_that_is_left_out(cli: Cli, folder: Path) -> None:
    (folder / "urls.csv").write_text(f"url,text\na a,{'x' * 200_000}\n", encoding="utf-8")
    (folder / "mapping.yml").write_text(
        "mappings: {m: {sources: [[urls.csv~csv]], s: $(url), po: [[rdfs:label, $(text)]]}}\n",
        encoding="utf-8",
    )
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    assert [line for line, _, _ in side_file(folder / "out.nq.rejected.csv")] == ["2"]


def test_a_source_is_not_overwritten_by_what_is_left_out(cli: Cli, folder: Path) -> None:
    (folder / "people.json").rename(folder / "out.nq.rejected.csv")
    (folder / "mapping.yml").write_text(
        MAPPING.replace("people.json", "out.nq.rejected.csv"), encoding="utf-8"
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 1
    assert ran.err.startswith("out.nq.rejected.csv: GG403 is read by this mapping, and would be overwritten")
    assert (folder / "out.nq.rejected.csv").read_text(encoding="utf-8") == PEOPLE
