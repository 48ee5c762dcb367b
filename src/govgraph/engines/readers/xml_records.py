"""Records within XML documents, for fields of views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from govgraph.engines.readers.nested import NestedError, Value
from govgraph.mapping.logical_views import IterableField
from govgraph.mapping.model import references

_DOCUMENT = "document-node"


def expressions_of(field: IterableField) -> Iterator[str]:
    """The expressions within a field's records, but for those of the texts that they hold."""
    yield field.iterator or "/"
    for inner in field.fields:
        if isinstance(inner, IterableField):
            yield from expressions_of(inner)
        else:
            yield from references(inner.expression)


class XmlRecords:
    """Records within an XML document (`engines.readers.nested.Language`).

    Prefixes are `namespaces`, else those that the document's root declares.
    """

    def __init__(self, nulls: Sequence[str] | None, namespaces: Mapping[str, str] | None = None) -> None:
        self.nulls = frozenset(nulls or ())
        self.namespaces = namespaces
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
        from govgraph.engines.readers.xml import texts_of

        def read(record: Any) -> list[Value]:
            path = f".{reference}" if reference.startswith("/") and record.tag == _DOCUMENT else reference
            return [(t, None) for t in texts_of(self.evaluate(record, path)) if t not in self.nulls]

        return read

    def evaluate(self, record: Any, text: str) -> Any:
        """The result of an expression; raises NestedError where it has no meaning in this document."""
        prefixes = self.namespaces
        if prefixes is None:
            root = record.getroot() if hasattr(record, "getroot") else record.getroottree().getroot()
            prefixes = _prefixes(root)
        key = text, frozenset(prefixes.items())
        try:
            if key not in self.compiled:
                self.compiled[key] = etree.XPath(text, namespaces=dict(prefixes), smart_strings=False)
            return self.compiled[key](record)
        except etree.XPathError as e:
            raise NestedError(f"'{text}' cannot be evaluated: {e}") from e


def _prefixes(root: Any) -> dict[str, str]:
    return {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
