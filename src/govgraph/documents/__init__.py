"""Documents -> records.

Its names are loaded when they are first used: other rooms take only `normalize` from here, and should not
wait for the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgraph.documents.coverage import Coverage
    from govgraph.documents.custody import check_custody
    from govgraph.documents.declarations import check_layouts
    from govgraph.documents.extraction import Extraction, extract, write_extraction
    from govgraph.documents.ledgers import check_ledgers
    from govgraph.documents.reader import Document, Line, read_document
    from govgraph.documents.report import Report, report_lines
    from govgraph.documents.report_page import write_report
    from govgraph.documents.tables import Table, read_table

_HOMES = {
    "Coverage": "coverage",
    "Document": "reader",
    "Extraction": "extraction",
    "Line": "reader",
    "Report": "report",
    "Table": "tables",
    "check_custody": "custody",
    "check_layouts": "declarations",
    "check_ledgers": "ledgers",
    "extract": "extraction",
    "read_document": "reader",
    "read_table": "tables",
    "report_lines": "report",
    "write_extraction": "extraction",
    "write_report": "report_page",
}

__all__ = [
    "Coverage",
    "Document",
    "Extraction",
    "Line",
    "Report",
    "Table",
    "check_custody",
    "check_layouts",
    "check_ledgers",
    "extract",
    "read_document",
    "read_table",
    "report_lines",
    "write_extraction",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
