"""JSON documents (RFC 8259) as tables: the iterator's nodes are the rows, references are JSONPath queries.

Natural datatypes are those of the RML-IO registry ("Natural RDF mapping of JSON values"). Numbers are kept as
printed. An iterator that leads by names to the values of an array is read value by value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from json.decoder import JSONDecodeError
from pathlib import Path
from typing import Any

import pyarrow as pa
from jsonpath_rfc9535 import JSONPathError

from govgraph.engines.readers.json_walk import Node, skip, walk
from govgraph.engines.readers.jsonpath import EVERY, Query, compile_query, compile_reference, hint_for
from govgraph.engines.readers.nested import NestedError, Value, records_within, texts_within
from govgraph.engines.readers.tables import (
    Field,
    aliased,
    batch_of,
    batched,
    fields_of,
    one_of,
    schema_of,
    several_of,
)
from govgraph.engines.sources import Record, Unreadable, UnreadableValue, Used
from govgraph.errors import EngineError, MappingError, Problem, SourceSpan
from govgraph.iri import XSD
from govgraph.mapping.logical_views import IterableField
from govgraph.mapping.model import LogicalSource, references
from govgraph.mapping.plan import Column

_unsafe = re.compile(r'["\\\n\r]').search
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


class Integer(str):
    """A number without fraction and exponent, as printed."""

    __slots__ = ()


class Double(str):
    """A number with fraction or exponent, as printed."""

    __slots__ = ()


class Number(float):
    """A number that filters can compare, with its text as printed."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _literal(value: str) -> str:
    return f'"{value.translate(_ESCAPES) if _unsafe(value) else value}"'


def _number(text: str) -> str:
    datatype = "double" if set(text) & {".", "e", "E"} else "integer"
    return f'"{text}"^^<{XSD}{datatype}>'


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    str: str,
    Integer: str,
    Double: str,
    Number: lambda value: value.text,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: None,
}
_LITERALS: dict[type, Callable[[Any], str | None]] = {
    str: _literal,
    Integer: lambda value: f'"{value}"^^<{XSD}integer>',
    Double: lambda value: f'"{value}"^^<{XSD}double>',
    Number: lambda value: _number(value.text),
    bool: lambda value: f'"{"true" if value else "false"}"^^<{XSD}boolean>',
    type(None): lambda _: None,
}
_PLAIN = {str, Integer, Double, type(None)}


class JsonReader:
    """Reads JSON documents."""

    def columns(self, source: LogicalSource, used: Iterable[Used]) -> tuple[Column, ...]:
        """A column for each reference; raises MappingError GG018."""
        used = tuple(used)
        problems: list[Problem] = []
        queries: dict[str, Query] = {}
        _compile(source.iterator or "$", source.iterator_span or source.span, compile_query, problems)
        for reference in dict.fromkeys(used):
            query = _compile(reference.name, reference.span, compile_reference, problems)
            if query:
                queries[reference.name] = query
        if problems:
            raise MappingError.collect(problems)
        names = (u.name for u in used)
        return aliased(names, many=lambda name: not queries[name].singular, natural=True)

    def batches(
        self,
        path: Path,
        source: LogicalSource,
        columns: Iterable[Column],
        asked: Collection[str],
        shown: str,
        unreadable: Unreadable | None = None,
    ) -> pa.RecordBatchReader:
        """The rows; raises EngineError GG401 for an array or object where a value is expected, GG402."""
        fields = fields_of(columns, asked)
        schema = schema_of(fields)
        document = _Document(path, shown, source, (f.column for f in fields), unreadable)
        return pa.RecordBatchReader.from_batches(schema, document.batches(schema, fields))

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """Each row with all its values."""
        document = _Document(path, shown, source, columns)
        for position, node in document.nodes():
            values = {}
            for name, query in document.queries.items():
                known = (_TEXTS.get(type(v), _printed)(v) for v in query.values(node))
                values[name] = [value for value in known if value is not None]
            for name, read in document.records.items():
                values[name] = list(texts_within(read(node)))
            yield Record(values, document.place(position))


class JsonRecords:
    """Records within a JSON document, for fields of views (`engines.readers.nested.Language`)."""

    def __init__(self, nulls: Sequence[str]) -> None:
        self.nulls = frozenset(nulls)
        self.decoder = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)

    def parse(self, text: str, iterator: str | None) -> list[Any]:
        """The records of a text; raises NestedError."""
        try:
            return compile_query(iterator or "$").values(self.decoder.decode(text))
        except (JSONDecodeError, _NoNumberError, RecursionError, JSONPathError) as e:
            raise NestedError(f"not a JSON document: {e}") from e

    def iterate(self, iterator: str) -> Callable[[Any], list[Any]]:
        """What gives the nodes of an iterator."""
        return compile_query(iterator).values

    def values(self, reference: str) -> Callable[[Any], list[Value]]:
        """What gives the values of a reference; it raises NestedError for objects and arrays."""
        query, nulls = compile_reference(reference), self.nulls

        def read(record: Any) -> list[Value]:
            found: list[Value] = []
            for value in query.values(record):
                kind = type(value)
                if kind not in _TEXTS or (kind is str and not value.isascii() and not _is_text(value)):
                    raise NestedError(f"'{reference}' gives {_shorten(value)}, where a text is expected")
                text = _TEXTS[kind](value)
                if text is not None and text not in nulls:
                    found.append((text, _LITERALS[kind](value)))
            return found

        return read


