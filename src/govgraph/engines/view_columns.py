"""Which columns logical views have, and which ones their sources need for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from pathlib import Path

from govgraph.engines.sources import Used, reader_of
from govgraph.errors import MappingError, Problem, did_you_mean
from govgraph.iri import XSD
from govgraph.mapping.kinds import lists, one_by_one
from govgraph.mapping.logical_views import (
    INDEX,
    ExpressionField,
    Field,
    IterableField,
    LogicalView,
    expressions,
    read_of_parts,
    unknown_key,
)
from govgraph.mapping.model import LogicalSource, Reference, references
from govgraph.mapping.plan import RESERVED, Column

_INTEGER = f"{XSD}integer"


def view_columns(
    source: LogicalSource, columns: MappingOf[LogicalSource, Sequence[Column]]
) -> tuple[Column, ...]:
    """The columns of a view, one for each key; `columns` are those of what it is made of.

    Raises MappingError GG012 for fields that read what is not there.
    """
    view = source.view
    assert view is not None
    problems = []
    for part, name, span in dict.fromkeys(read_of_parts(view)):
        known = [c.name for c in columns[part] if not c.records]
        if name in known:
            continue
        if part.view:
            problems.append(unknown_key(part.name, part.view, name, known, span))
        else:
            message = f"unknown column '{name}' in source '{part.name}'"
            problems.append(Problem("GG012", message, span, did_you_mean(name, known)))
    if not problems:
        problems += _check_lists(view, {c.name: c for c in columns[view.on]})
    if problems:
        raise MappingError.collect(problems)
    found = [Column(INDEX, datatype=_INTEGER)]
    found += _columns(view.fields, "", {c.name: c for c in columns[view.on]})
    for join in view.joins:
        found += _columns(join.fields, "", {c.name: c for c in columns[join.parent]})
    return _aliased(found)


def _check_lists(view: LogicalView, known: MappingOf[str, Column]) -> Iterator[Problem]:
    """GG015 for lists of functions whose values cannot be counted from the view's own record."""
    of_tables = [f for f in view.fields if isinstance(f, ExpressionField)]
    single = {f.expression: not any(known[n].many for n in one_by_one(f.expression)) for f in of_tables}
    for expression, span in expressions(view):
        if lists(expression) > int(single.get(expression, False)):
            message = "a function that gives several values cannot stand here"
            yield Problem("GG015", message, span, "make a view of this view, with a field of the function")


def _columns(
    fields: Iterable[Field], before: str, known: MappingOf[str, Column] | None, *, natural: bool = False
) -> Iterator[Column]:
    """A column for each key of fields: of a table with the columns `known`, or of records."""
    for field in fields:
        name = before + field.name
        if isinstance(field, ExpressionField):
            of = field.expression.name if isinstance(field.expression, Reference) else None
            if known is not None and of is not None:
                yield Column(name, natural=known[of].natural, datatype=known[of].datatype)
            else:
                yield Column(name, natural=natural and of is not None)
        yield Column(f"{name}.{INDEX}", datatype=_INTEGER)
        within = isinstance(field, IterableField) and field.formulation == "jsonpath"
        yield from _columns(field.fields, f"{name}.", None, natural=within)


def _aliased(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The same, with an alias where case alone tells a name from another."""
    taken, found = set(RESERVED), []
    for known in columns:
        alias, number = known.name, 2
        while alias.casefold() in taken:
            alias, number = f"{known.name}~{number}", number + 1
        taken.add(alias.casefold())
        alias_ = None if alias == known.name else alias
        found.append(Column(known.name, natural=known.natural, datatype=known.datatype, alias=alias_))
    return tuple(found)


def record_columns(views: Iterable[LogicalView], source: LogicalSource) -> tuple[Column, ...]:
    """The columns of a source that hold the records of fields, for the views that are on it."""
    fields = dict.fromkeys(
        f for view in views if view.on == source for f in view.fields if isinstance(f, IterableField)
    )
    return tuple(Column(f"records {number}", records=field) for number, field in enumerate(fields, 1))


def check_records(views: Iterable[LogicalView]) -> list[Problem]:
    """GG018 for each iterator and reference of records that is wrong."""
    problems: list[Problem] = []

    def check(field: IterableField) -> None:
        source = LogicalSource(
            "", "", field.formulation, field.span, field.iterator, iterator_span=field.iterator_span
        )
        own = [f for f in field.fields if isinstance(f, ExpressionField)]
        used = [Used(name, f.span) for f in own for name in references(f.expression)]
        for reference in used if field.formulation == "jsonpath" else ():
            if reference.name.startswith("^"):
                message = f"'{reference.name}' cannot lead out of the records of a field"
                hint = "make a field of it where the records are"
                problems.append(Problem("GG015", message, reference.span, hint))
        try:
            if reader := reader_of(source):
                reader.columns(Path(), source, used)
        except MappingError as e:
            problems.extend(e.problems)
        for inner in (f for f in (*field.fields, *(k for f in own for k in f.fields))):
            if isinstance(inner, IterableField):
                check(inner)

    for view in views:
        for field in view.fields:
            for inner in (field,) if isinstance(field, IterableField) else field.fields:
                check(inner)
    return problems
