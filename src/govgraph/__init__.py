"""govgraph: documents of Japanese local governments as a knowledge graph with a SPARQL endpoint.

The names in `__all__` are the public API; each is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govgraph.documents import read_document
    from govgraph.engines.duckdb import materialize
    from govgraph.engines.loading import load_mapping
    from govgraph.errors import GovGraphError
    from govgraph.mapping.compiler import compile_mapping
    from govgraph.mapping.functions.own import function
    from govgraph.project import Project
    from govgraph.server.app import create_app
    from govgraph.snapshot.build import build_snapshot
    from govgraph.snapshot.history import Snapshot, current_snapshot

__version__ = "0.1.0"

_HOMES = {
    "GovGraphError": "errors",
    "Project": "project",
    "Snapshot": "snapshot.history",
    "build_snapshot": "snapshot.build",
    "compile_mapping": "mapping.compiler",
    "create_app": "server.app",
    "current_snapshot": "snapshot.history",
    "function": "mapping.functions.own",
    "load_mapping": "engines.loading",
    "materialize": "engines.duckdb",
    "read_document": "documents",
}

__all__ = [
    "GovGraphError",
    "Project",
    "Snapshot",
    "build_snapshot",
    "compile_mapping",
    "create_app",
    "current_snapshot",
    "function",
    "load_mapping",
    "materialize",
    "read_document",
]


def __getattr__(name: str) -> object:
    """A public name, from the module where it lives."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"govgraph.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'govgraph' has no attribute '{name}'")
