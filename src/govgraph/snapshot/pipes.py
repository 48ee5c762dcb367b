"""Writers and readers that work at the same time, with a pipe between them and no file.

The one who fails first is told; the other then finds the pipe closed and ends too. Nothing of a pipe stays
behind a process that is killed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import BinaryIO

BLOCK = 1 << 20


@contextmanager
def piped(write: Callable[[BinaryIO], object]) -> Iterator[BinaryIO]:
    """The bytes that `write` writes into the pipe it is given, which is run in a thread of its own.

    They have to be read to their end. Raises what `write` raises, if it is no consequence of what is
    raised in the body.
    """
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(writing, "wb", BLOCK, closefd=False) as pipe:
                write(pipe)
        except BaseException as e:
            failures.append(e)
        finally:
            os.close(writing)

    thread = Thread(target=run, name="pipe")
    thread.start()
    try:
        with os.fdopen(reading, "rb", BLOCK) as pipe:
            try:
                yield pipe
            except Exception as e:
                if failures:  # before the pipe was closed: what was read was not whole
                    raise failures[0] from e
                raise
    finally:
        thread.join()
    if failures:
        raise failures[0]


def name_of(pipe: BinaryIO) -> str:
    """The name by which an open pipe can be opened again."""
    return f"/dev/fd/{pipe.fileno()}"


class Tee(io.RawIOBase):
    """What is read from `source` is written to `copy` too."""

    def __init__(self, source: BinaryIO, copy: BinaryIO) -> None:
        self.source = source
        self.copy = copy

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer, or a part of it; returns how many bytes, 0 at the end."""
        block = self.source.read1(len(buffer))  # type: ignore[attr-defined]
        self.copy.write(block)
        buffer[: len(block)] = block
        return len(block)
