"""Names in the graph are held against what the lines of the document were seen to hold.

Each file of `tests/cases/projects/village-cases` edits the village after it was read from its document, and
holds what a build then prints on standard error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cli
from tests.projects import PROJECTS, edit

CASES = sorted((PROJECTS / "village-cases").glob("*.yml"))


@pytest.fixture
def village(cli: Cli, tmp_path: Path) -> Path:
    """A village whose document was read."""
    folder = Path(shutil.copytree(PROJECTS / "village", tmp_path / "village"))
    ran = cli("--project", folder, "extract", "village-2021", folder / "document.txt")
    assert ran.code == 0, ran.err
    return folder


def test_names_of_every_kind_stand_in_their_lines(cli: Cli, village: Path) -> None:
    ran = cli("--project", village, "build")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("case", CASES, ids=[c.stem for c in CASES])
def test_a_name_that_its_lines_do_not_hold_fails(case: Path, cli: Cli, village: Path) -> None:
    wanted = yaml.safe_load(case.read_text(encoding="utf-8"))
    for name, changes in wanted["edit"].items():
        edit(village / name, *map(tuple, changes))
    ran = cli("--project", village, "build")
    assert (ran.code, ran.err) == (1, wanted["problems"])
