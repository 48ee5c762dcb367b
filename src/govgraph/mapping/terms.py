"""Terms as SQL: a term map becomes the expression of its N-Triples text (N-Triples 1.1, section 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from govgraph.iri import XSD
from govgraph.mapping.functions import Parameter, PythonFunction, Result, SqlFunction
from govgraph.mapping.kinds import TRUE
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Gather,
    Iteration,
    Quoted,
    Reference,
    RefObjectMap,
    Template,
    TermMap,
    TermType,
)
from govgraph.mapping.plan import (
    BLANK_LABEL,
    IRI_SAFE,
    IRI_TEXT,
    LANGUAGE_TAG,
    LITERAL_TEXT,
    TYPED_TEXT,
    UNSAFE_TEXT,
    URI_SAFE,
    URI_TEXT,
    Column,
    list_of,
    natural_of,
)

Part = str | exp.Expression
"""Constant text, or an expression of text."""

VALIDATABLE = frozenset(
    f"{XSD}{name}"
    for name in ("hexBinary", "decimal", "integer", "double", "boolean", "date", "time", "dateTime")
)
"""The datatypes whose literals must be well-typed (RML-Core, "Datatype-override Mapping")."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where references are read: the columns of a source, and the SQL column that each of them is here.

    `source` is its path, which messages name; `rows` tells its rows from those of other sources, and `row`
    is the column that numbers them. `suffix` is where languages and datatypes are read, whose values are
    combined with all of the term's (RML-Core, "Language Tags"). `attached` are terms that a query of their
    own gives. `whole` gives all values of a reference as a list, `each` the column that has each value of a
    list in turn; that is made in the scope it is given.
    """

    source: str
    rows: str
    columns: dict[str, Column]
    column: Callable[[str], exp.Expression]
    row: Callable[[], exp.Expression]
    suffix: Callable[[], Scope]
    attached: Callable[[TermMap | RefObjectMap], exp.Expression]
    whole: Callable[[str], exp.Expression]
    each: Callable[[Callable[[Scope], exp.Expression]], exp.Expression]

    def natural(self, name: str) -> Column | None:
        """The column of a reference whose values have a natural datatype other than text."""
        known = self.columns.get(name)
        return known if known and (known.natural or known.datatype) else None


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


def apply(function: str, *arguments: exp.Expression | str) -> exp.Anonymous:
    """A call of a primitive or of a registered Python function."""
    return exp.Anonymous(
        this=function,
        expressions=[exp.Literal.string(a) if isinstance(a, str) else a for a in arguments],
    )


def term_parts(term: TermMap, scope: Scope) -> list[Part]:
    """The N-Triples text of a term as parts to concatenate; null for a row where a value is missing."""
    if isinstance(term.expression, Gather | Quoted):
        return [scope.attached(term)]
    match term.term_type:
        case TermType.BLANK_NODE:
            if isinstance(term.expression, Constant):
                return ["_:", *blank_label(term.expression.value)]
            return ["_:", apply(BLANK_LABEL, concatenate(value_parts(term.expression, scope)))]
        case TermType.LITERAL:
            return _literal_parts(term, scope)
        case _:
            return ["<", *_iri_parts(term.expression, term.term_type, term.base, scope), ">"]


def _iri_parts(expression: Expression, kind: TermType, base: str | None, scope: Scope) -> list[Part]:
    """What stands between the angle brackets."""
    if isinstance(expression, Constant):
        return [expression.value]
    if kind in (TermType.UNSAFE_IRI, TermType.UNSAFE_URI):
        value = concatenate(value_parts(expression, scope))
        return [apply(UNSAFE_TEXT, value, base or "", _place(expression, scope))]
    encode, check = (URI_SAFE, URI_TEXT) if kind is TermType.URI else (IRI_SAFE, IRI_TEXT)
    if isinstance(expression, Template):
        safe: list[Part] = [
            p if isinstance(p, str) else apply(encode, scope.column(p.name)) for p in expression.parts
        ]
        if isinstance(expression.parts[0], str):
            return safe
    else:
        safe = value_parts(expression, scope)
    return [apply(check, concatenate(safe), base or "", _place(expression, scope))]


def _place(expression: Expression, scope: Scope) -> str:
    """What an error of the data names: the source, and the column where it is one alone."""
    if isinstance(expression, Reference):
        return f"column '{expression.name}' of {scope.source}"
    return scope.source


def _literal_parts(term: TermMap, scope: Scope) -> list[Part]:
    """A literal with its language or datatype; constants are escaped here, values by the engine."""
    expression = term.expression
    if isinstance(expression, Reference) and term.language is None and term.datatype is None:
        natural = scope.natural(expression.name)
        if natural and natural.natural:
            return [scope.column(natural_of(expression.name))]
        if natural:
            return ['"', apply(LITERAL_TEXT, scope.column(expression.name)), f'"^^<{natural.datatype}>']
    return ['"', *_lexical_parts(term, scope), '"', *_suffix(term, scope)]


def _lexical_parts(term: TermMap, scope: Scope) -> list[Part]:
    expression, datatype = term.expression, term.datatype
    checked = datatype is not None and (not isinstance(datatype, Constant) or datatype.value in VALIDATABLE)
    if isinstance(expression, Constant):
        return [expression.value.translate(_ESCAPES)]
    if isinstance(expression, Template) and not checked:
        return [
            p.translate(_ESCAPES) if isinstance(p, str) else apply(LITERAL_TEXT, scope.column(p.name))
            for p in expression.parts
        ]
    value = concatenate(value_parts(expression, scope))
    place = _place(expression, scope)
    if isinstance(datatype, Constant) and checked:
        return [apply(TYPED_TEXT, value, datatype.value, place)]
    if datatype is not None and checked:
        value = apply(TYPED_TEXT, value, _datatype(datatype, term, scope), place)
    return [apply(LITERAL_TEXT, value)]


def _suffix(term: TermMap, scope: Scope) -> list[Part]:
    language, datatype = term.language, term.datatype
    if isinstance(language, Constant):
        return [f"@{language.value}"]
    if language is not None:
        value = concatenate(value_parts(language, scope.suffix()))
        return ["@", apply(LANGUAGE_TAG, value, _place(language, scope))]
    if datatype is None or datatype == Constant(f"{XSD}string"):
        return []
    if isinstance(datatype, Constant):
        return [f"^^<{datatype.value}>"]
    iri = _datatype(datatype, term, scope)
    is_string = iri.eq(exp.Literal.string(f"{XSD}string"))
    typed = concatenate(["^^<", iri.copy(), ">"])
    return [exp.case().when(is_string, exp.Literal.string("")).else_(typed)]


def _datatype(datatype: Expression, term: TermMap, scope: Scope) -> exp.Expression:
    """The IRI of a literal's datatype."""
    return concatenate(_iri_parts(datatype, TermType.IRI, term.base, scope.suffix()))


