"""Tables whose columns have types: DuckDB queries them, their values become text in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import duckdb
from sqlglot import exp

from govgraph.engines.natural import natural_text
from govgraph.engines.sources import Record
from govgraph.errors import SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import RESERVED, ROW, Column


class TableReader(Protocol):
    """Opens sources of a kind as tables of DuckDB; `again`: whether each query may read them anew."""

    again: bool

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:
        """What stands after FROM; raises MappingError GG016 where it cannot be read, or duckdb.Error."""


def table_columns(reader: TableReader, path: Path, source: LogicalSource) -> tuple[Column, ...]:
    """The columns of a table, with the natural datatypes of their values."""
    with duckdb.connect() as connection:
        described = _describe(connection, reader.relation(connection, path, source))
    taken = set(RESERVED)
    columns = []
    for name, type_ in described:
        alias, number = name, 2
        while alias.casefold() in taken:
            alias, number = f"{name}~{number}", number + 1
        taken.add(alias.casefold())
        _, datatype = natural_text(type_, "")
        columns.append(Column(name, datatype=datatype, alias=None if alias == name else alias))
    return tuple(columns)


def table_query(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column], *, numbered: bool
) -> str:
    """A query of a relation whose columns are text; a row is numbered where that is asked for."""
    types = dict(_describe(connection, relation))
    number = [f'row_number() OVER () AS "{ROW}"'] if numbered else []
    selected = [
        f"{natural_text(types[c.name], _quoted(c.name))[0]} AS {_quoted(c.sql_name)}" for c in columns
    ]
    return f"SELECT {', '.join(number + selected)} FROM {relation}"


def table_records(
    reader: TableReader, path: Path, source: LogicalSource, columns: Sequence[Column], shown: str
) -> Iterator[Record]:
    """The rows of a table in its order, to look for one."""
    with duckdb.connect() as connection:
        query = table_query(
            connection, reader.relation(connection, path, source), columns or (), numbered=True
        )
        rows = connection.execute(query)
        while found := rows.fetchmany(10_000):
            for _, *values in found:
                named = zip(columns, values, strict=True)
                yield Record({c.name: [] if v is None else [v] for c, v in named}, SourceSpan(shown))


def _describe(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Name and DuckDB's type of each column."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


class ParquetReader:
    """Reads Parquet files."""

    again = True

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:  # noqa: ARG002
        """The file."""
        return f"read_parquet({exp.Literal.string(str(path)).sql('duckdb')})"
