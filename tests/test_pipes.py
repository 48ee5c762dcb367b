"""Pipes between a writer and a reader: whoever fails first is told, and nobody waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from govgraph.snapshot.pipes import piped


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No thread, and no open file, is more after a test than before."""
    descriptors = len(list(Path("/dev/fd").iterdir()))
    yield
    assert [t.name for t in threading.enumerate() if t.name == "pipe"] == []
    assert len(list(Path("/dev/fd").iterdir())) == descriptors


def write_for_ever(pipe: BinaryIO) -> None:
    while True:
        pipe.write(b"line\n" * 1000)


def test_more_than_a_pipe_holds() -> None:
    with piped(lambda pipe: pipe.write(b"line\n" * 1_000_000)) as lines:
        assert sum(1 for _ in lines) == 1_000_000


def test_the_writer_fails() -> None:
    def write(pipe: BinaryIO) -> None:
        pipe.write(b"half a li")
        raise ValueError("the writer")

    with pytest.raises(ValueError, match="the writer"), piped(write) as lines:
        assert lines.read() == b"half a li"


def test_the_reader_stumbles_over_what_a_writer_left_that_failed() -> None:
    def write(pipe: BinaryIO) -> None:
        pipe.write(b"half a li")
        raise ValueError("the writer")

    with pytest.raises(ValueError, match="the writer") as raised, piped(write) as lines:
        if not lines.read().endswith(b"\n"):
            raise SyntaxError("the reader")
    assert isinstance(raised.value.__cause__, SyntaxError)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_reader_fails(error: type[BaseException]) -> None:
    with pytest.raises(error, match="the reader"), piped(write_for_ever) as lines:
        lines.read(10)
        raise error("the reader")


def test_a_chain_whose_middle_fails() -> None:
    def fail(pipe: BinaryIO) -> None:
        raise ValueError("the middle")

    with (
        pytest.raises(ValueError, match="the middle"),
        piped(write_for_ever),
        piped(fail) as lines,
    ):
        lines.read()


def test_a_writer_that_opens_the_pipe_again() -> None:
    def write(pipe: BinaryIO) -> None:
        for text in ("first", "second"):
            descriptor = os.open(f"/dev/fd/{pipe.fileno()}", os.O_WRONLY | os.O_TRUNC)
            os.write(descriptor, text.encode())
            os.close(descriptor)

    with piped(write) as lines:
        assert lines.read() == b"firstsecond"
