"""Writes a picture of each page at two widths: `python -m tests.browser.screenshots FOLDER`.

They show the graph as a fresh clone has it: without the sentences of the documents.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import find_chromium
from tests.browser.pages import PAGES, TOOLS
from tests.conftest import build_copy
from tests.servers import Server, running

SIZES = {"wide": (1280, 900), "phone": (375, 812)}
DRAWN = 4000
"""Milliseconds until a graph is laid out."""
TALL = {"wide": 1150, "phone": 812}
"""Heights of the pictures of what needs scripts."""
COLOURS = 64
"""Of a picture: pages have few, and so each takes a tenth of the space."""


def main(folder: Path) -> None:
    """Writes `<page>-<size>.png` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as project,
        _built(Path(project)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, locale="ja-JP")
            for name, path in PAGES.items():
                page.goto(f"{server.address.rstrip('/')}{path}", wait_until="networkidle")
                _save(page, folder / f"{name}-{size}.png")
            page.close()
            for (name, path), language in product(TOOLS.items(), ("ja", "en")):
                page = browser.new_page(viewport={"width": width, "height": TALL[size]}, locale=language)
                page.goto(f"{server.address.rstrip('/')}{path}", wait_until="networkidle")
                if name == "explorer":
                    page.locator(".links button").nth(1).click()
                    page.locator(".nodes button").nth(1).wait_for()
                page.wait_for_timeout(DRAWN)
                page.locator("[role=tablist], .legend").first.scroll_into_view_if_needed()
                _save(page, folder / f"{name}-{language}-{size}.png")
                page.close()
        browser.close()


def _save(page: Page, path: Path) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


@contextmanager
def _built(folder: Path) -> Iterator[Server]:
    build_copy(folder)
    with running(folder) as server:
        yield server


if __name__ == "__main__":
    main(Path(sys.argv[1]))
