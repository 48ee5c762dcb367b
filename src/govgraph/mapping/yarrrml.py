"""YARRRML -> model, keeping line and column (https://w3id.org/kg-construct/yarrrml).

Reading goes on after a mistake: what is wrong is left out and added to the mapping's problems, so that
all mistakes of a file are reported at once. A key that would be ignored is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from govgraph.errors import MappingError, Problem, SourceSpan
from govgraph.mapping.equivalents import all_of
from govgraph.mapping.functions import FUNCTIONS, Functions
from govgraph.mapping.model import (
    Call,
    Constant,
    Iteration,
    Join,
    LogicalTarget,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    RefObjectMap,
    TermMap,
    TermType,
    TriplesMap,
)
from govgraph.mapping.prefixes import DEFAULT_PREFIXES
from govgraph.mapping.yarrrml_authors import read_authors
from govgraph.mapping.yarrrml_keys import (
    IRI_KEYS,
    MAPPING_KEYS,
    OBJECT_KEYS,
    PREDICATE_OBJECT_KEYS,
    SUBJECT_KEYS,
    TOP_KEYS,
    Fields,
    Keys,
    each,
)
from govgraph.mapping.yarrrml_sources import SourceReader
from govgraph.mapping.yarrrml_star import StarReader, is_triple
from govgraph.positions import Entry, Node, Scalar, Sequence, Table, parse_yaml


def read_yarrrml(text: str, file: str, *, functions: Functions = FUNCTIONS) -> Mapping:
    """The mapping of a YARRRML document, its mistakes in `problems`.

    `functions` are those that it may call. Raises MappingError GG001 where the text is not YAML at all.
    """
    root, problems = parse_yaml(text, file, MappingError)
    return _MappingReader(file, problems, functions).read(root)


class _MappingReader(StarReader):
    """Reads one document."""

    def __init__(self, file: str, problems: list[Problem], functions: Functions) -> None:
        super().__init__(dict(DEFAULT_PREFIXES), problems)
        self.functions = functions
        self.file = file
        self.sources = SourceReader(self.prefixes, problems)
        self.iterations = 0

    def read(self, root: Node) -> Mapping:
        table = self.table(root, "a YARRRML document")
        fields = self.fields(table, TOP_KEYS, "a YARRRML document") if table else {}
        declared = self.texts(fields.get("prefixes"), "prefix", "an IRI")
        self.prefixes = {**self.prefixes, **declared}
        self.external = self.texts(fields.get("external"), "external reference", "a text")
        base = fields.get("base")
        if base and not isinstance(base.value, Scalar):
            self.problem("GG003", "'base': expected an IRI", base.span)
        if entry := fields.get("sources"):
            self.sources.read_sources(entry)
        if entry := fields.get("targets"):
            self.sources.read_targets(entry)
        maps: list[TriplesMap] = []
        if entry := fields.get("mappings"):
            mappings = self.table(entry.value, "'mappings'")
            taken = {mapping.key for mapping in mappings or ()}
            for mapping in mappings or ():
                maps += self.read_mapping(mapping, taken)
        elif table:
            self.problem("GG004", "'mappings' is missing", table.span)
        authors = read_authors(self, fields.get("authors"))
        resolved = tuple(self.resolve_parents(maps))
        return Mapping(
            self.file,
            resolved,
            base.value.text if base and isinstance(base.value, Scalar) else None,
            tuple(self.problems),
            declared,
            authors,
        )

    def texts(self, entry: Entry | None, what: str, expected: str) -> dict[str, str]:
        """The names of a table with their texts: prefixes, external references."""
        found: dict[str, str] = {}
        table = self.table(entry.value, f"'{entry.key}'") if entry else None
        for named in table or ():
            if isinstance(named.value, Scalar) and not named.value.is_null:
                found[named.key] = named.value.text
            else:
                self.problem("GG003", f"{what} '{named.key}': expected {expected}", named.span)
        return found

    def read_mapping(self, entry: Entry, taken: set[str]) -> Iterator[TriplesMap]:
        """One triples map a pair of source and subject; what has no source yields none."""
        table = self.table(entry.value, f"mapping '{entry.key}'")
        self.groups[entry.key] = []
        if table is None:
            return
        fields = self.fields(table, MAPPING_KEYS, f"mapping '{entry.key}'")
        if "sources" not in fields:
            self.problem("GG004", f"mapping '{entry.key}' has no 'sources'", entry.span)
        sources = list(self.sources.sources_of(fields["sources"].value)) if "sources" in fields else []
        subjects = list(self.subjects(fields.get("subjects"), entry.span))
        targets = self.sources.targets_of(fields.get("targets"))
        graphs = self.graphs(fields.get("graphs"))
        condition = self.condition(fields.get("condition"))
        predicate_objects = tuple(self.predicate_objects(fields.get("predicateobjects")))
        for source in sources:
            for subject, own in subjects:
                name, number = entry.key, 1
                while self.groups[entry.key] and name in taken:
                    number += 1
                    name = f"{entry.key}-{number}"
                taken.add(name)
                self.groups[entry.key].append(name)
                yield TriplesMap(
                    name,
                    source,
                    _with_targets(subject, targets),
                    predicate_objects,
                    entry.span,
                    graphs,
                    all_of(condition, own),
                )

    def subjects(self, entry: Entry | None, span: SourceSpan) -> Iterator[tuple[TermMap, Call | None]]:
        """Subjects, each with its condition; where there is none, a blank node for each row."""
        if entry is None:
            yield TermMap(self.iteration(), TermType.BLANK_NODE, span), None
            return
        for node in each(entry.value):
            if isinstance(node, Table):
                fields = self.fields(node, SUBJECT_KEYS, "a subject")
                if self.is_quoted(fields):
                    targets = self.sources.targets_of(fields.get("targets"))
                    if term := self.quoted(fields, node.span, is_subject=True):
                        yield _with_targets(term, targets), None
                    continue
                condition = self.condition(fields.get("condition"))
                if term := self.long_iri(fields, node.span, blank=True):
                    yield term, condition
            elif isinstance(node, Scalar) and node.is_null:
                yield TermMap(self.iteration(), TermType.BLANK_NODE, node.span), None
            elif term := self.resource(node):
                yield term, None

    def iteration(self) -> Iteration:
        """The next term map that is different for every row."""
        self.iterations += 1
        return Iteration(self.iterations)

    def long_iri(self, fields: Fields, span: SourceSpan, *, blank: bool) -> TermMap | None:
        """A subject, predicate or graph in long form: `value` or a function, with `type` and `targets`."""
        targets = self.sources.targets_of(fields.get("targets"))
        if ("value" in fields) == ("function" in fields):
            self.problem("GG004", "expected one of 'value' and 'function'", span)
            return None
        term_type: TermType | None = TermType.IRI
        if entry := fields.get("type"):
            word = self.scalar(entry.value, "a type")
            term_type = self.term_type(word) if word else None
            if term_type is TermType.LITERAL or (term_type is TermType.BLANK_NODE and not blank):
                self.problem("GG013", "this must be an IRI" + " or a blank node" * blank, entry.value.span)
                return None
        if "function" in fields:
            call = self.call_of(fields, span)
            return TermMap(call, term_type, span, targets=targets) if call and term_type else None
        node = fields["value"].value
        if isinstance(node, Scalar) and node.is_null and blank:
            return TermMap(self.iteration(), TermType.BLANK_NODE, node.span, targets=targets)
        if term_type is TermType.BLANK_NODE:
            value = self.value(node)
            return TermMap(value, term_type, node.span, targets=targets) if value else None
        term = self.iri(node, "an IRI or a template of one", blank=blank) if term_type else None
        return replace(term, targets=targets) if term else None

    def iris(self, node: Node, keys: Keys, what: str, *, graph: bool) -> Iterator[TermMap]:
        """Predicates or graphs: templates, or tables of keys."""
        for item in each(node):
            if isinstance(item, Table):
                if term := self.long_iri(self.fields(item, keys, what), item.span, blank=graph):
                    yield term
            elif term := self.resource(item) if graph else self.predicate(item):
                yield term

    def graphs(self, entry: Entry | None) -> tuple[TermMap, ...]:
        return tuple(self.iris(entry.value, IRI_KEYS, "a graph", graph=True)) if entry else ()

    def predicates(self, node: Node) -> tuple[TermMap, ...]:
        return tuple(self.iris(node, IRI_KEYS, "a predicate", graph=False))

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
                if "predicates" not in fields and "inversepredicates" not in fields:
                    self.problem("GG004", "'predicates' is missing", table.span)
                elif "objects" not in fields:
                    self.problem("GG004", "'objects' is missing", table.span)
                else:
                    yield self.predicate_object(fields)

    def predicate_object(self, fields: Fields) -> PredicateObjectMap:
        predicates = self.predicates(fields["predicates"].value) if "predicates" in fields else ()
        inverse = fields.get("inversepredicates")
        objects = tuple(self.objects(fields["objects"].value, None, fields, _is_type(predicates)))
        if inverse and any(isinstance(o.value, TermMap) and _is_literal(o.value) for o in objects):
            hint = "write the object as $(column)~iri"
            self.problem(
                "GG013", "an inverse predicate needs objects that are no literals", inverse.span, hint
            )
        if inverse and any(isinstance(o.value, TermMap) and is_triple(o.value) for o in objects):
            message = "an inverse predicate needs objects that are no quoted triples"
            self.problem("GG013", message, inverse.span, "a triple term is an object alone (RDF 1.2)")
        return PredicateObjectMap(
            predicates,
            objects,
            self.graphs(fields.get("graphs")),
            self.condition(fields.get("condition")),
            self.predicates(inverse.value) if inverse else (),
        )

    def shortcut(self, node: Sequence) -> Iterator[PredicateObjectMap]:
        """`[predicates, objects]` or `[predicates, objects, datatype or language~lang]`."""
        if not 2 <= len(node.items) <= 3:
            self.problem("GG003", "expected [predicate, object] or [predicate, object, type]", node.span)
            return
        predicates = self.predicates(node.items[0])
        kind = node.items[2] if len(node.items) == 3 else None
        yield PredicateObjectMap(
            predicates, tuple(self.objects(node.items[1], kind, {}, _is_type(predicates)))
        )

    def objects(self, node: Node, kind: Node | None, defaults: Fields, is_type: bool) -> Iterator[ObjectMap]:
        """Objects; `kind` and `defaults` are the type that those have which do not say one themselves."""
        for item in each(node):
            if isinstance(item, Table):
                yield from self.object_table(item, defaults, is_type)
                continue
            value: Node = item
            own = kind
            if isinstance(item, Sequence):
                if not 1 <= len(item.items) <= 2:
                    self.problem("GG003", "expected [value] or [value, type]", item.span)
                    continue
                value = item.items[0]
                own = item.items[1] if len(item.items) == 2 else kind
            if term := self.object(value, own, defaults, is_type):
                yield ObjectMap(term)

    def object_table(self, table: Table, defaults: Fields, is_type: bool) -> Iterator[ObjectMap]:
        fields = self.fields(table, OBJECT_KEYS, "an object")
        if self.is_quoted(fields):
            targets = self.sources.targets_of(fields.get("targets"))
            if quoted := self.quoted(fields, table.span, is_subject=False):
                yield ObjectMap(_with_targets(quoted, targets))
            return
        kinds = [k for k in ("value", "mapping", "function") if k in fields]
        if len(kinds) != 1:
            self.problem("GG004", "an object has one of 'value', 'mapping' and 'function'", table.span)
            return
        beside = [fields[k] for k in ("type", "datatype", "language", "targets", "parameters") if k in fields]
        if kinds == ["mapping"]:
            for entry in beside:
                self.problem("GG002", f"'{entry.key}' says nothing beside 'mapping'", entry.span)
            yield from self.reference_to_mapping(fields)
            return
        types: Fields = {k: fields[k] for k in ("type", "datatype", "language") if k in fields}
        types = types or defaults
        condition = self.condition(fields.get("condition"))
        targets = self.sources.targets_of(fields.get("targets"))
        term = None
        if kinds == ["function"]:
            call = self.call_of(fields, table.span)
            term = self.typed(types, None, call, is_type) if call else None
        elif "parameters" in fields:
            entry = fields["parameters"]
            self.problem("GG002", f"'{entry.key}' says nothing without 'function'", entry.span)
        elif value := self.scalar(fields["value"].value, "a value"):
            term = self.typed(types, value, None, is_type)
        if term:
            yield ObjectMap(_with_targets(term, targets), condition)

    def reference_to_mapping(self, fields: Fields) -> Iterator[ObjectMap]:
        entry = fields["mapping"]
        name = self.scalar(entry.value, "the name of a mapping")
        if name is None:
            return
        joins: list[Join] = []
        condition = fields.get("condition")
        for node in each(condition.value) if condition else ():
            if join := self.join(node):
                joins.append(join)
        yield ObjectMap(RefObjectMap(name.text, tuple(joins), name.span))

    def resolve_parents(self, maps: list[TriplesMap]) -> Iterator[TriplesMap]:
        """References to a mapping of several sources or subjects point at each of its triples maps."""
        unknown: dict[SourceSpan, str] = {}
        not_asserted = {name for quoted in self.not_asserted for name in self.groups.get(quoted, ())}

        def resolve(obj: ObjectMap) -> tuple[ObjectMap, ...]:
            ref = obj.value
            if isinstance(ref, TermMap):
                return tuple(replace(obj, value=term) for term in self.resolve_quoted(ref, unknown))
            if ref.parent not in self.groups:
                unknown[ref.span] = ref.parent
            return tuple(ObjectMap(replace(ref, parent=name)) for name in self.groups.get(ref.parent, ()))

        for triples_map in maps:
            yield replace(
                triples_map,
                subject=self.resolve_quoted_subject(triples_map.subject, unknown),
                asserted=triples_map.name not in not_asserted,
                predicate_objects=tuple(
                    replace(pom, objects=tuple(r for o in pom.objects for r in resolve(o)))
                    for pom in triples_map.predicate_objects
                ),
            )
        self.tell_unknown(unknown)


def _with_targets(term: TermMap, targets: tuple[LogicalTarget, ...]) -> TermMap:
    return replace(term, targets=tuple(dict.fromkeys((*term.targets, *targets)))) if targets else term


def _is_literal(term: TermMap) -> bool:
    return term.term_type is TermType.LITERAL


def _is_type(predicates: tuple[TermMap, ...]) -> bool:
    return any(p.expression == Constant(DEFAULT_PREFIXES["rdf"] + "type") for p in predicates)
