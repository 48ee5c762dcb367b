"""Which resources a query of the Reconciliation Service API means, and how sure that is.

The score of a candidate, from 0 to 100: 100 where its label, an identifier or its IRI is what is asked for,
95 where another of its names is, and else 90 times the similarity of the names (1 where they are the same,
0 where they share nothing). Where properties are asked for as well, they count for 40 of the 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from rapidfuzz import fuzz

from govgraph.iri import XSD
from govgraph.server.index import Hit, Index
from govgraph.server.resource import node
from govgraph.snapshot.search_index import Kind
from govgraph.snapshot.search_text import canonical

EXACT: Final = 100.0
OTHER_NAME: Final = 95.0
SIMILAR: Final = 90.0
OF_PROPERTIES: Final = 0.4
"""The part of a score that properties are, where they are asked for."""
LEAD: Final = 5.0
"""By how much a candidate must be better than the next one to be the match."""
_LEAST: Final = 25.0
"""Candidates below this score resemble the query by chance."""
_LOOKED_AT: Final = 60
"""Resources that are looked at, found each way."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reconciliation query (section 4.1): a name, properties with their values, or both."""

    query: str
    types: tuple[str, ...]
    all_types: bool
    """Whether a candidate must have all of `types`, else one of them."""
    limit: int
    properties: tuple[tuple[str, tuple[str, ...]], ...]
    """IRI of a property -> values: texts, or IRIs of resources."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that the query may mean, its score, and the features that the score is made of."""

    hit: Hit
    score: float
    features: Mapping[str, float | bool]
    match: bool = False


def find_candidates(index: Index, store: ox.Store, wanted: Wanted) -> list[Candidate]:
    """The candidates, the best first; at most one is a match: where it is sure, and no other is near."""
    narrowed: Mapping[str, Sequence[str]] = {"class": wanted.types} if wanted.types else {}
    if wanted.query:
        hits = list(index.find(wanted.query, narrowed, limit=_LOOKED_AT).hits)
        key = canonical(wanted.query)
        if not any(canonical(hit.matched) == key for hit in hits):
            hits += index.resembling(wanted.query, _LOOKED_AT, narrowed)
    else:
        hits = list(_by_properties(index, store, wanted))
    candidates = []
    for hit in {hit.iri: hit for hit in hits}.values():
        types = set(index.facets(hit, "class", shown=False))
        if wanted.types and not _fits(types, wanted):
            continue
        candidate = _score(index, store, wanted, hit)
        if candidate.score >= _LEAST:
            candidates.append(candidate)
    candidates.sort(key=lambda c: (-c.score, -c.hit.links, c.hit.label("ja"), c.hit.iri))
    if candidates:
        first, *others = candidates
        sure = first.score >= OTHER_NAME and all(first.score - c.score >= LEAD for c in others[:1])
        candidates[0] = Candidate(first.hit, first.score, first.features, sure)
    return candidates[: wanted.limit]


def _fits(types: set[str], wanted: Wanted) -> bool:
    return types.issuperset(wanted.types) if wanted.all_types else not types.isdisjoint(wanted.types)


def _score(index: Index, store: ox.Store, wanted: Wanted, hit: Hit) -> Candidate:
    features: dict[str, float | bool] = {}
    score = EXACT
    if wanted.query:
        score, features["name_similarity"], features["identifier"] = _name_score(index, wanted.query, hit)
    if wanted.properties:
        shares = [
            _similarity(index, store, hit, property_, values) for property_, values in wanted.properties
        ]
        share = sum(shares) / len(shares)
        features["property_similarity"] = round(100 * share, 1)
        score = (1 - OF_PROPERTIES) * score + OF_PROPERTIES * 100 * share if wanted.query else 100 * share
    features["links"] = hit.links
    return Candidate(hit, round(score, 1), features)


def _name_score(index: Index, query: str, hit: Hit) -> tuple[float, float, bool]:
    """Score of the names, similarity of the nearest one in percent, and whether an identifier was given."""
    if query == hit.iri:
        return EXACT, 0.0, True
    key, score, nearest, by_identifier = canonical(query), 0.0, 0.0, False
    for name in index.names(hit):
        if name.kind is Kind.IDENTIFIER:
            by_identifier |= name.key == key
            continue
        ratio = fuzz.ratio(key, name.key)
        nearest = max(nearest, ratio)
        same = EXACT if name.kind is Kind.LABEL else OTHER_NAME
        score = max(score, same if name.key == key and key else SIMILAR * ratio / 100)
    return EXACT if by_identifier else score, round(nearest, 1), by_identifier


def _similarity(index: Index, store: ox.Store, hit: Hit, property_: str, values: Iterable[str]) -> float:
    """How near the nearest value of a property of the resource is to one of `values`, from 0 to 1."""
    best = 0.0
    for quad in store.quads_for_pattern(ox.NamedNode(hit.iri), ox.NamedNode(property_), None, None):
        told = list(_texts(index, quad.object))
        for value in values:
            if isinstance(quad.object, ox.NamedNode) and quad.object.value == value:
                return 1.0
            key = canonical(value)
            best = max([best, *(fuzz.ratio(key, canonical(text)) / 100 for text in told)])
    return best


def _texts(index: Index, value: Any) -> Iterator[str]:
    """What a value of a property is called."""
    if isinstance(value, ox.Literal):
        yield value.value
    elif isinstance(value, ox.NamedNode) and (hit := index.entity(value.value)):
        yield from (name.text for name in index.names(hit))


def _by_properties(index: Index, store: ox.Store, wanted: Wanted) -> Iterator[Hit]:
    """Resources that have a value of one of the properties."""
    seen: set[str] = set()
    for property_, values in wanted.properties:
        for value in values:
            for term in _terms(index, value):
                for quad in store.quads_for_pattern(None, ox.NamedNode(property_), term, None):
                    iri = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else ""
                    if iri not in seen and (hit := index.entity(iri)):
                        seen.add(iri)
                        yield hit
                    if len(seen) >= _LOOKED_AT:
                        return


def _terms(index: Index, value: str) -> Iterator[ox.NamedNode | ox.Literal]:
    """The terms that a value may be in the graph."""
    if named := node(value):
        yield named
    yield ox.Literal(value)
    yield from (ox.Literal(value, language=language) for language in ("ja", "en"))
    for datatype in ("integer", "decimal", "date", "gYear", "nonNegativeInteger"):
        yield ox.Literal(value, datatype=ox.NamedNode(XSD + datatype))
    key = canonical(value)
    for hit in index.find(value, {}, limit=5).hits:
        if any(name.key == key for name in index.names(hit)):
            yield ox.NamedNode(hit.iri)
