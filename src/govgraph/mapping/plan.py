"""The plan: what a mapping compiles to, the same for every engine.

Beside plain SQL its queries use four functions, which each engine provides (`PRIMITIVES`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from govgraph.errors import SourceSpan
from govgraph.mapping.model import LogicalSource

IRI_SAFE = "IRI_SAFE"
IRI_TEXT = "IRI_TEXT"
LITERAL_TEXT = "LITERAL_TEXT"
BLANK_LABEL = "BLANK_LABEL"

PRIMITIVES = {
    IRI_SAFE: "(value): percent-encodes every character outside iunreserved (RML-Core, IRI-safe)",
    IRI_TEXT: "(value, base, place): absolute as it is, else after the base; an error where invalid",
    LITERAL_TEXT: "(value): escapes quote, backslash and line ends for N-Triples",
    BLANK_LABEL: "(value): a blank node label that is the same for the same value",
}
"""SQL function -> arguments and result. A null argument gives null."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One triples map as one query with the column `quad`: a line of N-Quads a row, no nulls.

    `query` reads the tables named in `sources`, which an engine binds to its readers.
    """

    name: str
    span: SourceSpan
    query: exp.Query
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the plan: the name that queries use, where its rows come from, and its columns."""

    table: str
    logical: LogicalSource
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All statements of a mapping; the result is the set of their quads."""

    file: str
    statements: tuple[Statement, ...]
    python_functions: tuple[str, ...]
    """IRIs of the Python functions that the statements call."""
