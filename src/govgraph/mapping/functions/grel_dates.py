"""The functions of GREL on dates, which are in ISO 8601; patterns are those of Java's SimpleDateFormat."""

from __future__ import annotations

import calendar
import datetime
import re

from govgraph.mapping.functions.grel_math import NUMBER, number, shown
from govgraph.mapping.functions.grel_text import OUTPUTS, VALUE, parameter
from govgraph.mapping.functions.registry import Library
from govgraph.mapping.prefixes import GREL

LIBRARY = Library(GREL, "grel", OUTPUTS)

DATE = parameter("p_date_d", "param_date_d")
TIME, TIME_2 = parameter("p_datetime_d", "param_datetime_d"), parameter("p_datetime_d2", "param_datetime_d2")
PATTERN = parameter("p_string_pattern", "param_string_pattern")
UNIT, TIME_UNIT = (
    parameter("p_string_unit", "param_string_unit"),
    parameter("p_string_timeunit", "param_string_timeunit"),
)

_LETTERS = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "y": "%Y",
    "u": "%Y",
    "yy": "%y",
    "uu": "%y",
    "MMMM": "%B",
    "LLLL": "%B",
    "MMM": "%b",
    "LLL": "%b",
    "MM": "%m",
    "M": "%m",
    "LL": "%m",
    "L": "%m",
    "dd": "%d",
    "d": "%d",
    "DDD": "%j",
    "EEEE": "%A",
    "EEE": "%a",
    "EE": "%a",
    "E": "%a",
    "a": "%p",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSS": "%f",
    "Z": "%z",
    "XXX": "%z",
    "X": "%z",
    "z": "%Z",
}
_PARTS = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|[^A-Za-z']+")
_NAMES = ("second", "minute", "hour", "day", "week", "month", "year")
_UNITS = {f"{name}{s}": name for name in _NAMES for s in ("", "s")}
_UNITS |= {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "y": "year"}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}


def parse(value: str, pattern: str) -> datetime.datetime:
    """A date and time by a pattern; raises ValueError. Names of months and days are English."""
    codes = []
    for part in _PARTS.finditer(pattern):
        quoted, letters = part[1], part[2]
        if letters is None:
            text = part[0] if quoted is None else quoted.replace("''", "'") or "'"
            codes.append(text.replace("%", "%%"))
        elif letters in _LETTERS:
            codes.append(_LETTERS[letters])
        else:
            raise ValueError(f"'{letters}' in '{pattern}' is no part of a date that is known")
    try:
        return datetime.datetime.strptime(value, "".join(codes))
    except ValueError:
        raise ValueError(f"'{value}' is not a date like '{pattern}'") from None


def _iso(value: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a date of ISO 8601") from None


def _unit(text: str) -> str:
    if text.lower() not in _UNITS:
        raise ValueError(f"'{text}' is no unit of time: one of {', '.join(_NAMES)}")
    return _UNITS[text.lower()]


@LIBRARY.python(
    "date_toDate",
    (VALUE, PATTERN),
    "a date by a pattern, as ISO 8601",
    ("01/09/2020", "dd/MM/yyyy", "2020-09-01"),
    ("2020年9月1日", "yyyy年M月d日", "2020-09-01"),
)
def _to_date(value: str, pattern: str) -> str:
    return parse(value, pattern).date().isoformat()


@LIBRARY.python(
    "date_inc",
    (DATE, NUMBER, UNIT),
    "a date, so many units later; of a month that is shorter, its last day",
    ("2020-01-31", "1", "month", "2020-02-29"),
    ("2020-09-01", "-1", "day", "2020-08-31"),
)
def _inc(value: str, amount: str, unit: str) -> str:
    date, count, unit = _iso(value), number(amount), _unit(unit)
    if count != count.to_integral_value():
        raise ValueError(f"'{amount}' is not a whole number")
    try:
        if unit in _SECONDS:
            later = date + datetime.timedelta(seconds=_SECONDS[unit] * int(count))
        else:
            months = date.year * 12 + date.month - 1 + int(count) * (12 if unit == "year" else 1)
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            later = date.replace(year=year, month=month + 1, day=min(date.day, last))
    except (OverflowError, ValueError):
        raise ValueError(f"there is no date {amount} {unit}s after '{value}'") from None
    return (
        later.isoformat()
        if "T" in value or " " in value or unit in ("second", "minute", "hour")
        else (later.date().isoformat())
    )


@LIBRARY.python(
    "date_diff",
    (TIME, TIME_2, TIME_UNIT),
    "how many whole units lie between the second and the first",
    ("2020-09-01", "2020-08-01", "days", "31"),
    ("2021-03-31", "2020-04-30", "months", "11"),
)
def _diff(first: str, second: str, unit: str) -> str:
    a, b, unit = _iso(first), _iso(second), _unit(unit)
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise ValueError(f"of '{first}' and '{second}' one has a time zone, the other has not")
    if unit in _SECONDS:
        return str(int((a - b) / datetime.timedelta(seconds=_SECONDS[unit])))
    early, late, sign = (b, a, 1) if a >= b else (a, b, -1)
    months = (late.year - early.year) * 12 + late.month - early.month
    rest = (late.day, late.timetz().replace(tzinfo=None)) < (early.day, early.timetz().replace(tzinfo=None))
    return str(sign * ((months - rest) // (12 if unit == "year" else 1)))


@LIBRARY.python(
    "date_datePart",
    (DATE, UNIT),
    "a part of a date: year, month, week, weekday, day, hour, minute, second",
    ("2020-09-01", "month", "9"),
    ("2020-09-01", "weekday", "Tuesday"),
)
def _part(value: str, unit: str) -> str:
    date = _iso(value)
    if unit.lower() == "weekday":
        return calendar.day_name[date.weekday()]
    unit = _unit(unit)
    return shown(date.isocalendar().week if unit == "week" else int(getattr(date, unit)))
