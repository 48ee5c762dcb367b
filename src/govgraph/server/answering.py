"""What a worker does with a request: SPARQL 1.1 Protocol at `/sparql`, and the pages for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from govgraph.errors import QueryError
from govgraph.iri import ontology_graph_iri
from govgraph.server import api, problems
from govgraph.server.conditional import REVALIDATE, VARY, begin, entity_tag, is_known
from govgraph.server.crawlers import ROBOTS, SITEMAP, SITEMAPS, Crawlers
from govgraph.server.description import WELL_KNOWN, describe_service
from govgraph.server.evaluate import Dataset, Query, dump, evaluate
from govgraph.server.federation import (
    check_syntax,
    find_services,
    remote_query,
    with_answers,
    without_services,
)
from govgraph.server.formats import (
    BY_FORM,
    ENCODINGS,
    GRAPH,
    HTML,
    PLAIN_JSON,
    PROBLEM,
    Format,
    choose_encoding,
    negotiate,
)
from govgraph.server.frames import Work
from govgraph.server.graph_store import GRAPHS, STORE, GraphStore
from govgraph.server.guard import Facts as QueryFacts
from govgraph.server.guard import examine
from govgraph.server.linked_data import OFFERED, RESOURCE, SUFFIXES, THINGS, LinkedData, base_of
from govgraph.server.openapi import describe_api
from govgraph.server.opened import Opened
from govgraph.server.output import EnoughError, Headers, Output
from govgraph.server.overview import DATASETS, ONTOLOGY, Overview
from govgraph.server.pages import EXPLORE, MAX_ROWS, Page, Pages, page_of
from govgraph.server.protocol import Asked, RequestError, read_request
from govgraph.server.reconcile import RECONCILE, Reconciler
from govgraph.server.rows import Rows, tabulate
from govgraph.server.search import SEARCH, SUGGEST, Searcher
from govgraph.server.site import Site
from govgraph.tokens import may_have_relative_iri

VARY_PAGE = ("vary", "Accept, Accept-Encoding, Accept-Language")

KEPT_PART: Final = 16
"""The part of a query's memory that graphs merged for an earlier one may still hold."""

Facts = Mapping[str, object]


