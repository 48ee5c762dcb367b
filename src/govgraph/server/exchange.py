"""One request to a worker, and its answer as it comes in; belongs to one event loop."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

MOST_BUFFERED: Final = 1024 * 1024
"""Bytes of an answer that wait for a slow client before its worker is made to wait."""


class Gone(Exception):  # noqa: N818
    """The client has hung up."""


class Elsewhere(Exception):  # noqa: N818
    """The request is for a worker that may ask other endpoints."""


class Source(Protocol):
    """What an answer comes from."""

    def pause(self) -> None:
        """Makes it wait."""

    def resume(self) -> None:
        """Lets it go on."""

    def kill(self, verdict: Exception | None = None) -> None:
        """Ends it; its request fails with `verdict`."""


class Exchange:
    """One request and its answer, as it comes in from the worker."""

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop
        self.head: asyncio.Future[None] = loop.create_future()
        """Done when `status`, `headers` and `cacheable` are known; fails with QueryError or Gone."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.cacheable = False
        self.complete = False
        """Whether the whole answer is here."""
        self.facts: dict[str, Any] = {}
        """What the worker tells for the log."""
        self.size = 0
        """Bytes of the body so far."""
        self.error: Exception | None = None
        self._pieces: list[bytes] = []
        self._buffered = 0
        self._more: asyncio.Future[None] | None = None

    def taken(self) -> bytes:
        """What has come of the body since the last call."""
        taken = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces = []
        if self._buffered > MOST_BUFFERED and not self.complete and self.error is None:
            self._source.resume()
        self._buffered = 0
        return taken

    async def more(self) -> bytes:
        """The next bytes of the body, b"" at its end; raises QueryError where it breaks off, and Gone."""
        while not self._pieces and not self.complete:
            if self.error:
                raise self.error
            self._more = self._loop.create_future()
            await self._more
        return self.taken()

    def abandon(self) -> None:
        """Ends the work on this answer: the client is gone."""
        if not self.complete and self.error is None:
            self._source.kill(Gone())

    def begin(self, status: int, cacheable: bool, headers: list[tuple[bytes, bytes]]) -> None:
        """The head has come."""
        self.status, self.cacheable, self.headers = status, cacheable, headers
        if not self.head.done():
            self.head.set_result(None)

    def feed(self, piece: bytes) -> None:
        """A piece of the body has come."""
        self._pieces.append(piece)
        self._buffered += len(piece)
        self.size += len(piece)
        if self._buffered > MOST_BUFFERED:
            self._source.pause()
        self._wake()

    def end(self) -> None:
        """The answer is complete."""
        self.complete = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """There will be no more of the answer."""
        if self.complete or self.error:
            return
        self.error = error
        if not self.head.done():
            self.head.set_exception(error)
            self.head.exception()  # seen, also where nobody waits for it any more
        self._wake()

    def _wake(self) -> None:
        if self._more and not self._more.done():
            self._more.set_result(None)
