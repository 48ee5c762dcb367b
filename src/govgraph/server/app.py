"""The HTTP server: an ASGI application that gives requests to workers, and keeps their answers.

What answers itself here, without a worker, does so at once and whatever the workers do: `/health`, `/ready`,
`/metrics`, the style sheet, and answers that are kept. Everything else is parsed, evaluated and written by a
worker; see `answering`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Final, NamedTuple

from govgraph.errors import ConfigError, GovGraphError, QueryError
from govgraph.project import Project
from govgraph.server import api, metrics, problems
from govgraph.server.answering import prefers_page
from govgraph.server.asgi import (
    SECURITY,
    SHARED,
    Presence,
    Receive,
    Scope,
    Send,
    about,
    collect,
    length,
    preflight,
    read_body,
    request_of,
    send_json,
    send_kept,
    send_whole,
)
from govgraph.server.assets import STATIC, load_assets
from govgraph.server.cache import Kept, RawHeaders, key_of
from govgraph.server.crawlers import ROBOTS, SITEMAP, SITEMAPS
from govgraph.server.description import WELL_KNOWN
from govgraph.server.exchange import Exchange
from govgraph.server.formats import choose_encoding
from govgraph.server.frames import Work
from govgraph.server.graph_store import GRAPHS, READS, STORE, WRITES
from govgraph.server.linked_data import RESOURCE, SUFFIXES, THINGS
from govgraph.server.overview import DATASETS, ONTOLOGY
from govgraph.server.pages import EXPLORE, Pages, page_of
from govgraph.server.protocol import Asked, RequestError
from govgraph.server.reconcile import RECONCILE
from govgraph.server.search import SEARCH, SUGGEST
from govgraph.server.serving import Find, Serving
from govgraph.server.site import Site
from govgraph.server.verdicts import BusyError
from govgraph.server.workers import Pool
from govgraph.snapshot.history import current_folder

logger = logging.getLogger("govgraph.server")

MOST_READ: Final = 4096
"""Bytes of what only a page needs that are looked at here: whatever takes time is for a worker."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def create_app(project: Project) -> App:
    """The ASGI application that serves the current snapshot of `project`, also one that is promoted later.

    Raises ConfigError where a dataset.yml or a query file is wrong. There need not be a snapshot yet.
    """
    return App(Site.of_project(project), lambda: current_folder(project))


