"""The least that an ASGI application can do: the same answer to whatever is asked."""

from collections.abc import Awaitable, Callable
from typing import Any

BODY = b'{"head":{},"boolean":true}'
HEADERS = [
    (b"content-type", b"application/sparql-results+json"),
    (b"content-length", b"%d" % len(BODY)),
]


async def app(scope: Any, receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:  # noqa: ARG001
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
