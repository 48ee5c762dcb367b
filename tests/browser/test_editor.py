"""The editor at `/sparql`, as people use it who write SPARQL."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open
from tests.server.test_data import serving

EDITOR = "/sparql?format=html&lang=ja"
ROWS = 200_000
"""Rows that the editor keeps."""


pytestmark = pytest.mark.usefixtures("built_scripts")


def write(page: Page, query: str) -> None:
    """Puts a query in the place of what is there, by keyboard."""
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)


def written(page: Page) -> str:
    """The text of the editor."""
    return str(page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()"))


def rows(page: Page) -> list[list[str]]:
    """The rows of the table that are shown."""
    return [row.locator("td").all_inner_texts() for row in page.locator(".answer-table tbody tr").all()]


def tab(page: Page, name: str) -> None:
    """Chooses a view of the answer."""
    page.get_by_role("tab", name=name, exact=True).click()


def test_a_query_is_written_broken_and_mended(visit: Open) -> None:
    with visit(status=400) as page:
        page.goto(EDITOR)
        write(page, "SELECT ?ward {\n  ?ward aa gg:AdministrativeWard\n}")
        page.keyboard.press("Control+Enter")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("GG701")
        expect(page.locator(".marked-problem")).to_have_text("aa")
        alert.get_by_role("button", name="2 行 9 文字目").click()
        page.keyboard.press("Delete")
        assert "?ward a gg:AdministrativeWard" in written(page)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".answer-table tbody tr")).to_have_count(18)
        expect(page.get_by_role("alert")).to_have_count(0)
        ward = page.get_by_role("link", name="141101").first
        ward.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("戸塚区")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_question_of_the_gallery(visit: Open, language: str, tmp_path: Path) -> None:
    words = {
        "ja": ("はじめのクエリ", "クエリを絞り込む", "区別の協働", "表", "チャート"),
        "en": ("Queries to start from", "Filter queries", "projects-by-ward", "Table", "Chart"),
    }
    gallery, narrow, what, table, chart = words[language]
    with visit(width=1280) as page:
        page.goto(f"/sparql?format=html&lang={language}")
        page.get_by_text(gallery).click()
        page.get_by_label(narrow).fill(what.partition("の")[0])
        item = page.locator(".gallery li:not([hidden])").filter(has=page.locator("button"))
        assert 1 <= item.count() < 10
        page.get_by_label(narrow).fill("projects-by-ward")
        expect(item).to_have_count(1)
        item.get_by_role("button").click()
        assert "PREFIX gg:" in written(page)
        page.locator(".CodeMirror").click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text("LIMIT 7")
        page.get_by_role("button", name={"ja": "実行", "en": "Run"}[language]).click()
        expect(page.locator(".answer-table tbody tr").first).to_be_visible()
        expect(page.locator(".answer-table tbody tr")).to_have_count(7)
        shown = rows(page)
        tab(page, chart)
        expect(page.get_by_role("img")).to_be_visible()
        assert page.evaluate(
            "(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))"
            "(document.querySelector('.canvas canvas'))"
        )
        tab(page, table)
        with page.expect_download() as download:
            page.get_by_role("button", name="csv").click()
        saved = tmp_path / "answer.csv"
        download.value.save_as(saved)
        with saved.open(encoding="utf-8", newline="") as file:
            table_of_file = list(csv.reader(file))
        assert len(table_of_file) == len(shown) + 1
        tab(page, chart)
        address = page.url
        assert "view=chart" in address
    with visit() as other:
        other.goto(address)
        expect(other.get_by_role("tab", name=chart)).to_have_attribute("aria-selected", "true")
        tab(other, table)
        expect(other.locator(".answer-table tbody tr").first).to_be_visible()
        assert rows(other) == shown


def test_an_answer_as_a_graph(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        write(page, "CONSTRUCT { ?m gg:partner ?p } WHERE { ?m gg:partner ?p } LIMIT 40")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".answer-table tbody tr")).to_have_count(40)
        tab(page, "ネットワーク")
        expect(page.locator(".graph-view canvas").first).to_be_visible()
        expect(page.get_by_text("リンク 40 件")).to_be_visible()
        write(
            page,
            'SELECT ?label { ?ward a gg:AdministrativeWard ; rdfs:label ?label FILTER(LANG(?label) = "ja") }',
        )
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("リソースの列が二つ")).to_be_visible()


def test_terms_are_offered_by_name_and_by_label(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        write(page, "SELECT * { ?m a ")
        page.keyboard.type("gg:Mea")
        offered = page.locator(".CodeMirror-hint")
        expect(offered.first).to_contain_text("gg:Measure")
        expect(offered.first).to_contain_text("事業 / measure")
        page.keyboard.press("Enter")
        page.keyboard.type(" ; 所管")
        expect(offered.first).to_contain_text("cv:hasCompetentAuthority")
        page.keyboard.press("Enter")
        page.keyboard.type(" ?")
        page.keyboard.type("m")
        assert written(page) == "SELECT * { ?m a gg:Measure ; cv:hasCompetentAuthority ?m"


def test_a_large_answer_is_paged_and_said_to_be_large(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        write(page, f"SELECT * {{ ?a a gg:Measure . ?b a gg:Measure }} LIMIT {ROWS + 5}")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text(f"{ROWS:,}", timeout=60_000)
        expect(page.locator(".answer-table tbody tr")).to_have_count(100)
        page.get_by_role("button", name="次のページ").click()
        expect(page.get_by_text(f"{ROWS:,} 行のうち 101～200 行")).to_be_visible()
        page.get_by_label("行を絞り込む").fill("hiratsuka-covid-2020/62")
        expect(page.get_by_text("行のうち 1～100 行")).to_be_visible()


def test_a_query_that_is_too_long_for_a_link(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        text = f"ASK {{}} # {'あ' * 80_000}"
        page.evaluate("text => document.querySelector('.CodeMirror').CodeMirror.setValue(text)", text)
        page.get_by_role("button", name="実行").click()
        expect(page.locator(".answers .answer")).to_have_text("はい")
        page.get_by_role("button", name="リンクをコピー").click()
        expect(page.get_by_text("長すぎて")).to_be_visible()


def test_a_query_is_stopped(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="中止").click()
        expect(page.get_by_text("中止しました")).to_be_visible()
        write(page, "ASK { ?s a gg:Measure }")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".answers .answer")).to_have_text("はい")


def test_by_keyboard_alone(visit: Open) -> None:
    with visit() as page:
        page.goto(EDITOR)
        page.locator(".CodeMirror textarea").focus()
        page.keyboard.insert_text(
            "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(*) > 300)"
        )
        page.keyboard.press("Tab")  # leaves the editor
        expect(page.get_by_role("button", name="実行")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("tab", name="表", exact=True)).to_be_visible()
        page.get_by_role("tab", name="表", exact=True).focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="チャート")).to_be_focused()
        expect(page.locator(".canvas canvas")).to_be_visible()
        page.keyboard.press("Home")
        expect(page.get_by_role("tab", name="表", exact=True)).to_be_focused()
        page.get_by_role("button", name="n", exact=True).focus()
        page.keyboard.press("Enter")
        first = [int(row[1]) for row in rows(page)]
        assert first == sorted(first)
        page.keyboard.press("Enter")
        assert [int(row[1]) for row in rows(page)][:3] == sorted(first, reverse=True)[:3]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("view", ["table", "chart", "graph"])
def test_no_serious_barrier(visit: Open, axe: str, view: str, dark: bool) -> None:
    query = "SELECT ?m ?by (1 AS ?n) { ?m cv:hasCompetentAuthority ?by } LIMIT 20"
    with visit(dark=dark, bypass=True, width=390 if dark else 1280) as page:
        page.goto(f"/sparql?format=html&lang={'en' if dark else 'ja'}#query={quote(query)}&view={view}")
        expect(page.get_by_role("tab").nth(["table", "chart", "graph"].index(view))).to_have_attribute(
            "aria-selected", "true"
        )
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(r => r.violations)")
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == []


def test_without_a_project(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "some.ttl"
    path.write_text(
        "@prefix x: <http://x.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'x:Thing rdfs:label "もの"@ja . x:a a x:Thing ; x:near x:b . x:b a x:Thing .\n'
    )
    with serving("--data", path) as (server, _):
        page = chromium.new_page(locale="ja-JP")
        page.goto(f"{server.address}sparql?format=html&lang=ja")
        expect(page.locator(".CodeMirror")).to_be_visible()
        expect(page.locator(".gallery")).to_have_count(0)
        write(page, "SELECT * { ?a a ")
        page.keyboard.type("もの")
        offered = page.locator(".CodeMirror-hint")
        expect(offered).to_have_count(1)
        expect(offered).to_contain_text("x:Thing")
        page.keyboard.press("Enter")
        page.keyboard.type(" ; x:near ?b }")
        page.get_by_role("button", name="実行").click()
        expect(page.locator(".answer-table tbody tr")).to_have_count(1)
        assert rows(page) == [["x:a", "x:b"]]
        page.close()


def test_without_scripts_the_form_answers(visit: Open) -> None:
    with visit(scripts=False) as page:
        page.goto(EDITOR)
        page.locator("textarea").fill("SELECT ?ward { ?ward a gg:AdministrativeWard }")
        page.get_by_role("button", name="実行").click()
        expect(page.locator("main tbody tr")).to_have_count(18)
