"""`/search` and `/suggest` over HTTP: on made-up names, the town, and the repository's own graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tests.projects import copy_town
from tests.server.conftest import make_project, promote

from govgraph.project import Project
from govgraph.server.app import create_app
from govgraph.snapshot.build import build_snapshot
from govgraph.snapshot.history import current_folder
from govgraph.snapshot.search_index import SEARCH_FILE, write_search_index

BASE = "https://w3id.org/govgraph/"
GG = f"{BASE}ns#"
NAMES = f"""
@prefix gg: <{GG}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix eli: <http://data.europa.eu/eli/ontology#> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix oa: <http://www.w3.org/ns/oa#> . @prefix : <{BASE}id/> .
<{BASE}graph/names> {{
  :city a gg:Municipality, gg:LocalGovernment ; rdfs:label "港市"@ja, "Minato City"@en ;
    dcterms:identifier "999993" .
  :ward a gg:AdministrativeWard ; rdfs:label "保土ケ谷区"@ja ;
    skos:altLabel "ほどがやく"@ja-Hrkt ; org:unitOf :city .
  :section a gg:Section ; rdfs:label "地域防災課"@ja ; org:unitOf :ward .
  :plan a gg:Plan ; rdfs:label "防災計画"@ja ; gg:fiscalYear <{BASE}id/fy/2023> ; dcterms:isPartOf :section .
  :field a skos:Concept ; skos:prefLabel "防災"@ja .
  :other a skos:Concept ; rdfs:label "災害への備え"@ja ; skos:altLabel "防災"@ja .
  :printed a gg:Measure ; rdfs:label "ＮＰＯサポート 令和５年度"@ja ; gg:fiscalYear <{BASE}id/fy/2023> .
  :letter a gg:Measure ; rdfs:label "Ｒ５ 下水道"@ja .
  :radical a gg:Measure ; rdfs:label "⼾籍の窓⼝"@ja ; gg:relatedMeasure :plan, :plan2 .
  :old a gg:Measure ; rdfs:label "昭和通りの舗装"@ja ; gg:relatedMeasure :plan2 .
  :law a gg:Ordinance, gg:Statute ; rdfs:label "港市文書条例"@ja ; skos:altLabel "文書条例"@ja .
  :art a gg:Article ; rdfs:label "第12条の2（保存）"@ja ; eli:number "12-2" ; eli:is_part_of :law .
  :anchor a gg:SourceAnchor, oa:SpecificResource ; rdfs:label "防災の行"@ja .
  :plan2 a gg:Plan ; rdfs:label "総合計画の防災"@ja ; dcterms:isPartOf :plan .
  <http://other.example/a> rdfs:label "<b>&amp;防災無線</b>" .
  gg:Plan rdfs:label "計画"@ja, "plan"@en .
}}
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server of the names above."""
    project = make_project(tmp_path_factory.mktemp("names"))
    promote(project, "names", NAMES)
    folder = current_folder(project)
    assert folder is not None
    write_search_index(ox.Store.read_only(str(folder / "store")), folder)
    with TestClient(create_app(project)) as client:
        yield client


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server of the town, built."""
    project = Project.load(copy_town(tmp_path_factory.mktemp("town")))
    build_snapshot(project)
    with TestClient(create_app(project)) as client:
        yield client


@pytest.fixture(scope="module")
def real(built: Path) -> Iterator[TestClient]:
    """A server of the repository's own graph."""
    with TestClient(create_app(Project.load(built))) as client:
        yield client


def search(client: TestClient, q: str, **parameters: str) -> Any:
    answer = client.get("/search", params={"q": q, "format": "json", **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def found(client: TestClient, q: str, **parameters: str) -> list[str]:
    results = search(client, q, **parameters)["results"]
    return [result["iri"].removeprefix(f"{BASE}id/") for result in results]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("防災", ["field", "other", "plan", "section", "plan2", "http://other.example/a"]),
        ("防災計画", ["plan"]),
        ("課", ["section"]),
        ("計画　防災", ["plan", "plan2"]),
        ("保土ヶ谷区", ["ward"]),
        ("ホドガヤク", ["ward"]),
        ("９９９９９３", ["city"]),
        ("minato city", ["city"]),
        ("MINATO", ["city"]),
        ("npoｻﾎﾟｰﾄ", ["printed"]),
        ("令和5年度", ["printed", "letter"]),
        ("R5", ["printed", "letter"]),
        ("2023", ["printed", "letter"]),
        ("令和", ["printed"]),
        ("昭和", ["old"]),
        ("戸籍", ["radical"]),
        ("窓口", ["radical"]),
        ("文書条例第十二条の2", ["art"]),
        ("港市文書条例 第12条の2", ["art"]),
        (f"{BASE}id/ward", ["ward"]),
        (f"{BASE}id/anchor", []),
        ("計", ["plan", "plan2", f"{GG}Plan"]),
        ("防火", []),
        ("・「」", []),
        ("\"防災* OR NEAR(' %", []),
        ("", []),
        (" 　", []),
    ],
)
def test_what_is_found(names: TestClient, q: str, expected: list[str]) -> None:
    answer = search(names, q)
    iris = [result["iri"].removeprefix(f"{BASE}id/") for result in answer["results"]]
    assert sorted(iris) == sorted(expected)
    assert answer["total"] == len(expected)


