"""Named queries over HTTP, and their description."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pyoxigraph as ox
import pytest
from openapi_spec_validator import validate
from tests.servers import Server, make_project, running

from govgraph.project import Project
from govgraph.snapshot.history import STORE, current_snapshot
from govgraph.snapshot.search_index import write_search_index

QUERIES = {
    "all": "#+ summary: Everything\n#+ summary_ja: すべて\n#+ tags: [things]\n"
    "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s",
    "by-name": "#+ summary: By its text\nSELECT ?s { ?s ?p ?_text }",
    "by-predicate": "#+ summary: By predicate\n#+ description: Counted\n"
    "SELECT (COUNT(*) AS ?n) { ?s ?__kind_iri ?o }",
    "above": "#+ summary: Above a number\n#+ parameters:\n"
    "#+   least: {summary: The least, summary_ja: 下限, type: integer, default: '8'}\n"
    "#+   order: {summary: Order, enum: [up, down], default: up}\n"
    'SELECT ?s ?least { ?s ?p ?o FILTER(xsd:integer(STRBEFORE(?o, " ")) >= ?least) }\n'
    'ORDER BY IF(?order = "up", STR(?s), "")',
    "paged": "#+ summary: In pages\n#+ pagination: 4\nSELECT ?s { ?s ?p ?o } ORDER BY ?s",
    "is-there": "#+ summary: Whether\nASK { ?_s_iri ?p ?o }",
    "exact-pages": "#+ summary: In full pages\n#+ pagination: 5\nSELECT ?s { ?s ?p ?__text } ORDER BY ?s",
    "least": "#+ summary: Predicates by number\nSELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o }\n"
    "GROUP BY ?p HAVING(COUNT(*) >= ?_least_integer)",
    "within": "#+ summary: By predicate and text\n#+ enumerate: [{first: [0 first, 1 first]}]\n"
    "#+ defaults: [{first: 1 first}]\nSELECT ?s { { SELECT ?s { ?s ?__kind_iri ?o } } ?s ?p ?_first }",
    "typed": "#+ summary: Of all types\nSELECT ?s { ?s ?p ?o FILTER(?o IN (?__i_integer, ?__d_decimal, "
    "?__f_double, ?__b_boolean, ?__t_date, ?__s_dateTime, ?__y_gYear, ?__m_gYearMonth, ?__n_number, "
    "?__l_ja, ?__x_gg_area)) }",
    "区": "#+ summary: A name\nSELECT ?s { ?s ?p ?__区_iri }",
    "graph": "#+ summary: As triples\nCONSTRUCT { ?_s_iri ?p ?o } WHERE { ?_s_iri ?p ?o }",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of ten triples with these queries."""
    root = make_project(tmp_path_factory.mktemp("api"), 10, {"limits": {"workers": 1, "time": 5}})
    (root / "queries").mkdir()
    for name, text in QUERIES.items():
        (root / "queries" / f"{name}.rq").write_text(text)
    folder = current_snapshot(Project.load(root)).path
    write_search_index(ox.Store.read_only(str(folder / STORE)), folder)
    with running(root) as server:
        yield server


def get(server: Server, path: str, accept: str = "*/*", **parameters: str) -> httpx2.Response:
    """The answer to a named query."""
    address = f"{server.address}api/{path}"
    return httpx2.get(address, params=parameters, headers={"Accept": accept}, timeout=60)


