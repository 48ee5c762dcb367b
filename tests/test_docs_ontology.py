"""The reference page of the ontology says what the graph holds, and its examples answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Store
from rdflib import OWL, RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from govgraph.iri import GG
from govgraph.project import Project
from govgraph.snapshot.history import current_snapshot
from tests.conftest import REPOSITORY, Ask
from tests.ontology_page import PAGE, held_blocks, prefixes, true_blocks

SCHEMA = Namespace("https://schema.org/")
TEXT = PAGE.read_text(encoding="utf-8")
PASTED, *EXAMPLES = re.findall(r"```sparql\n(.*?)```", TEXT, re.S)
WRITE = "`python -m tests.ontology_page` writes what the graph holds"


@pytest.fixture(scope="module")
def terms() -> Graph:
    return Graph().parse(REPOSITORY / "ontology" / "govgraph.ttl")


@pytest.fixture(scope="module")
def store(built: Path) -> Store:
    return current_snapshot(Project.load(built)).open_store()


def test_the_prefixes_are_those_of_the_ontology(terms: Graph) -> None:
    assert prefixes().items() <= {(p, str(n)) for p, n in terms.namespaces()}
    used = set(re.findall(r"(?<![\w:/`.])([a-z][a-z-]*):[A-Za-z]\w*", "".join(EXAMPLES)))
    assert used <= set(prefixes())


def test_the_page_lists_what_the_graph_holds(store: Store) -> None:
    held = held_blocks(TEXT)
    for name, lines in true_blocks(store).items():
        assert held[name] == lines, WRITE


def test_every_reused_property_is_explained(store: Store) -> None:
    used = set(re.findall(r"(?:— |· )`(\S+?)`", "\n".join(true_blocks(store)["classes"])))
    table = section("Reused properties")
    assert set(re.findall(r"^\| `(\S+)` \|", table, re.M)) == {p for p in used if not p.startswith("gg:")}


def test_every_term_of_ours_on_the_page_is_defined(terms: Graph) -> None:
    named = {URIRef(GG + name) for name in re.findall(r"\bgg:(\w+)", TEXT)}
    assert named <= set(terms.subjects(RDF.type))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.sub(r"\W+", "-", text[:60]))
def test_an_example_answers(example: str, ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "example.rq"
    query.write_text(PASTED + example, encoding="utf-8")
    rows = ask(str(query))
    assert rows
    assert all(any(row[column] for row in rows) for column in rows[0]), "a column is always empty"


def section(heading: str) -> str:
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_the_page_lists_every_class_and_property(terms: Graph) -> None:
    for heading, kinds in (
        ("Classes", (OWL.Class,)),
        ("Properties", (OWL.ObjectProperty, OWL.DatatypeProperty)),
    ):
        table = [line for line in section(heading).splitlines() if line.startswith("| `")]
        assert table == list(rows(terms, kinds)), f"the table under '{heading}' of {PAGE.name} differs"


def rows(terms: Graph, kinds: tuple[URIRef, ...]) -> Iterator[str]:
    """The table that the page must hold: term, labels, and superclasses or domain and range."""
    for term in sorted(
        URIRef(str(t)) for k in kinds for t in terms.subjects(RDF.type, k) if str(t).startswith(GG)
    ):
        ja, en = (o for lang in ("ja", "en") for o in terms.objects(term, RDFS.label) if is_in(o, lang))
        cells = [f"`{short(terms, term)}`", str(ja), str(en)]
        if OWL.Class in kinds:
            cells.append(listed(terms, term, RDFS.subClassOf))
        else:
            cells.append(
                listed(terms, term, RDFS.domain) or listed(terms, term, URIRef(f"{SCHEMA}domainIncludes"))
            )
            cells.append(listed(terms, term, RDFS.seeAlso) or listed(terms, term, RDFS.range))
        yield f"| {' | '.join(cells)} |"


def is_in(label: Node, language: str) -> bool:
    return isinstance(label, Literal) and label.language == language


def listed(terms: Graph, term: Node, predicate: URIRef) -> str:
    return ", ".join(f"`{name}`" for name in sorted(short(terms, o) for o in terms.objects(term, predicate)))


def short(terms: Graph, term: Node) -> str:
    return terms.namespace_manager.curie(str(term))
