"""YARRRML -> model, keeping line and column (https://rml.io/yarrrml/spec/).

Reading goes on after a mistake: what is wrong is left out and added to the mapping's problems, so that
all mistakes of a file are reported at once. A key that would be ignored is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from govgraph.errors import MappingError, Problem, SourceSpan, did_you_mean
from govgraph.mapping.model import (
    Constant,
    Join,
    LogicalSource,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    RefObjectMap,
    TermMap,
    TermType,
    TriplesMap,
)
from govgraph.mapping.prefixes import DEFAULT_PREFIXES
from govgraph.mapping.yarrrml_calls import CallReader
from govgraph.mapping.yarrrml_keys import (
    MAPPING_KEYS,
    OBJECT_KEYS,
    PREDICATE_OBJECT_KEYS,
    SOURCE_KEYS,
    TOP_KEYS,
    Fields,
)
from govgraph.positions import Entry, Node, Scalar, Sequence, Table, parse_yaml


def read_yarrrml(text: str, file: str) -> Mapping:
    """The mapping of a YARRRML document, its mistakes in `problems`.

    Raises MappingError GG001 where the text is not YAML at all.
    """
    root, problems = parse_yaml(text, file, MappingError)
    return _MappingReader(file, problems).read(root)


class _MappingReader(CallReader):
    """Reads one document."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(dict(DEFAULT_PREFIXES), problems)
        self.file = file
        self.sources: dict[str, LogicalSource] = {}
        self.groups: dict[str, list[str]] = {}

    def read(self, root: Node) -> Mapping:
        table = self.table(root, "a YARRRML document")
        fields = self.fields(table, TOP_KEYS, "a YARRRML document") if table else {}
        if entry := fields.get("prefixes"):
            self.prefixes = {**self.prefixes, **self.read_prefixes(entry)}
        base = fields.get("base")
        if base and not isinstance(base.value, Scalar):
            self.problem("GG003", "'base': expected an IRI", base.span)
        if entry := fields.get("sources"):
            self.read_sources(entry)
        maps: list[TriplesMap] = []
        if entry := fields.get("mappings"):
            mappings = self.table(entry.value, "'mappings'")
            for mapping in mappings or ():
                maps += self.read_mapping(mapping)
        elif table:
            self.problem("GG004", "'mappings' is missing", table.span)
        resolved = tuple(self.resolve_parents(maps))
        return Mapping(
            self.file,
            resolved,
            base.value.text if base and isinstance(base.value, Scalar) else None,
            tuple(self.problems),
        )

    def read_prefixes(self, entry: Entry) -> dict[str, str]:
        found: dict[str, str] = {}
        for prefix in self.table(entry.value, "'prefixes'") or ():
            if isinstance(prefix.value, Scalar) and not prefix.value.is_null:
                found[prefix.key] = prefix.value.text
            else:
                self.problem("GG003", f"prefix '{prefix.key}': expected an IRI", prefix.span)
        return found

    def read_sources(self, entry: Entry) -> None:
        for named in self.table(entry.value, "'sources'") or ():
            if source := self.read_source(named.value, named.key):
                self.sources[named.key] = source

    def read_source(self, node: Node, name: str | None) -> LogicalSource | None:
        """A source as `[path~formulation]`, as a table of keys, or (in a mapping) by name."""
        if isinstance(node, Table):
            fields = self.fields(node, SOURCE_KEYS, "a source")
            access, formulation = fields.get("access"), fields.get("referenceFormulation")
            iterator = fields.get("iterator")
            iterated = iterator.value if iterator and isinstance(iterator.value, Scalar) else None
            if not access or not isinstance(access.value, Scalar):
                self.problem("GG004", "'access' is missing: the path of the source", node.span)
                return None
            if formulation and isinstance(formulation.value, Scalar):
                return self.make_source(name, access.value.text, formulation.value, iterated)
            return self.make_source(name, *_split_access(access.value), iterated)
        items = node.items if isinstance(node, Sequence) else ()
        if 1 <= len(items) <= 2 and all(isinstance(item, Scalar) for item in items):
            access_, *rest = (item for item in items if isinstance(item, Scalar))
            return self.make_source(name, *_split_access(access_), *rest)
        self.problem("GG003", "expected a source such as ['measures.csv~csv']", node.span)
        return None

    def make_source(
        self, name: str | None, path: str, formulation: Scalar, iterator: Scalar | None = None
    ) -> LogicalSource | None:
        kind = formulation.text.lower()
        if kind not in ("csv", "jsonpath", "xpath"):
            self.problem(
                "GG015",
                f"sources of kind '{formulation.text}' are not supported yet",
                formulation.span,
                "csv, jsonpath or xpath",
            )
            return None
        return LogicalSource(
            name or PurePath(path).stem,
            path,
            kind,
            formulation.span,
            iterator.text if iterator else None,
            iterator.span if iterator else None,
        )

    def read_mapping(self, entry: Entry) -> Iterator[TriplesMap]:
        """One triples map a pair of source and subject; what has no source or subject yields none."""
        table = self.table(entry.value, f"mapping '{entry.key}'")
        self.groups[entry.key] = []
        if table is None:
            return
        fields = self.fields(table, MAPPING_KEYS, f"mapping '{entry.key}'")
        for key in ("sources", "subjects"):
            if key not in fields:
                self.problem("GG004", f"mapping '{entry.key}' has no '{key}'", entry.span)
        sources = list(self.mapping_sources(fields["sources"])) if "sources" in fields else []
        subjects = list(self.subjects(fields["subjects"])) if "subjects" in fields else []
        graphs = self.graphs(fields.get("graphs"))
        condition = self.condition(fields.get("condition"))
        predicate_objects = tuple(self.predicate_objects(fields.get("predicateobjects")))
        for number, (source, subject) in enumerate(((s, t) for s in sources for t in subjects), 1):
            name = entry.key if number == 1 else f"{entry.key}-{number}"
            self.groups[entry.key].append(name)
            yield TriplesMap(name, source, subject, predicate_objects, entry.span, graphs, condition)

    def mapping_sources(self, entry: Entry) -> Iterator[LogicalSource]:
        node = entry.value
        inline = isinstance(node, Table) or (isinstance(node, Sequence) and _is_shortcut(node))
        for item in (node,) if inline else _each(node):
            if isinstance(item, Scalar):
                if source := self.sources.get(item.text):
                    yield source
                else:
                    hint = did_you_mean(item.text, list(self.sources))
                    self.problem("GG008", f"unknown source '{item.text}'", item.span, hint)
            elif source := self.read_source(item, None):
                yield source

    def subjects(self, entry: Entry) -> Iterator[TermMap]:
        for node in _each(entry.value):
            if isinstance(node, Table):
                fields = self.fields(node, OBJECT_KEYS, "a subject")
                if "function" in fields and (call := self.call_of(fields)):
                    yield TermMap(call, TermType.IRI, node.span)
            elif isinstance(node, Scalar) and node.is_null:
                self.problem("GG015", "a blank node without a template is not supported yet", node.span)
            elif term := self.resource(node):
                yield term

    def graphs(self, entry: Entry | None) -> tuple[TermMap, ...]:
        nodes = _each(entry.value) if entry else ()
        return tuple(term for node in nodes if (term := self.resource(node)))

    def predicate_objects(self, entry: Entry | None) -> Iterator[PredicateObjectMap]:
        if entry is None:
            return
        if not isinstance(entry.value, Sequence):
            self.problem("GG003", f"'{entry.key}': expected a list of predicates with objects", entry.span)
            return
        for node in entry.value:
            if isinstance(node, Sequence):
                yield from self.shortcut(node)
            elif table := self.table(node, "a predicate with its objects"):
                fields = self.fields(table, PREDICATE_OBJECT_KEYS, "a predicate with its objects")
                for key in ("predicates", "objects"):
                    if key not in fields:
                        self.problem("GG004", f"'{key}' is missing", table.span)
                if "predicates" in fields and "objects" in fields:
                    predicates = tuple(self.predicates(fields["predicates"].value))
                    yield PredicateObjectMap(
                        predicates,
                        tuple(self.objects(fields["objects"].value, predicates)),
                        self.graphs(fields.get("graphs")),
                        self.condition(fields.get("condition")),
                    )

    def shortcut(self, node: Sequence) -> Iterator[PredicateObjectMap]:
        """`[predicates, objects]` or `[predicates, objects, datatype or language~lang]`."""
        if not 2 <= len(node.items) <= 3:
            self.problem("GG003", "expected [predicate, object] or [predicate, object, type]", node.span)
            return
        predicates = tuple(self.predicates(node.items[0]))
        kind = node.items[2] if len(node.items) == 3 else None
        objects = tuple(
            ObjectMap(term)
            for item in _each(node.items[1])
            if (term := self.object(item, kind, _is_type(predicates)))
        )
        yield PredicateObjectMap(predicates, objects)

    def predicates(self, node: Node) -> Iterator[TermMap]:
        for item in _each(node):
            if term := self.predicate(item):
                yield term

    def objects(self, node: Node, predicates: tuple[TermMap, ...]) -> Iterator[ObjectMap]:
        is_type = _is_type(predicates)
        for item in _each(node):
            if isinstance(item, Sequence):
                kind = item.items[1] if len(item.items) == 2 else None
                if not 1 <= len(item.items) <= 2:
                    self.problem("GG003", "expected [value] or [value, type]", item.span)
                elif term := self.object(item.items[0], kind, is_type):
                    yield ObjectMap(term)
            elif isinstance(item, Table):
                yield from self.object_table(item, is_type)
            elif term := self.object(item, None, is_type):
                yield ObjectMap(term)

    def object_table(self, table: Table, is_type: bool) -> Iterator[ObjectMap]:
        fields = self.fields(table, OBJECT_KEYS, "an object")
        kinds = [k for k in ("value", "mapping", "function") if k in fields]
        if len(kinds) != 1:
            self.problem("GG004", "an object has one of 'value', 'mapping' and 'function'", table.span)
        elif kinds == ["mapping"]:
            yield from self.reference_to_mapping(fields)
        else:
            condition = self.condition(fields.get("condition"))
            expression = self.call_of(fields) if kinds == ["function"] else None
            if kinds == ["value"] or expression:
                value = fields["value"].value if kinds == ["value"] else None
                if term := self.object_from_fields(fields, value, expression, is_type):
                    yield ObjectMap(term, condition)

    def reference_to_mapping(self, fields: Fields) -> Iterator[ObjectMap]:
        entry = fields["mapping"]
        if not isinstance(entry.value, Scalar):
            self.problem("GG003", "'mapping': expected the name of a mapping", entry.span)
            return
        joins: list[Join] = []
        condition = fields.get("condition")
        for node in _each(condition.value) if condition else ():
            if join := self.join(node):
                joins.append(join)
        yield ObjectMap(RefObjectMap(entry.value.text, tuple(joins), entry.value.span))

    def resolve_parents(self, maps: list[TriplesMap]) -> Iterator[TriplesMap]:
        """References to a mapping of several sources or subjects point at each of its triples maps."""
        unknown: dict[SourceSpan, str] = {}

        def resolve(obj: ObjectMap) -> tuple[ObjectMap, ...]:
            ref = obj.value
            if not isinstance(ref, RefObjectMap):
                return (obj,)
            if ref.parent not in self.groups:
                unknown[ref.span] = ref.parent
            return tuple(ObjectMap(replace(ref, parent=name)) for name in self.groups.get(ref.parent, ()))

        for triples_map in maps:
            yield replace(
                triples_map,
                predicate_objects=tuple(
                    replace(pom, objects=tuple(r for o in pom.objects for r in resolve(o)))
                    for pom in triples_map.predicate_objects
                ),
            )
        for span, name in unknown.items():
            hint = did_you_mean(name, list(self.groups))
            self.problem("GG009", f"unknown mapping '{name}'", span, hint)


def _split_access(node: Scalar) -> tuple[str, Scalar]:
    """`path~formulation` apart; the formulation defaults to the path's suffix."""
    path, tilde, formulation = node.text.rpartition("~")
    if not tilde:
        path, formulation = node.text, PurePath(node.text).suffix.lstrip(".")
    return path, Scalar(formulation, node.tag, node.span)


def _each(node: Node) -> tuple[Node, ...]:
    """The items of a list, or the one thing that stands for a list of one."""
    return node.items if isinstance(node, Sequence) else (node,)


def _is_shortcut(node: Sequence) -> bool:
    """Whether a list is one inline source: its first item is a path with its formulation."""
    first = node.items[0] if node.items else None
    return isinstance(first, Scalar) and bool(re.search(r"~\w+$", first.text))


def _is_type(predicates: tuple[TermMap, ...]) -> bool:
    return any(p.expression == Constant(DEFAULT_PREFIXES["rdf"] + "type") for p in predicates)
