"""Walks through a JSON document as it is read, so that the values of an array are decoded one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json.decoder import JSONDecodeError
from json.decoder import scanstring as _scan_string  # type: ignore[attr-defined]
from typing import Any

from govgraph.engines.readers.json_text import Cursor

_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")

Child = tuple[int | None, Any]
"""Where a value begins in the document, if known, and the value."""


def walk(cursor: Cursor, names: Sequence[str]) -> Iterator[Child]:
    """The children of what `names` lead to in the value at the cursor, which is then behind that value."""
    opening = cursor.peek()
    if opening == "{" and names:
        yield from _walk_object(cursor, names)
    elif opening == "[" and not names:
        yield from _walk_array(cursor)
    else:
        value = cursor.value()
        if type(value) is dict and not names:
            yield from ((None, child) for child in value.values())


def _walk_array(cursor: Cursor) -> Iterator[Child]:
    """One value after the other; what is near the end of the text that is read so far, the cursor decodes."""
    cursor.at += 1
    if cursor.peek() == "]":
        cursor.at += 1
        return
    decode, comma = cursor.decode, _COMMA.match
    text, at, before, safe = cursor.text, cursor.at, cursor.before, cursor.safe
    while True:
        start, end = before + at, -1
        if at < safe:
            try:
                value, end = decode(text, at)
            except JSONDecodeError:
                end = -1
        if not 0 <= end <= safe:
            cursor.at = at
            value = cursor.value()
            text, end, before, safe = cursor.text, cursor.at, cursor.before, cursor.safe
        yield start, value
        found = comma(text, end)
        if found and found.end() <= safe:
            at = found.end()
            continue
        cursor.at = end
        if cursor.peek() == "]":
            cursor.at += 1
            return
        cursor.take(",")
        cursor.peek()
        text, at, before, safe = cursor.text, cursor.at, cursor.before, cursor.safe


def _walk_object(cursor: Cursor, names: Sequence[str]) -> Iterator[Child]:
    cursor.at += 1
    seen = False
    if cursor.peek() == "}":
        cursor.at += 1
        return
    while True:
        if cursor.peek() != '"':
            raise JSONDecodeError("Expecting property name enclosed in double quotes", cursor.text, cursor.at)
        name, comes_twice = cursor.scan(_name), seen
        if name == names[0] and comes_twice:
            raise JSONDecodeError(f"member '{name}' comes twice", cursor.text, cursor.last)
        cursor.take(":")
        if name == names[0]:
            seen = True
            yield from walk(cursor, names[1:])
        else:
            cursor.peek()
            cursor.value()
        if cursor.peek() == "}":
            cursor.at += 1
            return
        cursor.take(",")


def _name(text: str, at: int) -> tuple[str, int]:
    name, end = _scan_string(text, at + 1)
    return str(name), int(end)
