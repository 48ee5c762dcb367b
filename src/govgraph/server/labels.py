"""What things are called: labels of the graph, in the language of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from govgraph.iri import RDFS, SKOS
from govgraph.queries import Language

_LABELS: Final = tuple(
    ox.NamedNode(iri)
    for iri in (
        f"{RDFS}label",
        f"{SKOS}prefLabel",
        "http://purl.org/dc/terms/title",
        "http://xmlns.com/foaf/0.1/name",
        "https://schema.org/name",
    )
)
"""Properties that tell a label, the best first."""
_KEPT: Final = 50_000
"""Labels that a worker keeps in memory."""


class Labels:
    """The labels of one snapshot, which never change."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.of = lru_cache(_KEPT)(self._read)
        """IRI -> language ("" for none) -> label; empty where there is none."""

    def best(self, iri: str, language: Language) -> tuple[str, str] | None:
        """The label in `language`, else in the other one, with the language that it is in."""
        found = self.of(iri)
        for tag in (language, "ja", "en", ""):
            if tag in found:
                return found[tag], tag
        return next(((label, tag) for tag, label in found.items()), None)

    def text(self, iri: str, language: Language) -> str:
        """The label, else the end of the IRI."""
        found = self.best(iri, language)
        return found[0] if found else iri.rstrip("/#").replace("#", "/").rpartition("/")[2]

    def sorted(self, iris: Sequence[str], language: Language) -> list[str]:
        """The IRIs in the order of their labels."""
        return sorted(iris, key=lambda iri: (self.text(iri, language), iri))

    def _read(self, iri: str) -> Mapping[str, str]:
        subject = ox.NamedNode(iri)
        for predicate in _LABELS:
            quads = self._store.quads_for_pattern(subject, predicate, None, None)
            literals = sorted(
                (
                    (q.object.language or "", q.object.value)
                    for q in quads
                    if isinstance(q.object, ox.Literal)
                ),
                reverse=True,  # of several in one language, the first by code points is kept
            )
            if literals:
                return dict(literals)
        return {}
