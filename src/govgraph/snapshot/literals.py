"""Typed literals that the store cannot compute with: SUM, MIN and FILTER would pass over them in silence."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from govgraph.iri import XSD
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.report import Finding

_TOLD = 100
"""Literals that are told one by one; the rest is counted."""

_NUMERIC = ("integer", "decimal", "double", "float")
_DATED = ("date", "dateTime", "gYear", "gYearMonth")

_QUERY = f"""
PREFIX xsd: <{XSD}>
SELECT ?subject ?property ?value WHERE {{
  GRAPH ?graph {{ ?subject ?property ?value }}
  FILTER(isLiteral(?value))
  BIND(DATATYPE(?value) AS ?type)
  FILTER(
    (?type IN ({", ".join(f"xsd:{t}" for t in _NUMERIC)}) && !isNumeric(?value))
    || (?type IN ({", ".join(f"xsd:{t}" for t in _DATED)}) && !COALESCE(YEAR(?value) = YEAR(?value), false))
    || (?type = xsd:boolean && !COALESCE(xsd:boolean(STR(?value)) IN (true, false), false))
  )
}}
"""
"""The store's own functions say whether it understands a literal: exactly what queries will meet."""

_FORMS = {
    "integer": "ASCII digits, from -9223372036854775808 to 9223372036854775807",
    "decimal": "ASCII digits and a point, up to 18 decimals, below 1.7e20",
    "double": "a number such as 1.5E3, INF or NaN",
    "float": "a number such as 1.5E3, INF or NaN",
    "boolean": "true or false",
    "date": "a date of the calendar such as 2020-09-01",
    "dateTime": "a date and time such as 2020-09-01T09:00:00+09:00",
    "gYear": "a year such as 2020",
    "gYearMonth": "a month such as 2020-09",
}


def check_literals(store: Store, evidence: Evidence) -> Iterator[Finding]:
    """GG508 for each literal whose text is no value of its type, or one out of the store's range."""
    found = store.query(_QUERY)
    assert isinstance(found, QuerySolutions)
    wrong = sorted(((r["subject"], r["property"], r["value"]) for r in found), key=lambda t: [*map(str, t)])
    for subject, predicate, value in wrong[:_TOLD]:
        assert isinstance(predicate, NamedNode)
        assert isinstance(value, Literal)
        name = value.datatype.value.removeprefix(XSD)
        iri = subject.value if isinstance(subject, NamedNode) else None
        yield Finding(
            "GG508",
            f"{predicate.value}: '{value.value}' is no xsd:{name}",
            focus=iri,
            place=evidence.place(iri) if iri else None,
            hint=f"expected {_FORMS[name]}: mend the record, or the mapping",
        )
    if len(wrong) > _TOLD:
        yield Finding("GG508", f"the same of {len(wrong) - _TOLD:,} more literals")
