"""Entities that a text names, found by the curated spellings of `records/reference/names.csv`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.documents.normalize import fold, fold_label
from govgraph.records import read_rows

MENTION_FIELDS = ("of", "name", "entity", "slug")
"""The values that the columns of a table of mentions can be made from."""

_BEFORE = r"(?<![^\s、，,・：:;(（「『〔])"
_AFTER = r"(?=[\s、，,：:;(（)）」』〕]|ほか|他|等|$)"
"""A name stands alone, in brackets or in a list; inside a phrase it says what the phrase is about."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A spelling of a name, folded, and the IRI of its entity, relative to the base."""

    name: str
    entity: str


def read_spellings(path: Path, entities: str) -> list[Spelling]:
    """The spellings at `path` of entities whose IRI begins with `entities`; none where there is no file."""
    if not path.is_file():
        return []
    rows = (row.cells for row in read_rows(path))
    return [Spelling(c["name"], c["entity"]) for c in rows if c["entity"].startswith(entities)]


def find_mentions(text: str, spellings: Sequence[Spelling]) -> list[Spelling]:
    """The entities that `text` names, each once, in the order of the text; the longest name goes first.

    >>> names = [Spelling("鶴見大学", "id/org/tsurumi"), Spelling("港の会", "id/org/minato")]
    >>> [found.entity for found in find_mentions("港 の会(鶴見 大学)、鶴見大学の学生", names)]
    ['id/org/minato', 'id/org/tsurumi']
    """
    rest = fold(text)
    found: dict[str, tuple[int, Spelling]] = {}
    for spelling in sorted(spellings, key=lambda s: (-len(s.name), s.name)):
        letters = r"\s*".join(re.escape(letter) for letter in re.sub(r"\s", "", spelling.name))
        for place in re.finditer(_BEFORE + letters + _AFTER, rest):
            found.setdefault(spelling.entity, (place.start(), spelling))
            rest = rest[: place.start()] + "、" * len(place[0]) + rest[place.end() :]
    return [spelling for _, spelling in sorted(found.values(), key=lambda f: f[0])]


def mention_cells(key: str, spelling: Spelling) -> Mapping[str, str]:
    """The values of a mention in the record `key`: `MENTION_FIELDS`."""
    slug = spelling.entity.rpartition("/")[2]
    return {"of": key, "name": fold_label(spelling.name), "entity": spelling.entity, "slug": slug}
