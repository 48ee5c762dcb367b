"""Targets that are SPARQL endpoints: quads go there by updates (SPARQL 1.1 Protocol, section 2.2)."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from govgraph.errors import EngineError
from govgraph.mapping.model import LogicalTarget

if TYPE_CHECKING:
    import pyoxigraph

SECONDS = 60
"""How long an endpoint may take for an update."""

MOST_QUADS = 5_000
"""How many quads an update holds; all of them, where there are blank nodes, which are known in one alone."""


def send(path: Path, target: LogicalTarget) -> None:
    """Inserts the quads of a file of N-Quads into a target's endpoint.

    Raises EngineError GG403 where it does not take them; those of the updates before have then been sent.
    """
    from urllib import request
    from urllib.error import HTTPError

    done = 0
    for update, quads in _updates(path):
        headers = {"Content-Type": "application/sparql-update; charset=utf-8", "User-Agent": "govgraph"}
        try:
            asked = request.Request(target.path, update.encode(), headers, method="POST")
            with request.urlopen(asked, timeout=SECONDS) as answer:
                answer.read()
        except (OSError, http.client.HTTPException, ValueError) as e:
            said = f"it answers {e.code} {e.reason}" if isinstance(e, HTTPError) else str(e)
            if isinstance(e, HTTPError):
                e.close()
            message = f"the endpoint '{target.path}' does not take the quads: {said}"
            hint = f"{done:,} quads were sent before" if done else None
            raise EngineError(message, "GG403", target.span, hint) from e
        done += quads


def _updates(path: Path) -> Iterator[tuple[str, int]]:
    """The updates that insert a file's quads, with the number of them."""
    import pyoxigraph

    def quads() -> Iterator[pyoxigraph.Quad]:
        for quad in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_QUADS, lenient=True):
            assert isinstance(quad, pyoxigraph.Quad)
            yield quad

    blank = any(isinstance(t, pyoxigraph.BlankNode) for q in quads() for t in (q.subject, q.object))
    held: list[str] = []
    for quad in quads():
        if isinstance(quad.graph_name, pyoxigraph.DefaultGraph):
            held.append(f"{quad.triple} .")
        else:
            held.append(f"GRAPH {quad.graph_name} {{ {quad.triple} }}")
        if len(held) == MOST_QUADS and not blank:
            yield _insert(held), len(held)
            held = []
    if held:
        yield _insert(held), len(held)


def _insert(quads: list[str]) -> str:
    return "INSERT DATA {\n" + "\n".join(quads) + "\n}"
