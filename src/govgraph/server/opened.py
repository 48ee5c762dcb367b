"""A snapshot as a worker holds it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from govgraph.iri import RDFS
from govgraph.snapshot.gone import read_gone
from govgraph.snapshot.history import Snapshot


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot with its store open, and the labels of its classes: IRI -> language -> label."""

    snapshot: Snapshot
    store: ox.Store
    class_labels: Mapping[str, Mapping[str, str]]

    def was_there(self, iri: str) -> bool:
        """Whether a former snapshot had `iri`, and this one has not."""
        return iri in read_gone(self.snapshot.path)


def open_snapshot(folder: Path) -> Opened:
    """The snapshot in `folder`, opened; raises SnapshotError GG604."""
    snapshot = Snapshot.load(folder)
    store = snapshot.open_store()
    classes = {iri for counts in snapshot.manifest.classes.values() for iri in counts}
    return Opened(snapshot, store, {iri: _labels(store, iri) for iri in classes})


def _labels(store: ox.Store, iri: str) -> Mapping[str, str]:
    found = store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(RDFS + "label"), None, None)
    labels = (quad.object for quad in found)
    return {label.language or "": label.value for label in labels if isinstance(label, ox.Literal)}
