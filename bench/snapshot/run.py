"""How long a build takes and where the time goes, on a made-up town.

    python bench/snapshot/run.py [--measures 7000] [--runs 3]

A measure gives 14 quads, 5 of them by the ontology. Each run is a process of its own that builds everything.
Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TOWN = Path(__file__).parents[2] / "tests" / "cases" / "projects" / "town"
COMMAND = [sys.executable, "-c", "from govgraph.cli import main; main()", "build", "--force", "--json"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measures", type=int, default=7_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        town = Path(shutil.copytree(TOWN, Path(name) / "town"))
        write_measures(town, options.measures)
        runs = [build(town) for _ in range(options.runs)]
    quads = runs[0][0]["quads"]
    print(f"{quads:,} quads, {options.runs} runs, {os.cpu_count()} cores")
    phases = runs[0][0]["durations"]
    medians = {p: statistics.median(result["durations"][p] for result, _ in runs) for p in phases}
    for phase, seconds in medians.items():
        print(f"{phase:<10}{seconds:>7.2f} s")
    print(f"{'together':<10}{sum(medians.values()):>7.2f} s, peak {max(peak for _, peak in runs):,.0f} MB")


def write_measures(town: Path, number: int) -> None:
    table = town / "records" / "town-2020" / "measures.csv"
    header = table.read_text(encoding="utf-8").partition("\n")[0]
    cls = "https://w3id.org/govgraph/ns#CollaborationProject"
    with table.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        for i in range(number):
            file.write(f"{i},{i + 1},{i + 1},,事業{i},事業{i},{cls},{i * 1000 % 900_000_000},\n")
    settings = town / "mappings" / "town-2020" / "dataset.yml"
    kept = settings.read_text(encoding="utf-8").partition("expected:")[0]
    settings.write_text(f"{kept}expected: {{gg:Measure: {number}}}\n", encoding="utf-8")


def build(town: Path) -> tuple[dict[str, dict[str, float]], float]:
    """What `govgraph build --json` printed, and the highest resident memory in MB."""
    process = subprocess.Popen([*COMMAND, "--project", str(town)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the build failed: {os.waitstatus_to_exitcode(status)}")
    process.returncode = 0
    return json.loads(printed), usage.ru_maxrss / 1000


if __name__ == "__main__":
    main()
