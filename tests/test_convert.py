"""`govgraph convert`: the same quads from the other language, and what it cannot say.

Every folder of cases/convert holds a mapping and what it becomes: `expected.ttl`, `expected.yml`, or
`expected.txt` for the errors.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import Cli

HERE = Path(__file__).parent / "cases"
MAPPINGS = [c for c in sorted((HERE / "mapping").iterdir()) if (c / "expected.nq").exists()]
CASES = sorted((HERE / "convert").iterdir())
REFUSED = {
    *(c.name for c in MAPPINGS if c.name.startswith("collection-")),
    "blank-nodes-of-several-maps",
    "joins-rml",
    "terms-rml",
    "unsafe-iris-after-the-base",
    *("fnml-conditions", "fnml-functions-everywhere"),
}
"""RML with what YARRRML has no words for: joins on constants, term types, a base of one triples map, objects
that are blank nodes for each row, collections and containers, languages and datatypes that functions give,
graphs under conditions.
"""


def mapping_of(folder: Path) -> str:
    return next(p.name for p in sorted(folder.glob("mapping.*")))


@pytest.mark.parametrize("case", MAPPINGS, ids=lambda c: c.name)
def test_the_quads_stay_the_same_there_and_back(
    case: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    monkeypatch.chdir(folder)
    arguments = (folder / "arguments").read_text().split() if (folder / "arguments").exists() else []
    expected = (folder / "expected.nq").read_text(encoding="utf-8")
    steps = [mapping_of(folder), "rml.ttl", "back.yml", "again.ttl"]
    if case.name in REFUSED or case.name.startswith("view-"):  # YARRRML has no views
        ran = cli("convert", steps[0], steps[2])
        assert (ran.code, ran.out) == (2, "")
        assert all(": GG015 YARRRML cannot say " in line for line in ran.err.splitlines())
        assert not (folder / steps[2]).exists()
        steps = steps[:2]
    for source, target in [*pairwise(steps), *(((steps[0], "yarrrml.yml"),) if len(steps) > 2 else ())]:
        ran = cli("convert", source, target)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        ran = cli("map", target, "-o", "out.nq", "--sort", *arguments)
        assert ran.code == 0, ran.err
        assert (folder / "out.nq").read_text(encoding="utf-8") == expected, target


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    monkeypatch.chdir(folder)
    expected = next(folder.glob("expected.*"))
    mapping = mapping_of(folder)
    suffix = {"mapping.ttl": ".yml", "mapping.yml": ".ttl"}[mapping]
    ran = cli("convert", mapping, f"out{suffix}")
    if expected.suffix == ".txt":
        assert (ran.code, ran.err) == (2, expected.read_text(encoding="utf-8"))
        assert not (folder / f"out{suffix}").exists()
    else:
        assert (ran.code, ran.err) == (0, "")
        assert (folder / f"out{suffix}").read_text(encoding="utf-8") == expected.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(HERE / "mapping" / "joins", tmp_path / "joins")
    monkeypatch.chdir(tmp_path / "joins")
    return tmp_path / "joins"


def test_what_is_there_is_overwritten_only_by_force(cli: Cli, folder: Path) -> None:
    (folder / "out.ttl").write_text("old", encoding="utf-8")
    ran = cli("convert", "mapping.yml", "out.ttl")
    assert (ran.code, ran.err) == (2, "GG403 'out.ttl' is there already\n  hint: --force overwrites it\n")
    assert (folder / "out.ttl").read_text(encoding="utf-8") == "old"
    assert cli("convert", "mapping.yml", "out.ttl", "--force").code == 0
    assert (folder / "out.ttl").read_text(encoding="utf-8").startswith("@prefix ex:")


def test_the_mapping_itself_is_never_overwritten(cli: Cli, folder: Path) -> None:
    before = (folder / "mapping.yml").read_bytes()
    ran = cli("convert", "mapping.yml", "../joins/mapping.yml", "--force")
    assert ran.code == 2
    assert ran.err.startswith("GG403 '../joins/mapping.yml' is the mapping itself\n")
    assert (folder / "mapping.yml").read_bytes() == before


def test_an_ending_that_tells_no_language(cli: Cli, folder: Path) -> None:
    ran = cli("convert", "mapping.yml", "out.txt")
    assert ran.code == 2
    assert ran.err.startswith("GG104 'out.txt' has no ending that tells its language\n")


def test_standard_output(cli: Cli, folder: Path) -> None:
    ran = cli("convert", "mapping.yml", "-", "--to", "rml")
    assert (ran.code, ran.err) == (0, "")
    assert cli("convert", "mapping.yml", "out.ttl").code == 0
    assert ran.out == (folder / "out.ttl").read_text(encoding="utf-8")


def test_sources_are_found_from_another_folder(cli: Cli, folder: Path) -> None:
    (folder / "rml").mkdir()
    assert cli("convert", "mapping.yml", "rml/out.ttl").code == 0
    assert '"../offices.csv"' in (folder / "rml" / "out.ttl").read_text(encoding="utf-8")
    assert cli("map", "rml/out.ttl", "-o", "out.nq", "--sort").code == 0
    assert (folder / "out.nq").read_bytes() == (folder / "expected.nq").read_bytes()


def test_mistakes_of_the_mapping_come_first(cli: Cli, folder: Path) -> None:
    (folder / "mapping.yml").write_text("mappings: {a: {sauces: b}}\n", encoding="utf-8")
    ran = cli("convert", "mapping.yml", "out.ttl")
    assert ran.code == 2
    assert ran.err.startswith("mapping.yml:1:12: GG004 mapping 'a' has no 'sources'\n")
    assert not (folder / "out.ttl").exists()


def test_a_folder_that_is_not_there(cli: Cli, folder: Path) -> None:
    ran = cli("convert", "mapping.yml", "gone/out.ttl")
    assert (ran.code, ran.err) == (1, "gone/out.ttl: GG403 cannot be written: No such file or directory\n")
