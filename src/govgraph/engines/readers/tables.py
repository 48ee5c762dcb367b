"""What all readers share: which fields a table has, and values as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import pyarrow as pa

from govgraph.engines.readers.nested import records_type
from govgraph.mapping.plan import Column, list_of, natural_of, with_aliases

ROWS = 10_000
"""Rows of a batch."""

TEXTS = pa.list_(pa.string())
NO_FIELDS = "rows"
"""The name of the field that a table without any other has: DuckDB knows no table without columns."""

T = TypeVar("T")
Convert = Callable[[Sequence[Any]], Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is asked for: of a column its text or its literal, one value or the list of several."""

    name: str
    column: Column
    natural: bool
    several: bool

    @property
    def arrow(self) -> pa.Field:
        """Its name and type."""
        if self.column.records:
            return pa.field(self.name, records_type(self.column.records))
        return pa.field(self.name, TEXTS if self.several else pa.string())


def fields_of(columns: Iterable[Column], asked: Collection[str]) -> tuple[Field, ...]:
    """The fields of `columns` that are asked for."""
    found = []
    for column in columns:
        for natural in (False, True) if column.natural else (False,):
            name = natural_of(column.sql_name) if natural else column.sql_name
            found.append(Field(name, column, natural, False))
            if column.many:
                found.append(Field(list_of(name), column, natural, True))
    return tuple(field for field in found if field.name in asked)


def schema_of(fields: Sequence[Field]) -> pa.Schema:
    """The schema of a table of these fields."""
    return pa.schema([f.arrow for f in fields] or [pa.field(NO_FIELDS, pa.bool_())])


def batch_of(
    schema: pa.Schema, fields: Sequence[Field], rows: int, values: Callable[[Field], Sequence[Any]]
) -> pa.RecordBatch:
    """`rows` rows whose fields have the values that `values` gives."""
    arrays = [pa.array(values(field), field.arrow.type) for field in fields]
    return pa.record_batch(arrays or [pa.nulls(rows, pa.bool_())], schema=schema)


def one_of(values: Sequence[Sequence[T]]) -> list[T | None]:
    """The value of each row that has one."""
    return [row[0] if len(row) == 1 else None for row in values]


def several_of(values: Sequence[Sequence[T]]) -> list[Sequence[T] | None]:
    """The values of each row that has two or more."""
    return [row if len(row) > 1 else None for row in values]


def batched(values: Iterable[T], size: int = ROWS) -> Iterator[list[T]]:
    """`values` in lists of `size`, the last of what is left."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def aliased(names: Iterable[str], *, many: Callable[[str], bool], natural: bool) -> tuple[Column, ...]:
    """A column for each of `names`, once, with an alias where case alone tells it from another."""
    return with_aliases(Column(name, many(name), natural) for name in dict.fromkeys(names))
