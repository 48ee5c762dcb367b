"""The process that workers are forked from: small, one thread, with everything imported that a worker needs.

`Nursery` is its side in the server, `main` the process itself (`python -m govgraph.server.nursery FD`). They
speak in lines of JSON over a socket pair; the socket of a new worker goes along with the order for it. The
nursery ends its workers when the server is gone, however that came about.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from govgraph.server import sandbox
from govgraph.server.site import Site

if TYPE_CHECKING:
    import asyncio

_LENGTH: Final = struct.Struct("!I")
ALLOCATOR: Final = "glibc.malloc.tcache_count=127"
"""Freed pieces of each size that glibc keeps at hand: Oxigraph takes and frees many more than the usual 7."""
LAST_WORDS: Final = 2000
"""Bytes of what a worker wrote to its standard error last that are told when it ends."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended: its exit status or its signal, the other one None; and its last words."""

    status: int | None
    signal: int | None
    words: str


class Nursery:
    """Starts the process, orders workers from it, and tells of their deaths."""

    def __init__(self, site: Site, on_end: Callable[[], None]) -> None:
        """Starts the process; `on_end` is called, in the event loop, where it ends by itself."""
        import asyncio  # here: the process itself starts without it

        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "govgraph.server.nursery", str(theirs.fileno())]
            environment = {"GLIBC_TUNABLES": ALLOCATOR, **os.environ}
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
            )
        self._socket = ours
        self._on_end = on_end
        self._ordered = asyncio.Lock()
        self._birth: tuple[asyncio.Future[int], Callable[[Death], None]] | None = None
        self._deaths: dict[int, Callable[[Death], None]] = {}
        self._unread = b""
        packed = pickle.dumps(site)
        ours.sendall(_LENGTH.pack(len(packed)) + packed)
        ours.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours.fileno(), self._read)

    async def fork(
        self, folder: str, theirs: socket.socket, on_death: Callable[[Death], None], *, may_ask_others: bool
    ) -> int:
        """The process id of a new worker that opens the snapshot in `folder` and speaks over `theirs`.

        `on_death` is called once, when it has ended. Raises ConnectionError where the nursery is gone.
        """
        async with self._ordered:
            birth: asyncio.Future[int] = self._loop.create_future()
            self._birth = birth, on_death
            order = json.dumps({"folder": folder, "may_ask_others": may_ask_others}).encode()
            socket.send_fds(self._socket, [order], [theirs.fileno()])
            return await birth

    def close(self) -> None:
        """Ends the nursery and all of its workers."""
        self._forget()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        self._process.wait()

    def _forget(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        try:
            received = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._forget()
            if self._birth and not self._birth[0].done():
                self._birth[0].set_exception(ConnectionError("the nursery has ended"))
            self._process.wait()
            deaths, self._deaths = self._deaths, {}
            for pid, on_death in deaths.items():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # the kernel did so already, where it is Linux
                on_death(Death(None, signal.SIGKILL, ""))
            self._on_end()
            return
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            self._hear(json.loads(line))

    def _hear(self, said: Any) -> None:
        if "born" in said:
            assert self._birth is not None
            birth, self._deaths[said["born"]] = self._birth
            if not birth.done():
                birth.set_result(said["born"])
        elif "failed" in said:
            assert self._birth is not None
            if not self._birth[0].done():
                self._birth[0].set_exception(ConnectionError(f"no process can be had: {said['failed']}"))
        elif on_death := self._deaths.pop(said["died"], None):
            code: int = said["code"]
            on_death(Death(code if code >= 0 else None, -code if code < 0 else None, said["words"]))


def main() -> None:
    """Forks workers as ordered until the server closes its end of the socket."""
    from govgraph.server import worker  # noqa: F401 -- imported once, before any fork

    orders = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(orders.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends the nursery
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to the whole group: the server ends in its own way
    (length,) = _LENGTH.unpack(_exactly(orders, _LENGTH.size))
    site: Site = pickle.loads(_exactly(orders, length))
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    words: dict[int, IO[bytes]] = {}
    try:
        while True:
            ready, _, _ = select.select([orders.fileno(), woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    while os.read(woken, 4096):
                        pass
                _tell_deaths(orders, words)
            if orders.fileno() in ready:
                order, received, _, _ = socket.recv_fds(orders, 65536, 1)
                if not order:
                    return
                said = json.loads(order)
                try:
                    pid = _fork(received[0], site, said, (orders, *words.values()), (woken, waker), words)
                    _say(orders, {"born": pid})
                except OSError as e:  # no process, or no file, is to be had just now
                    _say(orders, {"failed": e.strerror})
                finally:
                    os.close(received[0])
    except (BrokenPipeError, ConnectionResetError):
        return  # the server is gone
    finally:
        for pid in words:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _fork(
    descriptor: int,
    site: Site,
    said: Mapping[str, Any],
    files: tuple[Any, ...],
    descriptors: tuple[int, ...],
    words: dict[int, IO[bytes]],
) -> int:
    """The process id of a new worker, whose last words go to a file in `words`; raises OSError."""
    from govgraph.server import worker

    last_words = tempfile.TemporaryFile()  # noqa: SIM115
    pid = os.fork()
    if pid == 0:
        try:
            _become_worker(last_words, files, descriptors)
            stream = socket.socket(fileno=descriptor)
            worker.main(stream, site, said["folder"], may_ask_others=said["may_ask_others"])
        finally:
            os._exit(1)
    words[pid] = last_words
    return pid


def _become_worker(last_words: IO[bytes], files: tuple[Any, ...], descriptors: tuple[int, ...]) -> None:
    sandbox.end_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(last_words.fileno(), 2)
    for file in (*files, last_words):
        file.close()
    for descriptor in descriptors:
        os.close(descriptor)


def _tell_deaths(orders: socket.socket, words: dict[int, IO[bytes]]) -> None:
    while words:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with words.pop(pid) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_WORDS))
            said = file.read().decode(errors="replace").strip()
        _say(orders, {"died": pid, "code": os.waitstatus_to_exitcode(status), "words": said})


def _say(orders: socket.socket, said: object) -> None:
    orders.sendall(json.dumps(said).encode() + b"\n")


def _exactly(stream: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = stream.recv(size - len(received))
        if not chunk:
            sys.exit(0)
        received += chunk
    return bytes(received)


if __name__ == "__main__":
    main()
