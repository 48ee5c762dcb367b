"""Turtle as mappings are written in: every form of its grammar, and what breaks it told where it stands."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest

from govgraph.mapping.turtle import Blank, Iri, Term, Text, parse_turtle
from tests.conftest import Cli

FORMS = Path(__file__).parent / "cases" / "turtle" / "forms.ttl"


def test_every_form_gives_the_triples_that_oxigraph_reads() -> None:
    text = FORMS.read_text(encoding="utf-8")
    graph, problems = parse_turtle(text, FORMS.name)
    triples = [(t.subject.term, t.predicate.term, t.object.term) for ts in graph.triples.values() for t in ts]
    ours = pyoxigraph.Dataset(pyoxigraph.Quad(*map(_node, triple)) for triple in triples)  # type: ignore[arg-type]
    theirs = pyoxigraph.Dataset(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.TURTLE))
    for dataset in (ours, theirs):
        dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    assert not problems
    assert ours == theirs


def _node(term: Term) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal:
    match term:
        case Iri(value):
            return pyoxigraph.NamedNode(value)
        case Blank(label):
            return pyoxigraph.BlankNode(label.strip())
        case Text(value, datatype, language):
            kind = pyoxigraph.NamedNode(datatype) if datatype else None
            return pyoxigraph.Literal(value, datatype=kind, language=language)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<s> <p>\n  <o>", "2:6: GG001 not valid Turtle: the file ends too early, expected '.', ';' or ','"),
        (
            "<s> <p> [ <q> 1 .",
            "1:17: GG001 not valid Turtle: unexpected ., expected ';', ',' or ']'",
        ),
        ("<s> <p> ( 1", "1:12: GG001 not valid Turtle: the file ends too early"),
        ("[] .", "1:4: GG001 not valid Turtle: unexpected ., expected an IRI, a prefixed name or 'a'"),
        (
            "<s> 'p' 1 .",
            "1:5: GG001 not valid Turtle: unexpected 'p', expected an IRI, a prefixed name or 'a'",
        ),
        ("# a\n@prefix a: b:c .", "2:12: GG001 not valid Turtle: unexpected b:c, expected an IRI"),
        ("@prefix a:b <c> .", "1:9: GG001 not valid Turtle: a prefix ends in a colon, unlike 'a:b'"),
        ("<s> <p> 'a\n' .", "1:9: GG001 not valid Turtle: unexpected 'a"),
        ("<s> <p> 'a\n' .", 'hint: close the string on its line, or use """'),
        ("<s> <p> '\\d' .", r"hint: a backslash in a string is written as \\"),
        ("<s> <p> <a b> .", "1:9: GG001 not valid Turtle: unexpected <a b> ."),
        ("<s> <p> <a b> .", "hint: an IRI has no spaces, quotes or brackets"),
        ("<s> <p> x:y .", "1:9: GG005 unknown prefix 'x' in 'x:y'"),
    ],
)
def test_what_breaks_the_grammar_is_told_where_it_stands(
    text: str, told: str, tmp_path: Path, cli: Cli
) -> None:
    mapping = tmp_path / "mapping.ttl"
    mapping.write_text(text, encoding="utf-8")
    ran = cli("map", mapping, "-o", tmp_path / "out.nq")
    assert ran.code == 2
    assert told in ran.err
