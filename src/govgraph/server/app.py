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
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

from govgraph.errors import ConfigError, GovGraphError, QueryError
from govgraph.project import Project
from govgraph.server import api, metrics, problems
from govgraph.server.answering import page_of, prefers_page
from govgraph.server.cache import Kept, RawHeaders, key_of
from govgraph.server.conditional import is_known
from govgraph.server.description import WELL_KNOWN
from govgraph.server.frames import Work
from govgraph.server.graph_store import GRAPHS, READS, STORE, WRITES
from govgraph.server.pages import Pages
from govgraph.server.protocol import MAX_BODY, Asked, RequestError
from govgraph.server.serving import Find, Serving
from govgraph.server.site import Site
from govgraph.server.workers import BusyError, Exchange, Pool
from govgraph.snapshot.history import current_folder

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger("govgraph.server")

UPLOAD: Final = 10.0
"""Seconds in which the body of a request must have come."""
PATIENCE: Final = 0.02
"""Seconds that an answer may take before we look whether the client is still there."""
MOST_READ: Final = 4096
"""Bytes of what only a page needs that are looked at here: whatever takes time is for a worker."""
MOST_FOR_HTTP_1_0: Final = 64 * 1024**2
"""Bytes of an answer by HTTP/1.0, which has no way to tell that one broke off: it is collected first."""

SECURITY: Final[RawHeaders] = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
"""For pages; what is no page needs only the second of them."""
SHARED: Final[RawHeaders] = [
    SECURITY[1],
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Retry-After, X-Request-Id, Query-Time-Limit"),
]
"""Other sites' pages may read what the endpoint answers (Fetch Standard, section 3.2)."""
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
        self._style = files("govgraph.server").joinpath("templates/style.css").read_bytes()
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
                    await self._tell(_request(scope, b"", self.site), problems.details(e), [], send)

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
                await _preflight(scope, methods, send)
                return
            if scope["method"] in methods or scope["method"] in refused:
                await answer(self, scope, receive, send)
                return
            problem = problems.of_status(405)
            await self._tell(
                _request(scope, b"", self.site), problem, [(b"allow", ", ".join(methods).encode())], send
            )
            return
        await self._tell(_request(scope, b"", self.site), problems.of_status(404), [], send)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """That the server runs, and which snapshot it serves, if any."""
        assert self.serving is not None
        if self.serving.snapshot:
            await _send_json(send, 200, {"status": "ok", "snapshot": self.serving.snapshot})
        else:
            await _send_json(send, 503, {"status": "unavailable", "detail": self.serving.reason})

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Whether queries are answered: there is a snapshot, and a worker that has it open."""
        serving = self.serving
        assert serving is not None
        if serving.snapshot and serving.queries.workers:
            await _send_json(send, 200, {"status": "ready", "snapshot": serving.snapshot})
        else:
            await _send_json(send, 503, {"status": "unavailable", "detail": serving.reason})

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Figures for Prometheus."""
        assert self.serving is not None
        body = self.serving.metrics.write()
        await _send(send, 200, [(b"content-type", metrics.MEDIA_TYPE.encode()), *_length(body)], body)

    async def _sheet(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """The style sheet of all pages."""
        headers = [(b"content-type", b"text/css; charset=utf-8"), (b"cache-control", b"max-age=3600")]
        await _send(send, 200, [*headers, *_length(self._style), *SECURITY], self._style)

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
        body = b""
        if scope["method"] == "POST":
            try:
                body = await _body(receive)
            except RequestError as e:
                await self._fail(_request(scope, b"", self.site), e, send)
                return
            except ConnectionError:
                return  # the client has hung up
        given: bytes = scope["query_string"]
        holds_query = scope["method"] == "POST" or b"query=" in given or b"%" in given  # `%71uery=`
        pool = self.serving.queries if holds_query else self.serving.pages
        await self._work(scope, receive, send, body, pool)

    async def _work(self, scope: Scope, receive: Receive, send: Send, body: bytes, pool: Pool) -> None:
        """Answers from the cache, else by a worker."""
        serving = self.serving
        assert serving is not None
        work = _request(scope, body, self.site)
        key = key_of(work)
        request_id = self._request_id(scope)
        if kept := serving.cache.get(key):
            serving.metrics.count_hit(_place(work.path))
            serving.log.write_hit(request_id, work.path, kept)
            await _send_kept(send, kept, work.known, request_id)
            return
        begun = time.monotonic()
        presence = Presence(receive)
        exchange: Exchange | None = None
        outcome = "ok"
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
            await self._fail(work, e, send, request_id)
        finally:
            presence.end()
            seconds = time.monotonic() - begun
            serving.metrics.count(_place(work.path), outcome, seconds)
            serving.log.write(request_id, work.path, outcome, seconds, exchange)

    async def _forward(self, exchange: Exchange, scope: Scope, send: Send, request_id: bytes) -> Kept | None:
        """Passes an answer on; returns it where it may be kept. Raises Broken where it breaks off."""
        assert self.serving is not None
        headers, body = exchange.headers, exchange.taken()
        about = _about(headers, request_id)
        if exchange.complete:
            await _send(send, exchange.status, [*headers, *about], body)
            return Kept(exchange.status, headers, body, exchange.facts)
        try:
            if scope["http_version"] == "1.0":
                body = await _collect(exchange, body)
                await _send(send, exchange.status, [*headers, *_length(body), *about], body)
                return Kept(exchange.status, headers, body, exchange.facts)
            head = {"type": "http.response.start", "status": exchange.status, "headers": [*headers, *about]}
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

    async def _fail(self, work: Work, error: Exception, send: Send, request_id: bytes = b"") -> None:
        headers = [(b"x-request-id", request_id)] if request_id else []
        if isinstance(error, RequestError) and error.status in (408, 413):
            headers.append((b"connection", b"close"))  # the rest of the request is not read
        if isinstance(error, BusyError):
            headers.append((b"retry-after", f"{error.retry_after:.0f}".encode()))
        await self._tell(work, problems.details(error), headers, send)

    async def _tell(self, work: Work, problem: problems.Details, headers: RawHeaders, send: Send) -> None:
        """The answer to a request that failed: a page for who prefers one, else problem details."""
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
        await _send(
            send, int(problem["status"]), [*about, *shared, *headers, *_length(body.encode())], body.encode()
        )

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
_ROUTES: Final[Mapping[str, Route]] = {
    "/sparql": Route(("GET", "HEAD", "POST", "OPTIONS"), App._sparql),
    "/api": Route(_GET, App._page),
    api.PATH: Route(READS, App._by_query),
    "/openapi.json": Route(_GET, App._page),
    STORE: Route(READS, App._by_query, WRITES),
    GRAPHS: Route(READS, App._by_query, WRITES),
    WELL_KNOWN: Route(_GET, App._page),
    "/": Route(_GET, App._page),
    "/health": Route(_GET, App._health),
    "/ready": Route(_GET, App._ready),
    "/metrics": Route(_GET, App._metrics),
    "/style.css": Route(_GET, App._sheet),
}
"""Path, or with a slash at its end the first part of longer paths -> route."""


def _place(path: str) -> str:
    """What stands for `path` in `_ROUTES`."""
    return path if path in _ROUTES else path[: path.find("/", 1) + 1]


def _request(scope: Scope, body: bytes, site: Site) -> Work:
    accept: list[str] = []
    content_type = encoding = language = known = host = ""
    for name, value in scope["headers"]:
        match name:
            case b"accept":
                accept.append(value.decode("latin-1"))
            case b"accept-encoding":
                encoding = value.decode("latin-1")
            case b"host":
                host = value.decode("latin-1")
            case b"accept-language":
                language = value.decode("latin-1")
            case b"if-none-match":
                known = value.decode("latin-1")
            case b"content-type":
                content_type = value.decode("latin-1")
    address = (site.public_url or f"{scope['scheme']}://{host}").rstrip("/")
    path, query_string, method = scope["path"], scope["query_string"], scope["method"]
    if method not in _GET:
        known = ""  # a condition of GET and HEAD alone (RFC 9110, section 13.1.2)
    return Work(
        method, path, query_string, content_type, body, ", ".join(accept), encoding, language, known, address
    )


async def _body(receive: Receive) -> bytes:
    """The body of a request, no more than the protocol allows; raises RequestError 408, ConnectionError."""
    body = bytearray()
    try:
        async with asyncio.timeout(UPLOAD):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionError
                body += message.get("body", b"")
                if not message.get("more_body") or len(body) > MAX_BODY:
                    return bytes(body)
    except TimeoutError:
        raise RequestError(408, f"the request did not come within {UPLOAD:g} seconds") from None


class Presence:
    """Cancels the task that it is made in as soon as the client hangs up, once `PATIENCE` is over."""

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.gone = False
        """Whether the client has hung up."""
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._begin)

    def _begin(self) -> None:
        self._watcher = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self.task.cancel()

    def end(self) -> None:
        """Watches no longer."""
        self._timer.cancel()
        if self._watcher:
            self._watcher.cancel()


