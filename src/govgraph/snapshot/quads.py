"""Files of N-Quads, compressed with gzip: what a dataset was mapped to, and what a snapshot holds.

The bytes of a file depend on its lines only: gzip's header carries neither a name nor a time.
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import duckdb
from pyoxigraph import RdfFormat, Store

from govgraph.engines.macros import sql_text
from govgraph.engines.session import MEMORY_LIMIT
from govgraph.snapshot.pipes import BLOCK, Tee, name_of, piped

KEPT_LEVEL, PUBLISHED_LEVEL = 1, 6
"""How hard gzip tries: for a file that is read again by a build, and for one that is given away."""

_LONGEST_LINE = 1 << 25
_LINES = "HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"


@contextmanager
def compressing(path: Path, level: int) -> Iterator[BinaryIO]:
    """A new file to write lines to; at the end of the block it is on the disk."""
    with path.open("wb") as file:
        with io.BufferedWriter(gzip.GzipFile("", "wb", level, file, mtime=0), BLOCK) as compressed:
            yield compressed
        file.flush()
        os.fsync(file.fileno())


def open_quads(path: Path) -> BinaryIO:
    """The lines of a file of quads."""
    return cast("BinaryIO", gzip.open(path, "rb"))


@contextmanager
def copied(source: BinaryIO, path: Path, level: int) -> Iterator[BinaryIO]:
    """The bytes of `source`, which are compressed into a new file as they are read."""
    with compressing(path, level) as file:
        yield io.BufferedReader(Tee(source, file), BLOCK)


@contextmanager
def sorted_quads(store: Store, work: Path) -> Iterator[BinaryIO]:
    """All quads of `store` as lines of N-Quads, sorted by their bytes, which have to be read to the end.

    They are sorted in bounded memory; what does not fit is for a while in the folder `work`.
    """
    with (
        piped(lambda out: store.dump(out, RdfFormat.N_QUADS)) as dump,
        piped(lambda out: _sort_lines(dump, out, work)) as lines,
    ):
        yield lines


def _sort_lines(source: BinaryIO, out: BinaryIO, work: Path) -> None:
    """Sorts the lines of a pipe into another."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"SET temp_directory = {sql_text(str(work))}")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT line FROM read_csv({sql_text(name_of(source))}, columns = {{'line': 'VARCHAR'}}, "
            "auto_detect = false, header = false, quote = '', escape = '', delim = '\x01', new_line = '\\n', "
            f"max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE}) ORDER BY line) "
            f"TO {sql_text(name_of(out))} (FORMAT csv, {_LINES})"
        )
