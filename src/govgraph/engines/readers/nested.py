"""Records within records and texts: what iterable fields of logical views iterate over (RML-LV, "Fields").

The records of a field are one Arrow value for each row: a list of structs with a member for each of its
fields: for an iterable one such a list again, for an expression field a list of its values, in which the
members `v0`, `v1`, … are the texts of its references, `n` is the literal of the value where it has a natural
datatype, and `k0`, `k1`, … are the records that are read of its text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

import pyarrow as pa

from govgraph.engines.sources import Unreadable, UnreadableValue
from govgraph.mapping.logical_views import ExpressionField, IterableField
from govgraph.mapping.model import Constant, Expression, Reference, Template, references
from govgraph.mapping.plan import Column

Records = list[dict[str, Any]]
Value = tuple[str, str | None]
"""A text, and the literal that it is by its natural datatype, if any."""


class NestedError(ValueError):
    """A text that cannot be read as a field wants it, or a value that is no text."""


class Language(Protocol):
    """A reference formulation."""

    def parse(self, text: str, iterator: str | None) -> list[Any]:
        """The records of a text; raises NestedError."""

    def iterate(self, iterator: str) -> Callable[[Any], list[Any]]:
        """What gives the records within a record; it raises NestedError."""

    def values(self, reference: str) -> Callable[[Any], list[Value]]:
        """What gives the values of a reference; it raises NestedError."""


def language_of(
    formulation: str, nulls: Sequence[str] | None = None, namespaces: Mapping[str, str] | None = None
) -> Language:
    """What reads records of a reference formulation: `csv`, `jsonpath` or `xpath`."""
    if formulation == "jsonpath":
        from govgraph.engines.readers.json_records import JsonRecords

        return JsonRecords(nulls)
    if formulation == "xpath":
        from govgraph.engines.readers.xml_records import XmlRecords

        return XmlRecords(nulls, namespaces)
    return _CsvRecords(nulls)


class _CsvRecords:
    """Rows of CSV after RFC 4180, with a header; an empty cell is no value."""

    def __init__(self, nulls: Sequence[str] | None) -> None:
        self.nulls = frozenset(("",) if nulls is None else nulls)

    def parse(self, text: str, iterator: str | None) -> list[Any]:  # noqa: ARG002 - CSV has rows alone
        try:
            rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as e:
            raise NestedError(f"not CSV: {e}") from e
        if any(None in row or None in row.values() for row in rows):
            raise NestedError("not CSV: a row has more or fewer cells than its header")
        return rows

    def iterate(self, iterator: str) -> Callable[[Any], list[Any]]:
        raise NotImplementedError("a row has no records within it")

    def values(self, reference: str) -> Callable[[Any], list[Value]]:
        def read(record: dict[str, str]) -> list[Value]:
            if reference not in record:
                raise NestedError(f"the CSV has no column '{reference}'")
            text = record[reference]
            return [] if text in self.nulls else [(text, None)]

        return read


def records_type(field: IterableField) -> pa.ListType:
    """The Arrow type of a field's records."""
    return pa.list_(pa.struct([(f"f{n}", _type(f)) for n, f in enumerate(field.fields)]))


def _type(field: ExpressionField | IterableField) -> pa.ListType:
    if isinstance(field, IterableField):
        return records_type(field)
    count = len(dict.fromkeys(references(field.expression)))
    members = [(f"v{n}", pa.string()) for n in range(count)] + [("n", pa.string())]
    return pa.list_(pa.struct(members + [(f"k{n}", records_type(k)) for n, k in enumerate(field.fields)]))


def records_within(
    field: IterableField, nulls: Sequence[str] | None = None, namespaces: Mapping[str, str] | None = None
) -> Callable[[Any], Records]:
    """What makes the records of a field that is within records of its formulation; raises NestedError."""
    language = language_of(field.formulation, nulls, namespaces)
    iterate, read = language.iterate(field.iterator or ""), _reader(field, language, nulls, namespaces)
    return lambda record: [read(inner) for inner in iterate(record)]


