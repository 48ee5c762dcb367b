"""The pool of query processes: each answers one request at a time, and can be killed.

A worker that runs out of its time or memory, or whose client is gone, is killed and replaced; only its own
request fails. All of this belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import marshal
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final, cast

import psutil

from govgraph.errors import Problem, SnapshotError
from govgraph.server.broker import ask_others
from govgraph.server.exchange import Elsewhere, Exchange
from govgraph.server.frames import (
    BROKEN,
    DATA,
    ELSEWHERE,
    END,
    HEAD,
    LIMIT,
    OPENED,
    REFUSED,
    REMOTE,
    TOLD,
    Call,
    FrameReader,
    Work,
    pack,
    unpack_head,
)
from govgraph.server.nursery import Death, Nursery
from govgraph.server.verdicts import (
    REASONS,
    BusyError,
    StoppingError,
    judge,
    out_of_memory,
    over_memory,
    over_time,
    told_by_worker,
)
from govgraph.settings import Limits

logger = logging.getLogger("govgraph.server")

TICK: Final = 0.05
"""Seconds between two looks at the time and the memory of busy workers."""
LEAST_AVAILABLE: Final = 0.05
"""Part of the machine's memory that is to stay available."""
OPENING: Final = 120.0
"""Seconds in which a worker must have opened the snapshot."""
RETRY: Final = 1.0
"""Seconds before a worker that could not be started is tried again."""
READ_AT_ONCE: Final = 256 * 1024


