"""The process that loads files into a temporary snapshot, so that the server itself never holds a store.

`Loader` is its side in the server, `main` the process itself.
They speak in pickles over a socket pair. What ends the process, a file nested too deep, or memory, does not
end the server.
"""

from __future__ import annotations

import logging
import pickle
import queue
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import BinaryIO, Final, cast

from govgraph.errors import GovGraphError, Problem, SnapshotError
from govgraph.server import sandbox
from govgraph.settings import DefaultGraph
from govgraph.snapshot.data_files import STANDARD_INPUT, DataFile
from govgraph.snapshot.temporary import load_files

logger = logging.getLogger("govgraph.server")

_MAIN: Final = "from govgraph.server.loading import main; main()"
"""Not `-m`: the classes of a module that is `__main__` cannot be told to another process."""
TELL: Final = 2.0
"""Seconds between two reports of how far a load is."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to load, and how: see `load_files`."""

    files: tuple[DataFile, ...]
    base: str | None
    default_graph: DefaultGraph


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: bytes that were read of a file, before they are unpacked."""

    file: DataFile
    count: int


OnProgress = Callable[[Progress], None]


class Loader:
    """Loads the files of an order into snapshots, again whenever it is asked to, one load after the other."""

    def __init__(self, order: Order, folder: Path) -> None:
        """`folder` is where the snapshots lie; it is the loader's own."""
        self.current: Path | None = None
        """The folder of the snapshot that was loaded last."""
        self._order = order
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: Thread | None = None

    def load(self, on_progress: OnProgress = lambda _: None) -> None:
        """Loads the files, and makes them the current snapshot; `on_progress` is called every few seconds.

        Raises what `load_files` raises, and SnapshotError GG606 where the process ends before it is done.
        """
        before = self.current
        try:
            self.current = self._load(on_progress)
        finally:
            for path in self._folder.iterdir():
                if path not in (before, self.current):  # workers may still open the one before
                    shutil.rmtree(path)

    def follow(self) -> None:
        """Starts to load whenever `again` was called; a load that fails is told in the log."""
        self._thread = Thread(target=self._run, name="loader")
        self._thread.start()

    def again(self) -> None:
        """Loads the files once more, soon; for a signal handler."""
        self._asked.put(True)

    def close(self) -> None:
        """Ends what is loading, and waits for it."""
        self._asked.put(False)
        if self._process:
            self._process.kill()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while self._asked.get():
            try:
                if any(file.path == STANDARD_INPUT for file in self._order.files):
                    raise SnapshotError("standard input cannot be read again", "GG606")
                self.load()
            except SnapshotError as e:
                logger.error("%s\nstill serving what was loaded before", e)

    def _load(self, on_progress: OnProgress) -> Path:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-c", _MAIN, str(theirs.fileno())]
            self._process = process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        try:
            with ours, ours.makefile("rwb") as stream:
                pickle.dump((self._order, self._folder), stream)
                stream.flush()
                while isinstance(heard := pickle.load(stream), Progress):
                    on_progress(heard)
        except (EOFError, ConnectionError) as e:
            code = process.wait()
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            hint = "is a file nested very deeply, or is there too little memory?"
            raise SnapshotError(f"the process that loads the data ended: {how}", "GG606", hint=hint) from e
        finally:
            process.kill()
            process.wait()
            self._process = None
        if isinstance(heard, Path):
            return heard
        raise SnapshotError.collect(cast("Sequence[Problem]", heard))


def main() -> None:
    """Loads what it is told to, and tells the folder of the snapshot, or the problems."""
    sandbox.end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as stream, stream.makefile("rwb") as file:
        order, folder = pickle.load(file)
        pickle.dump(_load(order, folder, cast("BinaryIO", file)), file)


def _load(order: Order, folder: Path, out: BinaryIO) -> Path | Sequence[Problem]:
    told = time.monotonic()

    def tell(file: DataFile, count: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL:
            told = time.monotonic()
            pickle.dump(Progress(file, count), out)
            out.flush()

    try:
        return load_files(
            order.files, folder, base=order.base, default_graph=order.default_graph, on_progress=tell
        )
    except GovGraphError as e:
        return e.problems
