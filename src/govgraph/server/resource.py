"""A resource of the graph as its page shows it: read from the store by pattern, never by a query that could
take long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeGuard
from urllib.parse import quote

import pyoxigraph as ox

from govgraph.iri import GG, PROV, RDF, RDFS, SKOS, XSD, is_absolute, parse_anchor_iri
from govgraph.queries import Language
from govgraph.server.labels import Labels
from govgraph.server.links import local_path
from govgraph.server.opened import Opened
from govgraph.snapshot.names_of import HUB

DCTERMS: Final = "http://purl.org/dc/terms/"
SCHEMA: Final = "https://schema.org/"
OA: Final = "http://www.w3.org/ns/oa#"
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_DERIVED: Final = ox.NamedNode(f"{PROV}wasDerivedFrom")
_ALT: Final = ox.NamedNode(f"{SKOS}altLabel")
_SUB_CLASS: Final = ox.NamedNode(f"{RDFS}subClassOf")
_NUMBERS: Final = frozenset(XSD + name for name in ("integer", "decimal", "nonNegativeInteger"))

SHOWN: Final = 25
"""Inverse links of a property that a resource's own page shows."""
ON_PAGE: Final = 100
"""Inverse links on a page of one property."""
_FIRST: Final = (
    f"{DCTERMS}identifier",
    f"{GG}printedLabel",
    "http://data.europa.eu/eli/ontology#title",
    "http://data.europa.eu/eli/ontology#number",
    f"{DCTERMS}description",
    f"{SKOS}definition",
    f"{GG}fiscalYear",
    f"{GG}amount",
    f"{SCHEMA}value",
    f"{GG}statedValue",
    f"{GG}statedUnit",
    f"{GG}status",
    f"{GG}phase",
    f"{GG}field",
    "http://data.europa.eu/m8g/hasCompetentAuthority",
    f"{GG}partner",
    f"{GG}contract",
    "http://data.europa.eu/m8g/hasContractingAuthority",
    "http://data.europa.eu/m8g/hasEconomicOperator",
    "http://data.europa.eu/m8g/establishedUnder",
    "http://data.europa.eu/m8g/hasLegalResource",
    f"{DCTERMS}isPartOf",
    "http://www.w3.org/ns/org#unitOf",
)
"""Properties that come first on a page, in this order; the others follow by their labels."""
_LAST: Final = (f"{SKOS}exactMatch", f"{SKOS}closeMatch", f"{RDFS}isDefinedBy")
_ELSEWHERE: Final = frozenset((_TYPE.value, _DERIVED.value, _ALT.value, f"{RDFS}label", f"{SKOS}prefLabel"))
"""Properties that a page shows in places of their own."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value on a page: its text and the language of that, and where it leads: to `href` of this server,
    or away from it (`external`). `note` says more of it.
    """

    text: str
    language: str | None = None
    href: str | None = None
    external: bool = False
    number: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """A property with its label, where it is documented, and its values: `count` of them, which may be more
    than are here. `more` leads to all of them.
    """

    iri: str
    label: str
    href: str | None
    values: tuple[Value, ...]
    count: int
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a resource stands in a document."""

    href: str | None
    document: Value | None
    lines: tuple[str, str] | None
    section: str | None
    printed_page: str | None
    pdf_page: str | None
    record: tuple[str, str, str] | None
    """Dataset, table and key of the record."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the graph."""

    iri: str
    title: str
    title_language: str | None
    names: tuple[Value, ...]
    """Labels in other languages, and other names."""
    classes: tuple[Value, ...]
    properties: tuple[Property, ...]
    inverse: tuple[Property, ...]
    anchors: tuple[Anchor, ...]
    graphs: tuple[Value, ...]


