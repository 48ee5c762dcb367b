"""Tables whose columns have types: DuckDB queries them, their values become text in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
from duckdb.sqltypes import DuckDBPyType
from sqlglot import exp

from govgraph.engines.macros import sql_text
from govgraph.engines.natural import natural_text
from govgraph.engines.sources import Record
from govgraph.errors import MappingError, SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import RESERVED, ROW, Column, list_of


class TableReader(Protocol):
    """Opens sources of a kind as tables of DuckDB; `again`: whether each query may read them anew."""

    again: bool

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:
        """What stands after FROM; where it cannot be read, MappingError GG016, OSError or duckdb.Error."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column without fields of its own, or such a field of one: its name, DuckDB's type, its value in SQL.

    `many`: the value is a list of that type.
    """

    name: str
    type_: str
    value: str
    many: bool

    @property
    def datatype(self) -> str | None:
        """The natural datatype of its values, None where they are text."""
        return natural_text(self.type_, "")[1]

    def selected(self, name: str) -> Iterator[str]:
        """What a query selects: its one value as text under `name`, the list of several."""
        if not self.many:
            yield f"{natural_text(self.type_, self.value)[0]} AS {_quoted(name)}"
            return
        texts = f"list_transform({self.value}, lambda v: {natural_text(self.type_, 'v')[0]})"
        kept = f"list_filter({texts}, lambda v: v IS NOT NULL)"
        yield f"CASE WHEN len({kept}) = 1 THEN {kept}[1] END AS {_quoted(name)}"
        yield f"CASE WHEN len({kept}) > 1 THEN {kept} END AS {_quoted(list_of(name))}"


def table_columns(reader: TableReader, path: Path, source: LogicalSource) -> tuple[Column, ...]:
    """The columns of a table, with the natural datatypes of their values.

    Raises MappingError GG016 where it cannot be read, OSError.
    """
    try:
        with duckdb.connect() as connection:
            leaves = _leaves(connection, reader.relation(connection, path, source))
    except duckdb.Error as e:
        reason = str(e).splitlines()[0].partition(": ")[2].replace(str(path), path.name)
        raise MappingError(f"source '{source.path}' cannot be read: {reason}", "GG016", source.span) from e
    taken = set(RESERVED)
    columns = []
    for leaf in leaves.values():
        alias, number = leaf.name, 2
        while alias.casefold() in taken:
            alias, number = f"{leaf.name}~{number}", number + 1
        taken.add(alias.casefold())
        columns.append(
            Column(leaf.name, leaf.many, datatype=leaf.datatype, alias=None if alias == leaf.name else alias)
        )
    return tuple(columns)


def table_query(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column], *, numbered: bool
) -> str:
    """A query of a relation whose columns are text; a row is numbered where that is asked for."""
    leaves = _leaves(connection, relation)
    selected = [f'row_number() OVER () AS "{ROW}"'] if numbered else []
    for column in columns:
        selected += leaves[column.name].selected(column.sql_name)
    return f"SELECT {', '.join(selected) or '1'} FROM {relation}"


def table_records(
    reader: TableReader, path: Path, source: LogicalSource, columns: Sequence[Column], shown: str
) -> Iterator[Record]:
    """The rows of a table in its order, to look for one."""
    with duckdb.connect() as connection:
        relation = reader.relation(connection, path, source)
        query = table_query(connection, relation, columns, numbered=True)
        rows = connection.execute(query)
        names = [description[0] for description in rows.description]
        while found := rows.fetchmany(10_000):
            for row in found:
                values = dict(zip(names, row, strict=True))
                texts = {
                    c.name: values.get(list_of(c.sql_name))
                    or [t for t in [values[c.sql_name]] if t is not None]
                    for c in columns
                }
                yield Record(texts, SourceSpan(shown))


def _leaves(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, _Leaf]:
    """The columns of a relation and the fields in them, by name."""
    described = connection.sql(f"SELECT * FROM {relation} LIMIT 0")
    columns = list(zip(described.columns, described.types, strict=True))
    found: dict[str, _Leaf] = {}
    nested = [leaf for name, type_ in columns for leaf in _fields(name, type_, _quoted(name))]
    for leaf in sorted(nested, key=lambda leaf: leaf.value != _quoted(leaf.name)):
        found.setdefault(leaf.name, leaf)
    return found


def _fields(name: str, type_: DuckDBPyType, value: str, *, many: bool = False) -> Iterator[_Leaf]:
    """The leaves of a column: fields of structs are `column.field`, of maps `column.key`, `column.value`."""
    match type_.id:
        case "list" | "array":
            _, item = _children(type_)[0]
            yield from _fields(name, item, f"flatten({value})" if many else value, many=True)
        case "map":
            entries = f"flatten(list_transform({value}, lambda m: map_entries(m)))"
            for field, inner in _children(type_):
                each = f"list_transform({entries if many else f'map_entries({value})'}, lambda e: e.{field})"
                yield from _fields(f"{name}.{field}", inner, each, many=True)
        case "struct":
            for field, inner in _children(type_):
                got = f"struct_extract({{}}, {sql_text(field)})".format
                each = f"list_transform({value}, lambda s: {got('s')})" if many else got(value)
                yield from _fields(f"{name}.{field}", inner, each, many=many)
        case _:
            yield _Leaf(name, str(type_), value, many)


def _children(type_: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return [(name, child) for name, child in type_.children if isinstance(child, DuckDBPyType)]


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


class ParquetReader:
    """Reads Parquet files."""

    again = True

    def relation(self, connection: duckdb.DuckDBPyConnection, path: Path, source: LogicalSource) -> str:
        """The file; raises MappingError GG016 for decimals of more digits than DuckDB reads exactly."""
        path.open("rb").close()
        file = sql_text(_without_wildcards(str(path)))
        query = f"SELECT name, precision FROM parquet_schema({file}) WHERE precision > {_DIGITS}"
        for name, digits in connection.execute(query).fetchall():
            message = f"column '{name}' of source '{source.path}' has decimals of {digits} digits"
            raise MappingError(message, "GG016", source.span, f"decimals of up to {_DIGITS} digits are read")
        return f"read_parquet({file}, hive_partitioning = false)"


_DIGITS = 38
"""Decimals of more digits DuckDB reads as doubles."""


def _without_wildcards(path: str) -> str:
    """The path as a pattern that it alone matches."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
