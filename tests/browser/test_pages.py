"""Pages as people meet them: with a browser, at two widths, in two languages, with and without scripts."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from govgraph.server.assets import entry
from tests.browser.pages import PAGES, REFUSED

WIDTHS = (1280, 375)


class Visit(Protocol):
    """A new visitor's page."""

    def __call__(
        self,
        *,
        width: int = 1280,
        scripts: bool = True,
        dark: bool = False,
        bypass: bool = False,
        status: int = 200,
    ) -> AbstractContextManager[Page]: ...


def no_sideways_scroll(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("name", PAGES)
def test_page(visit: Visit, name: str) -> None:
    with visit() as page:
        response = page.goto(PAGES[name])
        assert response is not None
        assert response.status == 200
        expect(page.locator("h1")).to_have_count(1)
        no_sideways_scroll(page)
    with visit(width=375) as page:
        page.goto(PAGES[name])
        no_sideways_scroll(page)


@pytest.mark.parametrize("name", PAGES)
def test_language_is_switched_on_the_same_page(visit: Visit, name: str) -> None:
    with visit(scripts=False) as page:
        page.goto(PAGES[name])
        expect(page.locator("html")).to_have_attribute("lang", "ja")
        before = urlsplit(page.url)
        page.get_by_role("link", name="English", exact=True).click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        after = urlsplit(page.url)
        assert after.path == before.path
        kept = parse_qs(after.query)
        assert kept.pop("lang") == ["en"]
        assert kept == {n: v for n, v in parse_qs(before.query).items() if n != "lang"}


@pytest.mark.parametrize("name", [*PAGES, *REFUSED])
@pytest.mark.parametrize(("width", "dark", "language"), [(1280, True, "ja"), (375, False, "en")])
def test_accessibility(visit: Visit, axe: str, name: str, width: int, dark: bool, language: str) -> None:
    path, status = REFUSED.get(name) or (PAGES[name], 200)
    with visit(width=width, dark=dark, bypass=True, status=status) as page:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        page.add_script_tag(content=axe)
        found = page.evaluate("axe.run()")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in serious] == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_problem_is_told(visit: Visit, name: str) -> None:
    path, status = REFUSED[name]
    with visit(scripts=False, status=status) as page:
        response = page.goto(path)
        assert response is not None
        assert response.status == status
        expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_home_to_the_article(visit: Visit, width: int, scripts: bool) -> None:
    with visit(width=width, scripts=scripts) as page:
        page.goto("/")
        page.get_by_role("link", name="戸塚区", exact=True).first.click()
        expect(page.locator("h1")).to_have_text("戸塚区")
        page.get_by_role("link", name="とつか区民活動センター運営事業", exact=True).first.click()
        page.get_by_role("link", name=re.compile("くみんネットワークとつか")).first.click()
        expect(page.locator("h1")).to_contain_text("くみんネットワークとつか")
        page.get_by_role("link", name=re.compile("とつか区民活動センター運営事業 協働契約")).first.click()
        page.get_by_role("link", name=re.compile("横浜市市民協働条例第12条")).first.click()
        expect(page.locator("h1")).to_have_text("横浜市市民協働条例第12条（協働契約）")


@pytest.mark.parametrize("width", WIDTHS)
def test_search_and_narrow_down(visit: Visit, width: int) -> None:
    with visit(width=width, scripts=False) as page:
        page.goto("/")
        page.locator("header input[type=search]").fill("防災")
        page.locator("header form button").click()
        results = page.locator(".results > li")
        before = results.count()
        assert before > 5
        page.get_by_role("link", name="平塚市", exact=True).click()
        assert 0 < results.count() < before
        results.get_by_role("link").first.click()
        expect(page.locator("h1")).to_contain_text("防災")


@pytest.fixture
def scripts() -> None:
    """Skips where `web/` was not built."""
    if entry("main") is None:
        pytest.skip("needs the scripts of web/ (`make web`), which are not built")


@pytest.mark.usefixtures("scripts")
def test_the_theme_is_remembered(visit: Visit) -> None:
    with visit() as page:
        page.goto("/")
        button = page.locator("[data-theme-switch]")
        expect(button).to_have_attribute("aria-pressed", "false")
        button.click()
        page.goto("/datasets")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.locator("[data-theme-switch]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")


@pytest.mark.usefixtures("scripts")
def test_suggestions_by_keyboard(visit: Visit) -> None:
    found = [
        {"label": "戸塚区", "iri": "x", "path": "/id/lg/141101.html", "type": "区"},
        {"label": "戸塚区役所", "iri": "y", "path": "/datasets", "type": "課"},
        {"label": "elsewhere", "iri": "z", "path": "https://example.org/", "type": ""},
    ]

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps(found))

    with visit() as page:
        page.route("**/suggest?*", answer)
        page.goto("/")
        box = page.get_by_role("combobox")
        box.press_sequentially("戸塚")
        options = page.get_by_role("option")
        expect(options).to_have_count(2)  # an address that is not of this server is no suggestion
        box.press("ArrowDown")
        expect(options.nth(0)).to_have_attribute("aria-selected", "true")
        box.press("ArrowUp")
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        box.press("Escape")
        expect(page.get_by_role("listbox")).to_be_hidden()
        box.press_sequentially("区")
        expect(options).to_have_count(2)
        box.press("ArrowDown")
        box.press("Enter")
        page.wait_for_url("**/id/lg/141101.html?lang=ja")


def test_the_page_is_light(visit: Visit) -> None:
    """At most 150 kB over the wire for a resource, all that it loads with it."""
    with visit() as page:
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        sizes: list[float] = []

        def add(event: Any) -> None:
            sizes.append(event["encodedDataLength"])

        client.on("Network.loadingFinished", add)
        page.goto(PAGES["ward"], wait_until="networkidle")
        assert 0 < sum(sizes) < 150_000
