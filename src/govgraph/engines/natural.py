"""Values of SQL types as text, with their natural RDF datatype (R2RML, section 10.2, "Natural Mapping")."""

from __future__ import annotations

import re
from collections.abc import Callable

from govgraph.iri import XSD

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_AS_PRINTED = "CAST({} AS VARCHAR)".format


def _double(column: str) -> str:
    """In the canonical form of XML Schema, which has one digit before the point: 80.25 as 8.025E1."""
    mantissa = "regexp_extract(t, '^-?([0-9.]+)', 1)"
    digits = f"ltrim(replace({mantissa}, '.', ''), '0')"
    power = "coalesce(TRY_CAST(regexp_extract(t, 'e(.*)', 1) AS INTEGER), 0)"
    before = f"strlen(split_part({mantissa}, '.', 1))"  # digits, of which zeros do not count
    zeros = f"(strlen(replace({mantissa}, '.', '')) - strlen({digits}))"
    sign = "CASE WHEN starts_with(t, '-') THEN '-' ELSE '' END"
    more = f"coalesce(nullif(rtrim({digits}[2:], '0'), ''), '0')"
    finite = (
        f"CASE WHEN {digits} = '' THEN {sign} || '0.0E0' "
        f"ELSE {sign} || {digits}[1] || '.' || {more} || 'E' || ({power} + {before} - {zeros} - 1) END"
    )
    text = f"CASE t WHEN 'nan' THEN 'NaN' WHEN 'inf' THEN 'INF' WHEN '-inf' THEN '-INF' ELSE {finite} END"
    return f"list_transform([{_AS_PRINTED(column)}], lambda t: {text})[1]"


def _date_time(column: str) -> str:
    """With T; a year before Christ as XML Schema 1.1 counts it, which has a year 0."""
    return f"replace({_date(column)}, ' ', 'T')"


def _date(column: str) -> str:
    """A date, also with its time: 0044-03-15 (BC) as -0043-03-15."""
    before_christ = (
        r"printf('%s%04d', CASE WHEN t LIKE '0001-%' THEN '' ELSE '-' END, "
        r"CAST(regexp_extract(t, '^[0-9]+') AS BIGINT) - 1) || regexp_extract(replace(t, ' (BC)', ''), '-.*')"
    )
    text = f"CASE WHEN contains(t, '(BC)') THEN {before_christ} ELSE t END"
    return f"list_transform([{_AS_PRINTED(column)}], lambda t: {text})[1]"


def _with_zone(column: str) -> str:
    """The same moment in UTC."""
    return f"{_date_time(f'make_timestamp(epoch_us({column}))')} || 'Z'"


def _time_with_zone(column: str) -> str:
    """Zones have minutes, and that of UTC is Z."""
    with_minutes = rf"regexp_replace({_AS_PRINTED(column)}, '([+-][0-9]{{2}})$', '\1:00')"
    return f"replace({with_minutes}, '+00:00', 'Z')"


_DATATYPES: dict[str, tuple[str, Callable[[str], str]]] = {
    **{f"{sign}{name}": ("integer", _AS_PRINTED) for name in _INTEGERS for sign in ("", "U")},
    "BIGNUM": ("integer", _AS_PRINTED),
    "DECIMAL": ("decimal", _AS_PRINTED),
    "FLOAT": ("double", _double),
    "DOUBLE": ("double", _double),
    "BOOLEAN": ("boolean", _AS_PRINTED),
    "DATE": ("date", _date),
    "TIME": ("time", _AS_PRINTED),
    "TIME_NS": ("time", _AS_PRINTED),
    "TIME WITH TIME ZONE": ("time", _time_with_zone),
    **{f"TIMESTAMP{unit}": ("dateTime", _date_time) for unit in ("", "_S", "_MS", "_NS")},
    "TIMESTAMP WITH TIME ZONE": ("dateTime", _with_zone),
    "BLOB": ("hexBinary", "hex({})".format),
}


_DIGITS = 38
"""The most that a decimal of DuckDB has."""


def natural_text(type_: str, column: str) -> tuple[str, str | None]:
    """The SQL of a column's values as text, and the IRI of their natural datatype; None where it is text.

    `type_` is DuckDB's, `column` SQL. Doubles, hexBinary and times with zones are in canonical form;
    decimals have the digits of their scale. Types that SQL has not (lists, enumerations, bits) are text.

    >>> natural_text("DECIMAL(10,2)", "x")
    ('CAST(x AS VARCHAR)', 'http://www.w3.org/2001/XMLSchema#decimal')
    """
    fraction = re.fullmatch(r"DECIMAL\(([0-9]+),\1\)", type_)
    if fraction and (digits := int(fraction[1])) < _DIGITS:  # else printed without a digit before the point
        column = f"CAST({column} AS DECIMAL({digits + 1},{digits}))"
    name = type_ if type_.endswith("]") else type_.partition("(")[0]
    datatype, text = _DATATYPES.get(name, (None, _AS_PRINTED))
    return text(column), f"{XSD}{datatype}" if datatype else None
