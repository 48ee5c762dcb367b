"""The answer of a worker on its way to the server: held back at first, compressed, counted, in frames."""

from __future__ import annotations

import json
import marshal
import socket
import sys
import zlib
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from govgraph.errors import QueryError
from govgraph.server.formats import PLAIN, Coding
from govgraph.server.frames import (
    DATA,
    ELSEWHERE,
    END,
    LIMIT,
    REMOTE,
    TOLD,
    Call,
    FrameReader,
    Reply,
    pack,
    pack_head,
)

HELD_BACK: Final = 64 * 1024
"""Bytes that are kept until they are exceeded, so that a failure before that is still told by its status."""
_PIECE: Final = 128 * 1024
"""Bytes that are sent at a time."""
_WORTH_COMPRESSING: Final = 1024

Headers = Sequence[tuple[str, str]]


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class ResultTooLargeError(QueryError):
    """The answer is longer than the server gives."""


class EnoughError(Exception):
    """The client wants no more of the body: it asked by HEAD."""


class Output:
    """Writes one answer to the server; a file to write bytes to, once it has begun.

    `begun` says whether the head is out, after which no other answer can be given.
    """

    def __init__(
        self,
        stream: socket.socket,
        *,
        method: str = "GET",
        encoding: Coding = PLAIN,
        limit: int | None = None,
    ):
        """`limit` is the bytes that an answer may have, unless it tells of an error."""
        self._stream = stream
        self._method = method
        self._encoding = encoding.name
        self._shortest = 0 if encoding.always else _WORTH_COMPRESSING
        """Bytes of the shortest body that is compressed."""
        self._limit = limit
        self._compressor: _Compressor | None = None
        self._status = 200
        self._cacheable = False
        self._headers: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._waiting = 0
        self.written = 0
        self.begun = False

    def lower_limit(self, seconds: float) -> None:
        """Tells the server that the caller allows the request no more than `seconds`."""
        self._stream.sendall(pack(LIMIT, str(seconds).encode()))

    def tell(self, facts: Mapping[str, object]) -> None:
        """Tells the server what the request asks for: it may have to say so in the log without the worker."""
        self._stream.sendall(pack(TOLD, json.dumps(facts).encode()))

    def elsewhere(self) -> None:
        """Tells the server that the request is for a worker that may ask other endpoints."""
        self._stream.sendall(pack(ELSEWHERE))

    def ask_others(self, calls: Sequence[Call]) -> list[Reply]:
        """The replies of other endpoints, by way of the server; raises ConnectionError where it is gone."""
        self._stream.sendall(pack(REMOTE, json.dumps(calls).encode()))
        reader = FrameReader()
        while data := self._stream.recv(1 << 18):
            for _, body in reader.feed(data):
                replies: list[Reply] = marshal.loads(body)
                return replies
        raise ConnectionError

    def head(self, status: int, headers: Headers, *, cacheable: bool = False) -> None:
        """Sets the head of the answer; what was written before is dropped.

        `cacheable` answers are the same next time.
        """
        assert not self.begun
        self._status, self._cacheable = status, cacheable
        self._headers = list(headers)
        self._pieces, self._waiting, self.written = [], 0, 0

    def write(self, data: bytes) -> int:
        """Takes the next bytes of the body; raises ResultTooLargeError GG708, EnoughError, OSError."""
        self.written += len(data)
        if self._limit is not None and self.written > self._limit and self._status < 400:
            raise ResultTooLargeError(
                f"the answer has more than {self._limit:,} bytes",
                "GG708",
                hint="ask for less, with LIMIT and OFFSET",
            )
        self._pieces.append(data)
        self._waiting += len(data)
        if self._waiting > (_PIECE if self.begun else HELD_BACK):
            if self._method == "HEAD":
                raise EnoughError
            self._send()
        return len(data)

    def flush(self) -> None:
        """Does nothing: when bytes are sent is decided here."""

    def finish(self, facts: Mapping[str, object]) -> None:
        """Sends what is left, and `facts` for the log; nothing can be written after that."""
        end = pack(END, json.dumps(facts).encode() if facts else b"")
        if self.begun:
            body = self._compressed(b"".join(self._pieces), last=True)
            self._stream.sendall((pack(DATA, body) if body else b"") + end)
            return
        body = b"".join(self._pieces)
        if self._status != 304:  # it has no body, and its length would be taken for that of the 200
            if self._encoding and len(body) >= self._shortest:
                body = self._compressed(body, last=True)
            self._headers.append(("content-length", str(len(body))))
        self._stream.sendall(self._packed_head() + (pack(DATA, body) if body else b"") + end)
        self.begun = True

    def finish_without_body(self, facts: Mapping[str, object]) -> None:
        """Ends the answer to HEAD whose body is longer than is held back."""
        self._stream.sendall(self._packed_head() + pack(END, json.dumps(facts).encode()))
        self.begun = True

    def _send(self) -> None:
        body = b"".join(self._pieces)
        self._pieces, self._waiting = [], 0
        if self._encoding:
            body = self._compressed(body)
        head = b"" if self.begun else self._packed_head()
        self.begun = True
        if head or body:
            self._stream.sendall(head + (pack(DATA, body) if body else b""))

    def _packed_head(self) -> bytes:
        return pack_head(self._status, self._cacheable, self._headers)

    def _compressed(self, data: bytes, *, last: bool = False) -> bytes:
        if not self._encoding:
            return data
        if self._compressor is None:
            self._compressor = _compressor(self._encoding)
            self._headers.append(("content-encoding", self._encoding))
        compressed = self._compressor.compress(data)
        return compressed + self._compressor.flush() if last else compressed


def _compressor(encoding: str) -> _Compressor:
    if encoding == "gzip":
        return zlib.compressobj(4, wbits=31)
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdCompressor
    else:
        from backports.zstd import ZstdCompressor
    return ZstdCompressor(level=3)
