"""Side by side in one run: govgraph, the bare DuckDB SQL of the same work, and a Python loop.

    python bench/mapping/run.py [--rows 1000000] [--runs 3]

Each engine is a process of its own that maps the same CSV file (six columns, six quads a row) to N-Quads;
outputs are compared as sets, and times are told as ratios to the bare SQL. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ENGINES = {
    "bare DuckDB SQL": [f"import duckdb; duckdb.execute(open({str(HERE / 'bare.sql')!r}).read())"],
    "Python loop": [(HERE / "python_loop.py").read_text(encoding="utf-8")],
    "govgraph map": ["from govgraph.cli import main; main()", "map", "mapping.yml", "-o", "out.nq"],
}
"""Engine -> arguments of `python -c`, run in a folder with rows.csv and mapping.yml; writes out.nq."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.yml").write_text((HERE / "mapping.yml").read_text(), encoding="utf-8")
        write_rows(folder / "rows.csv", options.rows)
        print(f"{options.rows:,} rows, {options.runs} runs, {os.cpu_count()} cores")
        medians = {engine: measure(command, folder, options.runs) for engine, command in ENGINES.items()}
        if len(digests := {m[2] for m in medians.values()}) != 1:
            sys.exit(f"outputs differ: {digests}")
        bare = medians["bare DuckDB SQL"][0]
        print(f"{'engine':<18}{'seconds':>9}{'ratio':>8}{'peak MB':>9}")
        for engine, (seconds, peak, _) in medians.items():
            print(f"{engine:<18}{seconds:>9.2f}{seconds / bare:>8.2f}{peak:>9.0f}")


def write_rows(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("id,a,b,c,d,e\n")
        for i in range(rows):
            file.write(f'{i},name {i},横浜{i % 1000},"va""l{i}",{i * 3},x\\y{i}\n')


def measure(command: list[str], folder: Path, runs: int) -> tuple[float, float, str]:
    """Median seconds, the highest resident memory in MB, and the digest of the output as a set."""
    out = folder / "out.nq"
    seconds, peak = [], 0.0
    for _ in range(runs):
        out.unlink(missing_ok=True)
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - started)
        peak = max(peak, usage.ru_maxrss / 1024)
        if status:
            sys.exit(f"failed: {command}")
    lines = digest = 0
    with out.open("rb") as file:
        for line in file:
            lines += 1
            digest ^= int.from_bytes(hashlib.blake2b(line, digest_size=8).digest())
    return statistics.median(seconds), peak, f"{lines} {digest:x}"


if __name__ == "__main__":
    main()
