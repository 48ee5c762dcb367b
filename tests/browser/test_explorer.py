"""The explorer at `/explore`, as people use it who walk the graph."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open
from tests.server.test_data import serving

EXPLORE = "/explore?lang=ja"
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
GROWN = re.compile(r"件を追加、全 [1-9]\d+ 件|件を追加、全 [2-9] 件")
"""What is told once there is more than where one began."""
HUB = 5000
"""Resources that link to the hub."""


pytestmark = pytest.mark.usefixtures("built_scripts")


def begin(page: Page, name: str) -> None:
    """Begins with the first suggestion for a name."""
    page.get_by_label("名前または IRI から始める").fill(name)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary").get_by_role("heading", name=name).first).to_be_visible()


def add(page: Page, links: str) -> None:
    """Adds what some links of the chosen resource lead to."""
    page.locator(".links li").filter(has_text=links).first.get_by_role("button").click()


def nodes(page: Page) -> list[str]:
    """The labels of the nodes that are shown."""
    return page.locator(".nodes button").all_inner_texts()


def total(page: Page) -> int:
    """The number of nodes, by the legend."""
    return sum(int(text) for text in page.locator(".legend .number").all_inner_texts())


def choose(page: Page, label: str) -> None:
    """Chooses a node in the list."""
    page.locator(".nodes").get_by_role("button", name=label, exact=True).click()
    expect(page.locator("aside h2").first).to_have_text(label)


def elements(path: Path, name: str) -> int:
    """How many elements of a name an XML file has."""
    return sum(element.tag.endswith(f"}}{name}") for element in ElementTree.parse(path).iter())


def test_from_a_city_to_a_partner_and_the_path_between_two(visit: Open, tmp_path: Path) -> None:
    with visit() as page:
        page.goto(EXPLORE)
        begin(page, "横浜市")
        assert nodes(page) == ["横浜市"]
        add(page, "契約する公的機関")
        expect(page.get_by_text("50 件を追加、全 51 件")).to_be_visible()
        contract = next(label for label in nodes(page) if "協働契約" in label)
        choose(page, contract)
        add(page, "契約の相手方")
        expect(page.get_by_text(re.compile(r"全 5[2-9] 件"))).to_be_visible()
        count = total(page)

        page.get_by_role("button", name="元に戻す").click()
        assert total(page) == 51
        page.get_by_role("button", name="やり直す").click()
        assert total(page) == count

        begin(page, "オールさこんやま")
        page.get_by_role("button", name="経路").click()
        begin(page, "町田市")
        page.get_by_role("button", name="経路").click()
        expect(page.get_by_text(re.compile(r"リンク \d 本の経路"))).to_be_visible(timeout=30_000)

        before = (sorted(nodes(page)), total(page))
        page.get_by_role("button", name="リンクをコピー").click()
        expect(page).to_have_url(re.compile("#view="))
        address = page.url
    with visit() as other:
        other.goto(address)
        expect(other.get_by_text(f"リソース {before[1]} 件")).to_be_visible()
        assert (sorted(nodes(other)), total(other)) == before

        files = {}
        for kind in ("graphml", "gexf", "json", "nodes.csv", "edges.csv", "svg", "png"):
            other.get_by_label("書き出し").select_option(kind)
            with other.expect_download() as download:
                other.get_by_role("button", name="保存").click()
            files[kind] = tmp_path / download.value.suggested_filename
            download.value.save_as(files[kind])
        graph = ElementTree.parse(files["graphml"]).getroot()
        ids = [node.attrib["id"] for node in graph.iter(f"{GRAPHML}node")]
        ends = {end for e in graph.iter(f"{GRAPHML}edge") for end in (e.attrib["source"], e.attrib["target"])}
        assert len(ids) == len(set(ids)) == before[1] and ends <= set(ids)
        assert elements(files["gexf"], "node") == before[1]
        told = json.loads(files["json"].read_text(encoding="utf-8"))
        assert {node["data"]["id"] for node in told["elements"]["nodes"]} == set(ids)
        with files["nodes.csv"].open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert "横浜市" in {row["label"] for row in rows} and {row["id"] for row in rows} == set(ids)
        with files["edges.csv"].open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(told["elements"]["edges"])
        assert elements(files["svg"], "circle") == before[1]
        picture = Image.open(files["png"]).convert("RGB")
        assert picture.width > 300 and len(picture.getcolors(2**24) or ()) > 100


def test_networkx_reads_the_graphml(visit: Open, tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx", reason="needs networkx, which is not here")
    with visit() as page:
        page.goto(EXPLORE)
        begin(page, "戸塚区")
        add(page, "所管")
        expect(page.get_by_text(GROWN)).to_be_visible()
        count = total(page)
        page.get_by_label("書き出し").select_option("graphml")
        with page.expect_download() as download:
            page.get_by_role("button", name="保存").click()
        download.value.save_as(tmp_path / "graph.graphml")
    graph = networkx.read_graphml(tmp_path / "graph.graphml")
    assert graph.number_of_nodes() == count and graph.number_of_edges() >= count - 1
    assert "戸塚区" in {data["label"] for _, data in graph.nodes(data=True)}


def test_classes_layouts_and_sizes(visit: Open) -> None:
    with visit() as page:
        page.goto("/id/lg/142034.html?lang=ja")
        page.get_by_role("link", name="ここからたどる").click()
        expect(page.locator("aside h2").first).to_have_text("平塚市")
        add(page, "所管")
        expect(page.get_by_text("50 件を追加、全 51 件")).to_be_visible()
        for layout in ("circle", "class", "government", "force"):
            page.get_by_label("配置").select_option(layout)
        page.get_by_label("大きさ").select_option("money")
        page.get_by_label(re.compile("^事業")).uncheck()
        expect(page.locator(".nodes button")).to_have_count(1)
        for _ in range(6):
            page.get_by_role("button", name="元に戻す").click()
        expect(page.locator(".nodes button")).to_have_count(51)
        expect(page.get_by_label("大きさ")).to_have_value("degree")
        page.get_by_role("button", name="外す").click()
        expect(page.locator(".nodes button")).to_have_count(50)


def test_by_keyboard_alone(visit: Open) -> None:
    with visit(width=390) as page:
        page.goto(EXPLORE)
        page.get_by_label("名前または IRI から始める").focus()
        page.keyboard.insert_text("戸塚区")
        page.keyboard.press("Enter")
        expect(page.locator("aside h2").first).to_be_focused()
        page.keyboard.press("Tab")  # its page
        page.keyboard.press("Tab")  # path
        page.keyboard.press("Tab")  # remove
        page.locator(".links button").first.wait_for()
        page.keyboard.press("Tab")
        expect(page.locator(".links button").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text(GROWN)).to_be_visible()
        page.locator('.nodes button[tabindex="0"]').focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        label = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        expect(page.locator("aside h2").first).to_have_text(label)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a resource that very many link to, without a project."""
    path = tmp_path_factory.mktemp("hub") / "hub.nt"
    lines = [f"<http://x.example/{n}> <http://x.example/in> <http://x.example/hub> .\n" for n in range(HUB)]
    path.write_text("".join(lines))
    with serving("--data", path) as (server, _):
        yield server.address


