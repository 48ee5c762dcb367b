"""One way to load quads, in a process of its own: `python variants.py NAME FOLDER`; prints JSON.

FOLDER holds what run.py makes: quads.nq and its siblings. The store is made in FOLDER/store.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Store, parse

NQ, NT = RdfFormat.N_QUADS, RdfFormat.N_TRIPLES
GRAPH = NamedNode("http://example.com/graph")


def path(store: Store, folder: Path, *, name: str = "quads.nq", lenient: bool = False) -> None:
    store.bulk_load(path=str(folder / name), format=NQ, lenient=lenient)


def triples(store: Store, folder: Path, *, graph: NamedNode | None) -> None:
    store.bulk_load(path=str(folder / "triples.nt"), format=NT, to_graph=graph)


def file_object(store: Store, folder: Path) -> None:
    with (folder / "quads.nq").open("rb") as file:
        store.bulk_load(file, NQ)


def compressed(store: Store, folder: Path) -> None:
    with gzip.open(folder / "quads.nq.gz") as file:
        store.bulk_load(file, NQ)


def pipe(store: Store, folder: Path, *, by_name: bool) -> None:
    """From a thread that writes quads.nq into a pipe, read by its name or as a file object."""
    reading, writing = os.pipe()

    def write() -> None:
        with (folder / "quads.nq").open("rb") as file, os.fdopen(writing, "wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb", 1 << 20) as file:
        if by_name:
            store.bulk_load(path=f"/dev/fd/{reading}", format=NQ)
        else:
            store.bulk_load(file, NQ)
    thread.join()


def parts(store: Store, folder: Path, *, number: int, threads: int) -> None:
    """The same quads in several files of whole lines."""
    names = sorted(p.name for p in (folder / f"parts-{number}").iterdir())
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda n: path(store, folder / f"parts-{number}", name=n), names))


def quads(store: Store, folder: Path) -> None:
    store.bulk_extend(parse(path=str(folder / "quads.nq"), format=NQ))


# -- govgraph's own way ------------------------------------------------------------------------------------


def stream(folder: Path, out: object) -> None:
    from govgraph.engines import duckdb

    duckdb.stream(folder / "mapping.yml", out, temporary=folder)  # type: ignore[arg-type]


def together(store: Store, folder: Path) -> None:
    """As `govgraph build` does: mapped into a pipe, loaded from it, and a compressed copy kept."""
    from govgraph.snapshot.candidate import load_mapped

    load_mapped(store, partial(stream, folder), folder / "kept.nq.gz")


def together_not_kept(store: Store, folder: Path) -> None:
    from govgraph.snapshot.pipes import piped

    with piped(partial(stream, folder)) as lines:
        store.bulk_load(lines, NQ)


def map_alone(_: Store, folder: Path) -> None:
    from govgraph.engines.duckdb import materialize

    materialize(folder / "mapping.yml", folder / "mapped.nq")


def map_then_load(store: Store, folder: Path) -> None:
    map_alone(store, folder)
    path(store, folder, name="mapped.nq")


VARIANTS: dict[str, Callable[[Store, Path], None]] = {
    "one file, as mapped": path,
    "lenient": partial(path, lenient=True),
    "N-Triples, to_graph": partial(triples, graph=GRAPH),
    "N-Triples, default graph": partial(triples, graph=None),
    "sorted": partial(path, name="sorted.nq"),
    "by predicate": partial(path, name="predicates.nq"),
    "shuffled": partial(path, name="shuffled.nq"),
    "file object": file_object,
    "file object, gzip": compressed,
    "pipe, by name": partial(pipe, by_name=True),
    "pipe, file object": partial(pipe, by_name=False),
    "2 files in 2 threads": partial(parts, number=2, threads=2),
    "8 files in turn": partial(parts, number=8, threads=1),
    "8 files in 2 threads": partial(parts, number=8, threads=2),
    "bulk_extend of parse": quads,
    "map alone": map_alone,
    "map, then load": map_then_load,
    "map and load": together_not_kept,
    "map, load and keep": together,
}


def look(folder: Path) -> dict[str, float]:
    """Seconds to open a store read-only, and for a scan and 20,000 look-ups."""
    started = time.perf_counter()
    store = Store.read_only(str(folder / "store"))
    opened = time.perf_counter()
    subjects = {q.subject for _, q in zip(range(20_000), store, strict=False)}
    sum(1 for _ in store.quads_for_pattern(None, NamedNode("http://example.com/c"), None))
    scanned = time.perf_counter()
    for subject in subjects:
        list(store.quads_for_pattern(subject, None, None))
    return {
        "open": opened - started,
        "scan": scanned - opened,
        "lookup": (time.perf_counter() - scanned) / max(len(subjects), 1) * 20_000,
    }


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    optimize = "--optimize" in sys.argv
    store = Store(str(folder / "store"))
    started = time.perf_counter()
    VARIANTS[name](store, folder)
    loaded = time.perf_counter()
    if optimize:
        store.optimize()
    optimized = time.perf_counter()
    figures = {"load": loaded - started, "optimize": optimized - loaded}
    if "--look" in sys.argv:
        store.flush()
        figures["quads"] = len(store)
        del store
        figures |= look(folder)
    figures["MB"] = sum(f.stat().st_size for f in (folder / "store").iterdir()) / 1e6
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
