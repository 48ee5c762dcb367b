"""The network of a snapshot: who does what with whom, as nodes and edges with attributes.

Nodes are governments, units, plans, measures, partners, contracts, statutes, articles and meetings. Amounts
fold into `amount_yen`, anchors and concepts into attributes, and what a paragraph or item of an article links
to into links of the article. `queries/network-counts.rq` of the reference project counts the same by SPARQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from govgraph.iri import GG, PROV, RDF, RDFS, SKOS
from govgraph.queries import Language
from govgraph.snapshot.names_of import describe

_ORG: Final = "http://www.w3.org/ns/org#"
_ELI: Final = "http://data.europa.eu/eli/ontology#"
_OA: Final = "http://www.w3.org/ns/oa#"
_SCHEMA: Final = "https://schema.org/"
_DCTERMS: Final = "http://purl.org/dc/terms/"

CLASSES: Final = (
    f"{GG}LocalGovernment",
    f"{_ORG}OrganizationalUnit",
    f"{_ORG}Organization",
    f"{GG}Plan",
    f"{GG}PolicyPillar",
    f"{GG}Measure",
    f"{GG}CollaborationContract",
    f"{GG}CooperationAgreement",
    f"{GG}Statute",
    f"{GG}Article",
    f"{GG}Meeting",
)
"""Classes whose instances are nodes."""
_FOLDED: Final = (f"{GG}Paragraph", f"{GG}Item")
"""Classes whose links count as links of the article that they are part of."""
CONCEPTS: Final = (
    "status",
    "phase",
    "field",
    "changeFlag",
    "fundingSource",
    "legalForm",
    "initiative",
    "contractType",
)
"""Properties of the ontology whose values are concepts: attributes with their labels."""
_PHASES: Final = ("planned", "approved", "revised", "executed")
"""Budget phases; of several totals of a year that of the last phase counts."""
_KEPT: Final = 100_000

_TYPE: Final = ox.NamedNode(f"{RDF}type")
_LABEL: Final = ox.NamedNode(f"{RDFS}label")
_PREF_LABEL: Final = ox.NamedNode(f"{SKOS}prefLabel")
_PART_OF: Final = ox.NamedNode(f"{_ELI}is_part_of")
_FISCAL_YEAR: Final = ox.NamedNode(f"{GG}fiscalYear")


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its IRI, and attribute -> value; all nodes of a network have the same attributes."""

    iri: str
    attributes: dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Edge:
    """A link: predicate, its label, the dataset that says so, and the fiscal year of its ends, if any."""

    source: str
    target: str
    predicate: str
    label: str
    dataset: str
    fiscal_year: str


