"""Answers that are kept in memory: an answer depends only on the request and the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from cachetools import LRUCache

from govgraph.server.frames import Work

LARGEST_PART: Final = 8
"""An answer that takes more than this part of the cache is not kept."""
_OVERHEAD: Final = 1000
"""Bytes that an entry takes beside its key and body, roughly."""

Key = tuple[str | bytes, ...]
"""What an answer depends on, beside the snapshot."""
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is sent: status, header fields, body; and what the log tells of it."""

    status: int
    headers: RawHeaders
    body: bytes
    facts: Mapping[str, Any]


class Cache:
    """The answers asked for last, up to `size` bytes of them."""

    def __init__(self, size: int) -> None:
        self._kept: LRUCache[Key, tuple[Kept, int]] = LRUCache(size, getsizeof=itemgetter(1))
        self.largest = size // LARGEST_PART
        """Bytes of the largest answer that is kept, with the request that it answers."""

    def get(self, key: Key) -> Kept | None:
        """The answer kept for `key`."""
        found = self._kept.get(key)
        return found[0] if found else None

    def put(self, key: Key, answer: Kept) -> None:
        """Keeps an answer, unless it is too large."""
        size = len(answer.body) + sum(map(len, key)) + _OVERHEAD
        if size <= self.largest:
            self._kept[key] = answer, size

    def clear(self) -> None:
        """Forgets all answers."""
        self._kept.clear()

    @property
    def bytes(self) -> int:
        """Bytes that the answers take."""
        return int(self._kept.currsize)


def key_of(work: Work) -> Key:
    """All of a request but whether the client knows the answer; HEAD is answered as GET is."""
    return ("GET" if work.method == "HEAD" else work.method, *work[1:8], work.address)