class Worker(asyncio.Protocol):
    """The server's side of a worker."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._process: psutil.Process | None = None
        self._resident = 0
        self._alive = True
        self.opened: asyncio.Future[None] = self._loop.create_future()
        """Done when it waits for requests; fails with SnapshotError."""
        self.exchange: Exchange | None = None
        self._brokering: asyncio.Task[None] | None = None
        self.retired = False
        self.started = 0.0
        self.deadline = 0.0

    @property
    def ready(self) -> bool:
        """Whether it can be given a request."""
        return self._alive and not self.retired

    @classmethod
    async def start(cls, pool: Pool, nursery: Nursery, folder: Path) -> Worker:
        """A worker that holds the snapshot in `folder` open.

        Raises SnapshotError GG604 where it cannot be opened, ConnectionError where it cannot be started.
        """
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, READ_AT_ONCE)
        loop = asyncio.get_running_loop()
        try:
            _, worker = await loop.create_unix_connection(lambda: cls(pool), sock=ours)
        except BaseException:
            ours.close()
            theirs.close()
            raise
        asks = bool(pool.trusted)
        try:
            with theirs:
                pid = await nursery.fork(str(folder), theirs, worker._on_death, may_ask_others=asks)
            with contextlib.suppress(psutil.NoSuchProcess):
                worker._process = psutil.Process(pid)
            async with asyncio.timeout(OPENING):
                await worker.opened
        except TimeoutError:
            worker.kill()
            raise ConnectionError(f"a worker did not open the snapshot in {OPENING:g} seconds") from None
        except BaseException:
            worker.kill()
            raise
        worker._resident = worker._memory()
        return worker

    def ask(self, work: bytes, seconds: float) -> Exchange:
        """Sends a request, a packed `Work`; the answer is to be complete within `seconds`."""
        assert self._transport is not None and self.exchange is None
        self.exchange = exchange = Exchange(self, self._loop)
        self.started = now = time.monotonic()
        self.deadline = now + seconds
        self._transport.write(work)
        return exchange

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Its socket is ready."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Reads what it says."""
        for kind, body in self._frames.feed(data):
            exchange = self.exchange
            if exchange is None:
                self._hear_of_opening(kind, body)
            elif kind == DATA:
                exchange.feed(body)
            elif kind == HEAD:
                exchange.begin(*unpack_head(body))
            elif kind == REMOTE:
                self._brokering = asyncio.ensure_future(self._ask_others(exchange, json.loads(body)))
            elif kind == ELSEWHERE:
                self.exchange = None
                exchange.fail(Elsewhere())
                self._pool.free(self)
            elif kind == TOLD:
                exchange.facts.update(json.loads(body))
            elif kind == LIMIT:
                self.deadline = min(self.deadline, self.started + float(body))
            elif kind in (END, BROKEN):
                self.exchange = None
                if b'"fault"' in body and "fault" in (said := json.loads(body)):
                    logger.error("a fault of the server: %s", said["fault"])
                if kind == END:
                    if body:
                        exchange.facts.update(json.loads(body))
                    exchange.end()
                else:
                    exchange.fail(told_by_worker(json.loads(body)))
                self.resume()
                if time.monotonic() - self.started >= TICK and self.excess() > self._pool.limits.memory / 4:
                    self._pool.retire(self)  # the next request is not to answer for what this one left
                else:
                    self._pool.free(self)

    async def _ask_others(self, exchange: Exchange, calls: list[Call]) -> None:
        replies = await ask_others(calls, self._pool.trusted, self._pool.limits)
        if self.exchange is exchange and self._transport:
            self._transport.write(pack(REMOTE, marshal.dumps(replies)))

    def _hear_of_opening(self, kind: bytes, body: bytes) -> None:
        if kind == OPENED and not self.opened.done():
            self.opened.set_result(None)
        elif kind == REFUSED and not self.opened.done():
            said = json.loads(body)
            problem = Problem(said.get("code", "GG604"), said["detail"], hint=said.get("hint"))
            self.opened.set_exception(SnapshotError.collect([problem]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It speaks no more; why is told by its death."""
        self._pool.silent(self)

    def pause(self) -> None:
        """Makes it wait: nobody reads what it says."""
        assert self._transport is not None
        self._transport.pause_reading()

    def resume(self) -> None:
        """Lets it go on."""
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def look(self, now: float, limits: Limits) -> None:
        """Kills it where its request takes too long, or too much memory."""
        if self.exchange is None or not self._alive:
            return
        if now >= self.deadline:
            self._pool.kills("time")
            self.kill(over_time(self.deadline - self.started))
        elif now - self.started >= TICK and self.excess() > limits.memory:
            self._pool.kills("memory")
            self.kill(over_memory(limits.memory))

    def kill(self, verdict: Exception | None = None) -> None:
        """Ends the process at once; its request fails with `verdict`."""
        exchange, self.exchange = self.exchange, None
        if self._brokering:
            self._brokering.cancel()  # nobody waits for the other endpoints any more
        if exchange and verdict:
            exchange.fail(verdict)
        if self._alive and self._process:
            self._alive = False
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        if self._transport:
            self._transport.close()

    def retire(self) -> None:
        """Lets it end, now or after its request: it is needed no more."""
        self.retired = True
        if self.exchange is None and self._transport:
            self._transport.close()

    def excess(self) -> int:
        """Bytes of its resident memory beyond those of the opened store."""
        return self._memory() - self._resident

    def _memory(self) -> int:
        """Bytes of its resident memory that are its own, 0 where that cannot be read."""
        try:
            info = self._process.memory_info() if self._process else None
        except (psutil.Error, OSError):
            return 0
        return info.rss - getattr(info, "shared", 0) if info else 0

    def _on_death(self, death: Death) -> None:
        by_itself, self._alive = self._alive and self.opened.done(), False
        exchange, self.exchange = self.exchange, None
        if self._brokering:
            self._brokering.cancel()
        error = judge(death, time.monotonic() - self.started)
        if exchange:
            self._pool.kills(REASONS.get(error.problems[0].code, "crash"))
            exchange.fail(error)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(str(error)))
            self.opened.exception()
        if by_itself and not self.retired:
            logger.error("a worker ended: %s%s", error, f"\n{death.words}" if death.words else "")
        if self._transport:
            self._transport.close()
        self._pool.lost(self)


class Pool:
    """`size` workers on one snapshot."""

    def __init__(
        self, size: int, limits: Limits, kills: Callable[[str], None], trusted: Collection[str] = ()
    ) -> None:
        """`kills` is told why a worker was killed, or died: time, memory, stack, crash.

        Its workers may have the endpoints `trusted` asked.
        """
        self._size = size
        self.limits = limits
        self.trusted = trusted
        self.kills = kills
        self._folder: Path | None = None
        self._nursery: Nursery | None = None
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._waiting: deque[tuple[float, asyncio.Future[Worker]]] = deque()
        """When a request has waited long enough, and what gives it a worker; the oldest first."""
        self._starting: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def workers(self) -> int:
        """Workers that hold the snapshot open."""
        return sum(not worker.retired for worker in self._workers)

    @property
    def busy(self) -> int:
        """Workers that answer a request."""
        return sum(worker.exchange is not None for worker in self._workers)

    @property
    def queued(self) -> int:
        """Requests that wait for a worker."""
        return len(self._waiting)

    async def start(self, nursery: Nursery, folder: Path) -> list[Worker]:
        """New workers on the snapshot in `folder`, for `take_over`.

        Raises SnapshotError or ConnectionError where one of them cannot be had; none is left then.
        """
        started = await asyncio.gather(
            *(Worker.start(self, nursery, folder) for _ in range(self._size)), return_exceptions=True
        )
        new = [result for result in started if isinstance(result, Worker)]
        if error := next((result for result in started if isinstance(result, BaseException)), None):
            for worker in new:
                worker.retire()
            raise error
        return new

    def take_over(self, new: Sequence[Worker], nursery: Nursery, folder: Path) -> None:
        """Lets workers that `start` gave take over from those on the snapshot before."""
        for worker in self._workers:
            worker.retire()
        self._workers.update(new)
        self._idle.clear()
        self._nursery, self._folder = nursery, folder
        for worker in new:
            self.free(worker)

    async def ask(self, work: Work, seconds: float) -> Exchange:
        """Gives `work` to a free worker; raises BusyError GG709 where none is free in time."""
        while True:
            worker = self._idle.pop() if self._idle else await self._next()
            if worker.ready:  # else it was promised to this request, and has ended since
                return worker.ask(work.pack(), seconds)

    async def _next(self) -> Worker:
        limits = self.limits
        if self._stopping:
            raise StoppingError
        if len(self._waiting) >= limits.queue:
            raise BusyError(f"{len(self._waiting)} queries wait already", max(1.0, limits.wait))
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        waits = time.monotonic() + limits.wait, turn
        self._waiting.append(waits)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.free(turn.result())  # it came at the very moment
            with contextlib.suppress(ValueError):
                self._waiting.remove(waits)
            raise

    def free(self, worker: Worker) -> None:
        """Gives the worker its next request, or lets it wait."""
        if worker.retired:
            worker.retire()
            return
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(worker)
                return
        self._idle.append(worker)

    def silent(self, worker: Worker) -> None:
        """A worker has closed its socket: no request is given to it any more."""
        with contextlib.suppress(ValueError):
            self._idle.remove(worker)

    def retire(self, worker: Worker) -> None:
        """Lets another worker take the place of this one, which ends."""
        worker.retire()
        self._start_another()

    def lost(self, worker: Worker) -> None:
        """A worker has ended: another takes its place, unless it is needed no more."""
        self.silent(worker)
        known = worker in self._workers
        self._workers.discard(worker)
        if known and not (worker.retired or self._stopping):
            self._start_another()

    def _start_another(self) -> None:
        task = asyncio.ensure_future(self._replace())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _replace(self) -> None:
        while not self._stopping:
            nursery, folder = self._nursery, self._folder
            assert nursery and folder
            try:
                worker = await Worker.start(self, nursery, folder)
            except (OSError, SnapshotError) as e:
                logger.error("a worker cannot be started: %s", e)
                await asyncio.sleep(RETRY)
                continue
            if self._folder != folder or self.workers >= self._size:
                worker.retire()  # a new snapshot brought workers of its own meanwhile
                return
            self._workers.add(worker)
            self.free(worker)
            return

    def look(self) -> None:
        """Looks at time and memory of busy workers, and at who waits; to be called every `TICK` seconds."""
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, turn = self._waiting.popleft()
            if not turn.done():
                waited = f"no worker was free in {self.limits.wait:g} seconds"
                turn.set_exception(BusyError(waited, max(1.0, self.limits.wait)))
        for worker in tuple(self._workers):
            worker.look(now, self.limits)
        self._keep_the_machine(now)

    def _keep_the_machine(self, now: float) -> None:
        """Kills the largest of the long requests where the machine runs out of memory: else the kernel would.

        Each within its limit, requests may together need more than there is.
        """
        long = [w for w in self._workers if w.exchange and now - w.started >= TICK]
        if long:
            memory = psutil.virtual_memory()
            if memory.available < memory.total * LEAST_AVAILABLE:
                largest = max(long, key=Worker.excess)
                self.kills("memory")
                largest.kill(out_of_memory())

    def stop(self) -> None:
        """Ends all workers; requests under way fail with StoppingError."""
        self._stopping = True
        for _, turn in self._waiting:
            if not turn.done():
                turn.set_exception(StoppingError())
        for task in self._starting:
            task.cancel()
        for worker in tuple(self._workers):
            worker.kill(StoppingError())
