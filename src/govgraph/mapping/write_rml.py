"""Model -> RML in Turtle with the vocabulary http://w3id.org/rml/: Core, IO, FNML, CC and star."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from govgraph.errors import MappingError, Problem, SourceSpan
from govgraph.iri import RDF, is_absolute
from govgraph.mapping.databases import D2RQ, jdbc
from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.equivalents import split_conditions, without_inverse_predicates
from govgraph.mapping.model import (
    Author,
    Call,
    Constant,
    Expression,
    Gather,
    Iteration,
    Join,
    LogicalSource,
    LogicalTarget,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    Quoted,
    Reference,
    RefObjectMap,
    Template,
    TermMap,
    TermType,
    TriplesMap,
)
from govgraph.mapping.names import Names
from govgraph.mapping.queries import FORMULATION
from govgraph.mapping.rml_vocabulary import FORMATS, R2RML, SERIALIZATIONS
from govgraph.mapping.write_rml_files import source_node, target_node
from govgraph.mapping.write_rml_views import view_node
from govgraph.mapping.write_turtle import TurtleList as _List
from govgraph.mapping.write_turtle import TurtleNode as _Node
from govgraph.mapping.write_turtle import fragment_in_turtle as _fragment
from govgraph.mapping.write_turtle import text_in_turtle as _text

_PREFIXES = {"rml": "http://w3id.org/rml/", "formats": FORMATS}
_TERM_TYPES = {
    TermType.IRI: "rml:IRI",
    TermType.URI: "rml:URI",
    TermType.UNSAFE_IRI: "rml:UnsafeIRI",
    TermType.UNSAFE_URI: "rml:UnsafeURI",
    TermType.LITERAL: "rml:Literal",
    TermType.BLANK_NODE: "rml:BlankNode",
}


def write_rml(mapping: Mapping) -> str:
    """The mapping as RML in Turtle, with a named triples map for each of its own.

    Conditions become `rml:condition` (RML-FNML, "Conditions"), inverse predicates triples maps of their own.
    Raises MappingError GG015 with everything that RML cannot say.
    """
    rewritten, problems = without_inverse_predicates(mapping)
    queries = dict.fromkeys(t.source for t in mapping.triples_maps if t.source.formulation == FORMULATION)
    problems += [Problem("GG015", "RML cannot say a query over other sources", q.span) for q in queries]
    if problems:
        raise MappingError.collect(problems)
    writer = _Writer(rewritten)
    maps = [writer.triples_map(t) for t in rewritten.triples_maps]
    parts = [*writer.target_maps(), *writer.authors(), *writer.views.values(), *maps]
    if not maps:
        raise MappingError("RML has no mapping without triples maps", "GG015", SourceSpan(mapping.file))
    prefixes = (f"@prefix {p}: <{n}> ." for p, n in sorted(writer.names.used.items()))
    return "\n".join(prefixes) + "\n\n" + "\n\n".join(parts) + "\n"


class _Writer:
    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.names = Names(mapping.prefixes, _PREFIXES)
        self.names.used["rml"] = _PREFIXES["rml"]
        self.targets: dict[LogicalTarget, str] = {}
        self.views: dict[str, str] = {}
        """The name of each view that is written, and its text."""
        self.view_names: dict[LogicalSource, str] = {}

    def subject_node(self, name: str, types: str, node: _Node) -> str:
        """A named resource with its properties."""
        body = " ;\n".join(f"  {p} {v if isinstance(v, str) else v.write('  ')}" for p, v in node.properties)
        return f"{_fragment(name)} a {types} ;\n{body} ."

    def source(self, source: LogicalSource) -> tuple[str, str | _Node]:
        """A logical source, the logical table of a database that is named outside, or a view."""
        if source.view:
            return "rml:logicalSource", self.view(source)
        if source.formulation not in DATABASE_FORMULATIONS:
            return "rml:logicalSource", source_node(source, self.names)
        standard = source.formulation == "sql2008"

        def rr(name: str) -> str:
            return self.names.turtle(R2RML + name)

        def d2rq(name: str) -> str:
            return self.names.turtle(D2RQ + name)

        kind = "Table" if source.query is None else "Query"
        text = _text(source.path if source.query is None else source.query)
        if source.database is None:
            version = ((rr("sqlVersion"), rr("SQL2008")),) if standard else ()
            named = rr("tableName" if source.query is None else "sqlQuery")
            return rr("logicalTable"), _Node(((named, text), *version))
        dsn, user = jdbc(source.database)
        username = ((d2rq("username"), _text(user)),) if user else ()
        database = _Node((("a", d2rq("Database")), (d2rq("jdbcDSN"), _text(dsn)), *username))
        formulation = ("rml:referenceFormulation", f"rml:SQL{'2008' if standard else ''}{kind}")
        return "rml:logicalSource", _Node((("rml:source", database), formulation, ("rml:iterator", text)))

    def triples_map(self, triples_map: TriplesMap) -> str:
        properties: list[tuple[str, str | _Node]] = [self.source(triples_map.source)]
        if base := triples_map.base or self.mapping.base:
            properties.append(("rml:baseIRI", f"<{base}>"))
        poms = [p for pom in triples_map.predicate_objects for p in split_conditions(pom)]
        classes = [c for pom in poms if (c := self.classes(pom)) is not None]
        subject = [
            *self.term(triples_map.subject, "subject"),
            *(("rml:class", iri) for found in classes for iri in found),
            *(pair for graph in triples_map.graphs for pair in self.graph(graph)),
            *self.condition(triples_map.condition),
        ]
        if len(subject) == 1 and subject[0][0] == "rml:constant":
            properties.append(("rml:subject", subject[0][1]))
        else:
            properties.append(("rml:subjectMap", _Node(tuple(subject))))
        for pom in poms:
            if self.classes(pom) is None:
                properties.append(("rml:predicateObjectMap", self.predicate_object(pom)))
        type_ = "rml:TriplesMap" if triples_map.asserted else "rml:NonAssertedTriplesMap"
        return self.subject_node(triples_map.name, type_, _Node(tuple(properties)))

    def view(self, source: LogicalSource) -> str:
        """A view by the name under which it is written."""
        assert source.view is not None
        if source not in self.view_names:
            name, number = source.name, 2
            while name in self.views or self.mapping.get(name):
                name, number = f"{source.name}-{number}", number + 1
            self.view_names[source] = name
            self.views[name] = ""
            text = self.subject_node(name, "rml:LogicalView", view_node(source.view, self))
            del self.views[name]  # what it is made of stands before it
            self.views[name] = text
        return _fragment(self.view_names[source])

    def classes(self, pom: PredicateObjectMap) -> list[str] | None:
        """The classes that a predicate-object map gives, if it does nothing else (RML-Core, "rml:class")."""
        types = [p for p in pom.predicates if p.expression == Constant(f"{RDF}type") and not p.targets]
        if len(pom.predicates) != 1 or not types or pom.graphs or pom.condition:
            return None
        classes = []
        for obj in pom.objects:
            if obj.condition or not isinstance(obj.value, TermMap) or obj.value.targets:
                return None
            constant = self.constant(obj.value)
            if constant is None or obj.value.term_type is not TermType.IRI:
                return None
            classes.append(constant)
        return classes

    def predicate_object(self, pom: PredicateObjectMap) -> _Node:
        condition = self.condition(pom.condition)
        properties: list[tuple[str, str | _Node]] = []
        for predicate in pom.predicates:
            properties += self.property(predicate, "predicate", condition)
        for obj in pom.objects:
            properties += self.object(obj)
        for graph in pom.graphs:
            properties += self.graph(graph)
        return _Node(tuple(properties))

    def graph(self, graph: TermMap) -> list[tuple[str, str | _Node]]:
        return self.property(graph, "graph", self.condition(graph.condition))

    def object(self, obj: ObjectMap) -> list[tuple[str, str | _Node]]:
        if isinstance(obj.value, TermMap):
            return self.property(obj.value, "object", self.condition(obj.condition))
        return [("rml:objectMap", self.reference(obj.value))]

    def reference(self, ref: RefObjectMap) -> _Node:
        joins = (("rml:joinCondition", self.join(join)) for join in ref.joins)
        return _Node((("rml:parentTriplesMap", _fragment(ref.parent)), *joins))

    def join(self, join: Join) -> _Node:
        sides: list[tuple[str, str | _Node]] = []
        for name, value in (("child", join.child), ("parent", join.parent)):
            if isinstance(value, Reference):
                sides.append((f"rml:{name}", _text(value.name)))
            else:
                sides.append((f"rml:{name}Map", _Node(tuple(self.value(value)))))
        return _Node(tuple(sides))

    def property(
        self, term: TermMap, what: str, beside: list[tuple[str, str | _Node]] | None = None
    ) -> list[tuple[str, str | _Node]]:
        """The property of a term map: the shortcut of a constant where it is nothing else."""
        constant = self.constant(term)
        if constant is not None and not beside and not term.targets:
            return [(f"rml:{what}", constant)]
        return [(f"rml:{what}Map", _Node((*self.term(term, what), *(beside or ()))))]

    def constant(self, term: TermMap) -> str | None:
        """The RDF term that a map always gives; None where it depends on the row or the base."""
        if not isinstance(term.expression, Constant) or term.term_type is TermType.BLANK_NODE:
            return None
        value, language, datatype = term.expression.value, term.language, term.datatype
        if term.term_type is not TermType.LITERAL:
            return self.names.turtle(value) if term.term_type is TermType.IRI and is_absolute(value) else None
        if isinstance(language, Constant):
            return f"{_text(value)}@{language.value}"
        if isinstance(datatype, Constant) and is_absolute(datatype.value):
            return f"{_text(value)}^^{self.names.turtle(datatype.value)}"
        return _text(value) if language is None and datatype is None else None

    def term(self, term: TermMap, what: str) -> list[tuple[str, str | _Node]]:
        """The properties of a term map; the term type where it is not the default one."""
        if isinstance(term.expression, Gather):
            return self.gather(term, term.expression)
        if isinstance(term.expression, Quoted):
            joins = (("rml:joinCondition", self.join(join)) for join in term.expression.joins)
            targets = (("rml:logicalTarget", self.target(t)) for t in term.targets)
            return [("rml:quotedTriplesMap", _fragment(term.expression.triples_map)), *joins, *targets]
        properties: list[tuple[str, str | _Node]] = []
        constant = self.constant(term)
        if constant is not None:
            properties.append(("rml:constant", constant))
        else:
            text = term.term_type is TermType.LITERAL
            properties += self.value(term.expression, literal=text)
            literal = isinstance(term.expression, Reference) or term.language or term.datatype
            default = TermType.LITERAL if what == "object" and literal else TermType.IRI
            if term.term_type is not default or isinstance(term.expression, Call):
                properties.append(("rml:termType", _TERM_TYPES[term.term_type]))
            properties += self.kind("language", term.language) + self.kind("datatype", term.datatype)
        return properties + [("rml:logicalTarget", self.target(t)) for t in term.targets]

    def gather(self, term: TermMap, gather: Gather) -> list[tuple[str, str | _Node]]:
        """RML-CC, "rml:GatherMap"."""
        named = gather.named or term.targets
        name = self.term(replace(term, expression=gather.name), "gather") if named else []
        items = (
            self.reference(i) if isinstance(i, RefObjectMap) else _Node(tuple(self.term(i, "object")))
            for i in gather.items
        )
        return [
            *name,
            ("rml:gather", _List((), tuple(items))),
            ("rml:gatherAs", self.names.turtle(RDF + gather.kind.value)),
            *((("rml:strategy", "rml:cartesianProduct"),) if gather.product else ()),
            *((("rml:allowEmptyListAndContainer", "true"),) if gather.empty else ()),
        ]

    def kind(self, what: str, expression: Expression | None) -> list[tuple[str, str | _Node]]:
        if expression is None:
            return []
        if isinstance(expression, Constant) and what == "language":
            return [("rml:language", _text(expression.value))]
        if isinstance(expression, Constant) and is_absolute(expression.value):
            return [("rml:datatype", self.names.turtle(expression.value))]
        call = [("rml:termType", "rml:IRI")] if isinstance(expression, Call) and what == "datatype" else []
        properties: list[tuple[str, str | _Node]] = [*self.value(expression), *call]
        return [(f"rml:{what}Map", _Node(tuple(properties)))]

    def value(self, expression: Expression, *, literal: bool = False) -> list[tuple[str, str | _Node]]:
        """The property of an expression map; a constant may be a template without references."""
        match expression:
            case Constant(text):
                return [("rml:constant", _text(text)) if literal else ("rml:template", _text(_braces(text)))]
            case Reference(name):
                return [("rml:reference", _text(name))]
            case Template(parts):
                text = "".join(
                    f"{{{_braces(p.name)}}}" if isinstance(p, Reference) else _braces(p) for p in parts
                )
                return [("rml:template", _text(text))]
            case Call():
                returned = self.returned(expression)
                return [("rml:functionExecution", self.execution(expression)), *returned]
            case Iteration() | Gather() | Quoted():
                return []

    def execution(self, call: Call) -> _Node:
        """RML-FNML, "Function Execution": the function and its inputs."""
        inputs = []
        for argument in call.arguments:
            parameter = ("rml:parameter", self.names.turtle(argument.parameter))
            if isinstance(argument.value, Constant):
                inputs.append(_Node((parameter, ("rml:inputValue", _text(argument.value.value)))))
            else:
                value = _Node(tuple(self.value(argument.value)))
                inputs.append(_Node((parameter, ("rml:inputValueMap", value))))
        function = ("rml:function", self.names.turtle(call.function.iri))
        return _Node((function, *(("rml:input", i) for i in inputs)))

    def returned(self, call: Call) -> list[tuple[str, str | _Node]]:
        """RML-FNML, "rml:return": which result counts, where it is not the first."""
        return (
            [("rml:return", self.names.turtle(call.function.outputs[call.output][0]))] if call.output else []
        )

    def condition(self, call: Call | None) -> list[tuple[str, str | _Node]]:
        if call is None:
            return []
        return [("rml:condition", _Node(tuple(self.value(call))))]

    def target(self, target: LogicalTarget) -> str:
        if target not in self.targets:
            stem = re.split(r"[./]", target.path.rpartition("/")[2])[0] or "target"
            names = {*self.targets.values(), *(t.name for t in self.mapping.triples_maps)}
            name, number = f"{stem}-target", 2
            while name in names:
                name, number = f"{stem}-target-{number}", number + 1
            self.targets[target] = name
        return _fragment(self.targets[target])

    def target_maps(self) -> list[str]:
        """RML-IO, "Logical Target": the files that quads go to."""
        written = []
        for target, name in self.targets.items():
            format_ = self.names.turtle(FORMATS + SERIALIZATIONS[target.serialization])
            node = _Node((("rml:target", target_node(target, self.names)), ("rml:serialization", format_)))
            written.append(self.subject_node(name, "rml:LogicalTarget", node))
        return written

    def authors(self) -> list[str]:
        """YARRRML, "Authors": the contributors of a dataset whose resources are the triples maps."""
        if not self.mapping.authors:
            return []
        void, terms = (
            self.names.turtle(iri)
            for iri in ("http://rdfs.org/ns/void#exampleResource", "http://purl.org/dc/terms/contributor")
        )
        maps = ", ".join(_fragment(t.name) for t in self.mapping.triples_maps)
        properties: list[tuple[str, str | _Node]] = [(void, maps)]
        properties += [(terms, self.author(author)) for author in self.mapping.authors]
        names = {t.name for t in self.mapping.triples_maps}
        name, number = "rules", 2
        while name in names:
            name, number = f"rules-{number}", number + 1
        dataset = self.names.turtle("http://rdfs.org/ns/void#Dataset")
        return [self.subject_node(name, dataset, _Node(tuple(properties)))]

    def author(self, author: Author) -> str | _Node:
        if author.webid:
            return f"<{author.webid}>"
        foaf = "http://xmlns.com/foaf/0.1/"
        properties: list[tuple[str, str | _Node]] = [("a", self.names.turtle(f"{foaf}Person"))]
        if author.name:
            label = self.names.turtle("http://www.w3.org/2000/01/rdf-schema#label")
            properties.append((label, _text(author.name)))
        if author.email:
            properties.append(
                (self.names.turtle(f"{foaf}mbox"), f"<mailto:{quote(author.email, safe='@+')}>")
            )
        if author.website:
            properties.append((self.names.turtle(f"{foaf}homepage"), f"<{author.website}>"))
        return _Node(tuple(properties))


def _braces(text: str) -> str:
    """Text in a template: braces and backslashes escaped (RML-Core, "Template")."""
    return re.sub(r"([{}\\])", r"\\\1", text)
