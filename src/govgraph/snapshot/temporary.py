"""Files of RDF -> a snapshot without a project, which is served for a while and never promoted.

What a file says of no graph goes into the default graph. Where graphs hold the same triple, and the default
graph is to be the union of all, the store's default graph is made to hold that union: see `Manifest.union`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter
from typing import IO, Any, cast
from uuid import uuid4

import pyoxigraph as ox

from govgraph import __version__
from govgraph.errors import Problem, SnapshotError, SourceSpan
from govgraph.iri import RDF
from govgraph.settings import DefaultGraph
from govgraph.snapshot.data_files import FORMATS, Content, DataFile
from govgraph.snapshot.history import STORE
from govgraph.snapshot.inputs import ID_DIGITS
from govgraph.snapshot.manifest import Manifest
from govgraph.snapshot.overlap import Overlap, find_overlap, store_union
from govgraph.snapshot.search_index import MOST_INDEXED, write_search_index

OnProgress = Callable[[DataFile, int], None]
"""Called with a file and how many of its bytes were read so far."""

_RELATIVE = "No scheme found in an absolute IRI"
_USES, _TYPES = "?s ?x ?o", f"?s <{RDF}type> ?x"


def load_files(
    files: Sequence[DataFile],
    folder: Path,
    *,
    base: str | None,
    default_graph: DefaultGraph,
    on_progress: OnProgress,
) -> Path:
    """Loads `files` into a snapshot, a new folder in `folder` that has its id as name; returns that folder.

    Relative IRIs are resolved against `base`. Blank nodes of different files stay apart. The id is the hash
    of the files, their formats, `base` and the version of govgraph; but every load of blank nodes has an id
    of its own, since they get new labels.

    Raises SnapshotError: GG606 with the first problem of each file, GG603 where there is no room.
    """
    begun = perf_counter()
    candidate = Path(mkdtemp(prefix="candidate-", dir=folder))
    try:
        store = ox.Store(str(candidate / STORE))
        loaded = _load(store, files, base, on_progress)
        held = _count(store)
        overlap = find_overlap(store, candidate) if held.in_several_graphs else Overlap(0, ())
        stored = bool(overlap.repeated) and default_graph == "union"
        if stored:
            store_union(store)
        store.flush()
        store.optimize()
        write_search_index(store, candidate, most=MOST_INDEXED)
    except OSError as e:
        reason = e.strerror or str(e)
        hint = "make room there, or name another folder for temporary files: TMPDIR"
        raise SnapshotError(
            f"the data cannot be stored: {reason}", "GG603", SourceSpan(str(folder)), hint
        ) from e
    id_ = _id(files, loaded.checksums, base, blank=loaded.blank or held.nameless > 0)
    Manifest(
        id=id_,
        tool=__version__,
        created=datetime.now(UTC),
        previous=None,
        inputs={file.path: checksum for file, checksum in zip(files, loaded.checksums, strict=True)},
        graphs=held.graphs,
        classes=held.classes,
        properties=held.properties,
        durations={"load": round(perf_counter() - begun, 3)},
        default=held.default,
        nameless=held.nameless,
        repeated=overlap.repeated,
        overlapping=overlap.graphs,
        union="stored" if stored else "virtual",
        prefixes=loaded.prefixes,
    ).write(candidate)
    target = folder / id_
    return target if target.exists() else candidate.rename(target)


@dataclass(slots=True)
class _Loaded:
    """The checksum of each file, the prefixes of all, and whether there are blank nodes."""

    checksums: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    blank: bool = False

    def noting(self, quads: Iterator[ox.Quad]) -> Iterator[ox.Quad]:
        """The same quads; notes whether one of them has, or may have, a blank node."""
        for quad in quads:
            yield quad
            if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode | ox.Triple):
                self.blank = True
                break
        yield from quads


def _load(store: ox.Store, files: Sequence[DataFile], base: str | None, on_progress: OnProgress) -> _Loaded:
    loaded = _Loaded()
    problems: list[Problem] = []
    for file in files:
        try:
            with file.opened(lambda count, file=file: on_progress(file, count)) as content:  # type: ignore[misc]
                _load_content(store, file, content, base, loaded)
                loaded.checksums.append(content.finish())
        except SyntaxError as e:
            problems.append(_problem(file, e))
        except SnapshotError as e:
            problems += e.problems
    if problems:
        raise SnapshotError.collect(problems)
    return loaded


def _load_content(
    store: ox.Store, file: DataFile, content: Content, base: str | None, loaded: _Loaded
) -> None:
    format_, _ = FORMATS[file.format]
    parser = ox.parse(cast("IO[bytes]", content), format_, base_iri=base, rename_blank_nodes=True)
    first = list(islice(parser, 1))
    loaded.prefixes |= parser.prefixes  # those of RDF/XML end with their element
    store.bulk_extend(loaded.noting(chain(first, parser)))
    loaded.prefixes |= parser.prefixes


def _problem(file: DataFile, error: SyntaxError) -> Problem:
    reason = re.sub(r"^Parser error at .*?: ", "", error.msg)
    if _RELATIVE in reason:
        reason, hint = "a relative IRI, and nothing that it is relative to", "name it: --base IRI"
    else:
        hint = None
    span = SourceSpan(file.shown, error.lineno or 0, error.offset or 0)
    return Problem("GG606", f"not valid {FORMATS[file.format][0].name}: {reason}", span, hint)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a store holds, as the manifest tells it; the default graph has an empty IRI."""

    graphs: Mapping[str, int]
    properties: Mapping[str, Mapping[str, int]]
    classes: Mapping[str, Mapping[str, int]]
    default: int
    nameless: int

    @property
    def in_several_graphs(self) -> bool:
        """Whether there is more than one graph, so that they can hold the same triple."""
        return len(self.graphs) + bool(self.default) + 2 * bool(self.nameless) > 1


def _count(store: ox.Store) -> _Held:
    uses, types = _by_graph(store, _USES), _by_graph(store, _TYPES)
    totals = {graph: sum(counts.values()) for graph, counts in uses.items()}
    nameless = len(store) - sum(totals.values())
    default = totals.pop("", 0)
    return _Held(totals, uses, types, default, nameless)


def _by_graph(store: ox.Store, pattern: str) -> dict[str, dict[str, int]]:
    """IRI of a graph -> IRI that `?x` of `pattern` stands for -> solutions; sorted."""
    own = f"SELECT ?x (COUNT(*) AS ?n) {{ {pattern} }} GROUP BY ?x"
    named = f"SELECT ?g ?x (COUNT(*) AS ?n) {{ GRAPH ?g {{ {pattern} }} }} GROUP BY ?g ?x"
    found = [("", *row) for row in _rows(store, own)]
    found += [(graph.value, x, n) for graph, x, n in _rows(store, named) if isinstance(graph, ox.NamedNode)]
    counts: dict[str, dict[str, int]] = {}
    for graph, x, n in sorted((g, x.value, int(n.value)) for g, x, n in found if isinstance(x, ox.NamedNode)):
        counts.setdefault(graph, {})[x] = n
    return counts


def _rows(store: ox.Store, query: str) -> Iterator[tuple[Any, ...]]:
    for row in cast("ox.QuerySolutions", store.query(query)):
        yield tuple(row)


def _id(files: Sequence[DataFile], checksums: Sequence[str], base: str | None, *, blank: bool) -> str:
    listed = [(file.format, checksum) for file, checksum in zip(files, checksums, strict=True)]
    labels = uuid4().hex if blank else None
    text = json.dumps([__version__, base, listed, labels])
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
