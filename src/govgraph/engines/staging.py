"""Where the bytes of a source are: the file that a mapping names, as the readers can read it."""

from __future__ import annotations

from pathlib import Path

from govgraph.mapping.model import LogicalSource


def staged(folder: Path, source: LogicalSource) -> Path:
    """The file of a source whose path is relative to `folder`."""
    return folder / source.path
