"""A virtual environment for each peer, outside the repository: the versions of `peers/<name>.txt`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parent / "peers"


def environment(name: str, folder_of_pins: Path = PINS) -> Path:
    """The Python of a peer's environment, which is made where it is missing or its pins have changed.

    It lies in `$GOVGRAPH_BENCH_CACHE`, else in the user's cache folder. pip takes packages from where it is
    configured to; they are installed without their dependencies, since all are pinned. Raises SystemExit.
    """
    pins = folder_of_pins / f"{name}.txt"
    folder = _cache() / name
    python = folder / "bin" / "python"
    marker = folder / "pins.txt"
    if not marker.exists() or marker.read_bytes() != pins.read_bytes():
        print(f"making the environment of {name} in {folder}", file=sys.stderr)
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)],
            [str(python), "-m", "compileall", "-q", str(folder / "lib")],
        )
        for command in commands:
            if (
                subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
                and "pip" in command
            ):
                sys.exit(f"{name} cannot be installed; leave it out: --without {name}")
        marker.write_bytes(pins.read_bytes())
    return python


def _cache() -> Path:
    if named := os.environ.get("GOVGRAPH_BENCH_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govgraph-bench"
