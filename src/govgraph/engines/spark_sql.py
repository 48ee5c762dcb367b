"""Plans in Spark's dialect: the functions that plans are written with, and what only DuckDB can say.

Primitives are put in as expressions: Spark's own SQL functions may not stand in a generator, and work out
their arguments before the CASE that they stand in. What SQL says in another way in Spark (any scalar
function that is not in `_PORTABLE`) is a call of a Python function that asks DuckDB, for whole columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import duckdb
from sqlglot import exp

from govgraph.engines.calling import REJECTED
from govgraph.engines.macros import (
    LEXICAL,
    NOT_A_LANGUAGE,
    NOT_A_URI,
    NOT_AN_IRI,
    NOT_OF_TYPE,
    NUL,
    NUL_IN_ERRORS,
    SEPARATOR,
)
from govgraph.engines.spark_types import Types, type_of
from govgraph.iri import INVALID_IN_IRI, IUNRESERVED, SCHEME, XSD
from govgraph.mapping.checks import LANGUAGE_TAG as LANGUAGE_TAG_PATTERN
from govgraph.mapping.functions import PythonFunction, Result
from govgraph.mapping.plan import (
    BLANK_LABEL,
    IRI_SAFE,
    IRI_TEXT,
    LANGUAGE_TAG,
    LITERAL_TEXT,
    PRIMITIVES,
    TYPED_TEXT,
    UNSAFE_TEXT,
    URI_SAFE,
    URI_TEXT,
    Plan,
)


def spark_text(value: str) -> str:
    """`value` as a string of Spark's SQL."""
    return exp.Literal.string(value).sql("spark")


def spark_name(name: str) -> str:
    """A name of a table or column, quoted."""
    return exp.to_identifier(name, quoted=True).sql("spark")


# -- primitives ------------------------------------------------------------------------------------------

_CHARACTERS = "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in IUNRESERVED)
_ONLY_UNRESERVED = spark_text(rf"^[{_CHARACTERS}]*\z")
_RUNS = spark_text(f"[{_CHARACTERS}]+|[^{_CHARACTERS}]+")
_UNRESERVED = spark_text(f"^[{_CHARACTERS}]")
_INVALID, _SCHEME = spark_text(INVALID_IN_IRI), spark_text(SCHEME)
_RARE = spark_text(r'["\\\n\r\x00]')


def _error(what: str, value: str, place: str) -> str:
    """Ends the run with the parts that DuckDB's macros name, each with a separator after it."""
    shown = f"replace({value}, {spark_text(chr(0))}, {spark_text(NUL_IN_ERRORS)})"
    parts = ", ".join(("'GG401'", what, shown, place, "''"))
    return f"raise_error(concat_ws({spark_text(SEPARATOR)}, {parts}))"


def whole(pattern: str) -> str:
    """The Java regular expression of values that a pattern matches whole; `$` lets a line end pass."""
    return spark_text(rf"^(?:{pattern})\z")


def _escaped(value: str, escapes: Mapping[str, str]) -> str:
    for character, escape in escapes.items():
        value = f"replace({value}, {spark_text(character)}, {spark_text(escape)})"
    return value


def _percent_encoded(value: str) -> str:
    """Java encodes forms: all bytes but those of letters, digits and `-._*`, a space as a plus sign."""
    return _escaped(f"url_encode({value})", {"+": "%20", "*": "%2A", "%7E": "~"})


def _iri_safe(value: str) -> str:
    return (
        f"CASE WHEN octet_length({value}) = length({value}) THEN {_percent_encoded(value)} "
        f"WHEN {value} RLIKE {_ONLY_UNRESERVED} THEN {value} "
        f"ELSE array_join(transform(regexp_extract_all({value}, {_RUNS}, 0), run -> "
        f"CASE WHEN run RLIKE {_UNRESERVED} THEN run ELSE {_percent_encoded('run')} END), '') END"
    )


def _resolved(kind: str, wrong: Callable[[str], str], value: str, base: str, place: str) -> str:
    """The value as it is where it is absolute, else after the base."""
    return _placed(wrong(value), kind, value, value, base, place)


