"""What the server and a worker say to each other over their socket: frames, and a request as a worker gets it.

A frame is one byte for its kind, four for the length of its body (network order), and the body.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final

_HEAD = struct.Struct("!cI")
HEAD_SIZE: Final = _HEAD.size

WORK: Final = b"W"
"""To a worker: a request (`Work`)."""
REMOTE: Final = b"R"
"""To a worker: the answers of other endpoints that it asked for; from it: what to ask them (JSON)."""
OPENED: Final = b"O"
"""From a worker: it holds the snapshot open, and waits for requests (JSON: address space in bytes)."""
REFUSED: Final = b"X"
"""From a worker: it cannot open the snapshot, and ends (JSON: a problem)."""
LIMIT: Final = b"L"
"""From a worker: the caller allows the request no more than this many seconds (a decimal number)."""
HEAD: Final = b"H"
"""From a worker: status and header fields of the answer (JSON)."""
DATA: Final = b"D"
"""From a worker: the next bytes of the body."""
END: Final = b"E"
"""From a worker: the answer is complete (JSON: facts for the log)."""
BROKEN: Final = b"B"
"""From a worker: the rest of the body cannot be given (JSON: a problem)."""


@dataclass(frozen=True, slots=True)
class Work:
    """A request over HTTP, its parts as they came.

    `address` is where the server answers, without a slash at the end; `language` is the Accept-Language field.
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
        return pack(WORK, marshal.dumps(astuple(self)))

    @classmethod
    def unpack(cls, body: bytes) -> Work:
        """The request in the body of a frame."""
        return cls(*marshal.loads(body))


def pack(kind: bytes, body: bytes = b"") -> bytes:
    """A frame."""
    return _HEAD.pack(kind, len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
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
