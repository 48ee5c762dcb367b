"""Queries over the sources of a mapping: one SELECT in DuckDB's SQL, which reads nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from govgraph.errors import MappingError, Problem, did_you_mean
from govgraph.positions import Scalar

FORMULATION = "query"
"""The reference formulation of a query over other sources: a row of its result, a column by name."""

_HARMLESS = (exp.Subquery, exp.Unnest, exp.GenerateSeries, exp.Values)
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Into, exp.Command, exp.Copy)


def parse_query(scalar: Scalar) -> exp.Query:
    """The query that a text of a mapping holds; raises MappingError GG019 where it is no SELECT."""
    try:
        statements = sqlglot.parse(scalar.text, read="duckdb")
    except ParseError as e:
        found = e.errors[0]
        column = int(found["col"]) - len(found["highlight"] or " ") + 1
        near = f" near '{found['highlight']}'" if found["highlight"] else ""
        span = scalar.at(int(found["line"]), column)
        message = f"the query is not SQL: {_reason(str(found['description']))}{near}"
        raise MappingError(message, "GG019", span) from e
    except SqlglotError as e:
        message = "the query is not SQL: a quote or a comment is not closed"
        raise MappingError(message, "GG019", scalar.span) from e
    query, *more = statements or [None]
    if more or not isinstance(query, exp.Query) or any(query.find_all(*_CHANGES)):
        hint = "a query is one SELECT, without a semicolon"
        raise MappingError("the query is not one SELECT", "GG019", scalar.span, hint)
    return query


def tables_of(
    query: exp.Query, scalar: Scalar, known: Collection[str]
) -> tuple[dict[str, str], list[Problem]]:
    """The tables that a query reads, each with the source of `known` that it is, and what is wrong with them.

    SQL does not tell names by case; sources do, where several have the same name otherwise.
    """
    own = {cte.alias.casefold() for cte in query.find_all(exp.CTE)}
    found: dict[str, str] = {}
    problems = []
    for table in query.find_all(exp.Table, exp.Lateral):
        if isinstance(table.this, _HARMLESS):
            continue
        name, span = table.name, scalar.at(*_place(table, scalar.text))
        source = _source_of(name, known)
        if not isinstance(table.this, exp.Identifier) or table.args.get("db"):
            shown = table.this if isinstance(table, exp.Lateral) else table
            message = f"{shown.sql('duckdb')} has no place in a query"
            hint = "a query reads the sources of the mapping, by the names that they have in 'sources'"
            problems.append(Problem("GG019", message, span, hint))
        elif source is not None:
            found[name.casefold()] = source
        elif name.casefold() not in own:
            hint_ = did_you_mean(name, list(known))
            problems.append(Problem("GG008", f"unknown source '{name}' in a query", span, hint_))
    return found, problems


def columns_of(query: exp.Query, table: str) -> Iterator[str]:
    """The columns that a query reads, or may read, of one of its tables; with repetitions."""
    tables = list(query.find_all(exp.Table))
    aliases = {t.alias_or_name.casefold() for t in tables if t.name.casefold() == table}
    alone = all(t.name.casefold() == table for t in tables)
    for column in query.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier) and (
            column.table.casefold() in aliases or (alone and not column.table)
        ):
            yield column.name


def find_column(query: exp.Query, scalar: Scalar, name: str) -> tuple[int, int] | None:
    """Where a query first names a column: line and column of its text."""
    for column in query.find_all(exp.Column):
        if column.name.casefold() == name.casefold():
            return _place(column, scalar.text)
    return None


def _source_of(name: str, known: Collection[str]) -> str | None:
    alike = [k for k in known if k.casefold() == name.casefold()]
    return name if name in alike else alike[0] if len(alike) == 1 else None


def _place(node: exp.Expression, text: str) -> tuple[int, int]:
    """Line and column of a node in its text, from 1."""
    start = min((n.meta["start"] for n in node.walk() if "start" in n.meta), default=0)
    before = text[:start]
    return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1


def _reason(description: str) -> str:
    """What a parser says, without the names of its classes."""
    return "something is missing" if "<" in description else description.rstrip(".")
