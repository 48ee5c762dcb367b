"""Tiny projects as data: copied into a folder of their own, edited, and looked at."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import REPOSITORY

PROJECTS = REPOSITORY / "tests" / "cases" / "projects"
TOWN = PROJECTS / "town"
"""Two datasets: a table of reference, and four measures of a town with their anchors."""


def copy_town(folder: Path) -> Path:
    """A copy of the town's project below `folder`, not yet built."""
    return Path(shutil.copytree(TOWN, folder / "town"))


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replaces each text that must stand in the file by another."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{old!r} does not stand in {path.name}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8", newline="\n")


def leftovers(project: Path) -> list[str]:
    """What a build that did not end left in `.govgraph`."""
    state = project / ".govgraph"
    return sorted(p.name for p in (*state.glob("candidate-*"), *state.glob("snapshots/*.new")))
