"""What a resource is called, and what it is narrowed down by in a search: read from the store by pattern."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from govgraph.iri import GG, RDF, RDFS, SKOS

_DCTERMS: Final = "http://purl.org/dc/terms/"
_ELI: Final = "http://data.europa.eu/eli/ontology#"
_CV: Final = "http://data.europa.eu/m8g/"
_ORG: Final = "http://www.w3.org/ns/org#"
_SCHEMA: Final = "https://schema.org/"
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_SDMX: Final = "http://purl.org/linked-data/sdmx/2009/dimension#"


def _nodes(*iris: str) -> tuple[ox.NamedNode, ...]:
    return tuple(ox.NamedNode(iri) for iri in iris)


LABELS: Final = _nodes(
    f"{RDFS}label", f"{SKOS}prefLabel", f"{_DCTERMS}title", f"{_FOAF}name", f"{_SCHEMA}name"
)
"""Properties that tell a label, the best first."""
_OTHERS: Final = frozenset(
    _nodes(
        f"{SKOS}altLabel",
        f"{SKOS}hiddenLabel",
        f"{_DCTERMS}alternative",
        f"{_SCHEMA}alternateName",
        f"{_FOAF}nick",
        f"{_ELI}title",
        f"{_ELI}title_alternative",
        f"{GG}printedLabel",
        f"{GG}eraLabel",
    )
)
_IDENTIFIERS: Final = frozenset(
    _nodes(
        f"{_DCTERMS}identifier",
        f"{_SCHEMA}identifier",
        f"{SKOS}notation",
        f"{_ELI}id_local",
        f"{GG}jisCode",
    )
)
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_SUBCLASS_OF: Final = ox.NamedNode(f"{RDFS}subClassOf")
_LEFT_OUT: Final = ("http://www.w3.org/ns/oa#", "http://www.w3.org/ns/prov#Activity")
"""How the classes begin of what only tells where things come from: anchors, selectors, activities."""

_GOVERNMENT: Final = ox.NamedNode(f"{GG}LocalGovernment")
_TOWARDS: Final = _nodes(
    f"{_CV}hasCompetentAuthority",
    f"{_CV}hasContractingAuthority",
    f"{_ORG}unitOf",
    f"{_ORG}organization",
    f"{_ELI}passed_by",
    f"{_ELI}is_part_of",
    f"{_DCTERMS}isPartOf",
    f"{_DCTERMS}publisher",
    f"{_DCTERMS}spatial",
    f"{_SDMX}refArea",
)
"""Properties that lead to the local government that a resource belongs to."""
_BACK: Final = _nodes(f"{GG}amount", f"{GG}figure", f"{GG}contract")
"""Properties of the resource that another one is a part of."""
_KEPT: Final = 50_000
"""Resources whose quads are kept: what many lead to is read once."""
HUB: Final = 1000
"""More links to a resource by one property than this are counted when the snapshot is built."""
_STEPS: Final = 4
"""Links on the way to a local government."""
_YEARS: Final = _nodes(f"{GG}fiscalYear", f"{_SDMX}refPeriod")
_FISCAL_YEAR: Final = ox.NamedNode(f"{GG}FiscalYear")
_YEAR: Final = re.compile(r"(?:^|[/#])([0-9]{4})$")

_ARTICLE: Final = ox.NamedNode(f"{GG}Article")
_STATUTE: Final = ox.NamedNode(f"{GG}Statute")
_PART_OF: Final = ox.NamedNode(f"{_ELI}is_part_of")
_NUMBER: Final = ox.NamedNode(f"{_ELI}number")
_ADDED: Final = re.compile(r"(.+?)\s*[（(][^（()）]*[）)]")
"""A name, and what is added to it in brackets."""

Text = tuple[str, str]
"""Language, "" for none, and text."""
Quads = Sequence[ox.Quad]


@dataclass(frozen=True, slots=True)
class Described:
    """A resource as the index of a search holds it; all its texts are sorted."""

    labels: tuple[Text, ...]
    others: tuple[Text, ...]
    identifiers: tuple[str, ...]
    facets: tuple[tuple[str, str, bool], ...]
    """`class`, `municipality` or `year`; its value: an IRI, or four digits; and whether it is shown."""
    links: int
    """Quads that have it as object."""
    hub: Mapping[str, int]
    """IRI of a property -> resources that link here by it, where these are more than `HUB`."""


def describe(store: ox.Store) -> Callable[[str], Described | None]:
    """What tells of an IRI that has a label: None of what only tells where things come from."""
    reader = _Reader(store)
    return reader.describe


class _Reader:
    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._kept: dict[ox.NamedNode, Quads] = {}
        self._ancestors: dict[ox.NamedNode, frozenset[ox.NamedNode]] = {}

    def describe(self, iri: str) -> Described | None:
        node = ox.NamedNode(iri)
        quads = self._of(node)
        types = set(self._objects(node, _TYPE))
        if any(type_.value.startswith(_LEFT_OUT) for type_ in types):
            return None
        labels = self._labels(quads)
        if not labels:
            return None
        others = {
            _text(q.object) for q in quads if q.predicate in _OTHERS if isinstance(q.object, ox.Literal)
        }
        others |= {(tag, m[1]) for tag, text in labels if (m := _ADDED.fullmatch(text))}
        if _ARTICLE in types:
            others |= set(self._articles(node))
        identifiers = {
            q.object.value for q in quads if q.predicate in _IDENTIFIERS if isinstance(q.object, ox.Literal)
        }
        links = sum(1 for _ in self._store.quads_for_pattern(None, None, node, None))
        return Described(
            labels,
            tuple(sorted(others - set(labels))),
            tuple(sorted(identifiers)),
            tuple(self._facets(node, types)),
            links,
            self._hub(node) if links > HUB else {},
        )

    def _hub(self, node: ox.NamedNode) -> Mapping[str, int]:
        subjects: dict[str, set[str]] = defaultdict(set)
        for quad in self._store.quads_for_pattern(None, None, node, None):
            if isinstance(quad.subject, ox.NamedNode):
                subjects[quad.predicate.value].add(quad.subject.value)
        return {iri: len(found) for iri, found in sorted(subjects.items()) if len(found) > HUB}

    def _of(self, node: ox.NamedNode) -> Quads:
        """The quads of which `node` is the subject."""
        # no lru_cache: it would hold the store in a circle, open after its last use
        if node not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[node] = list(self._store.quads_for_pattern(node, None, None, None))
        return self._kept[node]

    def _objects(self, node: ox.NamedNode, *predicates: ox.NamedNode) -> Iterator[ox.NamedNode]:
        for quad in self._of(node):
            if quad.predicate in predicates and isinstance(quad.object, ox.NamedNode):
                yield quad.object

    def _labels(self, quads: Quads) -> tuple[Text, ...]:
        """The labels of the best property that there is."""
        for predicate in LABELS:
            found = {
                _text(q.object) for q in quads if q.predicate == predicate if isinstance(q.object, ox.Literal)
            }
            if found:
                return tuple(sorted(found))
        return ()

    def _articles(self, article: ox.NamedNode) -> Iterator[Text]:
        """An article by its number and each name of its statute: 地方自治法第260条の2."""
        numbers = [_value(q.object) for q in self._of(article) if q.predicate == _NUMBER]
        for statute in self._objects(article, _PART_OF):
            if _STATUTE not in self._objects(statute, _TYPE):
                continue
            quads = self._of(statute)
            names = [*self._labels(quads), *(_text(q.object) for q in quads if q.predicate in _OTHERS)]
            for tag, name in names:
                for number in numbers if tag in ("ja", "") else ():
                    first, *branches = number.split("-")
                    yield tag, name + "の".join((f"第{first}条", *branches))

    def _facets(self, node: ox.NamedNode, types: set[ox.NamedNode]) -> Iterator[tuple[str, str, bool]]:
        above = {ancestor for type_ in types for ancestor in self._above(type_)}
        for type_ in sorted(types, key=lambda t: t.value):
            yield "class", type_.value, type_ not in above
        whole = [node, *self._wholes(node)]
        for government in sorted({g for part in whole for g in self._governments(part)}):
            yield "municipality", government, True
        years = {
            m[1]
            for part in whole
            for quad in self._of(part)
            if quad.predicate in _YEARS and (m := _YEAR.search(_value(quad.object)))
        }
        if _FISCAL_YEAR in types and (m := _YEAR.search(node.value)):
            years.add(m[1])
        for year in sorted(years):
            yield "year", year, True

    def _wholes(self, node: ox.NamedNode) -> Iterator[ox.NamedNode]:
        for predicate in _BACK:
            for quad in self._store.quads_for_pattern(None, predicate, node, None):
                if isinstance(quad.subject, ox.NamedNode):
                    yield quad.subject

    def _governments(self, node: ox.NamedNode) -> set[str]:
        """The nearest local governments on the ways that lead there."""
        found: set[str] = set()
        seen, here = {node}, [node]
        for _ in range(_STEPS + 1):
            reached = {n for n in here if _GOVERNMENT in self._objects(n, _TYPE)}
            found |= {n.value for n in reached}
            there = [o for n in here if n not in reached for o in self._objects(n, *_TOWARDS)]
            here = [n for n in dict.fromkeys(there) if n not in seen]
            seen.update(here)
        return found

    def _above(self, cls: ox.NamedNode) -> frozenset[ox.NamedNode]:
        """All classes above `cls`, without `cls` itself."""
        if cls not in self._ancestors:
            seen, waiting = {cls}, [cls]
            while waiting:
                for parent in self._objects(waiting.pop(), _SUBCLASS_OF):
                    if parent not in seen:
                        seen.add(parent)
                        waiting.append(parent)
            self._ancestors[cls] = frozenset(seen - {cls})
        return self._ancestors[cls]


def _text(literal: object) -> Text:
    return (literal.language or "", literal.value) if isinstance(literal, ox.Literal) else ("", "")


def _value(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
