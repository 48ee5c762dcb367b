"""Tables of records against their data package: `tests/cases/records/<case>/`, problems in `expected.txt`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from govgraph.project import Project
from govgraph.records import check_records
from tests.conftest import REPOSITORY

CASES = sorted((REPOSITORY / "tests" / "cases" / "records").iterdir())


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_case(case: Path, tmp_path: Path) -> None:
    (tmp_path / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 町, en: Town}\n")
    (tmp_path / "mappings" / "town").mkdir(parents=True)
    (tmp_path / "mappings" / "town" / "dataset.yml").write_text("title: {ja: 町, en: Town}\n")
    shutil.copytree(case, tmp_path / "records" / "town", ignore=shutil.ignore_patterns("expected.txt"))
    problems = check_records(Project.load(tmp_path).dataset("town"))
    found = "".join(f"{problem}\n" for problem in problems)
    assert found == (case / "expected.txt").read_text(encoding="utf-8")
