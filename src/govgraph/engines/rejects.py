"""Rows whose data cannot become terms: found all, left out, told.

A run stops at the first error of the data, which costs nothing where there is none. Only then are all rows
looked through: every place of the plan where a value can be wrong becomes a query for the rows where it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlglot import exp

from govgraph.engines.macros import NOT_A_LANGUAGE, NOT_A_URI, NOT_AN_IRI, NOT_OF_TYPE, NUL
from govgraph.engines.places import Place, record_places, table_rows
from govgraph.engines.rendering import render
from govgraph.engines.row_places import row_places, view_rows
from govgraph.engines.session import MALFORMED_CSV, Session, describe, shown
from govgraph.engines.sources import MalformedRecord, UnreadableValue
from govgraph.engines.staging import staged, text_of
from govgraph.errors import Problem, SourceSpan
from govgraph.mapping.functions import Result
from govgraph.mapping.plan import (
    CHECKED,
    CHILD,
    CHILD_ROW,
    IRI_TEXT,
    LANGUAGE_TAG,
    LITERAL_TEXT,
    PARENT,
    PARENT_ROW,
    ROW,
    TRIPLES_MAP,
    TYPED_TEXT,
    UNSAFE_TEXT,
    URI_TEXT,
    Plan,
    Source,
    Statement,
    list_of,
    natural_of,
)

SIDE_COLUMNS = ("source", "line", "mapping", "value", "problem")
"""The columns of the file that rejected rows are written to."""

_FUNCTION = "function "
_NUMBER = "number"
_ZERO = exp.Literal.number(0)
_KINDS = {
    IRI_TEXT: NOT_AN_IRI,
    URI_TEXT: NOT_A_URI,
    UNSAFE_TEXT: NOT_AN_IRI,
    LITERAL_TEXT: NUL,
    LANGUAGE_TAG: NOT_A_LANGUAGE,
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that a triples map could not make terms of: where it stands, and why.

    `triples_map` is empty for a row that could not be read at all.
    """

    triples_map: str
    place: Place
    value: str
    message: str
    hint: str | None

    @property
    def problem(self) -> Problem:
        """The rejection as it is told."""
        span = self.place.span
        if not self.triples_map:
            return Problem("GG402", self.message, span, self.hint)
        return Problem("GG401", f"{self.told} (mapping '{self.triples_map}')", span, self.hint)

    @property
    def told(self) -> str:
        """What is wrong, with the number of the iteration where there is one."""
        number = self.place.iteration
        return f"{self.message} (iteration {number})" if number else self.message


def number_rows(statement: Statement) -> exp.Select:
    """The rows of a statement with the number of the record they come from, and of the parent's in a join."""
    rows = statement.rows.copy()
    sides = {s.alias: s for s in rows.find_all(exp.Subquery) if s.alias in (CHILD, PARENT)}
    if not sides:
        return rows.select(exp.alias_(_column(ROW), CHILD_ROW, quoted=True))
    for side in sides.values():
        side.this.set("distinct", None)
        if ROW not in side.this.named_selects:
            side.this.select(_column(ROW), copy=False)
    semi = any(join.kind.upper() == "SEMI" for join in rows.args.get("joins") or ())
    rows = rows.select(exp.alias_(_column(ROW, CHILD), CHILD_ROW, quoted=True))
    return rows if semi else rows.select(exp.alias_(_column(ROW, PARENT), PARENT_ROW, quoted=True))


def reject_rows(session: Session) -> tuple[Plan, list[Rejection]]:
    """The plan without the rows that cannot become terms, and these rows, in the order of the sources.

    The session is lenient and its rows are numbered. A row is left out of a triples map as a whole.
    """
    tables = _tables(session.plan)
    session.connection.execute(
        f"CREATE TEMP TABLE rejected (map VARCHAR, {_NUMBER} BIGINT, kind VARCHAR, value VARCHAR)"
    )
    for statement in session.plan.statements:
        for query in _checks(statement, session.plan):
            session.connection.execute(f"INSERT INTO rejected {render(query)}")
    for triples_map, wrong in _unreadable_values(session):
        values = [triples_map, wrong.record, _FUNCTION + wrong.message, wrong.value]
        session.connection.execute("INSERT INTO rejected VALUES (?, ?, ?, ?)", values)
    found = session.rows(f"SELECT DISTINCT map, {_NUMBER}, kind, value FROM rejected ORDER BY ALL")
    places: dict[str, list[Place]] = {}
    rejections = [*_malformed_rows(session), *_malformed_records(session)]
    malformed = {r.place for r in rejections}
    for unclosed in _unclosed_rows(session, malformed):
        rejections.append(unclosed)
    for name, number, kind, value in found:
        source = tables[str(name)]
        if source.table not in places:
            places[source.table] = row_places(session, source, malformed)
        text, hint = str(kind).removeprefix(_FUNCTION), None
        if source.parts and str(value).startswith("\0"):  # what a function of the view says
            text, value = str(value).removeprefix("\0"), ""
        elif text == kind:
            text, hint = describe(text, str(value), session.plan.file)
        known = places[source.table]
        row = int(str(number))
        place = known[row - 1] if row <= len(known) else Place(SourceSpan(known[0].span.file))
        rejections.append(Rejection(str(name), place, str(value), text, hint))
    plan = session.plan.mapped(_without_rejected)
    each = dict.fromkeys(rejections)  # several rows of a view are made of one record
    return plan, sorted(each, key=lambda r: (r.place, r.triples_map, r.message))


