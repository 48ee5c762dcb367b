"""What former snapshots had and the current one has not: resources that are gone, as HTTP tells (410)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from functools import lru_cache
from heapq import merge
from itertools import groupby
from pathlib import Path

from govgraph.snapshot.history import QUADS_FILE

GONE_FILE = "gone.txt"


def write_gone(candidate: Path, former: Path, base: str) -> None:
    """Writes the IRIs below `base` that the snapshot in `former` had, or told to be gone, into `candidate`.

    Both files of quads are sorted, so that memory does not grow with them. Raises OSError.
    """
    earlier = _merged(read_subjects(former / QUADS_FILE, base), sorted(read_gone(former)))
    gone = list(_without(earlier, read_subjects(candidate / QUADS_FILE, base)))
    if gone:
        text = "".join(f"{iri}\n" for iri in gone)
        (candidate / GONE_FILE).write_text(text, encoding="utf-8")


@lru_cache(maxsize=2)
def read_gone(folder: Path) -> frozenset[str]:
    """The IRIs of the snapshot in `folder` that are gone."""
    try:
        return frozenset((folder / GONE_FILE).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return frozenset()


def read_subjects(quads: Path, base: str) -> Iterator[str]:
    """The subjects below `base` in a file of sorted quads, each once, in the order of their bytes.

    None where there is no such file, as of RDF files that are served without a project.
    """
    if not quads.exists():
        return
    begin = f"<{base}".encode()
    with gzip.open(quads, "rb") as file:
        named = (line[1 : line.index(b">")] for line in file if line.startswith(begin))
        yield from (subject.decode() for subject, _ in groupby(named))


def _merged(one: Iterator[str], other: Iterable[str]) -> Iterator[str]:
    yield from (iri for iri, _ in groupby(merge(one, other, key=str.encode)))


def _without(all_: Iterator[str], some: Iterator[str]) -> Iterator[str]:
    """What of `all_` is not in `some`; both are sorted."""
    other = next(some, None)
    for iri in all_:
        while other is not None and other.encode() < iri.encode():
            other = next(some, None)
        if iri != other:
            yield iri
