"""Model -> YARRRML, in its short forms where there are any (https://w3id.org/kg-construct/yarrrml)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from govgraph.errors import MappingError, Problem, SourceSpan
from govgraph.iri import RDF
from govgraph.mapping.dialects import default_dialect, dialect_values
from govgraph.mapping.equivalents import split_conditions
from govgraph.mapping.formulations import written_formulation
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
    TableColumn,
    Template,
    TermMap,
    TermType,
    TriplesMap,
)
from govgraph.mapping.names import Names
from govgraph.mapping.prefixes import DEFAULT_PREFIXES, IDLAB
from govgraph.mapping.queries import FORMULATION
from govgraph.mapping.yarrrml_templates import BACKSLASH, write_template

_TYPE = Constant(f"{RDF}type")


def write_yarrrml(mapping: Mapping) -> str:
    """The mapping as a YARRRML document.

    Raises MappingError GG015 with everything that YARRRML cannot say: several bases, joins on constants,
    objects that are a blank node for each row, the term types rml:URI, rml:UnsafeIRI and rml:UnsafeURI.
    """
    writer = _Writer(mapping)
    document = writer.document()
    if writer.problems:
        raise MappingError.collect(dict.fromkeys(writer.problems))
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1 << 20)


class _Flow(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Short lists on one line, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


class _Writer:
    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.names = Names(mapping.prefixes)
        self.sources: dict[str, LogicalSource] = {}
        self.targets: dict[str, LogicalTarget] = {}
        self.problems: list[Problem] = []
        self.backslash = False
        self.base_here: str | None = None
        self.natural = False

    def problem(self, what: str, span: SourceSpan) -> None:
        self.problems.append(Problem("GG015", f"YARRRML cannot say {what}", span))

    def document(self) -> dict[str, Any]:
        base = self.base()
        for triples_map in self.mapping.triples_maps:
            self.read_by_queries(triples_map.source)
        mappings = {t.name: self.triples_map(t) for t in self.mapping.triples_maps}
        declared = {
            prefix: namespace
            for prefix, namespace in self.names.used.items()
            if DEFAULT_PREFIXES.get(prefix) != namespace
        }
        parts: dict[str, Any] = {
            "prefixes": declared,
            "base": base,
            "external": {BACKSLASH: "\\"} if self.backslash else None,
            "authors": [_author(a) for a in self.mapping.authors],
            "sources": {name: _source(s) for name, s in self.sources.items()},
            "targets": {name: _target(t) for name, t in self.targets.items()},
        }
        return {**{key: part for key, part in parts.items() if part}, "mappings": mappings}

    def base(self) -> str | None:
        bases = {t.base or self.mapping.base: t for t in self.mapping.triples_maps}
        for base, triples_map in list(bases.items())[1:]:
            what = f"another base than the others: {base}" if base else "no base, unlike the others"
            self.problem(f"that one mapping has {what}", triples_map.span)
        return next(iter(bases), self.mapping.base)

    def triples_map(self, triples_map: TriplesMap) -> dict[str, Any]:
        self.base_here = triples_map.base or self.mapping.base
        self.natural = triples_map.source.formulation != "csv"
        parts: dict[str, Any] = {
            "sources": self.source(triples_map.source),
            "s": self.iri(triples_map.subject),
            "graphs": _one_or_all([self.iri(g) for g in triples_map.graphs]),
            "condition": self.call(triples_map.condition) if triples_map.condition else None,
            "po": [
                self.predicate_object(p)
                for pom in triples_map.predicate_objects
                for p in split_conditions(pom)
            ],
        }
        return {k: part for k, part in parts.items() if k == "s" or (part is not None and part != [])}

    def read_by_queries(self, source: LogicalSource) -> None:
        """Declares the sources that a query reads, by the names that it has for them."""
        for name, read in source.tables:
            self.read_by_queries(read)
            self.sources[name] = read

    def source(self, source: LogicalSource) -> str:
        if source.view:
            self.problem(f"the logical view '{source.name}'", source.span)
        if source.query is not None and source.database is None and source.formulation != FORMULATION:
            self.problem("a query of a database that it does not name", source.span)
        return _name(self.sources, source.name, source, lambda s: s)

    def predicate_object(self, pom: PredicateObjectMap) -> Any:
        is_type = any(p.expression == _TYPE for p in pom.predicates)
        predicates = _one_or_all([self.predicate(p) for p in pom.predicates])
        objects = [self.object(o, is_type) for o in pom.objects]
        plain = not pom.graphs and not pom.condition and not pom.inverse_predicates
        if plain and not _has_table([predicates, *objects]):
            if len(objects) == 1 and isinstance(objects[0], list):
                return _flow([predicates, *objects[0]])
            return _flow([predicates, _one_or_all(objects)])
        parts = {
            "p": predicates,
            "i": _one_or_all([self.predicate(p) for p in pom.inverse_predicates]),
            "o": _one_or_all(objects, keep=any(isinstance(o, list) for o in objects)),
            "graphs": _one_or_all([self.iri(g) for g in pom.graphs]),
            "condition": self.call(pom.condition) if pom.condition else None,
        }
        return {key: part for key, part in parts.items() if part is not None and part != []}

    def predicate(self, term: TermMap) -> Any:
        if term.expression == _TYPE and not term.targets:
            return "a"
        text = self.iri(term)
        return {"value": text} if text == "a" else text

    def iri(self, term: TermMap) -> Any:
        """A subject, predicate or graph, in long form where it is a function or has targets."""
        if not self.check(term):
            return None
        if term.condition:
            self.problem("a graph under a condition", term.span)
        if isinstance(term.expression, Quoted):
            return {**self.quoted(term.expression), **self.targets_of(term)}
        if isinstance(term.expression, Call):
            blank = {"type": "blank"} if term.term_type is TermType.BLANK_NODE else {}
            return {**self.call(term.expression), **blank, **self.targets_of(term)}
        text = None if isinstance(term.expression, Iteration) else self.resource(term)
        return {"value": text, **self.targets_of(term)} if term.targets else text

    def resource(self, term: TermMap) -> str:
        if term.term_type is TermType.BLANK_NODE:
            text = "_:" + self.text(term.expression)
        else:
            text = self.iri_text(term.expression, term.span)
        return f"{text}~iri" if text.endswith("~iri") else text

    def object(self, obj: ObjectMap, is_type: bool) -> Any:
        """A text, `[text, type]`, or a table of keys."""
        if isinstance(obj.value, RefObjectMap):
            return self.reference(obj.value)
        term = obj.value
        if not self.check(term):
            return None
        if isinstance(term.expression, Quoted):
            if obj.condition:
                self.problem("a condition for quoted triples", term.span)
            return {**self.quoted(term.expression), **self.targets_of(term)}
        condition = {"condition": self.call(obj.condition)} if obj.condition else {}
        beside = {**condition, **self.targets_of(term)}
        kind = self.kind(term)
        if isinstance(term.expression, Call):
            named = "iri" if term.term_type is TermType.IRI else "blank"
            typed = {**({"type": "literal"} if is_type else {}), **kind}
            typed = typed if term.term_type is TermType.LITERAL else {"type": named}
            return {**self.call(term.expression), **typed, **beside}
        if term.term_type is TermType.BLANK_NODE:
            if isinstance(term.expression, Iteration):
                self.problem("that an object is a blank node for each row", term.span)
                return None
            return {"value": self.text(term.expression), "type": "blank", **beside}
        if term.term_type is TermType.IRI:
            text = self.iri_text(term.expression, term.span)
            if beside or not is_type or text.endswith("~iri"):
                text += "~iri"
            return {"value": text, **beside} if beside else text
        text = self.text(term.expression)
        if beside or is_type or re.search(r"~[a-z]+$", text) or any("~" in k for k in kind.values()):
            return {"value": text, "type": "literal", **kind, **beside}
        if kind:
            word = kind.get("datatype") or f"{kind['language']}~lang"
            return _Flow([text, word])
        return text

    def kind(self, term: TermMap) -> dict[str, str]:
        for what, expression in (("language", term.language), ("datatype", term.datatype)):
            if isinstance(expression, Call):
                self.problem(f"a {what} that a function gives", term.span)
                return {}
        if term.language is not None:
            return {"language": self.text(term.language)}
        if term.datatype is not None:
            return {"datatype": self.iri_text(term.datatype, term.span)}
        alone = isinstance(term.expression, Template) and len(term.expression.parts) == 1
        return {"datatype": "xsd:string"} if alone and self.natural else {}

    def quoted(self, quoted: Quoted) -> dict[str, Any]:
        """YARRRML, "RDF-Star": the key says whether the quoted triples are in the output, too."""
        joins = [self.join(join) for join in quoted.joins]
        triples_map = self.mapping.get(quoted.triples_map)
        key = "quoted" if triples_map is None or triples_map.asserted else "quotedNonAsserted"
        return {key: quoted.triples_map, **({"condition": _one_or_all(joins)} if joins else {})}

    def reference(self, ref: RefObjectMap) -> dict[str, Any]:
        joins = [self.join(join) for join in ref.joins]
        return {"mapping": ref.parent, **({"condition": _one_or_all(joins)} if joins else {})}

    def join(self, join: Join) -> dict[str, Any]:
        for side in (join.child, join.parent):
            if isinstance(side, Constant):
                self.problem("a join on a constant", join.span)
        parameters = [
            _flow(["str1", self.argument(join.child)]),
            _flow(["str2", self.argument(join.parent)]),
        ]
        return {"function": "equal", "parameters": _flow(parameters)}

    def call(self, call: Call) -> dict[str, Any]:
        parameters = [
            _flow([self.names.yarrrml(a.parameter), self.argument(a.value)]) for a in call.arguments
        ]
        if call.output:
            self.problem("which result of a function counts", call.span)
        iri = call.function.iri
        name = "equal" if iri == f"{IDLAB}equal" else self.names.yarrrml(iri)
        return {"function": name, "parameters": _flow(parameters)}

    def argument(self, value: Expression) -> Any:
        return self.call(value) if isinstance(value, Call) else self.text(value)

    def text(self, expression: Expression) -> str:
        assert isinstance(expression, Constant | Reference | Template)
        text = write_template(expression)
        self.backslash = self.backslash or f"$(_{BACKSLASH})" in text
        return text

    def iri_text(self, expression: Expression, span: SourceSpan | None = None) -> str:
        """An IRI with a prefix, if one fits."""
        if isinstance(expression, Constant):
            return self.text(Constant(self.names.yarrrml(expression.value)))
        if isinstance(expression, Template) and len(expression.parts) == 1 and span:
            return self.safe_text(expression, span)
        if isinstance(expression, Template) and isinstance(first := expression.parts[0], str):
            return self.text(Template((self.names.yarrrml(first), *expression.parts[1:])))
        return self.text(expression)

    def safe_text(self, template: Template, span: SourceSpan) -> str:
        """A template of a reference alone, which YARRRML takes for the reference: it is made IRI-safe.

        What is IRI-safe has no scheme, so the result is always after the base.
        """
        if self.base_here is None:
            what = "a template of one reference alone, which is made IRI-safe, without a base"
            self.problem(what, span)
            return self.text(template)
        return self.text(Template((self.names.yarrrml(self.base_here), *template.parts)))

    def targets_of(self, term: TermMap) -> dict[str, Any]:
        names = []
        for target in term.targets:
            if target.beside_mapping:
                self.problem("that a target is relative to the mapping's folder", target.span)
            if target.append:
                self.problem("that a target is added to", target.span)
            stem = re.split(r"[./]", target.path.rpartition("/")[2])[0] or "target"
            names.append(_name(self.targets, stem, target, lambda t: t))
        return {"targets": _one_or_all(names)} if names else {}

    def check(self, term: TermMap) -> bool:
        """Whether there are words for an expression; without them, and for some term types, a problem."""
        if isinstance(term.expression, Gather):
            self.problem("collections and containers", term.span)
            return False
        written = (TermType.IRI, TermType.LITERAL, TermType.BLANK_NODE, TermType.TRIPLE)
        if term.term_type not in written:
            self.problem(f"the term type '{term.term_type.value}'", term.span)
        return True


def _author(author: Author) -> str:
    if author.webid:
        return author.webid
    parts = (author.name, author.email and f"<{author.email}>", author.website and f"({author.website})")
    return " ".join(part for part in parts if part)


def _source(source: LogicalSource) -> Any:
    """`[path~formulation, iterator]`, or a table of keys where that does not say all."""
    if database := source.database:
        standard = source.formulation == "sql2008"
        return {
            "access": database.url,
            "type": database.url.partition(":")[0],
            **({"queryFormulation": "sql2008"} if standard else {}),
            **({"query": source.query} if source.query is not None else {"iterator": source.path}),
        }
    if source.formulation == FORMULATION and source.query:
        return {"queryFormulation": "sql2008", "query": source.query}
    default = default_dialect(source.path)
    dialect: dict[str, Any] = dict(dialect_values(source.dialect, default))
    if source.formulation != "csv" or source.dialect == default:
        dialect = {}
    elif source.dialect.columns:
        dialect["columns"] = [_column(column) for column in source.dialect.columns]
    beside = {
        "encoding": source.encoding,
        "compression": source.compression,
        "nulls": _Flow(source.nulls) if source.nulls is not None else None,
        "delimiter": dialect.pop("delimiter", None),
        "dialect": dialect or None,
        "namespaces": dict(source.namespaces) or None,
    }
    beside = {key: value for key, value in beside.items() if value is not None}
    iterator = [source.iterator] if source.iterator is not None else []
    formulation = written_formulation(source.path, source.formulation)
    if not beside:
        return _Flow([f"{source.path}~{formulation}", *iterator])
    known = {"access": source.path, "referenceFormulation": formulation}
    return {**known, **({"iterator": source.iterator} if iterator else {}), **beside}


def _column(column: TableColumn) -> Any:
    beside = {"nulls": column.nulls and _Flow(column.nulls), "datatype": column.datatype}
    beside = {key: value for key, value in beside.items() if value is not None}
    return {"name": column.name, **beside} if beside else column.name


def _target(target: LogicalTarget) -> Any:
    kind = "sparql" if target.endpoint else "void"
    if target.encoding:
        parts = {
            "access": target.path,
            "type": kind,
            "serialization": target.serialization,
            "compression": target.compression,
            "encoding": target.encoding,
        }
        return {key: part for key, part in parts.items() if part is not None}
    words = [f"{target.path}~{kind}", target.serialization, target.compression]
    while words[-1] in (None, "nquads"):
        words.pop()
    return _Flow(words)


def _name(known: dict[str, Any], name: str, value: Any, identity: Any) -> str:
    """The name of a value among `known`, which gets it if it is new."""
    for other, there in known.items():
        if identity(there) == identity(value):
            return other
    unique, number = name, 2
    while unique in known:
        unique, number = f"{name}-{number}", number + 1
    known[unique] = value
    return unique


def _flow(items: Iterable[Any]) -> list[Any]:
    """A list on one line where nothing in it is a table."""
    items = list(items)
    return items if any(_has_table(item) for item in items) else _Flow(items)


def _has_table(item: Any) -> bool:
    return isinstance(item, dict) or (isinstance(item, list) and any(map(_has_table, item)))


def _one_or_all(items: list[Any], *, keep: bool = False) -> Any:
    """A thing that stands alone without its list, if it is no list itself."""
    return items[0] if len(items) == 1 and not keep and not isinstance(items[0], list) else _flow(items)
