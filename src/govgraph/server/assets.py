"""What the build of `web/` made: scripts, kept in memory. Pages work without them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

STATIC: Final = "/static/"
_ENTRY: Final = "src/main.ts"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file whose name changes with its content: its media type, its bytes, and these by gzip."""

    media_type: str
    body: bytes
    gzipped: bytes


@cache
def load_assets() -> dict[str, Asset]:
    """Path -> file; none where `web/` was not built, as in an installation without Node.js."""
    found: dict[str, Asset] = {}
    for name in _names():
        media_type = next((t for suffix, t in _TYPES.items() if name.endswith(suffix)), None)
        if media_type:
            body = files("govgraph.server").joinpath(f"static/{name}").read_bytes()
            found[f"{STATIC}{name}"] = Asset(media_type, body, gzip.compress(body, mtime=0))
    return found


@cache
def script() -> str | None:
    """The path of the script of all pages, None where there is none."""
    return next((path for path in load_assets() if path.endswith(".js")), None)


def _names() -> list[str]:
    """The files that Vite's manifest names, the entry first."""
    manifest = files("govgraph.server").joinpath("static/manifest.json")
    if not manifest.is_file():
        return []
    chunks = json.loads(manifest.read_text(encoding="utf-8"))
    ordered = sorted(chunks.items(), key=lambda item: item[0] != _ENTRY)
    return [name for _, chunk in ordered for name in (chunk["file"], *chunk.get("css", ()))]