def rows(answer: httpx2.Response) -> list[dict[str, str]]:
    """The solutions, as texts."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/sparql-results+json"
    bindings = answer.json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def test_json_by_default_and_csv_when_asked(server: Server) -> None:
    assert len(rows(get(server, "all"))) == 10
    answers = [
        get(server, "all", accept="text/csv"),
        get(server, "all.csv"),
        get(server, "all", format="csv"),
        get(server, "all.csv", accept="application/json"),
    ]
    assert (
        get(server, "graph.ttl", s="http://example.org/3").headers["content-type"].startswith("text/turtle")
    )
    for answer in answers:
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.startswith("s,o\r\nhttp://example.org/0,0 first\r\n")
    assert "<table>" in get(server, "all", accept="text/html").text


def test_an_answer_has_an_entity_tag_of_its_values(server: Server) -> None:
    one, two = (get(server, "by-name", text=text).headers["etag"] for text in ("1 first", "2 first"))
    assert one != two
    again = httpx2.get(f"{server.address}api/by-name?text=1+first", headers={"If-None-Match": one})
    assert again.status_code == 304


def test_required_values(server: Server) -> None:
    assert rows(get(server, "by-name", text="3 first")) == [{"s": "http://example.org/3"}]
    assert rows(get(server, "by-name", _text="3 first")) == [{"s": "http://example.org/3"}]
    assert rows(get(server, "by-name", text='x" } UNION { ?s ?p ?o } #')) == []
    assert rows(get(server, "by-name", text="' ?s ?p ?o . ''' \\ \n")) == []


def test_values_that_may_be_left_out(server: Server) -> None:
    assert rows(get(server, "by-predicate")) == [{"n": "10"}]
    assert rows(get(server, "by-predicate", kind="http://example.org/p0")) == [{"n": "2"}]


def test_defaults_and_enumerations(server: Server) -> None:
    assert rows(get(server, "above")) == [
        {"s": "http://example.org/8", "least": "8"},
        {"s": "http://example.org/9", "least": "8"},
    ]
    assert len(rows(get(server, "above", least="5", order="down"))) == 5


def test_ask_and_construct(server: Server) -> None:
    assert get(server, "is-there", s="http://example.org/3").json()["boolean"] is True
    assert get(server, "is-there", s="http://example.org/33").json()["boolean"] is False
    assert get(server, "graph.ntriples", s="http://example.org/3").text == (
        '<http://example.org/3> <http://example.org/p3> "3 first" .\n'
    )


def test_pages(server: Server) -> None:
    first, last = get(server, "paged", timeout="4"), get(server, "paged.csv", page="3")
    assert [row["s"][-1] for row in rows(first)] == ["0", "1", "2", "3"]
    assert last.text.split() == ["s", "http://example.org/8", "http://example.org/9"]
    assert first.headers["link"] == (
        f'<{server.address}api/paged?timeout=4&page=1>; rel="first", '
        f'<{server.address}api/paged?timeout=4&page=2>; rel="next"'
    )
    assert {name: link["url"] for name, link in last.links.items()} == {
        "first": f"{server.address}api/paged.csv?page=1",
        "prev": f"{server.address}api/paged.csv?page=2",
    }
    assert [row["s"][-1] for row in rows(httpx2.get(first.links["next"]["url"]))] == ["4", "5", "6", "7"]


def test_the_last_page_names_no_next_one_though_it_is_full(server: Server) -> None:
    assert set(get(server, "exact-pages").links) == {"first", "next"}
    last = get(server, "exact-pages", page="2")
    assert (len(rows(last)), set(last.links)) == (5, {"first", "prev"})
    beyond = get(server, "exact-pages", page="3")
    assert (rows(beyond), set(beyond.links)) == ([], {"first", "prev"})


def test_pages_on_a_page(server: Server) -> None:
    shown = get(server, "paged", accept="text/html", page="2", lang="en")
    assert f'<a href="{server.address}api/paged?lang=en&amp;page=3" rel="next">Next page</a>' in shown.text
    assert "LIMIT 4 OFFSET 4" in shown.text


def test_links_of_a_name_in_japanese(server: Server) -> None:
    text = httpx2.get(f"{server.address}openapi.json").json()["paths"]
    assert "/api/%E5%8C%BA" in text
    assert rows(get(server, "区", 区="http://example.org/none")) == []


def test_values_where_a_query_has_no_place_for_variables(server: Server) -> None:
    assert {row["n"] for row in rows(get(server, "least", least="2"))} == {"2"}
    assert rows(get(server, "within")) == [{"s": "http://example.org/1"}]
    assert rows(get(server, "within", first="0 first")) == [{"s": "http://example.org/0"}]
    assert rows(get(server, "within", kind="http://example.org/p0")) == []


def test_what_a_form_leaves_empty_is_not_given(server: Server) -> None:
    assert rows(get(server, "by-predicate", kind="")) == [{"n": "10"}]
    assert len(rows(get(server, "above", least="", order=""))) == 2


def test_the_page_of_an_answer_holds_the_values(server: Server) -> None:
    page = get(server, "by-name", accept="text/html", text='3 "first"').text
    assert "?s ?p  &#34;3 \\&#34;first\\&#34;&#34;  }" in page
    (address,) = re.findall(r'href="(/sparql[^"]*format=csv)"', page)
    assert httpx2.get(f"{server.address[:-1]}{unescape(address)}").text == "s\r\n"


@pytest.mark.parametrize(
    ("path", "status", "detail", "hint"),
    [
        ("al", 404, "no query 'al'", "did you mean 'all'?"),
        ("all/x", 404, "no query 'all/x'", None),
        ("all?text=1", 400, "the query has no parameter 'text'", "it has no parameters"),
        ("by-name", 400, "parameter 'text' has no value", "it takes a string"),
        (
            "by-name?txt=1",
            400,
            "parameter 'text' has no value; the query has no parameter 'txt'",
            "did you mean 'text'?",
        ),
        ("by-predicate?kind=p0", 400, "'p0' is no absolute IRI, as parameter 'kind' is", None),
        ("above?least=many", 400, "'many' is no integer, as parameter 'least' is", None),
        ("above?order=upp", 400, "'upp' is no value of parameter 'order'", "did you mean 'up'?"),
        ("by-predicate?kind=http://[x", 400, "'http://[x' is no absolute IRI, as parameter 'kind' is", None),
        ("typed?t=2021-02-29", 400, "'2021-02-29' is no date, as parameter 't' is", None),
        ("typed?n=1,5", 400, "'1,5' is no number, as parameter 'n' is", None),
        ("by-name?text=", 400, "parameter 'text' has no value", "it takes a string"),
        ("by-name?text=a&text=b", 400, "parameter 'text' is given twice", None),
        ("by-name?text=%FF", 400, "the parameters are not UTF-8", "percent-encode UTF-8"),
        ("paged?page=0", 400, "page: '0' is no page", "pages count from 1"),
        ("all?page=2", 400, "query 'all' is not divided into pages", None),
        ("all?timeout=x", 400, "timeout: 'x' is no number of seconds", "such as timeout=5"),
        ("all?format=turtle", 406, "no format 'turtle' for this kind of query", None),
        ("all.turtle", 406, "no format 'turtle' for this kind of query", None),
    ],
)
def test_what_is_wrong_is_told(server: Server, path: str, status: int, detail: str, hint: str | None) -> None:
    answer = httpx2.get(f"{server.address}api/{path}")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["detail"]) == (status, detail)
    assert hint is None or problem["hint"] == hint


def test_only_get(server: Server) -> None:
    answer = httpx2.post(f"{server.address}api/all")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = httpx2.options(f"{server.address}api/all")
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"


def test_figures_do_not_grow_with_names_that_strangers_make_up(server: Server) -> None:
    for name in ("one", "two"):
        assert httpx2.get(f"{server.address}api/{name}").status_code == 404
    figures = httpx2.get(f"{server.address}metrics").text
    assert 'path="/api/"' in figures
    assert 'path="/api/one"' not in figures


def test_the_list(server: Server) -> None:
    listed: list[dict[str, Any]] = httpx2.get(f"{server.address}api").json()
    by_name = {query["name"]: query for query in listed}
    assert list(by_name) == sorted(QUERIES)
    assert by_name["above"]["parameters"]["least"] == {
        "type": "integer",
        "required": False,
        "summary": "The least",
        "summary_ja": "下限",
        "default": "8",
    }
    assert httpx2.get(f"{server.address}api/?format=json", headers={"Accept": "text/html"}).json() == listed
    page = httpx2.get(f"{server.address}api/", headers={"Accept": "text/html", "Accept-Language": "ja"}).text
    assert '<h2 id="all">すべて</h2>' in page
    assert '<form action="/api/by-name" method="get">' in page
    assert "<option selected>up</option>" in page
    home = httpx2.get(server.address, headers={"Accept-Language": "en"}).text
    assert f'<a href="/api?lang=en">{len(QUERIES)} queries by name, as an API</a>' in home


def test_the_description_is_openapi(server: Server) -> None:
    document = httpx2.get(f"{server.address}openapi.json").json()
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/sparql",
        "/search",
        "/suggest",
        *(f"/api/{quote(name)}" for name in QUERIES),
    }
    (text, *_) = document["paths"]["/api/by-name"]["get"]["parameters"]
    assert (text["name"], text["required"]) == ("text", True)
    typed = document["paths"]["/api/typed"]["get"]["parameters"]
    schemas = {about["name"]: about["schema"] for about in typed}
    assert (schemas["i"], schemas["b"]) == ({"type": "integer"}, {"type": "boolean"})
    assert (schemas["t"], schemas["s"]["format"]) == ({"type": "string", "format": "date"}, "date-time")
    least, order, *_ = document["paths"]["/api/above"]["get"]["parameters"]
    assert (least["description"], least["schema"]) == ("The least / 下限", {"type": "integer", "default": 8})
    assert order["schema"] == {"type": "string", "enum": ["up", "down"], "default": "up"}


ALWAYS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)


@pytest.mark.parametrize(
    ("paths", "checks"),
    [
        ("^/api/", f"{ALWAYS},positive_data_acceptance"),
        ("^/sparql$", ALWAYS),
        ("^/(search|suggest)$", ALWAYS),
    ],
)
def test_what_is_described_is_answered(server: Server, tmp_path: Path, paths: str, checks: str) -> None:
    """Schemathesis asks what the description allows, and what it does not; a fixed seed, a bounded number."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}openapi.json"]
    options = ["--max-examples", "10", "--seed", "1", "--generation-database", "none", "--workers", "1"]
    options += ["--include-path-regex", paths, "--checks", checks]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_queries_of_the_project_are_described() -> None:
    """All of the reference project's queries, by its own server's description."""
    from tests.conftest import REPOSITORY

    from govgraph.project import Project
    from govgraph.server.openapi import describe_api
    from govgraph.server.site import Site

    site = Site.of_project(Project.load(REPOSITORY))
    document = describe_api(site, "http://127.0.0.1")
    validate(document)
    assert len(document["paths"]) == len(list(Path(REPOSITORY / "queries").glob("*.rq"))) + 3
