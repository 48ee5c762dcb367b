"""Every IRI of the graph resolves: as a page, as RDF, or with a reason why not."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tests.projects import copy_town, edit
from tests.server.conftest import BASE, PREFIXES, Promote

from govgraph.project import Project
from govgraph.server.app import create_app
from govgraph.server.assets import entry
from govgraph.server.resource import ON_PAGE, SHOWN
from govgraph.snapshot.build import build_snapshot
from govgraph.snapshot.history import STORE, current_snapshot
from govgraph.snapshot.names_of import HUB
from govgraph.snapshot.search_index import SEARCH_FILE, write_search_index

HTML = {"Accept": "text/html"}
WARD = "/id/lg/141101"
ARTICLE = "/id/eli/jp-141003/ordinance/2012/34/art_12"
MEASURE = "/id/measure/hiratsuka-covid-2020/62"
SUFFIXES = {
    "ttl": ("text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "nq": ("application/n-quads", ox.RdfFormat.N_QUADS),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    "trig": ("application/trig", ox.RdfFormat.TRIG),
}


class Links(HTMLParser):
    """Text -> address of the links of a page, and the ids of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.terms: set[str] = set()
        self.ids: list[str] = []
        self._href: str | None = None
        self._in_term = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "dt":
            self._in_term = True
        if tag == "a":
            self._href = given.get("href")
            if self._in_term and self._href:
                self.terms.add(self._href)

    def handle_endtag(self, tag: str) -> None:
        if tag == "dt":
            self._in_term = False
        if tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._href and data.strip():
            self.links.setdefault(data.strip(), self._href)


@pytest.fixture(scope="module")
def graph(built: Path) -> Iterator[TestClient]:
    """The server of the repository's own graph."""
    with TestClient(create_app(Project.load(built)), follow_redirects=False) as client:
        yield client


def page(client: TestClient, path: str) -> Links:
    response = client.get(path, headers=HTML, follow_redirects=True)
    assert response.status_code == 200, path
    return Links(response.text)


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "html"),
        ("text/turtle", "ttl"),
        ("application/ld+json, text/turtle;q=0.5", "jsonld"),
        ("application/n-quads", "nq"),
        ("application/rdf+xml", "rdf"),
    ],
)
def test_a_thing_leads_to_its_document(graph: TestClient, accept: str, suffix: str) -> None:
    response = graph.get(MEASURE, headers={"Accept": accept})
    assert (response.status_code, response.headers["location"]) == (
        303,
        f"http://testserver{MEASURE}.{suffix}",
    )
    assert "Accept" in response.headers["vary"]


def test_the_language_is_kept_on_the_way(graph: TestClient) -> None:
    response = graph.get(f"{MEASURE}?lang=en", headers=HTML)
    assert response.headers["location"].endswith(f"{MEASURE}.html?lang=en")


