"""JSON Lines (jsonlines.org, also newline-delimited JSON): each line is a document; blank lines are none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from json.decoder import JSONDecodeError
from pathlib import Path

from jsonpath_rfc9535 import JSONPathError

from govgraph.engines.readers.json_documents import TOO_DEEP, Places, Queries, Row
from govgraph.engines.readers.json_values import NoNumberError, find_constant
from govgraph.engines.readers.limits import max_document_bytes, too_large
from govgraph.engines.sources import MalformedRecord, Unreadable
from govgraph.errors import EngineError, SourceSpan

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"


class JsonLines:
    """A file whose lines are documents; a position is the number of a line."""

    def __init__(self, path: Path, shown: str, queries: Queries) -> None:
        self.path = path
        self.shown = shown
        self.queries = queries
        self.limit = max_document_bytes()
        self.escaped = False

    def place(self, position: int | None) -> SourceSpan:
        """The line."""
        return SourceSpan(self.shown, position or 0)

    def places(self) -> Places:
        """The lines, which positions are."""
        return _LineNumbers()

    def rows(self, unreadable: Unreadable | None = None) -> Iterator[Row]:
        """The nodes of each line in turn."""
        decode, whole = self.queries.decoder.raw_decode, self.queries.iterator.steps == ()
        for number, line in self._lines():
            text, nodes = "", []
            try:
                text = line.decode().strip(_SPACE)
                if not text:
                    continue
                value, end = decode(text)
                if end != len(text):
                    raise JSONDecodeError("more after its end", text, end)
                if not whole:
                    nodes = list(self.queries.rows(number, value))
            except (ValueError, NoNumberError, RecursionError, JSONPathError) as e:
                message, column = _explain(e, text, line)
                if unreadable is None:
                    place = SourceSpan(self.shown, number, column)
                    raise EngineError(message, "GG402", place, "each line is a JSON document") from e
                unreadable.append(MalformedRecord(number, line.decode(errors="replace").strip(), message))
                continue
            if b"\\u" in line:
                self.escaped = True
            if whole:
                yield number, value, ()
            else:
                yield from nodes

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line with its number; raises EngineError GG402 for one that is too long."""
        with self.path.open("rb") as file:
            for number, line in enumerate(iter(partial(file.readline, self.limit + 1), b""), 1):
                if len(line) > self.limit:
                    hint = "a line feed ends each document"
                    raise too_large(self.shown, "a line is longer", self.limit, hint, number)
                yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line


class _LineNumbers:
    """Positions that are lines already."""

    def place(self, position: int) -> tuple[int, int]:
        """The position itself."""
        return position, 0

    def close(self) -> None:
        """There is nothing to end."""


def _explain(error: Exception, text: str, line: bytes) -> tuple[str, int]:
    """What is wrong with a line, and its column, 0 where that is not known."""
    if isinstance(error, UnicodeDecodeError):
        return "the line is not in UTF-8", error.start + 1
    if isinstance(error, RecursionError | JSONPathError):
        return TOO_DEEP, 0
    before = line.decode().find(text[:1])
    if isinstance(error, JSONDecodeError):
        return f"not a JSON document: {error.msg}", before + error.pos + 1
    return f"not a JSON document: {error} is no number", before + find_constant(text) + 1
