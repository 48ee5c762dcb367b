"""Figures of a running server, in Prometheus' text format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from govgraph.server.serving import Serving

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics:
    """The figures, kept in a registry of their own."""

    def __init__(self, serving: Serving) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "govgraph_requests", "Requests by outcome", ["path", "outcome"], registry=registry
        )
        self._outcomes: dict[tuple[str, str], Counter] = {}
        self._seconds = Histogram(
            "govgraph_query_seconds",
            "Seconds from a request to the end of its answer, without those from the cache",
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self._hits = Counter("govgraph_cache_hits", "Answers from the cache", registry=registry)
        self._kills = Counter(
            "govgraph_worker_kills", "Workers that ended, by reason", ["reason"], registry=registry
        )
        for name, what, value in (
            ("govgraph_queue_length", "Queries that wait for a worker", lambda: serving.queries.queued),
            ("govgraph_workers", "Workers for queries", lambda: serving.queries.workers),
            ("govgraph_workers_busy", "Workers that answer a query", lambda: serving.queries.busy),
            ("govgraph_cache_bytes", "Bytes of kept answers", lambda: serving.cache.bytes),
        ):
            Gauge(name, what, registry=registry).set_function(value)

    def count(self, path: str, outcome: str, seconds: float) -> None:
        """A request was answered by a worker, or failed."""
        self._outcome(path, outcome).inc()
        self._seconds.observe(seconds)

    def count_hit(self, path: str) -> None:
        """A request was answered from the cache."""
        self._outcome(path, "ok").inc()
        self._hits.inc()

    def _outcome(self, path: str, outcome: str) -> Counter:
        if (path, outcome) not in self._outcomes:
            self._outcomes[path, outcome] = self._requests.labels(path, outcome)
        return self._outcomes[path, outcome]

    def count_kill(self, reason: str) -> None:
        """A worker was killed, or died."""
        self._kills.labels(reason).inc()

    def write(self) -> bytes:
        """All figures."""
        return generate_latest(self._registry)
