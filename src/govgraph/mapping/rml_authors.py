"""Who wrote an RML mapping: the contributors of a dataset of triples maps (YARRRML, "Authors")."""

from __future__ import annotations

from urllib.parse import unquote

from govgraph.iri import RDFS
from govgraph.mapping.model import Author
from govgraph.mapping.turtle import Blank, Graph, Iri, Term

_FOAF = "http://xmlns.com/foaf/0.1/"
_EXAMPLE = "http://rdfs.org/ns/void#exampleResource"
_CONTRIBUTOR = "http://purl.org/dc/terms/contributor"


def read_authors(graph: Graph) -> tuple[Author, ...]:
    """The contributors of each resource that has triples maps as `void:exampleResource`."""
    authors = []
    for subject in graph.triples:
        if _values(graph, subject, _EXAMPLE):
            authors += [_author(graph, term) for term in _values(graph, subject, _CONTRIBUTOR)]
    return tuple(authors)


def _author(graph: Graph, term: Term) -> Author:
    if isinstance(term, Iri) and term not in graph.triples:
        return Author(webid=term.value)
    names = [*_values(graph, term, f"{RDFS}label"), *_values(graph, term, f"{_FOAF}name")]
    boxes = _values(graph, term, f"{_FOAF}mbox")
    pages = _values(graph, term, f"{_FOAF}homepage")
    return Author(
        _text(names),
        unquote(email.removeprefix("mailto:")) if (email := _text(boxes)) else None,
        _text(pages),
    )


def _values(graph: Graph, subject: Term, predicate: str) -> list[Term]:
    return [t.object.term for t in graph.triples.get(subject, ()) if t.predicate.term == Iri(predicate)]


def _text(terms: list[Term]) -> str | None:
    return next((t.value for t in terms if not isinstance(t, Blank)), None)
