"""Cells of a CSV file: where they stand, and whether they are plain values of their column's type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

_INTEGERS = range(-(2**63), 2**63)
"""The values of xsd:integer that the store computes with."""

_NUMBERS = Decimal(2**127 - 1).scaleb(-18)
"""The largest xsd:decimal that the store computes with; it has 18 decimals."""

EXPECTED = {
    "integer": "an integer of ASCII digits (64 bits)",
    "number": "a number of ASCII digits (up to 18 decimals, below 1.7e20)",
    "boolean": "true or false",
    "date": "a date of the calendar (YYYY-MM-DD)",
    "year": "a year (YYYY)",
    "yearmonth": "a month (YYYY-MM)",
}
"""Type of a column -> what its cells must be; other types have no check here."""

_FORMS = {
    "integer": re.compile(r"[+-]?[0-9]{1,19}"),
    "number": re.compile(r"[+-]?[0-9]+(\.[0-9]{1,18})?"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "year": re.compile(r"[0-9]{4}"),
    "yearmonth": re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"),
}


def is_plain(kind: str, cell: str) -> bool:
    """Whether `cell` is a value of a type of `EXPECTED` as RDF writes it: no spaces, no other digits.

    >>> [is_plain("integer", cell) for cell in ("12", "１２", "1_000", " 7", "9" * 19)]
    [True, False, False, False, False]
    >>> is_plain("date", "2020-02-30")
    False
    """
    if not _FORMS[kind].fullmatch(cell):
        return False
    match kind:
        case "integer":
            return int(cell) in _INTEGERS
        case "number":
            return abs(Decimal(cell)) <= _NUMBERS
        case "date":
            try:
                date.fromisoformat(cell)
            except ValueError:
                return False
    return True


def find_cell(lines: Sequence[str], line: int, number: int) -> tuple[int, int]:
    r"""Line and column (in characters, from 1) where cell `number` begins, in the row that begins at `line`.

    `lines` are those of the file with their ends. The place of a cell that the row lacks is the row's end.

    >>> find_cell(['key,"two\\n', 'lines",x\\n'], 1, 3)
    (2, 8)
    >>> find_cell(['5" pipe,"a ""b"", c",x'], 1, 3)
    (1, 22)
    """
    quoted, enclosed, begins = False, False, True
    while number > 1 and line <= len(lines):
        text = lines[line - 1]
        for column, letter in enumerate(text, 1):
            enclosed = letter == '"' if begins else enclosed
            begins = letter == "," and not quoted
            if letter == '"' and enclosed:
                quoted = not quoted
            elif begins:
                number -= 1
                if number == 1:
                    return line, column + 1
        if not quoted:
            return line, len(text.rstrip("\r\n")) + 1
        line += 1
    return line, 1
