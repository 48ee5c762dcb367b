"""Runs queries beside the event loop, and lets go of them where the server is to stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter

from govgraph.errors import QueryError
from govgraph.server.evaluate import in_own_thread

T = TypeVar("T")

QUERIES_AT_ONCE = max(4, os.cpu_count() or 1)
"""Queries that run at the same time; further ones wait."""


class StoppingError(QueryError):
    """The server ends before the query has its answer."""

    def __init__(self) -> None:
        super().__init__("the server is stopping", "GG705", hint="ask again when it runs")


class Runner:
    """Runs queries, `QUERIES_AT_ONCE` at a time; all of it belongs to one event loop."""

    def __init__(self) -> None:
        self._limit = CapacityLimiter(QUERIES_AT_ONCE)
        self._running: set[asyncio.Future[Any]] = set()
        self._stopping = False
        self.abandoned = False
        """Whether a thread may still work on a query that nobody waits for."""

    async def run(self, function: Callable[[], T]) -> T:
        """What `function` returns, from a thread of its own; raises what it raises, and StoppingError."""
        async with self._limit:
            if self._stopping:
                raise StoppingError
            answer = asyncio.wrap_future(in_own_thread(function))
            self._running.add(answer)
            try:
                return await answer
            except asyncio.CancelledError:
                if self._stopping:
                    raise StoppingError from None
                raise
            finally:
                self._running.discard(answer)

    def stop(self) -> None:
        """Ends the waiting for all queries; their threads cannot be ended, only the process can."""
        self._stopping = True
        self.abandoned = self.abandoned or bool(self._running)
        for answer in self._running:
            answer.cancel()
