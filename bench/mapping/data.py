"""The data of the cases, made anew: the same bytes for the same size."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
GTFS = HERE.parents[2] / "shared" / "bench" / "gtfs"
"""GTFS-Madrid-Bench at scale 1 (data and mappings), beside the repository."""

GTFS_QUADS = 395_953
"""Distinct quads of GTFS-Madrid-Bench at scale 1."""

Record = dict[str, str]


def write_flat(folder: Path, rows: int) -> int:
    """Six columns; every row has quotes to escape in a literal and a character to encode in an IRI.

    Returns how many distinct quads are right; `rows` is also the number of subjects.
    """
    shutil.copy(HERE / "mappings" / "flat.rml.ttl", folder / "mapping.rml.ttl")
    with (folder / "rows.csv").open("w", encoding="utf-8") as file:
        file.write("id,a,b,c,d,e\n")
        for i in range(rows):
            file.write(f'{i},name {i},横浜{i % 1000},"va""l{i}",{i * 3},x\\y{i}\n')
    return 6 * rows


def write_join(folder: Path, rows: int) -> int:
    """As many children as parents; every tenth child names a parent that is not there."""
    shutil.copy(HERE / "mappings" / "join.rml.ttl", folder / "mapping.rml.ttl")
    with (folder / "parents.csv").open("w", encoding="utf-8") as file:
        file.write("id,code,name\n")
        for i in range(rows):
            file.write(f"{i},P-{i:07},parent {i}\n")
    with (folder / "children.csv").open("w", encoding="utf-8") as file:
        file.write("id,belongs_to,name\n")
        for i in range(rows):
            code = f"P-{(i * 7) % rows:07}" if i % 10 else f"Q-{i:07}"
            file.write(f"{i},{code},child {i}\n")
    return 2 * rows + sum(1 for i in range(rows) if i % 10)


def write_gtfs(form: str) -> Callable[[Path, int], int]:
    """GTFS at a scale, as `csv`, `json` or `xml`, with the bench's own mapping."""
    writer = {"csv": _write_csv, "json": _write_json, "xml": _write_xml}[form]

    def write(folder: Path, scale: int) -> int:
        mapping = (GTFS / "mappings" / f"gtfs-{form}.rml.ttl").read_text(encoding="utf-8")
        mapping = mapping.replace('"/data/', '"').replace('"$.[*]"', '"$[*]"')
        (folder / "mapping.rml.ttl").write_text(mapping, encoding="utf-8")
        for table in sorted((GTFS / "csv").glob("*.csv")):
            with table.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            writer(folder / f"{table.stem}.{form}", copies(rows, scale))
        return GTFS_QUADS * scale

    return write


def copies(rows: list[Record], scale: int) -> Iterator[Record]:
    """The rows once for each copy; keys are twenty characters after at least four zeros, where the copy's
    number goes, so that copies have no subject in common.
    """
    for copy in range(scale):
        mark = f"{copy:04}"
        for row in rows:
            yield {
                name: mark + value[4:] if len(value) == 20 and value.startswith("0000") else value
                for name, value in row.items()
            }


def _write_csv(path: Path, rows: Iterator[Record]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        first = next(rows)
        writer = csv.DictWriter(file, list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _write_json(path: Path, rows: Iterator[Record]) -> None:
    """One array of objects of strings; an empty cell is null."""
    with path.open("w", encoding="utf-8") as file:
        before = "[\n"
        for row in rows:
            file.write(before + json.dumps({k: v or None for k, v in row.items()}))
            before = ",\n"
        file.write("\n]\n")


def _write_xml(path: Path, rows: Iterator[Record]) -> None:
    """A record an element; an empty cell is none."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<Category>\n')
        for row in rows:
            cells = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in row.items() if v)
            file.write(f"<Record>{cells}</Record>\n")
        file.write("</Category>\n")
