"""Answers that a client may keep: entity tags, and 304 where it has one (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from typing import Final

from govgraph import __version__
from govgraph.server.formats import choose_encoding, with_charset
from govgraph.server.frames import Work
from govgraph.server.output import Headers, Output

REVALIDATE: Final = ("cache-control", "no-cache")
VARY: Final = ("vary", "Accept, Accept-Encoding")


def entity_tag(work: Work, *parts: object) -> str:
    """A strong ETag: the answer depends on `parts`, its content coding and this program alone."""
    known = (__version__, choose_encoding(work.encoding), *parts)
    return f'"{hashlib.sha256(repr(known).encode()).hexdigest()[:32]}"'


def is_known(known: str, tag: str) -> bool:
    """Whether the client, by its If-None-Match field, has the answer already (section 13.1.2)."""
    return bool(known) and any(t.strip().removeprefix("W/") in (tag, "*") for t in known.split(","))


def begin(out: Output, work: Work, media_type: str, tag: str | None, more: Headers = ()) -> bool:
    """Begins an answer in `media_type`, 200 or 304; returns whether its body is to follow.

    Without a `tag` the answer changes by itself, and is not kept.
    """
    headers = [("content-type", with_charset(media_type)), REVALIDATE, VARY, *more]
    if tag:
        headers.append(("etag", tag))
        if is_known(work.known, tag):
            out.head(304, headers)
            return False
    out.head(200, headers, cacheable=tag is not None)
    return True
