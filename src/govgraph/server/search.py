"""`/search` and `/suggest`: resources by what they are called, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from govgraph.queries import Language
from govgraph.server.api import Window
from govgraph.server.conditional import REVALIDATE, begin, entity_tag
from govgraph.server.formats import HTML, PLAIN_JSON, negotiate
from govgraph.server.frames import Work
from govgraph.server.index import Found, Hit, Index
from govgraph.server.links import local_path
from govgraph.server.opened import Opened
from govgraph.server.output import Output
from govgraph.server.pages import Page, Pages, page_of
from govgraph.server.protocol import Asked, RequestError, read_pairs
from govgraph.server.resource import described_at
from govgraph.server.site import Site
from govgraph.snapshot.search_text import words

SEARCH: Final = "/search"
SUGGEST: Final = "/suggest"
MAX_SEARCH: Final = 200
"""Letters of what is searched for."""
SUGGESTED: Final = 10
ON_PAGE: Final = 20
_MOST_PAGES: Final = 10**6
_FACETS: Final = {"type": "class", "municipality": "municipality", "year": "year"}
"""Parameter -> facet of the index."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, as the parameters of the address say: empty texts narrow nothing down."""

    q: str = ""
    type: str = ""
    municipality: str = ""
    year: str = ""
    page: int = 1

    @classmethod
    def read(cls, work: Work) -> Search:
        """Raises RequestError (GG704, 400) for too long a text, and for what is no page."""
        given = dict(reversed(read_pairs(work.query_string)))
        page = given.get("page") or "1"
        if not page.isascii() or not page.isdigit() or not 0 < int(page[:9]) < _MOST_PAGES:
            raise RequestError(400, f"page: '{page[:20]}' is no page", "pages count from 1")
        year = words(bounded("year", given.get("year", "")))
        return cls(
            bounded("q", given.get("q", "")).strip(),
            given.get("type", ""),
            given.get("municipality", ""),
            year[0] if year else "",
            int(page[:9]),
        )

    @property
    def narrowed(self) -> Mapping[str, list[str]]:
        """Facet -> the values that a result must have one of."""
        chosen = {facet: getattr(self, name) for name, facet in _FACETS.items()}
        return {facet: [value] for facet, value in chosen.items() if value}

    def address(self, language: Language | None = None, **changed: str) -> str:
        """The address of this search with other values, on its first page."""
        asked = replace(self, **changed)  # type: ignore[arg-type]
        pairs = [(name, getattr(asked, name)) for name in ("q", *_FACETS)]
        kept = [(name, value) for name, value in pairs if value]
        return f"{SEARCH}?{urlencode([*kept, ('lang', language)] if language else kept)}"


def bounded(name: str, text: str) -> str:
    """`text`, where it is not too long; raises RequestError (GG704, 400)."""
    if len(text) > MAX_SEARCH:
        raise RequestError(400, f"{name}: more than {MAX_SEARCH} letters", "search for a part of it")
    return text


