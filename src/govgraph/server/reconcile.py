"""`/reconcile`: the Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group).

Identifiers of entities, types and properties are their IRIs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

import pyoxigraph as ox

from govgraph import __version__
from govgraph.iri import RDF, RDFS, XSD
from govgraph.queries import Language
from govgraph.server.asked_to_match import BATCH, read_batch, read_data_wanted
from govgraph.server.candidates import Candidate, find_candidates
from govgraph.server.conditional import begin, entity_tag
from govgraph.server.frames import Work
from govgraph.server.index import Hit
from govgraph.server.opened import Opened
from govgraph.server.output import Output
from govgraph.server.pages import Pages, page_of
from govgraph.server.protocol import FORM, MAX_BODY, Asked, RequestError, read_pairs
from govgraph.server.resource import node
from govgraph.server.search import Searcher, bounded
from govgraph.server.site import Site
from govgraph.snapshot.search_index import Kind
from govgraph.snapshot.search_text import canonical

RECONCILE: Final = "/reconcile"
SUGGESTED: Final = 10
_SAMPLE: Final = 200
"""Instances of a class that are looked at for the properties that it has."""
_PREVIEW: Final = (430, 180)
"""Width and height of a preview, in pixels."""
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
"""As for other pages, but other sites may show it in a frame (section 5.1)."""
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$.]{0,99}", re.ASCII)
_INTEGERS: Final = frozenset(f"{XSD}{name}" for name in ("integer", "nonNegativeInteger", "gYear"))
_MOST_EXACT: Final = 2**53
"""Whole numbers below it are exact in JSON as programs read it (RFC 8259, section 6)."""


class Reconciler:
    """Matches names to resources of one snapshot."""

    def __init__(self, site: Site, opened: Opened, pages: Pages, searcher: Searcher) -> None:
        self._site = site
        self._opened = opened
        self._pages = pages
        self._searcher = searcher

    def answer(self, work: Work, out: Output) -> Mapping[str, object]:
        """Writes the answer for `/reconcile` and what is below; returns facts for the log.

        Raises RequestError (GG704): 400 and 413 for malformed and too large requests, 404, 415; SnapshotError
        GG715 where there is no index.
        """
        given = dict(reversed([*_posted(work), *read_pairs(work.query_string)]))
        language = page_of(self._site, work, Asked(None, language=given.get("lang"))).language
        value: object
        match work.path.removeprefix(RECONCILE).strip("/"):
            case "" if given.get("queries"):
                value = self._candidates(given["queries"], language)
            case "" if given.get("extend"):
                value = self._extend(given["extend"], language)
            case "":
                if work.method == "POST":
                    hint = "send 'queries' or 'extend' as form fields, in JSON"
                    raise RequestError(400, "neither queries nor extend", hint)
                value = self._manifest(work.address, language)
            case "suggest/entity":
                value = self._suggest_entities(given, language)
            case "suggest/type":
                counts = self._searcher.index.classes()
                value = self._suggest_terms((iri for iri, _ in counts), given, language)
            case "suggest/property":
                value = self._suggest_terms(self._properties(), given, language)
            case "properties":
                value = self._propose(given, language)
            case "preview":
                return self._preview(work, given, language, out)
            case _:
                raise RequestError(404, f"no {work.path}", f"GET {RECONCILE} tells what there is")
        return self._tell(work, value, given.get("callback"), language, out)

    def _tell(
        self, work: Work, value: object, callback: str | None, language: Language, out: Output
    ) -> Mapping[str, object]:
        """Writes JSON, or JSONP where a callback is named (section 3.3)."""
        text = json.dumps(value, ensure_ascii=False)
        media_type = "application/json"
        if callback:
            if not _CALLBACK.fullmatch(callback):
                raise RequestError(400, "callback: no name of a function")
            text, media_type = f"/**/{callback}({json.dumps(value)});", "application/javascript"
        asked = (work.path, work.query_string, work.body, work.address, language)
        tag = entity_tag(work, self._opened.snapshot.id, media_type, *asked)
        if begin(out, work, media_type, tag, [("vary", "Accept-Language")]):
            out.write(text.encode())
        return {}

    def _manifest(self, address: str, language: Language) -> dict[str, object]:
        """The service manifest (section 3.1)."""
        index = self._searcher.index
        main = [iri for iri, _ in index.classes() if index.labels(iri)][:10]
        width, height = _PREVIEW
        suggest = {
            name: {"service_url": address, "service_path": f"{RECONCILE}/suggest/{name}"}
            for name in ("entity", "type", "property")
        }
        return {
            "versions": ["0.1", "0.2"],
            "name": self._site.titles[language],
            "identifierSpace": self._site.base or f"{address}/",
            "schemaSpace": f"{RDFS}Resource",
            "serviceVersion": __version__,
            "defaultTypes": self._terms(main, language),
            "view": {"url": f"{address}/resource?iri={{{{id}}}}"},
            "preview": {
                "url": f"{address}{RECONCILE}/preview?id={{{{id}}}}",
                "width": width,
                "height": height,
            },
            "suggest": suggest,
            "extend": {
                "propose_properties": {"service_url": address, "service_path": f"{RECONCILE}/properties"},
                "property_settings": [],
            },
            "batchSize": BATCH,
        }

    def _candidates(self, queries: str, language: Language) -> dict[str, object]:
        """A reconciliation result batch (section 4.2)."""
        index, store = self._searcher.index, self._opened.store
        return {
            id_: {"result": [self._candidate(c, language) for c in find_candidates(index, store, wanted)]}
            for id_, wanted in read_batch(queries).items()
        }

    def _candidate(self, candidate: Candidate, language: Language) -> dict[str, object]:
        features = [{"id": name, "value": value} for name, value in candidate.features.items()]
        return {
            "id": candidate.hit.iri,
            "name": candidate.hit.label(language)[0],
            "description": self._description(candidate.hit, language),
            "type": self._types(candidate.hit, language),
            "score": candidate.score,
            "features": features,
            "match": candidate.match,
        }

    def _types(self, hit: Hit, language: Language) -> list[dict[str, str]]:
        return self._terms(self._searcher.index.facets(hit, "class"), language)

    def _terms(self, iris: Iterable[str], language: Language) -> list[dict[str, str]]:
        return [{"id": iri, "name": self._searcher.index.text(iri, language)} for iri in iris]

    def _description(self, hit: Hit, language: Language) -> str:
        """What tells namesakes apart: classes, local government, year, identifiers."""
        index = self._searcher.index
        told = [index.text(iri, language) for iri in index.facets(hit, "class")]
        told += [index.text(iri, language) for iri in index.facets(hit, "municipality") if iri != hit.iri]
        told += index.facets(hit, "year")
        return " · ".join([*told, *(n.text for n in index.names(hit) if n.kind is Kind.IDENTIFIER)])

    def _suggest_entities(self, given: Mapping[str, str], language: Language) -> dict[str, object]:
        """A suggest response for entities (section 6.3)."""
        index = self._searcher.index
        prefix = bounded("prefix", given.get("prefix", ""))
        found = index.find(prefix, {}, _cursor(given), SUGGESTED)
        return {
            "result": [
                {
                    "id": hit.iri,
                    "name": hit.label(language)[0],
                    "description": self._description(hit, language),
                    "notable": self._types(hit, language),
                }
                for hit in found.hits
            ]
        }

    def _suggest_terms(
        self, iris: Iterable[str], given: Mapping[str, str], language: Language
    ) -> dict[str, object]:
        """A suggest response for types or properties (section 6.3): what has the prefix in name or IRI."""
        prefix = bounded("prefix", given.get("prefix", ""))
        key, found = canonical(prefix), []
        for place, iri in enumerate(iris):
            labels = [self._searcher.index.text(iri, language), *self._searcher.index.labels(iri).values()]
            keys = [canonical(label) for label in (*labels, iri.rpartition("/")[2].rpartition("#")[2])]
            if iri == prefix or any(key in k for k in keys):
                rank = min((0 if k == key else 1 if k.startswith(key) else 2) for k in keys)
                found.append((iri != prefix, rank, place, iri))
        skipped = _cursor(given)
        iris = [iri for *_, iri in sorted(found)[skipped : skipped + SUGGESTED]]
        return {"result": [{**term, "description": term["id"]} for term in self._terms(iris, language)]}

    def _properties(self) -> list[str]:
        """The properties of the graph, the most used first."""
        counts: dict[str, int] = {}
        for uses in self._opened.snapshot.manifest.properties.values():
            for iri, count in uses.items():
                counts[iri] = counts.get(iri, 0) + count
        return sorted(counts, key=lambda iri: (-counts[iri], iri))

    def _propose(self, given: Mapping[str, str], language: Language) -> dict[str, object]:
        """A data extension property proposal (section 7.2): what instances of a class have."""
        type_, limit = given.get("type", ""), given.get("limit", "")
        class_ = node(type_)
        if class_ is None:
            raise RequestError(400, f"type: '{type_[:80]}' is no absolute IRI")
        if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 10 and int(limit)):
            raise RequestError(400, "limit: no positive whole number")
        quads = self._opened.store.quads_for_pattern(None, ox.NamedNode(f"{RDF}type"), class_, None)
        counts: dict[str, int] = {}
        for instance in islice(quads, _SAMPLE):
            had = self._opened.store.quads_for_pattern(instance.subject, None, None, None)
            for iri in {quad.predicate.value for quad in had}:
                counts[iri] = counts.get(iri, 0) + 1
        iris = sorted(counts, key=lambda iri: (-counts[iri], iri))[: int(limit) if limit else None]
        return {"type": type_, "properties": self._terms(iris, language), **_given_limit(limit)}

    def _extend(self, text: str, language: Language) -> dict[str, object]:
        """A data extension response (section 7.4)."""
        wanted = read_data_wanted(text)
        rows = {
            id_: {property_: self._values(id_, property_, language) for property_ in wanted.properties}
            for id_ in wanted.ids
        }
        return {"meta": self._terms(wanted.properties, language), "rows": rows}

    def _values(self, id_: str, property_: str, language: Language) -> list[dict[str, object]]:
        quads = self._opened.store.quads_for_pattern(ox.NamedNode(id_), ox.NamedNode(property_), None, None)
        terms = sorted(dict.fromkeys(quad.object for quad in quads), key=_order)
        literals = [term for term in terms if isinstance(term, ox.Literal)]
        in_language = {term.language for term in literals} >= {language}
        return [
            self._value(term, language)
            for term in terms
            if not (in_language and isinstance(term, ox.Literal) and term.language not in (None, language))
        ]

    def _value(self, term: Any, language: Language) -> dict[str, object]:
        """A property value as it is told (section 7.4): resources with a label as entities."""
        if isinstance(term, ox.NamedNode):
            hit = self._searcher.index.entity(term.value)
            return {"id": term.value, "name": hit.label(language)[0]} if hit else {"str": term.value}
        if not isinstance(term, ox.Literal):
            return {}
        if term.datatype.value in _INTEGERS and re.fullmatch(r"[+-]?[0-9]{1,16}", term.value):
            number = int(term.value)
            return {"int": number} if abs(number) < _MOST_EXACT else {"str": term.value}
        if term.datatype.value == f"{XSD}decimal" and re.fullmatch(
            r"[+-]?[0-9]{1,15}(\.[0-9]+)?", term.value
        ):
            return {"float": float(term.value)}
        if term.datatype.value == f"{XSD}date" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", term.value):
            return {"date": f"{term.value}T00:00:00"}
        return {"str": term.value}

    def _preview(
        self, work: Work, given: Mapping[str, str], language: Language, out: Output
    ) -> Mapping[str, object]:
        """The preview of an entity (section 5.2), for a frame on another site."""
        iri = given.get("id", "")
        hit = self._searcher.index.entity(iri)
        if hit is None:
            raise RequestError(404, f"nothing with a label is <{iri[:200]}>")
        html = self._pages.render(
            "preview.html",
            page_of(self._site, work, Asked(None, language=language)),
            self._opened,
            label=hit.label(language),
            description=self._description(hit, language),
            names=[n.text for n in self._searcher.index.names(hit) if n.kind is not Kind.IDENTIFIER],
            iri=iri,
            href=f"{work.address}{self._searcher.path(iri, work.address)}",
        )
        tag = entity_tag(work, self._opened.snapshot.id, html)
        fields = [("content-security-policy", _POLICY), ("vary", "Accept-Language")]
        if begin(out, work, "text/html", tag, fields):
            out.write(html.encode())
        return {}


def _posted(work: Work) -> list[tuple[str, str]]:
    """The parameters of a body by POST."""
    if work.method != "POST":
        return []
    if len(work.body) > MAX_BODY:
        raise RequestError(413, f"the body has more than {MAX_BODY:,} bytes")
    if work.content_type.partition(";")[0].strip().lower() != FORM:
        raise RequestError(415, f"queries cannot be posted with '{work.content_type[:80]}'", f"use {FORM}")
    return read_pairs(work.body)


def _cursor(given: Mapping[str, str]) -> int:
    cursor = given.get("cursor") or "0"
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 6:
        raise RequestError(400, "cursor: no whole number")
    return int(cursor)


def _given_limit(limit: str) -> dict[str, int]:
    return {"limit": int(limit)} if limit else {}


def _order(term: Any) -> tuple[str, str]:
    return (type(term).__name__, term.value if isinstance(term, ox.NamedNode | ox.Literal) else "")
