"""What search engines ask for: robots.txt (RFC 9309) and sitemaps (protocol of sitemaps.org, 0.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final
from xml.sax.saxutils import escape

from govgraph.server.conditional import REVALIDATE
from govgraph.server.frames import Work
from govgraph.server.linked_data import THINGS, base_of
from govgraph.server.links import local_path
from govgraph.server.opened import Opened
from govgraph.server.output import Output
from govgraph.server.protocol import RequestError
from govgraph.server.site import Site
from govgraph.snapshot.gone import read_subjects

ROBOTS: Final = "/robots.txt"
SITEMAP: Final = "/sitemap.xml"
SITEMAPS: Final = "/sitemaps/"
"""What the paths of the parts of a sitemap begin with."""
MOST: Final = 50_000
"""Addresses of a sitemap, the most that the protocol allows."""
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_ASIDE: Final = "/id/anchor/"
"""Places in documents are found from what stands there."""


class Crawlers:
    """Answers requests for these files, of one snapshot."""

    def __init__(self, site: Site, opened: Opened) -> None:
        self._site = site
        self._opened = opened

    def answer(self, work: Work, out: Output) -> Mapping[str, object]:
        """Writes the file that `work` asks for; returns facts for the log. Raises RequestError 404."""
        if work.path == ROBOTS:
            text = (
                "User-agent: *\nDisallow: /sparql\nDisallow: /api/\nDisallow: /search\n"
                f"Disallow: /reconcile\nSitemap: {work.address}{SITEMAP}\n"
            )
            self._write(out, "text/plain; charset=utf-8", text)
            return {}
        parts = -(-sum(1 for _ in self._addresses(work)) // MOST)
        if work.path == SITEMAP and parts > 1:
            addresses = (f"{work.address}{SITEMAPS}{n}.xml" for n in range(1, parts + 1))
            entries = "".join(f"<sitemap><loc>{escape(a)}</loc></sitemap>\n" for a in addresses)
            self._write(out, "application/xml", _document("sitemapindex", entries))
            return {}
        number = work.path.removeprefix(SITEMAPS).removesuffix(".xml")
        if work.path == SITEMAP:
            number = "1"
        elif not (number.isascii() and number.isdigit() and 0 < int(number[:9]) <= parts and parts > 1):
            raise RequestError(404, f"there is no sitemap '{number}'", f"{SITEMAP} lists them")
        start = (int(number) - 1) * MOST
        found = islice(self._addresses(work), start, start + MOST)
        entries = "".join(f"<url><loc>{escape(address)}</loc></url>\n" for address in found)
        self._write(out, "application/xml", _document("urlset", entries))
        return {}

    def _addresses(self, work: Work) -> Iterator[str]:
        """The pages: of the whole, of datasets, then of each thing in the order of their IRIs."""
        yield f"{work.address}/"
        yield f"{work.address}/datasets"
        yield f"{work.address}/ns"
        yield from (f"{work.address}/datasets/{id_}" for id_ in self._site.datasets)
        base = base_of(self._site, work)
        for iri in read_subjects(self._opened.snapshot.quads_file, base):
            path = local_path(iri, base) or ""
            if path.startswith(THINGS) and not path.startswith(_ASIDE) and "#" not in path:
                yield f"{work.address}{path}.html"

    @staticmethod
    def _write(out: Output, media_type: str, text: str) -> None:
        out.head(200, [("content-type", media_type), REVALIDATE], cacheable=True)
        out.write(text.encode())


def _document(root: str, entries: str) -> str:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{declaration}\n<{root} xmlns="{_NAMESPACE}">\n{entries}</{root}>\n'