class Answerer:
    """Answers the requests of one worker, one after the other, from one snapshot."""

    def __init__(self, site: Site, opened: Opened, *, may_ask_others: bool) -> None:
        """`may_ask_others` says that SERVICE clauses are asked here, not by another worker."""
        self._may_ask_others = may_ask_others
        self._site = site
        self._opened = opened
        self._dataset = Dataset.of(
            opened.store, opened.snapshot.manifest, site.default_graph, site.limits.memory // KEPT_PART
        )
        self._prefixes = {**site.prefixes, **opened.snapshot.manifest.prefixes}
        self._pages = Pages(site)
        self._graph_store = GraphStore(site, opened, self._dataset, self._prefixes)
        self._crawlers = Crawlers(site, opened)
        self._overview = Overview(site, opened, self._pages, self._dataset)
        self._searcher = Searcher(site, opened, self._pages)
        self._linked_data = LinkedData(
            site, opened, self._pages, self._prefixes, lambda: self._searcher.index
        )
        self._reconciler = Reconciler(site, opened, self._pages, self._searcher)

    def answer(self, work: Work, out: Output) -> Facts | None:
        """Writes the answer to `work` into `out`, up to its last byte; returns facts for the log.

        Returns None where another worker is to answer.

        What goes wrong before the head of the answer is out becomes an answer of its own; after that it is
        raised.
        """
        asked = Asked(None)
        try:
            if choose_encoding(work.encoding) is None:
                hint = "offered: " + ", ".join(ENCODINGS)
                raise QueryError(f"no acceptable content coding: {work.encoding}", "GG702", hint=hint)
            if work.path == STORE or work.path.startswith(GRAPHS):
                return self._graph_store.answer(work, out)
            if work.path == RESOURCE or work.path.startswith(THINGS):
                return self._linked_data.answer(work, out)
            if work.path.partition(".")[0] == ONTOLOGY:
                return self._ontology(work, out)
            if work.path in (ROBOTS, SITEMAP) or work.path.startswith(SITEMAPS):
                return self._crawlers.answer(work, out)
            if work.path in (SEARCH, SUGGEST):
                return self._searcher.answer(work, out)
            if work.path == RECONCILE or work.path.startswith(f"{RECONCILE}/"):
                return self._reconciler.answer(work, out)
            if work.path == WELL_KNOWN:
                return self._well_known(work, out)
            if work.path == "/sparql":
                asked = read_request(work.method, work.query_string, work.content_type, work.body)
                return self._ask(work, asked, out) if asked.query else self._describe(work, asked, out)
            if work.path.rstrip("/") == "/api":
                return self._queries(work, out)
            if work.path.startswith(api.PATH):
                call = api.read_call(self._site, work)
                asked = call.asked
                return self._ask(work, asked, out, call.window)
            if work.path == "/openapi.json":
                return _json(describe_api(self._site, work.address), out)
            return self._home(work, out)
        except (EnoughError, ConnectionError):
            raise
        except Exception as e:
            if out.begun:
                raise
            return self._refuse(work, asked, e, out)

    def _ask(self, work: Work, asked: Asked, out: Output, window: api.Window | None = None) -> Facts | None:
        """Answers a query, or a page of its answer."""
        assert asked.query is not None
        seconds = self._site.limits.time
        if asked.timeout is not None and asked.timeout < seconds:
            seconds = asked.timeout
            out.lower_limit(seconds)
        query = asked.query._replace(prefixes=self._prefixes, base=self._base(work, asked.text))
        facts = examine(query.text, federated=bool(self._site.services))
        chosen, media_type = negotiate(work.accept, asked.format, (*BY_FORM[facts.form], HTML))
        if self._site.query_log:
            out.tell(self._about(query.text, facts.form))
        if facts.services:
            federated = self._federate(query, out)
            if federated is None:
                return None
            query = federated
        whole = query
        if window:
            query = window.on(whole)
        if chosen is HTML:
            result = tabulate(self._dataset, query, facts, MAX_ROWS)
            links = self._links(window, whole, facts)
            page = self._page(work, asked)
            html = self._pages.answer(page, self._opened, query.text, result, BY_FORM[facts.form], links)
            _html(html, out, cacheable=facts.repeatable)
            return {"rows": result.count if isinstance(result, Rows) else None}
        graphs = (self._site.default_graph, query.default_graphs, query.named_graphs)
        parts = (self._opened.snapshot.id, media_type, query.text, graphs, query.base)
        tag = entity_tag(work, *parts) if facts.repeatable else None
        more = [("query-time-limit", f"{seconds:g}")]
        if tag is None or not is_known(work.known, tag):
            links = self._links(window, whole, facts)
            more += [("link", f'<{address}>; rel="{relation}"') for relation, address in links.items()]
        if not begin(out, work, media_type, tag, more):
            return {}
        logged = bool(self._site.query_log)
        rows = evaluate(self._dataset, query, facts, chosen, out, count=logged)
        return {"rows": rows} if logged else {}

    def _links(self, window: api.Window | None, whole: Query, facts: QueryFacts) -> Mapping[str, str]:
        """Relation -> address of other pages of the answer to the query `whole`."""
        if window is None:
            return {}
        beyond = tabulate(self._dataset, window.beyond(whole), facts, 1)
        return window.links(has_next=isinstance(beyond, Rows) and bool(beyond.rows))

    def _describe(self, work: Work, asked: Asked, out: Output) -> Facts:
        try:
            chosen, media_type = negotiate(work.accept, asked.format, (*GRAPH, HTML))
        except QueryError as e:
            hint = "send one as 'query', or accept an RDF format for the description of the service"
            raise QueryError("no query", "GG704", hint=hint) from e
        if chosen is HTML:
            _html(self._pages.form(self._page(work, asked), self._opened), out, cacheable=True)
            return {}
        self._tell_of_service(work, chosen, media_type, out)
        return {}

    def _well_known(self, work: Work, out: Output) -> Facts:
        """The description again, where clients look for it that know the host alone (VoID, section 7.2)."""
        asked = read_request(work.method, work.query_string, None, b"")
        self._tell_of_service(work, *negotiate(work.accept, asked.format, GRAPH), out)
        return {}

    def _tell_of_service(self, work: Work, chosen: Format, media_type: str, out: Output) -> None:
        described = describe_service(work.address, self._site, self._opened.snapshot, chosen)
        if begin(out, work, media_type, entity_tag(work, media_type, described)):
            out.write(described)

    def _home(self, work: Work, out: Output) -> Facts:
        given = dict(reversed(parse_qsl(work.query_string.decode(errors="replace"))))
        page = self._page(work, Asked(None, language=given.get("lang")))
        reader = self._linked_data.reader(base_of(self._site, work))
        if work.path == EXPLORE:
            html = self._pages.explorer(page, self._opened)
        elif work.path == "/":
            html = self._overview.home(page, reader, given.get("example"))
        elif work.path == DATASETS:
            html = self._overview.datasets(page, reader)
        else:
            html = self._overview.dataset(page, reader, work.path.removeprefix(f"{DATASETS}/"))
        _html(html, out, cacheable=True)
        return {}

    def _ontology(self, work: Work, out: Output) -> Facts:
        """The ontology: a page, or RDF (a hash namespace: terms and document share an address)."""
        given = dict(reversed(parse_qsl(work.query_string.decode(errors="replace"))))
        _, _, suffix = work.path.partition(".")
        named = given.get("format") or (SUFFIXES[suffix].name if suffix in SUFFIXES else None)
        chosen, media_type = negotiate(work.accept, named, OFFERED)
        if chosen is HTML:
            page = self._page(work, Asked(None, language=given.get("lang")))
            reader = self._linked_data.reader(base_of(self._site, work))
            _html(self._overview.ontology(page, reader), out, cacheable=True)
        else:
            graph = ontology_graph_iri(self._site.base)
            tag = entity_tag(work, self._opened.snapshot.id, media_type, graph)
            if begin(out, work, media_type, tag):
                dump(self._dataset, graph, chosen, self._prefixes, out)
        return {}

    def _queries(self, work: Work, out: Output) -> Facts:
        """The list of named queries: a page, or JSON."""
        given = dict(reversed(parse_qsl(work.query_string.decode(errors="replace"))))
        if negotiate(work.accept, given.get("format"), (PLAIN_JSON, HTML))[0] is HTML:
            page = self._page(work, Asked(None, language=given.get("lang")))
            _html(self._pages.queries(page, self._opened), out, cacheable=True)
            return {}
        return _json(api.describe_queries(self._site, work.address), out)

    def _refuse(self, work: Work, asked: Asked, error: Exception, out: Output) -> Facts:
        problem = problems.details(error)
        page = self._page(work, asked) if prefers_page(work.accept, asked.format) else None
        html = self._pages.problem(page, self._opened, asked.text, problem) if page else None
        write_problem(problem, html, out, error.headers if isinstance(error, RequestError) else ())
        return problems.facts(error)

    def _federate(self, query: Query, out: Output) -> Query | None:
        """The query with what other endpoints answered, None where another worker is to ask them."""
        known, text = self._prefixes, query.text
        clauses = find_services(text, known, self._site.services, query.name)
        rest = without_services(text, clauses)
        examine(rest, query.name)  # what else may be read as SERVICE is refused
        check_syntax(rest, known, query.name, query.base)
        if not self._may_ask_others:
            out.elsewhere()
            return None
        replies = out.ask_others([(c.iri, remote_query(text, c, known, query.base)) for c in clauses])
        return query._replace(text=with_answers(text, clauses, replies, query.name))

    def _base(self, work: Work, text: str) -> str | None:
        """What relative IRIs of the query `text` are resolved against (section 2.3), None where it has none.

        Most have none, and their answers do not depend on where the server answers.
        """
        return (self._site.base or f"{work.address}/") if may_have_relative_iri(text) else None

    def _about(self, text: str, form: str) -> Facts:
        """What the log tells of a query: the text itself only where the site wants that."""
        told: dict[str, object] = {"hash": hashlib.sha256(text.encode()).hexdigest()[:16], "form": form}
        return {**told, "query": text} if self._site.query_log_text else told

    def _page(self, work: Work, asked: Asked) -> Page:
        return page_of(self._site, work, asked)


def write_problem(problem: problems.Details, html: str | None, out: Output, more: Headers = ()) -> None:
    """Writes the answer to a request that failed: a page, else problem details; `more` are header fields."""
    status = int(problem["status"])
    media_type = "text/html; charset=utf-8" if html else problems.MEDIA_TYPE
    out.head(status, [("content-type", media_type), ("cache-control", "no-store"), VARY_PAGE, *more])
    out.write((html or json.dumps(problem, ensure_ascii=False)).encode())


def prefers_page(accept: str, named: str | None) -> bool:
    """Whether a problem is to be told on a page."""
    if named:
        return named == HTML.name
    try:
        return negotiate(accept, None, (PROBLEM, HTML))[0] is HTML
    except QueryError:
        return False


def _html(html: str, out: Output, *, cacheable: bool) -> None:
    out.head(200, [("content-type", "text/html; charset=utf-8"), REVALIDATE, VARY_PAGE], cacheable=cacheable)
    out.write(html.encode())


def _json(value: object, out: Output) -> Facts:
    headers = [("content-type", "application/json"), REVALIDATE, VARY]
    out.head(200, headers, cacheable=True)
    out.write(json.dumps(value, ensure_ascii=False).encode())
    return {}
