"""SPARQL endpoints side by side on one store: rates, times, CPU and memory, as ratios to Oxigraph.

    python bench/endpoint/run.py --markdown
    python bench/endpoint/run.py --case "repeated ASK" "uncached ASK" --floor
    python bench/endpoint/run.py --triples 100000 --rounds 1 --seconds 1

Oxigraph gets a virtual environment of its own, made at the first run (peers/); nothing else is downloaded.
Requests come from wrk, or from client.py where it is missing. The exit code is 1 where servers answer
differently, or a request has no answer with status 2xx.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "mapping"))  # for environments.py and processes.py

from answers import check
from data import plan_city, write_store
from load import THREADS, Load, Measured, send
from questions import Case, make_cases
from table import Result, print_table

from servers import running, write_project

SERVERS = ("govgraph", "oxigraph")
QUIET, TURNS = 0.2, 4
"""A turn is repeated, at most so often, where other work kept more cores busy; the quietest counts."""
FLOOR_CASES = ("repeated ASK", "uncached ASK")


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # blocks end, and no server stays behind
    city = plan_city(options.triples)
    cases = [c for c in make_cases(city) if c.name in (options.case or [c.name])]
    if not cases:
        sys.exit(f"no case is named so; there are: {', '.join(c.name for c in make_cases(city))}")
    load = Load(options.client, options.seconds, options.connections)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        triples = write_project(folder, partial(write_store, city))
        problems = _check(cases, options.servers, 2 * options.rounds + 1, folder)
        results = [_measure(case, load, options, folder) for case in cases]
    client = f"wrk, {THREADS} thread" if load.client == "wrk" else "client.py"
    print(
        f"{triples:,} triples, {options.rounds} rounds of {options.seconds:g} s, "
        f"{options.connections} connections ({client}), {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}\n"
    )
    print_table(results, options.markdown)
    if options.json:
        text = json.dumps([asdict(r) for r in results], indent=1)
        options.json.write_text(f"{text}\n", encoding="utf-8")
    problems += [
        f"{result.case}, {server}: {measured.failure}"
        for result in results
        for server, rounds in result.rounds.items()
        for measured in rounds
        if measured.failure
    ]
    if problems:
        sys.exit("\n".join(problems))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--case", nargs="+", metavar="NAME", help="only these, named as in the table")
    add("--servers", nargs="+", choices=SERVERS, default=SERVERS, metavar="SERVER", help="only these")
    add("--floor", action="store_true", help="measure the least that ASGI can do too (floor.py), for ASK")
    add("--triples", type=int, default=1_000_000, help="of the store (default: 1,000,000)")
    add("--rounds", type=int, default=3, help="of each case; the median counts (default: 3)")
    add("--seconds", type=float, default=5, help="of a case in a round (default: 5)")
    add("--connections", type=int, default=8, help="at a time (default: 8)")
    found = "wrk" if shutil.which("wrk") else "python"
    add("--client", choices=("wrk", "python"), default=found, help=f"what asks (here: {found})")
    add("--markdown", action="store_true", help="print the table in Markdown")
    add("--folder", type=Path, help="where the store goes, and is deleted again")
    add("--json", type=Path, metavar="FILE", help="write the results of all rounds there too")
    return parser.parse_args()


def _check(cases: Sequence[Case], servers: Sequence[str], segments: int, folder: Path) -> list[str]:
    """What is wrong with the servers' answers; the floor's are always the same."""
    with ExitStack() as stack:
        started = [stack.enter_context(running(name, folder)) for name in servers]
        return [problem for case in cases for problem in check(case, started, segments)]


def _measure(case: Case, load: Load, options: argparse.Namespace, folder: Path) -> Result:
    """Servers by turns, each started anew for each turn, so that none answers from what it kept."""
    load = replace(load, seconds=load.seconds * case.longer)
    warm = replace(load, seconds=min(1, load.seconds))
    servers = [*options.servers, *(("floor",) if options.floor and case.name in FLOOR_CASES else ())]
    rounds: dict[str, list[Measured]] = {name: [] for name in servers}
    segments = 2 * options.rounds + 1  # one for the check, two a round
    for number in range(options.rounds):
        for name in servers:
            turns: list[Measured] = []
            while len(turns) < TURNS and all(turn.others > QUIET for turn in turns):
                with running(name, folder) as server:
                    send(server, case, warm, 2 * number + 1, segments, folder)
                    turns.append(send(server, case, load, 2 * number + 2, segments, folder))
                told = turns[-1].failure or f"{turns[-1].rate:,.1f} a second"
                others = f"{turns[-1].others:.1f} cores busy with other work"
                print(f"{case.name}, round {number + 1}, {name}: {told}, {others}", file=sys.stderr)
            rounds[name].append(min(turns, key=lambda turn: (turn.failure is None, turn.others)))
    return Result(case.name, case.goal, rounds)


if __name__ == "__main__":
    main()
