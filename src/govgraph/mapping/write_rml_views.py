"""Logical views as RML (RML-LV)."""

from __future__ import annotations

from typing import Protocol

from govgraph.mapping.logical_views import Annotation, ExpressionField, Field, LogicalView
from govgraph.mapping.model import Expression, Join, LogicalSource
from govgraph.mapping.rml_vocabulary import FORMULATIONS
from govgraph.mapping.write_turtle import TurtleNode as Node
from govgraph.mapping.write_turtle import fragment_in_turtle as fragment
from govgraph.mapping.write_turtle import text_in_turtle as text

_NAMES = {formulation: f"rml:{name}" for name, formulation in FORMULATIONS.items()}
Property = tuple[str, str | Node]


class Writer(Protocol):
    """Writes the mapping that a view is part of; `views` are those that are written by now, by name."""

    views: dict[str, str]

    def source(self, source: LogicalSource) -> tuple[str, str | Node]:
        """A property of a triples map, and the source that it has."""

    def join(self, join: Join) -> Node:
        """A join condition."""

    def value(self, expression: Expression) -> list[Property]:
        """The property of an expression."""


def view_node(view: LogicalView, writer: Writer) -> Node:
    """The properties of a view; its parts are written before it."""
    properties: list[Property] = [("rml:viewOn", writer.source(view.on)[1])]
    properties += [("rml:field", _field(field, writer)) for field in view.fields]
    for join in view.joins:
        own: list[Property] = [("rml:parentLogicalView", writer.source(join.parent)[1])]
        own += [("rml:joinCondition", writer.join(condition)) for condition in join.joins]
        own += [("rml:field", _field(field, writer)) for field in join.fields]
        properties.append(("rml:innerJoin" if join.inner else "rml:leftJoin", Node(tuple(own))))
    for annotation in view.annotations:
        if node := _annotation(annotation, writer):
            properties.append(("rml:structuralAnnotation", node))
    return Node(tuple(properties))


def _field(field: Field, writer: Writer, *, of_text: bool = False) -> Node:
    properties: list[Property] = [("rml:fieldName", text(field.name))]
    if isinstance(field, ExpressionField):
        properties = [("a", "rml:ExpressionField"), *properties, *writer.value(field.expression)]
    else:
        properties = [("a", "rml:IterableField"), *properties]
        if of_text:
            properties.append(("rml:referenceFormulation", _NAMES[field.formulation]))
        if field.iterator is not None:
            properties.append(("rml:iterator", text(field.iterator)))
    within = isinstance(field, ExpressionField)
    properties += [("rml:field", _field(inner, writer, of_text=within)) for inner in field.fields]
    return Node(tuple(properties))


def _annotation(annotation: Annotation, writer: Writer) -> Node | None:
    """None where its target is no view that is written: then it says nothing."""
    properties: list[Property] = [("a", f"rml:{annotation.kind}"), ("rml:onFields", _list(annotation.fields))]
    if annotation.target is not None:
        if annotation.target not in writer.views:
            return None
        properties.append(("rml:targetView", fragment(annotation.target)))
        properties.append(("rml:targetFields", _list(annotation.target_fields)))
    return Node(tuple(properties))


def _list(names: tuple[str, ...]) -> str:
    return f"({' '.join(map(text, names))})"
