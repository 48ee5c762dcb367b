"""Tables of the Python program that runs a mapping: pandas, Polars, Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

from govgraph.errors import MappingError, did_you_mean
from govgraph.mapping.model import LogicalSource

_NONE: Mapping[str, object] = {}
_tables: ContextVar[Mapping[str, object]] = ContextVar("tables", default=_NONE)


@contextmanager
def given_tables(tables: Mapping[str, object]) -> Iterator[None]:
    """Inside, sources with the formulation `table` are these tables, by name."""
    token = _tables.set({name: _arrow(table) for name, table in tables.items()})
    try:
        yield
    finally:
        _tables.reset(token)


class MemoryReader:
    """Reads the tables that are given."""

    again = True

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:  # noqa: ARG002
        """The table of the source's name; raises MappingError GG016 where there is none."""
        tables = _tables.get()
        table = tables.get(source.path)
        if table is None:
            message = f"there is no table '{source.path}' in memory"
            hint = did_you_mean(source.path, list(tables)) or _HOW.format(source.path)
            raise MappingError(message, "GG016", source.span, hint)
        if isinstance(table, Exception):
            reason = "; ".join(map(str, table.args))
            raise MappingError(f"table '{source.path}': {reason}", "GG016", source.span)
        name = f"table in memory {list(tables).index(source.path) + 1}"
        connection.register(name, table)
        return f'"{name}"'


_HOW = "give it in Python: govgraph.materialize(…, tables={{'{0}': frame}})"


def _arrow(table: object) -> object:
    """A table as DuckDB reads it, in Arrow's memory; the error where it is none.

    pandas' missing values become null there, and its index is left out.
    """
    if hasattr(table, "to_batches") and hasattr(table, "scanner"):  # a dataset of Arrow, which is streamed
        return table
    import pyarrow as pa

    if not hasattr(table, "__arrow_c_stream__"):
        hint = "collect it first" if hasattr(table, "collect") else "expected one of pandas, Polars or Arrow"
        return TypeError(f"{type(table).__name__} is not a table: {hint}")
    try:
        return pa.table(table)
    except (pa.ArrowException, TypeError, ValueError) as e:
        return e