class Searcher:
    """Answers searches in one snapshot."""

    def __init__(self, site: Site, opened: Opened, pages: Pages) -> None:
        self._site = site
        self._opened = opened
        self._pages = pages

    @cached_property
    def index(self) -> Index:
        """The index of the snapshot; raises SnapshotError GG715, GG604."""
        return Index(self._opened.snapshot.path)

    def answer(self, work: Work, out: Output) -> Mapping[str, object]:
        """Writes the answer for `/search` or `/suggest`; returns facts for the log.

        Raises RequestError (GG704, 400), QueryError GG702, and SnapshotError GG715 where there is no index.
        """
        given = dict(reversed(read_pairs(work.query_string)))
        page = page_of(self._site, work, Asked(None, language=given.get("lang")))
        if work.path == SUGGEST:
            hits = self.index.find(bounded("q", given.get("q", "")), {}, limit=SUGGESTED).hits
            return self.tell(work, [self._suggestion(h, page) for h in hits], page, out)
        search = Search.read(work)
        chosen, _ = negotiate(work.accept, given.get("format") or None, (HTML, PLAIN_JSON))
        offset = (search.page - 1) * ON_PAGE
        found = self.index.find(search.q, search.narrowed, offset, ON_PAGE, counted=True)
        links = self._links(work, search, given, found)
        fields = [("link", f'<{address}>; rel="{relation}"') for relation, address in links.items()]
        if chosen is PLAIN_JSON:
            return self.tell(work, self._results(search, found, page), page, out, fields)
        html = self._pages.render(
            "search.html",
            page,
            self._opened,
            search=search,
            total=found.total,
            results=[self._result(hit, page) for hit in found.hits],
            facets=self._facets(search, found, page),
            links=links,
        )
        vary = ("vary", "Accept, Accept-Encoding, Accept-Language")
        head = [("content-type", "text/html; charset=utf-8"), REVALIDATE, vary, *fields]
        out.head(200, head, cacheable=True)
        out.write(html.encode())
        return {}

    def tell(
        self, work: Work, value: object, page: Page, out: Output, fields: list[tuple[str, str]] | None = None
    ) -> Mapping[str, object]:
        """Writes `value` as JSON."""
        tag = entity_tag(work, self._opened.snapshot.id, page.language, work.address, *work[1:3])
        vary = ("vary", "Accept-Language")
        if begin(out, work, PLAIN_JSON.media_type, tag, [vary, *(fields or [])]):
            out.write(json.dumps(value, ensure_ascii=False).encode())
        return {}

    def path(self, iri: str, work_address: str) -> str:
        """Where a resource is described on this server."""
        return local_path(iri, self._site.base or f"{work_address}/") or described_at(iri)

    def _links(self, work: Work, search: Search, given: Mapping[str, str], found: Found) -> Mapping[str, str]:
        others = urlencode([(name, value) for name, value in given.items() if name != "page" and value])
        window = Window(ON_PAGE, search.page, f"{work.address}{SEARCH}?{others}{'&' * bool(others)}")
        return window.links(has_next=search.page * ON_PAGE < found.total)

    def _suggestion(self, hit: Hit, page: Page) -> dict[str, object]:
        label, language = hit.label(page.language)
        types = self._types(hit, page.language)
        return {
            "iri": hit.iri,
            "path": self.path(hit.iri, page.address),
            "label": label,
            "language": language,
            "type": types[0]["label"] if types else None,
        }

    def _types(self, hit: Hit, language: Language) -> list[dict[str, str]]:
        classes = self.index.facets(hit, "class")
        return [{"iri": iri, "label": self.index.text(iri, language)} for iri in classes]

    def _result(self, hit: Hit, page: Page) -> dict[str, object]:
        shown = {
            facet: [v if facet == "year" else self.index.text(v, page.language) for v in values]
            for facet in ("municipality", "year")
            if (values := self.index.facets(hit, facet))
        }
        return {
            **self._suggestion(hit, page),
            "types": self._types(hit, page.language),
            "labels": hit.labels,
            "matched": hit.matched or None,
            "links": hit.links,
            "municipality": shown.get("municipality", []),
            "year": shown.get("year", []),
        }

    def _results(self, search: Search, found: Found, page: Page) -> dict[str, object]:
        return {
            "query": search.q,
            "total": found.total,
            "page": search.page,
            "results": [self._result(hit, page) for hit in found.hits],
            "facets": self._facets(search, found, page),
        }

    def _facets(self, search: Search, found: Found, page: Page) -> dict[str, list[dict[str, object]]]:
        """Parameter -> its values: each with label, number of results, and the address of these.

        The one that is chosen leads back to all.
        """
        facets: dict[str, list[dict[str, object]]] = {}
        for name, facet in _FACETS.items():
            chosen = getattr(search, name)
            counts = list(found.facets[facet])
            if chosen and chosen not in dict(counts):
                counts.insert(0, (chosen, found.total))
            facets[name] = [
                {
                    "value": value,
                    "label": value if name == "year" else self.index.text(value, page.language),
                    "count": count,
                    "chosen": value == chosen,
                    "path": search.address(page.language, **{name: "" if value == chosen else value}),
                }
                for value, count in counts
            ]
        return facets
