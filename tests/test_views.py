"""Logical views where data are wrong, where quads come from, and in SQL (RML-LV)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Cli

CASES = Path(__file__).parent / "cases" / "mapping"


@pytest.fixture
def in_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    shutil.copytree(CASES / request.param, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    return tmp_path / "case"


@pytest.mark.parametrize(
    ("in_case", "kept", "side"),
    [
        (
            "error-data-view-text-is-not-json",
            ["a/Aoki", "c/Chiba"],
            'offices.csv,3,Person,"[{""name"": ""Baba""","not a JSON document: '
            "Expecting ',' delimiter: line 1 column 17 (char 16) (field 'person')\"",
        ),
        (
            "error-data-view-object-in-records",
            ["Aoki", "Doi"],
            'offices.json,3,Person,"{""staff"": [{""name"": ""Baba""}, {""name"": {""first"": ""C""}}]}",'
            '"\'$.name\' gives {""first"": ""C""}, where a text is expected (iteration 2)"',
        ),
        (
            "error-data-view-not-an-iri",
            ["a", "b"],
            "links.json,3,Link,not an iri,'not an iri' is not an IRI (iteration 2)",
        ),
    ],
    indirect=["in_case"],
)
def test_rows_that_cannot_be_read_are_left_out(in_case: Path, cli: Cli, kept: list[str], side: str) -> None:
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    lines = (in_case / "out.nq").read_text(encoding="utf-8").splitlines()
    assert [line.split(">")[0] for line in lines] == [f"<http://example.com/{name}" for name in kept]
    assert (in_case / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()[1:] == [side]


@pytest.mark.parametrize("in_case", ["view-joins"], indirect=True)
def test_quads_of_a_view_are_traced_to_the_records_of_its_source(in_case: Path, cli: Cli) -> None:
    ran = cli("trace", "--mapping", "mapping.ttl", "http://example.com/inner/bob")
    assert (ran.code, ran.err) == (0, "")
    assert in_case.exists()
    assert ran.out.splitlines() == [
        '<http://example.com/inner/bob> <http://example.com/item> "flower (15)" .',
        "  mapping.ttl:42:82 (Inner) from people.csv:3",
    ]


@pytest.mark.parametrize("in_case", ["view-joins"], indirect=True)
def test_each_query_is_explained(in_case: Path, cli: Cli) -> None:
    assert in_case.exists()
    ran = cli("explain", "mapping.ttl")
    assert (ran.code, ran.err) == (0, "")
    assert "Left" in ran.out
    assert "Inner" in ran.out
    ran = cli("compile", "mapping.ttl")
    assert (ran.code, ran.err) == (0, "")
    assert 'FROM "left"' in ran.out


@pytest.mark.parametrize("in_case", ["view-annotations"], indirect=True)
def test_annotations_are_written_to_rml(in_case: Path, cli: Cli) -> None:
    assert cli("convert", "mapping.ttl", "out.ttl").code == 0
    text = (in_case / "out.ttl").read_text(encoding="utf-8")
    assert '[ a rml:PrimaryKeyAnnotation ; rml:onFields ("name") ]' in text
    assert "rml:targetView <#members>" in text
