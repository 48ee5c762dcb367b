"""A candidate: a store on disk that is loaded, and completed by what follows from the ontology."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from govgraph.errors import ConfigError, EngineError, Problem, SnapshotError, SourceSpan
from govgraph.iri import RDF, RDFS, SKOS, ontology_graph_iri
from govgraph.project import Project
from govgraph.snapshot.inputs import ontology_files
from govgraph.snapshot.pipes import piped
from govgraph.snapshot.quads import KEPT_LEVEL, copied, open_quads

TYPE = NamedNode(f"{RDF}type")
SUBCLASS_OF = NamedNode(f"{RDFS}subClassOf")
INVERSES = (("broader", "narrower"), ("topConceptOf", "hasTopConcept"))
"""Pairs of SKOS properties of which each is the inverse of the other."""


def load_ontology(store: Store, project: Project) -> dict[str, str]:
    """Loads `ontology/*.ttl` into `graph/ontology`; returns prefix -> namespace of all files.

    Raises ConfigError GG106 with the place of each mistake.
    """
    graph = NamedNode(ontology_graph_iri(project.settings.base))
    prefixes: dict[str, str] = {}
    problems: list[Problem] = []
    for path in ontology_files(project):
        try:
            parser = parse(path=path, format=RdfFormat.TURTLE, base_iri=project.settings.base)
            quads = [Quad(q.subject, q.predicate, q.object, graph) for q in parser]
        except SyntaxError as e:
            span = SourceSpan(project.shown(path), e.lineno or 0, e.offset or 0)
            problems.append(Problem("GG106", f"not valid Turtle: {_reason(e)}", span))
            continue
        if any(isinstance(q.object, Triple) for q in quads):
            message = "a triple term (RDF 1.2), which SHACL cannot check"
            problems.append(Problem("GG106", message, SourceSpan(project.shown(path))))
            continue
        store.bulk_extend(quads)
        prefixes |= parser.prefixes
    if problems:
        raise ConfigError.collect(problems)
    return prefixes


def _reason(error: SyntaxError) -> str:
    """What is wrong, without the place, in what the parser says."""
    return re.sub(r"^Parser error at .*?: ", "", error.msg)


def load_mapped(
    store: Store, write: Callable[[BinaryIO], None], copy: Path, span: SourceSpan | None = None
) -> None:
    """Bulk-loads the N-Quads that `write` writes into a pipe, while it does so, and compresses a copy.

    Raises EngineError GG401 at `span` for a line that is no quad, and what `write` raises; the store then
    holds a part.
    """
    try:
        with piped(write) as pipe, copied(pipe, copy, KEPT_LEVEL) as lines:
            store.bulk_load(lines, RdfFormat.N_QUADS)
    except SyntaxError as e:
        with open_quads(copy) as lines:
            line = next(islice(lines, (e.lineno or 1) - 1, None), b"").decode().rstrip()
        hint = "`govgraph trace` tells which rule and record made a resource"
        raise EngineError(f"no quad can be '{line}': {_reason(e)}", "GG401", span, hint) from e


def load_quads(store: Store, path: Path) -> None:
    """Bulk-loads a kept file of quads; raises SnapshotError GG604 where the file is damaged."""
    try:
        with open_quads(path) as file:
            store.bulk_load(file, RdfFormat.N_QUADS)
    except (gzip.BadGzipFile, EOFError, zlib.error, SyntaxError) as e:
        raise SnapshotError(
            f"kept quads are damaged: {path.name}: {e}",
            "GG604",
            hint="map them again: `govgraph build --force`",
        ) from e


def add_superclasses(store: Store) -> None:
    """For every `rdf:type`, adds the class's superclasses, in the graph where the type stands.

    The classes are few and their instances many, so the closure is taken of the classes, and the triples
    that follow are streamed into a bulk load: half the time of one SPARQL update with a property path.
    """
    parents: dict[NamedNode, list[NamedNode]] = {}
    for quad in store.quads_for_pattern(None, SUBCLASS_OF, None, None):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            parents.setdefault(quad.subject, []).append(quad.object)
    store.bulk_extend(
        Quad(quad.subject, TYPE, ancestor, quad.graph_name)
        for cls in parents
        for ancestor in _ancestors(cls, parents)
        for quad in store.quads_for_pattern(None, TYPE, cls, None)
    )


def _ancestors(cls: NamedNode, parents: Mapping[NamedNode, Iterable[NamedNode]]) -> Iterator[NamedNode]:
    """All classes above `cls`, each once, without `cls` itself where classes form a circle."""
    seen, waiting = {cls}, list(parents.get(cls, ()))
    while waiting:
        ancestor = waiting.pop()
        if ancestor not in seen:
            seen.add(ancestor)
            waiting += parents.get(ancestor, ())
            yield ancestor


def add_inverses(store: Store, project: Project) -> None:
    """Adds the inverses of SKOS's hierarchy to the concepts of `graph/ontology`."""
    graph = NamedNode(ontology_graph_iri(project.settings.base))
    for names in INVERSES:
        for name, inverse in (names, names[::-1]):
            quads = list(store.quads_for_pattern(None, NamedNode(SKOS + name), None, graph))
            store.extend(
                Quad(q.object, NamedNode(SKOS + inverse), q.subject, graph)
                for q in quads
                if isinstance(q.object, NamedNode)
            )
