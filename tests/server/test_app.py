"""The server beside the protocol: pages, caching, new snapshots, headers, and what it says of itself."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.server.app import create_app
from govgraph.server.metrics import Metrics

Promote = Callable[..., None]
Refresh = Callable[[TestClient], None]

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ALL = {"query": "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s ?o"}
BASE = "https://w3id.org/govgraph/"
OTHER = f"<{BASE}graph/x> {{ <{BASE}id/a> a <{BASE}ns#Plan> . }}"
SD = "http://www.w3.org/ns/sparql-service-description#"


def foreign_scripts(page: Elements) -> list[object]:
    """Scripts of a page that are not of this server's files; a block of JSON is data, and does not run."""
    scripts = [attributes for tag, attributes in page.found if tag == "script"]
    run = [a for a in scripts if a.get("type") != "application/json"]
    return [a for a in run if not (a.get("src") or "").startswith("/static/")]


class Elements(HTMLParser):
    """All start tags of a page with their attributes, and all of its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, attribute: str) -> list[str]:
        return [v for t, a in self.found if t == tag and (v := a.get(attribute)) is not None]


# Caching


def test_etag_and_304(client: TestClient) -> None:
    first = client.get("/sparql", params=ALL)
    etag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    assert first.headers["cache-control"] == "no-cache"
    for given in (etag, f'"other", W/{etag}', "*"):
        again = client.get("/sparql", params=ALL, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert "Accept" in again.headers["vary"]
    assert client.get("/sparql", params=ALL, headers={"If-None-Match": '"other"'}).status_code == 200


def test_etag_depends_on_all_that_the_answer_does(client: TestClient) -> None:
    graph = f"{BASE}graph/hiratsuka-covid-2020"
    etags = [
        client.get("/sparql", params=ALL).headers["etag"],
        client.get("/sparql", params={**ALL, "format": "csv"}).headers["etag"],
        client.get("/sparql", params={"query": ALL["query"] + " "}).headers["etag"],
        client.get("/sparql", params={**ALL, "default-graph-uri": graph}).headers["etag"],
        client.get("/sparql", params={**ALL, "named-graph-uri": graph}).headers["etag"],
    ]
    assert len(set(etags)) == len(etags)


@pytest.mark.parametrize("query", ["SELECT (NOW() AS ?t) {}", "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }"])
def test_no_etag_for_what_changes_by_itself(client: TestClient, query: str) -> None:
    response = client.get("/sparql", params={"query": query}, headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert "etag" not in response.headers


def test_no_304_for_a_malformed_query(client: TestClient) -> None:
    response = client.get("/sparql", params={"query": "SELECT"}, headers={"If-None-Match": '"x"'})
    assert response.status_code == 400


# Snapshots


def test_a_promoted_snapshot_is_picked_up(
    own_client: TestClient, project: Project, promote: Promote, refresh: Refresh
) -> None:
    etag = own_client.get("/sparql", params=ALL).headers["etag"]
    promote(project, "second", OTHER)
    refresh(own_client)
    response = own_client.get("/sparql", params=ALL, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert [b["s"]["value"] for b in response.json()["results"]["bindings"]] == [f"{BASE}id/a"]
    assert own_client.get("/health").json() == {"status": "ok", "snapshot": "second"}


def test_a_damaged_snapshot_does_not_replace_the_one_before(
    own_client: TestClient,
    project: Project,
    promote: Promote,
    refresh: Refresh,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = own_client.get("/sparql", params=ALL).text
    with caplog.at_level(logging.ERROR, "govgraph.server"):
        damaged = project.state / "snapshots/damaged"
        damaged.mkdir()
        link = project.state / "current"
        link.unlink()
        link.symlink_to("snapshots/damaged")
        for _ in range(2):
            refresh(own_client)
            assert own_client.get("/sparql", params=ALL).text == before
            assert own_client.get("/health").json()["snapshot"] == "first"
            assert own_client.get("/ready").json() == {"status": "ready", "snapshot": "first"}
    assert len(caplog.records) == 1
    assert "GG604" in caplog.text
    assert "still serving snapshot first" in caplog.text
    promote(project, "third", OTHER)
    refresh(own_client)
    assert own_client.get("/health").json()["snapshot"] == "third"


def test_without_a_snapshot(empty_project: Project, promote: Promote, refresh: Refresh) -> None:
    with TestClient(create_app(empty_project)) as client:
        for path in ("/health", "/ready"):
            response = client.get(path)
            assert response.status_code == 503
            assert response.json() == {"status": "unavailable", "detail": "no snapshot yet"}
        response = client.get("/sparql", params=ALL)
        assert (response.status_code, response.json()["code"]) == (503, "GG601")
        assert "govgraph build" in response.json()["hint"]
        page = client.get("/", headers=HTML)
        assert page.status_code == 503
        assert "GG601" in page.text
        promote(empty_project, "first")
        refresh(client)
        assert client.get("/health").json() == {"status": "ok", "snapshot": "first"}
        assert client.get("/ready").json() == {"status": "ready", "snapshot": "first"}
        assert client.get("/sparql", params=ALL).status_code == 200


# Pages


def test_home(client: TestClient) -> None:
    response = client.get("/", params={"lang": "en"})
    page = Elements(response.text)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert page.values("html", "lang") == ["en"]
    for text in (
        "Trial graph",
        "first",
        "10 triples",
        "All measures",
        "<graph/yokohama-kyodo-2020>",
        "measure",
    ):
        assert text in page.text
    assert dict(zip(page.values("link", "hreflang"), page.values("link", "href")[2:], strict=True)) == {
        "ja": "http://testserver/?lang=ja",
        "en": "http://testserver/?lang=en",
    }
    assert foreign_scripts(page) == []
    assert not [tag for tag, attributes in page.found if "style" in attributes]
    icon, style = page.values("link", "href")[:2]
    assert icon == "/favicon.svg"
    assert (style, page.values("img", "src")) == ("/style.css", [])
    assert client.get("/style.css").headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    ("params", "accept", "language", "title"),
    [
        ({}, None, "ja", "試験のグラフ"),
        ({}, "en-US,en;q=0.9", "en", "Trial graph"),
        ({"lang": "ja"}, "en", "ja", "試験のグラフ"),
        ({"lang": "xx"}, "en", "en", "Trial graph"),
    ],
)
def test_language(
    client: TestClient, params: dict[str, str], accept: str | None, language: str, title: str
) -> None:
    headers = {"Accept-Language": accept} if accept else {}
    response = client.get("/", params=params, headers=headers)
    page = Elements(response.text)
    assert page.values("html", "lang") == [language]
    assert title in page.text
    assert response.headers["vary"] == "Accept, Accept-Encoding, Accept-Language"


def test_example_fills_the_form(client: TestClient) -> None:
    page = Elements(client.get("/", params={"example": "measures", "lang": "ja"}).text)
    assert "/?example=measures&lang=ja#ask" in page.values("a", "href")
    assert "http://testserver/?example=measures&lang=en" in page.values("link", "href")
    assert "すべての取組" in page.text
    assert "SELECT ?measure WHERE { ?measure a gg:Measure }" in page.text
    assert "#+" not in page.text


def test_form_without_query(client: TestClient) -> None:
    page = Elements(client.get("/sparql", headers=HTML).text)
    assert ("textarea", "query") in [(tag, a.get("name")) for tag, a in page.found]


def test_answer_as_a_page(client: TestClient) -> None:
    query = (
        f"PREFIX m: <{BASE}id/measure/hiratsuka-covid-2020/>\nSELECT ?s ?l ?a {{ ?s <{BASE}ns#amount> ?a ; \
<http://www.w3.org/2000/01/rdf-schema#label> ?l }} ORDER BY ?a"
    )
    response = client.get("/sparql", params={"query": query, "lang": "en"}, headers=HTML)
    page = Elements(response.text)
    assert response.status_code == 200
    assert [a.get("href") for t, a in page.found if t == "a" and a.get("rel") == "noreferrer"] == [
        f"{BASE}id/measure/hiratsuka-covid-2020/7",
        f"{BASE}id/measure/hiratsuka-covid-2020/3",
    ]
    assert "m:7" in page.text
    assert "2 rows" in page.text
    assert '<b>&"市民"</b>' in page.text  # parsed as text, not as markup
    assert not [tag for tag, _ in page.found if tag == "b"]
    assert [a.get("lang") for t, a in page.found if t == "td" and "lang" in a] == ["ja", "ja"]
    assert [a for t, a in page.found if t == "td" and a.get("class") == "number"]
    downloads = [href for href in page.values("a", "href") if "format=csv" in href]
    assert client.get(downloads[0]).headers["content-type"] == "text/csv; charset=utf-8"
    other = [href for href in page.values("link", "href") if "lang=ja" in href]
    assert Elements(client.get(other[0], headers=HTML).text).values("html", "lang") == ["ja"]


def test_only_web_addresses_become_links(client: TestClient) -> None:
    query = 'SELECT (IRI("javascript:alert(1)") AS ?x) ("<script>" AS ?y) {}'
    page = Elements(client.get("/sparql", params={"query": query}, headers=HTML).text)
    assert "<javascript:alert(1)>" in page.text
    assert not [href for href in page.values("a", "href") if href.startswith("javascript")]
    assert foreign_scripts(page) == []


@pytest.mark.parametrize(
    ("query", "text"), [("ASK {}", "Yes"), ("ASK { ?s ?s ?s }", "No"), ("SELECT * { ?s ?s ?s }", "No row")]
)
def test_short_answers(client: TestClient, query: str, text: str) -> None:
    params = {"query": query, "format": "html", "lang": "en"}
    assert text in Elements(client.get("/sparql", params=params).text).text


def test_construct_as_a_page(client: TestClient) -> None:
    params = {"query": "CONSTRUCT WHERE { ?s a ?c }", "format": "html", "lang": "en"}
    page = Elements(client.get("/sparql", params=params).text)
    for text in ("subject", "predicate", "object", "rdf:type", "gg:Measure", "3 rows", "turtle"):
        assert text in page.text


def test_long_answers_are_cut_on_pages_only(client: TestClient) -> None:
    digits = " ".join(f"VALUES ?{name} {{ 0 1 2 3 4 5 6 7 8 9 }}" for name in "abc")
    query = f"SELECT * {{ {digits} VALUES ?d {{ 0 1 }} }}"
    html = client.get("/sparql", params={"query": query, "format": "html", "lang": "en"}).text
    assert "2,000 rows (the first 1,000 are shown)" in html
    assert html.count("<tr>") == 1001
    assert len(client.get("/sparql", params={"query": query, "format": "csv"}).text.splitlines()) == 2001


def test_problem_as_a_page(client: TestClient) -> None:
    query = 'SELECT * {\n ?s "a" </textarea><script>'
    response = client.get("/sparql", params={"query": query, "lang": "en"}, headers=HTML)
    page = Elements(response.text)
    assert response.status_code == 400
    assert response.headers["cache-control"] == "no-store"
    for text in ("GG701", "line 2, column 5", query):
        assert text in page.text
    assert foreign_scripts(page) == []


# Service description, health, methods, headers


@pytest.mark.parametrize("accept", ["*/*", "text/turtle", "application/rdf+xml", "application/ld+json"])
def test_service_description(client: TestClient, accept: str) -> None:
    response = client.get("/sparql", headers={"Accept": accept})
    media_type = response.headers["content-type"].partition(";")[0]
    assert accept in ("*/*", media_type)
    graph = ox.Dataset(ox.parse(response.content, format=ox.RdfFormat.from_media_type(media_type)))
    service = ox.NamedNode("http://testserver/sparql")

    def values(subject: ox.NamedNode, term: str) -> set[str]:
        found = graph.quads_for_subject(subject)
        return {str(getattr(q.object, "value", "")) for q in found if q.predicate.value == SD + term}

    assert values(service, "endpoint") == {service.value}
    assert values(service, "feature") == {f"{SD}UnionDefaultGraph"}
    assert values(service, "supportedLanguage") == {f"{SD}SPARQL11Query"}
    assert "http://www.w3.org/ns/formats/Turtle" in values(service, "resultFormat")
    assert len(values(service, "resultFormat")) == 10
    names = {q.object for q in graph if q.predicate.value == SD + "name"}
    assert ox.NamedNode(f"{BASE}graph/yokohama-kyodo-2020") in names
    assert len(names) == 3
    assert not any(isinstance(q.subject, ox.BlankNode) for q in graph)


def test_no_query_and_no_rdf_accepted(client: TestClient) -> None:
    response = client.get("/sparql", headers={"Accept": "application/sparql-results+json"})
    assert (response.status_code, response.json()["code"]) == (400, "GG704")
    assert response.json()["detail"] == "no query"


def test_public_url(empty_project: Project, promote: Promote) -> None:
    settings = empty_project.settings.model_copy(update={"public_url": "https://graph.example.org/"})
    project = Project(empty_project.root, settings)
    promote(project, "first")
    with TestClient(create_app(project)) as client:
        assert "<https://graph.example.org/sparql> a sd:Service" in client.get("/sparql").text
        page = Elements(client.get("/").text)
        assert "https://graph.example.org/?lang=en" in page.values("link", "href")


@pytest.mark.parametrize("path", ["/", "/health", "/style.css", "/sparql?query=ASK%7B%7D", "/sparql"])
def test_head(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == 200
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("preflight", [True, False])
def test_options(client: TestClient, preflight: bool) -> None:
    """Preflight or not, 200 and not 204, which some clients take for a failure."""
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"} if preflight else {}
    response = client.options("/sparql", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.headers["access-control-allow-origin"] == "*"


def test_cors(client: TestClient) -> None:
    origin = {"Origin": "https://example.org"}
    preflight = client.options(
        "/sparql",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    for path in (
        "/sparql",
        "/sparql?query=ASK%7B%7D",
        "/sparql?query=SELECT",
        "/health",
        "/ready",
        "/nowhere",
    ):
        response = client.get(path, headers=origin)
        assert response.headers["access-control-allow-origin"] == "*"
        assert "ETag" in response.headers["access-control-expose-headers"]
    for path in ("/", "/style.css", "/sparql", "/nowhere"):
        response = client.get(path, headers={**origin, **HTML})
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK%7B%7D", "/sparql?query=SELECT", "/nowhere"])
def test_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=HTML).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"


def test_nowhere(client: TestClient) -> None:
    response = client.get("/nowhere")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {"type": "about:blank", "title": "Not Found", "status": 404}
    page = client.get("/nowhere", headers=HTML)
    assert page.status_code == 404
    assert "Not Found" in page.text


@pytest.mark.usefixtures("broken_workers")
def test_a_fault_of_a_worker_is_a_500_that_tells_nothing(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(create_app(project)) as client, caplog.at_level(logging.ERROR, "govgraph.server"):
        response = client.get("/sparql", params=ALL)
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json() == {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "this is a fault of the server; its log has the details",
        }
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        page = client.get("/sparql", params=ALL, headers=HTML)
        assert page.status_code == 500
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "content-security-policy" in page.headers
        assert "fault of the server" in page.text
        assert "secret" not in page.text
        assert client.get("/").status_code == 200
    logged = [record.getMessage() for record in caplog.records]
    assert len(logged) == 2
    for line in logged:
        assert line.startswith("a fault of the server: Traceback")
        assert line.endswith("ZeroDivisionError: secret")


def test_a_fault_of_the_server_itself_is_a_500_that_tells_nothing(
    own_client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **keywords: object) -> bytes:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Metrics, "write", fail)
    with caplog.at_level(logging.ERROR, "govgraph.server"):
        response = own_client.get("/metrics")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.json()["title"] == "Internal Server Error"
    assert "ZeroDivisionError: secret" in caplog.text
    assert own_client.get("/health").status_code == 200


def test_a_broken_query_file_is_told_at_the_start(project: Project) -> None:
    (project.root / "queries/broken.rq").write_text("#+ summary: [\nASK {}\n")
    with pytest.raises(ConfigError) as raised:
        create_app(project)
    assert raised.value.problems[0].code == "GG001"
    assert str(raised.value.problems[0].span).startswith("queries/broken.rq:")


def test_the_folder_vanishes_while_it_is_served(
    project: Project, own_client: TestClient, refresh: Refresh
) -> None:
    """What is open is served on; what is asked of a damaged folder is told, not a fault."""
    assert own_client.get("/sparql", params=ALL).status_code == 200
    shutil.rmtree(project.state)
    refresh(own_client)
    for path in ("/", "/health", "/sparql"):
        assert own_client.get(path).status_code == 200
    answer = own_client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o } LIMIT 1"})
    assert answer.status_code == 200 or answer.json()["code"] == "GG604"
    with TestClient(create_app(project)) as later:
        assert later.get("/health").status_code == 503
        assert later.get("/sparql", params=ALL).json()["code"] == "GG601"


def test_a_snapshot_that_is_damaged(project: Project) -> None:
    (project.state / "current" / "manifest.json").unlink()
    with TestClient(create_app(project)) as client:
        answer = client.get("/sparql", params=ALL)
        assert (answer.status_code, answer.json()["code"]) == (503, "GG604")
        assert answer.json()["hint"] == "build it again: `govgraph build`"
