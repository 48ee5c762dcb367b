"""How files are written, in words: encodings, endings of paths, and the properties of CSVW's dialects."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from govgraph.iri import XSD
from govgraph.mapping.model import Dialect, is_url

CSVW = "http://www.w3.org/ns/csvw#"

COMPRESSED = {
    ".tar.gz": "targz",
    ".tgz": "targz",
    ".tar.xz": "tarxz",
    ".txz": "tarxz",
    ".gz": "gzip",
    ".zip": "zip",
    ".xz": "xz",
    ".zst": "zstd",
}
"""Ending of a path -> how the file is compressed."""

DIALECT_KEYS = (
    *("delimiter", "separator", "quoteChar", "doubleQuote", "commentPrefix", "header", "headerRowCount"),
    *("skipRows", "skipColumns", "skipBlankRows", "skipInitialSpace", "trim", "lineTerminators"),
)
"""The properties of a dialect in the order in which they take effect (CSVW, "Dialect Descriptions")."""

_TRIMS: Mapping[str, Literal["", "start", "end", "both"]] = {
    "true": "both",
    "1": "both",
    "false": "",
    "0": "",
    "start": "start",
    "end": "end",
}
_BUILT_IN = {
    "number": "double",
    "binary": "base64Binary",
    "datetime": "dateTime",
    "any": "string",
    "xml": "string",
    "html": "string",
    "json": "string",
}


def compression_of(path: str) -> str | None:
    """The compression that the ending of a path or URL tells.

    >>> compression_of("people.CSV.gz"), compression_of("https://example.org/a.tgz?b=c"), compression_of("a")
    ('gzip', 'targz', None)
    """
    name = _file_name(path)
    return next((c for ending, c in COMPRESSED.items() if name.endswith(ending)), None)


def ending_of(path: str) -> str:
    """The ending that says what a file holds, in lower case, before that of its compression.

    >>> ending_of("people.CSV.gz"), ending_of("https://example.org/a.json?b=c.d"), ending_of("a")
    ('.csv', '.json', '')
    """
    name = _file_name(path)
    name = next((name[: -len(ending)] for ending in COMPRESSED if name.endswith(ending)), name)
    return PurePosixPath(name).suffix


def _file_name(path: str) -> str:
    return (urlsplit(path).path if is_url(path) else path).lower()


def default_dialect(path: str) -> Dialect:
    """The dialect of a file where nothing is said of it: tabs in one that ends in .tsv, else RFC 4180."""
    return Dialect(delimiter="\t") if ending_of(path) in (".tsv", ".tab") else Dialect()


def encoding_named(name: str) -> str | None:
    """Python's name of an encoding of text; None for UTF-8. Raises LookupError.

    >>> encoding_named("Shift_JIS"), encoding_named("utf8")
    ('shift_jis', None)
    """
    known = codecs.lookup(name).name
    b"".decode(known)  # not every codec is one of text
    return None if known in ("utf-8", "utf-8-sig") else known


def dialect_with(dialect: Dialect, key: str, values: Sequence[str]) -> Dialect:
    """The dialect with one of `DIALECT_KEYS` set; raises ValueError that says what is expected."""
    value = values[0]
    match key:
        case "delimiter" | "separator":
            return replace(dialect, delimiter=_character(value))
        case "quoteChar":
            return replace(dialect, quote=_character(value) if value else None)
        case "doubleQuote":
            return replace(dialect, escape='"' if _truth(value) else "\\")
        case "commentPrefix":
            return replace(dialect, comment=value or None)
        case "header":
            return replace(dialect, header_rows=int(_truth(value)))
        case "headerRowCount":
            return replace(dialect, header_rows=_number(value))
        case "skipRows":
            return replace(dialect, skip_rows=_number(value))
        case "skipColumns":
            return replace(dialect, skip_columns=_number(value))
        case "skipBlankRows":
            return replace(dialect, blank_rows=not _truth(value))
        case "skipInitialSpace":
            return replace(dialect, trim="start" if _truth(value) else "")
        case "trim":
            if value not in _TRIMS:
                raise ValueError("one of true, false, start, end")
            return replace(dialect, trim=_TRIMS[value])
        case _:
            if not all(values):
                raise ValueError("a text")
            return replace(dialect, terminators=tuple(values))


def dialect_values(dialect: Dialect, default: Dialect) -> Iterator[tuple[str, bool | int | str | list[str]]]:
    """The properties that make `dialect` of `default`, by their names in CSVW."""
    if dialect.delimiter != default.delimiter:
        yield "delimiter", dialect.delimiter
    if dialect.quote != default.quote:
        yield "quoteChar", dialect.quote or ""
    if dialect.escape != default.escape:
        yield "doubleQuote", dialect.escape != "\\"
    if dialect.comment != default.comment:
        yield "commentPrefix", dialect.comment or ""
    if dialect.header_rows != default.header_rows:
        yield from [("headerRowCount", dialect.header_rows)] if dialect.header_rows else [("header", False)]
    if dialect.skip_rows:
        yield "skipRows", dialect.skip_rows
    if dialect.skip_columns:
        yield "skipColumns", dialect.skip_columns
    if dialect.blank_rows is not None:
        yield "skipBlankRows", not dialect.blank_rows
    if dialect.trim:
        yield "trim", True if dialect.trim == "both" else dialect.trim
    if dialect.terminators:
        yield "lineTerminators", list(dialect.terminators)


def datatype_named(name: str) -> str:
    """The IRI of a datatype that CSVW names by a word (CSVW, "Built-in Datatypes").

    >>> datatype_named("number")
    'http://www.w3.org/2001/XMLSchema#double'
    """
    return name if ":" in name else XSD + _BUILT_IN.get(name, name)


def _character(value: str) -> str:
    if len(value) != 1 or value in "\r\n":
        raise ValueError("one character")
    return value


def _truth(value: str) -> bool:
    if value not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return value in ("true", "1")


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise ValueError("a number from 0 on")
    return int(value)
