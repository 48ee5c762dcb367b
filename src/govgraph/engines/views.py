"""Logical views as tables: the SQL of their rows (RML-LV).

Fields of a view's own source are columns of its table, or are unnested of lists that stand there; records
within texts come of functions of DuckDB (`readers.nested`). Joins are joins. Where nothing is unnested or
joined, a view is a view of DuckDB, too.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import ARROW, SPECIAL
from sqlglot import exp

from govgraph.engines.sources import Unreadable
from govgraph.mapping.kinds import one_by_one
from govgraph.mapping.logical_views import (
    INDEX,
    ExpressionField,
    IterableField,
)
from govgraph.mapping.model import Expression, LogicalSource, Reference, references
from govgraph.mapping.plan import RECORD, ROW, Column, Source, list_of, natural_of
from govgraph.mapping.terms import Scope, all_values, column, concatenate, list_of_one, value_parts

if TYPE_CHECKING:
    import pyarrow as pa

_numbers = count(1)


def create_view(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    asked: set[str],
    *,
    numbered: bool,
    unreadable: Unreadable | None,
) -> None:
    """Makes a view a table of its name; what it is made of are tables already, numbered if it is.

    Of its columns those that are `asked` for. `unreadable`: texts that cannot be read are put there, with the
    number of the record; else they are an error of DuckDB that `session.explain` reads.
    """
    rows = _Rows(connection, source, numbered=numbered, unreadable=unreadable)
    query, plain = rows.query(asked)
    kind = "VIEW" if plain else "TABLE"
    ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    connection.execute(f"SET preserve_insertion_order = {'true' if numbered else 'false'}")
    if rows.reads_texts:  # in Python, where threads wait for each other, and libxml2 wants only one
        connection.execute("SET threads = 1")
    connection.execute(f"CREATE TEMP {kind} {_quoted(source.table)} AS {query}")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET threads = {threads}")


class _Rows:
    """The query of one view's rows, which grows layer by layer."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        *,
        numbered: bool,
        unreadable: Unreadable | None,
    ) -> None:
        assert source.logical.view is not None
        self.connection = connection
        self.view = source.logical.view
        self.source = source
        self.on, *self.parents = source.parts
        self.numbered = numbered
        self.unreadable = unreadable
        self.layers = 0
        self.reads_texts = False
        self.from_ = f"FROM {_quoted(self.on.table)}"
        self.taken = {c.sql_name.casefold() for c in self.on.columns}
        self.columns = {c.name: c for c in source.columns}
        self.made: dict[str, str] = {}
        """Column of the view -> its SQL."""
        self.listed: str | None = None
        """The positions of the list that the last field was made of, if a function gave one."""
        self.order: dict[str, str] = {}
        """Columns that put the rows of joins in order, and their SQL."""

    def query(self, asked: set[str]) -> tuple[str, bool]:
        """The query, and whether it is no more than a choice of columns."""
        if self.numbered:
            self.made[RECORD] = _quoted(RECORD if self.on.logical.view else ROW)
            self.made[INDEX] = f"CAST({_quoted(ROW)} - 1 AS VARCHAR)"
        on = {c.name: c for c in self.on.columns}
        records = {c.records: c for c in self.on.columns if c.records}
        for field in self.view.fields:
            if isinstance(field, IterableField):
                self.iterable(field, _quoted(records[field].sql_name), field.name)
            else:
                self.field_of_table(field, on)
        plain = self.layers == 0 and not self.view.joins and not self.numbered
        for number, join in enumerate(self.view.joins):
            self.join(join.inner, number)
        kept = {n: sql for n, sql in self.made.items() if n in asked or n == RECORD or len(self.made) == 1}
        kept = kept or dict([next(iter(self.made.items()))])
        if self.numbered:
            kept[ROW] = self.position()
        return f"SELECT {', '.join(_aliases(kept))} {self.from_}", plain

    def position(self) -> str:
        """The number of a row, the same in every run: joins keep no order."""
        order = f"ORDER BY {', '.join(self.order.values())}" if self.order else ""
        return f"row_number() OVER ({order})"

    def layer(self, selected: MappingOf[str, str]) -> None:
        """Puts all rows so far into a subquery that has further columns."""
        self.from_ = f"FROM (SELECT *, {', '.join(_aliases(selected))} {self.from_}) AS layer"
        self.layers += 1

    def fresh(self) -> str:
        """A name that no column has."""
        name = f"v{next(_numbers)}"
        return name if name not in self.taken else self.fresh()

    def field_of_table(self, field: ExpressionField, on: MappingOf[str, Column]) -> None:
        """An expression field of the view's own source: unnests references with several values."""
        read, natural, index = {}, None, "0"
        plain = isinstance(field.expression, Reference)
        for name in dict.fromkeys(one_by_one(field.expression)):
            known = on[name]
            literal = natural_of(known.sql_name) if plain and known.natural else None
            if not known.many:
                read[name], natural = known.sql_name, literal
                continue
            value, number, size = self.fresh(), self.fresh(), self.fresh()
            list_ = f"COALESCE({_quoted(list_of(known.sql_name))}, [{_quoted(known.sql_name)}])"
            layer = {
                value: f"UNNEST({list_})",
                number: f"UNNEST(RANGE(LEN({list_})))",
                size: f"LEN({list_})",
            }
            if literal:
                natural = self.fresh()
                layer[natural] = f"UNNEST(COALESCE({_quoted(list_of(literal))}, [{_quoted(literal)}]))"
            self.layer(layer)
            read[name] = value
            index = f"({index} * {size} + {number})" if index != "0" else number
        self.add(field, field.name, read, _quoted(natural) if natural else None, index)

    def add(
        self, field: ExpressionField, name: str, read: MappingOf[str, str], natural: str | None, index: str
    ) -> None:
        """The columns of an expression field whose references are `read` from columns, and what is in it."""
        value = self.value(field.expression, read)
        index = _quoted(self.listed) if self.listed else index
        if field.fields:
            text = self.fresh()
            self.layer({text: value})
            value = _quoted(text)
        known = self.columns[name].sql_name
        self.made[known] = value
        if natural:
            self.made[natural_of(known)] = natural
        position = f"CASE WHEN {value} IS NOT NULL THEN CAST({index} AS VARCHAR) END"
        self.made[self.columns[f"{name}.{INDEX}"].sql_name] = position
        for inner in field.fields:
            records = self.reading(inner, value)
            self.iterable(inner, records, f"{name}.{inner.name}")

    def value(self, expression: Expression, read: MappingOf[str, str], table: str | None = None) -> str:
        """The text of an expression, whose references are `read` from columns.

        Of a list that a function gives, each value has a row of its own (`listed`); a function that takes a
        list is given all values of a reference that is not `read`.
        """
        self.listed = None

        def referenced(name: str) -> exp.Expression:
            return column(read[name], table)

        def whole(name: str) -> exp.Expression:
            if name in read:
                return list_of_one(referenced(name))
            known = next(c for c in self.on.columns if c.name == name)
            return all_values(known.sql_name, several=known.many)

        def each(make: Callable[[Scope], exp.Expression]) -> exp.Expression:
            item, self.listed = self.unnested(make(scope).sql("duckdb"))
            return column(item)

        def never(*_: object) -> exp.Expression:
            raise NotImplementedError("a field is no term of its own")

        scope = Scope(self.source.logical.path, "", {}, referenced, never, lambda: scope, never, whole, each)
        return concatenate(value_parts(expression, scope)).sql("duckdb")

    def reading(self, field: IterableField, text: str) -> str:
        """The call of a function that reads the records of a text."""
        from govgraph.engines.readers.nested import reading_texts, records_type

        name = f"records_of_text_{next(_numbers)}"
        lenient, self.reads_texts = self.unreadable is not None, True
        function = reading_texts(field, place_of(self.source.logical).nulls, self.unreadable)
        parameters: list[Any] = ["VARCHAR", "BIGINT"] if lenient else ["VARCHAR"]
        type_ = _sql_type(records_type(field))
        self.connection.create_function(name, function, parameters, type_, type=ARROW, null_handling=SPECIAL)
        return f"{name}({text}, {self.made[RECORD]})" if lenient else f"{name}({text})"

    def unnested(self, list_: str) -> tuple[str, str]:
        """The columns of a list's items and their positions, null where it is empty."""
        whole, item, number = self.fresh(), self.fresh(), self.fresh()
        self.layer({whole: list_})
        some = f"CASE WHEN LEN({_quoted(whole)}) > 0 THEN"
        self.layer(
            {
                item: f"UNNEST({some} {_quoted(whole)} ELSE [NULL] END)",
                number: f"UNNEST({some} RANGE(LEN({_quoted(whole)})) ELSE [NULL] END)",
            }
        )
        return item, number

    def iterable(self, field: IterableField, records: str, name: str) -> None:
        """The records of a field as rows, and the fields within them."""
        record, number = self.unnested(records)
        self.made[self.columns[f"{name}.{INDEX}"].sql_name] = f"CAST({_quoted(number)} AS VARCHAR)"
        for position, inner in enumerate(field.fields):
            member = f"{_quoted(record)}.f{position}"
            if isinstance(inner, IterableField):
                self.iterable(inner, member, f"{name}.{inner.name}")
                continue
            item, index = self.unnested(member)
            names = dict.fromkeys(references(inner.expression))
            read = {n: self.fresh() for n in names}
            layer = {read[n]: f"{_quoted(item)}.v{i}" for i, n in enumerate(names)}
            absolute = f"{name}.{inner.name}"
            if not names:  # a constant, of records that are there
                read, layer = {}, {}
            if layer:
                self.layer(layer)
            natural = f"{_quoted(item)}.n" if self.columns[absolute].natural else None
            self.add_within(inner, absolute, read, natural, (item, index))

    def add_within(
        self,
        field: ExpressionField,
        name: str,
        read: MappingOf[str, str],
        natural: str | None,
        at: tuple[str, str],
    ) -> None:
        """The columns of an expression field of records."""
        item, index = map(_quoted, at)
        known = self.columns[name].sql_name
        self.made[known] = f"CASE WHEN {item} IS NOT NULL THEN {self.value(field.expression, read)} END"
        if natural:
            self.made[natural_of(known)] = natural
        self.made[self.columns[f"{name}.{INDEX}"].sql_name] = f"CAST({index} AS VARCHAR)"
        for number, inner in enumerate(field.fields):
            self.iterable(inner, f"{item}.k{number}", f"{name}.{inner.name}")

    def join(self, inner: bool, number: int) -> None:
        """The rows joined with those of another view, with its fields; these are numbered for each row."""
        join, parent = self.view.joins[number], self.parents[number]
        of_parent = {c.name: c.sql_name for c in parent.columns}
        natural = {c.name for c in parent.columns if c.natural}
        of_child = {c.name: c.sql_name for c in self.source.columns}
        child, fields, conditions = dict(self.made), {}, []
        keys: dict[str, str] = {}
        for condition in join.joins:
            key = self.fresh()
            keys[key] = self.value(condition.parent, of_parent)
            conditions.append((key, condition.child))
        for field in join.fields:
            known = self.columns[field.name].sql_name
            fields[known] = self.value(field.expression, of_parent)
            if isinstance(field.expression, Reference) and field.expression.name in natural:
                fields[natural_of(known)] = _quoted(natural_of(of_parent[field.expression.name]))
        row, of = self.fresh(), self.fresh()
        if self.numbered:
            child[row], keys[of] = self.position(), _quoted(ROW)
            self.order = {row: f"child.{_quoted(row)}", of: f"parent.{_quoted(of)}"}
        parents = f"(SELECT {', '.join(_aliases({**keys, **fields}))} FROM {_quoted(parent.table)})"
        on = " AND ".join(
            f"{self.value(expression, of_child, 'child')} = parent.{_quoted(key)}"
            for key, expression in conditions
        )
        kind = "INNER" if inner else "LEFT"
        self.from_ = (
            f"FROM (SELECT {', '.join(_aliases(child))} {self.from_}) AS child "
            f"{kind} JOIN {parents} AS parent ON {on}"
        )
        self.made = {name: f"child.{_quoted(name)}" for name in self.made}
        self.made |= {name: f"parent.{_quoted(name)}" for name in fields}
        if self.numbered:
            partition = f"PARTITION BY child.{_quoted(row)} ORDER BY parent.{_quoted(of)}"
            position = f"CAST(row_number() OVER ({partition}) - 1 AS VARCHAR)"
            for field in join.fields:
                value = f"parent.{_quoted(self.columns[field.name].sql_name)}"
                index = self.columns[f"{field.name}.{INDEX}"].sql_name
                self.made[index] = f"CASE WHEN {value} IS NOT NULL THEN {position} END"


def _sql_type(type_: pa.DataType) -> str:
    """DuckDB's name of an Arrow type."""
    import pyarrow as pa

    if pa.types.is_list(type_):
        return f"{_sql_type(type_.value_type)}[]"
    if pa.types.is_struct(type_):
        return f"STRUCT({', '.join(f'{f.name} {_sql_type(f.type)}' for f in type_)})"
    return "VARCHAR"


def _aliases(selected: MappingOf[str, str]) -> list[str]:
    return [f"{sql} AS {_quoted(name)}" for name, sql in selected.items()]


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def place_of(source: LogicalSource) -> LogicalSource:
    """The source whose records a view's rows are counted by: what it is on, itself no view."""
    return place_of(source.view.on) if source.view else source
