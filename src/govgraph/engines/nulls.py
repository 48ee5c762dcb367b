"""The values of a source that stand for none (RML-IO, "NULL values"; CSVW, "null")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column

NOTHING = "\x01no cell\x01"
"""What no cell is: DuckDB always has some text that stands for none."""


def null_texts(source: LogicalSource) -> tuple[str, ...]:
    """The values that stand for none in all columns of a table that is written as text.

    That is the empty cell, where a mapping names none.
    """
    table = ("",) if source.nulls is None else source.nulls
    own = [column.nulls for column in source.dialect.columns if column.nulls is not None]
    return tuple(text for text in table if all(text in nulls for nulls in own)) or (NOTHING,)


def column_nulls(source: LogicalSource, columns: Sequence[Column]) -> Mapping[str, tuple[str, ...]]:
    """Column in SQL -> the values that stand for none in it, where these are not those of all columns."""
    table = ("",) if source.nulls is None else source.nulls
    own = {c.name: c.nulls for c in source.dialect.columns if c.nulls is not None}
    known = set(null_texts(source))
    found = {c.sql_name: own.get(c.name, table) for c in columns} if own else {}
    return {name: nulls for name, nulls in found.items() if set(nulls) - known}


def without_nulls(nulls: Mapping[str, tuple[str, ...]]) -> exp.Star:
    """`*`, the columns null where they hold one of these values."""
    replaced = []
    for name, texts in nulls.items():
        column = exp.column(name, quoted=True)
        listed = column.isin(*(exp.Literal.string(text) for text in texts))
        kept = exp.case().when(listed, exp.null()).else_(column.copy())
        replaced.append(exp.alias_(kept, name, quoted=True))
    return exp.Star(replace=replaced) if replaced else exp.Star()
