"""From candidate to current snapshot, so that a crash at any point leaves one that is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from govgraph.project import Project
from govgraph.snapshot.history import CURRENT, STAND_IN, snapshots_folder

CANDIDATE = "candidate-"


def find_leftovers(project: Project) -> list[Path]:
    """What killed builds left behind, or what a build that is running works on."""
    link = project.state / CURRENT
    current = link.readlink().name if link.is_symlink() else None
    stand_ins = snapshots_folder(project).glob(f"*{STAND_IN}")
    return [*project.state.glob(f"{CANDIDATE}*"), *(p for p in stand_ins if p.name != current)]


def remove_leftovers(project: Project) -> None:
    """Removes what killed builds left behind; only under the lock. Raises OSError."""
    for path in find_leftovers(project):
        if path.suffix == STAND_IN and not path.with_suffix("").exists():
            path.rename(path.with_suffix(""))
        elif path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def promote(project: Project, candidate: Path, id: str) -> Path:  # noqa: A002
    """Makes the folder `candidate` the snapshot `id` and the current one; returns where it lies now.

    Where the snapshot is there already (a forced build), a stand-in of hard links is served while the old
    folder makes room for the new one. Raises OSError.
    """
    target = snapshots_folder(project) / id
    target.parent.mkdir(exist_ok=True)
    _sync_tree(candidate)
    if target.exists():
        stand_in = target.with_name(id + STAND_IN)
        shutil.copytree(candidate, stand_in, copy_function=os.link)
        _sync(stand_in.parent)
        point_current_at(project, stand_in)
        target.rename(project.state / f"{CANDIDATE}replaced-{id}")
    candidate.rename(target)
    _sync(target.parent)
    point_current_at(project, target)
    remove_leftovers(project)
    return target


def point_current_at(project: Project, snapshot: Path) -> None:
    """Swaps the symbolic link `current` in one rename; raises OSError."""
    link = project.state / f"{CANDIDATE}{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(snapshot.relative_to(project.state))
    link.replace(project.state / CURRENT)
    _sync(project.state)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Waits until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
