"""The snapshot that a running server answers from."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from govgraph.errors import SnapshotError
from govgraph.iri import RDFS
from govgraph.project import Project
from govgraph.snapshot.history import CURRENT, Snapshot, current_snapshot

logger = logging.getLogger("govgraph.server")


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot with its store open, and the labels of its classes: IRI -> language -> label."""

    snapshot: Snapshot
    store: ox.Store
    class_labels: Mapping[str, Mapping[str, str]]


class Current:
    """Gives the current snapshot of a project, and notices when another one is promoted.

    Requests that began with the snapshot before keep its store open until they end.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._seen: tuple[str, int] | None = None

    def get(self) -> Opened:
        """The current snapshot, opened when it is first asked for.

        A promoted snapshot that cannot be opened is reported in the log, and the one before stays. Raises
        SnapshotError (GG601, GG604) where there is none before.
        """
        with self._lock:
            seen = self._look()
            if self._opened is None or seen != self._seen:
                try:
                    self._opened = open_current(self._project)
                except SnapshotError as e:
                    if self._opened is None:
                        raise
                    logger.error("%s; still serving snapshot %s", e, self._opened.snapshot.id)
                self._seen = seen
            return self._opened

    def _look(self) -> tuple[str, int] | None:
        """What the link points to now: the target, and the inode, which a rebuild under that id changes."""
        link = self._project.state / CURRENT
        try:
            return str(link.readlink()), link.stat().st_ino
        except OSError:
            return None


def open_current(project: Project) -> Opened:
    """The current snapshot of `project`, opened; raises SnapshotError GG601 or GG604."""
    snapshot = current_snapshot(project)
    store = snapshot.open_store()
    classes = {iri for counts in snapshot.manifest.classes.values() for iri in counts}
    return Opened(snapshot, store, {iri: _labels(store, iri) for iri in classes})


def _labels(store: ox.Store, iri: str) -> Mapping[str, str]:
    found = store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(RDFS + "label"), None, None)
    labels = (quad.object for quad in found)
    return {label.language or "": label.value for label in labels if isinstance(label, ox.Literal)}
