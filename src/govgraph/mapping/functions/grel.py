"""The functions of GREL on arrays and on what is true or false, and its controls, as grel.ttl names them."""

from __future__ import annotations

from govgraph.mapping.functions.grel_math import number, shown
from govgraph.mapping.functions.grel_text import FROM, OUTPUTS, SEPARATOR, TO, integer, parameter
from govgraph.mapping.functions.registry import Library, Result
from govgraph.mapping.prefixes import GREL

LIBRARY = Library(GREL, "grel", OUTPUTS)

ARRAY = parameter("p_array_a", "param_a", many=True)
BOOLEANS = parameter("param_rep_b", "bool_array_b", boolean=True)
BOOLEAN = parameter("bool_b", "param_b", "param_rep_b", "bool_array_b", boolean=True)
TRUE = parameter("any_true", "param_true")
FALSE = parameter("any_false", "param_false").optional()
OBJECTS = parameter("p_any_rep_e", "param_any_rep_e", many=True)

REFUSED = {
    f"{GREL}date_now": "it gives another result at each run",
    f"{GREL}math_randomNumber": "it gives another result at each run",
    f"{GREL}string_phonetic": "its encodings are not defined exactly",
    f"{GREL}string_reinterpret": "a source says its encoding",
}

_sql, _array = LIBRARY.sql, LIBRARY.python

_sql(
    "boolean_and",
    (BOOLEANS,),
    ":a AND :b",
    "true where all are",
    (("true", "true", "false"), "false"),
    returns=Result.BOOLEAN,
    folds=True,
)
_sql(
    "boolean_or",
    (BOOLEANS,),
    ":a OR :b",
    "true where one is",
    (("false", "true"), "true"),
    returns=Result.BOOLEAN,
    folds=True,
)
_sql(
    "boolean_xor",
    (BOOLEANS,),
    "(:a) <> (:b)",
    "true where an odd number of them is",
    (("true", "true", "true"), "true"),
    returns=Result.BOOLEAN,
    folds=True,
)
_sql(
    "boolean_not",
    (BOOLEAN,),
    "NOT :a",
    "true where it is not",
    ("false", "true"),
    returns=Result.BOOLEAN,
)
_sql(
    "controls_if",
    (BOOLEAN, TRUE, FALSE),
    "CASE WHEN :a THEN :b ELSE :c END",
    "one value where it is true, else the other, or nothing",
    ("true", "yes", "no", "yes"),
    ("false", "yes", None, None),
)
_sql(
    "array_length",
    (ARRAY,),
    "CAST(LEN(:a) AS VARCHAR)",
    "how many values there are",
    (("a", "b", "a"), "3"),
    portable=False,
)
_sql(
    "array_reverse",
    (ARRAY,),
    "LIST_REVERSE(:a)",
    "the values from the last to the first",
    (("a", "b"), ("b", "a")),
    returns=Result.LIST,
    portable=False,
)
_sql(
    "other_coalesce",
    (OBJECTS,),
    "LIST_EXTRACT(:a, 1)",
    "the first value that there is",
    ((None, "b", "c"), "b"),
    portable=False,
)


@_array(
    "array_join",
    (ARRAY, SEPARATOR),
    "all values as one text, with a separator in between",
    (("foo", "bar"), ";", "foo;bar"),
)
def _join(values: list[str], separator: str) -> str:
    return separator.join(values)


@_array(
    "array_get",
    (ARRAY, FROM, TO),
    "the value at a position from 0, negative from the end; with a second position, those up to before it",
    (("a", "b", "c"), "1", None, ("b",)),
    (("a", "b", "c"), "0", "-1", ("a", "b")),
    returns=Result.LIST,
)
def _get(values: list[str], start: str, end: str | None) -> list[str]:
    first = integer(start)
    if end is not None:
        return values[first : integer(end)]
    return values[first : first + 1 or None]


@_array(
    "array_slice",
    (ARRAY, FROM, TO),
    "the values from one position to before another, both from 0, negative from the end",
    (("a", "b", "c"), "1", None, ("b", "c")),
    returns=Result.LIST,
)
def _slice(values: list[str], start: str, end: str | None) -> list[str]:
    return values[integer(start) : integer(end) if end is not None else None]


@_array(
    "array_sort",
    (ARRAY,),
    "the values in the order of code points",
    (("b", "a", "B"), ("B", "a", "b")),
    returns=Result.LIST,
)
def _sort(values: list[str]) -> list[str]:
    return sorted(values)


@_array(
    "array_uniques",
    (ARRAY,),
    "each value once, where it first stands",
    (("b", "a", "b"), ("b", "a")),
    returns=Result.LIST,
)
def _uniques(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


@_array("array_sum", (ARRAY,), "the sum of numbers", (("2", "0.5"), "2.5"))
def _sum(values: list[str]) -> str:
    return shown(sum(map(number, values)))
