"""Terms as SQL: a term map becomes the expression of its N-Triples text (N-Triples 1.1, section 7)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlglot
from sqlglot import exp

from govgraph.iri import XSD, is_absolute
from govgraph.mapping.functions import FUNCTIONS, PythonFunction
from govgraph.mapping.model import Call, Constant, Expression, Reference, Template, TermMap, TermType
from govgraph.mapping.plan import BLANK_LABEL, IRI_SAFE, IRI_TEXT, LITERAL_TEXT

Part = str | exp.Expression
"""Constant text, or an expression of text."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


def concatenate(parts: Iterable[Part]) -> exp.Expression:
    """`a || b || …` with neighbouring constants joined; null where any part is null.

    >>> print(concatenate(["<a/", "b/", column("id"), ">"]).sql("duckdb"))
    '<a/b/' || "id" || '>'
    """
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    terms = [exp.Literal.string(p) if isinstance(p, str) else p for p in merged]
    result = terms[0] if terms else exp.Literal.string("")
    for term in terms[1:]:
        result = exp.DPipe(this=result, expression=term)
    return result


def column(name: str, table: str | None = None) -> exp.Column:
    """A column, its name always quoted."""
    return exp.column(name, table=table, quoted=True)


def table(name: str) -> exp.Table:
    """A table, its name always quoted."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def apply(function: str, *arguments: exp.Expression) -> exp.Anonymous:
    """A call of a primitive or of a registered Python function."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def term_parts(term: TermMap, base: str | None, source: str) -> list[Part]:
    """The N-Triples text of a term as parts to concatenate; null for a row where a value is missing.

    `source` is the path that data errors name.
    """
    match term.term_type:
        case TermType.IRI:
            return _iri_parts(term, base, source)
        case TermType.BLANK_NODE:
            if isinstance(term.expression, Constant):
                return ["_:", *blank_label(term.expression.value)]
            return ["_:", apply(BLANK_LABEL, concatenate(value_parts(term.expression)))]
        case TermType.LITERAL:
            return ['"', *_literal_parts(term.expression), '"', _suffix(term)]


def _iri_parts(term: TermMap, base: str | None, source: str) -> list[Part]:
    expression = term.expression
    if isinstance(expression, Constant):
        return [f"<{expression.value}>"]
    if isinstance(expression, Template) and isinstance(expression.parts[0], str):
        safe = (p if isinstance(p, str) else apply(IRI_SAFE, column(p.name)) for p in expression.parts)
        return ["<", *safe, ">"]
    if isinstance(expression, Template):
        value = concatenate(
            p if isinstance(p, str) else apply(IRI_SAFE, column(p.name)) for p in expression.parts
        )
    else:
        value = concatenate(value_parts(expression))
    place = f"column '{expression.name}' of {source}" if isinstance(expression, Reference) else source
    return [
        "<",
        apply(IRI_TEXT, value, exp.Literal.string(base or ""), exp.Literal.string(place)),
        ">",
    ]


def _literal_parts(expression: Expression) -> list[Part]:
    """The escaped lexical form; constants are escaped here, values by the engine."""
    match expression:
        case Constant(text):
            return [text.translate(_ESCAPES)]
        case Template(parts):
            return [
                p.translate(_ESCAPES) if isinstance(p, str) else apply(LITERAL_TEXT, column(p.name))
                for p in parts
            ]
        case _:
            return [apply(LITERAL_TEXT, concatenate(value_parts(expression)))]


def _suffix(term: TermMap) -> str:
    if term.language:
        return f"@{term.language}"
    if term.datatype and term.datatype != f"{XSD}string":
        return f"^^<{term.datatype}>"
    return ""


def blank_label(label: str) -> list[Part]:
    """A constant blank node label as it is where N-Triples allows it, else hashed like values."""
    if label.isascii() and label.replace("_", "").isalnum():
        return [label]
    return [apply(BLANK_LABEL, exp.Literal.string(label))]


def value_parts(expression: Expression) -> list[Part]:
    """The value of an expression as text, before it becomes a term."""
    match expression:
        case Constant(text):
            return [text]
        case Reference(name):
            return [column(name)]
        case Template(parts):
            return [p if isinstance(p, str) else column(p.name) for p in parts]
        case Call(function):
            value = call(expression)
            return [exp.cast(value, "text") if FUNCTIONS[function].boolean else _grouped(value)]


def call(expression: Call) -> exp.Expression:
    """A function of the registry, applied: SQL with its arguments put in, or the Python function by name."""
    function = FUNCTIONS[expression.function]
    arguments = [_argument(a.value) for a in expression.arguments]
    if isinstance(function, PythonFunction):
        return apply(function.sql_name, *arguments)
    if not function.repeatable:
        return _put_in(function.sql, arguments)
    result, *rest = arguments
    for argument in rest:
        result = _put_in(function.sql, [result, argument])
    return result


def _argument(value: Expression) -> exp.Expression:
    if isinstance(value, Call) and FUNCTIONS[value.function].boolean:
        return call(value)
    return concatenate(value_parts(value))


def _put_in(sql: str, arguments: list[exp.Expression]) -> exp.Expression:
    """The function's SQL with `:a`, `:b`, `:c` replaced by arguments."""
    names = {name: _grouped(a) for name, a in zip("abc", arguments, strict=False)}
    body = sqlglot.parse_one(sql, dialect="duckdb")
    return body.transform(lambda n: names[n.name].copy() if isinstance(n, exp.Placeholder) else n)


def _grouped(value: exp.Expression) -> exp.Expression:
    """An operator in brackets, anything else as it is."""
    operator = isinstance(value, exp.Binary | exp.Unary) and not isinstance(value, exp.Paren)
    return exp.paren(value) if operator else value


def valid_constant(term: TermMap) -> bool:
    """Whether a term map that is a constant IRI is a valid one (others are checked on the data)."""
    expression = term.expression
    if term.term_type is not TermType.IRI or not isinstance(expression, Constant):
        return True
    return is_absolute(expression.value)