def _placed(wrong: str, kind: str, value: str, text: str, base: str, place: str) -> str:
    absolute = f"{value} RLIKE {_SCHEME}"
    relative = f"{base} || {text}" if base != "''" else _error(spark_text(kind), value, place)
    error = _error(spark_text(kind), value, place)
    return (
        f"CASE WHEN {wrong} THEN {error} WHEN {absolute} THEN {text} WHEN NOT {absolute} THEN {relative} END"
    )


def _unsafe_text(value: str, base: str, place: str) -> str:
    escapes = {"\\": r"\u005C", "<": r"\u003C", ">": r"\u003E", "\n": r"\u000A", "\r": r"\u000D"}
    wrong = f"contains({value}, {spark_text(chr(0))})"
    return _placed(wrong, NOT_AN_IRI, value, _escaped(value, escapes), base, place)


def _literal_text(value: str) -> str:
    escaped = _escaped(value, {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})
    error = _error(spark_text(NUL), value, "''")
    return (
        f"CASE WHEN {value} RLIKE {_RARE} THEN CASE WHEN contains({value}, {spark_text(chr(0))}) "
        f"THEN {error} ELSE {escaped} END ELSE {value} END"
    )


def _typed_text(value: str, datatype: str, place: str) -> str:
    ill_typed = {
        spark_text(XSD + name): f"NOT {value} RLIKE {whole(pattern)}" for name, pattern in LEXICAL.items()
    }
    wrong = ill_typed.get(datatype)
    if wrong is None:
        if datatype.startswith("'"):
            return value
        cases = " ".join(f"WHEN {datatype} = {iri} THEN {ill}" for iri, ill in ill_typed.items())
        wrong = f"CASE {cases} ELSE FALSE END"
    error = _error(f"{spark_text(NOT_OF_TYPE)} || {datatype}", value, place)
    return f"CASE WHEN {wrong} THEN {error} ELSE {value} END"


def _language_tag(value: str, place: str) -> str:
    error = _error(spark_text(NOT_A_LANGUAGE), value, place)
    return f"CASE WHEN NOT {value} RLIKE {whole(LANGUAGE_TAG_PATTERN)} THEN {error} ELSE {value} END"


_EXPRESSIONS: Mapping[str, Callable[..., str]] = {
    IRI_SAFE: _iri_safe,
    URI_SAFE: _percent_encoded,
    IRI_TEXT: partial(_resolved, NOT_AN_IRI, lambda v: f"{v} RLIKE {_INVALID}"),
    URI_TEXT: partial(
        _resolved, NOT_A_URI, lambda v: f"({v} RLIKE {_INVALID} OR octet_length({v}) <> length({v}))"
    ),
    UNSAFE_TEXT: _unsafe_text,
    LITERAL_TEXT: _literal_text,
    TYPED_TEXT: _typed_text,
    LANGUAGE_TAG: _language_tag,
    BLANK_LABEL: "'b' || md5({})".format,
}
assert _EXPRESSIONS.keys() == PRIMITIVES.keys()

# -- queries ---------------------------------------------------------------------------------------------

_PORTABLE = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Is,
    exp.Paren,
    exp.Case,
    exp.If,
    exp.DPipe,
    exp.Coalesce,
    exp.ConcatWs,
    exp.Array,
    exp.Explode,
    exp.AggFunc,
    exp.RowNumber,
    exp.Window,
    exp.Query,
)
"""What means the same in both dialects, once its parts do."""

_SCALAR = (exp.Func, exp.Binary, exp.Unary, exp.Predicate, exp.Bracket)
_TEXT = (exp.Column, exp.Literal, exp.DPipe, exp.Anonymous, exp.Paren, exp.AggFunc)

_NATIVE: Mapping[type[exp.Expression], Callable[..., str]] = {
    exp.GenerateSeries: "sequence(CAST({} AS BIGINT), CAST({} AS BIGINT))".format,
    exp.ArraySize: "size({})".format,
    exp.Bracket: "try_element_at({}, CAST({} AS INT))".format,
}
"""What plans number and take the values of lists by, in Spark's words; a list that is numbered has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What DuckDB is asked for in the workers: an expression, whose columns are `a0`, `a1` and so on.

    Its results are texts, or lists of them (`several`), whatever they are in DuckDB; `type` says that.
    """

    sql: str
    several: bool
    type: str


