"""Documents -> records.

Its names are loaded when they are first used: other rooms take only `normalize` from here, and should not
wait for the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgraph.documents.coverage import Coverage
    from govgraph.documents.declarations import check_layouts
    from govgraph.documents.extraction import Extraction, extract, write_extraction
    from govgraph.documents.ledgers import check_ledgers
    from govgraph.documents.reader import Document, Line, read_document
    from govgraph.documents.tables import Table, read_table

_HOMES = {
    "Coverage": "coverage",
    "Document": "reader",
    "Extraction": "extraction",
    "Line": "reader",
    "Table": "tables",
    "check_layouts": "declarations",
    "check_ledgers": "ledgers",
    "extract": "extraction",
    "read_document": "reader",
    "read_table": "tables",
    "write_extraction": "extraction",
}

__all__ = [
    "Coverage",
    "Document",
    "Extraction",
    "Line",
    "Table",
    "check_layouts",
    "check_ledgers",
    "extract",
    "read_document",
    "read_table",
    "write_extraction",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