class Reader:
    """Reads resources of one snapshot."""

    def __init__(
        self, opened: Opened, base: str, labels: Labels, hub: Callable[[str], Mapping[str, int]]
    ) -> None:
        """`hub` gives, for an IRI, property -> how many link to it by that, as far as this was counted."""
        self._store = opened.store
        self._base = base
        self._hub = hub
        self.labels = labels
        manifest = opened.snapshot.manifest
        counted = {iri for counts in manifest.properties.values() for iri in counts}
        self._predicates = sorted(counted - {_TYPE.value, f"{RDFS}subClassOf"})

    def exists(self, iri: str) -> bool:
        """Whether the graph says anything of `iri`."""
        node = ox.NamedNode(iri)
        return any(True for _ in self._store.quads_for_pattern(node, None, None, None)) or any(
            True for _ in self._store.quads_for_pattern(None, None, node, None)
        )

    def quads(self, iri: str) -> list[ox.Quad]:
        """What the graph says of `iri`: all quads with it as subject."""
        return list(self._store.quads_for_pattern(ox.NamedNode(iri), None, None, None))

    def read(self, iri: str, language: Language) -> Resource:
        """The resource, as its page in `language` shows it."""
        quads = self.quads(iri)
        by_predicate: dict[str, list[ox.Quad]] = defaultdict(list)
        for quad in quads:
            by_predicate[quad.predicate.value].append(quad)
        found = self.labels.best(iri, language)
        title, tag = found or (self.labels.text(iri, language), "")
        classes = self._most_specific(
            [q.object.value for q in by_predicate.get(_TYPE.value, ()) if _is_iri(q.object)]
        )
        order = sorted(by_predicate.keys() - _ELSEWHERE, key=lambda p: self._order(p, language))
        return Resource(
            iri,
            title,
            tag or None,
            self._names(iri, title, by_predicate.get(_ALT.value, ())),
            tuple(self.link(c, language) for c in self.labels.sorted(classes, language)),
            tuple(self._property(p, by_predicate[p], language) for p in order),
            tuple(self._inverse(iri, language)),
            tuple(self._anchors(by_predicate.get(_DERIVED.value, ()), language)),
            tuple(
                self.link(g, language)
                for g in sorted({q.graph_name.value for q in quads if _is_iri(q.graph_name)})
            ),
        )

    def incoming(self, iri: str, predicate: str, page: int, language: Language) -> Property:
        """The `page` (from 1) of the links to `iri` by `predicate`, `ON_PAGE` of them."""
        return self._linking(iri, predicate, (page - 1) * ON_PAGE, ON_PAGE, language)

    def link(self, iri: str, language: Language) -> Value:
        """A link to a resource by its label."""
        found = self.labels.best(iri, language)
        text, tag = found or (_short(iri), "")
        path = self.href(iri)
        if path is None and iri.startswith(("http://", "https://")):
            return Value(text, tag or None, iri, external=True)
        return Value(text, tag or None, path)

    def href(self, iri: str) -> str | None:
        """The path on this server where `iri` is described, None where it is not."""
        if iri.startswith(GG):
            return f"/ns#{iri.removeprefix(GG)}"
        path = local_path(iri, self._base)
        if path is not None:
            return path
        return described_at(iri) if next(iter(self.quads_of(iri)), None) else None

    def quads_of(self, iri: str) -> Iterable[ox.Quad]:
        """As `quads`, one after the other."""
        return self._store.quads_for_pattern(ox.NamedNode(iri), None, None, None)

    def of_class(self, class_: str, graph: str | None, most: int) -> list[str]:
        """Up to `most` instances of a class, as described in a graph, else in any."""
        named = ox.NamedNode(graph) if graph else None
        quads = self._store.quads_for_pattern(None, _TYPE, ox.NamedNode(class_), named)
        return list(dict.fromkeys(q.subject.value for q in islice(quads, most) if _is_iri(q.subject)))

    def subjects(self, predicate: str, iri: str, most: int) -> list[str]:
        """Up to `most` resources that link to `iri` by a property."""
        quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), ox.NamedNode(iri), None)
        return list(dict.fromkeys(q.subject.value for q in islice(quads, most) if _is_iri(q.subject)))

    def values(self, iri: str, predicate: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]:
        """The values of a property."""
        quads = self._store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(predicate), None, None)
        return [quad.object for quad in quads]

    def resources(self, iri: str, predicate: str) -> list[str]:
        """The resources that are values of a property."""
        return [value.value for value in self.values(iri, predicate) if _is_iri(value)]

    def text(self, iri: str, predicate: str, language: Language | None = None) -> str | None:
        """A literal of a property, in the language where there is one."""
        literals = [v for v in self.values(iri, predicate) if isinstance(v, ox.Literal)]
        literals.sort(key=lambda v: (v.language != language, v.language or "", v.value))
        return literals[0].value if literals else None

    def _names(self, iri: str, title: str, others: Sequence[ox.Quad]) -> tuple[Value, ...]:
        labels = [(label, tag) for tag, label in sorted(self.labels.of(iri).items())]
        labels += sorted(
            (q.object.value, q.object.language or "") for q in others if isinstance(q.object, ox.Literal)
        )
        return tuple(Value(text, tag or None) for text, tag in dict.fromkeys(labels) if text != title)

    def _most_specific(self, classes: Sequence[str]) -> list[str]:
        """The classes that are no superclass of another of them."""
        above = {
            quad.object.value
            for c in classes
            for quad in self._store.quads_for_pattern(ox.NamedNode(c), _SUB_CLASS, None, None)
            if _is_iri(quad.object) and quad.object.value != c
        }
        return [c for c in dict.fromkeys(classes) if c not in above] or list(classes)

    def _order(self, predicate: str, language: Language) -> tuple[int, str]:
        if predicate in _FIRST:
            return _FIRST.index(predicate), ""
        return len(_FIRST) + (predicate in _LAST), self.labels.text(predicate, language)

    def _property(self, predicate: str, quads: Sequence[ox.Quad], language: Language) -> Property:
        terms = list(dict.fromkeys(quad.object for quad in quads))
        values = sorted(
            (self._value(term, language) for term in terms), key=lambda v: (v.language or "", v.text)
        )
        return Property(predicate, *self._named(predicate, language), tuple(values), len(values))

    def _named(self, predicate: str, language: Language) -> tuple[str, str | None]:
        return self.labels.text(predicate, language), self.href(predicate)

    def _value(self, term: object, language: Language) -> Value:
        if isinstance(term, ox.NamedNode):
            value = self.link(term.value, language)
            amount = self._amount(term.value)
            return (
                Value(value.text, value.language, value.href, value.external, note=amount)
                if amount
                else value
            )
        if isinstance(term, ox.Literal):
            if term.datatype.value in _NUMBERS:
                return Value(_grouped(term.value), number=True)
            return Value(term.value, term.language)
        return Value(str(term))

    def _amount(self, iri: str) -> str | None:
        """A sum of money as printed, and in yen: 386千円 = ¥386,000."""
        stated, unit = self.text(iri, f"{GG}statedValue"), self.text(iri, f"{GG}statedUnit")
        value, currency = self.text(iri, f"{SCHEMA}value"), self.text(iri, f"{SCHEMA}currency")
        if currency is None and (stated is None or unit is None):
            return None
        printed = f"{stated}{unit or ''}" if stated else None
        yen = f"{'¥' if currency == 'JPY' else ''}{_grouped(value)}" if value else None
        return " = ".join(text for text in (printed, yen) if text) or None

    def _inverse(self, iri: str, language: Language) -> Iterable[Property]:
        found = (self._linking(iri, predicate, 0, SHOWN, language) for predicate in self._predicates)
        return sorted(
            (p for p in found if p.count), key=lambda p: (p.iri == _DERIVED.value, -p.count, p.label)
        )

    def _linking(self, iri: str, predicate: str, start: int, size: int, language: Language) -> Property:
        count = self._hub(iri).get(predicate)
        if count is None:
            quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), ox.NamedNode(iri), None)
            subjects = list(
                dict.fromkeys(q.subject.value for q in islice(quads, HUB + 1) if _is_iri(q.subject))
            )
            count = len(subjects) if len(subjects) <= HUB else self._count(iri, predicate)
        if count > HUB:  # as the store has them: to sort them all would take long
            subjects = self._window(iri, predicate, start, size)
        else:
            subjects = self.labels.sorted(subjects, language)[start : start + size]
        values = tuple(self.link(subject, language) for subject in subjects)
        more = links_of(self.href(iri) or described_at(iri), predicate) if count > size else None
        return Property(predicate, *self._named(predicate, language), values, count, more)

    def _count(self, iri: str, predicate: str) -> int:
        """How many resources link to `iri`: the store counts 100,000 while Python reads a tenth of them."""
        counted = self._ask(f"SELECT (COUNT(*) AS ?n) {_linking_to(iri, predicate)}")[0]["n"]
        assert isinstance(counted, ox.Literal)
        return int(counted.value)

    def _window(self, iri: str, predicate: str, start: int, size: int) -> list[str]:
        """`size` of the resources that link to `iri`, in the order of the store, which skips fast."""
        query = f"SELECT ?s {_linking_to(iri, predicate)} OFFSET {start} LIMIT {size}"
        return [row["s"].value for row in self._ask(query) if _is_iri(row["s"])]

    def _ask(self, query: str) -> list[ox.QuerySolution]:
        results = self._store.query(query, use_default_graph_as_union=True)
        assert isinstance(results, ox.QuerySolutions)
        return list(results)

    def _anchors(self, quads: Iterable[ox.Quad], language: Language) -> Iterable[Anchor]:
        iris = sorted({quad.object.value for quad in quads if _is_iri(quad.object)})
        return sorted(
            (self._anchor(iri, language) for iri in iris), key=lambda a: (*map(int, a.lines or (0, 0)),)
        )

    def _anchor(self, iri: str, language: Language) -> Anchor:
        sources = self.resources(iri, f"{OA}hasSource")
        first, last = self.text(iri, f"{GG}firstLine"), self.text(iri, f"{GG}lastLine")
        return Anchor(
            self.href(iri),
            self.link(sources[0], language) if sources else None,
            (first, last or first) if first else None,
            self.text(iri, f"{GG}section"),
            self.text(iri, f"{GG}printedPage"),
            self.text(iri, f"{GG}pdfPage"),
            parse_anchor_iri(self._base, iri),
        )


