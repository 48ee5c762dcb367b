"""The same records in every format, and GTFS, on Spark and on DuckDB: do they give the same quads?

    export PYTHONPATH=.:bench/mapping
    .ci/with-databases python bench/spark/cluster.py python bench/spark/compare.py MASTER

The ten records are those of tests/test_same_records.py, GTFS is that of ../shared/bench/gtfs in CSV, JSON and
XML, and in PostgreSQL where a server is named. The exit code is 1 where one differs.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from data import write_gtfs
from postgresql import SERVER, write_gtfs_tables
from tests.databases import database
from tests.test_same_records import EX, FIELDS, FORMATS, MAPPING, records_in_sql

from govgraph.engines.engine import DuckDB, Engine, open_engine

Case = tuple[str, Callable[[Path, ExitStack], Path]]


def of_records(source: str, write: Callable[[Path], None] | None, file: str, folder: Path) -> Path:
    if write:
        write(folder / file)
    po = ", ".join(f"[ex:{field}, $({field})]" for field in FIELDS[1:])
    mapping = folder / "mapping.yml"
    mapping.write_text(MAPPING.format(ex=EX, source=source, po=po), encoding="utf-8")
    return mapping


def in_database(kind: str, folder: Path, stack: ExitStack) -> Path:
    url = stack.enter_context(database(kind, records_in_sql(kind), folder))
    return of_records(f"{{access: '{url}', type: {kind}, iterator: offices}}", None, "", folder)


def gtfs(write: Callable[[Path, int], object], folder: Path) -> Path:
    write(folder, 1)
    return folder / "mapping.rml.ttl"


def cases() -> Iterator[Case]:
    for name, form in FORMATS.items():
        if "~table" not in form.source:  # Python's memory is not that of the cluster
            yield name, lambda f, _, form=form: of_records(form.source, form.write, form.file, f)  # type: ignore[misc]
    yield "sqlite", lambda f, stack: in_database("sqlite", f, stack)
    if SERVER in os.environ:
        yield "postgresql", lambda f, stack: in_database("postgresql", f, stack)
        yield "mariadb", lambda f, stack: in_database("mysql", f, stack)
    for form_ in ("csv", "json", "xml"):
        yield f"GTFS in {form_}", lambda f, _, form=form_: gtfs(write_gtfs(form), f)  # type: ignore[misc]
    if SERVER in os.environ:
        yield "GTFS in postgresql", lambda f, _: gtfs(write_gtfs_tables, f)


def quads(engine: Engine, mapping: Path) -> tuple[set[str], float]:
    started = time.perf_counter()
    out = mapping.parent / "out.nq"
    engine.materialize(mapping, out, database=os.environ.get("GOVGRAPH_DATABASE"))
    return set(out.read_text(encoding="utf-8").splitlines()), time.perf_counter() - started


def main() -> None:
    wrong = 0
    with open_engine("spark", master=sys.argv[1] if len(sys.argv) > 1 else None) as spark:
        for name, make in cases():
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                mapping = make(Path(folder), stack)
                expected, fast = quads(DuckDB(), mapping)
                found, slow = quads(spark, mapping)
            same = "the same" if found == expected else "DIFFER"
            wrong += found != expected
            print(
                f"{name}: {len(expected):,} quads, {same} (DuckDB {fast:.1f} s, Spark {slow:.1f} s)",
                flush=True,
            )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
