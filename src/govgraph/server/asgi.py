"""Requests and answers as ASGI 3.0 has them: what is read of a request, and how an answer is sent."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from govgraph.errors import QueryError
from govgraph.server.cache import Kept, RawHeaders
from govgraph.server.conditional import is_known
from govgraph.server.exchange import Exchange
from govgraph.server.frames import Work
from govgraph.server.protocol import MAX_BODY, RequestError
from govgraph.server.site import Site

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

UPLOAD: Final = 10.0
"""Seconds in which the body of a request must have come."""
PATIENCE: Final = 0.02
"""Seconds that an answer may take before we look whether the client is still there."""
MOST_FOR_HTTP_1_0: Final = 64 * 1024**2
"""Bytes of an answer by HTTP/1.0, which has no way to tell that one broke off: it is collected first."""

_SLASH: Final = re.compile(rb"%2[Ff]")

SECURITY: Final[RawHeaders] = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        b"img-src 'self' data:; form-action 'self'; "
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


def request_of(scope: Scope, body: bytes, site: Site) -> Work:
    """The request as a worker gets it."""
    accept: list[str] = []
    encoding: list[str] = []
    known: list[str] = []
    content_type = language = host = ""
    for name, value in scope["headers"]:
        match name:
            case b"accept":
                accept.append(value.decode("latin-1"))
            case b"accept-encoding":
                encoding.append(value.decode("latin-1"))
            case b"host":
                host = value.decode("latin-1")
            case b"accept-language":
                language = value.decode("latin-1")
            case b"if-none-match":
                known.append(value.decode("latin-1"))
            case b"content-type":
                content_type = value.decode("latin-1")
    address = (site.public_url or f"{scope['scheme']}://{host}").rstrip("/")
    query_string, method = scope["query_string"], scope["method"]
    if method not in ("GET", "HEAD"):
        known = []  # a condition of GET and HEAD alone (RFC 9110, section 13.1.2)
    return Work(
        method,
        _path(scope),
        query_string,
        content_type,
        body,
        ", ".join(accept),
        ", ".join(encoding),
        language,
        ", ".join(known),
        address,
    )


def _path(scope: Scope) -> str:
    """The path, decoded but for `%2F`, which is no slash between segments (RFC 3986, section 2.2)."""
    raw: bytes = scope.get("raw_path") or b""
    if _SLASH.search(raw):
        return unquote(_SLASH.sub(b"%252F", raw).decode("ascii", "replace"))
    path: str = scope["path"]
    return path


async def read_body(receive: Receive) -> bytes:
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


async def collect(exchange: Exchange, body: bytes) -> bytes:
    """The whole body, of which `body` has come; raises QueryError GG708 beyond `MOST_FOR_HTTP_1_0`."""
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


async def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Sends an answer that is all here."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def length(body: bytes) -> RawHeaders:
    """The header field that tells how long `body` is."""
    return [(b"content-length", str(len(body)).encode())]


async def send_kept(send: Send, kept: Kept, known: str, request_id: bytes) -> tuple[int, int]:
    """Sends an answer that was kept, or 304 where the client has it; returns status and length."""
    headers, more = kept.headers, about(kept.headers, request_id)
    if known and is_known(known, next((v.decode() for n, v in headers if n == b"etag"), "")):
        headers = [(n, v) for n, v in headers if n not in (b"content-length", b"content-encoding")]
        await send_whole(send, 304, [*headers, *more], b"")
        return 304, 0
    if not any(n == b"content-length" for n, _ in headers):  # it came in pieces, unknown to HTTP/1.0
        more += length(kept.body)
    await send_whole(send, kept.status, [*headers, *more], kept.body)
    return kept.status, len(kept.body)


def about(headers: RawHeaders, request_id: bytes) -> RawHeaders:
    """What is added to the header fields of a worker's answer: pages are protected, data are shared.

    A page with a policy of its own is made for other sites to show.
    """
    is_page = any(n == b"content-type" and v.startswith(b"text/html") for n, v in headers)
    is_page = is_page and not any(n == b"content-security-policy" for n, _ in headers)
    return [*(SECURITY if is_page else SHARED), (b"x-request-id", request_id)]


async def send_json(send: Send, status: int, value: object) -> None:
    """Sends a value as JSON that is not to be kept."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *SHARED]
    body = json.dumps(value, ensure_ascii=False).encode()
    await send_whole(send, status, [*headers, *length(body)], body)


async def preflight(scope: Scope, allowed: Sequence[str], send: Send) -> None:
    """Which methods there are, also for other sites' pages (Fetch Standard, section 3.2.2)."""
    asked = next(
        (value for name, value in scope["headers"] if name == b"access-control-request-headers"), b"*"
    )
    methods = ", ".join(allowed).encode()
    headers = [(b"allow", methods), *SHARED, (b"access-control-allow-methods", methods)]
    headers += [(b"access-control-allow-headers", asked), (b"access-control-max-age", b"86400")]
    await send_whole(send, 200, [*headers, *length(b"")], b"")