def test_nothing_acceptable(graph: TestClient) -> None:
    response = graph.get(MEASURE, headers={"Accept": "image/png"})
    assert (response.status_code, response.json()["code"]) == (406, "GG702")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_documents(graph: TestClient, suffix: str) -> None:
    media_type, format_ = SUFFIXES[suffix]
    response = graph.get(f"{MEASURE}.{suffix}")
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    quads = list(ox.parse(response.content, format=format_))
    about = [q for q in quads if q.subject == ox.NamedNode(f"{BASE}{MEASURE[1:]}")]
    assert ox.Literal("フードドライブ、フードバンクへの支援", language="ja") in {q.object for q in about}
    document = ox.NamedNode(f"http://testserver{MEASURE}.{suffix}")
    assert [q for q in quads if q.subject == document and q.predicate.value.endswith("primaryTopic")]
    graphs = {q.graph_name for q in about}
    if suffix in ("nq", "trig"):
        assert ox.NamedNode(f"{BASE}graph/hiratsuka-covid-2020") in graphs
    else:
        assert graphs == {ox.DefaultGraph()}
    again = graph.get(f"{MEASURE}.{suffix}", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_from_the_home_page_to_the_article(graph: TestClient) -> None:
    home = page(graph, "/?lang=ja")
    ward = page(graph, home.links["戸塚区"])
    project = page(graph, next(h for h in ward.links.values() if "/id/measure/yokohama-kyodo-2020/" in h))
    assert project.ids
    article = page(graph, f"{ARTICLE}.html?lang=ja")
    contract = page(graph, next(h for h in article.links.values() if "/id/contract/" in h))
    assert contract.links["横浜市市民協働条例第12条（協働契約）"] == f"{ARTICLE}?lang=ja"


def test_amounts_as_printed_and_in_yen(graph: TestClient) -> None:
    assert "386千円 = ¥386,000" in graph.get(f"{MEASURE}.html").text


def test_where_it_stands(graph: TestClient) -> None:
    text = graph.get(f"{MEASURE}.html?lang=en").text
    assert re.search(r"lines? \d+", text)
    assert "records/hiratsuka-covid-2020/measures.csv" in text


def test_structured_data(graph: TestClient) -> None:
    text = graph.get(f"{WARD}.html?lang=ja").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found
    said = json.loads(found[1])
    assert (said["@id"], said["name"]) == (f"{BASE}{WARD[1:]}", "戸塚区")
    assert "とつかく" in said["alternateName"]
    assert f'<link rel="canonical" href="http://testserver{WARD}.html">' in text


@pytest.mark.parametrize("path", [WARD, ARTICLE, MEASURE, "/id/doc/yokohama-kyodo-2020", "/id/fy/2020"])
def test_properties_and_classes_lead_to_their_documentation(graph: TestClient, path: str) -> None:
    terms = page(graph, f"{path}.html").terms
    assert terms
    ids = set(page(graph, "/ns").ids)
    for href in terms:
        if href.startswith("/ns"):
            assert href.partition("#")[2] in ids
        else:
            assert graph.get(href, headers=HTML).status_code == 200, href


def test_iris_of_the_graph_resolve(graph: TestClient, built: Path) -> None:
    store = current_snapshot(Project.load(built)).open_store()
    subjects = sorted({q.subject.value for q in store if isinstance(q.subject, ox.NamedNode)})
    for iri in subjects[::40]:
        path = iri.partition("#")[0].removeprefix(BASE)
        path = f"/{quote(path)}" if iri.startswith(BASE) else f"/resource?iri={quote(iri, '')}"
        response = graph.get(path, headers=HTML, follow_redirects=True)
        assert response.status_code == 200, iri


def test_a_statute_as_it_reads(graph: TestClient, built: Path) -> None:
    text = graph.get("/id/eli/jp-141003/ordinance/2012/34.html?lang=ja").text
    outline = text[text.index('id="outline"') : text.index('id="inverse"')]
    articles = [int(n) for n in re.findall(r'<li><a href="[^"]*34/art_(\d+)\?', outline)]
    assert articles == sorted(articles)
    store = current_snapshot(Project.load(built)).open_store()
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    all_ = store.quads_for_pattern(None, kind, ox.NamedNode(f"{BASE}ns#Article"), None)
    ordinance = f"{BASE}id/eli/jp-141003/ordinance/2012/34/"
    assert len(articles) == len({q.subject for q in all_ if str(q.subject)[1:].startswith(ordinance)})
    assert re.search(r"art_12\.html\?inverse=[^>]*establishedUnder[^>]*>これに基づく契約 \d+ 件", outline)
    cited = outline[outline.index("34/art_9/para_1?") : outline.index("34/art_9/para_2?")]
    assert re.search(r"引用元: <a [^>]*34/art_12/para_1\?", cited)


def test_datasets(graph: TestClient) -> None:
    listed = page(graph, "/datasets?lang=en")
    for id_ in ("yokohama-budget-2020", "eight-cities-2021", "reference"):
        assert f"/datasets/{id_}?lang=en" in listed.links.values()
    text = graph.get("/datasets/eight-cities-2021?lang=ja", headers=HTML).text
    assert "<td>⑬</td><td>⑯</td>" in text
    wrong = graph.get("/datasets/eight-cities-2020")
    assert (wrong.status_code, wrong.json()["hint"]) == (404, "did you mean 'eight-cities-2021'?")


def test_the_ontology_has_each_term(graph: TestClient, built: Path) -> None:
    store = current_snapshot(Project.load(built)).open_store()
    ns = f"{BASE}ns#"
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    terms = {
        q.subject.value.removeprefix(ns)
        for q in store.quads_for_pattern(None, kind, None, ox.NamedNode(f"{BASE}graph/ontology"))
        if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(ns)
        if isinstance(q.object, ox.NamedNode) and q.object.value.startswith("http://www.w3.org/2002/07/owl#")
    }
    assert len(terms) > 100
    assert terms - {*page(graph, "/ns").ids} <= {"", "Ontology"}
    for suffix, (media_type, format_) in SUFFIXES.items():
        response = graph.get(f"/ns.{suffix}")
        assert response.headers["content-type"] == media_type
        assert list(ox.parse(response.content, format=format_))
    negotiated = graph.get("/ns", headers={"Accept": "text/turtle"})
    assert negotiated.headers["content-type"] == "text/turtle; charset=utf-8"


def test_for_search_engines(graph: TestClient) -> None:
    robots = graph.get("/robots.txt")
    assert "Sitemap: http://testserver/sitemap.xml\n" in robots.text
    sitemap = ElementTree.fromstring(graph.get("/sitemap.xml").text)
    assert sitemap.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}urlset"
    addresses = [loc.text or "" for loc in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(addresses) == len(set(addresses)) > 1000
    assert f"http://testserver{WARD}.html" in addresses
    assert not [a for a in addresses if "/id/anchor/" in a]
    for address in addresses[::100]:
        assert graph.get(urljoin("http://testserver", address), headers=HTML).status_code == 200
    assert graph.get("/sitemaps/2.xml").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/id/lg/999999", 404, f"the graph says nothing of <{BASE}id/lg/999999>"),
        ("/id/lg/999999.ttl", 404, f"the graph says nothing of <{BASE}id/lg/999999.ttl>"),
        ("/id/", 404, f"the graph says nothing of <{BASE}id/>"),
        ("/resource", 400, "iri: '' is no absolute IRI"),
        ("/resource?iri=a%20b", 400, "iri: 'a b' is no absolute IRI"),
        ("/resource?iri=http://[x", 400, "iri: 'http://[x' is no absolute IRI"),
        ("/id/[x", 404, f"the graph says nothing of <{BASE}id/[x>"),
        ("/id/a%00b%F0%9F", 404, f"the graph says nothing of <{BASE}id/a\x00b\ufffd>"),
        ("/resource?iri=http://example.org/x", 404, "the graph says nothing of <http://example.org/x>"),
        (f"{WARD}.html?inverse=x", 400, "inverse: 'x' is no IRI of a property"),
        (f"{WARD}.html?inverse=x:y&page=0", 400, "page: '0' is no page"),
    ],
)
def test_what_is_not_there(graph: TestClient, path: str, status: int, detail: str) -> None:
    response = graph.get(path)
    assert (response.status_code, response.json()["detail"]) == (status, detail)
    as_page = graph.get(path, headers=HTML)
    assert as_page.status_code == status
    assert as_page.headers["content-type"] == "text/html; charset=utf-8"


