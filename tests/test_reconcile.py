"""`govgraph reconcile`: printed names of a tiny project against its table of names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Cli
from tests.projects import edit

FAIRS = "records/fair-2020/fairs.csv"


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REPOSITORY / "tests" / "cases" / "reconcile", tmp_path / "city"))


def test_names_that_match_no_entity_stand_with_their_rows_and_the_nearest_names(cli: Cli, city: Path) -> None:
    ran = cli("--project", city, "reconcile", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["looked_up"] == 7
    assert {
        (u["column"], u["name"], u["scope"]): [(p["file"], p["line"]) for p in u["places"]]
        for u in found["unmatched"]
    } == {
        ("partner", "NPO法人さくら会", None): [(FAIRS, 3), (FAIRS, 8)],
        ("partner", "丘の上みどりの会連絡会", None): [(FAIRS, 4)],
        ("partner", "丘の上みどり会連絡会", None): [(FAIRS, 7)],
        ("section", "総務課", "999024"): [(FAIRS, 4), (FAIRS, 7)],
    }
    near = {u["name"]: [(n["entity"], n["score"]) for n in u["near"]] for u in found["unmatched"]}
    assert near["NPO法人さくら会"] == [("id/org/sakura", 100.0)]
    assert near["総務課"] == [("id/lg/999024/unit/zeimu", 66.7)]


def test_pairs_are_of_two_entities_or_two_unknown_names(cli: Cli, city: Path) -> None:
    pairs = json.loads(cli("--project", city, "reconcile", "--json").out)["pairs"]
    assert [(p["score"], [n["name"] for n in p["names"]]) for p in pairs] == [
        (95.2, ["丘の上みどりの会連絡会", "丘の上みどり会連絡会"]),
        (91.7, ["港町商店街振興組合連合会", "港町商店街振興組合聯合会"]),
    ]
    assert json.loads(cli("--project", city, "reconcile", "--json", "--least", "96").out)["pairs"] == []


def test_a_row_of_the_table_settles_a_name(cli: Cli, city: Path) -> None:
    table = city / "records" / "reference" / "names.csv"
    with table.open("a", encoding="utf-8") as file:
        file.write("sakura-2,NPO法人さくら会,,id/org/sakura\n")
    out = cli("--project", city, "reconcile").out
    assert "NPO法人さくら会" not in out
    assert out.splitlines()[0] == f"{FAIRS}:4: partner '丘の上みどりの会連絡会' matches no entity"
    assert out.splitlines()[-1] == "7 names looked up: 3 match no entity; 2 pairs look alike"


def test_only_the_datasets_named_are_looked_at(cli: Cli, city: Path) -> None:
    out = cli("--project", city, "reconcile", "reference", "--least", "99").out
    assert out == "0 names looked up: 0 match no entity; 0 pairs look alike\n"
    ran = cli("--project", city, "reconcile", "fair-2021")
    assert ran.code == 2
    assert "GG103 unknown dataset 'fair-2021'" in ran.err
    assert "did you mean 'fair-2020'?" in ran.err


def test_a_wrong_mapping_is_told_at_its_place(cli: Cli, city: Path) -> None:
    edit(city / "mappings" / "fair-2020" / "mapping.yml", ("$(partner)", "$(partners)"))
    ran = cli("--project", city, "reconcile")
    assert ran.code == 2
    assert ran.err.startswith("mappings/fair-2020/mapping.yml:20:")
    assert "GG012 unknown column 'partners' in source 'fairs'" in ran.err


def test_nothing_is_written(cli: Cli, city: Path) -> None:
    before = {p: p.read_bytes() for p in city.rglob("*") if p.is_file()}
    cli("--project", city, "reconcile")
    assert {p: p.read_bytes() for p in city.rglob("*") if p.is_file()} == before
