"""Data that cannot become terms: `--on-error` decides, nothing is lost in silence."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Cli

CASE = Path(__file__).parent / "cases" / "rejects"
BASE = ("--base", "http://b.example/")
REJECTED = [
    ("3", "row", "x"),
    ("4", "other", "a b"),
    ("4", "row", "a b"),
    ("5", "row", "昨日"),
    ("8", "", "6,6,http://a.b/6,,7"),
    ("10", "row", "?"),
]
"""Line, mapping and value of each row that is left out; the record of line 5 goes on in line 6."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CASE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def side_file(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["mapping"], row["value"]) for row in csv.DictReader(file)]


def test_stop_tells_the_first_and_writes_nothing(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", *BASE)
    assert ran.code == 1
    assert ran.err.startswith("rows.csv:")
    assert sorted(p.name for p in folder.iterdir()) == ["mapping.yml", "rows.csv"]


def test_skip_leaves_out_whole_rows_and_writes_them_beside(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", "--on-error", "skip", *BASE)
    assert ran.code == 0
    assert ran.err.endswith("6 rows were left out: see out.nq.rejected.csv\n")
    assert side_file(folder / "out.nq.rejected.csv") == REJECTED
    quads = (folder / "out.nq").read_text(encoding="utf-8")
    subjects = {line.split(" ")[0] for line in quads.splitlines()}
    assert {f"<http://example.com/r/{n}>" for n in (1, 5, 7)} <= subjects
    assert not any(s.startswith("<http://example.com/r/") and s[-2] in "23468" for s in subjects)
    assert '<http://a.b/2> <http://example.com/x> "2" .' in quads  # wrong for one mapping, not for the other


def test_skip_in_json(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip", "--json", *BASE)
    told = json.loads(ran.out)
    assert (told["rejected"], told["rejected_file"]) == (6, "out.nq.rejected.csv")
    assert told["quads"] == (folder / "out.nq").read_bytes().count(b"\n")


def test_skip_on_standard_output_keeps_the_rows_that_are_left_out(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "-", "--on-error", "skip", *BASE)
    assert ran.code == 0
    assert side_file(folder / "mapping.yml.rejected.csv") == REJECTED


def test_report_tells_all_and_gives_no_output(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "report", *BASE)
    assert ran.code == 1
    assert [line.split(":")[1] for line in ran.err.splitlines() if line.startswith("rows.csv:")] == [
        line for line, _, _ in REJECTED
    ]
    assert side_file(folder / "out.nq.rejected.csv") == REJECTED
    assert not (folder / "out.nq").exists()


def test_clean_data_makes_no_side_file(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").write_text("id,n,url,d\n1,1,http://a.b/1,\n", encoding="utf-8")
    (folder / "out.nq.rejected.csv").write_text("of an earlier run\n", encoding="utf-8")
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip", *BASE).code == 0
    assert not (folder / "out.nq.rejected.csv").exists()


def test_the_character_nul_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").write_bytes(b"id,n,url,d\n1,1,http://a.b/1,\n\x002,1,http://a.b/2,\n")
    (folder / "mapping.yml").write_text(
        "mappings: {row: {sources: [[rows.csv~csv]], s: $(url), po: [[rdfs:label, $(id)]]}}\n",
        encoding="utf-8",
    )
    ran = cli("map", "mapping.yml", "-o", "-", *BASE)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "rows.csv:3: GG401 '\\x002' holds the character NUL, which RDF has not\n"
        "  hint: remove it from the source\n"
    )


def test_data_of_a_datatype_that_the_data_name_and_unsafe_iris(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("id,type,value\n1,integer,x\n2,string,a b\n", encoding="utf-8")
    Path("mapping.ttl").write_text(
        """@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.com/> .
ex:rows
  rml:logicalSource [
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "rows.csv" ] ;
    rml:referenceFormulation rml:CSV
  ] ;
  rml:subjectMap [ rml:termType rml:BlankNode ] ;
  rml:predicateObjectMap [
    rml:predicate ex:value ;
    rml:objectMap [
      rml:reference "value" ;
      rml:datatypeMap [ rml:template "http://www.w3.org/2001/XMLSchema#{type}" ]
    ]
  ] ;
  rml:predicateObjectMap [
    rml:predicate ex:joined ;
    rml:objectMap [
      rml:parentTriplesMap ex:rows ;
      rml:joinCondition [ rml:child "id" ; rml:parent "id" ]
    ]
  ] .
""",
        encoding="utf-8",
    )
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--on-error", "skip")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "1 row was left out: see out.nq.rejected.csv")
    value, joined = sorted(Path("out.nq").read_text(encoding="utf-8").splitlines(), reverse=True)
    node = value.split(" ")[0]
    assert value == f'{node} <http://example.com/value> "a b" .'
    assert joined == f"{node} <http://example.com/joined> {node} ."
    side = Path("out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert side[1:] == ["rows.csv,2,rows,x,'x' is not of type http://www.w3.org/2001/XMLSchema#integer"]


def test_a_quote_that_is_not_closed_loses_nothing_in_silence(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").write_text(
        'id,n,url,d\n1,1,http://a.b/1,\n"x"y,1,http://a.b/2,\n3,"1,http://a.b/3,\n4,1,http://a.b/4,\n',
        encoding="utf-8",
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip", *BASE)
    assert (ran.code, ran.err.endswith("2 rows were left out: see out.nq.rejected.csv\n")) == (0, True)
    assert side_file(folder / "out.nq.rejected.csv") == [
        ("3", "", '"x"y,1,http://a.b/2,'),
        ("4", "", '3,"1,http://a.b/3,\n4,1,http://a.b/4,\n'),
    ]