def _queries_of(field: IterableField) -> Iterator[Query]:
    """The queries within a field's records, but for those of the texts that they hold."""
    yield compile_query(field.iterator or "$")
    for inner in field.fields:
        if isinstance(inner, IterableField):
            yield from _queries_of(inner)
        else:
            yield from map(compile_reference, references(inner.expression))


def _compile(
    text: str, span: SourceSpan, compile_: Callable[[str], Query], problems: list[Problem]
) -> Query | None:
    try:
        return compile_(text)
    except JSONPathError as e:
        message = f"'{text}' is not a JSONPath query: {e.args[0]}"
        problems.append(Problem("GG018", message, span, hint_for(text)))
        return None


class _Document:
    """A document that is read once, and the queries that run on it."""

    def __init__(
        self,
        path: Path,
        shown: str,
        source: LogicalSource,
        columns: Iterable[Column],
        unreadable: Unreadable | None = None,
    ) -> None:
        self.shown = shown
        self.unreadable = unreadable
        self.counted = (0, 1)
        self.iterator = compile_query(source.iterator or "$")
        columns = tuple(columns)
        self.queries = {c.name: compile_reference(c.name) for c in columns if not c.records}
        self.records = {c.name: records_within(c.records, source.nulls) for c in columns if c.records}
        nested = (q for c in columns if c.records for q in _queries_of(c.records))
        compared = any(q.steps is None for q in (self.iterator, *self.queries.values(), *nested))
        self.decoder = json.JSONDecoder(
            parse_int=Number if compared else Integer,
            parse_float=Number if compared else Double,
            parse_constant=_refuse,
        )
        try:
            self.text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as e:
            line = e.object.count(b"\n", 0, e.start) + 1
            place = SourceSpan(shown, line, e.start - e.object.rfind(b"\n", 0, e.start))
            raise EngineError("the document is not in UTF-8", "GG402", place) from e
        self.escaped = "\\u" in self.text

    def place(self, position: int | None) -> SourceSpan:
        """A place in the text, from the last one on: whoever asks for all asks in their order."""
        if position is None:
            return SourceSpan(self.shown)
        start, line = self.counted if self.counted[0] <= position else (0, 1)
        self.counted = position, line + self.text.count("\n", start, position)
        return SourceSpan(self.shown, self.counted[1])

    def nodes(self) -> Iterator[Node]:
        """The iterator's nodes; raises EngineError GG402."""
        try:
            yield from self._nodes()
        except JSONDecodeError as e:
            place = SourceSpan(self.shown, e.lineno, e.colno)
            raise EngineError(f"not a JSON document: {e.msg}", "GG402", place) from e
        except _NoNumberError as e:
            at = next(m.start() for m in _CONSTANT.finditer(self.text) if not m[0].startswith('"'))
            place = SourceSpan(self.shown, *_line_and_column(self.text, at))
            raise EngineError(f"not a JSON document: {e} is no number", "GG402", place) from e
        except (RecursionError, JSONPathError) as e:
            message = "the document is nested too deeply"
            raise EngineError(message, "GG402", SourceSpan(self.shown)) from e

    def _nodes(self) -> Iterator[Node]:
        text = self.text
        at = skip(text, 0)
        names = _names_to_array(self.iterator)
        if names is not None:
            at = yield from walk(text, at, names, self.decoder.raw_decode)
        else:
            start = at
            root, at = self.decoder.raw_decode(text, at)
            place = start if not self.iterator.steps and self.iterator.singular else None
            yield from ((place, value) for value in self.iterator.values(root))
        at = skip(text, at)
        if at != len(text):
            raise JSONDecodeError("more after its end", text, at)

    def batches(self, schema: pa.Schema, fields: Sequence[Field]) -> Iterator[pa.RecordBatch]:
        first = 1
        for nodes in batched(self.nodes()):
            yield _Batch(self, nodes, first).arrow(schema, fields)
            first += len(nodes)


