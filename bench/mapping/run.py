"""Mapping engines side by side: whole processes, medians of several runs, outputs compared as sets.

    python bench/mapping/run.py --case flat --runs 3
    python bench/mapping/run.py --case gtfs-csv --size 1 10 --threads 2
    python bench/mapping/run.py --quick --without morph-kgc rdfizer maplib

Peers get virtual environments of their own, made at the first run (environments.py); nothing else is
downloaded. Sizes are rows (flat, join) or scales (gtfs-*, made from ../shared/bench/gtfs). With `--quick`
they are small. The exit code is 1 where govgraph's output is not the right one, or differs from bare-sql's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data import write_flat, write_gtfs, write_join
from engines import ENGINES, Engine, variables
from outputs import Output, count_output, read_output
from postgresql import SERVER, write_gtfs_tables
from processes import Run, run


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: a maker of data, which returns how many quads are right, at which sizes and threads.

    `data` names the data and the mapping; `engines` those that run, all that can where it is empty.
    """

    data: str
    write: Callable[[Path, int], int]
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    threads: tuple[int, ...] = (2,)
    engines: tuple[str, ...] = ()


CASES = {
    "startup": Case("flat", write_flat, (1,), (1,)),
    "flat": Case("flat", write_flat, (1_000_000,), (10_000,), (1, 2)),
    "join": Case("join", write_join, (200_000,), (2_000,), (1, 2)),
    "gtfs-csv": Case("gtfs-csv", write_gtfs("csv"), (1, 10), (1,)),
    "gtfs-json": Case("gtfs-json", write_gtfs("json"), (1, 10), (1,)),
    "gtfs-xml": Case("gtfs-xml", write_gtfs("xml"), (1, 10), (1,)),
    "gtfs-postgresql": Case("gtfs-postgresql", write_gtfs_tables, (1, 10), (1,), (1,), engines=("govgraph",)),
    "flat-scaling": Case(
        "flat",
        write_flat,
        (100_000, 1_000_000, 10_000_000),
        (1_000, 10_000),
        engines=("govgraph", "bare-sql"),
    ),
    "gtfs-scaling": Case("gtfs-csv", write_gtfs("csv"), (1, 10, 100), (1, 2), engines=("govgraph",)),
}


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of an engine on a case: median seconds, highest peak in MB, and what came out.

    `cpu`: median of the seconds that cores worked for it.

    `others`: how many cores other work kept busy during the run that it disturbed most.
    """

    case: str
    size: int
    threads: int
    engine: str
    seconds: float
    all_seconds: tuple[float, ...]
    cpu: float
    peak: float
    others: float
    output: Output | None
    failure: str | None


def main() -> None:
    options = _options()
    results: list[Result] = []
    wrong: list[str] = []
    for name in options.case or CASES:
        if name == "gtfs-postgresql" and not options.case and SERVER not in os.environ:
            print(f"\ngtfs-postgresql is left out: no server is named by {SERVER}")
            continue
        case = CASES[name]
        for size in options.size or (case.quick if options.quick else case.sizes):
            with tempfile.TemporaryDirectory(dir=options.folder) as made:
                folder = Path(made)
                expected = case.write(folder, size)
                for threads in options.threads or case.threads:
                    engines = [e for e in _engines(case, options) if e.parallel or threads == 1]
                    alone = [e for e in _engines(case, options) if e not in engines]
                    if len(options.threads or case.threads) == 1:  # no other table would show them
                        engines += alone
                    found = _measure(name, case, engines, folder, size, threads, options)
                    _print_table(name, size, threads, expected, found)
                    wrong += _wrong(found, expected)
                    results += found
    if options.json:
        text = json.dumps([asdict(r) for r in results], indent=1)
        options.json.write_text(f"{text}\n", encoding="utf-8")
    if wrong:
        sys.exit("\n".join(wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", nargs="+", choices=CASES, metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=3, help="of each engine; the median counts (default: 3)")
    parser.add_argument("--size", type=int, nargs="+", help="rows or scales, instead of the case's own")
    parser.add_argument("--threads", type=int, nargs="+", help="threads or processes, instead of the case's")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, metavar="ENGINE", help="only these")
    parser.add_argument(
        "--without", nargs="+", choices=ENGINES, default=[], metavar="ENGINE", help="not these"
    )
    parser.add_argument("--limit", type=float, default=120, help="seconds a run may take (default: 120)")
    parser.add_argument("--count", action="store_true", help="count the lines of outputs, compare nothing")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all works")
    parser.add_argument("--folder", type=Path, help="where data and outputs go, and are deleted again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results there too")
    return parser.parse_args()


def _engines(case: Case, options: argparse.Namespace) -> list[Engine]:
    wanted = options.engines or case.engines or ENGINES
    return [
        e
        for e in ENGINES.values()
        if case.data in e.cases and e.name in wanted and e.name not in options.without
    ]


def _measure(
    name: str,
    case: Case,
    engines: Sequence[Engine],
    folder: Path,
    size: int,
    threads: int,
    options: argparse.Namespace,
) -> list[Result]:
    """Runs engines in turn, so that all meet the same machine; one that failed or was killed runs no more."""
    commands = {engine.name: engine.prepare(folder, case.data, threads) for engine in engines}
    runs: dict[str, list[Run]] = {engine.name: [] for engine in engines}
    outputs: dict[str, Output | None] = {}
    read = count_output if options.count else read_output
    for number in range(1, options.runs + 1):
        for engine in engines:
            done, out = runs[engine.name], folder / engine.out
            if done and done[-1].failure:
                continue
            out.unlink(missing_ok=True)
            env = variables(engine, threads)
            done.append(run(commands[engine.name], folder, limit=options.limit, env=env))
            if number == options.runs and not done[-1].failure and out.exists():
                outputs[engine.name] = read(out)
            out.unlink(missing_ok=True)
    return [
        _result(name, size, threads if e.parallel else 1, e.name, runs[e.name], outputs.get(e.name))
        for e in engines
    ]


def _result(
    case: str, size: int, threads: int, engine: str, runs: Sequence[Run], output: Output | None
) -> Result:
    seconds = tuple(round(r.seconds, 3) for r in runs)
    return Result(
        case,
        size,
        threads,
        engine,
        statistics.median(seconds),
        seconds,
        statistics.median(r.cpu for r in runs),
        max(r.peak for r in runs),
        max(r.others for r in runs),
        output,
        runs[-1].failure,
    )


def _print_table(name: str, size: int, threads: int, expected: int, results: Sequence[Result]) -> None:
    print(f"\n{name}, size {size:,}, {threads} of {os.cpu_count()} threads, {expected:,} quads\n")
    head = "engine|seconds|× govgraph|all runs|CPU s|× govgraph|peak MB|other work, cores|output"
    print("|", head.replace("|", " | "), "|")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |")
    ours = next((r for r in results if r.engine == "govgraph"), None)
    for r in results:
        seconds, cpu = "", ""
        if ours and not r.failure:
            seconds, cpu = f"{r.seconds / ours.seconds:.2f}", f"{r.cpu / ours.cpu:.2f}"
        told = r.failure or _told(r.output, ours.output if ours else None, expected)
        runs = ", ".join(f"{s:.2f}" for s in r.all_seconds)
        cells = (f"{r.seconds:.2f}", seconds, runs, f"{r.cpu:.2f}", cpu, f"{r.peak:,.0f}", f"{r.others:.1f}")
        print("|", " | ".join((r.engine, *cells, told)), "|", flush=True)


def _told(output: Output | None, ours: Output | None, expected: int) -> str:
    """An output in words, beside govgraph's."""
    if output is None:
        return "none"
    if output == ours or (ours and output.digest == ours.digest):
        right = "right count" if output.quads == expected else f"{output.quads:,} quads"
        return right if output is ours else "the same"
    return f"other: {output.quads:,} quads"


def _wrong(results: Sequence[Result], expected: int) -> list[str]:
    """What must not be: another number of quads from govgraph, or other quads than those of the bare SQL."""
    by_engine = {r.engine: r for r in results}
    checked = [r for name in ("govgraph", "bare-sql") if (r := by_engine.get(name))]
    problems = [
        f"{r.case}, size {r.size}: {r.engine} failed, or has wrong quads"
        for r in checked
        if r.output is None or r.output.quads != expected
    ]
    if not problems and len({r.output.digest for r in checked if r.output}) > 1:
        problems.append(f"{checked[0].case}, size {checked[0].size}: govgraph and bare-sql differ")
    return problems


if __name__ == "__main__":
    main()
