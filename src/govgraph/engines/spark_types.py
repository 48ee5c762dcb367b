"""The types of a plan's columns, as DuckDB binds its queries to tables without rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import duckdb
from sqlglot import exp

from govgraph.engines.calling import define
from govgraph.engines.macros import macros
from govgraph.mapping.plan import ROW, Plan, Source, list_of, natural_of

_TYPE = "type"


def type_of(column: exp.Expression) -> str:
    """The type of a column in DuckDB's words; that of texts where nobody asked for it."""
    return str(column.meta.get(_TYPE, "VARCHAR"))


class Types:
    """Finds out what types columns have; a plan's queries say so nowhere."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """All functions of the plan, and its tables."""
        connection = duckdb.connect()
        for macro in macros():
            connection.execute(macro)
        for function, output in self.plan.python_functions:
            define(connection, function, output, lenient=False)
        for source in self.plan.sources:
            connection.execute(f"CREATE TABLE {_quoted(source.table)} ({_columns(source)})")
        return connection

    def note(self, query: exp.Expression, asked: Callable[[exp.Column], bool]) -> None:
        """Writes the types of the columns that are `asked` for into the query, for `type_of`."""
        found: dict[int, tuple[exp.Select, list[exp.Column]]] = {}
        for column in query.find_all(exp.Column):
            select = column.find_ancestor(exp.Select)
            if select and not isinstance(column.this, exp.Star) and asked(column):
                found.setdefault(id(select), (select, []))[1].append(column)
        for select, columns in found.values():
            shown = (exp.alias_(column.copy(), f"c{number}") for number, column in enumerate(columns))
            rows = exp.select(*shown)
            for part in ("from_", "joins"):
                if value := select.args.get(part):
                    copies = [v.copy() for v in value] if isinstance(value, list) else value.copy()
                    rows.set(part, copies)
            described = self.connection.execute(f"DESCRIBE {rows.sql('duckdb')}").fetchall()
            for column, (_, type_, *_) in zip(columns, described, strict=True):
                column.meta[_TYPE] = type_


def _columns(source: Source) -> str:
    """What a source's table has, and may have beside: lists, literals, numbers of rows."""
    types = {ROW: "BIGINT"}
    for column in source.columns:
        for name in (column.sql_name, natural_of(column.sql_name)):
            types |= {name: "VARCHAR", list_of(name): "VARCHAR[]"}
    return ", ".join(f"{_quoted(name)} {type_}" for name, type_ in types.items())


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
