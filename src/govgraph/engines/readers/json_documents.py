"""JSON documents, and JSON Lines, as rows: the nodes that an iterator selects, with where they begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from json.decoder import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, Protocol

from jsonpath_rfc9535 import JSONPathError

from govgraph.engines.readers.json_records import queries_of
from govgraph.engines.readers.json_text import Cursor, Lines, place_of
from govgraph.engines.readers.json_values import NoNumberError, decoder, find_constant
from govgraph.engines.readers.json_walk import Child, walk
from govgraph.engines.readers.jsonpath import (
    EVERY,
    Query,
    ReferenceQuery,
    Step,
    compile_query,
    compile_reference,
    follow,
)
from govgraph.engines.readers.limits import check_size, max_document_bytes
from govgraph.engines.readers.nested import Records, records_within
from govgraph.engines.sources import Unreadable
from govgraph.errors import EngineError, SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column

Row = tuple[int | None, Any, Sequence[Any]]
"""A node: its position, if known, its value, and the values that it is in, as far as they are asked for."""

TOO_DEEP = "the document is nested too deeply"


@dataclass(frozen=True, slots=True)
class Queries:
    """The iterator of a source, and the references to its nodes."""

    iterator: Query
    references: dict[str, ReferenceQuery]
    nulls: frozenset[str]
    records: dict[str, Callable[[Any], Records]]
    """Column -> what makes the records of a view's field of a node."""
    within: tuple[Query, ...]

    @classmethod
    def of(cls, source: LogicalSource, columns: Iterable[Column]) -> Queries:
        """The compiled queries of a source."""
        columns = tuple(columns)
        references = {c.name: compile_reference(c.name) for c in columns if not c.records}
        records = {c.name: records_within(c.records, source.nulls) for c in columns if c.records}
        within = tuple(query for c in columns if c.records for query in queries_of(c.records))
        iterator = compile_query(source.iterator or "$")
        return cls(iterator, references, frozenset(source.nulls or ()), records, within)

    @property
    def up(self) -> int:
        """How many levels upwards references lead at most."""
        return max((r.up for r in self.references.values()), default=0)

    @property
    def decoder(self) -> JSONDecoder:
        """A decoder for all values that the queries ask for."""
        every = (self.iterator, *(r.query for r in self.references.values()), *self.within)
        return decoder(compared=any(q.steps is None for q in every))

    def rows(self, position: int | None, value: Any) -> Iterator[Row]:
        """The nodes of a value that is in memory, all at one position."""
        if self.up:
            yield from ((position, node, above) for node, above in self.iterator.found(value))
        else:
            yield from ((position, node, ()) for node in self.iterator.values(value))


class Places(Protocol):
    """Lines and columns of positions; whoever asks for several asks in their order."""

    def place(self, position: int) -> tuple[int, int]:
        """Line and column."""

    def close(self) -> None:
        """Ends it."""


class Document(Protocol):
    """A document that is read once."""

    shown: str

    @property
    def escaped(self) -> bool:
        """Whether what is read so far has characters that are escaped by their numbers."""

    def rows(self, unreadable: Unreadable | None = None) -> Iterator[Row]:
        """The nodes of the iterator; raises EngineError GG402.

        Lines of JSON Lines that cannot be read are put into `unreadable` instead, if that is given.
        """

    def place(self, position: int | None) -> SourceSpan:
        """Where a position is."""

    def places(self) -> Places:
        """The lines of many positions."""


def open_document(path: Path, shown: str, source: LogicalSource, queries: Queries) -> Document:
    """A source that is read now, within the limit that holds now."""
    if source.formulation == "jsonlines":
        from govgraph.engines.readers.json_lines import JsonLines

        return JsonLines(path, shown, queries)
    return JsonDocument(path, shown, queries, source.iterator or "$")


class JsonDocument:
    """A document of one value. An iterator such as `$.a.b[*].c` reads the array of `$.a.b` value by value."""

    def __init__(self, path: Path, shown: str, queries: Queries, iterator: str) -> None:
        self.path = path
        self.shown = shown
        self.queries = queries
        self.iterator = iterator
        self.limit = max_document_bytes()
        self.cursor: Cursor | None = None

    @property
    def escaped(self) -> bool:
        """Whether what is read so far has characters that are escaped by their numbers."""
        return self.cursor is not None and self.cursor.escaped

    def place(self, position: int | None) -> SourceSpan:
        """The line of a character."""
        if position is None:
            return SourceSpan(self.shown)
        return SourceSpan(self.shown, place_of(self.path, position)[0])

    def places(self) -> Places:
        """The lines of many characters."""
        return Lines(self.path)

    def rows(self, unreadable: Unreadable | None = None) -> Iterator[Row]:  # noqa: ARG002 - it is read or not
        """The nodes; raises EngineError GG402 where they cannot be read."""
        streamed = _streamed(self.queries)
        if streamed is None:
            why = f"the iterator '{self.iterator}' or a reference upwards needs it as a whole"
            hint = "an iterator of names that ends in [*], such as $.list[*], is read value by value"
            check_size(self.path, self.shown, why, hint)
        return self._rows(streamed)

    def _rows(self, streamed: tuple[list[str], tuple[Step, ...]] | None) -> Iterator[Row]:
        cursor = self.cursor = Cursor(self.path, self.shown, self.queries.decoder.raw_decode, self.limit)
        with closing(cursor):
            try:
                if streamed is None:
                    yield from self._held(cursor)
                else:
                    yield from _below(walk(cursor, streamed[0]), streamed[1], self.queries.up)
                if cursor.peek():
                    raise JSONDecodeError("more after its end", cursor.text, cursor.at)
            except JSONDecodeError as e:
                place = SourceSpan(self.shown, *place_of(self.path, cursor.before + e.pos))
                raise EngineError(f"not a JSON document: {e.msg}", "GG402", place) from e
            except NoNumberError as e:
                at = cursor.before + find_constant(cursor.text)
                place = SourceSpan(self.shown, *place_of(self.path, at))
                raise EngineError(f"not a JSON document: {e} is no number", "GG402", place) from e
            except (RecursionError, JSONPathError) as e:
                raise EngineError(TOO_DEEP, "GG402", SourceSpan(self.shown)) from e

    def _held(self, cursor: Cursor) -> Iterator[Row]:
        cursor.read_all()
        cursor.peek()
        start = cursor.position
        value = cursor.value()
        iterator = self.queries.iterator
        whole = iterator.singular and not iterator.steps
        yield from self.queries.rows(start if whole else None, value)


def _streamed(queries: Queries) -> tuple[list[str], tuple[Step, ...]] | None:
    """The names that lead to an array, and the steps from its values on; None where that is not enough."""
    steps = queries.iterator.steps or ()
    if EVERY not in steps:
        return None
    first = steps.index(EVERY)
    names = [step for step in steps[:first] if isinstance(step, str)]
    rest = steps[first + 1 :]
    return (names, rest) if len(names) == first and queries.up <= len(rest) else None


def _below(children: Iterator[Child], steps: tuple[Step, ...], up: int) -> Iterator[Row]:
    """The nodes that `steps` lead to from each child, at its position."""
    if not steps:
        yield from ((position, child, ()) for position, child in children)
        return
    for position, child in children:
        yield from ((position, node, above if up else ()) for node, above in follow(steps, child))