def node(text: str) -> ox.NamedNode | None:
    """The resource with this IRI, None where `text` is no absolute IRI."""
    try:
        return ox.NamedNode(text) if is_absolute(text) else None
    except ValueError:
        return None


def described_at(iri: str) -> str:
    """The path where a resource is described whose IRI is not below the base."""
    return f"/resource?iri={quote(iri, safe='')}"


def links_of(href: str, predicate: str) -> str:
    """The path of the list of all links to the resource at `href` by `predicate`."""
    path, hash_, _ = href.partition("#")
    if not path.startswith("/resource?"):
        path = f"{path}.html?"
    return (
        f"{path}{'&' if not path.endswith('?') else ''}inverse={quote(predicate, safe='')}"
        if not hash_
        else href
    )


def _linking_to(iri: str, predicate: str) -> str:
    return f"{{ ?s {ox.NamedNode(predicate)} {ox.NamedNode(iri)} }}"


def _is_iri(term: object) -> TypeGuard[ox.NamedNode]:
    return isinstance(term, ox.NamedNode)


def _short(iri: str) -> str:
    return iri if len(iri) <= 80 else f"{iri[:79]}…"


def _grouped(number: str) -> str:
    """A number with its thousands apart, from five digits on.

    >>> _grouped("386000"), _grouped("2020"), _grouped("-12345.60")
    ('386,000', '2020', '-12,345.60')
    """
    whole, dot, rest = number.partition(".")
    digits = whole.lstrip("+-")
    if not digits.isdigit() or len(digits) < 5:
        return number
    return f"{whole[: len(whole) - len(digits)]}{int(digits):,}{dot}{rest}"
