"""From candidate to current snapshot, so that a crash at any point leaves one that is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from govgraph.project import Project
from govgraph.snapshot.history import CURRENT, snapshots_folder

CANDIDATE = "candidate-"
_STAND_IN = ".new"


def remove_leftovers(project: Project) -> None:
    """Removes what killed builds left behind; only under the lock. Raises OSError."""
    link = project.state / CURRENT
    current = link.readlink().name if link.is_symlink() else None
    for path in project.state.glob(f"{CANDIDATE}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in snapshots_folder(project).glob(f"*{_STAND_IN}"):
        if path.name == current:
            continue
        if path.with_suffix("").exists():
            shutil.rmtree(path)
        else:
            path.rename(path.with_suffix(""))


def promote(project: Project, candidate: Path, id: str) -> Path:  # noqa: A002
    """Makes the folder `candidate` the snapshot `id` and the current one; returns where it lies now.

    Where the snapshot is there already (a forced build), a stand-in of hard links is served while the old
    folder makes room for the new one. Raises OSError.
    """
    target = snapshots_folder(project) / id
    target.parent.mkdir(exist_ok=True)
    _sync_tree(candidate)
    if target.exists():
        stand_in = target.with_name(id + _STAND_IN)
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
