"""Connections of clients, with what uvicorn leaves open: limits on the time and size of a request's head, on
the time in which an answer is taken, and on their number.
"""

from __future__ import annotations

import asyncio
from operator import attrgetter
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from govgraph.server.exchange import MOST_BUFFERED

HEAD_SECONDS: Final = 10.0
"""Seconds in which the request line and header fields must have come, from the first byte on."""
STALLED: Final = 60.0
"""Seconds in which a client must have taken something of its answer."""
MOST_UNREAD: Final = 512 * 1024**2
"""Bytes of answers that may wait for their clients, of all connections together."""
HEAD_BYTES: Final = 512 * 1024
"""Bytes that they may have: a query of `guard.MAX_LENGTH` letters, some of them percent-encoded."""


_LARGE: Final = 64 * 1024
"""Bytes that are worth a write of their own."""


class Corked:
    """A transport that writes at once what is written to it one after the other.

    uvicorn writes the head and the body of an answer apart, and uvloop passes each write to the system as it
    comes: for a small answer that costs as much again as all the rest of it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Writes `data`, at the latest when the event loop comes round again."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        if len(data) > _LARGE:
            self._flush()

    def close(self) -> None:
        """Closes the connection when all is written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            if not self._transport.is_closing():
                self._transport.writelines(held)

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """A connection, which closes itself where the head of a request is too slow or too long, where its client
    does not take the answer, and where there are too many others.
    """

    _since: float | None = None
    """When the head that is not complete yet began, None where none is awaited."""
    _received = 0
    _unread = 0
    moved = 0.0
    """When the client last took something of its answer."""

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        """`most` is how many connections there may be."""
        super().__init__(*args, **kwargs)
        self._most = most

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(cast(asyncio.Transport, Corked(transport, self.loop)))
        self._since = self.moved = self.loop.time()
        if len(self.connections) > self._most:
            self._refuse(b"503 Service Unavailable")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._since, self._received = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._since = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Reads on."""
        super().data_received(data)
        if self._since is not None:
            self._received += len(data)
            if self._received > HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")

    def look(self, now: float) -> None:
        """Closes itself where the head takes too long; to be called now and then."""
        if self._since is not None and self._answers:
            self._since = now  # what comes meanwhile is not waited for
        elif self._since is not None and now - self._since > HEAD_SECONDS:
            self._refuse(b"408 Request Timeout")
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread or not unread:
            self._unread, self.moved = unread, now
        elif now - self.moved > STALLED:
            self.transport.abort()

    @property
    def held(self) -> int:
        """Bytes of an answer that wait for the client, roughly."""
        return self._unread + (MOST_BUFFERED if self.flow.write_paused and self._answers else 0)

    @property
    def _answers(self) -> bool:
        """Whether the answer to a request is under way."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _refuse(self, status: bytes) -> None:
        self._since = None
        if not self.transport.is_closing():
            if not self._answers:  # else the client would take it for a part of that answer
                self.transport.write(
                    b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            self.transport.close()


def look_at(connections: set[Any], now: float) -> None:
    """Has all connections look at their time; where they hold too much, the slowest are closed."""
    known = [connection for connection in connections if isinstance(connection, Connection)]
    for connection in known:
        connection.look(now)
    held = sum(connection.held for connection in known)
    if held > MOST_UNREAD:
        for connection in sorted(known, key=attrgetter("moved")):
            if held > MOST_UNREAD and connection.held:
                held -= connection.held
                connection.transport.abort()
