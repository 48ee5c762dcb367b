"""What server and worker say to each other over their socket: frames, and a request as a worker gets it.

A frame is one byte for its kind, four for the length of its body (network order), and the body.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

_HEAD = struct.Struct("!cI")
HEAD_SIZE: Final = _HEAD.size

WORK: Final = b"W"
"""To a worker: a request (`Work`)."""
REMOTE: Final = b"R"
"""From a worker: what to ask other endpoints (JSON); to it: their replies (a marshalled list)."""
ELSEWHERE: Final = b"F"
"""From a worker: the request is for a worker that may ask other endpoints."""
OPENED: Final = b"O"
"""From a worker: it holds the snapshot open, and waits for requests (JSON: address space in bytes)."""
REFUSED: Final = b"X"
"""From a worker: it cannot open the snapshot, and ends (JSON: a problem)."""
LIMIT: Final = b"L"
"""From a worker: the caller allows the request no more than this many seconds (a decimal number)."""
TOLD: Final = b"T"
"""From a worker: what the request asks for, before it is evaluated (JSON: facts for the log)."""
HEAD: Final = b"H"
"""From a worker: status and header fields of the answer, as `pack_head` writes them."""
DATA: Final = b"D"
"""From a worker: the next bytes of the body."""
END: Final = b"E"
"""From a worker: the answer is complete (JSON: facts for the log, nothing where there are none)."""
BROKEN: Final = b"B"
"""From a worker: the rest of the body cannot be given (JSON: a problem)."""

Call = tuple[str, str]
"""One of `REMOTE`: the IRI of an endpoint, and a query for it."""
Reply = tuple[bool, bytes]
"""Whether it answered, and its answer (SPARQL results in JSON), else why not."""


class Work(NamedTuple):
    """A request over HTTP, its parts as they came.

    `address` is where the server answers, without a slash at the end; `language` is Accept-Language.
    """

    method: str
    path: str
    query_string: bytes
    content_type: str
    body: bytes
    accept: str
    encoding: str
    language: str
    known: str
    """The If-None-Match field."""
    address: str

    def pack(self) -> bytes:
        """The frame of this request."""
        return pack(WORK, marshal.dumps(tuple(self)))

    @classmethod
    def unpack(cls, body: bytes) -> Work:
        """The request in the body of a frame."""
        return cls(*marshal.loads(body))


def pack(kind: bytes, body: bytes = b"") -> bytes:
    """A frame."""
    return _HEAD.pack(kind, len(body)) + body


def pack_head(status: int, cacheable: bool, headers: Iterable[tuple[str, str]]) -> bytes:
    """The frame of a head: status, whether the answer may be kept, and header fields, marshalled."""
    fields = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
    return pack(HEAD, marshal.dumps((status, cacheable, fields)))


def unpack_head(body: bytes) -> tuple[int, bool, list[tuple[bytes, bytes]]]:
    """Status, whether the answer may be kept, and header fields in the body of a frame of a head."""
    head: tuple[int, bool, list[tuple[bytes, bytes]]] = marshal.loads(body)
    return head


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[tuple[bytes, bytes]]:
        """The frames, kind and body, that `data` completes."""
        buffer = self._buffer
        buffer += data
        position, length = 0, len(buffer)
        while length - position >= HEAD_SIZE:
            kind, size = _HEAD.unpack_from(buffer, position)
            end = position + HEAD_SIZE + size
            if end > length:
                break
            yield kind, bytes(memoryview(buffer)[position + HEAD_SIZE : end])
            position = end
        del buffer[:position]
