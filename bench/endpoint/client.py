"""A load generator for machines without wrk; a server that is faster than it seems slower than it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Tally:
    """What all connections together saw."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0


def ask(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> dict[str, float]:
    """Sends requests over some connections, one at a time on each, and waits for the last answers.

    Returns what wrk.lua tells: `requests`, `seconds`, `p50` and `p99` in milliseconds, how many answers had
    another status than 2xx (`refused`) and how many requests had none (`broken`).
    """
    return asyncio.run(_ask(port, requests, seconds, connections))


async def _ask(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> dict[str, float]:
    tally = _Tally()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_connection(port, requests, until, tally) for _ in range(connections)))
    took = time.perf_counter() - started
    ordered = sorted(tally.seconds) or [0.0]
    return {
        "requests": len(tally.seconds),
        "seconds": took,
        "p50": ordered[len(ordered) // 2] * 1e3,
        "p99": ordered[len(ordered) * 99 // 100] * 1e3,
        "refused": tally.refused,
        "broken": tally.broken,
    }


async def _connection(port: int, requests: Iterator[bytes], until: float, tally: _Tally) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        tally.broken += 1
        return
    try:
        while (sent := time.perf_counter()) < until:
            writer.write(next(requests))
            status = await _read_answer(reader)
            tally.seconds.append(time.perf_counter() - sent)
            tally.refused += not 200 <= status < 300
    except (OSError, EOFError, ValueError):
        tally.broken += 1
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """Reads a whole answer; returns its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    first, *lines = head.split(b"\r\n")
    headers = dict(line.partition(b":")[::2] for line in lines)
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
    else:  # chunked: nothing else is possible on a connection that stays open
        while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    return int(first.split(b" ")[1])
