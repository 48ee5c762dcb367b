"""One writer: an OS lock that a crash frees."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from govgraph.errors import SnapshotError

LOCK_FILE = "lock"


@contextmanager
def hold_lock(state: Path) -> Iterator[None]:
    """Holds `<state>/lock`, which carries the holder's process id, until the block ends.

    Raises SnapshotError GG602 with the holder's process id where another process holds it; OSError.
    """
    state.mkdir(exist_ok=True)
    with (state / LOCK_FILE).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise SnapshotError(
                f"another build is running (process {holder})",
                "GG602",
                hint="wait until it ends; a lock of a process that died is free",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