class _Batch:
    """Some rows of a document."""

    def __init__(self, document: _Document, nodes: list[Node], first: int) -> None:
        self.document = document
        self.positions = [position for position, _ in nodes]
        self.roots = [root for _, root in nodes]
        self.first = first
        self.selected: dict[str, Sequence[Any]] = {}

    def arrow(self, schema: pa.Schema, fields: Sequence[Field]) -> pa.RecordBatch:
        return batch_of(schema, fields, len(self.roots), self.values)

    def values(self, field: Field) -> Sequence[Any]:
        """The values of a field: text, literals, or lists of them."""
        column = field.column
        if column.records:
            return self.records(column)
        selected = self.select(column)
        convert = _literals if field.natural else _texts
        if not column.many:
            return convert(selected)
        return (
            [row and convert(row) for row in several_of(selected)]
            if field.several
            else convert(one_of(selected))
        )

    def records(self, column: Column) -> list[Any]:
        """For each row the records of a view's field; what is wrong in one is noted, or raises GG401."""
        read = self.document.records[column.name]
        found: list[Any] = []
        for row, root in enumerate(self.roots):
            try:
                found.append(read(root))
            except NestedError as e:
                if self.document.unreadable is None:
                    place = self.document.place(self.positions[row])
                    message = f"{e} (iteration {self.first + row})"
                    raise EngineError(message, "GG401", place) from e
                value = UnreadableValue(self.first + row, column, _shorten(root), str(e))
                self.document.unreadable.append(value)
                found.append(None)
            except (RecursionError, JSONPathError) as e:
                raise EngineError(
                    "the document is nested too deeply", "GG402", self.document.place(None)
                ) from e
        return found

    def select(self, column: Column) -> Sequence[Any]:
        """For each row the value of a column, or the list of its values, nulls left out; checked."""
        if column.name in self.selected:
            return self.selected[column.name]
        query = self.document.queries[column.name]
        try:
            selected = (
                [[v for v in query.values(root) if v is not None] for root in self.roots]
                if column.many
                else query.column(self.roots)
            )
        except (RecursionError, JSONPathError) as e:
            message = f"the document is nested too deeply for '{column.name}'"
            raise EngineError(message, "GG402", SourceSpan(self.document.shown)) from e
        values = [v for row in selected for v in row] if column.many else selected
        self.selected[column.name] = self.check(column, values, selected)
        return self.selected[column.name]

    def check(self, column: Column, values: Sequence[Any], selected: Sequence[Any]) -> Sequence[Any]:
        """The texts of what is selected; what is none is noted, or raises EngineError GG401."""
        suspicious = self.document.escaped and any(type(v) is str and not _is_text(v) for v in values)
        if not suspicious and {dict, list}.isdisjoint(map(type, values)):
            return selected
        unreadable, wrong = self.document.unreadable, set()
        for row, found in enumerate(selected):
            for value in found if column.many else (found,):
                what, hint = None, None
                if isinstance(value, dict | list):
                    what = "an object" if isinstance(value, dict) else "an array"
                    what += f", {_shorten(value)}, where a text, a number or a truth value is expected"
                    hint = "references lead to single values, such as $.list[*] or $.object.name"
                elif type(value) is str and not _is_text(value):
                    what = f"a text that holds NUL or half of a character, {json.dumps(value)}"
                if not what:
                    continue
                message = f"'{column.name}' gives {what}"
                if unreadable is None:
                    place = self.document.place(self.positions[row])
                    raise EngineError(f"{message} (iteration {self.first + row})", "GG401", place, hint)
                printed = json.dumps(value) if isinstance(value, str) else _printed(value)
                unreadable.append(UnreadableValue(self.first + row, column, printed, message))
                wrong.add(row)
        nothing: list[Any] | None = [] if column.many else None
        return [nothing if row in wrong else found for row, found in enumerate(selected)]


def _is_text(value: str) -> bool:
    """Whether RDF can hold it: no NUL, no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _shorten(value: Any) -> str:
    """A value as in the document, its beginning alone where it is long."""
    text = _printed(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _printed(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_printed(k)}: {_printed(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_printed, value)) + "]"
    if type(value) is str:
        return json.dumps(value, ensure_ascii=False)
    return _TEXTS[type(value)](value) or "null"


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    if _PLAIN.issuperset(map(type, values)):
        return values
    return [_TEXTS[type(v)](v) for v in values]


def _literals(values: Sequence[Any]) -> Sequence[str | None]:
    if {str, type(None)}.issuperset(map(type, values)) and not _unsafe("".join(filter(None, values))):
        return [None if v is None else f'"{v}"' for v in values]
    return [_LITERALS[type(v)](v) for v in values]


class _NoNumberError(Exception):
    """NaN and the infinities, which are no JSON."""


def _refuse(constant: str) -> None:
    raise _NoNumberError(constant)


_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.S)


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _names_to_array(query: Query) -> list[str] | None:
    """The names of a query `$.a.b[*]`, so that its values can be read one by one."""
    if not query.steps or query.steps[-1] is not EVERY:
        return None
    names = [step for step in query.steps[:-1] if isinstance(step, str)]
    return names if len(names) == len(query.steps) - 1 else None
