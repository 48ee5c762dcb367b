"""Every folder of cases/mapping: a mapping (YARRRML or RML), its sources, and its quads or errors.

`expected.nq` holds the quads; `expected.txt` what is printed instead, with exit code 1 for errors of the
data and 2 for errors of the mapping; `arguments` holds further arguments, if any.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from govgraph.engines import loading
from tests.conftest import Cli

CASES = sorted((Path(__file__).parent / "cases" / "mapping").iterdir())


def mapping_of(case: Path) -> str:
    return "mapping.ttl" if (case / "mapping.ttl").exists() else "mapping.yml"


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    monkeypatch.chdir(folder)
    arguments = (folder / "arguments").read_text().split() if (folder / "arguments").exists() else []
    ran = cli("map", mapping_of(case), "-o", "out.nq", "--sort", *arguments)
    if (expected := folder / "expected.txt").exists():
        assert ran.err == expected.read_text(encoding="utf-8")
        assert ran.code == (1 if case.name.startswith("error-data") else 2)
        assert not (folder / "out.nq").exists()
        assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in case.iterdir())
    else:
        assert ran.code == 0, ran.err
        quads = (folder / "out.nq").read_text(encoding="utf-8")
        assert quads == (folder / "expected.nq").read_text(encoding="utf-8")
        for small in (loading.SMALL_BYTES, -1):  # other plans make them where they are not to be sorted
            monkeypatch.setattr(loading, "SMALL_BYTES", small)
            ran = cli("map", mapping_of(case), "-o", "out.nq", *arguments)
            unsorted = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
            assert sorted(unsorted) == sorted(quads.splitlines())
            assert ran.err.startswith(f"{len(unsorted):,} quads in ")


@pytest.mark.parametrize("case", [c for c in CASES if (c / "plan.sql").exists()], ids=lambda c: c.name)
def test_plan(case: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SQL of a case is a reviewed file: a change of the compiler shows in its difference."""
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    monkeypatch.chdir(folder)
    ran = cli("compile", mapping_of(case))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (case / "plan.sql").read_text(encoding="utf-8")
