"""Files of sorted N-Quads: one quad a line, distinct, ordered by their bytes, compressed with gzip.

The bytes of a file depend on its quads only: gzip's header carries neither a name nor a time.
"""

from __future__ import annotations

import gzip
import heapq
import io
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, cast

from pyoxigraph import RdfFormat, Store

LEVEL = 6
_BUFFER = 1 << 20


def write_quads(lines: Iterable[bytes], path: Path) -> None:
    """Writes sorted `lines`, each with its line feed, to `path`, and waits until they are on the disk."""
    with path.open("wb") as file:
        with io.BufferedWriter(gzip.GzipFile("", "wb", LEVEL, file, mtime=0), _BUFFER) as compressed:
            compressed.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def open_quads(path: Path) -> BinaryIO:
    """The lines of a file of quads."""
    return cast("BinaryIO", gzip.open(path, "rb"))


def merge_quads(paths: Sequence[Path], out: Path) -> None:
    """Writes the quads of several plain, sorted files of N-Quads as one."""
    with ExitStack() as stack:
        files = [stack.enter_context(p.open("rb")) for p in paths]
        write_quads((line for line, _ in groupby(heapq.merge(*files))), out)


def sort_quads(store: Store, work: Path) -> list[bytes]:
    """All quads of `store` as sorted lines of N-Quads; `work` is a folder for what is in between."""
    dump = work / "dump.nq"
    store.dump(str(dump), RdfFormat.N_QUADS)
    with dump.open("rb") as file:
        lines = sorted(file)
    dump.unlink()
    return lines