class Dialect:
    """Renders queries of a plan for Spark and collects what they ask DuckDB, which the workers must have."""

    def __init__(self, plan: Plan) -> None:
        self.expressions: dict[str, Asked] = {}
        """Name of a function -> what it gives."""
        self._names: dict[str, str] = {}
        self._types = Types(plan)
        self._python = {f.output_name(output): f for f, output in plan.python_functions}

    def render(self, query: exp.Query) -> str:
        """A query of a plan, whose column `quad` no filter works out a second time."""
        tree = query.copy()
        assert isinstance(tree, exp.Expression)
        self._types.note(tree, _is_given_to_duckdb)
        for quad in tree.find_all(exp.Alias):
            if quad.alias == "quad" and not isinstance(quad.this, exp.Explode | exp.Column):
                quad.set("this", exp.Explode(this=exp.Array(expressions=[quad.this])))
        return self._translated(tree).sql("spark", identify=True)  # LEFT is no name in Spark

    def _translated(self, node: exp.Expression) -> exp.Expression:
        """The node for Spark; what is in it is changed in place."""
        if isinstance(node, exp.Anonymous) and node.name in PRIMITIVES:
            arguments = (self._translated(a) for a in node.expressions)
            return _raw(_EXPRESSIONS[node.name](*(_operand(a) for a in arguments)))
        if _is_native(node):
            arguments = (self._translated(a) for a in _operands(node))
            return _raw(_NATIVE[_native(node)](*(_operand(a) for a in arguments)))
        if python := self._python_function(node):
            several = python.returns is Result.LIST
            return _raw(_raising(self._call(node.name, node.expressions), several=several))
        if isinstance(node, _SCALAR) and not _is_portable(node):
            call, asked = self._by_duckdb(node)
            value = _raising(call, several=asked.several)
            known = asked.type in _SPARK_TYPES
            return _raw(f"CAST({value} AS {_SPARK_TYPES[asked.type]})" if known else value)
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Expression):
                node.set(key, self._translated(value))
            elif isinstance(value, list):
                node.set(key, [self._translated(v) if isinstance(v, exp.Expression) else v for v in value])
        return node

    def _call(self, name: str, arguments: list[exp.Expression]) -> str:
        return f"{name}({', '.join(self._argument(a) for a in arguments)})"

    def _argument(self, node: exp.Expression) -> str:
        """An argument of a Python function: an error of it is passed on, to be raised where it is needed."""
        if self._python_function(node):
            return self._call(node.name, node.expressions)
        if self._is_called_for(node):
            return self._by_duckdb(node)[0]
        return self._translated(node).sql("spark")

    def _by_duckdb(self, node: exp.Expression) -> tuple[str, Asked]:
        """The call of a function that gives what DuckDB makes of an expression."""
        leaves: dict[exp.Expression, str] = {}
        types: list[str] = []

        def read(part: exp.Expression) -> exp.Expression:
            python = self._python_function(part)
            if not (python or isinstance(part, exp.Column) or _is_primitive(part)):
                return part
            several = python is not None and python.returns is Result.LIST
            if part not in leaves:
                leaves[part.copy()] = f"a{len(leaves)}"
                types.append("VARCHAR[]" if several else type_of(part))
            return _passing_on(leaves[part], several=several) if python else exp.column(leaves[part])

        sql = node.transform(read, copy=True).sql("duckdb")
        if not leaves:  # it is the same for each row, of which there must be a column
            types.append("VARCHAR")
        if (key := f"{sql} {types}") not in self._names:
            self._names[key] = f"govgraph_duckdb_{len(self._names)}"
            columns = ", ".join(f"NULL::{type_} AS a{number}" for number, type_ in enumerate(types))
            described = duckdb.execute(f"DESCRIBE SELECT {sql} FROM (SELECT {columns})").fetchone()
            assert described
            several = described[1].endswith("[]")
            text = f"CAST({sql} AS VARCHAR{'[]' if several else ''})"
            self.expressions[self._names[key]] = Asked(text, several, described[1])
        name = self._names[key]
        arguments = [self._argument(leaf) for leaf in leaves] or ["''"]
        return f"{name}({', '.join(arguments)})", self.expressions[name]

    def _is_called_for(self, node: exp.Expression) -> bool:
        """Whether a Python function or DuckDB works out an expression or a part of it."""
        if isinstance(node, exp.Column) or _is_primitive(node):
            return False
        here = self._python_function(node) is not None or _is_for_duckdb(node)
        return here or any(map(self._is_called_for, node.iter_expressions()))

    def _python_function(self, node: exp.Expression) -> PythonFunction | None:
        return self._python.get(node.name) if isinstance(node, exp.Anonymous) else None