def test_a_hub_is_offered_by_counts(chromium: Browser, hub: str) -> None:
    page = chromium.new_page(locale="en-US")
    page.goto(f"{hub}explore?lang=en")
    page.get_by_label("Begin with a name or an IRI").fill("http://x.example/hub")
    page.keyboard.press("Enter")
    links = page.locator(".links li")
    expect(links).to_have_count(1)
    expect(links).to_contain_text("5,000")
    for asked in (51, 101):
        links.get_by_role("button").click()
        expect(page.get_by_text(f"50 added, {asked} in all")).to_be_visible()
    expect(links.get_by_role("button")).to_have_text("Add 50 more")
    page.close()


def test_what_goes_wrong_is_told(visit: Open) -> None:
    with visit(status=504) as page:
        page.goto(EXPLORE)
        begin(page, "戸塚区")
        page.locator(".links button").first.wait_for()
        page.route(
            "**/sparql", lambda route: route.fulfill(status=504, body='{"title": "t", "detail": "too slow"}')
        )
        with page.expect_response("**/sparql"):
            add(page, "所管")
        expect(page.get_by_role("alert")).to_contain_text("too slow")
        page.unroute("**/sparql")
        add(page, "所管")
        expect(page.get_by_text(GROWN)).to_be_visible()
        expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True])
def test_no_serious_barrier(visit: Open, axe: str, dark: bool) -> None:
    language = "en" if dark else "ja"
    with visit(dark=dark, bypass=True, width=390 if dark else 1280) as page:
        page.goto(f"/explore?lang={language}&iri=https://w3id.org/govgraph/id/lg/141101")
        page.locator(".links button").first.click()
        page.locator(".nodes button").nth(1).wait_for()
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(r => r.violations)")
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == []
