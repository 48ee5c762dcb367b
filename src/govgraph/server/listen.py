"""Runs the server until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.server.app import create_app
from govgraph.server.runner import Runner
from govgraph.snapshot.history import current_snapshot

GRACE = 1.0
"""Seconds that requests under way have to end once the server is told to stop."""
LAST_WORDS = 0.5
"""Seconds after that for telling their clients so."""


def serve(project: Project, host: str, port: int) -> None:
    """Serves `project` at `host` and `port` (0: any free port) until Ctrl-C or SIGTERM.

    Prints the address once it listens. A query that runs on beyond the grace ends with the whole process,
    with exit code 0: no thread can be stopped, and all is only read.

    Raises ConfigError GG703 where the port is taken and GG104 where the address cannot be listened on,
    SnapshotError GG601 or GG604 where there is nothing to serve, and ConfigError where the project is wrong.
    """
    current_snapshot(project)
    app = create_app(project)
    listening = listen(host, port)
    try:
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, app.state.runner).run(sockets=[listening])
    finally:
        listening.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`; raises ConfigError GG703 or GG104."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, ValueError) as e:  # ValueError: no name of a host can be so
        reason = e.strerror if isinstance(e, OSError) else "no name of a host"
        raise ConfigError(f"cannot listen on '{host}': {reason}", "GG104", hint="--host 127.0.0.1") from e
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()
    except OSError as e:
        bound.close()
        if e.errno == errno.EADDRINUSE:
            hint = "stop what listens there, or choose another: --port N (0: any free one)"
            raise ConfigError(f"port {port} of {host} is in use", "GG703", hint=hint) from e
        hint = "--host 127.0.0.1" if e.errno == errno.EADDRNOTAVAIL else "choose another: --port N"
        raise ConfigError(f"cannot listen on {host}:{port}: {e.strerror}", "GG104", hint=hint) from e
    return bound


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class _Server(uvicorn.Server):
    """A server that says when it listens, and stops soon when it is told to."""

    def __init__(self, config: uvicorn.Config, runner: Runner) -> None:
        super().__init__(config)
        self._runner = runner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer, then prints where."""
        await super().startup(sockets)
        for listening in sockets or ():
            _tell(_address(listening))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stops soon; uvicorn's own way ends the process by the same signal, not with exit code 0."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Waits for requests under way, then refuses those that still wait, then ends the process."""
        loop = asyncio.get_running_loop()
        loop.call_later(GRACE, self._runner.stop)
        loop.call_later(GRACE + LAST_WORDS, _end_process)
        await super().shutdown(sockets)
        if self._runner.abandoned:
            _end_process()


def _tell(line: str) -> None:
    """Prints `line`; where nobody can read it, the server runs all the same."""
    try:
        print(line, flush=True)  # noqa: T201
    except OSError:  # what print kept of it would fail again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_process() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(0)
