"""What is learned of an answer as it is written: how many rows it has, and whether XML can hold it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from govgraph.errors import QueryError, SourceSpan
from govgraph.server.formats import CSV, JSON, JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TSV, XML, Format

_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""What XML 1.0, section 2.2 (Char), leaves out of UTF-8: XML has no way at all to write it."""

_NO_NAME: Final = re.compile(rb"<[^\s<>/:]*:[\s/>]")
"""An element whose name ends at the colon: Oxigraph writes it for a property that RDF/XML cannot name."""

_LONGEST_NAME: Final = 4096
"""Bytes of one piece that are looked at again with the next, in which a name may end."""

_SEPARATORS: Final[Mapping[Format, tuple[bytes, int]]] = {
    JSON: (b'},{"', 1),
    XML: (b"<result>", 0),
    CSV: (b"\r\n", -1),
    TSV: (b"\n", -1),
    N_TRIPLES: (b"\n", 0),
    N_QUADS: (b"\n", 0),
}
"""Format -> what each row is separated or ended by, and how many more rows there are than of these."""
_UNCOUNTED: Final = (b"", 0)


class Writer(Protocol):
    """A file to write bytes to."""

    def write(self, data: bytes, /) -> int:
        """Takes the next bytes; returns how many."""


class Watched:
    """Passes an answer in `format` on to `to`, and looks at it on the way.

    `write` raises QueryError GG702 where XML or RDF/XML cannot hold it; `name` stands for the query there.
    """

    def __init__(self, to: Writer, format: Format, name: str, *, count: bool = True) -> None:  # noqa: A002
        self._to = to
        self._name = name
        self._format = format
        self._separator, self._more = _SEPARATORS.get(format, _UNCOUNTED) if count else _UNCOUNTED
        self._count = 0
        self._tail = b""
        self._kept = len(self._separator) - 1
        self._is_xml = format in (XML, RDF_XML)
        self._xml_tail = b""
        self._begins_a_row = format is not JSON

    @property
    def rows(self) -> int | None:
        """Solutions or triples so far, None where nobody counts, or the format does not show them.

        In JSON, solutions that bind nothing are not counted; in CSV, each CR LF within a text counts as one.
        """
        if not self._separator:
            return None
        return max(0, self._count + self._more) if self._begins_a_row else 0

    def write(self, data: bytes) -> int:
        """Passes `data` on."""
        if self._is_xml and (reason := self._why_no_xml(data)):
            instead = JSON if self._format is XML else JSON_LD
            hint = f"ask for JSON: {instead.media_type} ({instead.name})"
            raise QueryError(f"the answer holds {reason}", "GG702", SourceSpan(self._name), hint)
        if self._separator:
            seen = self._tail + data
            self._count += seen.count(self._separator)
            self._begins_a_row = self._begins_a_row or b'"bindings":[{' in seen
            self._tail = seen[len(seen) - self._kept :] if self._kept else b""
        return self._to.write(data)

    def flush(self) -> None:
        """Does nothing."""

    def _why_no_xml(self, data: bytes) -> str | None:
        seen = self._xml_tail + data
        self._xml_tail = seen[-2:] if self._format is XML else seen[-_LONGEST_NAME:]
        if forbidden := _NOT_XML.search(seen):
            return f"U+{ord(forbidden[0].decode()):04X}, which XML cannot hold"
        if self._format is RDF_XML and _NO_NAME.search(seen):
            return "a property whose IRI ends in no name, which RDF/XML cannot write"
        return None
