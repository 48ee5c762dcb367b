"""Why a request has no answer, as the server tells it: limits, the end of a worker, no free worker."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any, Final

from govgraph.errors import CODES, QueryError
from govgraph.server.nursery import Death

REASONS: Final[Mapping[str, str]] = {"GG706": "time", "GG707": "memory", "GG710": "stack", "GG711": "crash"}
"""Code of what ended a worker -> its name in the figures."""

_SMALLER: Final = "ORDER BY, GROUP BY and DISTINCT hold their rows in memory: make the query more selective"


def over_time(seconds: float) -> QueryError:
    """The query ran longer than it may."""
    hint = "make it more selective, or ask for a part of it with LIMIT"
    return QueryError(f"the query took longer than {seconds:g} seconds", "GG706", hint=hint)


def over_memory(limit: int) -> QueryError:
    """The query needed more than `limit` bytes."""
    return QueryError(
        f"the query needed more than {limit / 1024**2:,.0f} MiB of memory", "GG707", hint=_SMALLER
    )


def out_of_memory() -> QueryError:
    """The machine has no memory left."""
    return QueryError("the server has no memory left for the query", "GG707", hint=_SMALLER)


def judge(death: Death, seconds: float) -> QueryError:
    """What the end of a worker by itself says of its request, which began `seconds` ago."""
    words = death.words
    if death.signal == signal.SIGABRT and ("memory allocation" in words or "bad_alloc" in words):
        return QueryError("the query needed more memory than a worker has", "GG707")
    if "MemoryError" in words:
        return QueryError("the query needed more memory than a worker has", "GG707")
    if death.signal in (signal.SIGSEGV, signal.SIGBUS):
        hint = "write long chains of brackets, operators or UNION as VALUES"
        return QueryError("the query nests deeper than a worker's stack", "GG710", hint=hint)
    if death.signal == signal.SIGKILL:
        return KilledError(seconds)
    if death.signal is not None:
        name = signal.Signals(death.signal).name
        return QueryError(f"the worker was ended by {name}", "GG711", hint="ask again")
    return QueryError(f"the worker ended with status {death.status}", "GG711", hint="ask again")


def told_by_worker(said: dict[str, Any]) -> QueryError:
    """The error that a worker told of, as problem details."""
    code = said.get("code")
    return QueryError(
        said.get("detail", said["title"]), code if code in CODES else "GG705", hint=said.get("hint")
    )


class KilledError(QueryError):
    """Something outside of this program ended the worker."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the worker was ended by SIGKILL", "GG711", hint="ask again")
        self.seconds = seconds
        """Seconds after it was given its request."""


class BusyError(QueryError):
    """No worker is free in time."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "GG709", hint=f"ask again in {seconds:.0f} seconds")
        self.retry_after = seconds


class StoppingError(QueryError):
    """The server ends before the request has its answer."""

    def __init__(self) -> None:
        super().__init__("the server is stopping", "GG709", hint="ask again when it runs")
