"""Logical views: a source whose rows are made of another source's by fields and joins (RML-LV).

https://w3id.org/rml/lv/spec. A view is a `LogicalSource` whose `view` is a `LogicalView`; its rows are flat:
one value for each key. A field whose value is missing is null, and so are the fields that are nested in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.mapping.model import Expression, Join, LogicalSource, references

VIEW = "view"
"""The formulation of a view, whose references are keys."""

INDEX = "#"
"""The index key of a view's rows; after a field's name and a dot that of the field."""

ITERATION = "<it>"
"""The key of what a row was made of, which no reference may name."""


@dataclass(frozen=True, slots=True)
class ExpressionField:
    """A named value (RML-LV, "Expression field"), and what is read of its text: `fields`.

    `name` is the declared one.
    """

    name: str
    expression: Expression
    span: SourceSpan = field(compare=False)
    fields: tuple[IterableField, ...] = ()


@dataclass(frozen=True, slots=True)
class IterableField:
    """Records within a record or a text (RML-LV, "Iterable field"): `formulation` says how these are read.

    A text of CSV has no `iterator`.
    """

    name: str
    formulation: str
    iterator: str | None
    fields: tuple[Field, ...]
    span: SourceSpan = field(compare=False)
    iterator_span: SourceSpan = field(compare=False)


Field = ExpressionField | IterableField


@dataclass(frozen=True, slots=True)
class ViewJoin:
    """Fields of another view's rows (RML-LV, "Logical view joins").

    Without a match a row is left out if the join is `inner`, and else has no values of these fields.
    """

    parent: LogicalSource
    joins: tuple[Join, ...]
    fields: tuple[ExpressionField, ...]
    inner: bool
    span: SourceSpan = field(compare=False)


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is known of a view's data (RML-LV, "Structural annotations"): `kind` is its class.

    The engine checks that the names are right, and asks the data themselves for all else.
    """

    kind: str
    fields: tuple[str, ...]
    target: str | None = None
    target_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogicalView:
    """What a view is on, its fields and its joins, which are made one after the other."""

    on: LogicalSource
    fields: tuple[Field, ...]
    joins: tuple[ViewJoin, ...] = ()
    annotations: tuple[Annotation, ...] = field(default=(), compare=False)

    @property
    def parts(self) -> tuple[LogicalSource, ...]:
        """The sources that its rows are made of."""
        return (self.on, *(join.parent for join in self.joins))


def with_parts(source: LogicalSource) -> Iterator[LogicalSource]:
    """A source after the views and what they are on that it is made of, with repetitions."""
    if source.view:
        for part in source.view.parts:
            yield from with_parts(part)
    yield source


def every_source(source: LogicalSource) -> Iterator[LogicalSource]:
    """A source after all that it is made of, the tables of queries too, with repetitions."""
    for part in source.parts:
        yield from every_source(part)
    yield source


def map_files(source: LogicalSource, change: Callable[[LogicalSource], LogicalSource]) -> LogicalSource:
    """The source with each source that is no view, that it is or is made of, as `change` gives it."""
    view = source.view
    if view is None:
        tables = tuple((name, map_files(read, change)) for name, read in source.tables)
        return change(replace(source, tables=tables))
    joins = tuple(replace(join, parent=map_files(join.parent, change)) for join in view.joins)
    on = map_files(view.on, change)
    return replace(source, path=on.path, view=replace(view, on=on, joins=joins))


def field_names(fields: tuple[Field, ...], before: str = "") -> Iterator[tuple[str, Field]]:
    """Absolute names with their fields, outer ones first (RML-LV, "Field names")."""
    for field_ in fields:
        name = before + field_.name
        yield name, field_
        yield from field_names(field_.fields, f"{name}.")


def fields_of_view(view: LogicalView) -> Iterator[tuple[str, Field]]:
    """The same for a view: its own fields, and those of its joins."""
    yield from field_names(view.fields)
    for join in view.joins:
        yield from field_names(join.fields)


def keys(view: LogicalView) -> Iterator[str]:
    """What references may name (RML-LV, "Logical view expressions")."""
    yield INDEX
    for name, field_ in fields_of_view(view):
        if isinstance(field_, ExpressionField):
            yield name
        yield f"{name}.{INDEX}"


def unknown_key(name: str, view: LogicalView, key: str, known: Sequence[str], span: SourceSpan) -> Problem:
    """GG012: what is wrong with a reference to a view of that name; `known` are the keys that it has."""
    iterated = key == ITERATION or any(
        n == key and isinstance(field_, IterableField) for n, field_ in fields_of_view(view)
    )
    if iterated:
        message = f"'{key}' in view '{name}' is what is iterated over, and has no value"
        within = [k for k in known if k.startswith(f"{key}.")]
        return Problem("GG012", message, span, f"refer to {', '.join(within)}" if within else None)
    return Problem("GG012", f"unknown field '{key}' in view '{name}'", span, did_you_mean(key, known))


def is_index(key: str) -> bool:
    """Whether a key is an index."""
    return key == INDEX or key.endswith(f".{INDEX}")


def expressions(view: LogicalView) -> Iterator[tuple[Expression, SourceSpan]]:
    """All expressions of its fields and joins, with their places."""
    for _, field_ in fields_of_view(view):
        if isinstance(field_, ExpressionField):
            yield field_.expression, field_.span
    for join in view.joins:
        for condition in join.joins:
            yield from ((e, condition.span) for e in (condition.child, condition.parent))


def read_of_parts(view: LogicalView) -> Iterator[tuple[LogicalSource, str, SourceSpan]]:
    """What is read of the sources that a view is made of: source, reference and place, with repetitions."""
    for field_ in view.fields:
        if isinstance(field_, ExpressionField):
            yield from ((view.on, name, field_.span) for name in references(field_.expression))
    for join in view.joins:
        for field_ in join.fields:
            yield from ((join.parent, name, field_.span) for name in references(field_.expression))
        for condition in join.joins:
            yield from ((join.parent, name, condition.span) for name in references(condition.parent))
