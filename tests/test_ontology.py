"""The ontology, its concepts and shapes: complete, without blank nodes, and every shape is shown to bite.

The cases of the shapes are data: `tests/cases/shapes/right.ttl` must conform; in the other files
`t:violates` names, for each node, exactly the shapes that must find fault with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from tests.conftest import REPOSITORY, SHARED

ONTOLOGY = REPOSITORY / "ontology"
CASES = REPOSITORY / "tests" / "cases" / "shapes"
FILES = ("govgraph.ttl", "concepts.ttl", "shapes.ttl")

GG = Namespace("https://w3id.org/govgraph/ns#")
CONCEPT = Namespace("https://w3id.org/govgraph/concept/")
SHAPE = Namespace("https://w3id.org/govgraph/shape/")
SCHEMA = Namespace("https://schema.org/")
TEST = Namespace("https://example.org/test#")
LANGUAGES = {"ja", "en"}
SCHEMES = {
    "contractType": {"commission", "subsidy", "cost-sharing"},
    "fundingSource": {
        "national",
        "prefectural",
        "municipal",
        "donation",
        "ward-allocated",
        "integrated-project",
    },
    "changeFlag": {"new", "expanded", "priority"},
    "status": {"started", "completed", "cancelled"},
    "phase": {"past", "ongoing", "planned"},
    "budgetPhase": {"approved", "revised", "executed", "planned"},
    "initiative": {"city", "citizen"},
    "indicator": {
        "subsidised-districts",
        "subsidised-groups",
        "supported-households",
        "living-class-uses",
        "day-support-uses",
        "area",
        "survey-responses",
        "meetings-held",
        "landslides",
        "covid-19-cases",
        "public-health-nurses",
        "collaboration-projects",
        "contract-projects",
        "collaboration-contracts",
    },
}


@pytest.fixture(scope="module")
def terms() -> Graph:
    return Graph().parse(ONTOLOGY / "govgraph.ttl")


@pytest.fixture(scope="module")
def concepts() -> Graph:
    return Graph().parse(ONTOLOGY / "concepts.ttl")


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(ONTOLOGY / "shapes.ttl")


def defined(terms: Graph) -> set[URIRef]:
    return {s for s in terms.subjects() if isinstance(s, URIRef) and s in GG}


def languages(graph: Graph, term: Node, predicate: URIRef) -> list[str]:
    return sorted(o.language or "" for o in graph.objects(term, predicate) if isinstance(o, Literal))


# ---- terms


@pytest.mark.parametrize("name", FILES)
def test_no_blank_node(name: str) -> None:
    graph = Graph().parse(ONTOLOGY / name)
    assert len(graph) > 100
    assert not [t for t in graph if any(isinstance(term, BNode) for term in t)]


def test_every_term_has_labels_and_definitions_in_both_languages(terms: Graph) -> None:
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty}
    for term in defined(terms):
        assert set(terms.objects(term, RDF.type)) <= kinds, term
        assert languages(terms, term, RDFS.label) == ["en", "ja"], term
        assert languages(terms, term, SKOS.definition) == ["en", "ja"], term
        assert list(terms.objects(term, RDFS.isDefinedBy)) == [URIRef("https://w3id.org/govgraph/ns")], term


def test_labels_of_reused_terms_stand_in_both_languages(terms: Graph) -> None:
    for term in set(terms.subjects(RDFS.label)) - defined(terms):
        assert languages(terms, term, RDFS.label) == ["en", "ja"], term


def test_nothing_is_said_about_reused_terms_but_labels_and_known_superclasses(terms: Graph) -> None:
    ontology = URIRef("https://w3id.org/govgraph/ns")
    own = {*defined(terms), ontology}
    said = {p for s, p, _ in terms if s not in own}
    assert said == {RDFS.label, RDFS.subClassOf}


def test_no_two_classes_and_no_two_properties_share_a_label(terms: Graph) -> None:
    for kinds in ((OWL.Class,), (OWL.ObjectProperty, OWL.DatatypeProperty)):
        labels = [o for k in kinds for s in terms.subjects(RDF.type, k) for o in terms.objects(s, RDFS.label)]
        assert len(labels) == len(set(labels))


def test_the_ontology_names_itself_its_licence_and_its_version(terms: Graph) -> None:
    ontology = URIRef("https://w3id.org/govgraph/ns")
    assert (ontology, RDF.type, OWL.Ontology) in terms
    assert terms.value(ontology, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    version = terms.value(ontology, OWL.versionInfo)
    assert terms.value(ontology, OWL.versionIRI) == URIRef(f"{ontology}/{version}")
    for predicate in (RDFS.label, DCTERMS.title, DCTERMS.description):
        assert languages(terms, ontology, predicate) == ["en", "ja"]


def test_every_term_of_the_design_is_defined(terms: Graph) -> None:
    design = SHARED / "design" / "ontology.md"
    if not design.is_file():
        pytest.skip(f"the design is not here: {design}")
    named = set(re.findall(r"\bgg:(\w+)", design.read_text(encoding="utf-8")))
    assert len(named) > 60
    assert {GG[n] for n in named} <= defined(terms)


def test_superclasses_lead_to_the_reused_classes(terms: Graph) -> None:
    def above(term: URIRef) -> set[Node | None]:
        return set(terms.transitive_objects(term, RDFS.subClassOf))

    org = Namespace("http://www.w3.org/ns/org#")
    eli = Namespace("http://data.europa.eu/eli/ontology#")
    cv = Namespace("http://data.europa.eu/m8g/")
    assert {
        GG.LocalGovernment,
        org.FormalOrganization,
        cv.PublicOrganisation,
        org.Organization,
    } <= above(GG.Municipality)
    for name in ("AdministrativeWard", "Bureau", "Section"):
        assert {org.OrganizationalUnit, org.Organization} <= above(GG[name])
    for name in ("Chapter", "StatuteSection", "Article", "Paragraph", "Item", "SupplementaryProvision"):
        assert {eli.LegalResourceSubdivision, eli.LegalResource} <= above(GG[name])
    assert above(GG.CollaborationProject) >= {GG.Measure, URIRef("http://www.w3.org/ns/prov#Entity")}


def test_every_class_has_a_superclass(terms: Graph) -> None:
    for cls in terms.subjects(RDF.type, OWL.Class):
        assert terms.value(cls, RDFS.subClassOf, any=True), cls


# ---- concepts


def test_schemes_hold_the_agreed_concepts(concepts: Graph) -> None:
    for scheme, slugs in SCHEMES.items():
        found = set(concepts.subjects(SKOS.inScheme, CONCEPT[scheme]))
        assert found == {CONCEPT[f"{scheme}/{slug}"] for slug in slugs}


def test_every_concept_and_scheme_has_labels_and_stands_in_its_scheme(concepts: Graph) -> None:
    schemes = set(concepts.subjects(RDF.type, SKOS.ConceptScheme))
    assert {s.removeprefix(CONCEPT) for s in schemes if isinstance(s, URIRef)} == {
        *SCHEMES,
        "amountKind",
        "field",
        "legalForm",
    }
    for thing in {*schemes, *concepts.subjects(RDF.type, SKOS.Concept)}:
        assert languages(concepts, thing, SKOS.prefLabel) == ["en", "ja"], thing
    for concept in concepts.subjects(RDF.type, SKOS.Concept):
        scheme = concepts.value(concept, SKOS.inScheme, any=False)
        assert str(concept).rpartition("/")[0] == str(scheme)
        assert (concept, SKOS.topConceptOf, scheme) in concepts
        assert (scheme, SKOS.hasTopConcept, concept) in concepts


def test_no_two_concepts_of_a_scheme_share_a_name(concepts: Graph) -> None:
    for scheme in concepts.subjects(RDF.type, SKOS.ConceptScheme):
        names = [
            name
            for concept in concepts.subjects(SKOS.inScheme, scheme)
            for predicate in (SKOS.prefLabel, SKOS.altLabel)
            for name in concepts.objects(concept, predicate)
        ]
        assert len(names) == len(set(names))


def test_fields_carry_their_printed_numbers(concepts: Graph) -> None:
    numbers = [concepts.value(c, SKOS.notation) for c in concepts.subjects(SKOS.inScheme, CONCEPT.field)]
    assert sorted(int(str(n)) for n in numbers) == list(range(1, 13))


def test_properties_and_shapes_name_the_same_schemes(terms: Graph, concepts: Graph, shapes: Graph) -> None:
    schemes = set(concepts.subjects(RDF.type, SKOS.ConceptScheme))
    named = dict(terms.subject_objects(RDFS.seeAlso))
    assert set(named.values()) == schemes
    checked = set()
    for shape, node in shapes.subject_objects(SH.node):
        path, inner = shapes.value(shape, SH.path), shapes.value(node, SH.property)
        if path in named:
            assert shapes.value(inner, SH.path) == SKOS.inScheme
            assert shapes.value(inner, SH.hasValue) == named[path], shape
            checked.add(path)
    assert checked == set(named)


# ---- shapes


def top_shapes(shapes: Graph) -> set[Node]:
    """Node shapes with a target, and the property shapes that they hold."""
    targeted = {*shapes.subjects(SH.targetClass), *shapes.subjects(SH.targetNode)}
    return targeted | {p for s in targeted for p in shapes.objects(s, SH.property)}


def constraints(shapes: Graph) -> Iterator[tuple[Node, str]]:
    """(shape, constraint component) for every constraint that data can break (SHACL, section 4)."""
    silent = {
        "path",
        "severity",
        "message",
        "property",
        "targetClass",
        "targetNode",
        "prefixes",
        "qualifiedValueShape",
    }
    for shape in top_shapes(shapes):
        for predicate, value in shapes.predicate_objects(shape):
            name = str(predicate).removeprefix(str(SH))
            if predicate == SH.sparql:
                yield value, "SPARQLConstraintComponent"
            elif str(predicate).startswith(str(SH)) and name not in silent:
                yield shape, f"{name[0].upper()}{name[1:]}ConstraintComponent"


def test_shapes_are_well_formed(shapes: Graph) -> None:
    _, report, text = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert (None, SH.conforms, Literal(True)) in report, text


def test_shapes_use_only_defined_terms(terms: Graph, shapes: Graph) -> None:
    used = {o for o in shapes.objects() if isinstance(o, URIRef) and o in GG}
    queries = " ".join(map(str, shapes.objects(None, SH.select)))
    used |= {GG[n] for n in re.findall(r"\bgg:(\w+)", queries)}
    assert used <= defined(terms)


def test_every_class_has_a_shape(terms: Graph, shapes: Graph) -> None:
    targets = set(shapes.objects(None, SH.targetClass))
    for cls in terms.subjects(RDF.type, OWL.Class):
        assert targets & set(terms.transitive_objects(cls, RDFS.subClassOf)), cls


def test_every_reported_shape_has_messages_in_both_languages(shapes: Graph) -> None:
    for shape, component in constraints(shapes):
        assert languages(shapes, shape, SH.message) == ["en", "ja"], (shape, component)


def test_every_property_shape_of_a_class_states_its_severity(shapes: Graph) -> None:
    for shape in top_shapes(shapes) & set(shapes.subjects(RDF.type, SH.PropertyShape)):
        assert shapes.value(shape, SH.severity, any=False) == SH.Violation, shape


def test_the_declared_prefixes_are_those_of_the_queries(shapes: Graph) -> None:
    queries = " ".join(map(str, shapes.objects(None, SH.select)))
    assert set(re.findall(r"\b([a-z]+):\w", queries)) == {str(p) for p in shapes.objects(None, SH.prefix)}


@pytest.fixture(scope="module")
def cases() -> Graph:
    return closed(*sorted(CASES.glob("*.ttl")))


def closed(*files: Path) -> Graph:
    """The ontology, the concepts and `files` with superclasses materialised, as a build does it."""
    graph = Graph()
    for path in (ONTOLOGY / "govgraph.ttl", ONTOLOGY / "concepts.ttl", *files):
        graph.parse(path)
    for thing, cls in list(graph.subject_objects(RDF.type)):
        for above in graph.transitive_objects(cls, RDFS.subClassOf):
            if above is not None:
                graph.add((thing, RDF.type, above))
    return graph


@pytest.fixture(scope="module")
def results(cases: Graph, shapes: Graph) -> list[tuple[Node, Node, str]]:
    """(offending node, shape or SPARQL constraint, constraint component) of every result."""
    _, report, _ = pyshacl.validate(cases, shacl_graph=shapes)
    assert isinstance(report, Graph)
    found = []
    for result in report.objects(None, SH.result):
        constraint = report.value(result, SH.sourceConstraint)
        focus, value = report.value(result, SH.focusNode), report.value(result, SH.value)
        node = value if constraint and isinstance(value, URIRef) else focus
        source = constraint or report.value(result, SH.sourceShape)
        component = report.value(result, SH.sourceConstraintComponent)
        assert node is not None and source is not None
        found.append((node, source, str(component).removeprefix(str(SH))))
    return found


def test_shapes_find_fault_with_the_wrong_nodes_and_no_others(
    cases: Graph, results: list[tuple[Node, Node, str]]
) -> None:
    expected = set(cases.subject_objects(TEST.violates))
    assert {(node, source) for node, source, _ in results} == expected


def test_every_constraint_is_broken_by_some_case(
    shapes: Graph, results: list[tuple[Node, Node, str]]
) -> None:
    broken = {(source, component) for _, source, component in results}
    assert set(constraints(shapes)) == broken


def test_every_target_has_a_right_instance(shapes: Graph, terms: Graph) -> None:
    right = Graph().parse(CASES / "right.ttl")
    found = {c for t in right.objects(None, RDF.type) for c in terms.transitive_objects(t, RDFS.subClassOf)}
    assert set(shapes.objects(None, SH.targetClass)) - {SKOS.Concept} <= found
    assert not list(right.subject_objects(TEST.violates))