def blank_label(label: str) -> list[Part]:
    """A constant blank node label as it is where N-Triples allows it, else hashed like values."""
    if label.isascii() and label.replace("_", "").isalnum():
        return [label]
    return [apply(BLANK_LABEL, label)]


def value_parts(expression: Expression, scope: Scope) -> list[Part]:
    """The value of an expression as text, before it becomes a term."""
    match expression:
        case Constant(text):
            return [text]
        case Reference(name):
            return [scope.column(name)]
        case Template(parts):
            return [p if isinstance(p, str) else scope.column(p.name) for p in parts]
        case Iteration(number):
            return [f"{scope.rows} {number} ", exp.cast(scope.row(), "text")]
        case Call():
            function = expression.function
            if function.returns is Result.LIST:
                return [scope.each(lambda inside: call(expression, inside))]
            value = call(expression, scope)
            return [exp.cast(value, "text") if function.boolean else _grouped(value)]
        case Gather() | Quoted():
            raise AssertionError("is a term, and has no value")


def call(expression: Call, scope: Scope) -> exp.Expression:
    """A function, applied: SQL with its arguments put in, or the Python function by name.

    It is true or false, a list, or text, as the function is.
    """
    function = expression.function
    values = {p: [a.value for a in expression.arguments if a.parameter == p.iri] for p in function.parameters}
    if isinstance(function, SqlFunction) and function.folds:
        ((parameter, given),) = values.items()
        result, *rest = (_argument(parameter, [value], scope) for value in given)
        for argument in rest:
            result = _put_in(function.sql, [result, argument])
        return result
    arguments = [_argument(parameter, given, scope) for parameter, given in values.items()]
    if isinstance(function, SqlFunction):
        return _put_in(function.sql, arguments)
    assert isinstance(function, PythonFunction)
    arguments = [
        exp.cast(a, "text") if p.boolean else a for p, a in zip(function.parameters, arguments, strict=True)
    ]
    result = apply(function.output_name(expression.output), *arguments)
    if function.boolean:
        return result.eq(exp.Literal.string("true"))
    if function.ascii_sql is None or not isinstance(arguments[0], exp.Column):
        return result
    is_ascii = apply("STRLEN", arguments[0].copy()).eq(exp.Length(this=arguments[0].copy()))
    return exp.case().when(is_ascii, _put_in(function.ascii_sql, arguments)).else_(result)


