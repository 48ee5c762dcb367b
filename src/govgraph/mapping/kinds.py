"""What expressions take and give: one value, a list, true or false."""

from __future__ import annotations

from collections.abc import Iterator

from govgraph.mapping.functions import Result
from govgraph.mapping.model import Argument, Call, Constant, Expression, Reference, references

TRUE, FALSE = ("true", "1"), ("false", "0")
"""How data write what is true or false, in any case; all that is not true is false."""


def may_be_boolean(expression: Expression) -> bool:
    """Whether an expression can stand for true or false."""
    if isinstance(expression, Constant):
        return expression.value.lower() in (*TRUE, *FALSE)
    return not isinstance(expression, Call) or expression.function.boolean


def takes_list(call: Call, argument: Argument) -> bool:
    """Whether the function takes all values of an argument as a list."""
    parameter = call.function.parameter(argument.parameter)
    return parameter is not None and parameter.many


def gives_list(expression: Expression) -> bool:
    """Whether functions give several values, each of which makes a term or is an argument."""
    return lists(expression) > 0


def lists(expression: Expression) -> int:
    """How many lists that functions give are taken value by value."""
    if not isinstance(expression, Call):
        return 0
    found = int(expression.function.returns is Result.LIST)
    for argument in expression.arguments:
        value = argument.value
        whole = isinstance(value, Call) and value.function.returns is Result.LIST
        found += lists(value) - int(whole and takes_list(expression, argument))
    return found


def one_by_one(expression: Expression) -> Iterator[str]:
    """The references whose values are taken one by one, not as a list (RML-FNML, "Multivalue processing")."""
    if not isinstance(expression, Call):
        yield from references(expression)
        return
    for argument in expression.arguments:
        if not (isinstance(argument.value, Reference) and takes_list(expression, argument)):
            yield from one_by_one(argument.value)
