"""XML documents as tables: the iterator's nodes are the rows, references are XPath 1.0 expressions.

The value of a node is its string-value (XPath 1.0, section 5); an empty one is a value. Prefixes of
expressions are those that the document's root declares. Entities that a document declares are not replaced,
and nothing outside of the document is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from lxml import etree

from govgraph.engines.readers.nested import NestedError, Value, records_within, texts_within
from govgraph.engines.readers.tables import (
    Field,
    aliased,
    batch_of,
    batched,
    fields_of,
    schema_of,
)
from govgraph.engines.sources import Record, Unreadable, Used
from govgraph.errors import EngineError, MappingError, Problem, SourceSpan
from govgraph.mapping.logical_views import IterableField
from govgraph.mapping.model import LogicalSource, references
from govgraph.mapping.plan import Column

_NAME = r"[^\W\d][\w.-]*"
_PATH = re.compile(rf"(?:/{_NAME})+")
_CHILD = re.compile(_NAME)
_ATTRIBUTE = re.compile(rf"@{_NAME}")
_STEP = rf"(?:(?:{_NAME}:)?{_NAME}|\*|\.|text\(\)|@(?:{_NAME}:)?{_NAME})"
_DOWNWARDS = re.compile(rf"{_STEP}(?://?{_STEP})*")
"""References that never leave the node that they start from, so that nodes can be forgotten once read."""

Cell = str | list[Any] | None
Row = tuple[int, dict[str, Cell]]
"""The line of a node, and the values of its references: one, or a list of several; none is left out."""


class XmlReader:
    """Reads XML documents."""

    def columns(self, source: LogicalSource, used: Iterable[Used]) -> tuple[Column, ...]:
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
        read = tuple(dict.fromkeys(f.column for f in fields))

        def batches() -> Iterator[pa.RecordBatch]:
            for rows in batched(_rows(path, source, read, shown)):

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
    records = {c.name: records_within(c.records, source.nulls) for c in columns if c.records}
    iterator = source.iterator or "/"
    read = (*names, *(text for c in columns if c.records for text in _expressions_of(c.records)))
    streams = _PATH.fullmatch(iterator) and all(map(_DOWNWARDS.fullmatch, read))
    evaluate = None
    try:
        for node in _stream(path, iterator) if streams else _select(path, iterator):
            if not etree.iselement(node):
                message = f"'{iterator}' selects no elements"
                hint = "iterate over elements; references lead to their text and attributes"
                raise MappingError(message, "GG018", source.iterator_span or source.span, hint)
            evaluate = evaluate or _Evaluator(names, node, whole=iterator == "/")
            line = _line(node)
            if evaluate.has_entities and (entity := next(node.iter(etree.Entity), None)) is not None:
                hint = "write its text in its place: entities that a document declares are not looked up"
                raise EngineError(
                    f"the entity {entity.text} is not replaced", "GG402", SourceSpan(shown, line), hint
                )
            row = evaluate(node)
            for name, make in records.items():
                row[name] = make(node)
            yield line, row
    except etree.XMLSyntaxError as e:
        message = re.sub(r", line \d+, column \d+.*", "", e.msg or "it is empty", flags=re.S)
        place = SourceSpan(shown, *e.position)
        raise EngineError(f"not an XML document: {message}", "GG402", place) from e
    except NestedError as e:
        raise EngineError(str(e), "GG401", SourceSpan(shown, line)) from e
    except _EvaluationError as e:
        message = f"'{e.expression}' cannot be evaluated on source '{source.path}': {e}"
        hint = "prefixes are those that the document's root declares"
        raise MappingError(message, "GG018", source.iterator_span or source.span, hint) from e


def _expressions_of(field: IterableField) -> Iterator[str]:
    """The expressions within a field's records, but for those of the texts that they hold."""
    yield field.iterator or "/"
    for inner in field.fields:
        if isinstance(inner, IterableField):
            yield from _expressions_of(inner)
        else:
            yield from references(inner.expression)


