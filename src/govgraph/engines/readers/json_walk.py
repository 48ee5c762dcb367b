"""Walks through the text of a JSON document, so that the values of an array are decoded one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from json.decoder import JSONDecodeError
from json.decoder import scanstring as _scan_string  # type: ignore[attr-defined]
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]+")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")

Node = tuple[int | None, Any]
"""Where a value begins in the text, if known, and the value."""

Decode = Callable[[str, int], tuple[Any, int]]
"""Text and position -> the value that begins there, and where it ends; raises JSONDecodeError."""


def walk(text: str, at: int, names: Sequence[str], decode: Decode) -> Generator[Node, None, int]:
    """The values of what `names` lead to in the value at `at`; returns where that value ends."""
    opening = text[at : at + 1]
    if opening == "{" and names:
        return (yield from _walk_object(text, at, names, decode))
    if opening == "[" and not names:
        return (yield from _walk_array(text, at, decode))
    value, at = decode(text, at)
    if type(value) is dict and not names:
        yield from ((None, child) for child in value.values())
    return at


def _walk_array(text: str, at: int, decode: Decode) -> Generator[Node, None, int]:
    at = skip(text, at + 1)
    if text.startswith("]", at):
        return at + 1
    comma = _COMMA.match
    while True:
        start = at
        value, at = decode(text, at)
        yield start, value
        if found := comma(text, at):
            at = found.end()
            continue
        at = skip(text, at)
        if not text.startswith("]", at):
            raise JSONDecodeError("Expecting ',' delimiter", text, at)
        return at + 1


def _walk_object(text: str, at: int, names: Sequence[str], decode: Decode) -> Generator[Node, None, int]:
    at, seen = skip(text, at + 1), False
    if text.startswith("}", at):
        return at + 1
    while True:
        start = at
        if not text.startswith('"', at):
            raise JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        name, at = _scan_string(text, at + 1)
        at = _expect(text, skip(text, at), ":")
        if name != names[0]:
            at = decode(text, at)[1]
        elif seen:
            raise JSONDecodeError(f"member '{name}' comes twice", text, start)
        else:
            seen = True
            at = yield from walk(text, at, names[1:], decode)
        at = skip(text, at)
        if text.startswith("}", at):
            return at + 1
        at = _expect(text, at, ",")


def _expect(text: str, at: int, delimiter: str) -> int:
    """Where the next token after a delimiter begins."""
    if not text.startswith(delimiter, at):
        raise JSONDecodeError(f"Expecting '{delimiter}' delimiter", text, at)
    return skip(text, at + 1)


def skip(text: str, at: int) -> int:
    """Where white space ends."""
    found = _SPACE.match(text, at)
    return found.end() if found else at
