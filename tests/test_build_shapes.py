"""Shapes are checked on the store itself; the findings are those of pySHACL on a copy in memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyshacl
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store
from rdflib import RDF, SH, BNode, Graph
from rdflib.term import Node

from govgraph.project import Project
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.report import Severity
from govgraph.snapshot.shapes import check_shapes
from tests.conftest import REPOSITORY

CASES = REPOSITORY / "tests" / "cases"
ONTOLOGY = REPOSITORY / "ontology"
TERMS = (ONTOLOGY / "govgraph.ttl", ONTOLOGY / "concepts.ttl")
SEVERITIES = {
    str(SH.Violation): Severity.VIOLATION,
    str(SH.Warning): Severity.WARNING,
    str(SH.Info): Severity.INFO,
}


@pytest.mark.parametrize("case", sorted((CASES / "shapes").glob("*.ttl")), ids=lambda c: c.stem)
def test_the_same_findings(case: Path) -> None:
    found = compare((*TERMS, case), ONTOLOGY / "shapes.ttl")
    assert bool(found) is (case.stem != "right")


def test_the_same_findings_of_every_constraint() -> None:
    found = compare((CASES / "shacl" / "data.ttl",), CASES / "shacl" / "shapes.ttl")
    properties = "text number next kind labels value count path inverse chosen"
    names = f"{properties} Leaf ThingShape ClosedShape ObjectsShape".split()
    assert {hint for _, hint, _ in found} == {f"shape t:{name} in ontology/shapes.ttl" for name in names}


def compare(data: tuple[Path, ...], shapes: Path) -> Counter[tuple[str, str, Severity]]:
    """Focus, hint and severity of each finding, which are as pySHACL finds them by itself."""
    store, graph = Store(), Graph()
    for number, path in enumerate(data):
        name = NamedNode(f"https://example.org/graph/{number}")
        store.bulk_load(path=path, format=RdfFormat.TURTLE, to_graph=name)
        graph.parse(path)
    prefixes = {"t": "https://example.org/test/"}
    found = Counter(
        (str(f.focus), str(f.hint), f.severity)
        for f in check_shapes(store, shapes, prefixes, Evidence(store, Project.load(REPOSITORY)))
    )

    _, results, _ = pyshacl.validate(graph, shacl_graph=Graph().parse(shapes), advanced=True)
    assert isinstance(results, Graph)

    def value(result: Node, predicate: Node) -> str:
        return str(results.value(result, predicate))

    def hint(shape: str) -> str:
        short = shape.replace("https://example.org/test/", "t:")
        short = short.replace("https://w3id.org/govgraph/", "")
        return f"shape {short} in ontology/shapes.ttl"

    expected = Counter(
        (value(r, SH.focusNode), hint(value(r, SH.sourceShape)), SEVERITIES[value(r, SH.resultSeverity)])
        for r in results.subjects(RDF.type, SH.ValidationResult)
    )
    assert not any(isinstance(s, BNode) for s in results.objects(None, SH.sourceShape))
    assert found == expected
    return found
