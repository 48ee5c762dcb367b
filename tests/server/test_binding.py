"""Values of parameters in the place of their variables."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from govgraph.parameters import Value
from govgraph.server.binding import bind_terms
from govgraph.tokens import tokenize

NODE = ox.NamedNode("x:y")


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("SELECT ?x { ?x ?p ?v }", "SELECT ?x { ?x ?p <x:y> }"),
        ("SELECT ?x ?v { ?x ?p ?v }", "SELECT ?x (<x:y> AS ?v) { ?x ?p <x:y> }"),
        (
            "SELECT ?v (COUNT(*) AS ?n) { ?x ?p ?v } GROUP BY ?v ORDER BY ?v DESC(?v)",
            "SELECT ?v (COUNT(*) AS ?n) { ?x ?p <x:y> } GROUP BY (<x:y> AS ?v) ORDER BY (<x:y>) DESC(<x:y>)",
        ),
        (
            "SELECT ?x { { SELECT ?v { ?x ?p ?v } } FILTER(?x=?v) } HAVING(?n > ?v)",
            "SELECT ?x { { SELECT (<x:y> AS ?v) { ?x ?p <x:y> } } FILTER(?x=<x:y>) } HAVING(?n > <x:y>)",
        ),
        ("SELECT * { BIND(1 AS ?v) VALUES ?v { 1 } }", "SELECT * { BIND(1 AS ?v) VALUES ?v { 1 } }"),
        (
            "SELECT * { VALUES (?a ?v) { (1 2) } ?a ?b ?v }",
            "SELECT * { VALUES (?a ?v) { (1 2) } ?a ?b <x:y> }",
        ),
        ("SELECT ?vv { ?vv ?p '?v' } # ?v", "SELECT ?vv { ?vv ?p '?v' } # ?v"),
        ("DESCRIBE ?v", "DESCRIBE <x:y>"),
        (
            "SELECT (EXISTS { ?v ?p ?o } AS ?e) ?v { ?s ?p ?v VALUES ?w { 1 } ?s ?q ?v }",
            "SELECT (EXISTS { <x:y> ?p ?o } AS ?e) (<x:y> AS ?v) { ?s ?p <x:y> VALUES ?w { 1 } ?s ?q <x:y> }",
        ),
        ("CONSTRUCT { ?x ?p ?v } WHERE { ?x ?p ?v }", "CONSTRUCT { ?x ?p <x:y> } WHERE { ?x ?p <x:y> }"),
    ],
)
def test_a_value_stands_in_the_place_of_its_variable(query: str, bound: str) -> None:
    got = bind_terms(query, [("v", NODE)])
    assert "".join(got.split()) == "".join(bound.split())


@pytest.mark.parametrize(
    "term",
    [
        ox.Literal('" } UNION { ?s ?p ?o } #'),
        ox.Literal("\\"),
        ox.Literal('\\u0022 \\"'),
        ox.Literal("''' \"\"\" \n\r\t\0\x7f\u2028"),
        ox.Literal("横浜市", language="ja"),
        ox.Literal("1 > 0", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
        ox.NamedNode("http://example.org/横浜?a='b'#c"),
    ],
)
def test_no_value_is_read_as_anything_else(term: Value) -> None:
    """A value stays one term to the parser and to the guard, which reads the query by itself."""
    query = "SELECT (?v AS ?w) { VALUES ?x { 1 } }"
    bound = bind_terms(query, [("v", term)])
    solutions = ox.Store().query(bound)
    assert isinstance(solutions, ox.QuerySolutions)
    assert [solution["w"] for solution in solutions] == [term]
    kinds = [token.kind for token in tokenize(bound)]
    own = ["iri"] if isinstance(term, ox.NamedNode) else ["string"]
    if isinstance(term, ox.Literal) and term.language:
        own.append("tag")
    elif isinstance(term, ox.Literal) and not term.datatype.value.endswith("#string"):
        own += ["mark", "iri"]
    expected = [token.kind for token in tokenize(query)]
    assert kinds == [*expected[:2], *own, *expected[3:]]
