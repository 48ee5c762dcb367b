"""Malformed queries: what is said, and exactly where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from govgraph.errors import QueryError

Run = Callable[[str], bytes]

CASES = [
    ("SELECT ?s { ?s ?p }", "1:19", "unexpected '}'", None),
    ("SELECT*{?s?p}", "1:13", "unexpected '}'", None),
    ('SELECT ?s {\n  ?s ?p "abc\n }', "2:9", "the string is not closed", "three quotes"),
    ('SELECT * { ?s ?p """abc }', "1:18", "the string is not closed", "three quotes"),
    ("SELECT * { ?s ex:p ?o }", "1:15", "prefix 'ex:' is not declared", None),
    ("SELECT * {\n ?s eli:p ?o }", "2:5", "prefix 'eli:' is not declared", "PREFIX eli: <http://data.europa"),
    ("PREFIX exa: <x:> SELECT * { ?s ex:p ?o }", "1:32", "prefix 'ex:' is not", "did you mean 'exa'?"),
    ("SELECT * { ?s <rel> ?o }", "1:15", "<rel> is no absolute IRI", "declare BASE"),
    ("SELECT * { ?s ?p <http://a b> }", "1:18", "an IRI has a character", "%20"),
    ("SELECT * { ?s ?p ?o } LIMIT x", "1:29", "unexpected 'x'", "LIMIT takes a whole number"),
    ("SELECT * { ?s ?p ?o } LIMIT 10 LIMIT 20", "1:32", "unexpected 'LIMIT'", None),
    ("SELECT * { ?s ?p ?o } LIMIT 99999999999999999999999", "1:29", "LIMIT is no whole number", None),
    ("SELECT * { ?s ?p ?o", "1:10", "'{' is not closed", None),
    ("SELECT * { FILTER(1 }", "1:21", "'}' closes no bracket", None),
    ("SELECT * { ?s ?p ?o }}", "1:22", "'}' closes no bracket", None),
    ("SELECT * { ?s ?p ?o ) }", "1:21", "unexpected ')'", None),
    ("SELECT ?s WERE { ?s a ?foo }", "1:11", "unexpected 'WERE'", "did you mean 'WHERE'?"),
    ("SELECT ?s WHERE { ?s ?p ?o OPTIONAL ?s ?p ?o }", "1:37", "unexpected '?s'", 'expected "{"'),
    ("SELECT * { FITLER(?a) }", "1:12", "no function 'FITLER'", "did you mean 'FILTER'?"),
    ("SELECT * { FILTER(REGEX(?a)) }", "1:27", "unexpected ')'", None),
    ("SELECT ?s , ?p { ?s ?p ?o }", "1:11", "unexpected ','", "without commas"),
    ("SELECT COUNT(*) { ?s ?p ?o }", "1:13", "unexpected '('", "write (COUNT(…) AS ?name)"),
    ("SELECT COUNT(?s) AS ?n { ?s ?p ?o }", "1:13", "unexpected '('", "write (COUNT(…) AS ?name)"),
    ("SELECT * { ?s ?p ?o } ORDER ?s", "1:29", "unexpected '?s'", "write ORDER BY"),
    ("SELECT ?s { ?s ?p ?o } GROUP ?s", "1:30", "unexpected '?s'", "write GROUP BY"),
    ("SELECT * { ?s ?p ?o FILTER ?o = 2 }", "1:28", "unexpected '?o'", "write FILTER(…)"),
    ("SELECT * { ?s ?p ?o FILTER(?o == 2) }", "1:32", "unexpected '='", "write '=' to compare"),
    ("SELECT * { FILTER(true AND true) }", "1:24", "unexpected 'AND'", "write '&&'"),
    ("SELECT * { ?s http://x.org/y ?o }", "1:15", "unexpected 'http:'", "angle brackets"),
    ("PREFIX ex <http://x> SELECT * { }", "1:8", "unexpected 'ex'", None),
    ("SELEKT * {}", "1:1", "unexpected 'SELEKT'", "did you mean 'SELECT'?"),
    ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", "1:8", "?s is not grouped: with", "GROUP BY ?s, or SAMPLE"),
    ("SELECT ?p ?s { ?s ?p ?o } GROUP BY ?p", "1:11", "?s is not grouped: with", "GROUP BY ?s, or SAMPLE"),
    ("SELECT * { ?s ?p ?o } GROUP BY ?s", "1:32", "SELECT * cannot stand with GROUP BY", None),
    ("SELECT * { } VALUES (?a ?b) { (1) }", "1:35", "a row of VALUES has more or fewer", None),
    ("SELECT (1 AS ?a) (2 AS ?a) { }", "1:30", "SELECT names a variable twice", None),
    ("SELECT ?s {\n ?s ?p ?o\n BIND(1 AS ?s) }", "3:17", "something is missing, or breaks a rule", "twice?"),
    ("SELECT * { _:a ?p ?o . { _:a ?p ?o } }", "1:26", "'_:a' stands in two groups", "use a variable"),
    ("PREFIX : <x:> SELECT * { ?s ?p :a.b.c }", "1:32", "':a.b.c' has several dots", "write '\\.'"),
    ("DESCRIBE", "1:9", "something is missing", None),
    ("SELECT ?市 {\n\t?市 ?p '町' x }", "2:12", "unexpected 'x'", None),
]


@pytest.mark.parametrize(("query", "place", "said", "hint"), CASES)
def test_place(run: Run, query: str, place: str, said: str, hint: str | None) -> None:
    with pytest.raises(QueryError) as raised:
        run(query)
    problem = raised.value.problems[0]
    assert (problem.code, str(problem.span)) == ("GG701", f"query:{place}")
    assert problem.message.startswith(f"malformed query: {said}")
    assert hint is None or hint in (problem.hint or "")


@pytest.mark.parametrize("query", ["", " \n", "# only a comment"])
def test_empty(run: Run, query: str) -> None:
    with pytest.raises(QueryError) as raised:
        run(query)
    assert str(raised.value) == "query:1:1: GG701 the query is empty"


def test_only_a_prologue(run: Run) -> None:
    with pytest.raises(QueryError) as raised:
        run("PREFIX ex: <http://x/>")
    assert str(raised.value) == "query:1:23: GG701 no query after the prologue"
