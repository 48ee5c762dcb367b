"""What runs in Spark's Python workers: functions of whole columns, as Arrow arrays of text."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import duckdb
import pyarrow as pa

from govgraph.engines.spark_sql import REJECTED
from govgraph.mapping.functions import PythonFunction

Vectorised = Callable[..., pa.Array]


def by_python(function: PythonFunction) -> Vectorised:
    """A function of the registry for columns; null where an argument is, an error as `REJECTED` and text."""

    def one(*arguments: str | None) -> str | None:
        rejected = next((a for a in arguments if a is not None and a.startswith(REJECTED)), None)
        if rejected is not None or None in arguments:
            return rejected
        try:
            return function.call(*arguments)
        except ValueError as e:
            return f"{REJECTED}ValueError: GG401 {json.dumps([str(e), arguments[0]])}"

    def call(*columns: pa.Array) -> pa.Array:
        return pa.array(map(one, *(c.to_pylist() for c in columns)), pa.string())

    return call


def by_duckdb(expression: str, columns: int) -> Vectorised:
    """An expression of `columns` columns `a0`, `a1`, … as text, worked out by DuckDB."""
    names = [f"a{number}" for number in range(columns)]
    rejected = "".join(f"WHEN starts_with({name}, chr({ord(REJECTED)})) THEN {name} " for name in names)
    text = f"CAST({expression} AS VARCHAR)"
    query = (
        f"SELECT CASE {rejected} ELSE {text} END AS text FROM columns"
        if names
        else f"SELECT {text} FROM columns"
    )

    def evaluate(table: pa.Table) -> list[str | None]:
        connection = _duckdb()
        connection.register("columns", table)
        try:
            return [text for (text,) in connection.execute(query).fetchall()]
        finally:
            connection.unregister("columns")

    def one(row: pa.Table) -> str | None:
        try:
            return evaluate(row)[0]
        except duckdb.Error as e:
            return f"{REJECTED}{e}"

    def call(*arrays: pa.Array) -> pa.Array:
        table = pa.table(dict(zip(names or ["a0"], arrays, strict=True)))
        try:
            values = evaluate(table)
        except duckdb.Error:  # which rows it is about
            values = [one(table.slice(number, 1)) for number in range(len(table))]
        return pa.array(values, pa.string())

    return call


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection
