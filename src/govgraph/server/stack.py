"""A thread with a stack that suffices for the largest query that the guard lets through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

STACK: Final = 256 * 1024**2
"""Bytes: about 16 KiB for each bracket or operator that `guard.MAX_PARTS` allows, and as much again."""

T = TypeVar("T")


def with_stack(function: Callable[[], T]) -> T:
    """What `function` returns, run in a thread with a stack of `STACK` bytes; raises what it raises.

    A panic of Oxigraph, which is no Exception, becomes a RuntimeError.
    """
    returned: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            returned.append(function())
        except Exception as e:
            raised.append(e)
        except BaseException as e:
            raised.append(RuntimeError(f"the query engine failed: {e}"))

    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=run, name="query", daemon=True)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if raised:
        raise raised[0]
    return returned[0]
