"""Queries of a plan as SQL in DuckDB's dialect: as people read them, and as they run fastest."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from govgraph.mapping.plan import PRIMITIVES

_LONG_CHAIN = 4


def render(query: exp.Query | exp.Expression) -> str:
    """A query of a plan in DuckDB's dialect."""
    return query.sql("duckdb", pretty=True)


def render_fast(query: exp.Query) -> str:
    """The same for a run: chains of `||`, which copy their text again and again, as one CONCAT."""
    return render(query.transform(_concat, copy=True))


def _concat(node: exp.Expression) -> exp.Expression:
    """`a || 'b' || f(c) || …` as `CASE WHEN a IS NOT NULL AND c IS NOT NULL THEN CONCAT(…) END`.

    The lines of a row, which are such texts, are one CONCAT where none of them is null.
    """
    if isinstance(node, exp.DPipe):
        parts = _parts(node)
        if len(parts) >= _LONG_CHAIN and (read := _read(parts)):
            return exp.case().when(_known(read), _call("CONCAT", parts))
    elif isinstance(node, exp.Anonymous) and node.name == "CONCAT_WS":
        line_end, *lines = node.expressions
        parts = [part for line in lines for part in (line_end.copy(), *_parts(line.copy()))][1:]
        if read := _read(parts):
            some = _call("CONCAT_WS", [line_end, *map(_concat, lines)])
            return exp.case().when(_known(read), _call("CONCAT", parts)).else_(some)
    return node


def _parts(text: exp.Expression) -> list[exp.Expr]:
    return list(text.flatten()) if isinstance(text, exp.DPipe) else [text]


def _read(parts: Iterable[exp.Expr]) -> list[exp.Expr] | None:
    """The columns that texts read, if each text is null because of its column and nothing else, else None."""
    columns: dict[exp.Expr, None] = {}
    for part in parts:
        read = part
        while isinstance(read, exp.Anonymous) and read.name in PRIMITIVES:
            if not all(isinstance(argument, exp.Literal) for argument in read.expressions[1:]):
                return None
            read = read.expressions[0]
        if isinstance(read, exp.Column):
            columns[read] = None
        elif not isinstance(read, exp.Literal):
            return None
    return list(columns)


def _known(columns: Iterable[exp.Expr]) -> exp.Condition:
    return exp.and_(*(exp.not_(exp.Is(this=c.copy(), expression=exp.null())) for c in columns))


def _call(function: str, arguments: list[exp.Expr]) -> exp.Anonymous:
    return exp.Anonymous(this=function, expressions=arguments)