def _argument(parameter: Parameter, values: list[Expression], scope: Scope) -> exp.Expression:
    if not values and not parameter.many:
        return exp.null()
    if parameter.many:
        lists = [_list(value, scope) for value in values]
        result: exp.Expression = lists[0] if lists else exp.cast(exp.null(), "text[]", dialect="duckdb")
        for more in lists[1:]:
            result = apply("LIST_CONCAT", result, more)
        return result
    (value,) = values
    if not parameter.boolean:
        return concatenate(value_parts(value, scope))
    if isinstance(value, Call) and value.function.boolean:
        return call(value, scope)
    text = exp.Lower(this=concatenate(value_parts(value, scope)))
    return text.isin(*map(exp.Literal.string, TRUE))


def _list(value: Expression, scope: Scope) -> exp.Expression:
    """All values of an expression, null where there are none."""
    if isinstance(value, Reference):
        return scope.whole(value.name)
    if isinstance(value, Call) and value.function.returns is Result.LIST:
        return call(value, scope)
    return list_of_one(concatenate(value_parts(value, scope)))


def list_of_one(value: exp.Expression) -> exp.Expression:
    """A list of a value alone, null where there is none."""
    there = exp.not_(exp.Is(this=value.copy(), expression=exp.null()))
    return exp.case().when(there, exp.Array(expressions=[value]))


def all_values(name: str, *, several: bool) -> exp.Expression:
    """All values of a column's row as a list, null where there are none; `several`: it may have a list."""
    one = list_of_one(column(name))
    return exp.Coalesce(this=column(list_of(name)), expressions=[one]) if several else one


def or_null(values: exp.Expression) -> exp.Expression:
    """The list, or one of null where it is empty or null: unnesting then keeps the row."""
    some = exp.GT(this=apply("LEN", values.copy()), expression=exp.Literal.number(0))
    return exp.case().when(some, values.copy()).else_(exp.Array(expressions=[exp.null()]))


def _put_in(sql: str, arguments: list[exp.Expression]) -> exp.Expression:
    """The function's SQL with `:a`, `:b`, `:c` replaced by arguments."""
    names = {name: _grouped(a) for name, a in zip("abc", arguments, strict=False)}
    body = sqlglot.parse_one(sql, dialect="duckdb")
    return body.transform(lambda n: names[n.name].copy() if isinstance(n, exp.Placeholder) else n)


def _grouped(value: exp.Expression) -> exp.Expression:
    """An operator in brackets, anything else as it is."""
    operator = isinstance(value, exp.Binary | exp.Unary) and not isinstance(value, exp.Paren)
    return exp.paren(value) if operator else value