_SPARK_TYPES = {"BOOLEAN": "BOOLEAN", "INTEGER": "BIGINT", "BIGINT": "BIGINT", "UBIGINT": "DECIMAL(20, 0)"}
"""DuckDB's types other than text that plans compare and count by."""


def _is_portable(node: exp.Expression) -> bool:
    if isinstance(node, exp.Cast):
        return node.is_type(exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR)
    if isinstance(node, exp.EQ | exp.NEQ):  # of texts; numbers are compared as such
        return all(isinstance(side.unnest(), _TEXT) for side in (node.this, node.expression))
    if isinstance(node, exp.GT):
        return _is_native(node.this) and isinstance(node.expression, exp.Literal)
    if isinstance(node, exp.Add):
        return isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Literal)
    if isinstance(node, exp.In):
        return all(isinstance(part, exp.Literal | exp.DPipe | exp.Column) for part in node.iter_expressions())
    if isinstance(node, exp.Anonymous):
        return node.name.upper() in ("CONCAT_WS", "")
    return isinstance(node, _PORTABLE)


def _is_primitive(node: exp.Expression) -> bool:
    return isinstance(node, exp.Anonymous) and node.name in PRIMITIVES


def _is_for_duckdb(node: exp.Expression) -> bool:
    scalar = isinstance(node, _SCALAR) and not _is_primitive(node)
    return scalar and not _is_native(node) and not _is_portable(node)


def _is_given_to_duckdb(column: exp.Column) -> bool:
    """Whether a column is read by what DuckDB works out, or by a Python function."""
    node = column.parent
    while isinstance(node, exp.Expression) and not isinstance(node, exp.Select):
        if _is_for_duckdb(node):
            return True
        node = node.parent
    return False


def _native(node: exp.Expression) -> type[exp.Expression]:
    """LEN, which plans count the values of lists by, is another name of a function."""
    is_len = isinstance(node, exp.Anonymous) and node.name == "LEN"
    return exp.ArraySize if is_len else type(node)


def _is_native(node: exp.Expression) -> bool:
    return _native(node) in _NATIVE and (not isinstance(node, exp.Bracket) or node.args.get("offset") == 1)


def _operands(node: exp.Expression) -> list[exp.Expression]:
    """What a native function is called with."""
    if isinstance(node, exp.GenerateSeries):
        return [node.args["start"], node.args["end"]]
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [node.this, *node.expressions]


def _passing_on(name: str, *, several: bool) -> exp.Expression:
    """What a Python function gave, in DuckDB: its error is raised again where the value is needed."""
    first = f"{name}[1]" if several else name
    error = f"error(substring({first}, {len(REJECTED) + 1}))"
    rejected = f"starts_with({first}, chr({ord(REJECTED)}))"
    return exp.Var(this=f"(CASE WHEN {rejected} THEN {error} ELSE {name} END)")


def _raising(call: str, *, several: bool) -> str:
    """A call of a Python function, whose error is raised only where its result is needed."""
    first = f"get({call}, 0)" if several else call
    error = f"raise_error(substring({first}, {len(REJECTED) + 1}))"
    return f"CASE WHEN startswith({first}, {spark_text(REJECTED)}) THEN {error} ELSE {call} END"


def _operand(node: exp.Expression) -> str:
    """The text of an expression as it can stand in another one."""
    text = node.sql("spark")
    return text if isinstance(node, exp.Column | exp.Literal | exp.Var) else f"({text})"


def _raw(sql: str) -> exp.Expression:
    """Spark's SQL, which sqlglot prints as it is."""
    return exp.Var(this=f"({sql})")
