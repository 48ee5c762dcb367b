"""IRIs that resolve: a thing leads to the documents about it (303), by Accept or by the suffix of its path.

"Cool URIs for the Semantic Web", section 4.3: the thing itself is no document, so its IRI answers 303.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from govgraph.errors import SnapshotError
from govgraph.iri import iri_safe
from govgraph.server.conditional import begin, entity_tag
from govgraph.server.formats import (
    HTML,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TRIG,
    TURTLE,
    Format,
    negotiate,
)
from govgraph.server.frames import Work
from govgraph.server.index import Index
from govgraph.server.labels import Labels
from govgraph.server.opened import Opened
from govgraph.server.outline import outline
from govgraph.server.output import Output
from govgraph.server.pages import Page, Pages, page_of
from govgraph.server.picture import draw
from govgraph.server.protocol import Asked, RequestError, read_pairs
from govgraph.server.resource import ON_PAGE, Reader, described_at, node
from govgraph.server.schema_org import describe as describe_for_search
from govgraph.server.site import Site

OFFERED: Final = (HTML, TURTLE, JSON_LD, N_TRIPLES, N_QUADS, RDF_XML, TRIG)
SUFFIXES: Final[Mapping[str, Format]] = {
    "html": HTML,
    "ttl": TURTLE,
    "jsonld": JSON_LD,
    "nt": N_TRIPLES,
    "nq": N_QUADS,
    "rdf": RDF_XML,
    "trig": TRIG,
}
"""Suffix of the path of a document -> its format."""
_SUFFIX_OF: Final = {format_: suffix for suffix, format_ in SUFFIXES.items()}
RESOURCE: Final = "/resource"
"""Where any IRI of the graph is described, also one that is not below the base: `/resource?iri=…`."""
THINGS: Final = ("/id/", "/concept/", "/shape/")
"""What the paths of things begin with."""
MOST_NEAREST: Final = 5
"""IRIs that are named where one is not there."""
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_VARY: Final = ("vary", "Accept, Accept-Encoding, Accept-Language")


def base_of(site: Site, work: Work) -> str:
    """What IRIs of things begin with: the project's base, else where the server answers."""
    return site.base or f"{work.address}/"


