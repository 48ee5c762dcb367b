"""A real browser on a real server of the repository's own graph."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from govgraph.server.assets import entry
from tests.conftest import REPOSITORY
from tests.servers import running

AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"

Open = Callable[..., Any]


def find_chromium() -> str | None:
    """The path of Chromium, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = filter(None, map(shutil.which, names))
    return os.environ.get("GOVGRAPH_CHROMIUM") or next(found, None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium as the system has it; skips where there is none.

    Not for the whole session: as long as Playwright runs, its event loop is in the way of other tests' own.
    """
    found = find_chromium()
    if found is None:
        pytest.skip("needs Chromium (Debian's package chromium, or GOVGRAPH_CHROMIUM), which is not here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The address of the server."""
    with running(built) as server:
        yield server.address.rstrip("/")


@pytest.fixture
def visit(chromium: Browser, site: str) -> Open:
    """`visit(…)`: a new visitor's page, as a context that allows no error in the console but that the server
    answered with `status`, and no request to another host. `bypass` lets the test run scripts of its own.
    """

    @contextmanager
    def visitor(
        *,
        width: int = 1280,
        scripts: bool = True,
        dark: bool = False,
        bypass: bool = False,
        status: int = 200,
    ) -> Iterator[Page]:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale="ja-JP",
            bypass_csp=bypass,
        )
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((site, "data:")) else None)
        yield page
        context.close()
        assert [said for said in wrong if f"responded with a status of {status} " not in said] == []

    return visitor


@pytest.fixture(scope="session")
def built_scripts() -> None:
    """Skips where `web/` was not built."""
    if entry("main") is None:
        pytest.skip("needs the scripts of web/ (`npm run build`), which are not built")


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core; skips where `web/` has not been set up."""
    if not AXE.is_file():
        pytest.skip("needs axe-core (`npm ci` in web/), which is not here")
    return AXE.read_text(encoding="utf-8")
