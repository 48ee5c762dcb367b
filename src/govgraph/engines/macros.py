"""DuckDB's definitions of the functions that plans are written with."""

from __future__ import annotations

from sqlglot import exp

from govgraph.iri import INVALID_IN_IRI, IUNRESERVED, SCHEME
from govgraph.mapping.checks import LANGUAGE_TAG as LANGUAGE_TAG_PATTERN
from govgraph.mapping.plan import (
    BLANK_LABEL,
    IRI_SAFE,
    IRI_TEXT,
    LANGUAGE_TAG,
    LITERAL_TEXT,
    TYPED_TEXT,
    UNSAFE_TEXT,
    URI_SAFE,
    URI_TEXT,
)


def sql_text(value: str) -> str:
    """`value` as a string of SQL."""
    return exp.Literal.string(value).sql("duckdb")


_IUNRESERVED = "^[" + "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in IUNRESERVED) + "]*$"
_INVALID, _SCHEME = sql_text(INVALID_IN_IRI), sql_text(SCHEME)

_XSD = "http://www.w3.org/2001/XMLSchema#"
_ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))?"
_DATE = r"-?([1-9]\d{3,}|0\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
LEXICAL = {
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "double": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN",
    "boolean": r"true|false|1|0",
    "hexBinary": r"([0-9a-fA-F]{2})*",
    "date": _DATE + _ZONE,
    "time": _TIME + _ZONE,
    "dateTime": f"{_DATE}T{_TIME}{_ZONE}",
}
"""Local name of an XSD datatype -> regular expression of its lexical space (XSD 1.1, part 2)."""

_WELL_TYPED = "\n".join(
    f"  WHEN datatype = {sql_text(_XSD + name)} THEN regexp_full_match(value, {sql_text(pattern)})"
    for name, pattern in LEXICAL.items()
)


def _resolved(checked: str) -> str:
    """A value as it is where it is absolute, else after the base; `checked` says what is wrong with it."""
    return f"""CASE
  WHEN {checked}
    OR (base = '' AND NOT regexp_matches(value, {_SCHEME}))
  THEN error('GG401 ''' || value || ''' is not an IRI (' || place || ')')
  WHEN regexp_matches(value, {_SCHEME}) THEN value
  ELSE base || value
END"""


def _escaped(value: str, escapes: dict[str, str]) -> str:
    for character, escape in escapes.items():
        value = f"replace({value}, chr({ord(character)}), {sql_text(escape)})"
    return value


MACROS = (
    f"""CREATE MACRO {IRI_SAFE}(value) AS CASE
  WHEN regexp_full_match(value, '[A-Za-z0-9._~-]*') THEN value
  WHEN regexp_matches(value, {sql_text(_IUNRESERVED)}) THEN value
  ELSE array_to_string(list_transform(string_split(value, ''), lambda c:
    CASE WHEN regexp_matches(c, {sql_text(_IUNRESERVED)}) THEN c ELSE url_encode(c) END), '')
END""",
    f"CREATE MACRO {URI_SAFE}(value) AS url_encode(value)",
    f"CREATE MACRO {IRI_TEXT}(value, base, place) AS " + _resolved(f"regexp_matches(value, {_INVALID})"),
    f"CREATE MACRO {URI_TEXT}(value, base, place) AS "
    + _resolved(rf"regexp_matches(value, {_INVALID}) OR regexp_matches(value, '[^\x00-\x7F]')"),
    f"CREATE MACRO {UNSAFE_TEXT}(value) AS\n  "
    + _escaped("value", {"\\": r"\u005C", "<": r"\u003C", ">": r"\u003E", "\n": r"\u000A", "\r": r"\u000D"}),
    rf"""CREATE MACRO {LITERAL_TEXT}(value) AS
  replace(replace(replace(replace(value, '\', '\\'), '"', '\"'), chr(10), '\n'), chr(13), '\r')""",
    f"""CREATE MACRO {TYPED_TEXT}(value, datatype, place) AS CASE WHEN value IS NULL OR CASE
{_WELL_TYPED}
END THEN value
ELSE error('GG401 ''' || value || ''' is not of type ' || datatype || ' (' || place || ')') END""",
    f"""CREATE MACRO {LANGUAGE_TAG}(value, place) AS CASE
  WHEN value IS NULL OR regexp_full_match(value, {sql_text(LANGUAGE_TAG_PATTERN)}) THEN value
  ELSE error('GG401 ''' || value || ''' is not a language tag (' || place || ')')
END""",
    f"CREATE MACRO {BLANK_LABEL}(value) AS 'b' || md5(value)",
)
"""Statements that define `PRIMITIVES`."""
