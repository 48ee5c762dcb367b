"""The search index of a snapshot, opened: what resources are called like some words, the best first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from govgraph.errors import SnapshotError
from govgraph.queries import Language
from govgraph.snapshot.manifest import REBUILD
from govgraph.snapshot.search_index import MOST_INDEXED, SEARCH_FILE, Kind
from govgraph.snapshot.search_text import canonical, grams, words

_MADE_BY: Final = (
    f"`govgraph build` makes it; files that are served without a project have one for up to "
    f"{MOST_INDEXED:,} resources with a label"
)
FACETS: Final = ("class", "municipality", "year")
MOST_NEAR: Final = 2000
"""IRIs that are compared with one that is not there."""
MOST_VALUES: Final = 20
"""Values of a facet that are counted, those with the most results."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A resource that was found: IRI, language ("" for none) -> label, the name that was found, and links
    that lead to it.
    """

    id: int
    iri: str
    labels: Mapping[str, str]
    matched: str
    links: int

    def label(self, language: Language) -> tuple[str, str]:
        """The label in `language`, else in another one, with the language that it is in."""
        return pick(self.labels, language)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, how many there are in all, and facet -> (value, results) of these."""

    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Name:
    """What a resource is called, as it stands and as it is compared."""

    kind: Kind
    language: str
    text: str
    key: str


