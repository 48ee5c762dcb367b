"""Python functions in DuckDB: called for a batch of rows at a time, once for each different row."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from govgraph.mapping.functions import Parameter, PythonFunction, Result

REJECTED = "\0"
"""With it begins what a function gives in a lenient session, or in Spark, for a value that it cannot read."""

Argument = str | list[str | None] | None
Row = Sequence[Argument]
"""The arguments of a call: a text or a list of texts each."""


def define(
    connection: duckdb.DuckDBPyConnection, function: PythonFunction, output: int, *, lenient: bool
) -> None:
    """Makes one output of a function a function of DuckDB, which gives text or a list of texts.

    What it raises as ValueError is an error of the data (GG401), or, where `lenient`, text after NUL.
    """
    import pyarrow as pa

    several = function.returns is Result.LIST
    type_ = pa.list_(pa.string()) if several else pa.string()

    def call(*columns: Any) -> Any:
        known: dict[tuple[Any, ...], Any] = {}
        results = []
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            key = tuple(tuple(v) if isinstance(v, list) else v for v in row)
            if key not in known:
                known[key] = compute(row)
            results.append(known[key])
        return pa.array(results, type_)

    def compute(row: Row) -> str | list[str] | None:
        if any(map(rejection, row)):
            return None  # what is wrong is told where it was found
        try:
            return answer(function, output, row)
        except ValueError as e:
            if not lenient:
                raise ValueError(error_text(e)) from e
            return [f"{REJECTED}{e}"] if several else f"{REJECTED}{e}"

    names = (f"p{number}" for number in range(len(function.parameters)))
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # DuckDB counts them
    create: Any = connection.create_function  # its stub does not know the type "arrow"
    create(
        function.output_name(output),
        call,
        ["VARCHAR[]" if p.many else "VARCHAR" for p in function.parameters],
        "VARCHAR[]" if several else "VARCHAR",
        type="arrow",
        null_handling=SPECIAL,
    )


def rejection(value: str | Sequence[str | None] | None) -> str | None:
    """What a function gave for a value that it could not read, else None."""
    first = value[0] if value and not isinstance(value, str) else value
    return first if isinstance(first, str) and first.startswith(REJECTED) else None


def answer(function: PythonFunction, output: int, row: Row) -> str | list[str] | None:
    """One output of a function, as text or a list of texts, for the arguments as engines have them.

    Raises ValueError for those that the function cannot read.
    """
    arguments = [_argument(p, v) for p, v in zip(function.parameters, row, strict=True)]
    if any(a is None and p.required for p, a in zip(function.parameters, arguments, strict=True)):
        return None
    result = _result(function, output, function.call(*arguments))
    if rejection(result):
        raise ValueError("a result holds the character NUL, which RDF has not")
    return result


def error_text(error: ValueError) -> str:
    """What engines pass on about arguments that a function cannot read."""
    return f"GG401 {json.dumps([str(error)])}"


def _argument(parameter: Parameter, value: Argument) -> Any:
    if parameter.boolean and value is not None:
        return value == "true"
    return [v for v in value if v is not None] if isinstance(value, list) else value


def _result(function: PythonFunction, output: int, value: Any) -> str | list[str] | None:
    if len(function.outputs) > 1 and value is not None:
        value = value[output]
    if value is None:
        return None
    if function.returns is Result.LIST:
        return [_text(v) for v in value if v is not None]
    return _text(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
