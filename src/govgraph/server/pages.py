"""Pages for people: rendered on the server, without scripts, in Japanese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pyoxigraph as ox
from jinja2 import Environment, PackageLoader, StrictUndefined

from govgraph.queries import Language
from govgraph.server.api import PATH, formats_of
from govgraph.server.assets import entry
from govgraph.server.formats import Format, choose_language
from govgraph.server.frames import Work
from govgraph.server.links import local_path
from govgraph.server.opened import Opened
from govgraph.server.protocol import Asked
from govgraph.server.resource import ON_PAGE
from govgraph.server.rows import Rows, Shortener, Term, is_number
from govgraph.server.site import Site
from govgraph.server.texts import TEXTS

MAX_KEPT = 200_000
"""Rows of an answer that the editor keeps in a browser."""
MAX_ROWS = 1000
"""Rows of an answer that a page shows."""

MEDIA_TYPES: Mapping[str, str] = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
}
"""Suffix of a document about a resource -> its media type."""
FORMAT_NAMES: Mapping[str, str] = {
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
    "nq": "N-Quads",
    "rdf": "RDF/XML",
    "trig": "TriG",
}

_TEMPLATES = Environment(
    loader=PackageLoader("govgraph.server"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What every page needs: its language, its address, and what stays when the language changes."""

    language: Language
    languages: Sequence[Language]
    address: str
    path: str
    kept: tuple[tuple[str, str], ...] = ()

    def link(self, path: str, **parameters: str) -> str:
        """A link on this server in the page's language."""
        return f"{path}?{urlencode({**parameters, 'lang': self.language})}"

    def local(self, path: str) -> str:
        """A link to `path` of this server, with its parameters and fragment, in the page's language."""
        if not path.startswith("/"):
            return path
        before, hash_, fragment = path.partition("#")
        return f"{before}{'&' if '?' in before else '?'}lang={self.language}{hash_}{fragment}"

    def again(self, **changed: object) -> str:
        """The same page with other parameters."""
        kept = [(name, value) for name, value in self.kept if name not in changed]
        added = [*changed.items(), ("lang", self.language)]
        return f"{self.path}?{urlencode([*kept, *added])}"

    def in_language(self, language: Language) -> str:
        """The address of the page in another language."""
        return f"{self.address}{self.path}?{urlencode([*self.kept, ('lang', language)])}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A term on a page: its text, the address that it links to, its language, and whether it is a number."""

    text: str
    href: str | None = None
    language: str | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """A named graph on the page: its name, its triples, and the instances of each class."""

    iri: str
    name: str
    triples: int
    classes: tuple[tuple[str, str, int], ...]


EXPLORE = "/explore"
_WRONG: Mapping[int, str] = {404: "error_404", 410: "error_410"}
"""Status of a problem -> the text that heads its page, where no query was asked."""


class Pages:
    """Renders the pages of a site with its example queries."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._examples = {example.name: example for example in site.queries}

    def home(self, page: Page, opened: Opened, example: str | None, **values: Any) -> str:
        """The first page with `values`; with the form, holding the example query of that name, if one is."""
        first = None if values.get("charts") else next(iter(self._examples.values()), None)
        chosen = self._examples.get(example or "") or first
        return self.render(
            "home.html",
            page,
            opened,
            query=chosen.body if chosen else "",
            chosen=chosen,
            graphs=self._graphs(opened, page.language),
            **values,
        )

    def form(self, page: Page, opened: Opened) -> str:
        """The page of the endpoint, before a query."""
        return self._editor(page, opened, query="", table=None)

    def answer(
        self,
        page: Page,
        opened: Opened,
        query: str,
        result: Rows | bool,
        formats: Sequence[Format],
        links: Mapping[str, str],
    ) -> str:
        """The page with the answer to a query, and links: to it in other `formats`, to other pages of it."""
        table: Any = result
        if isinstance(result, Rows):
            shorten = Shortener(query, self._site.base, opened.snapshot.manifest.prefixes)
            table = {
                "columns": result.columns,
                "rows": [[_cell(t, shorten) for t in row] for row in result.rows],
                "count": result.count,
            }
        return self._editor(page, opened, query=query, table=table, formats=formats, links=links)

    def _editor(self, page: Page, opened: Opened, **values: Any) -> str:
        """The page of the endpoint, with what its script needs to be an editor."""
        given = self._given(page, opened)
        return self.render("answer.html", page, opened, scripts=["editor"], given=given, **values)

    def explorer(self, page: Page, opened: Opened) -> str:
        """The page on which the graph is walked."""
        given = self._given(page, opened)
        return self.render("explore.html", page, opened, scripts=["explorer"], given=given)

    def _given(self, page: Page, opened: Opened) -> Mapping[str, Any]:
        """What a script needs of the server."""
        return {
            "language": page.language,
            "base": self._site.base,
            "prefixes": {**self._site.prefixes, **opened.snapshot.manifest.prefixes},
            "texts": TEXTS[page.language],
            "maxRows": MAX_KEPT,
        }

    def queries(self, page: Page, opened: Opened) -> str:
        """The page that lists the named queries."""
        formats = {name: formats_of(query) for name, query in self._examples.items()}
        return self.render("queries.html", page, opened, formats=formats)

    def problem(self, page: Page, opened: Opened | None, query: str, problem: Mapping[str, Any]) -> str:
        """The page that says why a request was not answered."""
        paths = {iri: local_path(iri, self._site.base) or iri for iri in problem.get("nearest", ())}
        asked = page.path == "/sparql" or page.path.startswith(PATH)
        wrong = "error" if asked else _WRONG.get(problem["status"], "error_other")
        values = {"table": None, "problem": problem, "nearest_paths": paths, "wrong": wrong}
        if page.path == "/sparql" and opened:
            return self._editor(page, opened, query=query, **values)
        return self.render("answer.html", page, opened, query=query, **values)

    def render(self, template: str, page: Page, opened: Opened | None, **values: Any) -> str:
        """The page of a template, with what all pages need and `values`."""
        unless_given: Mapping[str, Any] = {"problem": None, "formats": (), "links": {}, "scripts": []}
        return _TEMPLATES.get_template(template).render(
            {**unless_given, **values},
            page=page,
            t=TEXTS[page.language],
            titles=self._site.titles,
            title=self._site.titles[page.language],
            licence=self._site.licence,
            snapshot=opened.snapshot if opened else None,
            examples=self._examples.values(),
            max_rows=MAX_ROWS,
            default_graph=self._site.default_graph,
            limits=self._limits(page.language),
            on_page=ON_PAGE,
            entry=entry,
            media_types=MEDIA_TYPES,
            format_names=FORMAT_NAMES,
        )

    def _limits(self, language: Language) -> list[tuple[str, str]]:
        """What each limit is called, and its value."""
        t, limits = TEXTS[language], self._site.limits
        seconds = t["seconds"]
        result = t["none"] if limits.result is None else limits.result.human_readable()
        return [
            (t["limit_time"], seconds.format(count=f"{limits.time:g}")),
            (t["limit_memory"], limits.memory.human_readable()),
            (t["limit_result"], result),
            (t["limit_workers"], str(limits.workers)),
            (t["limit_queue"], f"{limits.queue}, {seconds.format(count=f'{limits.wait:g}')}"),
        ]

    def _graphs(self, opened: Opened, language: Language) -> list[GraphCounts]:
        manifest = opened.snapshot.manifest
        shorten = Shortener("", self._site.base, manifest.prefixes)
        names = {iri: names[language] for iri, names in self._site.graph_names.items()}
        counts: list[GraphCounts] = []
        held = dict(sorted(manifest.graphs.items()))
        if manifest.default:
            names[""] = TEXTS[language]["default_graph"]
            held = {"": manifest.default, **held}
        for iri, triples in held.items():
            classes = []
            for class_iri, instances in manifest.classes.get(iri, {}).items():
                labels = opened.class_labels.get(class_iri, {})
                label = labels.get(language) or labels.get("en") or shorten.iri(class_iri)
                classes.append((class_iri, label, instances))
            classes.sort(key=lambda c: (-c[2], c[1]))
            counts.append(GraphCounts(iri, names.get(iri) or shorten.iri(iri), triples, tuple(classes)))
        return counts


def page_of(site: Site, work: Work, asked: Asked) -> Page:
    """What the page that answers `work` needs to know of the request."""
    given = parse_qsl(work.query_string.decode(errors="replace"), keep_blank_values=True)
    kept = [(name, value) for name, value in given if name != "lang"]
    if asked.query and work.method == "POST":
        kept = [("query", asked.text)]
    named = asked.language or next((value for name, value in given if name == "lang"), None)
    language = choose_language(named, work.language, site.languages)
    return Page(language, site.languages, work.address, work.path, tuple(kept))


def _cell(term: Term | None, shorten: Shortener) -> Cell:
    text = shorten.write(term)
    if isinstance(term, ox.NamedNode):
        return Cell(text, term.value if term.value.startswith(("http://", "https://")) else None)
    if isinstance(term, ox.Literal):
        return Cell(text, language=term.language, number=is_number(term))
    return Cell(text)