class Index:
    """`search.sqlite` of one snapshot; for the thread that opened it.

    CROSS JOIN has SQLite begin with what was found, of which it knows no size, and not with a whole table.
    """

    def __init__(self, folder: Path) -> None:
        """Raises SnapshotError: GG715 where the snapshot in `folder` has no index, GG604 for a broken one."""
        path = folder / SEARCH_FILE
        if not path.is_file():
            raise SnapshotError(f"snapshot {folder.name} has no search index", "GG715", hint=_MADE_BY)
        try:
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            self._db.execute("PRAGMA temp_store = MEMORY")
            self._db.execute("CREATE TEMP TABLE hit (doc INTEGER PRIMARY KEY, rank INTEGER, matched TEXT)")
            self._db.execute("SELECT id FROM doc LIMIT 1")
        except sqlite3.DatabaseError as e:
            raise SnapshotError(
                f"snapshot {folder.name} is damaged: {SEARCH_FILE}: {e}", "GG604", hint=REBUILD
            ) from e
        self.labels = lru_cache(10_000)(self._labels)
        """IRI -> language -> label; empty where there is none."""

    def find(
        self,
        text: str,
        narrowed: Mapping[str, Sequence[str]],
        offset: int = 0,
        limit: int = 10,
        *,
        counted: bool = False,
    ) -> Found:
        """The resources whose names hold all words of `text`, or that have it as IRI.

        `narrowed` holds, for a facet of `FACETS`, values of which a resource must have one. Without words,
        all resources that are narrowed down to; none where nothing narrows.

        Facets are told where `counted`. The best come first: by label, by identifier, by another name; then
        labels that begin so, that hold all words, and the rest; of equals those with more links to them.
        """
        narrowed = {facet: values for facet, values in narrowed.items() if values}
        self._db.execute("DELETE FROM hit")
        self._fill(text, narrowed)
        conditions, values = _narrowing(narrowed)
        (total,) = self._db.execute(f"SELECT count(*) FROM hit WHERE {conditions}", values).fetchone()
        rows = self._db.execute(
            f"SELECT {_HIT} FROM hit CROSS JOIN doc ON doc.id = hit.doc WHERE {conditions} "
            "ORDER BY rank, links DESC, label, iri LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return Found(
            total, [_hit(row) for row in rows], {f: self._count(f, narrowed) for f in FACETS if counted}
        )

    def resembling(self, text: str, most: int, narrowed: Mapping[str, Sequence[str]]) -> list[Hit]:
        """The resources whose names share the most, and the rarest, pairs of letters with `text`."""
        pairs = list(dict.fromkeys(pair for pair in grams(canonical(text)) if len(pair) == 2))
        if not pairs:
            return []
        conditions, values = _narrowing(narrowed)
        rows = self._db.execute(
            "SELECT doc.id, iri, labels, '', links FROM gram AS hit_gram JOIN doc ON doc.id = hit_gram.rowid "
            f"WHERE gram MATCH ? AND {conditions.replace('hit.doc', 'doc.id')} ORDER BY rank LIMIT ?",
            [" OR ".join(f'"{pair}"' for pair in pairs), *values, most],
        )
        return [_hit(row) for row in rows]

    def entity(self, iri: str) -> Hit | None:
        """The resource with this IRI, None where it has no label."""
        row = self._db.execute("SELECT id, iri, labels, '', links FROM doc WHERE iri = ?", [iri]).fetchone()
        return _hit(row) if row else None

    def near(self, iri: str, most: int) -> list[str]:
        """The IRIs most like `iri` of those that begin as it does, up to its last slash."""
        stem = iri[: iri.rfind("/") + 1]
        rows = self._db.execute(
            "SELECT iri FROM doc WHERE iri >= ? AND iri < ? LIMIT ?", [stem, f"{stem}\U0010ffff", MOST_NEAR]
        )
        return get_close_matches(iri, [found for (found,) in rows], most)

    def names(self, hit: Hit) -> list[Name]:
        """All names of a resource."""
        rows = self._db.execute("SELECT kind, language, text, key FROM name WHERE doc = ?", [hit.id])
        return [Name(Kind(kind), *rest) for kind, *rest in rows]

    def facets(self, hit: Hit, facet: str, *, shown: bool = True) -> list[str]:
        """The values of a facet that a resource has; classes above another one only where not `shown`."""
        rows = self._db.execute(
            "SELECT value FROM facet WHERE doc = ? AND kind = ? AND shown >= ? ORDER BY value",
            [hit.id, facet, int(shown)],
        )
        return [value for (value,) in rows]

    def classes(self) -> list[tuple[str, int]]:
        """The classes of all resources with how many they have, the largest first."""
        rows = self._db.execute(
            "SELECT value, count(*) AS n FROM facet WHERE kind = 'class' "
            "GROUP BY value ORDER BY n DESC, value"
        )
        return list(rows)

    def hub(self, iri: str) -> Mapping[str, int]:
        """IRI of a property -> resources that link to `iri` by it, where these are very many."""
        return dict(self._db.execute("SELECT property, links FROM hub WHERE iri = ?", [iri]))

    def text(self, iri: str, language: Language) -> str:
        """The label of `iri`, else the end of it."""
        labels = self.labels(iri)
        return pick(labels, language)[0] if labels else iri.rstrip("/#").replace("#", "/").rpartition("/")[2]

    def _labels(self, iri: str) -> Mapping[str, str]:
        found = self.entity(iri)
        return found.labels if found else {}

    def _fill(self, text: str, narrowed: Mapping[str, Sequence[str]]) -> None:
        """Puts what is found into `hit`, before it is narrowed down."""
        asked, key = words(text), canonical(text)
        if asked:
            rank, values = _rank(asked, key)
            self._db.execute(
                f"INSERT INTO hit SELECT gram.rowid, min({rank}), text FROM gram CROSS JOIN name "
                "ON name.doc = gram.rowid WHERE gram MATCH ? GROUP BY gram.rowid",
                [*values, " AND ".join(map(_match, asked))],
            )
        elif narrowed and not text.strip():
            facet, among = next(iter(narrowed.items()))
            self._db.execute(
                "INSERT INTO hit SELECT DISTINCT doc, 0, '' FROM facet "
                f"WHERE kind = ? AND value IN {_marks(among)}",
                [facet, *among],
            )
        self._db.execute(
            "INSERT OR REPLACE INTO hit SELECT id, -1, iri FROM doc WHERE iri = ?", [text.strip()]
        )

    def _count(self, facet: str, narrowed: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
        """The values of a facet among the results, narrowed down by the other facets.

        A class counts where it is the nearest one of a result.
        """
        conditions, values = _narrowing({f: v for f, v in narrowed.items() if f != facet})
        rows = self._db.execute(
            "SELECT value, count(*) AS n FROM hit "
            "CROSS JOIN facet ON facet.doc = hit.doc AND facet.kind = ? "
            f"WHERE {conditions} GROUP BY value HAVING max(shown) ORDER BY n DESC, value LIMIT ?",
            [facet, *values, MOST_VALUES],
        )
        return list(rows)


_HIT: Final = "doc.id, iri, labels, matched, links"


def _hit(row: Sequence[Any]) -> Hit:
    id_, iri, labels, matched, links = row
    return Hit(id_, iri, json.loads(labels), matched, links)


def pick(labels: Mapping[str, str], language: Language) -> tuple[str, str]:
    """The label in `language`, else in another one, with the language that it is in."""
    tag = next((tag for tag in (language, "ja", "en", "") if tag in labels), None)
    tag = min(labels) if tag is None else tag
    return labels[tag], tag


def _marks(values: Iterable[object]) -> str:
    return f"({', '.join('?' for _ in values)})"


def _match(word: str) -> str:
    """A word as FTS5 asks for it: its pairs of letters in a row; of one letter, all pairs that begin so."""
    if len(word) == 1:
        return f'"{word}"*'
    return '"' + " ".join(pair for pair in grams(word) if len(pair) == 2) + '"'


def _rank(asked: Sequence[str], key: str) -> tuple[str, list[object]]:
    """How well a name fits, 0 the best, as an expression of SQL and its values."""
    holds_all = " AND ".join("instr(key, ?) > 0" for _ in asked)
    rank = (
        "CASE WHEN key = ? THEN kind "
        f"WHEN kind = {Kind.LABEL:d} AND substr(key, 1, ?) = ? THEN 3 "
        f"WHEN kind = {Kind.LABEL:d} AND {holds_all} THEN 4 ELSE 5 + NOT ({holds_all}) END"
    )
    return rank, [key, len(key), key, *asked, *asked]


def _narrowing(narrowed: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """The condition on `hit` that each facet has one of its values, and the values of the expression."""
    conditions = [
        "EXISTS (SELECT 1 FROM facet WHERE facet.doc = hit.doc AND facet.kind = ? "
        f"AND value IN {_marks(values)})"
        for values in narrowed.values()
    ]
    flat = [text for facet, values in narrowed.items() for text in (facet, *values)]
    return " AND ".join(conditions) or "1", flat
