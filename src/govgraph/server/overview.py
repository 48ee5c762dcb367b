"""Home, datasets and the ontology: what is in the graph, for people who come for the first time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyoxigraph as ox

from govgraph.errors import GovGraphError, did_you_mean
from govgraph.iri import CONCEPT, GG, RDF, RDFS, SKOS, graph_iri, ontology_graph_iri
from govgraph.queries import Language, QueryFile
from govgraph.server.evaluate import Dataset, Query
from govgraph.server.guard import examine
from govgraph.server.opened import Opened
from govgraph.server.pages import Page, Pages
from govgraph.server.protocol import RequestError
from govgraph.server.resource import DCTERMS, OA, SCHEMA, Reader, Value
from govgraph.server.rows import Rows, tabulate
from govgraph.server.site import Site

DATASETS: Final = "/datasets"
ONTOLOGY: Final = "/ns"
"""Where the ontology is documented; `/ns.ttl` and so on are its files."""
MOST_BARS: Final = 12
"""Bars of a chart."""
MOST_DISCREPANCIES: Final = 500
OWL: Final = "http://www.w3.org/2002/07/owl#"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: what it stands for, its number, and its part of the longest, in hundredths."""

    link: Value
    number: str
    part: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its title, its bars, and the query that gave them."""

    title: str
    bars: tuple[Bar, ...]
    query: str


@dataclass(frozen=True, slots=True)
class About:
    """A dataset: its id, its name, its graph and the triples of that, its document and who publishes it."""

    id: str
    name: str
    description: str | None
    graph: str
    triples: int
    document: Value | None
    publisher: Value | None
    issued: str | None
    classes: tuple[tuple[Value, int], ...]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What a document prints, and what follows from the rest of it."""

    link: Value
    kind: str
    stated: str
    computed: str
    where: Value | None


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the ontology."""

    name: str
    iri: str
    label: str
    other_label: str | None
    definition: str | None
    above: tuple[Value, ...]
    domain: tuple[Value, ...]
    range: tuple[Value, ...]
    used: int
    example: Value | None


class Overview:
    """Renders these pages for one snapshot."""

    def __init__(self, site: Site, opened: Opened, pages: Pages, dataset: Dataset) -> None:
        self._site = site
        self._opened = opened
        self._pages = pages
        self._dataset = dataset
        manifest = opened.snapshot.manifest
        self._classes: Counter[str] = Counter()
        self._properties: Counter[str] = Counter()
        for counts, total in ((manifest.classes, self._classes), (manifest.properties, self._properties)):
            for of_graph in counts.values():
                total.update(of_graph)
        self._answer = cache(self._evaluate)

    def home(self, page: Page, reader: Reader, example: str | None) -> str:
        """The first page: numbers, charts, datasets, and questions to start from."""
        return self._pages.home(
            page,
            self._opened,
            example,
            charts=self._charts(reader, page.language),
            datasets=self._datasets(reader, page.language),
            numbers=self._numbers(reader, page.language),
        )

    def datasets(self, page: Page, reader: Reader) -> str:
        """The page that lists the datasets."""
        found = self._datasets(reader, page.language)
        return self._pages.render("datasets.html", page, self._opened, datasets=found)

    def dataset(self, page: Page, reader: Reader, id: str) -> str:  # noqa: A002
        """The page of a dataset; raises RequestError 404 where there is none of that id."""
        found = {about.id: about for about in self._datasets(reader, page.language)}
        if id not in found:
            raise RequestError(404, f"there is no dataset '{id}'", did_you_mean(id, list(found)))
        about = found[id]
        discrepancies = self._discrepancies(reader, about.graph, page.language)
        return self._pages.render(
            "dataset.html", page, self._opened, about=about, discrepancies=discrepancies
        )

    def ontology(self, page: Page, reader: Reader) -> str:
        """The ontology as documentation."""
        language = page.language
        kinds = {
            "classes_terms": (f"{OWL}Class", f"{RDFS}Class"),
            "properties_terms": (f"{OWL}ObjectProperty", f"{OWL}DatatypeProperty", f"{RDF}Property"),
        }
        terms = {
            kind: [
                self._term(reader, iri, language)
                for iri in sorted({iri for c in classes for iri in reader.of_class(c, None, 5000)})
                if iri.startswith(GG)
            ]
            for kind, classes in kinds.items()
        }
        graph = ontology_graph_iri(self._site.base)
        schemes = [
            (reader.link(s, language), [reader.link(c, language) for c in self._concepts(reader, s)])
            for s in sorted(reader.of_class(f"{SKOS}ConceptScheme", None, 500))
            if s.startswith(CONCEPT)
        ]
        return self._pages.render(
            "ontology.html", page, self._opened, terms=terms, schemes=schemes, graph=reader.href(graph)
        )

    @staticmethod
    def _concepts(reader: Reader, scheme: str) -> list[str]:
        return sorted(reader.subjects(f"{SKOS}inScheme", scheme, 500))

    def _term(self, reader: Reader, iri: str, language: Language) -> Term:
        def links(*predicates: str) -> tuple[Value, ...]:
            found = {value for p in predicates for value in reader.resources(iri, p)}
            return tuple(reader.link(value, language) for value in sorted(found))

        labels = reader.labels.of(iri)
        label = reader.labels.text(iri, language)
        other = next((text for tag, text in labels.items() if tag != language and text != label), None)
        used = self._classes[iri] or self._properties[iri]
        instances = reader.of_class(iri, None, 1) if iri in self._classes else []
        return Term(
            iri.removeprefix(GG),
            iri,
            label,
            other,
            reader.text(iri, f"{SKOS}definition", language),
            links(f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"),
            links(f"{RDFS}domain", f"{SCHEMA}domainIncludes"),
            links(f"{RDFS}range", f"{SCHEMA}rangeIncludes"),
            used,
            reader.link(instances[0], language) if instances else None,
        )

    def _numbers(self, reader: Reader, language: Language) -> list[tuple[Value, int]]:
        """The classes of the ontology with most instances, anchors and listings aside."""
        aside = {f"{GG}SourceAnchor", f"{GG}Listing"}
        own = [(iri, n) for iri, n in self._classes.most_common() if iri.startswith(GG) and iri not in aside]
        return [(reader.link(iri, language), n) for iri, n in own[:8]]

    def _charts(self, reader: Reader, language: Language) -> list[Chart]:
        charts = (self._chart(query, reader, language) for query in self._site.queries if query.header.chart)
        return [chart for chart in charts if chart is not None]

    def _chart(self, query: QueryFile, reader: Reader, language: Language) -> Chart | None:
        about = query.header.chart
        rows = self._answer(query.name)
        if about is None or rows is None or not {about.item, about.value} <= set(rows.columns):
            return None
        item, value = rows.columns.index(about.item), rows.columns.index(about.value)
        pairs = [(row[item], _number(row[value])) for row in rows.rows]
        pairs = sorted((p for p in pairs if p[1] > 0), key=lambda pair: -pair[1])[:MOST_BARS]
        if not pairs:
            return None
        longest = pairs[0][1]
        bars = tuple(
            Bar(
                reader.link(term.value, language)
                if isinstance(term, ox.NamedNode)
                else Value(term.value if isinstance(term, ox.Literal) else str(term)),
                f"¥{number:,.0f}" if about.unit == "JPY" else f"{number:,.0f}",
                max(1, round(100 * number / longest)),
            )
            for term, number in pairs
        )
        title = (about.title_ja if language == "ja" else None) or about.title
        return Chart(title, bars, query.name)

    def _evaluate(self, name: str) -> Rows | None:
        """The answer to a query of the project, None where it has none: a chart is missing then, no more."""
        query = next(q for q in self._site.queries if q.name == name)
        try:
            facts = examine(query.body, query.name)
            prefixes = {**self._site.prefixes, **self._opened.snapshot.manifest.prefixes}
            asked = Query(query.body, name=query.name, prefixes=prefixes, base=self._site.base or None)
            result = tabulate(self._dataset, asked, facts, 1000)
        except GovGraphError:
            return None
        return result if isinstance(result, Rows) else None

    def _datasets(self, reader: Reader, language: Language) -> list[About]:
        manifest = self._opened.snapshot.manifest
        found = []
        for id_, names in self._site.datasets.items():
            graph = graph_iri(self._site.base, id_)
            if graph not in manifest.graphs:
                continue
            document = f"{self._site.base}id/doc/{id_}"
            publishers = reader.resources(document, f"{DCTERMS}publisher")
            counts = Counter(manifest.classes.get(graph, {}))
            own = [(iri, n) for iri, n in counts.most_common() if iri.startswith(GG)]
            found.append(
                About(
                    id_,
                    names.title[language],
                    names.description.get(language),
                    graph,
                    manifest.graphs[graph],
                    reader.link(document, language) if reader.exists(document) else None,
                    reader.link(publishers[0], language) if publishers else None,
                    reader.text(document, f"{DCTERMS}issued"),
                    tuple((reader.link(iri, language), n) for iri, n in own),
                )
            )
        return found

    @staticmethod
    def _discrepancies(reader: Reader, graph: str, language: Language) -> Sequence[Discrepancy]:
        found = []
        for iri in sorted(reader.of_class(f"{GG}SourceDiscrepancy", graph, MOST_DISCREPANCIES)):
            targets = reader.resources(iri, f"{OA}hasTarget")
            found.append(
                Discrepancy(
                    reader.link(iri, language),
                    reader.text(iri, f"{GG}discrepancyKind") or "",
                    reader.text(iri, f"{GG}stated") or "",
                    reader.text(iri, f"{GG}computed") or "",
                    reader.link(targets[0], language) if targets else None,
                )
            )
        return found


def _number(term: object) -> float:
    try:
        return float(term.value) if isinstance(term, ox.Literal) else 0.0
    except ValueError:
        return 0.0
