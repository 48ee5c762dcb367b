"""Records within JSON documents, for fields of views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from json.decoder import JSONDecodeError
from typing import Any

from jsonpath_rfc9535 import JSONPathError

from govgraph.engines.readers.json_values import (
    NoNumberError,
    decoder,
    is_text,
    literals,
    shorten,
    stands_for_none,
    texts,
)
from govgraph.engines.readers.jsonpath import Query, compile_query, compile_reference
from govgraph.engines.readers.nested import NestedError, Value
from govgraph.mapping.logical_views import IterableField
from govgraph.mapping.model import references


class JsonRecords:
    """Records within a JSON document (`engines.readers.nested.Language`)."""

    def __init__(self, nulls: Sequence[str] | None) -> None:
        self.nulls = frozenset(nulls or ())
        self.decoder = decoder(compared=True)

    def parse(self, text: str, iterator: str | None) -> list[Any]:
        """The records of a text; raises NestedError."""
        try:
            return compile_query(iterator or "$").values(self.decoder.decode(text))
        except (JSONDecodeError, NoNumberError, RecursionError, JSONPathError) as e:
            raise NestedError(f"not a JSON document: {e}") from e

    def iterate(self, iterator: str) -> Callable[[Any], list[Any]]:
        """What gives the nodes of an iterator."""
        return compile_query(iterator).values

    def values(self, reference: str) -> Callable[[Any], list[Value]]:
        """What gives the values of a reference; it raises NestedError for objects and arrays."""
        query, nulls = compile_reference(reference).query, self.nulls

        def read(record: Any) -> list[Value]:
            found = [value for value in query.values(record) if value is not None]
            for value in found:
                kind = type(value)
                if kind in (dict, list) or (kind is str and not value.isascii() and not is_text(value)):
                    raise NestedError(f"'{reference}' gives {shorten(value)}, where a text is expected")
            if nulls:
                found = [value for value in found if not stands_for_none(value, nulls)]
            return [(str(text), literal) for text, literal in zip(texts(found), literals(found), strict=True)]

        return read


def queries_of(field: IterableField) -> Iterator[Query]:
    """The queries within a field's records, but for those of the texts that they hold."""
    yield compile_query(field.iterator or "$")
    for inner in field.fields:
        if isinstance(inner, IterableField):
            yield from queries_of(inner)
        else:
            yield from (compile_reference(name).query for name in references(inner.expression))
