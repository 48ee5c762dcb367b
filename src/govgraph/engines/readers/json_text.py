"""The text of a JSON document, of which only a part is in memory at a time."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from contextlib import closing
from json.decoder import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

from govgraph.engines.readers.limits import too_large
from govgraph.errors import EngineError, SourceSpan

BLOCK = 1 << 20
"""Bytes that are read at once."""

_LONGEST = 16
"""More characters than a token may lack of which the beginning is a token, or fails: `-Infinit`, `1.5e+`."""

_SPACE = re.compile(r"[ \t\n\r]*")
_UNTERMINATED = "Unterminated string"

T = TypeVar("T")
Scan = Callable[[str, int], tuple[T, int]]
"""Text and position -> what begins there, and where it ends; raises JSONDecodeError."""


class Cursor:
    """A place in a document that moves forwards; the text before it is forgotten when more is read.

    `text` is what is held, `before` the number of characters before it, `at` the place in it. What ends at
    `safe` or before is a whole token, whatever follows. `escaped`: whether characters are escaped.
    """

    def __init__(self, path: Path, shown: str, decode: Scan[Any], limit: int) -> None:
        self.path = path
        self.shown = shown
        self.decode = decode
        self.limit = limit
        self.text, self.before, self.at, self.safe, self.last = "", 0, 0, 0, 0
        self.escaped = False
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._ended = False
        self._bytes = 0

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    @property
    def position(self) -> int:
        """Characters before the cursor."""
        return self.before + self.at

    def read_all(self) -> None:
        """Reads the rest of the document."""
        while not self._ended:
            self._more(-1)

    def peek(self) -> str:
        """The next character that is not white space, where the cursor then is; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            assert found
            self.at = found.end()
            if self.at < len(self.text) or self._ended:
                return self.text[self.at : self.at + 1]
            self._more(BLOCK)

    def take(self, delimiter: str) -> None:
        """Moves behind a delimiter; raises JSONDecodeError where none is next."""
        if self.peek() != delimiter:
            raise JSONDecodeError(f"Expecting '{delimiter}' delimiter", self.text, self.at)
        self.at += 1

    def value(self) -> Any:
        """Moves behind the value that begins here, and returns it; raises JSONDecodeError."""
        return self.scan(self.decode)

    def scan(self, scan: Scan[T]) -> T:
        """What begins here, of which more is read until it is whole; `last` is then where it began."""
        while True:
            try:
                value, end = scan(self.text, self.at)
            except JSONDecodeError as e:
                if self._ended or (e.pos < self.safe and not e.msg.startswith(_UNTERMINATED)):
                    raise
            else:
                if end <= self.safe:
                    self.last, self.at = self.at, end
                    return value
            self._more(max(BLOCK, len(self.text) - self.at))

    def _more(self, size: int) -> None:
        """Reads on, at least a character or the end, and forgets what is before the cursor."""
        text = self.text[self.at :]
        if len(text) > self.limit:
            line, _ = place_of(self.path, self.position)
            hint = "JSON Lines, or an iterator that ends in [*], is read value by value"
            raise too_large(self.shown, "a value that is read at once is larger", self.limit, hint, line)
        self.before, self.at = self.before + self.at, 0
        read = ""
        while not read and not self._ended:
            block = self._file.read(size)
            self._ended = size < 0 or len(block) < size
            try:
                read = self._decoder.decode(block, final=self._ended)
            except UnicodeDecodeError as e:
                at = self._bytes + e.start - (len(e.object) - len(block))
                line, column = _place_of_byte(self.path, at)
                place = SourceSpan(self.shown, line, column)
                raise EngineError("the document is not in UTF-8", "GG402", place) from e
            self._bytes += len(block)
        self.text = text + read
        self.escaped = self.escaped or "\\u" in self.text
        self.safe = len(self.text) if self._ended else len(self.text) - _LONGEST


class Lines:
    """The lines of positions in a document; whoever asks for several asks in their order."""

    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8-sig", newline="")
        self._position, self._line, self._column = 0, 1, 1

    def place(self, position: int) -> tuple[int, int]:
        """Line and column of a character."""
        while self._position < position:
            text = self._file.read(min(position - self._position, BLOCK))
            if not text:
                break
            self._position += len(text)
            if newlines := text.count("\n"):
                self._line, self._column = self._line + newlines, len(text) - text.rfind("\n")
            else:
                self._column += len(text)
        return self._line, self._column

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def place_of(path: Path, position: int) -> tuple[int, int]:
    """Line and column of a character."""
    with closing(Lines(path)) as lines:
        return lines.place(position)


def _place_of_byte(path: Path, at: int) -> tuple[int, int]:
    """Line and column of a byte."""
    line, column = 1, 1
    with path.open("rb") as file:
        while at and (block := file.read(min(at, BLOCK))):
            at -= len(block)
            if newlines := block.count(b"\n"):
                line, column = line + newlines, len(block) - block.rfind(b"\n")
            else:
                column += len(block)
    return line, column