def test_the_best_come_first(names: TestClient) -> None:
    """By label, by another name; labels that begin so; labels that hold it, those linked to most first."""
    order = found(names, "防災")
    assert order[:3] == ["field", "other", "plan"]
    assert order.index("plan2") < order.index("section"), "more links lead to it"


def test_a_result(names: TestClient) -> None:
    (result,) = search(names, "ほどがやく", lang="en")["results"]
    assert result == {
        "iri": f"{BASE}id/ward",
        "path": "/id/ward",
        "label": "保土ケ谷区",
        "language": "ja",
        "type": "AdministrativeWard",
        "types": [{"iri": f"{GG}AdministrativeWard", "label": "AdministrativeWard"}],
        "labels": {"ja": "保土ケ谷区"},
        "matched": "ほどがやく",
        "links": 1,
        "municipality": ["Minato City"],
        "year": [],
    }


def test_facets(names: TestClient) -> None:
    answer = search(names, "防災")
    values = {name: {v["label"]: v["count"] for v in facet} for name, facet in answer["facets"].items()}
    assert values == {
        "type": {"計画": 2, "Concept": 2, "Section": 1},
        "municipality": {"港市": 3},
        "year": {"2023": 1},
    }
    assert found(names, "防災", type=f"{GG}Plan") == ["plan", "plan2"]
    for year in ("2023", "令和5年度", "R5"):
        assert found(names, "防災", year=year) == ["plan"]
    assert found(names, "", year="2023", type=f"{GG}Measure") == ["printed"]
    assert found(names, "", municipality=f"{BASE}id/nowhere") == []
    narrowed = search(names, "防災", type=f"{GG}Plan")["facets"]
    assert [v["count"] for v in narrowed["type"]] == [2, 2, 1], "other classes stay in reach"
    assert [v["chosen"] for v in narrowed["type"]].count(True) == 1
    chosen = next(v for v in narrowed["type"] if v["chosen"])
    assert parse_qs(urlsplit(chosen["path"]).query) == {"q": ["防災"], "lang": ["ja"]}


def test_a_facet_with_nothing_found_can_be_removed(names: TestClient) -> None:
    values = search(names, "戸籍", year="1999")["facets"]["year"]
    assert [(v["value"], v["count"], v["chosen"]) for v in values] == [("1999", 0, True)]


