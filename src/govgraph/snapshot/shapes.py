"""SHACL: the union of a candidate's graphs against `ontology/shapes.ttl`.

pySHACL reads the store itself, which saves a copy of it in rdflib's memory, and SPARQL constraints are
answered by Oxigraph (100 times as fast). The store is open read-only: a SHACL rule cannot add to it. The
shapes become rdflib's terms in the same way as the store's quads, or equal terms would not be equal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from pyoxigraph import RdfFormat, Store, parse
from pyshacl import Validator
from pyshacl.entrypoints import meta_validate
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph, OxigraphDataGraph, to_rdf
from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node

from govgraph.errors import ConfigError, Problem, SourceSpan
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.report import Finding, Place, Severity

_SILENT = logging.Logger("pyshacl", logging.CRITICAL)
"""What pySHACL logs is in its results, or in what it raises."""
_SPARQL = SH.SPARQLConstraintComponent
"""A constraint in SPARQL often looks from one focus at many resources; what it finds is the value."""
_SEVERITIES = {SH.Warning: Severity.WARNING, SH.Info: Severity.INFO}


def check_shapes(
    store: Store, shapes: Path, prefixes: Mapping[str, str], evidence: Evidence
) -> list[Finding]:
    """One finding a validation result (GG501); none where the project has no shapes.

    Raises ConfigError GG106 where the shapes are not well-formed (SHACL, appendix C), or have rules.
    """
    if not shapes.is_file():
        return []
    project = evidence.project
    names = {**prefixes, "": project.settings.base}
    span = SourceSpan(project.shown(shapes))
    graph = _read(shapes, project.settings.base)
    if ruled := sorted(_short(s, names) for s in graph.subjects(SH.rule)):
        raise ConfigError(
            f"{', '.join(ruled)}: a rule, which would add triples that no mapping states", "GG106", span
        )
    options = {"advanced": True, "inplace": True, "logger": _SILENT}
    try:
        validator = Validator(_Union(store), shacl_graph=DataGraph.from_rdflib(graph), options=options)
        with _quiet():
            _, results, _ = validator.run()  # type: ignore[no-untyped-call]
    except (ReportableRuntimeError, SyntaxError, re.error, AssertionError) as e:
        raise ConfigError.collect(_explain(e, graph, names, span)) from e
    teller = _Teller(results, graph, names, evidence)
    return [teller.tell(r) for r in results.subjects(RDF.type, SH.ValidationResult)]


def _explain(error: Exception, shapes: Graph, prefixes: Mapping[str, str], span: SourceSpan) -> list[Problem]:
    """Why pySHACL stumbled over the shapes: what SHACL's own shapes say of them, else what it said."""
    problems = []
    _, results, _ = meta_validate(shapes, inference="none")
    for result in results.subjects(RDF.type, SH.ValidationResult):
        nodes = (results.value(result, p) for p in (SH.focusNode, SH.resultPath))
        place = " ".join(_short(n, prefixes) for n in nodes if n is not None)
        message = results.value(result, SH.resultMessage)
        problems.append(Problem("GG106", f"{place}: {message}", span))
    if not problems:
        if isinstance(error, AssertionError):
            raise error
        what = "a constraint is not SPARQL" if isinstance(error, SyntaxError) else "not well-formed"
        message = str(getattr(error, "message", error)).splitlines()[0]
        problems.append(Problem("GG106", f"{what}: {message}", span))
    return problems


