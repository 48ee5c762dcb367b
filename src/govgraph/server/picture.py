"""A small picture of what a resource is linked with: SVG, drawn on the server."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final

from govgraph.server.resource import Property, Resource, Value

MOST: Final = 10
"""Neighbours in the picture."""
WIDTH: Final = 640
HEIGHT: Final = 360
_LONGEST: Final = 14
"""Letters of a label."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour: its place, its label whole and cut, what links them, and which way."""

    x: float
    y: float
    label: str
    short: str
    href: str
    relation: str
    inward: bool
    anchor: str
    """Where its label stands: `start`, `middle` or `end` at its place (SVG, text-anchor)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws, in units of the view box."""

    width: int
    height: int
    short: str
    neighbours: tuple[Neighbour, ...]


def draw(resource: Resource) -> Picture | None:
    """The picture of `resource` with up to `MOST` neighbours by turns of property, None where it has none."""
    seen = {resource.title}
    found: list[tuple[Property, Value, bool]] = []
    for link in _by_turns(resource):
        if link[1].text not in seen:
            seen.add(link[1].text)
            found.append(link)
    found = found[:MOST]
    if not found:
        return None
    placed = []
    for number, (property_, value, inward) in enumerate(found):
        angle = 2 * math.pi * number / len(found) - math.pi / 2
        across = math.cos(angle)
        placed.append(
            Neighbour(
                round(WIDTH / 2 + across * WIDTH * 0.3, 1),
                round(HEIGHT / 2 + math.sin(angle) * HEIGHT * 0.38, 1),
                value.text,
                _cut(value.text),
                value.href or "",
                property_.label,
                inward,
                "middle" if abs(across) < 0.3 else "start" if across > 0 else "end",
            )
        )
    return Picture(WIDTH, HEIGHT, _cut(resource.title), tuple(placed))


def _by_turns(resource: Resource) -> Iterator[tuple[Property, Value, bool]]:
    """Links in both directions, the first of each property before the second of any."""
    rows = [
        [(p, value, inward) for value in islice((v for v in p.values if v.href), MOST)]
        for properties, inward in ((resource.properties, False), (resource.inverse, True))
        for p in properties
    ]
    for column in zip_longest(*rows):
        yield from (link for link in column if link is not None)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