async def _collect(exchange: Exchange, body: bytes) -> bytes:
    pieces = [body]
    size = len(body)
    while piece := await exchange.more():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_FOR_HTTP_1_0:
            exchange.abandon()
            hint = "ask by HTTP/1.1"
            raise QueryError(f"the answer has more than {MOST_FOR_HTTP_1_0:,} bytes", "GG708", hint=hint)
    return b"".join(pieces)


async def _send(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _length(body: bytes) -> RawHeaders:
    return [(b"content-length", str(len(body)).encode())]


async def _send_kept(send: Send, kept: Kept, known: str, request_id: bytes) -> None:
    headers, about = kept.headers, _about(kept.headers, request_id)
    if known and is_known(known, next((v.decode() for n, v in headers if n == b"etag"), "")):
        headers = [(n, v) for n, v in headers if n not in (b"content-length", b"content-encoding")]
        await _send(send, 304, [*headers, *about], b"")
    else:
        if not any(n == b"content-length" for n, _ in headers):  # it came in pieces, unknown to HTTP/1.0
            about += _length(kept.body)
        await _send(send, kept.status, [*headers, *about], kept.body)


def _about(headers: RawHeaders, request_id: bytes) -> RawHeaders:
    """What is added to the header fields of a worker's answer: pages are protected, data are shared."""
    is_page = any(n == b"content-type" and v.startswith(b"text/html") for n, v in headers)
    return [*(SECURITY if is_page else SHARED), (b"x-request-id", request_id)]


async def _send_json(send: Send, status: int, value: object) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *SHARED]
    body = json.dumps(value, ensure_ascii=False).encode()
    await _send(send, status, [*headers, *_length(body)], body)


async def _preflight(scope: Scope, allowed: Sequence[str], send: Send) -> None:
    """Which methods there are, also for other sites' pages (Fetch Standard, section 3.2.2)."""
    asked = next(
        (value for name, value in scope["headers"] if name == b"access-control-request-headers"), b"*"
    )
    methods = ", ".join(allowed).encode()
    headers = [(b"allow", methods), *SHARED, (b"access-control-allow-methods", methods)]
    headers += [(b"access-control-allow-headers", asked), (b"access-control-max-age", b"86400")]
    await _send(send, 200, [*headers, *_length(b"")], b"")
