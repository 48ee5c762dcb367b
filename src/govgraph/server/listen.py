"""Runs the server until it is stopped."""

from __future__ import annotations

import contextlib
import errno
import socket

import uvicorn

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.server.app import create_app
from govgraph.snapshot.history import current_snapshot


def serve(project: Project, host: str, port: int) -> None:
    """Serves `project` at `host` and `port` (0: any free port) until Ctrl-C or SIGTERM.

    Prints the address once it listens. Raises ConfigError GG703 where the port is taken and GG104 where the
    address cannot be listened on, SnapshotError GG601 or GG604 where there is nothing to serve, and
    ConfigError where the project is wrong.
    """
    current_snapshot(project)
    app = create_app(project)
    listening = listen(host, port)
    try:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config).run(sockets=[listening])
    finally:
        listening.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`; raises ConfigError GG703 or GG104."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as e:
        raise ConfigError(f"cannot listen on '{host}': {e.strerror}", "GG104", hint="--host 127.0.0.1") from e
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
    """A server that says when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer, then prints where."""
        await super().startup(sockets)
        for listening in sockets or ():
            print(_address(listening), flush=True)  # noqa: T201