class App:
    """The ASGI application (ASGI 3.0, HTTP and lifespan)."""

    def __init__(self, site: Site, find: Find) -> None:
        """`find` gives the folder of the snapshot to serve; it is asked several times a second."""
        self.site = site
        self._find = find
        self._pages = Pages(site)
        templates = files("govgraph.server").joinpath("templates")
        self._style = templates.joinpath("style.css").read_bytes()
        self._icon = templates.joinpath("favicon.svg").read_bytes()
        self._ids = itertools.count(1)
        self._start = os.urandom(4).hex()
        self.serving: Serving | None = None
        """What runs, between startup and shutdown."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or starts and stops with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(scope, receive, send)
            except Broken:
                raise
            except Exception as e:
                logger.exception("a fault of the server")
                with contextlib.suppress(RuntimeError):  # the answer has begun: uvicorn breaks it off
                    await self._tell(request_of(scope, b"", self.site), problems.details(e), [], send)

    def refresh(self) -> None:
        """Looks for a new snapshot now, and opens the log anew; for a signal handler."""
        if self.serving:
            try:
                self.serving.log.reopen()
            except ConfigError as e:
                logger.error("%s", e)
            self.serving.refresh_soon()

    def stop(self) -> None:
        """Ends what still runs: clients that wait are told so."""
        if self.serving:
            self.serving.end()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.serving = Serving(self.site, self._find)
        await self.serving.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.serving.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        serving = self.serving
        assert serving is not None
        if route := _ROUTES.get(_place(path)):
            methods, answer, refused = route
            if scope["method"] == "OPTIONS" and "OPTIONS" in methods:
                await preflight(scope, methods, send)
                return
            if scope["method"] in methods or scope["method"] in refused:
                await answer(self, scope, receive, send)
                return
            problem = problems.of_status(405)
            await self._tell(
                request_of(scope, b"", self.site), problem, [(b"allow", ", ".join(methods).encode())], send
            )
            return
        await self._tell(request_of(scope, b"", self.site), problems.of_status(404), [], send)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """That the server runs, and which snapshot it serves, if any."""
        assert self.serving is not None
        if self.serving.snapshot:
            await send_json(send, 200, {"status": "ok", "snapshot": self.serving.snapshot})
        else:
            await send_json(send, 503, {"status": "unavailable", "detail": self.serving.reason})

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Whether queries are answered: there is a snapshot, and a worker that has it open."""
        serving = self.serving
        assert serving is not None
        if serving.snapshot and serving.queries.workers:
            await send_json(send, 200, {"status": "ready", "snapshot": serving.snapshot})
        else:
            await send_json(send, 503, {"status": "unavailable", "detail": serving.reason})

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Figures for Prometheus."""
        assert self.serving is not None
        body = self.serving.metrics.write()
        await send_whole(send, 200, [(b"content-type", metrics.MEDIA_TYPE.encode()), *length(body)], body)

    async def _sheet(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """The style sheet of all pages."""
        headers = [(b"content-type", b"text/css; charset=utf-8"), (b"cache-control", b"max-age=3600")]
        await send_whole(send, 200, [*headers, *length(self._style), *SECURITY], self._style)

    async def _favicon(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """The icon of the site, also where browsers look for one that no page names."""
        headers = [(b"content-type", b"image/svg+xml"), (b"cache-control", b"max-age=86400")]
        await send_whole(send, 200, [*headers, *length(self._icon), *SHARED], self._icon)

    async def _asset(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """A file of the build of `web/`; its name changes with its content, so it may be kept for ever."""
        asset = load_assets().get(scope["path"])
        work = request_of(scope, b"", self.site)
        if asset is None:
            await self._tell(work, problems.of_status(404), [], send)
            return
        coding = choose_encoding(work.encoding, ("gzip",))
        gzipped = coding is not None and coding.name == "gzip"
        body = asset.gzipped if gzipped else asset.body
        headers = [
            (b"content-type", asset.media_type.encode()),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"vary", b"Accept-Encoding"),
            *([(b"content-encoding", b"gzip")] if gzipped else []),
        ]
        await send_whole(send, 200, [*headers, *length(body), *SHARED], body)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page that holds no query."""
        assert self.serving is not None
        await self._work(scope, receive, send, b"", self.serving.pages)

    async def _by_query(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A query of the project, by its name, or a graph: they take as long as other queries."""
        assert self.serving is not None
        pool = self.serving.pages if scope["path"] == api.PATH else self.serving.queries
        await self._work(scope, receive, send, b"", pool)

    async def _sparql(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The SPARQL endpoint."""
        assert self.serving is not None
        body = await self._posted(scope, receive, send)
        if body is None:
            return
        given: bytes = scope["query_string"]
        holds_query = scope["method"] == "POST" or b"query=" in given or b"%" in given  # `%71uery=`
        pool = self.serving.queries if holds_query else self.serving.pages
        await self._work(scope, receive, send, body, pool)

    async def _reconcile(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reconciliation, whose queries may be posted."""
        assert self.serving is not None
        body = await self._posted(scope, receive, send)
        if body is not None:
            await self._work(scope, receive, send, body, self.serving.pages)

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """The body of a request by POST, empty for others; None where it did not come, which is told."""
        if scope["method"] != "POST":
            return b""
        try:
            return await read_body(receive)
        except RequestError as e:
            await self._fail(request_of(scope, b"", self.site), e, send)
        except ConnectionError:
            pass  # the client has hung up
        return None

    async def _work(self, scope: Scope, receive: Receive, send: Send, body: bytes, pool: Pool) -> None:
        """Answers from the cache, else by a worker."""
        serving = self.serving
        assert serving is not None
        work = request_of(scope, body, self.site)
        key = key_of(work)
        request_id = self._request_id(scope)
        if kept := serving.cache.get(key):
            serving.metrics.count_hit(_place(work.path))
            status, size = await send_kept(send, kept, work.known, request_id)
            serving.log.write(
                request_id, work.path, "ok", 0.0, status=status, size=size, facts=kept.facts, cached=True
            )
            return
        begun = time.monotonic()
        presence = Presence(receive)
        exchange: Exchange | None = None
        outcome = "ok"
        told: tuple[int, int] | None = None
        try:
            if serving.snapshot is None:
                raise serving.problem or BusyError("no worker is ready", 1)
            snapshot = serving.snapshot
            exchange = await pool.ask(work, self.site.limits.time)
            exchange = await serving.head(exchange, pool, work)
            answer = await self._forward(exchange, scope, send, request_id)
            if exchange.status >= 400:
                outcome = exchange.facts.get("outcome", "fault")
            same = serving.snapshot == snapshot and work.method != "HEAD"
            if answer and same and exchange.cacheable and exchange.status == 200:
                serving.cache.put(key, answer)
        except asyncio.CancelledError:
            if not presence.gone:
                raise
            presence.task.uncancel()
            outcome = "client"
        except Broken:
            outcome = "broken"
            raise
        except GovGraphError as e:
            outcome = e.problems[0].code
            told = await self._fail(work, e, send, request_id)
        finally:
            presence.end()
            seconds = time.monotonic() - begun
            serving.metrics.count(_place(work.path), outcome, seconds)
            status, size = told or ((exchange.status, exchange.size) if exchange else (0, 0))
            facts = exchange.facts if exchange else {}
            serving.log.write(
                request_id, work.path, outcome, seconds, status=status or None, size=size, facts=facts
            )

    async def _forward(self, exchange: Exchange, scope: Scope, send: Send, request_id: bytes) -> Kept | None:
        """Passes an answer on; returns it where it may be kept. Raises Broken where it breaks off."""
        assert self.serving is not None
        headers, body = exchange.headers, exchange.taken()
        more = about(headers, request_id)
        if exchange.complete:
            await send_whole(send, exchange.status, [*headers, *more], body)
            return Kept(exchange.status, headers, body, exchange.facts)
        try:
            if scope["http_version"] == "1.0":
                body = await collect(exchange, body)
                await send_whole(send, exchange.status, [*headers, *length(body), *more], body)
                return Kept(exchange.status, headers, body, exchange.facts)
            head = {"type": "http.response.start", "status": exchange.status, "headers": [*headers, *more]}
            await send(head)
            kept: list[bytes] | None = [] if exchange.cacheable else None
            while body := body or await exchange.more():
                if kept is not None:
                    kept = [*kept, body] if exchange.size <= self.serving.cache.largest else None
                await send({"type": "http.response.body", "body": body, "more_body": True})
                body = b""
            await send({"type": "http.response.body", "body": b""})
            return Kept(exchange.status, headers, b"".join(kept), exchange.facts) if kept else None
        except QueryError as e:
            if scope["http_version"] == "1.0":
                raise
            raise Broken(str(e)) from e
        except asyncio.CancelledError:
            exchange.abandon()
            raise

    async def _fail(
        self, work: Work, error: Exception, send: Send, request_id: bytes = b""
    ) -> tuple[int, int]:
        """Tells of `error`; returns the status, and how many bytes the body has."""
        headers = [(b"x-request-id", request_id)] if request_id else []
        if isinstance(error, RequestError) and error.status in (408, 413):
            headers.append((b"connection", b"close"))  # the rest of the request is not read
        if isinstance(error, BusyError):
            headers.append((b"retry-after", f"{error.retry_after:.0f}".encode()))
        return await self._tell(work, problems.details(error), headers, send)

    async def _tell(
        self, work: Work, problem: problems.Details, headers: RawHeaders, send: Send
    ) -> tuple[int, int]:
        """The answer to a request that failed: a page for who prefers one, else problem details.

        Returns its status, and how many bytes its body has.
        """
        media_type, body, shared = problems.MEDIA_TYPE, json.dumps(problem, ensure_ascii=False), SHARED
        if len(work.accept) <= MOST_READ and prefers_page(work.accept, None):
            if len(work.query_string) > MOST_READ:
                work = work._replace(query_string=b"")
            media_type, shared = "text/html; charset=utf-8", SECURITY
            body = self._pages.problem(page_of(self.site, work, Asked(None)), None, "", problem)
        about = [
            (b"content-type", media_type.encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept"),
        ]
        sent, status = body.encode(), int(problem["status"])
        await send_whole(send, status, [*about, *shared, *headers, *length(sent)], sent)
        return status, len(sent)

    def _request_id(self, scope: Scope) -> bytes:
        """The id that the client gave the request, else a new one."""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
                return bytes(value)
        return f"{self._start}-{next(self._ids)}".encode()


class Broken(Exception):  # noqa: N818
    """The answer broke off after its head was out: the server closes the connection, as a sign."""


class Route(NamedTuple):
    """The methods of a path, what answers it, and the methods that it refuses with a reason."""

    methods: tuple[str, ...]
    answer: Callable[[App, Scope, Receive, Send], Awaitable[None]]
    refused: tuple[str, ...] = ()


_GET = ("GET", "HEAD")
_LINKED = ("GET", "HEAD", "OPTIONS")
_ROUTES: Final[Mapping[str, Route]] = {
    "/sparql": Route(("GET", "HEAD", "POST", "OPTIONS"), App._sparql),
    "/api": Route(_GET, App._page),
    api.PATH: Route(READS, App._by_query),
    "/openapi.json": Route(_GET, App._page),
    STORE: Route(READS, App._by_query, WRITES),
    GRAPHS: Route(READS, App._by_query, WRITES),
    WELL_KNOWN: Route(_GET, App._page),
    RESOURCE: Route(_LINKED, App._page),
    **{path: Route(_GET, App._page) for path in (ROBOTS, SITEMAP, SITEMAPS)},
    DATASETS: Route(_GET, App._page),
    EXPLORE: Route(_GET, App._page),
    f"{DATASETS}/": Route(_GET, App._page),
    ONTOLOGY: Route(_LINKED, App._page),
    **{f"{ONTOLOGY}.{suffix}": Route(_LINKED, App._page) for suffix in SUFFIXES},
    **{path: Route(_LINKED, App._page) for path in THINGS},
    SEARCH: Route(_LINKED, App._page),
    SUGGEST: Route(_LINKED, App._page),
    RECONCILE: Route(("GET", "HEAD", "POST", "OPTIONS"), App._reconcile),
    f"{RECONCILE}/": Route(_LINKED, App._page),
    "/": Route(_GET, App._page),
    "/health": Route(_GET, App._health),
    "/ready": Route(_GET, App._ready),
    "/metrics": Route(_GET, App._metrics),
    "/style.css": Route(_GET, App._sheet),
    "/favicon.svg": Route(_GET, App._favicon),
    "/favicon.ico": Route(_GET, App._favicon),
    STATIC: Route(_GET, App._asset),
}
"""Path, or with a slash at its end the first part of longer paths -> route."""


def _place(path: str) -> str:
    """What stands for `path` in `_ROUTES`."""
    return path if path in _ROUTES else path[: path.find("/", 1) + 1]