def write_rejections(rejections: list[Rejection], side: Path) -> None:
    """Writes the side file of an output."""
    with side.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(SIDE_COLUMNS)
        for r in rejections:
            rows.writerow((r.place.span.file, r.place.span.line or "", r.triples_map, r.value, r.told))


def _unreadable_values(session: Session) -> Iterator[tuple[str, UnreadableValue]]:
    """The values that are no text, with each triples map that reads them."""
    tables = {source.table: source for source in session.plan.sources}
    for name, (table, read) in _fields_read(session.plan).items():
        if tables[table].parts:
            yield from ((name, wrong) for wrong in _unreadable_in_view(session, tables[table]))
        for wrong in () if tables[table].parts else session.unreadable.get(table, ()):
            if isinstance(wrong, MalformedRecord):
                continue
            field = wrong.column.sql_name
            fields = {field, natural_of(field)}
            if not read.isdisjoint(fields | set(map(list_of, fields))):
                yield name, wrong


def _unreadable_in_view(session: Session, view: Source) -> Iterator[UnreadableValue]:
    """The values that are no text of the records that a view's rows are made of, once for each row."""
    wrong: dict[int, list[UnreadableValue]] = {}
    tables = [view]
    while tables[-1].parts:
        tables.append(tables[-1].parts[0])
    for value in (v for table in tables for v in session.unreadable.get(table.table, ())):
        if isinstance(value, UnreadableValue):
            wrong.setdefault(value.record, []).append(value)
    for row, record in view_rows(session, view) if wrong else ():
        yield from (replace(value, record=row) for value in wrong.get(record, ()))


def _fields_read(plan: Plan) -> dict[str, tuple[str, set[str]]]:
    """Triples map -> its table, and the fields that it reads of that."""
    found: dict[str, tuple[str, set[str]]] = {}
    for statement in plan.statements:
        rows = statement.rows
        sides: list[exp.Query] = [s for s in rows.find_all(exp.Subquery) if s.alias in (CHILD, PARENT)]
        for side in sides or [rows]:
            for table in side.find_all(exp.Table):
                if TRIPLES_MAP in table.meta:
                    _, read = found.setdefault(str(table.meta[TRIPLES_MAP]), (table.name, set()))
                    read |= {column.name for column in side.find_all(exp.Column)}
    return found


def _tables(plan: Plan) -> dict[str, Source]:
    """Triples map -> the table of its rows."""
    named = {source.table: source for source in plan.sources}
    found = {}
    for statement in plan.statements:
        for node in statement.rows.find_all(exp.Table):
            if TRIPLES_MAP in node.meta:
                found[str(node.meta[TRIPLES_MAP])] = named[node.name]
    return found


def _checks(statement: Statement, plan: Plan) -> Iterator[exp.Select]:
    """A query for each place where a value may be wrong: triples map, row, what is wrong, value."""
    functions = {f.output_name(output): f.returns is Result.LIST for f, output in plan.python_functions}
    for quad in statement.quads:
        for node in quad.find_all(exp.Anonymous):
            if node.name in CHECKED or node.name in functions:
                rows = number_rows(statement).subquery("rows")
                query = _wrong(node, statement.name, _column(CHILD_ROW), functions).from_(rows)
                yield query.where(_condition(node)) if _condition(node) else query
    for node in statement.rows.find_all(exp.Anonymous):
        select = node.find_ancestor(exp.Select)
        if select is None or (node.name not in CHECKED and node.name not in functions):
            continue
        name = next((t.meta[TRIPLES_MAP] for t in select.find_all(exp.Table)), statement.name)
        query = _wrong(node, str(name), _column(ROW), functions)
        query.set("from_", select.args["from_"].copy())
        inside_where = node.find_ancestor(exp.Where) is not None
        where = select.args.get("where")
        yield query.where(where.this.copy()) if where and not inside_where else query


