"""A statute as it reads: its chapters, articles and paragraphs in their order, with what rests on each."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from govgraph.iri import GG
from govgraph.queries import Language
from govgraph.server.resource import Reader, Value, described_at, links_of

ELI: Final = "http://data.europa.eu/eli/ontology#"
_ESTABLISHED: Final = "http://data.europa.eu/m8g/establishedUnder"
MOST_CITING: Final = 50
"""Parts that cite one, as a page names them."""
MOST: Final = 2000
"""Parts of a statute that a page shows."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a statute: what it says, where the graph has that, the parts that cite it, how many contracts
    rest on it, and its own parts.
    """

    link: Value
    text: str | None
    citing: tuple[Value, ...]
    contracts: int
    contracts_at: str
    parts: tuple[Part, ...]


def outline(iri: str, reader: Reader, language: Language) -> tuple[Part, ...]:
    """The parts of `iri`, a statute or a part of one; none for what has no parts."""
    parts = _parts(iri, reader)
    above = {part: set(reader.resources(part, f"{ELI}is_part_of")) for part in parts}
    below: dict[str, list[str]] = defaultdict(list)
    for part in sorted(parts, key=_in_order):
        # Of what it is part of, the nearest is the one that is itself part of most.
        nearest = max(above[part], key=lambda whole: (len(above.get(whole, ())), whole))
        below[nearest].append(part)

    wholes = [
        w for w in reader.resources(iri, f"{ELI}is_part_of") if not reader.values(w, f"{ELI}is_part_of")
    ]
    title = reader.labels.text(next(iter(wholes), iri), language)

    def citing(part: str) -> list[str]:
        return reader.subjects(f"{ELI}cites", part, MOST_CITING)

    def build(whole: str) -> tuple[Part, ...]:
        return tuple(
            Part(
                _shortened(reader.link(part, language), title),
                reader.text(part, f"{GG}text"),
                tuple(reader.link(by, language) for by in sorted(citing(part), key=_in_order)),
                len(reader.subjects(_ESTABLISHED, part, MOST)),
                links_of(reader.href(part) or described_at(part), _ESTABLISHED),
                build(part),
            )
            for part in below[whole]
        )

    return build(iri)


def _parts(iri: str, reader: Reader) -> list[str]:
    """The parts of `iri`, their parts, and so on."""
    found: dict[str, None] = {}
    waiting = [iri]
    while waiting and len(found) < MOST:
        parts = reader.subjects(f"{ELI}is_part_of", waiting.pop(), MOST)
        new = [part for part in parts if part not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


def _shortened(link: Value, title: str) -> Value:
    """The link to a part, without the title of the whole."""
    return replace(link, text=link.text.removeprefix(title).lstrip(" ,") or link.text)


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
