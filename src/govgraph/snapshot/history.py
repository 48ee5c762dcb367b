"""The snapshots of a project: which one is current, which others there are.

.govgraph/
  current -> snapshots/<id>     relative symbolic link, swapped by one rename
  snapshots/<id>/
    store/                      Oxigraph store, only ever opened read-only
    manifest.json
    quads.nq.gz                 the same quads: sorted N-Quads
"""

from __future__ import annotations

from dataclasses import dataclass
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
        return sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())


def snapshots_folder(project: Project) -> Path:
    """Where the snapshots of `project` lie; it need not exist yet."""
    return project.state / SNAPSHOTS


def current_snapshot(project: Project) -> Snapshot:
    """The snapshot that is served; a later build does not change what was returned.

    Raises SnapshotError: GG601 where nothing was built yet, GG604 where the current snapshot is damaged.
    """
    folder = _current_folder(project)
    if folder is None:
        raise SnapshotError("no snapshot yet", "GG601", hint="run `govgraph build`")
    return Snapshot.load(folder)


def _current_folder(project: Project) -> Path | None:
    link = project.state / CURRENT
    return snapshots_folder(project) / link.readlink().name if link.is_symlink() else None


def list_snapshots(project: Project) -> list[Snapshot]:
    """All snapshots of `project`, the newest first; raises SnapshotError GG604 with all that are damaged."""
    found: dict[str, Snapshot] = {}
    problems: list[Problem] = []
    current = _current_folder(project)
    folders = [f for f in snapshots_folder(project).glob("*") if f.suffix != STAND_IN and f != current]
    for folder in (*folders, *filter(None, [current])):
        try:
            snapshot = Snapshot.load(folder)
            found[snapshot.id] = snapshot
        except SnapshotError as e:
            problems += e.problems
    if problems:
        raise SnapshotError.collect(problems)
    return sorted(found.values(), key=lambda s: (s.manifest.created, s.id), reverse=True)
