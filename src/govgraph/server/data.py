"""Serves files of RDF without a project, as a temporary snapshot that ends with the server."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from govgraph.server.app import App
from govgraph.server.listen import run
from govgraph.server.loading import Loader, OnProgress, Order
from govgraph.server.site import Site
from govgraph.settings import Limits

TITLED = 3
"""How many files the title names."""


def serve_files(order: Order, host: str, port: int, on_progress: OnProgress, limits: Limits) -> None:
    """Loads the files of `order` and serves them at `host` and `port` until Ctrl-C or SIGTERM.

    After SIGHUP the files are loaded again, and served from then on if that went well. Raises SnapshotError
    GG606 or GG603 where they cannot be loaded, and what `run` raises.
    """
    with (
        _ending_in_order(),
        TemporaryDirectory(prefix="govgraph-") as folder,
        closing(Loader(order, Path(folder))) as loader,
    ):
        loader.load(on_progress)
        loader.follow()
        run(_Reloading(_site(order, limits), loader), host, port)


def _site(order: Order, limits: Limits) -> Site:
    names = [file.name for file in order.files]
    more = f" + {len(names) - TITLED}" if len(names) > TITLED else ""
    title = ", ".join(names[:TITLED]) + more
    return Site(
        base=order.base or "",
        titles={"ja": title, "en": title},
        languages=("ja", "en"),
        default_graph=order.default_graph,
        limits=limits,
    )


class _Reloading(App):
    """The application that serves what a loader loaded last."""

    def __init__(self, site: Site, loader: Loader) -> None:
        super().__init__(site, lambda: loader.current)
        self._loader = loader

    def refresh(self) -> None:
        """Loads the files again."""
        self._loader.again()
        super().refresh()


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Lets the signals that ask this process to end run what is to be done at the end."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