def test_page(names: TestClient) -> None:
    page = names.get("/search", params={"q": "防災無線", "lang": "en"}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "&lt;b&gt;&amp;amp;防災無線&lt;/b&gt;" in page.text
    assert '<html lang="en">' in page.text
    assert 'name="q" type="search" value="防災無線"' in page.text
    assert "1 results" in page.text
    (href,) = re.findall(r'<li><a href="(/resource[^"]*)"', page.text)
    assert names.get(unescape(href)).status_code == 200
    for q, told in (("xyz", "Nothing is called so"), ("", "must all be there")):
        assert told in names.get("/search", params={"q": q, "lang": "en", "format": "html"}).text


def test_links_of_a_page_resolve(town: TestClient) -> None:
    """Facets, results and pages lead somewhere, also where the IRI needs escapes."""
    page = town.get("/search", params={"q": "の", "format": "html"}).text
    hrefs = {unescape(href) for href in re.findall(r'href="(/(?:search|id)[^"]*)"', page)}
    assert any("%E4%B8%81" in href for href in hrefs)
    assert len(hrefs) == 6, "four results and two classes"
    assert {town.get(href).status_code for href in hrefs} == {200}


def test_the_town(town: TestClient) -> None:
    answer = search(town, "", type=f"{GG}Measure")
    assert {r["label"] for r in answer["results"]} == {
        "道路の補修",
        "公園の清掃",
        "図書館の運営",
        "広場の整備",
    }
    assert [r["path"] for r in search(town, "公園 清掃")["results"]] == ["/id/measure/town-2020/2"]


def test_pages_and_link_fields(real: TestClient) -> None:
    seen: list[str] = []
    url: str | None = "/search?q=%E5%B8%82%E6%B0%91&format=json"
    total = real.get(url or "").json()["total"]
    assert total > 40
    while url:
        answer = real.get(url)
        seen += [r["iri"] for r in answer.json()["results"]]
        url = answer.links.get("next", {}).get("url")
        assert "first" in answer.links
    assert len(seen) == len(set(seen)) == total
    assert real.get("/search?q=%E5%B8%82%E6%B0%91&page=999999&format=json").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("q=" + "x" * 201, "q: more than 200 letters"),
        ("q=x&year=" + "1" * 201, "year: more than 200 letters"),
        ("q=x&page=0", "page: '0' is no page"),
        ("q=x&page=-1", "page: '-1' is no page"),
        ("q=x&page=" + "9" * 30, "page: '99999999999999999999' is no page"),
        ("q=x&page=%E4%B8%89", "page: '三' is no page"),
        ("q=%FF", "the parameters are not UTF-8"),
    ],
)
@pytest.mark.parametrize("path", ["/search"])
def test_refused(names: TestClient, path: str, query: str, detail: str) -> None:
    answer = names.get(f"{path}?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["detail"]) == ("GG704", detail)
    page = names.get(f"{path}?{query}", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_other_formats_are_refused(names: TestClient) -> None:
    assert names.get("/search?q=x&format=csv").status_code == 406
    assert names.get("/search?q=x", headers={"Accept": "text/turtle"}).status_code == 406
    assert names.post("/search?q=x").status_code == 405


def test_suggestions(names: TestClient, real: TestClient) -> None:
    answer = names.get("/suggest", params={"q": "防災", "lang": "ja"})
    assert answer.headers["access-control-allow-origin"] == "*"
    first = {
        "iri": f"{BASE}id/field",
        "path": "/id/field",
        "label": "防災",
        "language": "ja",
        "type": "Concept",
    }
    assert answer.json()[0] == first
    assert names.get("/suggest").json() == []
    assert names.get("/suggest?q=" + "x" * 201).json()["detail"] == "q: more than 200 letters"
    assert len(real.get("/suggest", params={"q": "市"}).json()) == 10


def test_answers_are_kept(names: TestClient) -> None:
    """An entity tag for each language and each search."""
    tags = {
        names.get(url, headers={"Accept-Language": language}).headers["etag"]
        for url in ("/suggest?q=%E9%98%B2", "/suggest?q=%E7%81%BD")
        for language in ("ja", "en")
    }
    assert len(tags) == 4
    again = names.get(
        "/suggest?q=%E9%98%B2", headers={"Accept-Language": "ja", "If-None-Match": ", ".join(tags)}
    )
    assert again.status_code == 304


def test_a_snapshot_without_an_index(client: TestClient) -> None:
    """As those of earlier versions: searches say so, and nothing else is touched."""
    for path in ("/search?q=x", "/suggest?q=x", "/reconcile"):
        problem = client.get(path, headers={"Accept": "application/json"})
        assert (problem.status_code, problem.json()["code"]) == (503, "GG715")
        assert problem.json()["detail"] == "snapshot first has no search index"
    assert client.get("/").status_code == 200


def test_a_broken_index(own_client: TestClient, project: Project) -> None:
    folder = current_folder(project)
    assert folder is not None
    (folder / SEARCH_FILE).write_bytes(b"no database" * 100)
    problem = own_client.get("/suggest?q=x")
    assert (problem.status_code, problem.json()["code"]) == (503, "GG604")
    assert problem.json()["detail"] == "snapshot first is damaged: search.sqlite: file is not a database"


def test_the_same_quads_give_the_same_file(tmp_path: Path) -> None:
    first, again = (Project.load(copy_town(tmp_path / name)) for name in ("first", "again"))
    files = [build_snapshot(p).snapshot.path / SEARCH_FILE for p in (first, again)]
    assert files[0].read_bytes() == files[1].read_bytes()
    files[0].unlink()
    assert build_snapshot(first).status == "built", "a snapshot without its index is built anew"
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("防災", "concept/field/disaster"),
        ("保土ヶ谷区", "id/lg/141062"),
        ("NPO法人オールさこんやま", "id/org/all-sakonyama"),
        ("横浜市市民協働条例第12条", "id/eli/jp-141003/ordinance/2012/34/art_12"),
        ("横浜市市民協働条例第十二条", "id/eli/jp-141003/ordinance/2012/34/art_12"),
        ("令和2年度", "id/fy/2020"),
        ("H30", "id/fy/2018"),
        ("14106", "id/lg/141062"),
        ("よこはまし", "id/lg/141003"),
    ],
)
def test_the_graph_of_the_repository(real: TestClient, q: str, first: str) -> None:
    assert search(real, q)["results"][0]["iri"] == f"{BASE}{first}"


def test_narrowing_the_graph_down(real: TestClient) -> None:
    """Every count of a facet is what the search has that it leads to."""
    facets = search(real, "防災")["facets"]
    values = [value for facet in facets.values() for value in facet]
    assert len(values) > 6
    for value in values:
        assert real.get(value["path"] + "&format=json").json()["total"] == value["count"], value