def _wrong(node: exp.Anonymous, name: str, number: exp.Column, functions: MappingOf[str, bool]) -> exp.Select:
    """SELECT <triples map>, <row>, <what>, <value> WHERE the call cannot make of its value what it should.

    `functions`: the name of each Python function -> whether it gives a list.
    """
    value = node.expressions[0]
    text = exp.Literal.string
    if node.name in functions:
        told_of = _first(node) if functions[node.name] else node
        reason = exp.Substring(this=told_of.copy(), start=exp.Literal.number(2))
        kind: exp.Condition = exp.DPipe(this=text(_FUNCTION), expression=reason)
        wrong: exp.Condition = exp.StartsWith(
            this=told_of.copy(), expression=exp.Chr(expressions=[_ZERO.copy()])
        )
        value = exp.cast(value, "text")
    else:
        kind = text(_KINDS.get(node.name, ""))
        if node.name == TYPED_TEXT:
            kind = exp.DPipe(this=text(NOT_OF_TYPE), expression=node.expressions[1].copy())
        null = exp.null()
        wrong = exp.and_(
            exp.not_(exp.Is(this=value.copy(), expression=null)),
            exp.Is(this=node.copy(), expression=null.copy()),
        )
        of_a_list = any(inner.name.endswith(" *") for inner in value.find_all(exp.Column))
        if of_a_list or any(inner.name in functions for inner in value.find_all(exp.Anonymous)):
            told = exp.StartsWith(this=value.copy(), expression=exp.Chr(expressions=[_ZERO.copy()]))
            wrong = exp.and_(wrong, exp.not_(told))
    return exp.select(text(name), number, kind, value.copy()).where(wrong)


def _first(values: exp.Expression) -> exp.Expression:
    """The first value of a list."""
    return exp.Anonymous(this="LIST_EXTRACT", expressions=[values.copy(), exp.Literal.number(1)])


def _condition(node: exp.Expression) -> exp.Expression | None:
    """The condition of the quad that a call is part of."""
    branch = node.find_ancestor(exp.If)
    inside = branch is not None and any(node is n for n in branch.this.walk())
    return branch.this.copy() if branch is not None and not inside else None


def _without_rejected(statement: Statement) -> Statement:
    """The statement on tables without the rows that are rejected."""
    return replace(
        statement,
        rows=_filtered(statement.rows),
        keys=None if statement.keys is None else tuple(map(_filtered, statement.keys)),
    )


def _filtered(query: exp.Select) -> exp.Select:
    def change(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Table) or TRIPLES_MAP not in node.meta:
            return node
        rejected = exp.select(_NUMBER).from_("rejected")
        rejected = rejected.where(exp.column("map").eq(exp.Literal.string(str(node.meta[TRIPLES_MAP]))))
        kept = exp.select("*").from_(node.copy())
        return kept.where(exp.not_(_column(ROW).isin(query=rejected))).subquery("kept")

    changed = query.copy().transform(change)
    assert isinstance(changed, exp.Select)
    return changed


def _malformed_rows(session: Session) -> Iterator[Rejection]:
    """The rows of CSV files that DuckDB could not read."""
    read = {str(staged(session.folder, s.logical)): s.logical for s in session.plan.sources}
    if all(logical.formulation != "csv" for logical in read.values()):
        return  # then DuckDB has no table of them
    query = (
        "SELECT file_path, line, any_value(csv_line), any_value(error_message) "
        "FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
    )
    lines: dict[str, list[int]] = {}
    for path, row, text, message in session.rows(query):
        if (logical := read.get(str(path))) is None:
            continue
        if str(path) not in lines:
            lines[str(path)] = [line for line, _ in table_rows(session.folder, logical)]
        number, known = int(str(row)), lines[str(path)]
        line = known[number - 1] if number <= len(known) else number
        place = Place(SourceSpan(shown(session.plan, logical), line))
        yield Rejection("", place, str(text).strip("\r\n"), str(message).splitlines()[0], MALFORMED_CSV)


def _malformed_records(session: Session) -> Iterator[Rejection]:
    """The lines of JSON Lines that could not be read, each once, however many sources read it."""
    found: dict[Rejection, None] = {}
    for source in session.plan.sources:
        for wrong in session.unreadable.get(source.table, ()):
            if isinstance(wrong, MalformedRecord):
                place = Place(SourceSpan(shown(session.plan, source.logical), wrong.line))
                found[Rejection("", place, wrong.text, wrong.message, None)] = None
    yield from found


def _unclosed_rows(session: Session, malformed: set[Place]) -> Iterator[Rejection]:
    """The last record of a CSV file whose quote is not closed: DuckDB leaves it out in silence."""
    for source in {s.table: s for s in session.plan.sources}.values():
        logical = source.logical
        if logical.formulation != "csv":
            continue
        known = record_places(source, session.folder, shown(session.plan, logical))
        table = exp.to_identifier(source.table, quoted=True).sql("duckdb")
        read = int(str(session.rows(f"SELECT COUNT(*) FROM {table}")[0][0]))
        for place in [p for p in known if p not in malformed][read:]:
            with text_of(session.folder, logical).open(
                encoding="utf-8-sig", newline="", errors="replace"
            ) as file:
                value = "".join(islice(file, place.span.line - 1, None))
            yield Rejection("", place, value, "the quote is not closed", MALFORMED_CSV)


def _column(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table=table, quoted=True)
