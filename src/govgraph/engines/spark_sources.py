"""Sources as tables of Spark: the rows that DuckDB and the readers give, as Parquet files.

So every source is read by the same code for both engines, byte for byte, and rows stream through. A Parquet
file whose columns print alike in both engines is opened by Spark itself, on all workers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from govgraph.engines.macros import sql_text
from govgraph.engines.session import open_session
from govgraph.engines.spark_sql import spark_name
from govgraph.engines.staging import staged
from govgraph.mapping.plan import Column, Plan, Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PRINTED_ALIKE = {"VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
"""DuckDB's types whose values as text are the same in Spark."""


def bind_sources(spark: SparkSession, plan: Plan, folder: Path, parts: Path) -> None:
    """Makes each source of the plan a view of its name; what Spark cannot open is copied into `parts`.

    Raises what open_session raises.
    """
    asked = {c.name for s in plan.statements for c in s.rows.find_all(exp.Column)}
    others = []
    for source in plan.sources:
        if opened := _open(spark, source, folder, asked):
            opened.createOrReplaceTempView(spark_name(source.table))
        else:
            others.append(source)
    if not others:
        return
    with open_session(plan, folder, temporary=parts) as session:
        for number, source in enumerate(others):
            table = exp.to_identifier(source.table, quoted=True).sql("duckdb")
            there = [str(row[0]) for row in session.rows(f"DESCRIBE {table}")]
            columns = [exp.to_identifier(c, quoted=True).sql("duckdb") for c in there if c in asked]
            path = parts / f"source-{number}.parquet"
            session.rows(
                f"COPY (SELECT {', '.join(columns) or 'TRUE AS row'} FROM {table}) TO {sql_text(str(path))} "
                "(FORMAT parquet)"
            )
            _read(spark, path).createOrReplaceTempView(spark_name(source.table))


def _open(spark: SparkSession, source: Source, folder: Path, asked: set[str]) -> DataFrame | None:
    """A Parquet file that lies where the mapping says and that Spark reads as DuckDB does, else None."""
    path = staged(folder, source.logical)
    logical = source.logical
    if logical.formulation != "parquet" or source.ordered or logical.nulls or path != folder / logical.path:
        return None
    with duckdb.connect() as connection:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({sql_text(str(path))})"
        ).fetchall()
    types = {str(name): str(type_) for name, type_, *_ in described}
    columns = [c for c in source.columns if c.sql_name in asked]
    if not columns or any(types.get(c.name) not in _PRINTED_ALIKE for c in columns):
        return None
    return _read(spark, path).selectExpr(*map(_printed, columns))


def _printed(column: Column) -> str:
    return f"CAST({spark_name(column.name)} AS STRING) AS {spark_name(column.sql_name)}"


def _read(spark: SparkSession, path: Path) -> DataFrame:
    """A Parquet file; characters that Hadoop reads as patterns are escaped."""
    return spark.read.parquet("file:" + re.sub(r"([][{}*?\\])", r"\\\1", str(path.resolve())))
