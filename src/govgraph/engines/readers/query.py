"""Queries over the sources of a mapping, which DuckDB runs on their tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

import duckdb
import sqlglot
from sqlglot import exp

from govgraph.engines.readers.typed import table_columns
from govgraph.engines.sources import Used, read_columns, read_csv, read_header, reader_of, table_reader_of
from govgraph.engines.staging import shown_path, staged
from govgraph.errors import MappingError, SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column, Source, list_of
from govgraph.mapping.queries import FORMULATION, columns_of, find_column


class QueryReader:
    """Runs queries; the result is a table, as each query of the plan would run it again otherwise."""

    again = False

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:
        """The query with what it reads before it."""
        folder = _folder(path, source)
        return _with_tables(
            source, {called: _rows(connection, folder, source, called) for called, _ in source.tables}
        )


def query_columns(path: Path, source: LogicalSource) -> tuple[Column, ...]:
    """The columns of a query's result, with their natural datatypes.

    Raises MappingError GG019 at the column or query that DuckDB does not understand, and what the sources
    that it reads raise.
    """
    return table_columns(_Bound(), path, source)


class _Bound:
    """A query on empty tables that have the columns of its sources, where nothing else can be read."""

    again = False

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:
        types = {called: _types(path, source, called) for called, _ in source.tables}
        connection.execute("SET enable_external_access = false")
        relation = _with_tables(
            source, {called: f"SELECT {_empty(columns)} WHERE false" for called, columns in types.items()}
        )
        try:
            connection.sql(f"SELECT * FROM {relation}")
        except duckdb.Error as e:
            raise _explained(e, source) from e
        return relation


def _with_tables(source: LogicalSource, tables: dict[str, str]) -> str:
    """The query of a source as a relation, its tables before it as common table expressions."""
    query = _parsed(source).sql("duckdb")
    named = ", ".join(f"{_quoted(called)} AS NOT MATERIALIZED ({rows})" for called, rows in tables.items())
    return f"({f'WITH {named} ' if named else ''}SELECT * FROM ({query}))"


def _rows(connection: duckdb.DuckDBPyConnection, folder: Path, source: LogicalSource, called: str) -> str:
    """A query for the rows of a table that a query reads."""
    inner = dict(source.tables)[called]
    path = staged(folder, inner)
    if table_reader := table_reader_of(inner):
        return f"SELECT * FROM {table_reader.relation(connection, path, inner)}"
    if reader := reader_of(inner):
        columns = reader.columns(path, inner, _used(source, called))
        asked = {name for c in columns for name in (c.sql_name, list_of(c.sql_name))}
        name = _quoted(f"{called} of {source.name}")
        types = ", ".join(f"{_quoted(column)} {type_}" for column, type_ in _types_of_text(columns))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({types})")
        values = ", ".join(map(_value, columns))
        for batch in reader.batches(path, inner, columns, asked, shown_path(inner.span.file, inner)):
            connection.register("batch", batch)
            connection.execute(f"INSERT INTO {name} SELECT {values} FROM batch")
            connection.unregister("batch")
        return f"SELECT * FROM {name}"
    csv = Source(called, inner, read_header(path, inner, shown_path(inner.span.file, inner)))
    return read_csv(csv, path).sql("duckdb")


def _types(path: Path, source: LogicalSource, called: str) -> list[tuple[str, str]]:
    """The columns of a table that a query reads, with DuckDB's types."""
    inner = dict(source.tables)[called]
    file = staged(_folder(path, source), inner)
    columns = read_columns(file, inner, _used(source, called), shown=shown_path(inner.span.file, inner))
    table_reader = _Bound() if inner.formulation == FORMULATION else table_reader_of(inner)
    if table_reader is None:
        return _types_of_text(columns)
    with duckdb.connect() as connection:
        described = connection.sql(f"SELECT * FROM {table_reader.relation(connection, file, inner)} LIMIT 0")
        return [(name, str(type_)) for name, type_ in zip(described.columns, described.types, strict=True)]


def _types_of_text(columns: tuple[Column, ...]) -> list[tuple[str, str]]:
    return [(c.sql_name, "VARCHAR[]" if c.many else "VARCHAR") for c in columns]


def _value(column: Column) -> str:
    """The value of a column that a reader gives: of one that may have several, the list of them."""
    one = _quoted(column.sql_name)
    if not column.many:
        return one
    several = _quoted(list_of(column.sql_name))
    return f"coalesce({several}, list_filter([{one}], lambda v: v IS NOT NULL))"


def _empty(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"CAST(NULL AS {type_}) AS {_quoted(name)}" for name, type_ in columns) or "1"


def _used(source: LogicalSource, called: str) -> Iterator[Used]:
    """What a query reads of a table, at its places."""
    assert source.query_text
    query = _parsed(source)
    for name in dict.fromkeys(columns_of(query, called)):
        place = find_column(query, source.query_text, name)
        yield Used(name, source.query_text.at(*place) if place else source.span)


def _parsed(source: LogicalSource) -> exp.Query:
    query = sqlglot.parse_one(source.query or "", read="duckdb")
    assert isinstance(query, exp.Query)
    return query


def _explained(error: duckdb.Error, source: LogicalSource) -> MappingError:
    """What DuckDB does not understand, at the column that it names, else at the query."""
    text = str(error).splitlines()
    kind, _, reason = text[0].partition(": ")
    assert source.query_text
    span: SourceSpan = source.span
    for quoted in reason.split('"')[1::2]:
        if place := find_column(_parsed(source), source.query_text, quoted):
            span = source.query_text.at(*place)
            break
    hint = next((line.strip() for line in text[1:] if "Candidate" in line or "Did you mean" in line), None)
    reason = (reason or kind).replace("Values list", "table")
    return MappingError(f"query '{source.name}': {reason}", "GG019", span, hint)


def _folder(path: Path, source: LogicalSource) -> Path:
    """The mapping's folder: `path` is the query's name below it."""
    return path.parents[len(PurePath(source.path).parts) - 1]


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