class XmlRecords:
    """Records within an XML document, for fields of views (`engines.readers.nested.Language`)."""

    def __init__(self, nulls: Sequence[str]) -> None:
        self.nulls = frozenset(nulls)
        self.compiled: dict[tuple[str, frozenset[tuple[str, str]]], etree.XPath] = {}

    def parse(self, text: str, iterator: str | None) -> list[Any]:
        """The elements of a text; raises NestedError."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(text.encode(), parser)
        except etree.XMLSyntaxError as e:
            raise NestedError(f"not an XML document: {e}") from e
        if iterator in (None, "/"):  # lxml has no document nodes
            document = etree.Element(_DOCUMENT, nsmap=_prefixes(root))
            document.append(root)
            return [document]
        return self.iterate(str(iterator))(root.getroottree())

    def iterate(self, iterator: str) -> Callable[[Any], list[Any]]:
        """What gives the elements of an iterator; it raises NestedError for other nodes."""

        def elements(record: Any) -> list[Any]:
            found = self.evaluate(record, iterator)
            if not isinstance(found, list) or not all(map(etree.iselement, found)):
                raise NestedError(f"'{iterator}' selects no elements")
            return found

        return elements

    def values(self, reference: str) -> Callable[[Any], list[Value]]:
        """What gives the values of a reference."""

        def read(record: Any) -> list[Value]:
            path = f".{reference}" if reference.startswith("/") and record.tag == _DOCUMENT else reference
            return [(t, None) for t in _texts(self.evaluate(record, path)) if t not in self.nulls]

        return read

    def evaluate(self, record: Any, text: str) -> Any:
        """The result of an expression; raises NestedError where it has no meaning in this document."""
        root = record.getroot() if hasattr(record, "getroot") else record.getroottree().getroot()
        key = text, frozenset(_prefixes(root).items())
        if key not in self.compiled:
            self.compiled[key] = _compile(text, root)
        try:
            return self.compiled[key](record)
        except etree.XPathError as e:
            raise NestedError(f"'{text}' cannot be evaluated: {e}") from e


_DOCUMENT = "document-node"


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


def _select(path: Path, iterator: str) -> Iterator[Any]:
    """The nodes of any iterator, in the order of the document, which is read as a whole."""
    tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    root = tree.getroot()
    if iterator == "/":  # lxml has no document nodes
        document = etree.Element("document", nsmap=_prefixes(root))
        document.append(root)
        yield document
        return
    found = _evaluate(iterator, _compile(iterator, root), tree)
    yield from found if isinstance(found, list) else [found]


def _stream(path: Path, iterator: str) -> Iterator[Any]:
    """The elements of an iterator that is a path of names, each forgotten when the next is asked for."""
    *above, name = iterator[1:].split("/")
    above.reverse()
    with path.open("rb") as file:
        parsed = etree.iterparse(
            file, events=("end",), tag=name, resolve_entities=False, no_network=True, huge_tree=False
        )
        for _, element in parsed:
            if [ancestor.tag for ancestor in element.iterancestors()] != above:
                continue
            yield element
            element.clear()
            parent = element.getparent()
            while element.getprevious() is not None:
                del parent[0]


def _line(node: Any) -> int:
    return node.sourceline or 0


def _compile(expression: str, root: Any) -> etree.XPath:
    return etree.XPath(expression, namespaces=_prefixes(root), smart_strings=False)


def _prefixes(root: Any) -> dict[str, str]:
    return {prefix: uri for prefix, uri in root.nsmap.items() if prefix}


_string_value = etree.XPath("string()", smart_strings=False)


class _Evaluator:
    """The values of references; names of children and attributes are looked up without XPath.

    `whole`: the nodes stand for the document, whose root is their child.
    """

    def __init__(self, names: Sequence[str], first: Any, *, whole: bool) -> None:
        tree = first.getroottree()
        root = tree.getroot()
        self.has_entities = tree.docinfo.internalDTD is not None
        self.children = frozenset(n for n in names if _CHILD.fullmatch(n))
        self.attributes = tuple((n, n[1:]) for n in names if _ATTRIBUTE.fullmatch(n))
        known = self.children.union(n for n, _ in self.attributes)
        from_root = {n: f".{n}" for n in names if n.startswith("/")} if whole else {}
        self.others = tuple((n, _compile(from_root.get(n, n), root)) for n in names if n not in known)

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
            texts = _texts(_evaluate(name, expression, node))
            row[name] = texts if len(texts) > 1 else texts[0] if texts else None
        return row


def _append(cell: Cell, text: str) -> list[Any]:
    return [*cell, text] if isinstance(cell, list) else [cell or "", text]


def _texts(found: Any) -> list[str]:
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
