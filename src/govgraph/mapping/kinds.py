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
    if not isinstance(expression, Call):
        return False
    return expression.function.returns is Result.LIST or _arguments_give_lists(expression)


def _arguments_give_lists(call: Call) -> bool:
    return any(
        _arguments_give_lists(a.value)
        if takes_list(call, a) and isinstance(a.value, Call)
        else gives_list(a.value)
        for a in call.arguments
    )


def one_by_one(expression: Expression) -> Iterator[str]:
    """The references whose values are taken one by one, not as a list (RML-FNML, "Multivalue processing")."""
    if not isinstance(expression, Call):
        yield from references(expression)
        return
    for argument in expression.arguments:
        if not (isinstance(argument.value, Reference) and takes_list(expression, argument)):
            yield from one_by_one(argument.value)
