"""What the build of `web/` made: scripts, kept in memory. Pages work without them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Required, TypedDict

STATIC: Final = "/static/"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Chunk(TypedDict, total=False):
    """A chunk of Vite's manifest."""

    file: Required[str]
    css: list[str]
    assets: list[str]
    imports: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """The path of a page's script, and of the style sheets that come with it."""

    script: str
    styles: tuple[str, ...]


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
def entry(name: str) -> Entry | None:
    """What a page loads for `web/src/<name>.ts`, None where `web/` was not built."""
    chunks = _chunks()
    chunk = chunks.get(f"src/{name}.ts")
    if chunk is None:
        return None
    loaded = [chunk, *(chunks[key] for key in _imported(chunk, chunks))]
    styles = dict.fromkeys(f"{STATIC}{css}" for part in loaded for css in part.get("css", ()))
    return Entry(f"{STATIC}{chunk['file']}", tuple(styles))


def _imported(chunk: Chunk, chunks: Mapping[str, Chunk]) -> Iterator[str]:
    """The chunks that a chunk needs at once, and those that they need."""
    for key in chunk.get("imports", ()):
        yield key
        yield from _imported(chunks[key], chunks)


@cache
def _chunks() -> Mapping[str, Chunk]:
    """Vite's manifest: source -> chunk; empty where there is none."""
    manifest = files("govgraph.server").joinpath("static/manifest.json")
    return json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}


def _names() -> list[str]:
    """The files that Vite's manifest names."""
    files_of = ((c["file"], *c.get("css", ()), *c.get("assets", ())) for c in _chunks().values())
    return list(dict.fromkeys(name for named in files_of for name in named))
