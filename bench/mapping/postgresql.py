"""GTFS in PostgreSQL: the tables on the server that GOVGRAPH_TEST_POSTGRESQL names, and R2RML's mapping."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from data import GTFS, GTFS_QUADS, copies

SERVER = "GOVGRAPH_TEST_POSTGRESQL"


def write_gtfs_tables(folder: Path, scale: int) -> int:
    """Makes the tables anew, their columns as text; `govgraph` finds the server in GOVGRAPH_DATABASE."""
    import psycopg

    if SERVER not in os.environ:
        raise SystemExit(f"gtfs-postgresql needs a server, named by {SERVER}: run by .ci/with-databases")
    os.environ["GOVGRAPH_DATABASE"] = os.environ[SERVER]
    mapping = (GTFS / "mappings" / "gtfs-rdb.r2rml.ttl").read_text(encoding="utf-8")
    (folder / "mapping.rml.ttl").write_text(mapping, encoding="utf-8")
    with psycopg.connect(os.environ[SERVER], autocommit=True) as connection:
        for path in sorted((GTFS / "csv").glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            columns = ", ".join(f"{name} VARCHAR" for name in rows[0])
            connection.execute(f"DROP TABLE IF EXISTS {path.stem}")
            connection.execute(f"CREATE TABLE {path.stem} ({columns})")
            with connection.cursor().copy(f"COPY {path.stem} FROM STDIN") as copy:
                for row in _values(rows, scale):
                    copy.write_row(row)
            connection.execute("ANALYZE")
    return GTFS_QUADS * scale


def _values(rows: list[dict[str, str]], scale: int) -> Iterator[list[str | None]]:
    """The cells of each row; an empty one is NULL."""
    for row in copies(rows, scale):
        yield [value or None for value in row.values()]
