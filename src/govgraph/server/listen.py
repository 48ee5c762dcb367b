"""Runs the server until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import sys
from functools import partial
from types import FrameType
from typing import cast

import uvicorn

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.server.app import App, Broken, create_app
from govgraph.server.connections import Connection, look_at
from govgraph.snapshot.history import current_snapshot

GRACE = 1.0
"""Seconds that requests under way have to end once the server is told to stop."""
LAST = 1.8
"""Seconds after which also those connections are closed whose clients have not taken their answers."""
SPARE_FILES = 64
"""Files that this process may open beside connections and the sockets of workers."""
FILES_OF_WORKER = 4
"""Sockets for each worker: while it starts there are two, and during a change of the snapshot two workers."""


def serve(project: Project, host: str, port: int) -> None:
    """Serves `project` at `host` and `port` (0: any free port) until Ctrl-C or SIGTERM.

    Prints the address once it listens. A query that runs on beyond the grace is told that the server stops.

    Raises ConfigError GG703 where the port is taken and GG104 where the address cannot be listened on,
    SnapshotError GG601 or GG604 where there is nothing to serve, and ConfigError where the project is wrong.
    """
    current_snapshot(project)
    run(create_app(project), host, port)


def run(app: App, host: str, port: int) -> None:
    """Runs `app` at `host` and `port` until Ctrl-C or SIGTERM; raises ConfigError GG703, GG104."""
    listening = listen(host, port)
    most = _allow_connections() - SPARE_FILES - FILES_OF_WORKER * app.site.limits.workers
    logging.getLogger("uvicorn.error").addFilter(_is_a_fault)
    try:
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            loop="auto",
            http=cast("type[Connection]", partial(Connection, most=max(1, most))),
        )
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, app).run(sockets=[listening])
    finally:
        listening.close()


def _allow_connections() -> int:
    """Raises the limit of open files, a connection each, as far as this process may; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard
    return soft if soft != resource.RLIM_INFINITY else sys.maxsize


def _is_a_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log tells of a fault: an answer that broke off is in our own log."""
    return not (record.exc_info and isinstance(record.exc_info[1], Broken))


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

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer, then prints where."""
        await super().startup(sockets)
        with contextlib.suppress(ValueError, AttributeError):  # not in the main thread, or no such signal
            signal.signal(signal.SIGHUP, lambda *_: self._app.refresh())
        for listening in sockets or ():
            _tell(_address(listening))

    async def on_tick(self, counter: int) -> bool:
        """Looks at slow connections once a second; called ten times a second."""
        if counter % 10 == 0:
            look_at(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stops soon; uvicorn's own way ends the process by the same signal, not with exit code 0."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Waits for requests under way, then refuses those that still wait."""
        loop = asyncio.get_running_loop()
        loop.call_later(GRACE, self._app.stop)
        loop.call_later(LAST, self._close_all)
        await super().shutdown(sockets)

    def _close_all(self) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


def _tell(line: str) -> None:
    """Prints `line`; where nobody can read it, the server runs all the same."""
    try:
        print(line, flush=True)  # noqa: T201
    except OSError:  # what print kept of it would fail again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
