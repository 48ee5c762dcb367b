"""A statute as it reads: its chapters, articles and paragraphs in their order, with what rests on each."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from govgraph.queries import Language
from govgraph.server.resource import Reader, Value

ELI: Final = "http://data.europa.eu/eli/ontology#"
_ESTABLISHED: Final = "http://data.europa.eu/m8g/establishedUnder"
MOST: Final = 2000
"""Parts of a statute that a page shows."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a statute, how many other parts cite it, how many contracts rest on it, and its own parts."""

    link: Value
    citations: int
    contracts: int
    parts: tuple[Part, ...]


def outline(iri: str, reader: Reader, language: Language) -> tuple[Part, ...]:
    """The parts of the statute `iri`, none for what has no parts or is itself one."""
    if reader.values(iri, f"{ELI}is_part_of"):
        return ()
    parts = reader.subjects(f"{ELI}is_part_of", iri, MOST)
    above = {part: set(reader.resources(part, f"{ELI}is_part_of")) for part in parts}
    below: dict[str, list[str]] = defaultdict(list)
    for part in sorted(parts, key=_in_order):
        # Of what it is part of, the nearest is the one that is itself part of most.
        nearest = max(above[part], key=lambda whole: (len(above.get(whole, ())), whole))
        below[nearest].append(part)

    def build(whole: str) -> tuple[Part, ...]:
        return tuple(
            Part(
                reader.link(part, language),
                len(reader.subjects(f"{ELI}cites", part, MOST)),
                len(reader.subjects(_ESTABLISHED, part, MOST)),
                build(part),
            )
            for part in below[whole]
        )

    return build(iri)


def _in_order(iri: str) -> tuple[tuple[bool, str, int], ...]:
    """Supplementary provisions last, the others by their numbers: art_9 before art_10."""
    segments = iri.rstrip("/").split("/")
    keys = []
    for segment in segments:
        name, _, number = segment.partition("_")
        digits = re.match(r"\d+", number)
        keys.append(
            (
                name == "suppl",
                "" if name in ("chp", "sec", "art", "suppl") else segment,
                int(digits[0]) if digits else 0,
            )
        )
    return tuple(keys)
