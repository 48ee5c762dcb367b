"""Engines: what runs plans. One plan, any engine, the same quads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from govgraph.engines.duckdb import MapResult, OnError, materialize, stream


class Engine(Protocol):
    """Runs mapping files."""

    def materialize(
        self,
        mapping: Path,
        out: Path,
        *,
        base: str | None = None,
        database: str | None = None,
        sort: bool = False,
        on_error: OnError = OnError.STOP,
        side: Path | None = None,
        target_folder: Path | None = None,
        functions: Sequence[Path] = (),
    ) -> MapResult:
        """Writes the quads of a mapping, each once, as N-Quads; see `govgraph.materialize`."""

    def stream(
        self,
        mapping: Path,
        pipe: BinaryIO,
        *,
        base: str | None = None,
        shown: str | None = None,
        temporary: Path | None = None,
    ) -> None:
        """Writes them into a pipe; `temporary` is a folder for what does not fit into memory."""


@dataclass(frozen=True, slots=True)
class DuckDB:
    """Embedded, in this process, with `threads` threads; None: one a core."""

    threads: int | None = None

    def materialize(
        self,
        mapping: Path,
        out: Path,
        *,
        base: str | None = None,
        database: str | None = None,
        sort: bool = False,
        on_error: OnError = OnError.STOP,
        side: Path | None = None,
        target_folder: Path | None = None,
        functions: Sequence[Path] = (),
    ) -> MapResult:
        """See `Engine`."""
        return materialize(
            mapping,
            out,
            base=base,
            database=database,
            sort=sort,
            threads=self.threads,
            on_error=on_error,
            side=side,
            target_folder=target_folder,
            functions=functions,
        )

    def stream(
        self,
        mapping: Path,
        pipe: BinaryIO,
        *,
        base: str | None = None,
        shown: str | None = None,
        temporary: Path | None = None,
    ) -> None:
        """See `Engine`."""
        stream(mapping, pipe, base=base, shown=shown, temporary=temporary)


@contextmanager
def open_engine(
    name: str,
    *,
    threads: int | None = None,
    master: str | None = None,
    spark: Mapping[str, str] | None = None,
) -> Iterator[Engine]:
    """The engine `duckdb` or `spark`, which ends with the context; options as `govgraph map` has them."""
    if name == "duckdb":
        yield DuckDB(threads)
        return
    from govgraph.engines.spark import Spark

    with Spark(master, spark or {}) as engine:
        yield engine
