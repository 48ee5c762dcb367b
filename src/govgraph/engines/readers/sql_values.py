"""Values as databases print them -> their natural RDF lexical forms (R2RML, section 10.2)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_DATE = r"\d{4,}-(?!00)\d\d-(?!00)\d\d"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
_ZONE = r"(Z|[+-]\d\d(?::?\d\d)?)?"


def integer(text: str) -> str:
    """Without leading zeros, which MySQL's ZEROFILL prints."""
    return str(int(text))


def decimal(text: str) -> str:
    """Without an exponent, with the digits of the column's scale; raises ValueError for NaN and infinity."""
    value = _decimal(text)
    if not value.is_finite():
        raise ValueError(f"'{text}' is not of type decimal")
    return f"{value:f}"


def double(text: str) -> str:
    """In the canonical form of XML Schema: 80.25 as 8.025E1."""
    value = _decimal(text)
    if value.is_nan():
        return "NaN"
    sign = "-" if value.is_signed() else ""
    if value.is_infinite():
        return f"{sign}INF"
    if not value:
        return f"{sign}0.0E0"
    digits = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{value.adjusted()}"


def boolean(text: str) -> str:
    """`true` or `false`, of whatever case, or a number."""
    known = {"t": "true", "f": "false", "1": "true", "0": "false", "true": "true", "false": "false"}
    if text.lower() not in known:
        raise ValueError(f"'{text}' is not of type boolean")
    return known[text.lower()]


def date(text: str) -> str:
    """A date; a year before Christ as XML Schema 1.1 counts it. Raises ValueError for 0000-00-00."""
    return _moment(text, _DATE, "date")


def time(text: str) -> str:
    """A time of the day, with its zone if it has one. Raises ValueError for what is longer than a day."""
    return _moment(text, _TIME + _ZONE, "time")


def date_time(text: str) -> str:
    """Date and time, `T` between them, and `Z` for the zone UTC."""
    return _moment(text, f"{_DATE}[ T]{_TIME}{_ZONE}", "dateTime")


def hex_binary(value: bytes) -> str:
    """Bytes as upper-case hexadecimal digits."""
    return value.hex().upper()


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"'{text}' is not a number") from None


def _moment(text: str, pattern: str, datatype: str) -> str:
    before_christ = text.endswith(" BC")
    plain = text.removesuffix(" BC")
    found = re.fullmatch(pattern, plain, re.ASCII)
    if not found:
        raise ValueError(f"'{text}' is not of type {datatype}")
    zone = found[1] if found.lastindex else None
    if zone:
        plain = plain.removesuffix(zone)
        if zone in ("+00", "+00:00", "+0000", "Z"):
            zone = "Z"
        elif len(zone) == 3:
            zone += ":00"
        elif ":" not in zone:
            zone = f"{zone[:3]}:{zone[3:]}"
    if before_christ:
        year, _, rest = plain.partition("-")
        plain = f"{'' if int(year) == 1 else '-'}{int(year) - 1:04d}-{rest}"
    if "." in plain:
        plain = plain.rstrip("0").removesuffix(".")
    return plain.replace(" ", "T") + (zone or "")
