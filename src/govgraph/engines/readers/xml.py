"""XML documents as tables: the iterator's nodes are the rows, references are XPath 1.0 expressions.

The value of a node is its string-value (XPath 1.0, section 5); an empty one is a value. Prefixes of
expressions are those that the source declares, else those of the document's root. Entities that a document
declares are not replaced, and nothing outside of the document is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from lxml import etree

from govgraph.engines.readers.limits import check_size, max_document_bytes
from govgraph.engines.readers.nested import NestedError, records_within, texts_within
from govgraph.engines.readers.tables import (
    Field,
    aliased,
    batch_of,
    batched,
    fields_of,
    schema_of,
)
from govgraph.engines.readers.xml_records import expressions_of
from govgraph.engines.readers.xml_stream import NAME, PATH, QUALIFIED, root_prefixes, stream, unknown_prefix
from govgraph.engines.sources import Record, Unreadable, Used
from govgraph.errors import EngineError, MappingError, Problem, SourceSpan
from govgraph.mapping.logical_views import IterableField
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import Column

_CHILD = re.compile(NAME)
_ATTRIBUTE = re.compile(rf"@{NAME}")
_STEP = rf"(?:{QUALIFIED}|\*|\.|text\(\)|@{QUALIFIED})"
_STAYS = re.compile(
    rf"{_STEP}(?://?{_STEP})*|(?:\.\./)+@{QUALIFIED}|(?:\.\./)*ancestor(?:-or-self)?::{QUALIFIED}/@{QUALIFIED}"
)
"""References to what is inside of a node, or to attributes above it: other nodes can be forgotten."""

Cell = str | list[Any] | None
Row = tuple[int, dict[str, Cell]]
"""The line of a node, and the values of its references: one, or a list of several; none is left out."""


class XmlReader:
    """Reads XML documents."""

    def columns(
        self,
        path: Path,  # noqa: ARG002
        source: LogicalSource,
        used: Iterable[Used],
    ) -> tuple[Column, ...]:
        """A column for each reference; raises MappingError GG018."""
        used = tuple(used)
        iterator = Used(source.iterator or "/", source.iterator_span or source.span)
        problems = []
        for expression in dict.fromkeys((iterator, *used)):
            try:
                etree.XPath(expression.name)
            except etree.XPathSyntaxError as e:
                message = f"'{expression.name}' is not an XPath expression: {e}"
                hint = "XPath 1.0, such as name, @id, list/item or text()"
                problems.append(Problem("GG018", message, expression.span, hint))
                continue
            if source.namespaces and (wrong := unknown_prefix(expression.name, dict(source.namespaces))):
                problems.append(Problem("GG018", wrong.message, expression.span, wrong.hint))
        if problems:
            raise MappingError.collect(problems)
        return aliased((u.name for u in used), many=lambda _: True, natural=False)

    def batches(
        self,
        path: Path,
        source: LogicalSource,
        columns: Iterable[Column],
        asked: Collection[str],
        shown: str,
        unreadable: Unreadable | None = None,  # noqa: ARG002 - all values of XML are texts
    ) -> pa.RecordBatchReader:
        """The rows; raises EngineError GG402, MappingError GG018."""
        fields = fields_of(columns, asked)
        schema = schema_of(fields)
        found = _rows(path, source, tuple(dict.fromkeys(f.column for f in fields)), shown)

        def batches() -> Iterator[pa.RecordBatch]:
            for rows in batched(found):

                def values(field: Field, rows: list[Row] = rows) -> Sequence[Any]:
                    name, kind = field.column.name, list if field.several or field.column.records else str
                    return [v if isinstance(v := row.get(name), kind) else None for _, row in rows]

                yield batch_of(schema, fields, len(rows), values)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """Each row with all its values."""
        for line, row in _rows(path, source, tuple(columns), shown):
            values = {name: list(texts_within(v)) for name, v in row.items()}
            yield Record(values, SourceSpan(shown, line))


def _rows(path: Path, source: LogicalSource, columns: Sequence[Column], shown: str) -> Iterator[Row]:
    """Where each node of the iterator begins, and the values of its columns."""
    names = tuple(c.name for c in columns if not c.records)
    records = {c.name: c.records for c in columns if c.records}
    inner = (text for field in records.values() for text in expressions_of(field))
    iterator = source.iterator or "/"
    streams = PATH.fullmatch(iterator) and all(map(_STAYS.fullmatch, (*names, *inner)))
    if not streams:
        why = f"the iterator '{iterator}' or one of its references needs it as a whole"
        hint = (
            "an iterator of names, such as /list/item, with references to what is inside of the element, "
            "or to attributes of those around it, reads element by element"
        )
        check_size(path, shown, why, hint)
    return _evaluated(path, source, names, records, shown, max_document_bytes() if streams else None)


def _evaluated(
    path: Path,
    source: LogicalSource,
    names: Sequence[str],
    records: Mapping[str, IterableField],
    shown: str,
    limit: int | None,
) -> Iterator[Row]:
    """The rows; `limit`: bytes of an element where the document is read element by element."""
    evaluate, iterator = None, source.iterator or "/"
    try:
        namespaces = dict(source.namespaces) or root_prefixes(path)
        if wrong := next(filter(None, (unknown_prefix(e, namespaces) for e in (iterator, *names))), None):
            raise MappingError(wrong.message, "GG018", source.iterator_span or source.span, wrong.hint)
        makers = {n: records_within(f, source.nulls, namespaces) for n, f in records.items()}
        nodes = (
            stream(path, shown, iterator, namespaces, limit)
            if limit is not None
            else _select(path, iterator, namespaces)
        )
        for node in nodes:
            if not etree.iselement(node):
                message = f"'{iterator}' selects no elements"
                hint = "iterate over elements; references lead to their text and attributes"
                raise MappingError(message, "GG018", source.iterator_span or source.span, hint)
            evaluate = evaluate or _Evaluator(names, node, namespaces, whole=iterator == "/")
            line = _line(node)
            if evaluate.has_entities and (entity := next(node.iter(etree.Entity), None)) is not None:
                hint = "write its text in its place: entities that a document declares are not looked up"
                raise EngineError(
                    f"the entity {entity.text} is not replaced", "GG402", SourceSpan(shown, line), hint
                )
            row = evaluate(node)
            row = _without_nulls(row, source.nulls) if source.nulls else row
            yield line, {**row, **{name: make(node) for name, make in makers.items()}}
    except etree.XMLSyntaxError as e:
        message = re.sub(r", line \d+, column \d+.*", "", e.msg or "it is empty", flags=re.S)
        place = SourceSpan(shown, *e.position)
        raise EngineError(f"not an XML document: {message}", "GG402", place) from e
    except NestedError as e:
        raise EngineError(str(e), "GG401", SourceSpan(shown, line)) from e
    except _EvaluationError as e:
        message = f"'{e.expression}' cannot be evaluated on source '{source.path}': {e}"
        raise MappingError(message, "GG018", source.iterator_span or source.span) from e


class _EvaluationError(Exception):
    """An expression that has no meaning on this document."""

    def __init__(self, expression: str, error: etree.XPathError) -> None:
        super().__init__(str(error))
        self.expression = expression


def _evaluate(text: str, expression: etree.XPath, node: Any) -> Any:
    try:
        return expression(node)
    except etree.XPathError as e:
        raise _EvaluationError(text, e) from e


def _select(path: Path, iterator: str, namespaces: Mapping[str, str]) -> Iterator[Any]:
    """The nodes of any iterator, in the order of the document, which is read as a whole."""
    tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    if iterator == "/":  # lxml has no document nodes
        document = etree.Element("document")
        document.append(tree.getroot())
        yield document
        return
    found = _evaluate(iterator, _compile(iterator, namespaces), tree)
    yield from found if isinstance(found, list) else [found]


def _line(node: Any) -> int:
    return node.sourceline or 0


def _compile(expression: str, namespaces: Mapping[str, str]) -> etree.XPath:
    return etree.XPath(expression, namespaces=dict(namespaces), smart_strings=False)


_string_value = etree.XPath("string()", smart_strings=False)


class _Evaluator:
    """The values of references; names of children and attributes are looked up without XPath.

    `whole`: the nodes stand for the document, whose root is their child.
    """

    def __init__(
        self, names: Sequence[str], first: Any, namespaces: Mapping[str, str], *, whole: bool
    ) -> None:
        tree = first.getroottree()
        self.has_entities = tree.docinfo.internalDTD is not None
        self.children = frozenset(n for n in names if _CHILD.fullmatch(n))
        self.attributes = tuple((n, n[1:]) for n in names if _ATTRIBUTE.fullmatch(n))
        known = self.children.union(n for n, _ in self.attributes)
        from_root = {n: f".{n}" for n in names if n.startswith("/")} if whole else {}
        self.others = tuple((n, _compile(from_root.get(n, n), namespaces)) for n in names if n not in known)

    def __call__(self, node: Any) -> dict[str, Cell]:
        row: dict[str, Cell] = {}
        children = self.children
        if children:
            for child in node:
                tag = child.tag
                if tag in children:
                    text = _text(child) if len(child) else child.text or ""
                    row[tag] = text if tag not in row else _append(row[tag], text)
        for name, attribute in self.attributes:
            row[name] = node.get(attribute)
        for name, expression in self.others:
            texts = texts_of(_evaluate(name, expression, node))
            row[name] = texts if len(texts) > 1 else texts[0] if texts else None
        return row


def _without_nulls(row: dict[str, Cell], nulls: Collection[str]) -> dict[str, Cell]:
    """The row without the values that stand for none (RML-IO, "NULL values")."""
    found: dict[str, Cell] = {}
    for name, cell in row.items():
        kept = [text for text in (cell if isinstance(cell, list) else [cell]) if text not in nulls]
        found[name] = kept[0] if len(kept) == 1 else [text for text in kept if text is not None] or None
    return found


def _append(cell: Cell, text: str) -> list[Any]:
    return [*cell, text] if isinstance(cell, list) else [cell or "", text]


def texts_of(found: Any) -> list[str]:
    """The result of an expression as text (XPath 1.0, section 4.2, `string`)."""
    if isinstance(found, list):
        return [_text(item) for item in found]
    if isinstance(found, bool):
        return ["true" if found else "false"]
    return [found if isinstance(found, str) else _number(found)]


def _text(node: Any) -> str:
    """The string-value of a node."""
    if isinstance(node, str):
        return node
    if isinstance(node, tuple):  # a namespace: its prefix and its name
        return str(node[1])
    return (node.text or "") if not len(node) else str(_string_value(node))


def _number(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return format(Decimal(repr(value + 0.0)), "f").removesuffix(".0")  # no sign for zero
