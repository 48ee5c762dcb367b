"""Whether the names in the graph stand in the lines that their anchors point at.

A build has no document. `extract` held the records against it and noted in printed.csv what their lines
hold; here the graph is held against that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Store

from govgraph.documents.normalize import fold_label, to_kanji
from govgraph.iri import GG, PROV, RDFS, SKOS, graph_iri, parse_anchor_iri
from govgraph.project import REFERENCE, Project
from govgraph.records import PRINTED_COLUMNS, PRINTED_FILE, read_rows
from govgraph.snapshot.candidate import TYPE
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.report import Finding

_DERIVED = NamedNode(f"{PROV}wasDerivedFrom")
_FIRST, _LAST = NamedNode(f"{GG}firstLine"), NamedNode(f"{GG}lastLine")
_LABEL, _ALTERNATIVE = NamedNode(f"{RDFS}label"), NamedNode(f"{SKOS}altLabel")
_PRINTED = NamedNode(f"{GG}printedLabel")
_NUMBER = NamedNode("http://data.europa.eu/eli/ontology#number")
_PARTY = NamedNode("http://data.europa.eu/m8g/hasEconomicOperator")

_UNHELD = "name it in `printed` of its table, in dataset.yml, and run `govgraph extract`"
_UNDERIVED = "derive it from the anchor of its record, by prov:wasDerivedFrom"

_Lines = tuple[str, str, str, str]
"""Table, key, first line, last line."""


def check_names(store: Store, project: Project, evidence: Evidence) -> Iterator[Finding]:
    """GG509 for each measure, contract, article and meeting whose printed name no line was seen to hold.

    Graphs of datasets that are not read from a document are passed over; graph/reference is not, if another
    dataset is read from one.
    """
    held = _read_held(project)
    if not held:
        return
    graphs = {graph_iri(project.settings.base, dataset) for dataset in (*held, REFERENCE)}
    for cls, names in _NAMES.items():
        typed = store.quads_for_pattern(None, TYPE, NamedNode(f"{GG}{cls}"), None)
        resources = {q.subject for q in typed if _iri(q.graph_name) in graphs}
        for resource in sorted((r for r in resources if isinstance(r, NamedNode)), key=str):
            printed = [fold_label(name) for name in names(store, resource)]
            anchors = list(_objects(store, resource, _DERIVED))
            if any(name in text for text in _held_by(store, project, held, anchors) for name in printed):
                continue
            shown = " or ".join(f"'{name}'" for name in printed) or "its printed name"
            yield Finding(
                "GG509",
                f"no line that it is derived from is known to hold {shown}",
                focus=resource.value,
                place=evidence.place(resource.value),
                hint=_UNHELD if anchors else _UNDERIVED,
            )


def _read_held(project: Project) -> dict[str, dict[_Lines, list[str]]]:
    """Dataset -> (table, key, first line, last line) -> what these lines hold; only datasets with layouts."""
    held: dict[str, dict[_Lines, list[str]]] = {}
    for dataset in project.datasets.values():
        if not dataset.settings.tables:
            continue
        rows = held.setdefault(dataset.id, {})
        path = dataset.records / PRINTED_FILE
        for row in read_rows(path) if path.is_file() else ():
            table, key, first, last, printed = (row.cells.get(column, "") for column in PRINTED_COLUMNS)
            rows.setdefault((table, key, first, last), []).append(printed)
    return held


def _held_by(
    store: Store,
    project: Project,
    held: Mapping[str, Mapping[_Lines, list[str]]],
    anchors: Iterable[NamedNode],
) -> Iterator[str]:
    """What the lines of `anchors` hold, where the graph and printed.csv name the same lines."""
    for anchor in anchors:
        parsed = parse_anchor_iri(project.settings.base, anchor.value)
        if parsed is None:
            continue
        dataset, table, key = parsed
        for first in _texts(store, anchor, _FIRST):
            for last in _texts(store, anchor, _LAST):
                yield from held.get(dataset, {}).get((table, key, first, last), ())


def _labels(store: Store, resource: NamedNode) -> list[str]:
    """The printed label of a resource, else its label in Japanese."""
    labels = store.quads_for_pattern(resource, _LABEL, None, None)
    return list(_texts(store, resource, _PRINTED)) or [
        q.object.value for q in labels if isinstance(q.object, Literal) and q.object.language == "ja"
    ]


def _article(store: Store, article: NamedNode) -> list[str]:
    """第260条の2 for the number 260-2, then the same in kanji."""
    numbers = [number.split("-") for number in _texts(store, article, _NUMBER)]
    kanji = [[to_kanji(int(part)) if part.isdecimal() else part for part in parts] for parts in numbers]
    return ["の".join((f"第{number}条", *branches)) for number, *branches in (*numbers, *kanji)]


def _parties(store: Store, contract: NamedNode) -> list[str]:
    """All names of the parties of a contract."""
    return [
        name
        for party in _objects(store, contract, _PARTY)
        for predicate in (_LABEL, _ALTERNATIVE, _PRINTED)
        for name in _texts(store, party, predicate)
    ]


_NAMES: Mapping[str, Callable[[Store, NamedNode], list[str]]] = {
    "Measure": _labels,
    "Meeting": _labels,
    "Article": _article,
    "CollaborationContract": _parties,
}
"""Class -> the names of its instances, any of which may be what is printed."""


def _objects(store: Store, subject: NamedNode, predicate: NamedNode) -> Iterator[NamedNode]:
    for quad in store.quads_for_pattern(subject, predicate, None, None):
        if isinstance(quad.object, NamedNode):
            yield quad.object


def _texts(store: Store, subject: NamedNode, predicate: NamedNode) -> Iterator[str]:
    for quad in store.quads_for_pattern(subject, predicate, None, None):
        if isinstance(quad.object, Literal):
            yield quad.object.value


def _iri(term: object) -> str | None:
    return term.value if isinstance(term, NamedNode) else None
