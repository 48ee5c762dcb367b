"""The functions of GREL on numbers: exact where the result is, else as precise as a double."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from govgraph.mapping.functions.grel_text import INTEGER, INTEGER_2, OUTPUTS, integer, parameter
from govgraph.mapping.functions.registry import Library
from govgraph.mapping.prefixes import GREL

LIBRARY = Library(GREL, "grel", OUTPUTS)

NUMBER = parameter("p_dec_n", "param_dec_n")
NUMBER_2 = parameter("param_n2", "param_dec_n2")
EXPONENT = parameter("p_any_exp", "param_dec_n_exp")

_LARGEST = 1000
"""Factorials and the like of more than this are refused: their results have thousands of digits."""

_math = LIBRARY.python


def number(text: str) -> Decimal:
    """A number; raises ValueError."""
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text.strip()):
        raise ValueError(f"'{text}' is not a number")
    return Decimal(text.strip())


def shown(value: Decimal | int | float) -> str:
    """A number in as few digits as it needs, without an exponent where it is exact."""
    if isinstance(value, float):
        return shown(Decimal(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_half_up(value: Decimal) -> Decimal:
    return (value + Decimal("0.5")).to_integral_value(ROUND_FLOOR)


def _even(value: Decimal) -> Decimal:
    """Away from zero to the next even number."""
    half = (abs(value) / 2).to_integral_value(ROUND_CEILING) * 2
    return half if value >= 0 else -half


def _odd(value: Decimal) -> Decimal:
    """Away from zero to the next odd number."""
    size = ((abs(value) + 1) / 2).to_integral_value(ROUND_CEILING) * 2 - 1
    size = max(size, Decimal(1))
    return size if value >= 0 else -size


def _power(base: Decimal, exponent: Decimal) -> Decimal | float:
    if exponent == exponent.to_integral_value() and 0 <= exponent <= _LARGEST:
        return base ** int(exponent)
    return math.pow(float(base), float(exponent))


def _add(
    name: str,
    call: Callable[..., Decimal | int | float],
    description: str,
    *examples: tuple[str, ...],
    of: int = 1,
) -> None:
    """A function of one or two decimal numbers."""
    parameters = (NUMBER, EXPONENT) if name == "math_pow" else (NUMBER, NUMBER_2)[:of]

    @_math(name, parameters, description, *examples)
    def compute(*values: str) -> str:
        try:
            return shown(call(*map(number, values)))
        except (ArithmeticError, InvalidOperation, ValueError) as e:
            if "is not a number" in str(e):
                raise
            raise ValueError(f"there is no such number: {name} of {', '.join(values)}") from e


def _add_whole(
    name: str, call: Callable[..., int], description: str, *examples: tuple[str, ...], of: int = 2
) -> None:
    """A function of one or two whole numbers."""

    @_math(name, (INTEGER, INTEGER_2)[:of], description, *examples)
    def compute(*values: str) -> str:
        numbers = [integer(value) for value in values]
        if name not in ("math_mod", "math_gcd", "math_lcm") and not all(0 <= n <= _LARGEST for n in numbers):
            raise ValueError(f"{name} takes numbers from 0 to {_LARGEST}, not {', '.join(values)}")
        try:
            return str(call(*numbers))
        except (ZeroDivisionError, ValueError) as e:
            raise ValueError(f"there is no such number: {name} of {', '.join(values)}") from e


_add("math_floor", lambda x: x.to_integral_value(ROUND_FLOOR), "the whole number below", ("-2.5", "-3"))
_add("math_ceil", lambda x: x.to_integral_value(ROUND_CEILING), "the whole number above", ("2.1", "3"))
_add("math_round", _round_half_up, "the nearest whole number, halves upwards", ("2.5", "3"), ("-2.5", "-2"))
_add("math_abs", abs, "without its sign", ("-3.20", "3.2"))
_add("math_even", _even, "the next even number away from zero", ("3", "4"), ("-1.5", "-2"))
_add("math_odd", _odd, "the next odd number away from zero", ("2", "3"), ("-1.5", "-3"))
_add("math_min", min, "the smaller of two", ("2", "10", "2"), of=2)
_add("math_max", max, "the larger of two", ("2", "10", "10"), of=2)
_add("math_quotient", lambda x, y: int(x / y), "the whole part of a division", ("9", "2", "4"), of=2)
_add("math_pow", _power, "a power", ("2", "10", "1024"), ("4", "0.5", "2"))
_add("math_exp", lambda x: math.exp(x), "e to this power", ("0", "1"))
_add("math_ln", lambda x: math.log(x), "the natural logarithm", ("1", "0"))
_add("math_log", lambda x: math.log10(x), "the logarithm to the base 10", ("1000", "3"))
_add("math_degrees", lambda x: math.degrees(x), "degrees of radians", ("0", "0"))
_add("math_radians", lambda x: math.radians(x), "radians of degrees", ("0", "0"))
_add("math_cos", lambda x: math.cos(x), "the cosine", ("0", "1"))
_add("math_cosh", lambda x: math.cosh(x), "the hyperbolic cosine", ("0", "1"))
_add("math_sin", lambda x: math.sin(x), "the sine", ("0", "0"))
_add("math_sinh", lambda x: math.sinh(x), "the hyperbolic sine", ("0", "0"))
_add("math_tan", lambda x: math.tan(x), "the tangent", ("0", "0"))
_add("math_tanh", lambda x: math.tanh(x), "the hyperbolic tangent", ("0", "0"))
_add("math_acos", lambda x: math.acos(x), "the arc cosine", ("1", "0"))
_add("math_asin", lambda x: math.asin(x), "the arc sine", ("0", "0"))
_add("math_atan", lambda x: math.atan(x), "the arc tangent", ("0", "0"))
_add("math_atan2", lambda y, x: math.atan2(y, x), "the angle of a point (y, x)", ("0", "1", "0"), of=2)
_add_whole("math_mod", lambda x, y: x % y, "the rest of a division", ("74", "9", "2"))
_add_whole("math_gcd", math.gcd, "the greatest common divisor", ("12", "18", "6"))
_add_whole("math_lcm", math.lcm, "the least common multiple", ("4", "6", "12"))
_add_whole("math_combin", math.comb, "how many ways there are to choose", ("20", "2", "190"))
_add_whole("math_fact", math.factorial, "the factorial", ("5", "120"), of=1)
_add_whole(
    "math_factn",
    lambda x, step: math.prod(range(x, 0, -step)),
    "the factorial with a step",
    ("10", "3", "280"),
)
