"""`search.sqlite` of a snapshot: what its resources are called, so that they are found without SPARQL.

Names are indexed by pairs of letters (FTS5): Japanese text has no spaces, and words of two letters are
usual, which FTS5's own trigrams do not find. The tables:

    doc    a resource: its IRI, its labels (JSON: language, "" for none -> label), the label that it is
           sorted by, and how many links lead to it
    name   what a resource is called, as it stands (`text`) and as it is compared (`key`)
    facet  what a resource is narrowed down by; `shown` is 0 for a class above another one of the resource
    gram   the pairs of letters of a resource's keys
    hub    how many resources link by a property to one that very many link to
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import IntEnum
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from govgraph.snapshot.names_of import LABELS, Described, describe
from govgraph.snapshot.search_text import canonical, folded, grams

SEARCH_FILE: Final = "search.sqlite"
MOST_INDEXED: Final = 100_000
"""Resources with a label that files without a project are indexed with, in some seconds."""

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE doc (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, labels TEXT NOT NULL, label TEXT NOT NULL, links INTEGER NOT NULL
);
CREATE TABLE name (
  doc INTEGER NOT NULL, kind INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL
);
CREATE TABLE facet (
  kind TEXT NOT NULL, value TEXT NOT NULL, doc INTEGER NOT NULL, shown INTEGER NOT NULL,
  PRIMARY KEY (doc, kind, value)
) WITHOUT ROWID;
CREATE TABLE hub (
  iri TEXT NOT NULL, property TEXT NOT NULL, links INTEGER NOT NULL, PRIMARY KEY (iri, property)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE gram USING fts5 (pair, content = '', tokenize = 'ascii');
"""
_INDEXES: Final = """
CREATE UNIQUE INDEX doc_by_iri ON doc (iri);
CREATE INDEX name_by_doc ON name (doc);
CREATE INDEX facet_by_value ON facet (kind, value, doc);
INSERT INTO gram (gram) VALUES ('optimize');
"""


class Kind(IntEnum):
    """What a name is, the best first."""

    LABEL = 0
    IDENTIFIER = 1
    OTHER = 2


def write_search_index(store: ox.Store, folder: Path, *, most: int | None = None) -> None:
    """Writes `search.sqlite` into `folder`; the same store gives the same file.

    Writes none where more than `most` resources have a label. Raises OSError.
    """
    iris = {
        quad.subject.value
        for predicate in LABELS
        for quad in store.quads_for_pattern(None, predicate, None, None)
        if isinstance(quad.subject, ox.NamedNode)
    }
    if most is not None and len(iris) > most:
        return
    try:
        with closing(sqlite3.connect(folder / SEARCH_FILE)) as index:
            index.executescript(_TABLES)
            index.execute("BEGIN")
            described = describe(store)
            for id_, iri in enumerate(sorted(iris), 1):
                if found := described(iri):
                    _add(index, id_, iri, found)
            index.execute("COMMIT")
            index.executescript(_INDEXES)
    except sqlite3.OperationalError as e:
        number = errno.ENOSPC if e.sqlite_errorcode == sqlite3.SQLITE_FULL else errno.EIO
        raise OSError(number, os.strerror(number), str(folder / SEARCH_FILE)) from e


def _add(index: sqlite3.Connection, id_: int, iri: str, found: Described) -> None:
    labels = dict(reversed(found.labels))  # of several in one language, the first by code points
    first = labels.get("ja") or labels[min(labels)]
    told = json.dumps(dict(sorted(labels.items())), ensure_ascii=False)
    index.execute("INSERT INTO doc VALUES (?, ?, ?, ?, ?)", (id_, iri, told, first, found.links))
    names = list(dict.fromkeys(_names(found)))
    index.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?)", [(id_, *name) for name in names])
    facets = [(kind, value, id_, shown) for kind, value, shown in found.facets]
    index.executemany("INSERT INTO facet VALUES (?, ?, ?, ?)", facets)
    hub = [(iri, *counted) for counted in found.hub.items()]
    index.executemany("INSERT INTO hub VALUES (?, ?, ?)", hub)
    pairs = " ".join(pair for key in dict.fromkeys(key for *_, key in names) for pair in grams(key))
    index.execute("INSERT INTO gram (rowid, pair) VALUES (?, ?)", (id_, pairs))


def _names(found: Described) -> Iterator[tuple[int, str, str, str]]:
    """Kind, language, text and key of each name."""
    named = [
        *((Kind.LABEL, *label) for label in found.labels),
        *((Kind.IDENTIFIER, "", text) for text in found.identifiers),
        *((Kind.OTHER, *other) for other in found.others),
    ]
    for kind, language, text in named:
        for key in (canonical(text), folded(text)):
            if key:
                yield int(kind), language, text, key
