"""Logical views as tables: which columns they have, and the SQL of their rows (RML-LV).

Fields of a view's own source are columns of its table, or are unnested of lists that stand there; records
within texts come of functions of DuckDB (`readers.nested`). Joins are joins. Where nothing is unnested or
joined, a view is a view of DuckDB, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import ARROW, SPECIAL
from sqlglot import exp

from govgraph.engines.sources import Unreadable
from govgraph.errors import MappingError, Problem, did_you_mean
from govgraph.iri import XSD
from govgraph.mapping.logical_views import (
    INDEX,
    ExpressionField,
    Field,
    IterableField,
    LogicalView,
    read_of_parts,
    unknown_key,
)
from govgraph.mapping.model import Expression, LogicalSource, Reference, references
from govgraph.mapping.plan import RECORD, RESERVED, ROW, Column, Source, list_of, natural_of
from govgraph.mapping.terms import Scope, column, concatenate, value_parts

if TYPE_CHECKING:
    import pyarrow as pa

_INTEGER = f"{XSD}integer"
_numbers = count(1)


def view_columns(
    source: LogicalSource, columns: MappingOf[LogicalSource, Sequence[Column]]
) -> tuple[Column, ...]:
    """The columns of a view, one for each key; `columns` are those of what it is made of.

    Raises MappingError GG012 for fields that read what is not there.
    """
    view = source.view
    assert view is not None
    problems = []
    for part, name, span in dict.fromkeys(read_of_parts(view)):
        known = [c.name for c in columns[part] if not c.records]
        if name in known:
            continue
        if part.view:
            problems.append(unknown_key(part.name, part.view, name, known, span))
        else:
            message = f"unknown column '{name}' in source '{part.name}'"
            problems.append(Problem("GG012", message, span, did_you_mean(name, known)))
    if problems:
        raise MappingError.collect(problems)
    found = [Column(INDEX, datatype=_INTEGER)]
    found += _columns(view.fields, "", {c.name: c for c in columns[view.on]})
    for join in view.joins:
        found += _columns(join.fields, "", {c.name: c for c in columns[join.parent]})
    return _aliased(found)


def _columns(
    fields: Iterable[Field], before: str, known: MappingOf[str, Column] | None, *, natural: bool = False
) -> Iterator[Column]:
    """A column for each key of fields: of a table with the columns `known`, or of records."""
    for field in fields:
        name = before + field.name
        if isinstance(field, ExpressionField):
            of = field.expression.name if isinstance(field.expression, Reference) else None
            if known is not None and of is not None:
                yield Column(name, natural=known[of].natural, datatype=known[of].datatype)
            else:
                yield Column(name, natural=natural and of is not None)
        yield Column(f"{name}.{INDEX}", datatype=_INTEGER)
        within = isinstance(field, IterableField) and field.formulation == "jsonpath"
        yield from _columns(field.fields, f"{name}.", None, natural=within)


def _aliased(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The same, with an alias where case alone tells a name from another."""
    taken, found = set(RESERVED), []
    for known in columns:
        alias, number = known.name, 2
        while alias.casefold() in taken:
            alias, number = f"{known.name}~{number}", number + 1
        taken.add(alias.casefold())
        alias_ = None if alias == known.name else alias
        found.append(Column(known.name, natural=known.natural, datatype=known.datatype, alias=alias_))
    return tuple(found)


def record_columns(views: Iterable[LogicalView], source: LogicalSource) -> tuple[Column, ...]:
    """The columns of a source that hold the records of fields, for the views that are on it."""
    fields = dict.fromkeys(
        f for view in views if view.on == source for f in view.fields if isinstance(f, IterableField)
    )
    return tuple(Column(f"records {number}", records=field) for number, field in enumerate(fields, 1))


def check_records(views: Iterable[LogicalView]) -> list[Problem]:
    """GG018 for each iterator and reference of records that is wrong."""
    from govgraph.engines.sources import Used, reader_of

    problems: list[Problem] = []

    def check(field: IterableField) -> None:
        source = LogicalSource(
            "", "", field.formulation, field.span, field.iterator, iterator_span=field.iterator_span
        )
        own = [f for f in field.fields if isinstance(f, ExpressionField)]
        used = [Used(name, f.span) for f in own for name in references(f.expression)]
        try:
            if reader := reader_of(source):
                reader.columns(source, used)
        except MappingError as e:
            problems.extend(e.problems)
        for inner in (f for f in (*field.fields, *(k for f in own for k in f.fields))):
            if isinstance(inner, IterableField):
                check(inner)

    for view in views:
        for field in view.fields:
            for inner in (field,) if isinstance(field, IterableField) else field.fields:
                check(inner)
    return problems


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
    connection.execute(f"SET preserve_insertion_order = {'true' if numbered else 'false'}")
    connection.execute(f"CREATE TEMP {kind} {_quoted(source.table)} AS {query}")
    connection.execute("SET preserve_insertion_order = false")


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
        self.from_ = f"FROM {_quoted(self.on.table)}"
        self.taken = {c.sql_name.casefold() for c in self.on.columns}
        self.columns = {c.name: c for c in source.columns}
        self.made: dict[str, str] = {}
        """Column of the view -> its SQL."""
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
        for name in dict.fromkeys(references(field.expression)):
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
        """The text of an expression, whose references are `read` from columns."""

        def referenced(name: str) -> exp.Expression:
            return column(read[name], table)

        def numbered() -> exp.Expression:
            raise NotImplementedError("a field has an expression")

        scope = Scope(self.source.logical.path, "", {}, referenced, numbered, lambda: scope)
        return concatenate(value_parts(expression, scope)).sql("duckdb")

    def reading(self, field: IterableField, text: str) -> str:
        """The call of a function that reads the records of a text."""
        from govgraph.engines.readers.nested import reading_texts, records_type

        name = f"records_of_text_{next(_numbers)}"
        lenient = self.unreadable is not None
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
