"""Queries over other sources in YARRRML -> model (sections "Data sources", "Query")."""

from __future__ import annotations

from collections.abc import Iterable

from govgraph.errors import MappingError
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.queries import FORMULATION, parse_query, tables_of
from govgraph.mapping.yarrrml_keys import Keys, NodeReader
from govgraph.positions import Entry, Node, Scalar, Table

Sources = dict[str, LogicalSource | None]

QUERY_KEYS: Keys = {"query": ("query",), "queryFormulation": ("queryFormulation",)}


def is_query(node: Node) -> bool:
    """Whether a source is a query over others: one without `access` and `type`."""
    return isinstance(node, Table) and bool(node.get("query")) and not node.get("access", "type")


def read_queries(reader: NodeReader, entries: Iterable[Entry], sources: Sources) -> None:
    """Adds the sources of a document that are queries to `sources`, which has the others."""
    unread = {entry.key: entry for entry in entries}
    above: list[str] = []

    def read(name: str) -> None:
        entry = unread[name]
        if name in above:
            circle = " -> ".join([*above[above.index(name) :], name])
            reader.problem("GG019", f"a query reads itself: {circle}", entry.span)
        elif name not in sources:
            above.append(name)
            known = {**dict.fromkeys(unread), **sources}
            for needed in _needed(entry.value, known):
                if needed in unread:
                    read(needed)
            above.pop()
            sources[name] = query_source(reader, entry.value, name, {**dict.fromkeys(unread), **sources})

    for name in unread:
        read(name)


def query_source(reader: NodeReader, node: Node, name: str | None, sources: Sources) -> LogicalSource | None:
    """A query over `sources`; what is wrong with it goes to the reader's problems."""
    table = reader.table(node, "a query")
    fields = reader.fields(table, QUERY_KEYS, "a query over other sources") if table else {}
    scalar = reader.scalar(fields["query"].value, "a query") if fields else None
    language = fields.get("queryFormulation")
    if language and (not isinstance(language.value, Scalar) or language.value.text.lower() != "sql2008"):
        reader.problem("GG015", "queries over sources are SQL", language.value.span, "sql2008")
    if scalar is None:
        return None
    try:
        found, problems = tables_of(parse_query(scalar), scalar, sources)
    except MappingError as e:
        reader.problems += e.problems
        return None
    reader.problems += problems
    tables = [(called, sources[known]) for called, known in found.items()]
    read = tuple((called, source) for called, source in tables if source)
    if problems or len(read) < len(tables):
        return None
    named = name or "query"
    return LogicalSource(
        named, named, FORMULATION, scalar.span, query=scalar.text, tables=read, query_text=scalar
    )


def _needed(node: Node, known: Sources) -> list[str]:
    """The sources that a query reads; none where it cannot be read, which is told later."""
    assert isinstance(node, Table)
    entry = node.get("query")
    if entry is None or not isinstance(entry.value, Scalar):
        return []
    try:
        return list(tables_of(parse_query(entry.value), entry.value, known)[0].values())
    except MappingError:
        return []
