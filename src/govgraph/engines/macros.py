"""DuckDB's definitions of the functions that plans are written with."""

from __future__ import annotations

from sqlglot import exp

from govgraph import xsd
from govgraph.iri import INVALID_IN_IRI, IUNRESERVED, SCHEME, XSD
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

LEXICAL = {
    name: xsd.LEXICAL[name]
    for name in ("integer", "decimal", "double", "boolean", "hexBinary", "date", "time", "dateTime")
}
"""Local name of a datatype that is looked at -> regular expression of its lexical space."""

_WELL_TYPED = "\n".join(
    f"  WHEN datatype = {sql_text(XSD + name)} THEN regexp_full_match(value, {sql_text(pattern)})"
    for name, pattern in LEXICAL.items()
)


SEPARATOR = "\x01"
"""Between the parts of an error of the data, as SQL raises it: GG401, what is wrong, value, place."""

NUL_IN_ERRORS = "\x02"
"""What stands there for NUL, which messages of DuckDB cannot hold."""

NOT_AN_IRI, NOT_A_URI, NOT_A_LANGUAGE, NOT_OF_TYPE, NUL = "iri", "uri", "language", "type ", "nul"


def _escaped(value: str, escapes: dict[str, str]) -> str:
    for character, escape in escapes.items():
        value = f"replace({value}, chr({ord(character)}), {sql_text(escape)})"
    return value


_ESCAPED = _escaped("value", {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})
_RARE = " OR ".join(f"contains(value, chr({ord(c)}))" for c in '"\\\n\r\0')
"""To look first is faster than to replace: few values hold any of these."""


def macros(*, lenient: bool = False) -> tuple[str, ...]:
    """Statements that define `PRIMITIVES`; `lenient`: what cannot become a term is null, not an error."""

    def error(what: str, place: str = "place") -> str:
        if lenient:
            return "NULL"
        value = f"replace(value, chr(0), chr({ord(NUL_IN_ERRORS)}))"
        return f"error(concat_ws(chr({ord(SEPARATOR)}), 'GG401', {what}, {value}, {place}))"

    def resolved(wrong: str, what: str, text: str = "value") -> str:
        """The `text` of a value as it is where it is absolute, else after the base."""
        return f"""CASE
  WHEN {wrong} OR (base = '' AND NOT regexp_matches(value, {_SCHEME})) THEN {error(sql_text(what))}
  WHEN regexp_matches(value, {_SCHEME}) THEN {text}
  ELSE base || {text}
END"""

    invalid = f"regexp_matches(value, {_INVALID})"
    unsafe = {"\\": r"\u005C", "<": r"\u003C", ">": r"\u003E", "\n": r"\u000A", "\r": r"\u000D"}
    return (
        # of ASCII, iunreserved is unreserved, which is what url_encode keeps
        f"""CREATE MACRO {IRI_SAFE}(value) AS CASE
  WHEN strlen(value) = length(value) THEN url_encode(value)
  WHEN regexp_matches(value, {sql_text(_IUNRESERVED)}) THEN value
  ELSE array_to_string(list_transform(string_split(value, ''), lambda c:
    CASE WHEN regexp_matches(c, {sql_text(_IUNRESERVED)}) THEN c ELSE url_encode(c) END), '')
END""",
        f"CREATE MACRO {URI_SAFE}(value) AS url_encode(value)",
        f"CREATE MACRO {IRI_TEXT}(value, base, place) AS {resolved(invalid, NOT_AN_IRI)}",
        f"CREATE MACRO {URI_TEXT}(value, base, place) AS "
        + resolved(f"{invalid} OR regexp_matches(value, '[^\\x00-\\x7F]')", NOT_A_URI),
        f"CREATE MACRO {UNSAFE_TEXT}(value, base, place) AS "
        + resolved("contains(value, chr(0))", NOT_AN_IRI, _escaped("value", unsafe)),
        f"""CREATE MACRO {LITERAL_TEXT}(value) AS CASE WHEN {_RARE} THEN CASE
  WHEN contains(value, chr(0)) THEN {error(sql_text(NUL), "''")}
  ELSE {_ESCAPED} END
ELSE value END""",
        f"""CREATE MACRO {TYPED_TEXT}(value, datatype, place) AS CASE
  WHEN value IS NULL OR CASE
{_WELL_TYPED}
  ELSE TRUE END THEN value
  ELSE {error(f"{sql_text(NOT_OF_TYPE)} || datatype")}
END""",
        f"""CREATE MACRO {LANGUAGE_TAG}(value, place) AS CASE
  WHEN value IS NULL OR regexp_full_match(value, {sql_text(LANGUAGE_TAG_PATTERN)}) THEN value
  ELSE {error(sql_text(NOT_A_LANGUAGE))}
END""",
        f"CREATE MACRO {BLANK_LABEL}(value) AS 'b' || md5(value)",
    )
