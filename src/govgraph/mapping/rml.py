"""RML -> model, keeping line and column (RML-Core, https://w3id.org/rml/core/spec).

Reads the vocabulary of RML-Core, and those of R2RML and the first RML. Reading goes on after a mistake:
what is wrong is left out and added to the mapping's problems, so that all mistakes are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from govgraph.errors import Problem, SourceSpan
from govgraph.iri import RDF, is_absolute
from govgraph.mapping.functions import FUNCTIONS, Functions
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Iteration,
    Join,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    Reference,
    RefObjectMap,
    TermMap,
    TermType,
    TriplesMap,
)
from govgraph.mapping.rml_authors import read_authors
from govgraph.mapping.rml_collections import OBJECTS
from govgraph.mapping.rml_functions import function_values
from govgraph.mapping.rml_nodes import Fields, long_name, short_name, written
from govgraph.mapping.rml_star import StarReader
from govgraph.mapping.rml_views import ViewReader
from govgraph.mapping.rml_vocabulary import (
    split,
)
from govgraph.mapping.turtle import Blank, Graph, Iri, Placed, Term, Text, Triple, parse_turtle

_OF_TRIPLES_MAPS = ("logicalSource", "logicalTable", "subjectMap", "subject", "predicateObjectMap")

_SUBJECTS = ("subject map", "gather map", "star map")
_TRIPLES_MAPS = ("TriplesMap", "AssertedTriplesMap", "NonAssertedTriplesMap")

_DEFAULT_BASE = "http://example.org/"
"""Where no base is given, the default that RML-Core names ("Base IRI")."""


def read_rml(text: str, file: str, *, working_folder: str = ".", functions: Functions = FUNCTIONS) -> Mapping:
    """The mapping of an RML document in Turtle, its mistakes in `problems`.

    `working_folder` leads from the mapping's folder to that which rml:CurrentWorkingDirectory stands for.
    `functions` are those that it may call. Raises MappingError GG001 where the text is not Turtle at all.
    """
    graph, problems = parse_turtle(text, file)
    return _MappingReader(graph, problems, file, working_folder, functions).read()


class _MappingReader(ViewReader, StarReader):
    """Reads one document."""

    def __init__(
        self, graph: Graph, problems: list[Problem], file: str, working_folder: str, functions: Functions
    ) -> None:
        super().__init__(graph, problems, working_folder)
        self.file = file
        self.functions = functions
        within = function_values(graph)
        self.nodes = {
            term: triples[0].subject
            for term, triples in graph.triples.items()
            if term not in within and _is_map(triples)
        }
        self.names = _short_names(self.nodes)

    def read(self) -> Mapping:
        maps = tuple(filter(None, map(self.triples_map, self.nodes.values())))
        self.check_annotations()
        self.check_unread()
        if not self.nodes and not self.problems:
            hint = "a triples map has rml:logicalSource and rml:subjectMap"
            self.problem("GG004", "no triples map in this file", SourceSpan(self.file, 1, 1), hint)
        return Mapping(
            self.file,
            maps,
            None,
            tuple(dict.fromkeys(self.problems)),
            self.graph.prefixes,
            read_authors(self.graph),
            self.default_base(),
        )

    def default_base(self) -> str:
        """What goes before relative IRIs where no base is given; of R2RML, the document's own base."""
        properties = (t for node in self.nodes for t in self.graph.triples[node])
        is_r2rml = any(self.local_name(t) == "logicalTable" for t in properties)
        base = self.graph.base
        return base if is_r2rml and base and is_absolute(base) else _DEFAULT_BASE

    def triples_map(self, node: Placed) -> TriplesMap | None:
        """The triples map of a resource, with its classes as predicate-object maps.

        Without a subject, which is a problem, it has some other, so that its references are checked even so.
        """
        fields = self.fields(node, "triples map")
        assert fields is not None
        tables = ("logicalTable",) if any(fields.all("logicalTable")) else ()
        source_of = self.one(fields, "logicalSource", *tables)
        source = None
        if source_of:
            read = self.logical_table if self.local_name(source_of) == "logicalTable" else self.logical_source
            source = read(source_of.object)
        base = self.base_iri(fields)
        subject_of = self.one(fields, "subject", "subjectMap")
        subject: TermMap | None = None
        classes: PredicateObjectMap | None = None
        graphs: tuple[TermMap, ...] = ()
        condition: Call | None = None
        if subject_of and self.local_name(subject_of) == "subject":
            subject = self.constant(subject_of, "subject map")
        elif subject_of and (
            subject_map := self.fields(subject_of.object, "subject map", "gather map", "star map")
        ):
            subject = self.term(subject_map)
            classes = self.classes(subject_map)
            graphs = tuple(self.graphs(subject_map))
            condition = self.condition(subject_map)
        poms = tuple(p for t in fields.all("predicateObjectMap") for p in self.predicate_object_maps(t))
        if source is None:
            return None
        return TriplesMap(
            self.names[node.term],
            source,
            subject or TermMap(Iteration(0), TermType.BLANK_NODE, node.span),
            ((classes,) if classes else ()) + poms,
            node.span,
            graphs,
            condition,
            base,
            self.is_asserted(node.term),
        )

    def base_iri(self, fields: Fields) -> str | None:
        """The base of a triples map's relative IRIs."""
        triple = self.one(fields, "baseIRI", required=False)
        if triple is None:
            return None
        value = triple.object.term
        base = value.value if isinstance(value, Text) else self.iri(triple)
        if base is not None and not is_absolute(base):
            self.problem("GG007", f"the base '{base}' is not an absolute IRI", triple.object.span)
            return None
        return base

    def classes(self, subject_map: Fields) -> PredicateObjectMap | None:
        """The classes of a subject map as objects of rdf:type (RML-Core, "Typing Resources")."""
        given = tuple(subject_map.all("class"))
        objects = []
        for triple in given:
            if (iri := self.iri(triple)) is not None:
                objects.append(ObjectMap(TermMap(Constant(iri), TermType.IRI, triple.object.span)))
        if not objects:
            return None
        rdf_type = TermMap(Constant(f"{RDF}type"), TermType.IRI, given[0].predicate.span)
        return PredicateObjectMap((rdf_type,), tuple(objects))

    def graphs(self, fields: Fields) -> Iterator[TermMap]:
        """The graph maps of a subject map or predicate-object map."""
        yield from self.terms(fields, "graph", "graphMap", "graph map")

    def terms(self, fields: Fields, shortcut: str, long: str, component: str) -> Iterator[TermMap]:
        """The term maps of a property and its shortcut."""
        for triple in fields.all(shortcut):
            if term := self.constant(triple, component):
                yield term
        for triple in fields.all(long):
            found = self.fields(triple.object, component, "gather map")
            if found and (term := self.term(found)):
                yield replace(term, condition=self.condition(found)) if component == "graph map" else term

    def predicate_object_maps(self, triple: Triple) -> Iterator[PredicateObjectMap]:
        """All predicates with all objects; those predicates apart that have a condition."""
        fields = self.fields(triple.object, "predicate-object map")
        if fields is None:
            return
        for names in (("predicate", "predicateMap"), ("object", "objectMap")):
            if not any(fields.all(*names)):
                self.one(fields, *names)
        objects, graphs = tuple(self.objects(fields)), tuple(self.graphs(fields))
        plain = list(self.terms(fields, "predicate", "", "predicate map"))
        for predicate_of in fields.all("predicateMap"):
            found = self.fields(predicate_of.object, "predicate map", "gather map")
            predicate = self.term(found) if found else None
            if found and predicate and any(found.all("condition")):
                yield PredicateObjectMap((predicate,), objects, graphs, self.condition(found))
            elif predicate:
                plain.append(predicate)
        if plain:
            yield PredicateObjectMap(tuple(plain), objects, graphs)

    def objects(self, fields: Fields) -> Iterator[ObjectMap]:
        """Object maps and referencing object maps."""
        for triple in fields.all("object"):
            if term := self.constant(triple, "object map"):
                yield ObjectMap(term)
        for triple in fields.all("objectMap"):
            found = self.fields(triple.object, "object map", *OBJECTS)
            value = self.value(found) if found else None
            if found and isinstance(value, TermMap):
                yield ObjectMap(value, self.condition(found))
            elif value:
                yield ObjectMap(value)

    def value(self, fields: Fields) -> TermMap | RefObjectMap | None:
        """An object or an item of a gather map."""
        joined = any(fields.all("parentTriplesMap", "joinCondition"))
        if joined and not any(fields.all("quotedTriplesMap")):
            return self.referencing_object_map(fields)
        return self.term(fields)

    def referencing_object_map(self, fields: Fields) -> RefObjectMap | None:
        """RML-Core, "Referencing Object Map": the subject of another triples map."""
        for name in fields.values.keys() - {"parentTriplesMap", "joinCondition"}:
            triple = fields.values[name][0]
            message = f"'{written(triple)}' has no place in a referencing object map"
            self.problem("GG002", message, triple.predicate.span, "the parent's subject map makes the term")
        parent_of = self.one(fields, "parentTriplesMap")
        joins = tuple(filter(None, map(self.join, fields.all("joinCondition"))))
        known = self.triples_map_name(parent_of) if parent_of else None
        if parent_of is None or known is None:
            return None
        return RefObjectMap(known, joins, parent_of.object.span)

    def join(self, triple: Triple) -> Join | None:
        """RML-Core, "Join Condition": a child and a parent map."""
        fields = self.fields(triple.object, "join condition")
        if fields is None:
            return None
        child, parent = self.side(fields, "child"), self.side(fields, "parent")
        return Join(child, parent, triple.object.span) if child and parent else None

    def side(self, fields: Fields, name: str) -> Expression | None:
        """The child or the parent of a join condition: a reference, or a map."""
        triple = self.one(fields, name, f"{name}Map")
        if triple is None:
            return None
        if self.local_name(triple) == name:
            text = self.text(triple)
            return Reference(text) if text is not None else None
        found = self.fields(triple.object, f"{name} map")
        return self.expression(found) if found else None


def _is_map(triples: list[Triple]) -> bool:
    """Whether a resource is a triples map: by its properties, or by its class where these are misspelt."""
    for triple in triples:
        predicate, value = triple.predicate.term, triple.object.term
        assert isinstance(predicate, Iri)
        if (parts := split(predicate.value)) and parts[1] in _OF_TRIPLES_MAPS:
            return True
        is_type = predicate.value == f"{RDF}type" and isinstance(value, Iri)
        if is_type and isinstance(value, Iri) and (parts := split(value.value)) and parts[1] in _TRIPLES_MAPS:
            return True
    return False


def _short_names(nodes: dict[Term, Placed]) -> dict[Term, str]:
    """Triples map -> its name in messages: what is last in its IRI, or all where that is not unique."""
    short = {term: short_name(term) for term in nodes}
    unique = {name for name in short.values() if list(short.values()).count(name) == 1}
    names = {}
    for term, placed in nodes.items():
        name = short[term] if short[term] in unique else long_name(term)
        names[term] = f"line {placed.span.line}" if isinstance(term, Blank) else name
    return names