def test_nearest_matches_of_what_is_not_there(graph: TestClient) -> None:
    path = "/id/measure/yokohama-kyodo-2020/totsuka-citizen-activity-centre"
    right = "id/measure/yokohama-kyodo-2020/totsuka-citizen-activity-center"
    response = graph.get(path)
    assert response.json()["nearest"][0] == f"{BASE}{right}"
    assert response.json()["hint"] == f"did you mean <{BASE}{right}>?"
    assert f'<a href="/{right}?lang=en">' in graph.get(f"{path}?lang=en", headers=HTML).text


def test_gone_is_told(tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    build_snapshot(Project.load(town))
    records = town / "records/town-2020/measures.csv"
    row = "1,20,20,,道路の補修,道路の補修,https://w3id.org/govgraph/ns#Measure,1200000,\n"
    edit(records, (row, ""))
    edit(
        town / "mappings/town-2020/dataset.yml",
        ("gg:Measure: 4", "gg:Measure: 3"),
        ("schema:MonetaryAmount: 3", "schema:MonetaryAmount: 2"),
    )
    gone = ("id/measure/town-2020/1", "id/measure/town-2020/1/amount/2020")
    build_snapshot(Project.load(town))
    with TestClient(create_app(Project.load(town))) as client:
        for path in gone:
            for suffix in ("", ".ttl", ".html"):
                response = client.get(f"/{path}{suffix}")
                assert (response.status_code, response.json()["code"]) == (410, "GG704"), path
        assert client.get("/id/measure/town-2020/10").status_code == 404
        assert client.get("/id/measure/town-2020/4%20%E4%B8%81%E7%9B%AE", headers=HTML).status_code == 200


def test_a_hub_is_paged(empty_project: Project, promote: Promote) -> None:
    count = HUB + ON_PAGE + 7
    lines = "".join(f"<{BASE}id/m/{n}> <{BASE}ns#in> <{BASE}id/hub> .\n" for n in range(count))
    few = "".join(f"<{BASE}id/f/{n}> <{BASE}ns#near> <{BASE}id/hub> .\n" for n in range(SHOWN + 5))
    promote(empty_project, "hub", f"<{BASE}graph/x> {{ <{BASE}id/hub> a <{BASE}ns#Hub> .\n{lines}{few} }}")
    with TestClient(create_app(empty_project)) as client:
        hub = client.get("/id/hub", headers=HTML)
        assert f"{count:,}" in hub.text
        listed = Links(hub.text)
        more = next(href for href in listed.links.values() if "inverse=" in href and "%23in" in href)
        seen: list[str] = []
        for number in range(1, 30):
            links = Links(client.get(f"{more}&page={number}", headers=HTML).text)
            found = [href for href in links.links.values() if href.startswith("/id/m/")]
            assert len(found) <= ON_PAGE
            if not found:
                break
            seen += found
        beyond = client.get(f"{more}&page=99")
        assert (beyond.status_code, beyond.json()["hint"]) == (404, "the last one is 12")
        assert len(seen) == len(set(seen)) == count
        near = next(href for href in listed.links.values() if "inverse=" in href and "%23near" in href)
        names = Links(client.get(near, headers=HTML).text).links.values()
        assert len([href for href in names if "/id/f/" in href]) == SHOWN + 5


def test_links_to_a_hub_are_counted_by_the_build(empty_project: Project, promote: Promote) -> None:
    count = HUB + 1
    lines = "".join(f"<{BASE}id/m/{n}> <{BASE}ns#in> <{BASE}id/hub> .\n" for n in range(count))
    text = f'{PREFIXES} <{BASE}graph/x> {{ <{BASE}id/hub> rdfs:label "hub" .\n{lines} }}'
    promote(empty_project, "hub", text)
    folder = current_snapshot(empty_project).path
    write_search_index(ox.Store.read_only(str(folder / STORE)), folder)
    with closing(sqlite3.connect(folder / SEARCH_FILE)) as index, index:
        assert index.execute("SELECT * FROM hub").fetchall() == [(f"{BASE}id/hub", f"{BASE}ns#in", count)]
        index.execute("UPDATE hub SET links = 4321")  # to tell what is counted from what is read
    with TestClient(create_app(empty_project)) as client:
        assert "4,321" in client.get("/id/hub", headers=HTML).text


def test_labels_cannot_break_a_page(empty_project: Project, promote: Promote) -> None:
    evil = '</script><script>alert(1)</script><b title=\\"x\\">'
    promote(
        empty_project,
        "evil",
        f'{PREFIXES} <{BASE}graph/x> {{ <{BASE}id/x> a gg:Measure ; rdfs:label "{evil}" ; '
        f"gg:near <{BASE}id/y> ."
        f' <{BASE}id/y> rdfs:label "{evil}", "y"@ja ; gg:link <javascript:alert(1)> }}',
    )
    with TestClient(create_app(empty_project)) as client:
        for path in ("/id/x", "/id/y"):
            text = client.get(path, headers=HTML).text
            assert "<script>alert" not in text
            assert 'href="javascript' not in text
            assert text.count("</script>") == 1 + (entry("main") is not None)


def test_any_letters_in_an_iri(empty_project: Project, promote: Promote) -> None:
    iri = f"{BASE}id/x/日本%20語%2F1.ttl"
    promote(empty_project, "letters", f'{PREFIXES} <{BASE}graph/x> {{ <{iri}> rdfs:label "x" . }}')
    with TestClient(create_app(empty_project), follow_redirects=False) as client:
        response = client.get("/id/x/%E6%97%A5%E6%9C%AC%20%E8%AA%9E%2F1.ttl", headers=HTML)
        assert response.status_code == 303
        document = client.get(response.headers["location"], headers=HTML)
        assert document.status_code == 200
        assert f"<code>{iri}</code>" in document.text


@pytest.mark.parametrize("path", ["/favicon.svg", "/favicon.ico"])
def test_the_icon(graph: TestClient, path: str) -> None:
    icon = graph.get(path)
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert ElementTree.fromstring(icon.content).tag == "{http://www.w3.org/2000/svg}svg"
