"""Documents -> records."""

from govgraph.documents.coverage import Coverage
from govgraph.documents.declarations import check_layouts
from govgraph.documents.extract import Extraction, extract, write_extraction
from govgraph.documents.ledgers import check_ledgers
from govgraph.documents.reader import Document, Line, read_document
from govgraph.documents.tables import Table, read_table

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
