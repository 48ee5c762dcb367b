"""What Oxigraph loads fastest, and what mapping costs when it is done while Oxigraph loads.

    python bench/loading/run.py study [--quads 1000000] [--runs 3] [--only NAME …]
    python bench/loading/run.py gtfs [--runs 3]
    python bench/loading/run.py optimize | overlap | sort [--quads 6000000] [--runs 3]

Each run is a process of its own on the same quads: a made-up table of six columns, six quads a row in one
named graph, or GTFS-Madrid-Bench (../shared/bench/gtfs) in a graph for each kind of thing. Variants take
turns, so that a change of the machine's load meets all of them. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
GTFS = HERE.parents[2] / "shared" / "bench" / "gtfs"
GTFS_COPIES = 3
STUDY = (
    "one file, as mapped",
    "lenient",
    "N-Triples, to_graph",
    "N-Triples, default graph",
    "sorted",
    "by predicate",
    "shuffled",
    "file object",
    "file object, gzip",
    "pipe, by name",
    "pipe, file object",
    "2 files in 2 threads",
    "8 files in turn",
    "8 files in 2 threads",
    "bulk_extend of parse",
)
OVERLAP = ("one file, as mapped", "map alone", "map, then load", "map and load", "map, load and keep")
MAPPING = """\
prefixes: {ex: "http://example.com/"}
mappings:
  row:
    sources: [['rows.csv~csv']]
    s: ex:r/$(id)
    g: ex:graph
    po:
      - [a, ex:R]
      - [ex:a, $(a)]
      - [ex:b, $(b), ja~lang]
      - [ex:c, $(c)]
      - [ex:d, $(d), xsd:integer]
      - [ex:e, ex:x/$(e)~iri]
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["study", "gtfs", "optimize", "overlap", "sort"])
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.what == "gtfs":
            write_gtfs(folder)
        else:
            write_rows(folder, options.quads // 6)
        wanted = options.only or (OVERLAP if options.what == "overlap" else STUDY)
        write_siblings(folder, wanted if options.what in ("study", "gtfs") else ())
        size = (folder / "quads.nq").stat().st_size / 1e6
        print(f"{count(folder):,} quads, {size:,.0f} MB, {options.runs} runs, {os.cpu_count()} cores")
        print_uptime()
        if options.what == "optimize":
            compare_optimized(folder, options.runs)
        elif options.what == "sort":
            compare_sorts(folder, options.runs)
        else:
            variants = [w for w in wanted if options.what != "gtfs" or "N-Triples" not in w]
            compare(folder, variants, options.runs)
        print_uptime()


# -- what is loaded ----------------------------------------------------------------------------------------


def write_rows(folder: Path, rows: int) -> None:
    with (folder / "rows.csv").open("w", encoding="utf-8") as file:
        file.write("id,a,b,c,d,e\n")
        for i in range(rows):
            file.write(f'{i},name {i},横浜{i % 1000},"va""l{i}",{i * 3},x\\y{i}\n')
    (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    govgraph("map", folder / "mapping.yml", "-o", folder / "quads.nq")


def write_gtfs(folder: Path) -> None:
    """GTFS-Madrid-Bench in several copies, each thing in the graph of its kind."""
    mapping = (
        (GTFS / "mappings" / "gtfs-csv.yml").read_text(encoding="utf-8").replace("/data/", f"{GTFS}/csv/")
    )
    (folder / "gtfs.yml").write_text(mapping, encoding="utf-8")
    govgraph("map", folder / "gtfs.yml", "-o", folder / "gtfs.nq")
    kind = re.compile(rb"<http://transport\.linkeddata\.es/(?:madrid/)?(?:metro/)?([a-z_]+)")
    with (folder / "gtfs.nq").open("rb") as triples, (folder / "quads.nq").open("wb") as out:
        for number in range(GTFS_COPIES):
            triples.seek(0)
            for line in triples:
                found = kind.match(line)
                assert found is not None, line
                copy = line.replace(b"/madrid/metro/", b"/madrid/metro-%d/" % number)
                out.write(b"%s <http://example.com/graph/%s> .\n" % (copy.rstrip(b" .\n"), found[1]))


def write_siblings(folder: Path, variants: Iterable[str]) -> None:
    """The same quads in the other forms that the variants load."""
    quads = folder / "quads.nq"
    wanted = set(variants)
    if wanted & {"sorted", "by predicate", "shuffled"}:
        lines = quads.read_bytes().splitlines(keepends=True)
        (folder / "predicates.nq").write_bytes(b"".join(sorted(lines, key=lambda n: n.split(b" ", 2)[1])))
        random.Random(1).shuffle(lines)
        (folder / "shuffled.nq").write_bytes(b"".join(lines))
        lines.sort()
        (folder / "sorted.nq").write_bytes(b"".join(lines))
        del lines
    if any("N-Triples" in v for v in wanted):
        with quads.open("rb") as file, (folder / "triples.nt").open("wb") as out:
            out.writelines(line.rpartition(b" <")[0] + b" .\n" for line in file)
    if "file object, gzip" in wanted:
        with quads.open("rb") as file, gzip.open(folder / "quads.nq.gz", "wb", 1) as packed:
            packed.writelines(blocks(file))
    for number in (2, 8):
        if any(v.startswith(f"{number} files") for v in wanted):
            (folder / f"parts-{number}").mkdir()
            share = count(folder) // number + 1
            with quads.open("rb") as file:
                for part in range(number):
                    with (folder / f"parts-{number}" / f"{part}.nq").open("wb") as out:
                        out.writelines(line for _, line in zip(range(share), file, strict=False))


def blocks(file: object) -> Iterator[bytes]:
    return iter(lambda: file.read(1 << 22), b"")  # type: ignore[attr-defined]


def count(folder: Path) -> int:
    with (folder / "quads.nq").open("rb") as file:
        return sum(block.count(b"\n") for block in blocks(file))


def govgraph(*arguments: str | Path) -> None:
    program = "from govgraph.cli import main; main()"
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, stderr=subprocess.DEVNULL)


# -- measured ----------------------------------------------------------------------------------------------


def compare(folder: Path, variants: Iterable[str], runs: int) -> None:
    """Prints a table: medians of whole processes, as ratios to the first variant."""
    results: dict[str, list[dict[str, float]]] = {v: [] for v in variants}
    for _ in range(runs):
        for variant, done in results.items():
            done.append(measure(folder, variant))
    print(f"| {'way':<26} | seconds | ratio | CPU s | peak MB | store MB |\n|---|--:|--:|--:|--:|--:|")
    first = median(next(iter(results.values())), "process")
    for variant, done in results.items():
        seconds = median(done, "process")
        print(
            f"| {variant:<26} | {seconds:>7.2f} | {seconds / first:>5.2f} | {median(done, 'cpu'):>5.1f} "
            f"| {max(d['peak'] for d in done):>7,.0f} | {median(done, 'MB'):>8,.0f} |",
            flush=True,
        )


def compare_optimized(folder: Path, runs: int) -> None:
    results: dict[str, list[dict[str, float]]] = {"as loaded": [], "optimized": []}
    for _ in range(runs):
        results["as loaded"].append(measure(folder, "one file, as mapped", "--look"))
        results["optimized"].append(measure(folder, "one file, as mapped", "--look", "--optimize"))
    columns = ("load", "optimize", "open", "scan", "lookup", "MB")
    print(f"| store | {' | '.join(columns)} |\n|---|{'--:|' * len(columns)}")
    for name, done in results.items():
        print(f"| {name} | {' | '.join(f'{median(done, c):.2f}' for c in columns)} |", flush=True)


def compare_sorts(folder: Path, runs: int) -> None:
    """The sorted, compressed and counted quads of a store: in bounded memory, and as a list."""
    measure(folder, "one file, as mapped", "--optimize", keep=True)
    outputs = set()
    print("| sort | seconds | CPU s | peak MB |\n|---|--:|--:|--:|")
    for name, program in SORTS.items():
        done = [spawn([sys.executable, "-c", program, str(folder)]) for _ in range(runs)]
        outputs.add((folder / "sorted.gz").read_bytes())
        seconds, cpu, peak = (statistics.median(d[k] for d in done) for k in ("process", "cpu", "peak"))
        print(f"| {name} | {seconds:.2f} | {cpu:.1f} | {peak:,.0f} |", flush=True)
    print("the same bytes" if len(outputs) == 1 else "DIFFERENT BYTES")


_SORT_HEAD = """
import sys
from pathlib import Path
from pyoxigraph import RdfFormat, Store
from govgraph.snapshot.census import take_census
from govgraph.snapshot.quads import *
folder = Path(sys.argv[1])
store = Store.read_only(str(folder / "store"))
"""
SORTS = {
    "DuckDB, between pipes": f"""{_SORT_HEAD}
with sorted_quads(store, folder) as quads, copied(quads, folder / "sorted.gz", 6) as lines:
    take_census(lines)
""",
    "a list in Python": f"""{_SORT_HEAD}
store.dump(str(folder / "dump.nq"), RdfFormat.N_QUADS)
with (folder / "dump.nq").open("rb") as file:
    lines = sorted(file)
with compressing(folder / "sorted.gz", 6) as out:
    out.writelines(lines)
take_census(lines)
""",
}


def measure(folder: Path, variant: str, *options: str, keep: bool = False) -> dict[str, float]:
    command = [sys.executable, str(HERE / "variants.py"), variant, str(folder), *options]
    figures = spawn(command)
    if not keep:
        for path in (folder / "store").iterdir():
            path.unlink()
    for name in ("mapped.nq", "kept.nq.gz"):
        (folder / name).unlink(missing_ok=True)
    return figures


def spawn(command: list[str]) -> dict[str, float]:
    """What a process printed as JSON; its seconds (start-up too), CPU seconds and highest memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # it is waited for
    if process.returncode:
        sys.exit(f"failed: {command}")
    figures: dict[str, float] = json.loads(printed or b"{}")
    cpu = usage.ru_utime + usage.ru_stime
    figures |= {"process": seconds, "cpu": cpu, "peak": usage.ru_maxrss / 1024}
    shown = {k: round(v, 2) for k, v in figures.items()}
    print("" if "-c" in command else command[2], json.dumps(shown), file=sys.stderr)
    return figures


def median(done: list[dict[str, float]], figure: str) -> float:
    return statistics.median(d[figure] for d in done)


def print_uptime() -> None:
    load = ", ".join(f"{n:.2f}" for n in os.getloadavg())
    print(f"load average {load} at {time.strftime('%H:%M:%S')}", flush=True)


if __name__ == "__main__":
    main()
