"""JSON documents (RFC 8259) as tables: the iterator's nodes are the rows, references are JSONPath queries.

Documents of one value and JSON Lines differ only in how their rows are found: `json_documents`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from jsonpath_rfc9535 import JSONPathError

from govgraph.engines.readers.json_documents import TOO_DEEP, Document, Queries, Row, open_document
from govgraph.engines.readers.json_values import (
    is_text,
    known_texts,
    literals,
    printed,
    shorten,
    stands_for_none,
    texts,
)
from govgraph.engines.readers.jsonpath import (
    Query,
    ReferenceQuery,
    compile_query,
    compile_reference,
    hint_for,
)
from govgraph.engines.readers.nested import NestedError, texts_within
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
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column

Q = TypeVar("Q", Query, ReferenceQuery)


class JsonReader:
    """Reads JSON documents, and JSON Lines."""

    def columns(
        self,
        path: Path,  # noqa: ARG002
        source: LogicalSource,
        used: Iterable[Used],
    ) -> tuple[Column, ...]:
        """A column for each reference; raises MappingError GG018."""
        used = tuple(used)
        problems: list[Problem] = []
        queries: dict[str, Query] = {}
        span = source.iterator_span or source.span
        iterator = _compile(source.iterator or "$", span, compile_query, problems)
        for reference in dict.fromkeys(used):
            query = _compile(reference.name, reference.span, compile_reference, problems)
            if query:
                queries[reference.name] = query.query
            if query and iterator and iterator.levels is not None and query.up > iterator.levels:
                levels = f"{iterator.levels} level{'' if iterator.levels == 1 else 's'}"
                message = f"'{reference.name}' leads above the document: its iterator goes down {levels}"
                hint = "^ is one level upwards; an array and the object that holds it are two"
                problems.append(Problem("GG018", message, reference.span, hint))
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
        queries = Queries.of(source, (f.column for f in fields))
        document = open_document(path, shown, source, queries)
        rows = document.rows(unreadable)

        def batches() -> Iterator[pa.RecordBatch]:
            first = 1
            for some in batched(rows):
                yield _Batch(document, queries, some, first, unreadable).arrow(schema, fields)
                first += len(some)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """Each row with all its values; lines of JSON Lines that cannot be read are left out."""
        queries = Queries.of(source, columns)
        document = open_document(path, shown, source, queries)
        with closing(document.places()) as places:
            for position, node, above in document.rows([]):
                values = {
                    name: [
                        text
                        for text in known_texts(reference.query.values(_root(reference, node, above)))
                        if text not in queries.nulls
                    ]
                    for name, reference in queries.references.items()
                }
                for name, read in queries.records.items():
                    values[name] = list(texts_within(read(node)))
                line = 0 if position is None else places.place(position)[0]
                yield Record(values, SourceSpan(shown, line))


def _compile(text: str, span: SourceSpan, compile_: Callable[[str], Q], problems: list[Problem]) -> Q | None:
    try:
        return compile_(text)
    except JSONPathError as e:
        message = f"'{text}' is not a JSONPath query: {e.args[0]}"
        problems.append(Problem("GG018", message, span, hint_for(text)))
        return None


def _root(reference: ReferenceQuery, node: Any, above: Sequence[Any]) -> Any:
    """What a reference is evaluated on: null, of which no query selects anything, where there is none."""
    if not reference.up:
        return node
    return above[-reference.up] if reference.up <= len(above) else None


class _Batch:
    """Some rows of a document."""

    def __init__(
        self,
        document: Document,
        queries: Queries,
        rows: list[Row],
        first: int,
        unreadable: Unreadable | None,
    ) -> None:
        self.document = document
        self.queries = queries
        self.rows = rows
        self.nodes = [node for _, node, _ in rows]
        self.first = first
        self.unreadable = unreadable
        self.selected: dict[str, Sequence[Any]] = {}

    def arrow(self, schema: pa.Schema, fields: Sequence[Field]) -> pa.RecordBatch:
        return batch_of(schema, fields, len(self.rows), self.values)

    def values(self, field: Field) -> Sequence[Any]:
        """The values of a field: text, literals, or lists of them."""
        column = field.column
        if column.records:
            return self.records(column)
        selected = self.select(column)
        convert = literals if field.natural else texts
        if not column.many:
            return convert(selected)
        return (
            [row and convert(row) for row in several_of(selected)]
            if field.several
            else convert(one_of(selected))
        )

    def records(self, column: Column) -> list[Any]:
        """For each row the records of a view's field; what is wrong in one is noted, or raises GG401."""
        read = self.queries.records[column.name]
        found: list[Any] = []
        for row, node in enumerate(self.nodes):
            try:
                found.append(read(node))
            except NestedError as e:
                if self.unreadable is None:
                    place = self.document.place(self.rows[row][0])
                    raise EngineError(f"{e} (iteration {self.first + row})", "GG401", place) from e
                wrong = UnreadableValue(self.first + row, column, shorten(node), str(e))
                self.unreadable.append(wrong)
                found.append(None)
            except (RecursionError, JSONPathError) as e:
                raise EngineError(TOO_DEEP, "GG402", SourceSpan(self.document.shown)) from e
        return found

    def select(self, column: Column) -> Sequence[Any]:
        """For each row the value of a column, or the list of its values, nulls left out; checked."""
        if column.name in self.selected:
            return self.selected[column.name]
        reference = self.queries.references[column.name]
        query = reference.query
        roots = self.nodes
        if reference.up:
            roots = [_root(reference, node, above) for _, node, above in self.rows]
        try:
            selected: Sequence[Any] = (
                [[v for v in query.values(root) if v is not None] for root in roots]
                if column.many
                else query.column(roots)
            )
        except (RecursionError, JSONPathError) as e:
            message = f"the document is nested too deeply for '{column.name}'"
            raise EngineError(message, "GG402", SourceSpan(self.document.shown)) from e
        if self.queries.nulls:
            selected = self.without_nulls(selected, several=column.many)
        values = [v for row in selected for v in row] if column.many else selected
        self.selected[column.name] = self.check(column, values, selected)
        return self.selected[column.name]

    def without_nulls(self, selected: Sequence[Any], *, several: bool) -> Sequence[Any]:
        """The values without those whose text stands for none (RML-IO, "NULL values")."""
        nulls = self.queries.nulls
        if several:
            return [[v for v in row if not stands_for_none(v, nulls)] for row in selected]
        return [None if stands_for_none(v, nulls) else v for v in selected]

    def check(self, column: Column, values: Sequence[Any], selected: Sequence[Any]) -> Sequence[Any]:
        """The texts of what is selected; what is none is noted, or raises EngineError GG401."""
        suspicious = self.document.escaped and any(type(v) is str and not is_text(v) for v in values)
        if not suspicious and {dict, list}.isdisjoint(map(type, values)):
            return selected
        unreadable, wrong = self.unreadable, set()
        for row, found in enumerate(selected):
            for value in found if column.many else (found,):
                what, hint = None, None
                if isinstance(value, dict | list):
                    what = "an object" if isinstance(value, dict) else "an array"
                    what += f", {shorten(value)}, where a text, a number or a truth value is expected"
                    hint = "references lead to single values, such as $.list[*] or $.object.name"
                elif type(value) is str and not is_text(value):
                    what = f"a text that holds NUL or half of a character, {json.dumps(value)}"
                if not what:
                    continue
                message = f"'{column.name}' gives {what}"
                if unreadable is None:
                    place = self.document.place(self.rows[row][0])
                    raise EngineError(f"{message} (iteration {self.first + row})", "GG401", place, hint)
                text = json.dumps(value) if isinstance(value, str) else printed(value)
                unreadable.append(UnreadableValue(self.first + row, column, text, message))
                wrong.add(row)
        nothing: list[Any] | None = [] if column.many else None
        return [nothing if row in wrong else found for row, found in enumerate(selected)]
