"""The function registry: FnO IRI -> SQL expression, or Python function.

SQL where SQL says exactly the same; else Python, which the engine registers under the function's SQL name.
Values go in and come out as text; a null goes in only where `handles_null`, else the result is null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govgraph.documents import normalize
from govgraph.iri import GG
from govgraph.mapping.prefixes import GREL, IDLAB


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """`sql` is a DuckDB expression; `:a`, `:b`, `:c` stand for the parameters.

    A repeatable function has one parameter, given twice or more; `sql` joins two of its values.
    """

    iri: str
    parameters: tuple[str, ...]
    sql: str
    boolean: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """`call` takes and returns text (or None); it raises ValueError for what it cannot read."""

    iri: str
    parameters: tuple[str, ...]
    sql_name: str
    call: Callable[..., str | None]
    boolean: bool = False
    repeatable: bool = False


Function = SqlFunction | PythonFunction


def yen(value: str, unit: str) -> str | None:
    """An amount as printed, with the unit of its table, as whole yen; None for a dash or nothing.

    >>> yen("１００,０００", "千円"), yen("1.5", "百万円"), yen("-", "千円")
    ('100000000', '1500000', None)
    """
    amount = normalize.parse_amount(value, unit=unit)
    return None if amount is None else str(amount)


def era_date(value: str) -> str:
    """A date of the Japanese calendar as an ISO date; where no day or month is printed, none is given.

    >>> era_date("平成24年6月25日"), era_date("令和元年5月")
    ('2012-06-25', '2019-05')
    """
    return normalize.parse_era_date(value)


def fold_key(value: str) -> str:
    """A name reduced to what identifies it: widths, radicals and spaces do not matter.

    >>> fold_key("ＮＰＯ 法人　横浜") == fold_key("NPO法人横浜")
    True
    """
    return normalize.fold_label(value)


_VALUE, _VALUE_2 = f"{GREL}valueParameter", f"{GREL}valueParameter2"
_GG_VALUE = f"{GG}value"
_LINE_RANGE = "'line=' || (CAST({first} AS BIGINT) - 1) || ',' || {last}"
"""RFC 5147, section 2.3: positions between lines, so line 6 alone is `line=5,6`."""
BOOLEAN = f"{GREL}param_rep_b"
"""The parameter whose value must be a call of a function that is true or false."""

FUNCTIONS: dict[str, Function] = {
    f.iri: f
    for f in (
        PythonFunction(f"{GG}yen", (_GG_VALUE, f"{GG}unit"), "gg_yen", yen),
        PythonFunction(f"{GG}eraDate", (_GG_VALUE,), "gg_era_date", era_date),
        PythonFunction(f"{GG}foldKey", (_GG_VALUE,), "gg_fold_key", fold_key),
        SqlFunction(f"{GG}isPresent", (_GG_VALUE,), ":a IS NOT NULL", boolean=True),
        SqlFunction(f"{GG}isAbsent", (_GG_VALUE,), ":a IS NULL", boolean=True),
        SqlFunction(
            f"{GG}lineRange",
            (f"{GG}firstLine", f"{GG}lastLine"),
            _LINE_RANGE.format(first=":a", last=":b"),
        ),
        SqlFunction(
            f"{GG}lineFragment",
            (f"{GG}document", f"{GG}firstLine", f"{GG}lastLine"),
            ":a || '#' || " + _LINE_RANGE.format(first=":b", last=":c"),
        ),
        SqlFunction(f"{IDLAB}equal", (_VALUE, _VALUE_2), ":a = :b", boolean=True),
        SqlFunction(f"{IDLAB}notEqual", (_VALUE, _VALUE_2), ":a <> :b", boolean=True),
        SqlFunction(f"{GREL}boolean_and", (BOOLEAN,), ":a AND :b", boolean=True, repeatable=True),
        SqlFunction(f"{GREL}boolean_or", (BOOLEAN,), ":a OR :b", boolean=True, repeatable=True),
        SqlFunction(f"{GREL}boolean_not", (BOOLEAN,), "NOT :a", boolean=True),
        SqlFunction(f"{GREL}toUpperCase", (_VALUE,), "UPPER(:a)"),
        SqlFunction(f"{GREL}toLowerCase", (_VALUE,), "LOWER(:a)"),
        SqlFunction(f"{GREL}string_trim", (_VALUE,), "TRIM(:a, ' ' || CHR(9) || CHR(10) || CHR(13))"),
        SqlFunction(
            f"{GREL}string_replace",
            (_VALUE, f"{GREL}p_string_find", f"{GREL}p_string_replace"),
            "REPLACE(:a, :b, :c)",
        ),
    )
}
"""IRI of a function -> the function; the reference documentation lists the same table."""