def _read(shapes: Path, base: str) -> Graph:
    graph = Graph()
    for quad in parse(path=shapes, format=RdfFormat.TURTLE, base_iri=base):
        subject, predicate, object_ = (to_rdf(t) for t in (quad.subject, quad.predicate, quad.object))
        assert subject is not None and predicate is not None and object_ is not None
        graph.add((subject, predicate, object_))
    return graph


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps rdflib from logging a traceback for each ill-typed literal, which `sh:datatype` reports."""
    logger = logging.getLogger("rdflib.term")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


class _Union(OxigraphDataGraph):
    """The union of a store's graphs, as pySHACL reads it, where pySHACL 0.40 is slow or fails."""

    def __bool__(self) -> bool:
        """True: pySHACL asks it for each result, and would count the whole store each time."""
        return True

    def objects(
        self, subject: Any = None, predicate: Any = None, unique: bool = False
    ) -> Generator[Any, None, None]:
        """The objects of `subject`; of a literal, which Oxigraph refuses as a subject, none."""
        if not isinstance(subject, Literal):
            yield from super().objects(subject, predicate, unique)

    def predicate_objects(self, subject: Any = None, unique: bool = False) -> Generator[Any, None, None]:
        """The predicates and objects of `subject`; of a literal, none."""
        if not isinstance(subject, Literal):
            yield from super().predicate_objects(subject, unique)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells validation results (SHACL, section 3.6.2) as findings."""

    results: Graph
    shapes: Graph
    prefixes: Mapping[str, str]
    evidence: Evidence

    def tell(self, result: Node) -> Finding:
        focus = self.results.value(result, SH.focusNode)
        path = self.results.value(result, SH.resultPath)
        value = self.results.value(result, SH.value)
        shape = self.results.value(result, SH.sourceShape)
        component = self.results.value(result, SH.sourceConstraintComponent)
        severity = self.results.value(result, SH.resultSeverity)
        parts = [self.short(n) for n in (focus, path) if isinstance(n, URIRef)]
        message = f"{' '.join(parts) or 'the graph'}: {self.message(result, shape)}"
        if value is not None and value != focus:
            message += f" (value {self.short(value)})"
        return Finding(
            "GG501",
            message,
            focus=str(focus) if focus is not None else None,
            place=self.place(value, focus) if component == _SPARQL else self.place(focus),
            hint=f"shape {self.short(shape)} in ontology/shapes.ttl" if isinstance(shape, URIRef) else None,
            severity=_SEVERITIES.get(URIRef(str(severity)), Severity.VIOLATION),
        )

    def place(self, *nodes: Node | None) -> Place | None:
        """The record of the first of `nodes` that has one."""
        places = (self.evidence.place(str(n)) for n in nodes if isinstance(n, URIRef))
        return next(filter(None, places), None)

    def message(self, result: Node, shape: Node | None) -> str:
        """The shapes' own message, in English where there is one; else the constraint that is broken."""
        constraint = self.results.value(result, SH.sourceConstraint)
        component = self.results.value(result, SH.sourceConstraintComponent)
        own = any(self.shapes.value(n, SH.message) for n in (shape, constraint) if n is not None)
        name = str(component).removeprefix(str(SH)).removesuffix("ConstraintComponent")
        parameter = name[:1].lower() + name[1:]
        if own or not hasattr(SH, parameter):
            order = {"en": 0, None: 1}
            messages = [m for m in self.results.objects(result, SH.resultMessage) if isinstance(m, Literal)]
            best = min(messages, key=lambda m: (order.get(m.language, 2), str(m)), default="not valid")
            return " ".join(best.split())
        asked = self.shapes.value(shape, SH[parameter])
        return f"breaks sh:{parameter}" + (f" {self.short(asked)}" if self.is_plain(asked) else "")

    def is_plain(self, node: Node | None) -> TypeGuard[Node]:
        """Whether a constraint's value can be told in a word, which a list cannot."""
        return node is not None and self.shapes.value(node, RDF.first) is None

    def short(self, node: Node) -> str:
        return _short(node, self.prefixes)


def _short(node: Node, prefixes: Mapping[str, str]) -> str:
    """A prefixed name, an IRI below the base without it, another IRI in brackets, a literal in quotes."""
    if not isinstance(node, URIRef):
        return f"'{node}'"
    fits = [(len(n), p, n) for p, n in prefixes.items() if node.startswith(n)]
    if not fits:
        return f"<{node}>"
    _, prefix, namespace = max(fits)
    local = node[len(namespace) :]
    return f"{prefix}:{local}" if prefix else local
