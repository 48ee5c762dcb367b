"""Where the bytes of a source are: the file that a mapping names, as the readers can read it."""

from __future__ import annotations

from pathlib import Path

from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.databases import is_file
from govgraph.mapping.model import LogicalSource


def staged(folder: Path, source: LogicalSource) -> Path:
    """The file of a source whose path is relative to `folder`; that itself for a server's database."""
    if source.formulation in DATABASE_FORMULATIONS:
        known = source.database if source.database and is_file(source.database) else None
        return folder / known.url.removeprefix("sqlite:") if known else folder
    return folder / source.path
