"""The manifest of a snapshot: what it was made of, what it holds, how long that took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from govgraph.errors import SnapshotError

MANIFEST_FILE = "manifest.json"


class Manifest(BaseModel):
    """`manifest.json` of a snapshot; a key that this version does not know is ignored."""

    model_config = ConfigDict(frozen=True)

    id: str
    """First 16 hexadecimal digits of the hash of the inputs."""
    tool: str
    """Version of govgraph that built it."""
    created: datetime
    """When it was built, UTC."""
    previous: str | None
    """Id of the snapshot that was served before, None for the first."""
    inputs: Mapping[str, str]
    """Name of an input -> its SHA-256 in hexadecimal digits."""
    graphs: Mapping[str, int]
    """IRI of a named graph -> quads."""
    classes: Mapping[str, Mapping[str, int]]
    """IRI of a named graph -> IRI of a class -> instances."""
    properties: Mapping[str, Mapping[str, int]] = {}
    """IRI of a named graph -> IRI of a property -> triples; empty where they were not counted."""
    durations: Mapping[str, float]
    """Phase of the build -> seconds."""
    prefixes: Mapping[str, str] = {}
    """Prefix -> namespace, as declared in what was loaded."""

    # What follows differs from its default only where files are served without a project: a build has no
    # triple outside of the named graphs, and none in two of them.
    default: int = 0
    """Triples of the default graph itself; `classes` and `properties` tell of it under an empty IRI."""
    nameless: int = 0
    """Quads in graphs that are named by blank nodes."""
    repeated: int = 0
    """Quads whose triple stands in another graph too, without the first one of each triple."""
    overlapping: tuple[str, ...] = ()
    """IRIs of the named graphs that hold a triple which another graph holds too."""
    union: Literal["virtual", "stored"] = "virtual"
    """`stored`: the store's default graph holds the triples of all graphs, each once."""

    @property
    def has_named_graphs(self) -> bool:
        """Whether there is more than a default graph."""
        return bool(self.graphs) or self.nameless > 0

    @property
    def quads(self) -> int:
        """Quads of the whole snapshot."""
        return sum(self.graphs.values()) + self.default + self.nameless

    @property
    def triples(self) -> int:
        """Triples of all graphs together, each counted once."""
        return self.quads - self.repeated

    def write(self, folder: Path) -> None:
        """Writes `manifest.json` into `folder`; raises OSError."""
        text = self.model_dump_json(indent=2)
        (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in `folder`; raises SnapshotError GG604 where it is missing or not a manifest."""
        path = folder / MANIFEST_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as e:
            reason = f"{MANIFEST_FILE} cannot be read: {e.strerror}"
        except ValidationError as e:
            reason = f"{MANIFEST_FILE} is not a manifest: {e.errors()[0]['msg']}"
        raise SnapshotError(f"snapshot {folder.name} is damaged: {reason}", "GG604", hint=REBUILD)


REBUILD = "build it again: `govgraph build`"