def records_of_text(field: IterableField, nulls: Sequence[str] | None = None) -> Callable[[str], Records]:
    """What makes the records of a field that is read of a text; raises NestedError."""
    language = language_of(field.formulation, nulls)
    read = _reader(field, language, nulls)
    return lambda text: [read(record) for record in language.parse(text, field.iterator)]


def _reader(
    field: IterableField,
    language: Language,
    nulls: Sequence[str] | None,
    namespaces: Mapping[str, str] | None = None,
) -> Callable[[Any], dict[str, Any]]:
    """What makes the struct of a record."""
    members: list[tuple[str, Callable[[Any], list[dict[str, Any]]]]] = []
    for number, inner in enumerate(field.fields):
        if isinstance(inner, IterableField):
            members.append((f"f{number}", records_within(inner, nulls, namespaces)))
        else:
            members.append((f"f{number}", _values(inner, language, nulls)))
    return lambda record: {name: make(record) for name, make in members}


def _values(
    field: ExpressionField, language: Language, nulls: Sequence[str] | None
) -> Callable[[Any], list[dict[str, Any]]]:
    """What makes the values of an expression field: all combinations of those of its references."""
    names = tuple(dict.fromkeys(references(field.expression)))
    natural = isinstance(field.expression, Reference)
    inner = [(f"k{n}", records_of_text(k, nulls)) for n, k in enumerate(field.fields)]
    read = [language.values(name) for name in names]
    if natural and not inner:
        (only,) = read
        return lambda record: [{"v0": text, "n": literal} for text, literal in only(record)]

    def make(record: Any) -> list[dict[str, Any]]:
        made = []
        for values in product(*(values_of(record) for values_of in read)):
            struct: dict[str, Any] = {f"v{n}": text for n, (text, _) in enumerate(values)}
            if natural:
                struct["n"] = values[0][1]
            if inner:
                text = text_of(field.expression, {n: t for n, (t, _) in zip(names, values, strict=True)})
                for name, records_of in inner:
                    struct[name] = records_of(text)
            made.append(struct)
        return made

    return make


def text_of(expression: Expression, values: dict[str, str]) -> str:
    """The text of an expression without functions."""
    match expression:
        case Constant(text):
            return text
        case Reference(name):
            return values[name]
        case Template(parts):
            return "".join(values[p.name] if isinstance(p, Reference) else p for p in parts)
        case _:
            raise NotImplementedError("functions are applied by the engine")


def texts_within(records: Any) -> Iterator[str]:
    """All texts of a field's records, to look for one."""
    if isinstance(records, str):
        yield records
    elif isinstance(records, list):
        for record in records:
            yield from texts_within(record)
    elif isinstance(records, dict):
        for value in records.values():
            yield from texts_within(value)


def reading_texts(
    field: IterableField, nulls: Sequence[str] | None, unreadable: Unreadable | None
) -> Callable[..., pa.ChunkedArray]:
    """A function of DuckDB: texts -> the records of `field`; null gives none.

    With `unreadable`, its second argument numbers the records, and what cannot be read is put there. Without,
    it raises ValueError with a text that `session.explain` reads.
    """
    read, type_ = records_of_text(field, nulls), records_type(field)

    def one(text: str | None, number: int) -> Records | None:
        try:
            return None if text is None else read(text)
        except NestedError as e:
            if unreadable is None:
                raise ValueError(f"GG401 {json.dumps([f'{e} (field {field.name!r})', [text]])}") from e
            message = f"{e} (field {field.name!r})"
            unreadable.append(UnreadableValue(number, Column(field.name), text or "", message))
            return None

    def all_of(texts: pa.ChunkedArray, numbers: pa.ChunkedArray | None = None) -> pa.ChunkedArray:
        values = texts.to_pylist()
        counted = numbers.to_pylist() if numbers is not None else [0] * len(values)
        records = [one(text, number) for text, number in zip(values, counted, strict=True)]
        return pa.chunked_array([pa.array(records, type_)])

    if unreadable is None:
        return lambda texts: all_of(texts)
    return lambda texts, numbers: all_of(texts, numbers)
