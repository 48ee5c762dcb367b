"""A command as a whole process: its seconds and its peak memory, children included.

    python processes.py LIMIT COMMAND…

prints the run as JSON. It is a program of its own, and a small one, because the kernel's count of a
process begins with the peak of the one that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

INTERVAL = 0.2
"""Seconds between two looks at the memory of a tree of processes."""


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a process: wall-clock seconds, peak resident memory in MB, and why it failed, if so.

    `cpu` is the seconds that cores worked for it and its children, which other work disturbs less;
    `others` is how many cores other work kept busy meanwhile, on average.
    """

    seconds: float
    cpu: float
    peak: float
    others: float
    failure: str | None = None


def run(command: Sequence[str], folder: Path, *, limit: float, env: Mapping[str, str]) -> Run:
    """Runs a command in a folder; after `limit` seconds it is killed with its children.

    Its output goes to log.txt there. The peak is the kernel's for any one process (ru_maxrss), or the
    largest sum over the process and its children that was seen, pages that they share counted once.
    """
    measured = subprocess.run(
        [sys.executable, "-I", __file__, str(limit), *command],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Run(**json.loads(measured.stdout))


def measure(command: Sequence[str], limit: float) -> Run:
    """Runs a command here and now."""
    log = Path("log.txt")
    with log.open("wb") as output:
        before = busy()
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        killed = threading.Event()

        def kill() -> None:
            killed.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, kill)
        watch = _Watch(process.pid)
        timer.start()
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        cpu = usage.ru_utime + usage.ru_stime
        others = max(0, busy() - before - cpu) / seconds
    timer.cancel()
    watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(usage.ru_maxrss / 1024, watch.peak)
    if killed.is_set():
        return Run(seconds, cpu, peak, others, f"killed after {limit:.0f} s")
    if process.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return Run(seconds, cpu, peak, others, f"exit {process.returncode}: {' '.join(last)[:120]}")
    return Run(seconds, cpu, peak, others)


def busy() -> float:
    """Seconds that all cores have worked since the system started; 0 where it has no /proc."""
    try:
        user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0
    return sum(map(int, (user, nice, system, *interrupts[:2]))) / os.sysconf("SC_CLK_TCK")


class _Watch(threading.Thread):
    """Looks at the memory of a process that has children, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(INTERVAL):
            seen = tree(self.pid)
            if len(seen) > 1:
                self.peak = max(self.peak, sum(map(proportional, seen)) / 1024)

    def stop(self) -> None:
        self.ended.set()
        self.join()


def tree(pid: int) -> list[int]:
    """A process and all that it started, directly or not; nothing where the system has no /proc."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    children: list[int] = []
    for task in tasks:
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            children += map(int, (task / "children").read_text().split())
    return [pid, *(p for child in children for p in tree(child))]


def proportional(pid: int) -> int:
    """The resident memory of a process in kB; a page that n processes share counts 1/n."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[2:], float(sys.argv[1])))))
