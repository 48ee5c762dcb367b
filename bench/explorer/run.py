"""How fluidly the explorer moves a large view: frames a second in headless Chromium while it is moved and
zoomed.

    python bench/explorer/run.py
    python bench/explorer/run.py --nodes 2000 5000 --edges 5000 12500

Serves one triple at 127.0.0.1, opens a made-up view of it, and counts frames, each waited for until it is
drawn. Needs
Chromium, and the scripts of `web/`.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SECONDS = 4
COUNT = """
async ([seconds, keys]) => {
  const box = document.querySelector("[data-explorer=canvas]");
  const contexts = [...box.querySelectorAll("canvas")].map(c => c.getContext("webgl2")).filter(Boolean);
  const frame = () => new Promise(requestAnimationFrame);
  const pixel = new Uint8Array(4);
  let frames = 0, longest = 0, last = performance.now();
  const begun = last;
  while (last - begun < seconds * 1000) {
    const key = keys[Math.floor(frames / 20) % keys.length];
    box.dispatchEvent(new KeyboardEvent("keydown", { key }));
    await frame();
    // Until the picture is drawn, not only asked for.
    for (const gl of contexts) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    const now = performance.now();
    frames += 1; longest = Math.max(longest, now - last); last = now;
  }
  return [frames / ((last - begun) / 1000), longest];
}
"""
KEYS = {"pan": ["ArrowLeft", "ArrowRight"], "zoom": ["+", "-"]}


def made_up(nodes: int, edges: int) -> str:
    """The letters of a view with nodes in clusters, and edges mostly within them."""
    chance = random.Random(1)
    placed = []
    for n in range(nodes):
        cluster = n % 40
        x = 100 * (cluster % 8) + chance.gauss(0, 18)
        y = 100 * (cluster // 8) + chance.gauss(0, 18)
        placed.append([f"https://example.org/{n}", round(x, 2), round(y, 2)])
    linked = set()
    while len(linked) < edges:
        a = chance.randrange(nodes)
        b = (a + 40 * chance.randrange(1, 20)) % nodes if chance.random() < 0.8 else chance.randrange(nodes)
        if a != b:
            linked.add((a, 0, b))
    view = {
        "n": placed,
        "p": ["https://example.org/p"],
        "e": sorted(linked),
        "h": [],
        "s": "degree",
        "l": "force",
    }
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(json.dumps(view).encode()) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def measure(page: Page, what: str) -> tuple[float, float]:
    """Frames a second that were drawn to the end, and the longest of them in milliseconds."""
    rate, longest = page.evaluate(COUNT, [SECONDS, KEYS[what]])
    return rate, longest


def main() -> None:
    """Prints a table."""
    about = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=about)
    parser.add_argument("--nodes", type=int, nargs="+", default=[2000, 5000])
    parser.add_argument("--edges", type=int, nargs="+", default=[5000, 12500])
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "one.nt"
        data.write_text("<https://example.org/0> <https://example.org/p> <https://example.org/1> .\n")
        command = [
            sys.executable,
            "-c",
            "from govgraph.cli import main; main()",
            "serve",
            "--port",
            "0",
            "--data",
            str(data),
        ]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            print("| nodes | edges | pan, frames/s | longest, ms | zoom, frames/s | longest, ms |")
            print("| ---: | ---: | ---: | ---: | ---: | ---: |")
            for nodes, edges in zip(given.nodes, given.edges, strict=True):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(f"{address}explore?lang=en#view={made_up(nodes, edges)}")
                page.get_by_text(f"{nodes:,} resources").wait_for(timeout=120_000)
                page.wait_for_timeout(1000)
                told = [
                    f"{rate:.0f} | {longest:.0f}"
                    for rate, longest in (measure(page, w) for w in ("pan", "zoom"))
                ]
                print(f"| {nodes:,} | {edges:,} | {' | '.join(told)} |", flush=True)
                page.close()
            browser.close()
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
