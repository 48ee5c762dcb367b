"""From a resource of the graph back to its record, and to the lines of the document."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import NamedNode, Store

from govgraph.iri import PROV, parse_anchor_iri
from govgraph.project import Project
from govgraph.records import KEY, Row, read_rows
from govgraph.snapshot.report import Place

_DERIVED = NamedNode(f"{PROV}wasDerivedFrom")


class Evidence:
    """Finds the record behind a resource of a candidate; each table is read once, and only if asked for."""

    def __init__(self, store: Store, project: Project) -> None:
        self.store = store
        self.project = project
        self._tables: dict[tuple[str, str], Mapping[str, Row]] = {}

    def place(self, iri: str) -> Place | None:
        """The record of a resource, or None where nothing leads to one.

        It is found by the resource's own IRI if that is an anchor's, else by its `prov:wasDerivedFrom`, else
        by that of the resource whose IRI its own continues (an amount has the record of its measure).
        """
        root = f"{self.project.settings.base}id/"
        whole = iri
        while whole.startswith(root):
            for anchor in (whole, *self._anchors(NamedNode(whole))):
                if place := self._record(anchor):
                    return place
            whole = whole.rpartition("/")[0]
        return None

    def _anchors(self, node: NamedNode) -> list[str]:
        quads = self.store.quads_for_pattern(node, _DERIVED, None, None)
        return sorted(q.object.value for q in quads if isinstance(q.object, NamedNode))

    def _record(self, anchor: str) -> Place | None:
        parsed = parse_anchor_iri(self.project.settings.base, anchor)
        if parsed is None:
            return None
        dataset, table, key = parsed
        row = self._rows(dataset, table).get(key)
        if row is None:
            return None
        path = self.project.datasets[dataset].records / f"{table}.csv"
        first, last = row.cells.get("first_line", ""), row.cells.get("last_line", "")
        lines = (int(first), int(last or first)) if first else None
        return Place(self.project.span(path, row.line), lines)

    def _rows(self, dataset: str, table: str) -> Mapping[str, Row]:
        """Key -> row of a table; empty where there is no such table."""
        if (dataset, table) not in self._tables:
            rows: dict[str, Row] = {}
            if dataset in self.project.datasets:
                path = self.project.datasets[dataset].records / f"{table}.csv"
                if path.is_file():
                    rows = {row.cells[KEY]: row for row in read_rows(path) if KEY in row.cells}
            self._tables[dataset, table] = rows
        return self._tables[dataset, table]
