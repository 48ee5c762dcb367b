"""Answers as rows of terms, for pages and terminals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

import pyoxigraph as ox

from govgraph.iri import XSD
from govgraph.queries import VOCABULARIES
from govgraph.server.evaluate import Dataset, Query, evaluate
from govgraph.server.formats import JSON, N_TRIPLES
from govgraph.server.guard import Facts
from govgraph.tokens import prefixes

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_NUMERIC = frozenset(XSD + name for name in ("integer", "decimal", "double", "float"))
_LOCAL = re.compile(r"[\w](?:[\w.\-]*[\w\-])?")


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: names of columns, and rows with a term or None (unbound) for each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    count: int
    """Rows of the whole answer, of which `rows` may be the first."""


def tabulate(dataset: Dataset, query: Query, facts: Facts, most: int | None = None) -> Rows | bool:
    """The answer to `query`, `most` of its rows: solutions, triples, yes or no; raises as `evaluate` does."""
    written = BytesIO()
    if facts.form in ("CONSTRUCT", "DESCRIBE"):
        count = evaluate(dataset, query, facts, N_TRIPLES, written)
        parsed = ox.parse(written.getvalue(), format=ox.RdfFormat.N_TRIPLES)
        triples = tuple((quad.subject, quad.predicate, quad.object) for quad in islice(parsed, most))
        return Rows(("subject", "predicate", "object"), triples, count or len(triples))
    count = evaluate(dataset, query, facts, JSON, written)
    solutions = ox.parse_query_results(written.getvalue(), format=ox.QueryResultsFormat.JSON)
    if isinstance(solutions, ox.QueryBoolean):
        return bool(solutions)
    columns = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(solution) for solution in islice(solutions, most))
    return Rows(columns, rows, max(count or 0, len(rows)))


class Shortener:
    """Writes IRIs with the prefixes of a query, else those `known`, else of the usual vocabularies; `base` is
    left out.
    """

    def __init__(self, query: str, base: str, known: Mapping[str, str] | None = None) -> None:
        self._base = base
        found = (*VOCABULARIES.items(), *(known or {}).items(), *prefixes(query).items())
        self._prefixes = {namespace: prefix for prefix, namespace in found}

    def write(self, term: Term | None) -> str:
        """The term as in SPARQL, but a plain string, a number or a text in a language without its quotes."""
        match term:
            case None:
                return ""
            case ox.NamedNode():
                return self.iri(term.value)
            case ox.Literal():
                return term.value
            case ox.Triple():
                return f"<<( {' '.join(map(self.write, term))} )>>"
            case _:
                return str(term)

    def iri(self, iri: str) -> str:
        """The IRI with a prefix, else relative to the base, else in full.

        >>> Shortener("", "https://w3id.org/govgraph/").iri("https://w3id.org/govgraph/ns#Measure")
        'gg:Measure'
        >>> Shortener("", "https://w3id.org/govgraph/").iri("https://w3id.org/govgraph/id/fy/2020")
        '<id/fy/2020>'
        """
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._prefixes.get(iri[:cut])
        if prefix is not None and _LOCAL.fullmatch(iri, cut):
            return f"{prefix}:{iri[cut:]}"
        return f"<{iri.removeprefix(self._base)}>"


def is_number(term: Term | None) -> bool:
    """Whether the term is a number, to be set right-aligned."""
    return isinstance(term, ox.Literal) and term.datatype.value in _NUMERIC
