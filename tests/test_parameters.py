"""Parameters of queries: grlc's conventions, what headers say of them, and what is wrong with either."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from govgraph.errors import ConfigError
from govgraph.parameters import Placeholder, placeholders
from govgraph.project import Project
from govgraph.queries import bind, load_queries, read_query

NOT_DIVISIBLE = (
    "GG003 'pagination': only a SELECT query without LIMIT, OFFSET and VALUES at its end has pages"
)
XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("?_a", "a string required"),
        ("?__a", "a string"),
        ("?_ward_iri", "ward iri required"),
        ("$__ward_iri", "ward iri"),
        ("?_name_ja", "name string@ja required"),
        ("?_n_integer", f"n integer {XSD}integer required"),
        ("?_n_int", f"n int {XSD}int required"),
        ("?_n_number", "n number required"),
        ("?_text_literal", "text string required"),
        ("?__since_date", f"since date {XSD}date"),
        ("?__since_xsd_dateTime", f"since dateTime {XSD}dateTime"),
        ("?_size_gg_area", "size gg:area https://w3id.org/govgraph/ns#area required"),
        ("?_size_own_area", "size own:area http://example.org/area required"),
        ("?_two_words", "two_words string required"),
        ("?_two_words_iri", "two_words iri required"),
        ("?_区_iri", "区 iri required"),
        ("?plain ?___three ?_ ?__", None),
        ("'?_a' # ?_b \n <http://example.org/?_c> ?d", None),
    ],
)
def test_conventions(variable: str, expected: str | None) -> None:
    query = f"PREFIX own: <http://example.org/>\nASK {{ ?s ?p {variable} }}"
    found = placeholders(query, {}, {"gg": "https://w3id.org/govgraph/ns#"})
    assert [_show(placeholder) for placeholder in found.values()] == ([expected] if expected else [])


def _show(placeholder: Placeholder) -> str:
    kind = placeholder.type + f"@{placeholder.language}" * bool(placeholder.language)
    typed = kind not in ("iri", "string", "number") and not placeholder.language
    words = [placeholder.name, kind, placeholder.datatype * typed, "required" * placeholder.required]
    return " ".join(filter(None, words))


def test_a_header_says_more() -> None:
    text = """#+ summary: x
#+ parameters:
#+   ward: {summary: The ward, type: iri}
#+   year: {summary: The year, type: gYear, default: 2020}
#+ defaults:
#+   - flag: true
#+ enumerate:
#+   - ward: ["http://example.org/1", "http://example.org/2"]
#+ method: GET
#+ endpoint: http://example.org/sparql
ASK { ?_ward ?year ?_flag_boolean . ?s ?p ?__other }"""
    found = read_query("x", text, "x.rq").placeholders
    assert list(found) == ["ward", "flag", "other", "year"]
    ward, flag = found["ward"], found["flag"]
    assert (ward.variable, ward.type, ward.required, len(ward.enum)) == ("_ward", "iri", True, 2)
    assert (flag.variable, flag.default, flag.required) == ("_flag_boolean", "true", False)
    assert (found["year"].default, found["year"].type) == ("2020", "gYear")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "#+ parameters: {yaer: {summary: y}}\nASK { ?s ?p ?year }",
            "GG002 the query has no variable for parameter 'yaer'\n  hint: did you mean 'year'?",
        ),
        (
            "#+ parameters: {year: {summary: y, type: gYear, default: last}}\nASK { ?s ?p ?year }",
            "GG003 'last' is no gYear, as parameter 'year' is",
        ),
        (
            "#+ parameters: {year: {summary: y, enum: [2020], default: 2021}}\nASK { ?s ?p ?year }",
            "GG003 '2021' is no value of parameter 'year'\n  hint: did you mean '2020'?",
        ),
        (
            "ASK { ?_year ?p ?__year_gYear }",
            "GG014 ?_year and ?__year_gYear are both parameter 'year'",
        ),
        (
            "#+ pagination: 10\nSELECT * { ?s ?p ?o } LIMIT 5",
            NOT_DIVISIBLE,
        ),
        (
            "#+ pagination: 10\nASK { SELECT * { ?s ?p ?o } }",
            NOT_DIVISIBLE,
        ),
        (
            "#+ enumerate: [year]\nASK { ?_year ?p ?o }",
            "GG003 'enumerate.0': expected keys and values\n  hint: such as `key: value` lines",
        ),
    ],
)
def test_wrong_parameters(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 試験, en: Trial}\n")
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/a.rq").write_text(f"#+ summary: x\n{text}")
    with pytest.raises(ConfigError) as raised:
        load_queries(Project.load(tmp_path))
    place, _, said = str(raised.value).partition(" ")
    assert (place.partition(":")[0], said) == ("queries/a.rq", problem)


TYPED = "#+ summary: x\n#+ parameters:\n#+   a: {summary: y, type: KIND}\nSELECT ?a {}"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", "12", '"12"'),
        ("integer", "-12", f'"-12"^^<{XSD}integer>'),
        ("integer", "1.5", None),
        ("decimal", "1.5", f'"1.5"^^<{XSD}decimal>'),
        ("decimal", "1e5", None),
        ("double", "1e5", f'"1e5"^^<{XSD}double>'),
        ("double", "one", None),
        ("boolean", "true", f'"true"^^<{XSD}boolean>'),
        ("boolean", "yes", None),
        ("date", "2020-09-01", f'"2020-09-01"^^<{XSD}date>'),
        ("date", "2020-9-1", None),
        ("date", "2021-02-29", None),
        ("date", "2020-09-01\n", None),
        ("integer", "１", None),
        ("dateTime", "2020-09-01T09:00:00+09:00", f'"2020-09-01T09:00:00+09:00"^^<{XSD}dateTime>'),
        ("iri", "http://[x", None),
        ("gYear", "2020", f'"2020"^^<{XSD}gYear>'),
        ("gYearMonth", "2020-13", None),
        ("iri", "<https://example.org/横浜>", "<https://example.org/横浜>"),
        ("iri", "https://example.org/a", "<https://example.org/a>"),
        ("iri", "id/lg/141003", None),
    ],
)
def test_typed_values(kind: str, value: str, expected: str | None) -> None:
    call = partial(bind, [f"a={value}"], TYPED.replace("KIND", kind), "q.rq")
    if expected is None:
        with pytest.raises(ConfigError) as raised:
            call()
        assert raised.value.problems[0].code == "GG104"
    else:
        assert [(name, str(term)) for name, term in call()] == [("a", expected)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12", "integer"), ("-1.5", "decimal"), ("1E3", "double")],
)
def test_numbers_are_of_the_type_that_they_are_written_as(value: str, expected: str) -> None:
    ((variable, term),) = bind([f"n={value}"], "#+ summary: x\nASK { ?s ?p ?_n_number }", "q.rq")
    assert (variable, str(term)) == ("_n_number", f'"{value}"^^<{XSD}{expected}>')


def test_without_a_header_nothing_has_to_be_given() -> None:
    query = "ASK { ?s ?_kind_iri ?o }"
    assert bind([], query, "-") == ()
    bound = bind(["kind=x:y", "o=1"], query, "-")
    assert [str(term) for _, term in bound] == [f'"1"^^<{XSD}integer>', "<x:y>"]
