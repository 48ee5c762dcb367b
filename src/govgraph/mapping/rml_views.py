"""Logical views of RML -> model (RML-LV, https://w3id.org/rml/lv/spec)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.iri import RDF
from govgraph.mapping.logical_views import (
    INDEX,
    VIEW,
    Annotation,
    ExpressionField,
    Field,
    IterableField,
    LogicalView,
    ViewJoin,
    fields_of_view,
    keys,
    unknown_key,
)
from govgraph.mapping.model import Join, LogicalSource, calls, references
from govgraph.mapping.rml_nodes import Fields, short_name
from govgraph.mapping.rml_sources import SourceReader
from govgraph.mapping.rml_vocabulary import DEFAULT_ITERATORS, EXPRESSION, FORMULATIONS, split
from govgraph.mapping.turtle import Graph, Iri, Placed, Term, Text, Triple

_OF_VIEWS = ("viewOn", "field", "leftJoin", "innerJoin", "structuralAnnotation")
_WITH_TARGET = ("ForeignKeyAnnotation", "InclusionAnnotation")
_ANNOTATIONS = ("IriSafeAnnotation", "PrimaryKeyAnnotation", "UniqueAnnotation", "NotNullAnnotation")
_WITHIN_TEXT = ("csv", "jsonpath", "xpath")


class ViewReader(SourceReader):
    """Reads what RML-LV says of sources."""

    def __init__(self, graph: Graph, problems: list[Problem], working_folder: str) -> None:
        super().__init__(graph, problems, working_folder)
        self._views: dict[Term, LogicalSource | None] = {}
        self._being_read: list[Term] = []
        """The views and fields that are being read, the innermost last."""
        self._annotated: list[tuple[LogicalSource, Fields]] = []

    def logical_source(self, node: Placed) -> LogicalSource | None:
        """A logical source, or a view."""
        names = {self._own_name(t) for t in self.graph.triples.get(node.term, ())}
        if names.isdisjoint(_OF_VIEWS) and "LogicalView" not in self._classes(node):
            return super().logical_source(node)
        if node.term not in self._views:
            with self._reading(node, "view") as new:
                if not new:
                    return None
                self._views[node.term] = self._view(node)
        return self._views[node.term]

    @contextmanager
    def _reading(self, node: Placed, what: str) -> Iterator[bool]:
        """Whether it is not being read already, which is a problem (GG031)."""
        if node.term in self._being_read:
            self.problem("GG031", f"a {what} cannot be made of itself", node.span, "remove one of the links")
            yield False
            return
        self._being_read.append(node.term)
        try:
            yield True
        finally:
            self._being_read.pop()

    def _own_name(self, triple: Triple) -> str | None:
        predicate = triple.predicate.term
        parts = split(predicate.value) if isinstance(predicate, Iri) else None
        return parts[1] if parts else None

    def _classes(self, node: Placed) -> set[str]:
        """The classes of RML that a resource states, by local name."""
        found = set()
        for triple in self.graph.triples.get(node.term, ()):
            value, predicate = triple.object.term, triple.predicate.term
            if predicate == Iri(f"{RDF}type") and isinstance(value, Iri) and (parts := split(value.value)):
                found.add(parts[1])
        return found

    def _view(self, node: Placed) -> LogicalSource | None:
        before = len(self.problems)
        fields = self.fields(node, "logical view")
        if fields is None:
            return None
        on_of = self.one(fields, "viewOn")
        on = self.logical_source(on_of.object) if on_of else None
        formulation = on.formulation if on else None
        own = self._fields(fields, "jsonpath" if formulation == "jsonlines" else formulation)
        if not any(fields.all("field")) and fields.whole:
            self.problem("GG004", "'rml:field' is missing in a logical view", node.span)
        given = sorted(fields.all("leftJoin", "innerJoin"), key=lambda t: t.object.span)
        joins = tuple(filter(None, map(self._join, given)))
        annotated = [
            self.fields(t.object, "structural annotation") for t in fields.all("structuralAnnotation")
        ]
        annotations = tuple(filter(None, (self._annotation(found) for found in annotated if found)))
        if on is None or len(self.problems) > before:
            return None
        name = short_name(node.term) if isinstance(node.term, Iri) else on.name
        view = LogicalView(on, own, _ordered(joins), annotations)
        source = LogicalSource(name, on.path, VIEW, node.span, view=view)
        self._check_names(name, view)
        self._annotated += [(source, found) for found in annotated if found]
        return source

    def _fields(self, fields: Fields, formulation: str | None) -> tuple[Field, ...]:
        """The fields of a view or field whose records are read by `formulation`, where that is known."""
        given = (self._field(triple.object, formulation) for triple in fields.all("field"))
        return tuple(field for field in given if field)

    def _field(self, node: Placed, formulation: str | None, *, of_text: bool = False) -> Field | None:
        """A field; `of_text`: of the value of an expression field."""
        with self._reading(node, "field") as new:
            if not new:
                return None
            names = {self._own_name(t) for t in self.graph.triples.get(node.term, ())}
            iterates = not names.isdisjoint(("iterator", "referenceFormulation"))
            classes = self._classes(node)
            if "IterableField" in classes or (iterates and "ExpressionField" not in classes):
                return self._iterable_field(node, formulation, of_text=of_text)
            return self._expression_field(node, of_text=of_text)

    def _expression_field(self, node: Placed, *, of_text: bool = False) -> ExpressionField | None:
        fields = self.fields(node, "expression field")
        if fields is None:
            return None
        if of_text:
            message = "an expression field cannot be within an expression field"
            hint = "put an rml:IterableField between them, with its rml:referenceFormulation"
            self.problem("GG003", message, node.span, hint)
            return None
        name, expression = self._declared_name(fields), self.expression(fields)
        inner = tuple(
            field
            for triple in fields.all("field")
            if (field := self._field(triple.object, None, of_text=True))
        )
        if name is None or expression is None:
            return None
        if inner and any(calls(expression)):
            message = "fields within the result of a function are not supported"
            self.problem("GG015", message, inner[0].span, "make a view of this view, with the field there")
            return None
        span = next(fields.all(*EXPRESSION)).object.span
        return ExpressionField(
            name, expression, span, tuple(f for f in inner if isinstance(f, IterableField))
        )

    def _iterable_field(
        self, node: Placed, formulation: str | None, *, of_text: bool
    ) -> IterableField | None:
        fields = self.fields(node, "iterable field")
        if fields is None:
            return None
        name = self._declared_name(fields)
        declared_of = self.one(fields, "referenceFormulation", required=of_text)
        declared = self.formulation(declared_of) if declared_of else None
        known = declared if of_text else formulation
        own = self._fields(fields, known)
        iterator_of = self.one(fields, "iterator", required=False)
        iterator = self.text(iterator_of) if iterator_of else None
        if not any(fields.all("field")) and fields.whole:
            self.problem("GG004", "'rml:field' is missing in an iterable field", node.span)
        if not self._may_iterate(fields, known, declared_of, declared, of_text=of_text):
            return None
        if iterator_of and known == "csv":
            message = "CSV is iterated row by row, and has no rml:iterator"
            self.problem("GG003", message, iterator_of.predicate.span)
            return None
        if name is None or known is None or (iterator_of and iterator is None):
            return None
        span = iterator_of.object.span if iterator_of else node.span
        return IterableField(name, known, iterator or DEFAULT_ITERATORS.get(known), own, node.span, span)

    def _may_iterate(
        self,
        fields: Fields,
        known: str | None,
        declared_of: Triple | None,
        declared: str | None,
        *,
        of_text: bool,
    ) -> bool:
        """RML-LV, "Field reference formulations": which ones an iterable field may have where it is."""
        hint = "put an rml:ExpressionField around it, whose value is the text to read"
        if declared_of and declared and not of_text and declared != known and known is not None:
            message = "an iterable field has the reference formulation of what it is in"
            self.problem("GG003", message, declared_of.object.span, hint)
            return False
        if not of_text and known is not None and known not in ("jsonpath", "xpath"):
            message = "a row of a table has nothing to iterate over"
            self.problem("GG003", message, fields.node.span, hint)
            return False
        if of_text and known is not None and known not in _WITHIN_TEXT:
            names = [n for n, formulation in FORMULATIONS.items() if formulation in _WITHIN_TEXT]
            message = "a text cannot be read by this reference formulation"
            assert declared_of is not None
            self.problem("GG003", message, declared_of.object.span, f"known here: {', '.join(names)}")
            return False
        return True

    def _declared_name(self, fields: Fields) -> str | None:
        """RML-LV, "Field names": no dot and no `#`, which make names of nested fields and index keys."""
        triple = self.one(fields, "fieldName")
        name = self.text(triple) if triple else None
        if triple and name is not None and (not name or re.search(r"[.#<>]", name)):
            message = f"'{name}' is no name of a field"
            self.problem("GG003", message, triple.object.span, "letters and digits, such as item_1")
            return None
        return name

    def _join(self, triple: Triple) -> ViewJoin | None:
        fields = self.fields(triple.object, "view join")
        if fields is None:
            return None
        parent_of = self.one(fields, "parentLogicalView")
        parent = self.logical_source(parent_of.object) if parent_of else None
        if parent and parent_of and parent.view is None:
            message = "the parent of a view join is a logical view, not a source"
            hint = "make an rml:LogicalView of it: rml:viewOn the source, with the rml:fields that are needed"
            self.problem("GG003", message, parent_of.object.span, hint)
            parent = None
        if not any(fields.all("joinCondition")):
            self.one(fields, "joinCondition")
        joins = tuple(filter(None, map(self.join, fields.all("joinCondition"))))
        if not any(fields.all("field")) and fields.whole:
            self.problem("GG004", "'rml:field' is missing in a view join", fields.node.span)
        own = []
        for given in fields.all("field"):
            field = self._field(given.object, VIEW)
            if isinstance(field, IterableField) or (field and field.fields):
                message = "a field of a join is an expression field without fields of its own"
                self.problem("GG003", message, given.object.span)
            elif field:
                own.append(field)
        if parent is None or not joins or not own:
            return None
        for expression, span in (
            *((j.parent, j.span) for j in joins),
            *((f.expression, f.span) for f in own),
        ):
            assert parent.view is not None
            self._check_keys(parent.name, parent.view, tuple(keys(parent.view)), references(expression), span)
        inner = self.local_name(triple) == "innerJoin"
        return ViewJoin(parent, joins, tuple(own), inner, triple.object.span)

    def join(self, triple: Triple) -> Join | None:
        """A join condition."""
        raise NotImplementedError

    def _check_keys(
        self, name: str, view: LogicalView, known: Sequence[str], read: Iterator[str], span: SourceSpan
    ) -> None:
        """GG012 for each of those that are `read` that is not `known`."""
        self.problems += [unknown_key(name, view, key, known, span) for key in read if key not in known]

    def _check_names(self, name: str, view: LogicalView) -> None:
        """Names stand for one field each; joins read what their view or an earlier join has."""
        seen: dict[str, SourceSpan] = {}
        for absolute, field in fields_of_view(view):
            if absolute in seen:
                hint = f"the first stands in line {seen[absolute].line}"
                self.problem("GG014", f"field '{absolute}' is there twice", field.span, hint)
            seen.setdefault(absolute, field.span)
        known = list(keys(LogicalView(view.on, view.fields)))
        for join in view.joins:
            for condition in join.joins:
                self._check_keys(name, view, known, references(condition.child), condition.span)
            known += [key for f in join.fields for key in (f.name, f"{f.name}.{INDEX}")]

    # -- annotations ---------------------------------------------------------------------------------------

    def _annotation(self, fields: Fields) -> Annotation | None:
        """RML-LV, "Structural annotations"."""
        kinds = self._classes(fields.node) & {*_ANNOTATIONS, *_WITH_TARGET}
        if len(kinds) != 1:
            if fields.whole:
                hint = f"one of rml:{', rml:'.join((*_ANNOTATIONS, *_WITH_TARGET))}"
                message = "a structural annotation has one class that says what it is"
                self.problem("GG004", message, fields.node.span, hint)
            return None
        (kind,) = kinds
        on_of = self.one(fields, "onFields")
        names = tuple(name for name, _ in self._listed(on_of)) if on_of else ()
        if kind not in _WITH_TARGET:
            for triple in fields.all("targetView", "targetFields"):
                message = f"an rml:{kind} has no target"
                self.problem("GG002", message, triple.predicate.span)
            return Annotation(kind, names)
        target_of, targets_of = self.one(fields, "targetView"), self.one(fields, "targetFields")
        targets = tuple(name for name, _ in self._listed(targets_of)) if targets_of else ()
        target = short_name(target_of.object.term) if target_of else None
        return Annotation(kind, names, target, targets)

    def check_annotations(self) -> None:
        """Annotations name fields that are there, once all views are known."""
        keyed: set[int] = set()
        annotated = iter(self._annotated)
        for source, fields in annotated:  # reading a target may add to them
            on_of = next(fields.all("onFields"), None)
            known = self._check_listed(source, on_of)
            if "PrimaryKeyAnnotation" in self._classes(fields.node):
                if id(source) in keyed:
                    message = f"view '{source.name}' has a second primary key"
                    self.problem("GG014", message, fields.node.span, "the others are rml:UniqueAnnotation")
                keyed.add(id(source))
            target_of = next(fields.all("targetView"), None)
            targets_of = next(fields.all("targetFields"), None)
            target = self.logical_source(target_of.object) if target_of else None
            if target_of and target and target.view is None:
                self.problem("GG003", "the target of an annotation is a view", target_of.object.span)
            elif target and targets_of:
                targets = self._check_listed(target, targets_of)
                if len(targets) != len(known):
                    message = f"fields and target fields differ in number: {len(known)} and {len(targets)}"
                    self.problem("GG003", message, targets_of.object.span, "they belong together one by one")

    def _check_listed(self, source: LogicalSource, triple: Triple | None) -> list[str]:
        assert source.view is not None
        listed = list(self._listed(triple)) if triple else []
        known = [name for name, _ in fields_of_view(source.view)]
        for name, span in listed:
            if name not in known:
                message = f"unknown field '{name}' in view '{source.name}'"
                self.problem("GG012", message, span, did_you_mean(name, known))
        return [name for name, _ in listed]

    def _listed(self, triple: Triple) -> Iterator[tuple[str, SourceSpan]]:
        """The texts of an RDF list, with their places; raises a problem where it is none."""
        node, seen = triple.object, set()
        while node.term != Iri(f"{RDF}nil") and node.term not in seen:
            seen.add(node.term)
            self.read_nodes.add(node.term)
            said = {t.predicate.term: t.object for t in self.graph.triples.get(node.term, ())}
            first, rest = said.get(Iri(f"{RDF}first")), said.get(Iri(f"{RDF}rest"))
            if first is None or rest is None or not isinstance(first.term, Text):
                hint = 'names of fields in brackets, such as ("name" "item.type")'
                self.problem("GG003", "expected a list of texts", node.span, hint)
                return
            yield first.term.value, first.span
            node = rest
        if not seen:
            self.problem("GG003", "expected a list of texts, not an empty one", node.span)


def _ordered(joins: tuple[ViewJoin, ...]) -> tuple[ViewJoin, ...]:
    """Joins in the order of the file, but that each comes after those whose fields its conditions read."""
    left, done = list(joins), []
    while left:
        waiting = [{f.name for f in join.fields} for join in left]

        def ready(number: int, join: ViewJoin, waiting: list[set[str]] = waiting) -> bool:
            read = {n.removesuffix(f".{INDEX}") for j in join.joins for n in references(j.child)}
            return all(read.isdisjoint(w) for i, w in enumerate(waiting) if i != number)

        number = next((i for i, join in enumerate(left) if ready(i, join)), 0)
        done.append(left.pop(number))
    return tuple(done)
