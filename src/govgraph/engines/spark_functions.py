"""What runs in Spark's Python workers: functions of whole columns, as Arrow arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from govgraph.engines.calling import REJECTED, Row, answer, error_text, rejection
from govgraph.mapping.functions import PythonFunction, Result

if TYPE_CHECKING:
    from govgraph.engines.spark_sql import Asked

Vectorised = Callable[..., pa.Array]


def by_python(function: PythonFunction, output: int) -> Vectorised:
    """One output of a function for columns of text or lists; an error is `REJECTED` and its text."""
    several = function.returns is Result.LIST

    def one(row: Row) -> str | list[str] | None:
        try:
            rejected = next(filter(None, map(rejection, row)), None)
            if rejected is None:
                return answer(function, output, row)
        except ValueError as e:
            rejected = f"{REJECTED}ValueError: {error_text(e)}"
        return [rejected] if several else rejected

    def call(*columns: pa.Array) -> pa.Array:
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return pa.array(map(one, rows), _type(several=several))

    return call


def by_duckdb(asked: Asked) -> Vectorised:
    """An expression of columns `a0`, `a1`, … that DuckDB works out; an error is `REJECTED` and its text."""
    query = f"SELECT {asked.sql} FROM columns"

    def evaluate(table: pa.Table) -> list[str | list[str] | None]:
        connection = _duckdb()
        connection.register("columns", table)
        try:
            return [value for (value,) in connection.execute(query).fetchall()]
        finally:
            connection.unregister("columns")

    def one(row: pa.Table) -> str | list[str] | None:
        try:
            return evaluate(row)[0]
        except duckdb.Error as e:
            return [f"{REJECTED}{e}"] if asked.several else f"{REJECTED}{e}"

    def call(*arrays: pa.Array) -> pa.Array:
        table = pa.table({f"a{number}": array for number, array in enumerate(arrays)})
        try:
            values = evaluate(table)
        except duckdb.Error:  # which rows it is about
            values = [one(table.slice(number, 1)) for number in range(len(table))]
        return pa.array(values, _type(several=asked.several))

    return call


def _type(*, several: bool) -> pa.DataType:
    return pa.list_(pa.string()) if several else pa.string()


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection
