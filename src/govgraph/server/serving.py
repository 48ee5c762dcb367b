"""What a running server holds: workers on the current snapshot, the answers it keeps, and its figures."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from govgraph.errors import SnapshotError
from govgraph.server.cache import Cache
from govgraph.server.exchange import Elsewhere, Exchange
from govgraph.server.frames import Work
from govgraph.server.metrics import Metrics
from govgraph.server.nursery import Nursery
from govgraph.server.query_log import QueryLog
from govgraph.server.site import Site
from govgraph.server.verdicts import KilledError
from govgraph.server.workers import TICK, Pool

logger = logging.getLogger("govgraph.server")

LOOK: Final = 0.25
"""Seconds between two looks at which snapshot is current."""
JUST_NOW: Final = 0.1
"""Seconds: a worker that was killed so soon after a request was already dead when it was given it."""

Find = Callable[[], Path | None]
"""Gives the folder of the snapshot to serve, None where there is none yet."""


class Serving:
    """Answers requests by workers, and follows the current snapshot; belongs to one event loop."""

    def __init__(self, site: Site, find: Find) -> None:
        self.site = site
        self.metrics = Metrics(self)
        self.log = QueryLog(site.query_log)
        self.cache = Cache(site.limits.cache)
        self.queries = Pool(site.limits.workers, site.limits, self.metrics.count_kill)
        self.pages = Pool(1, site.limits, self.metrics.count_kill)
        """For requests that hold no query: they do not wait behind long queries."""
        self.federated = Pool(1 if site.services else 0, site.limits, self.metrics.count_kill, site.services)
        """For queries with SERVICE: who waits for other endpoints is not in the way of others."""
        self.snapshot: str | None = None
        """Id of the snapshot that is served; None until there is one."""
        self.problem: SnapshotError | None = None
        """Why there is none."""
        self._find = find
        self._served: tuple[Path, int] | None = None
        self._nursery: Nursery | None = None
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _pools(self) -> tuple[Pool, ...]:
        return self.queries, self.pages, self.federated

    @property
    def reason(self) -> str:
        """Why there is nothing to answer from, in a line."""
        return self.problem.problems[0].message if self.problem else "no worker is ready"

    async def start(self) -> None:
        """Starts the workers; afterwards a new snapshot is noticed without further ado."""
        await self.refresh()
        self._run(self._follow)
        self._run(self._watch)

    def end(self) -> None:
        """Ends all workers; who waits for one is told that the server stops."""
        for pool in self._pools:
            pool.stop()

    async def stop(self) -> None:
        """Ends all processes."""
        for task in self._tasks:
            task.cancel()
        self.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # sockets close in their turn
        if self._nursery:
            self._nursery.close()
        self.log.close()

    def refresh_soon(self) -> None:
        """Looks for a new snapshot as soon as the event loop comes to it."""
        asyncio.get_running_loop().call_soon_threadsafe(self._run, self.refresh)

    def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def refresh(self) -> None:
        """Serves the snapshot that is current now, where it is another one or was built anew."""
        async with self._opening:
            now = self._current()
            if now is None or now == self._served:
                if now is None and self._served is None:
                    self.problem = SnapshotError("no snapshot yet", "GG601", hint="run `govgraph build`")
                return
            nursery = self._nursery or Nursery(self.site, self._nursery_ended)
            self._nursery = nursery
            try:
                await self._serve(nursery, now[0])
            except (SnapshotError, OSError) as e:
                if self._served is None:
                    self.problem = e if isinstance(e, SnapshotError) else None
                logger.error("%s%s", e, f"; still serving snapshot {self.snapshot}" if self.snapshot else "")
                if isinstance(e, SnapshotError) and self._served is not None:
                    self._served = now  # it will not get better by trying again
                return
            self.snapshot, self.problem, self._served = now[0].name, None, now
            self.cache.clear()

    async def _serve(self, nursery: Nursery, folder: Path) -> None:
        """Starts all workers on the snapshot in `folder` before any takes over."""
        results = await asyncio.gather(
            *(pool.start(nursery, folder) for pool in self._pools), return_exceptions=True
        )
        started = [result for result in results if not isinstance(result, BaseException)]
        if error := next((result for result in results if isinstance(result, BaseException)), None):
            for worker in itertools.chain(*started):
                worker.retire()
            raise error
        for pool, workers in zip(self._pools, started, strict=True):
            pool.take_over(workers, nursery, folder)

    async def head(self, exchange: Exchange, pool: Pool, work: Work) -> Exchange:
        """The exchange for `work` with its head; raises QueryError, Gone.

        It is another one where the worker was dead already when it was given the request, and where the
        query is for a worker that may ask other endpoints.
        """
        again = True
        while True:
            try:
                await exchange.head
                return exchange
            except Elsewhere:
                pool = self.federated
            except KilledError as e:
                if e.seconds > JUST_NOW or not again:
                    raise
                again = False
            except asyncio.CancelledError:
                exchange.abandon()
                raise
            exchange = await pool.ask(work, self.site.limits.time)

    def _current(self) -> tuple[Path, int] | None:
        """The folder to serve, and its inode, which a rebuild under the same id changes."""
        folder = self._find()
        try:
            return (folder, folder.stat().st_ino) if folder else None
        except OSError:
            return None

    def _nursery_ended(self) -> None:
        logger.error("the process that workers are forked from has ended; starting it anew")
        self._nursery = self._served = None
        self._run(self.refresh)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.refresh()
            except Exception:
                logger.exception("a fault of the server")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for pool in self._pools:
                try:
                    pool.look()
                except Exception:
                    logger.exception("a fault of the server")  # the limits hold all the same
