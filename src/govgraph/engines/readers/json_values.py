"""Values of JSON as text and as literals; numbers are kept as printed.

Natural datatypes are those of the RML-IO registry ("Natural RDF mapping of JSON values").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Sequence
from typing import Any

from govgraph.iri import XSD

_unsafe = re.compile(r'["\\\n\r]').search
_no_text = re.compile("[\0\ud800-\udfff]").search
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


class NoNumberError(Exception):
    """NaN and the infinities, which are no JSON."""


def decoder(*, compared: bool) -> json.JSONDecoder:
    """A decoder that keeps numbers as printed; filters can compare them where they are to be `compared`."""
    return json.JSONDecoder(
        parse_int=Number if compared else Integer,
        parse_float=Number if compared else Double,
        parse_constant=_refuse,
    )


def _refuse(constant: str) -> None:
    raise NoNumberError(constant)


_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.S)


def find_constant(text: str) -> int:
    """Where the first NaN or infinity stands that is not in a string."""
    return next(m.start() for m in _CONSTANT.finditer(text) if not m[0].startswith('"'))


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


def texts(values: Sequence[Any]) -> Sequence[str | None]:
    """Values as text; null is None."""
    if _PLAIN.issuperset(map(type, values)):
        return values
    return [_TEXTS[type(v)](v) for v in values]


def literals(values: Sequence[Any]) -> Sequence[str | None]:
    """Values as literals of N-Triples with their natural datatypes; null is None."""
    if {str, type(None)}.issuperset(map(type, values)) and not _unsafe("".join(filter(None, values))):
        return [None if v is None else f'"{v}"' for v in values]
    return [_LITERALS[type(v)](v) for v in values]


def known_texts(values: Sequence[Any]) -> list[str]:
    """The texts of values that are not null; arrays and objects as they are printed."""
    found = (_TEXTS.get(type(v), printed)(v) for v in values)
    return [text for text in found if text is not None]


def stands_for_none(value: Any, nulls: Container[str]) -> bool:
    """Whether a single value has a text that stands for none."""
    return not isinstance(value, dict | list) and _TEXTS[type(value)](value) in nulls


def is_text(value: str) -> bool:
    """Whether RDF can hold it: no NUL, no lone surrogate."""
    return not _no_text(value)


def printed(value: Any) -> str:
    """A value as in the document."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{printed(k)}: {printed(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(printed, value)) + "]"
    if type(value) is str:
        return json.dumps(value, ensure_ascii=False)
    return _TEXTS[type(value)](value) or "null"


def shorten(value: Any) -> str:
    """A value as in the document, its beginning alone where it is long."""
    text = printed(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