@dataclass(frozen=True, slots=True)
class Network:
    """The network of a store, or the part of it round some nodes; each pass over it reads the store anew."""

    store: ox.Store
    base: str
    languages: Sequence[Language] = ("ja", "en")
    class_: str | None = None
    """Only instances of this class, and what they link to or are linked from."""
    _years: dict[str, str] = field(default_factory=dict)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of nodes, in their order."""
        return (
            *(f"label_{language}" for language in self.languages),
            *("class", "municipality", "fiscal_year", "amount_yen", "identifier"),
            *CONCEPTS,
            *("document", "line", "page"),
        )

    def iris(self) -> list[str]:
        """The nodes, sorted."""
        all_ = {iri for class_ in CLASSES for iri in self._instances(class_)}
        if self.class_ is None:
            return sorted(all_)
        chosen = all_ & set(self._instances(self.class_))
        near = {end for edge in self._edges(sorted(all_), all_, chosen) for end in (edge.source, edge.target)}
        return sorted(chosen | near)

    def nodes(self) -> Iterator[Node]:
        """All nodes, sorted by their IRIs."""
        described = describe(self.store)
        for iri in self.iris():
            found = described(iri)
            facets = found.facets if found else ()
            of = {
                kind: [v for k, v, shown in facets if k == kind and shown]
                for kind in ("class", "municipality")
            }
            labels = dict(reversed(found.labels)) if found else {}
            years = [value for kind, value, _ in facets if kind == "year"]
            first: dict[str, str | int | None] = {
                f"label_{language}": labels.get(language) for language in self.languages
            }
            yield Node(
                iri,
                {
                    **first,
                    "class": self._short((of["class"] or self._objects(iri, _TYPE.value))[0]),
                    "municipality": "; ".join(self._name(g) for g in of["municipality"]) or None,
                    "fiscal_year": years[-1] if years else None,
                    "amount_yen": self._amount(iri),
                    "identifier": self._literal(iri, f"{_DCTERMS}identifier"),
                    **{name: self._concepts(iri, f"{GG}{name}") for name in CONCEPTS},
                    **self._anchor(iri),
                },
            )

    def edges(self) -> Iterator[Edge]:
        """All edges, sorted by source, predicate, target and dataset."""
        nodes = self.iris()
        inside = set(nodes)
        among = inside if self.class_ is None else inside & set(self._instances(self.class_))
        yield from self._edges(nodes, inside, among)

    def _edges(self, nodes: Sequence[str], inside: set[str], among: set[str]) -> Iterator[Edge]:
        """The edges between `inside` of which an end is `among`."""
        article, name = lru_cache(_KEPT)(self._article), lru_cache(_KEPT)(self._name)
        for source in nodes:
            found: set[tuple[str, str, str]] = set()
            for subject in (source, *self._folded_parts(source)):
                for quad in self.store.quads_for_pattern(ox.NamedNode(subject), None, None, None):
                    if quad.predicate == _TYPE or not isinstance(quad.object, ox.NamedNode):
                        continue
                    target = quad.object.value if quad.object.value in inside else article(quad.object.value)
                    if target not in inside or target == source or not {source, target} & among:
                        continue
                    graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
                    found.add((quad.predicate.value, target, graph))
            for predicate, target, graph in sorted(found):
                yield Edge(
                    source,
                    target,
                    predicate,
                    name(predicate),
                    graph.removeprefix(f"{self.base}graph/"),
                    self._year(source) or self._year(target),
                )

    def _instances(self, class_: str) -> Iterator[str]:
        for quad in self.store.quads_for_pattern(None, _TYPE, ox.NamedNode(class_), None):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value

    def _is_a(self, iri: str, *classes: str) -> bool:
        types = self._objects(iri, f"{RDF}type")
        return any(class_ in types for class_ in classes)

    def _objects(self, iri: str, predicate: str) -> list[str]:
        quads = self.store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(predicate), None, None)
        return sorted({quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode)})

    def _folded_parts(self, iri: str) -> list[str]:
        """The paragraphs of an article, their items, and so on."""
        if not self._is_a(iri, f"{GG}Article"):
            return []
        found: list[str] = []
        waiting = [iri]
        while waiting:
            quads = self.store.quads_for_pattern(None, _PART_OF, ox.NamedNode(waiting.pop()), None)
            parts = {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}
            new = [part for part in sorted(parts) if part not in found and self._is_a(part, *_FOLDED)]
            found += new
            waiting += new
        return found

    def _article(self, iri: str) -> str | None:
        """The article that a paragraph or item is part of, None for all else."""
        if not self._is_a(iri, *_FOLDED):
            return None
        seen, waiting = {iri}, [iri]
        while waiting:
            for whole in self._objects(waiting.pop(), f"{_ELI}is_part_of"):
                if self._is_a(whole, f"{GG}Article"):
                    return whole
                if whole not in seen:
                    seen.add(whole)
                    waiting.append(whole)
        return None

    def _amount(self, iri: str) -> int | None:
        """The total of the last fiscal year, and of its last budget phase, in yen."""
        totals = []
        for amount in self._objects(iri, f"{GG}amount"):
            value = self._literal(amount, f"{_SCHEMA}value")
            if value is None or self._literal(amount, f"{GG}scope") != "total":
                continue
            phases = [p.rpartition("/")[2] for p in self._objects(amount, f"{GG}budgetPhase")]
            phase = max((_PHASES.index(p) for p in phases if p in _PHASES), default=-1)
            totals.append((self._year(amount), phase, round(float(value))))
        return max(totals)[2] if totals else None

    def _concepts(self, iri: str, predicate: str) -> str | None:
        return "; ".join(self._name(concept) for concept in self._objects(iri, predicate)) or None

    def _anchor(self, iri: str) -> dict[str, str | int | None]:
        """Document, first line and printed page of the first place that tells of a node."""
        anchors = [
            (
                self._objects(anchor, f"{_OA}hasSource")[:1],
                int(self._literal(anchor, f"{GG}firstLine") or 0),
                self._literal(anchor, f"{GG}printedPage"),
            )
            for anchor in self._objects(iri, f"{PROV}wasDerivedFrom")
        ]
        if not anchors:
            return {"document": None, "line": None, "page": None}
        document, line, page = min(anchors, key=lambda a: (a[0], a[1]))
        short = document[0].removeprefix(f"{self.base}id/doc/") if document else None
        return {"document": short, "line": line or None, "page": page}

    def _literal(self, iri: str, predicate: str) -> str | None:
        quads = self.store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(predicate), None, None)
        return min((q.object.value for q in quads if isinstance(q.object, ox.Literal)), default=None)

    def _year(self, iri: str) -> str:
        """The last fiscal year that is said of a resource, as four digits; "" for none."""
        if iri not in self._years:
            if len(self._years) >= _KEPT:
                self._years.clear()
            years = [year.rpartition("/")[2] for year in self._objects(iri, _FISCAL_YEAR.value)]
            self._years[iri] = max(years, default="")
        return self._years[iri]

    def _name(self, iri: str) -> str:
        """The label in the first language that there is, else the end of the IRI."""
        node = ox.NamedNode(iri)
        for predicate in (_LABEL, _PREF_LABEL):
            labels = {
                q.object.language or "": q.object.value
                for q in self.store.quads_for_pattern(node, predicate, None, None)
                if isinstance(q.object, ox.Literal)
            }
            for language in (*self.languages, ""):
                if language in labels:
                    return labels[language]
        return self._short(iri)

    @staticmethod
    def _short(iri: str) -> str:
        return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
