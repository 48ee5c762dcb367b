"""The snapshots of a project: which one is current, which others there are.

.govgraph/
  current -> snapshots/<id>     relative symbolic link, swapped by one rename
  snapshots/<id>/
    store/                      Oxigraph store, only ever opened read-only
    manifest.json
    quads.nq.gz                 the same quads: sorted N-Quads
    search.sqlite               what resources are called
"""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Store

from govgraph.errors import Problem, SnapshotError
from govgraph.project import Project
from govgraph.snapshot.manifest import REBUILD, Manifest

CURRENT = "current"
SNAPSHOTS = "snapshots"
STORE = "store"
QUADS_FILE = "quads.nq.gz"
STAND_IN = ".new"
"""Ending of a folder that is served for a moment while the snapshot of the same id is replaced."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A built, checked, immutable state of the graph; `path` is its folder."""

    id: str
    path: Path
    manifest: Manifest

    @classmethod
    def load(cls, path: Path) -> Snapshot:
        """The snapshot in the folder `path`; raises SnapshotError GG604 where its manifest cannot be read."""
        manifest = Manifest.read(path)
        return cls(manifest.id, path, manifest)

    @property
    def quads_file(self) -> Path:
        """All quads as sorted N-Quads, compressed with gzip."""
        return self.path / QUADS_FILE

    def open_store(self) -> Store:
        """The store, read-only, in any number of processes; raises SnapshotError GG604 if it is damaged."""
        try:
            return Store.read_only(str(self.path / STORE))
        except (OSError, RuntimeError, ValueError) as e:
            raise SnapshotError(
                f"snapshot {self.id} is damaged: its store cannot be opened: {e}", "GG604", hint=REBUILD
            ) from e

    def size(self) -> int:
        """Bytes on disk."""
        return _size(self.path)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder that should hold a snapshot, and why it cannot be read (GG604)."""

    id: str
    path: Path
    problem: Problem

    def size(self) -> int:
        """Bytes on disk."""
        return _size(self.path)


def _size(folder: Path) -> int:
    sizes = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a build may be replacing the folder
            status = path.stat()
            sizes.append(status.st_size if stat.S_ISREG(status.st_mode) else 0)
    return sum(sizes)


def snapshots_folder(project: Project) -> Path:
    """Where the snapshots of `project` lie; it need not exist yet."""
    return project.state / SNAPSHOTS


def current_snapshot(project: Project) -> Snapshot:
    """The snapshot that is served; a later build does not change what was returned.

    Raises SnapshotError: GG601 where nothing was built yet, GG604 where the current snapshot is damaged.
    """
    folder = current_folder(project)
    if folder is None:
        raise SnapshotError("no snapshot yet", "GG601", hint="run `govgraph build`")
    return Snapshot.load(folder)


def current_folder(project: Project) -> Path | None:
    """The folder of the snapshot that is served, which need not be intact; None where nothing was built."""
    try:
        return snapshots_folder(project) / (project.state / CURRENT).readlink().name
    except OSError:  # no such link
        return None


def list_snapshots(project: Project) -> list[Snapshot | Damaged]:
    """All snapshots of `project`, the newest first, and after them those whose manifest cannot be read."""
    intact: dict[str, Snapshot] = {}
    damaged: list[Damaged] = []
    current = current_folder(project)
    folders = [f for f in snapshots_folder(project).glob("*") if f.suffix != STAND_IN and f != current]
    for folder in (*sorted(folders), *filter(None, [current])):
        try:
            snapshot = Snapshot.load(folder)
            intact[snapshot.id] = snapshot
        except SnapshotError as e:
            hint = REBUILD if folder == current else f"it is not served: remove {project.shown(folder)}"
            damaged.append(Damaged(folder.name, folder, replace(e.problems[0], hint=hint)))
    return [*sorted(intact.values(), key=lambda s: (s.manifest.created, s.id), reverse=True), *damaged]