class LinkedData:
    """Answers requests for things and documents about them, of one snapshot."""

    def __init__(
        self,
        site: Site,
        opened: Opened,
        pages: Pages,
        prefixes: Mapping[str, str],
        index: Callable[[], Index],
    ) -> None:
        """`index` gives the search index; it raises SnapshotError where there is none."""
        self._site = site
        self._index = index
        self._opened = opened
        self._pages = pages
        self._prefixes = prefixes
        labels = Labels(opened.store)
        hub = lru_cache(64)(self._hub)
        self.reader = lru_cache(4)(lambda base: Reader(opened, base, labels, hub))
        """Base IRI -> what reads resources."""

    def answer(self, work: Work, out: Output) -> Mapping[str, object]:
        """Writes the answer for `/resource` and paths of `THINGS`; returns facts for the log.

        Raises RequestError with status 404, 410 for what a former snapshot had, and 400; QueryError GG702
        where no format is acceptable.
        """
        pairs = read_pairs(work.query_string)
        named = dict(reversed(pairs)).get("format") or None
        reader = self.reader(base_of(self._site, work))
        if work.path == RESOURCE:
            iri = dict(reversed(pairs)).get("iri", "")
            if node(iri) is None:
                raise RequestError(
                    400, f"iri: '{iri}' is no absolute IRI", f"such as {RESOURCE}?iri=http://…"
                )
            if not reader.exists(iri):
                raise RequestError(404, f"the graph says nothing of <{iri}>")
            self._document(work, reader, iri, *negotiate(work.accept, named, OFFERED), pairs, out)
            return {}
        if thing := self._thing(work.path, work, reader):
            self._see_other(work, reader, thing, negotiate(work.accept, named, OFFERED)[0], pairs, out)
            return {}
        stem, _, suffix = work.path.rpartition(".")
        if suffix in SUFFIXES and (thing := self._thing(stem, work, reader)):
            format_ = SUFFIXES[suffix]
            self._document(work, reader, thing, format_, format_.media_type, pairs, out)
            return {}
        iri = f"{base_of(self._site, work)}{work.path[1:]}"
        if self._opened.was_there(iri) or self._opened.was_there(f"{base_of(self._site, work)}{stem[1:]}"):
            raise RequestError(410, f"<{iri}> was here, and is no longer", "a former snapshot had it")
        nearest = self._nearest(iri)
        hint = f"did you mean <{nearest[0]}>?" if nearest else None
        raise RequestError(404, f"the graph says nothing of <{iri}>", hint, nearest=nearest)

    def _thing(self, path: str, work: Work, reader: Reader) -> str | None:
        """The IRI that a path stands for, where the graph has it: as it is, or written IRI-safe."""
        base = base_of(self._site, work)
        # A slash within a segment came as %2F, and stayed so.
        safe = "/".join(iri_safe(segment.replace("%2F", "/")) for segment in path[1:].split("/"))
        candidates = dict.fromkeys((f"{base}{path[1:]}", f"{base}{safe}"))
        return next((iri for iri in candidates if node(iri) and reader.exists(iri)), None)

    def _nearest(self, iri: str) -> list[str]:
        """The IRIs that may be meant, none where the snapshot has no search index."""
        with suppress(SnapshotError):
            return self._index().near(iri, MOST_NEAREST)
        return []

    def _hub(self, iri: str) -> Mapping[str, int]:
        with suppress(SnapshotError):
            return self._index().hub(iri)
        return {}

    def _see_other(
        self, work: Work, reader: Reader, iri: str, chosen: Format, pairs: list[tuple[str, str]], out: Output
    ) -> None:
        kept = urlencode([(name, value) for name, value in pairs if name != "format"])
        path = (reader.href(iri) or "").partition("#")[0]
        location = f"{work.address}{path}.{_SUFFIX_OF[chosen]}{'?' * bool(kept)}{kept}"
        out.head(303, [("location", location), _VARY, ("cache-control", "no-cache")], cacheable=True)

    def _document(
        self,
        work: Work,
        reader: Reader,
        iri: str,
        chosen: Format,
        media_type: str,
        pairs: list[tuple[str, str]],
        out: Output,
    ) -> None:
        if chosen is HTML:
            given = dict(reversed(pairs))
            page = page_of(self._site, work, Asked(None, language=given.get("lang")))
            html = self._page(work, page, reader, iri, given)
            headers = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-cache"), _VARY]
            out.head(200, headers, cacheable=True)
            out.write(html.encode())
            return
        tag = entity_tag(work, self._opened.snapshot.id, media_type, iri, self._site.licence)
        if begin(out, work, media_type, tag):
            out.write(self._write(work, reader, iri, chosen))

    def _write(self, work: Work, reader: Reader, iri: str, chosen: Format) -> bytes:
        document = ox.NamedNode(f"{work.address}{quote(work.path)}")
        about = [
            (f"{_FOAF}primaryTopic", iri),
            *([(f"{_DCTERMS}license", self._site.licence)] if self._site.licence else []),
        ]
        said = [ox.Quad(document, ox.NamedNode(p), ox.NamedNode(o)) for p, o in about]
        quads = [*reader.quads(iri), *said]
        format_ = ox.RdfFormat.from_media_type(chosen.media_type)
        assert format_ is not None
        text = "".join(str(quad) for quad in quads)
        used = {prefix: ns for prefix, ns in self._prefixes.items() if f"<{ns}" in text}
        with_graphs = chosen in (N_QUADS, TRIG)
        statements = quads if with_graphs else list(dict.fromkeys(quad.triple for quad in quads))
        written = ox.serialize(statements, format=format_, prefixes=used if chosen.prefixed else None)
        assert written is not None
        return written

    def _page(self, work: Work, page: Page, reader: Reader, iri: str, given: Mapping[str, str]) -> str:
        path = reader.href(iri) or described_at(iri)
        href = path.partition("#")[0]
        separator = "&" if "?" in href else "."
        formats = {
            suffix: f"{href}&format={format_.name}" if separator == "&" else f"{href}.{suffix}"
            for suffix, format_ in SUFFIXES.items()
            if format_ is not HTML
        }
        if predicate := given.get("inverse"):
            number = given.get("page", "1")
            if not number.isascii() or not number.isdigit() or not 0 < int(number) < 10**7:
                raise RequestError(400, f"page: '{number}' is no page", "pages count from 1")
            if node(predicate) is None:
                raise RequestError(400, f"inverse: '{predicate}' is no IRI of a property")
            links_to = reader.incoming(iri, predicate, int(number), page.language)
            if int(number) > 1 and not links_to.values:
                last = max(1, -(-links_to.count // ON_PAGE))
                raise RequestError(404, f"page: there is no page {number}", f"the last one is {last}")
            return self._pages.render(
                "links.html",
                page,
                self._opened,
                subject=reader.link(iri, page.language),
                links_to=links_to,
                number=int(number),
                href=href,
            )
        resource = reader.read(iri, page.language)
        searchable = describe_for_search(resource, f"{work.address}{path}")
        return self._pages.render(
            "resource.html",
            page,
            self._opened,
            resource=resource,
            picture=draw(resource),
            formats=formats,
            canonical=f"{work.address}{href if separator == '&' else href + '.html'}",
            json_ld=json.dumps(searchable, ensure_ascii=False).replace("<", "\\u003c"),
            outline=outline(iri, reader, page.language),
        )
