"""Files of RML -> model: paths and URLs, encodings, compressions, null values, dialects of CSV.

RML-IO, "Source", "Target"; RML-IO-Registry, "CSVW", "DCAT", "FilePath".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from govgraph.errors import SourceSpan, did_you_mean
from govgraph.iri import RDF, XSD
from govgraph.mapping.dialects import (
    CSVW,
    DIALECT_KEYS,
    datatype_named,
    default_dialect,
    dialect_with,
    encoding_named,
)
from govgraph.mapping.model import COMPRESSIONS, Dialect, TableColumn, is_url
from govgraph.mapping.rml_nodes import Fields, written
from govgraph.mapping.rml_terms import TermReader
from govgraph.mapping.turtle import Iri, Placed, Text, Triple

DUMPS = (
    "http://www.w3.org/ns/dcat#downloadURL",
    "http://www.w3.org/ns/dcat#accessURL",
    "http://rdfs.org/ns/void#dataDump",
)
"""Properties of DCAT and VoID that lead to a file; the first of them that is given does."""

_CSVW = (CSVW, CSVW.replace("http:", "https:"))  # RML-IO-Registry has the latter
LOCATIONS = (*DUMPS, *(f"{namespace}url" for namespace in _CSVW))
"""The same for sources, with that of CSVW."""

_COMPRESSIONS = {name: name for name in (*COMPRESSIONS, "none")} | {"targzip": "targz"}
_FIRST_COMPRESSIONS = "http://w3id.org/rml/comp#"  # drafts of RML-IO had them in a namespace of their own
_ENCODINGS = ("UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "CP932", "Shift_JIS", "EUC-JP", "ISO-8859-1")


@dataclass(frozen=True, slots=True)
class File:
    """What a source says of its file: where it is, and how it is written, in the words of `LogicalSource`.

    `is_table`: CSVW says so, whatever its ending.
    """

    path: str
    span: SourceSpan
    encoding: str | None = None
    compression: str | None = None
    nulls: tuple[str, ...] | None = None
    dialect: Dialect = field(default_factory=Dialect)
    is_table: bool = False


class FileReader(TermReader):
    """Reads the descriptions of files that sources and targets share."""

    def located(self, node: Placed, properties: Sequence[str]) -> Triple | None:
        """The triple that says where a file is: that of the first of `properties` that there is."""
        triples = self.graph.triples.get(node.term, ())
        by_iri = {str(t.predicate.term).strip("<>"): t for t in reversed(triples)}
        return next((by_iri[iri] for iri in properties if iri in by_iri), None)

    def location(self, triple: Triple) -> str | None:
        """The path of a `file:` URL or of a relative IRI or text; a URL of the web as it is."""
        value = triple.object.term
        if not isinstance(value, Text | Iri):
            self.problem("GG003", f"'{written(triple)}': expected an IRI", triple.object.span)
            return None
        url = urlsplit(value.value)
        if "\0" in unquote(value.value):
            self.problem("GG003", f"'{written(triple)}': expected a path", triple.object.span)
            return None
        if is_url(value.value):
            return value.value
        if url.scheme not in ("", "file") or not (url.netloc or url.path):
            hint = "URLs of file:, http: and https: are"
            message = f"files at '{value.value}' are not supported"
            self.problem("GG015", message, triple.object.span, hint)
            return None
        if isinstance(value, Text) and not url.scheme:
            return str(PurePosixPath(value.value))
        return str(PurePosixPath(unquote(url.netloc + url.path)))

    def path(self, triple: Triple) -> str | None:
        """The path that a property has, as short as it can be written; None after a problem."""
        path = self.text(triple)
        if path is not None and (not path or "\0" in path):
            self.problem("GG003", f"'{written(triple)}': expected a path", triple.object.span)
            return None
        return None if path is None else str(PurePosixPath(path))

    def file_of(self, node: Placed, fields: Fields, path: str, span: SourceSpan) -> File | None:
        """What a source says of the file at `path`; None after a problem."""
        known = len(self.problems)
        table = self.table_properties(node)
        nulls = self.texts(tuple(fields.all("null"))) or self.texts(table.get("null", ()))
        if nulls is None and "url" not in table:
            nulls = ()  # CSVW has the empty text, RML-IO none
        encoding = self.encoding(fields)
        if "encoding" in table and not any(fields.all("encoding")):
            encoding = self.encoding_text(table["encoding"][0])
        dialect = self.dialect(table, default_dialect(path))
        compression = self.compression(fields)
        if len(self.problems) > known:
            return None
        return File(path, span, encoding, compression, nulls, dialect, is_table="url" in table)

    def encoding(self, fields: Fields) -> str | None:
        """RML-IO, "Encoding formats": None for UTF-8, the default, and after a problem."""
        triple = self.one(fields, "encoding", required=False)
        return self.encoding_text(triple) if triple else None

    def encoding_text(self, triple: Triple) -> str | None:
        """The encoding that a text or the local name of an IRI says."""
        value = triple.object.term
        if isinstance(value, Iri):
            name = re.split("[#/]", value.value)[-1]
        elif isinstance(value, Text):
            name = value.value
        else:
            self.problem("GG003", f"'{written(triple)}': expected an IRI", triple.object.span)
            return None
        try:
            return encoding_named(name)
        except (LookupError, UnicodeError):
            hint = did_you_mean(name, _ENCODINGS) or "such as rml:UTF-8, rml:UTF-16, rml:CP932"
            self.problem("GG013", f"unknown encoding '{name}'", triple.object.span, hint)
            return None

    def compression(self, fields: Fields) -> str | None:
        """RML-IO, "Compression formats": None where none is given, and after a problem."""
        triple = self.one(fields, "compression", required=False)
        if triple is None:
            return None
        value = triple.object.term
        if isinstance(value, Iri) and value.value.startswith(_FIRST_COMPRESSIONS):
            value = Iri(value.value.replace("/comp#", "/"))
            triple = replace(triple, object=replace(triple.object, term=value))
        name = self.local(triple, _COMPRESSIONS, "compression")
        return _COMPRESSIONS[name] if name else None

    def texts(self, triples: Sequence[Triple]) -> tuple[str, ...] | None:
        """The literals of these triples, sorted; None where there are none."""
        found = [text for triple in triples if (text := self.text(triple)) is not None]
        return tuple(sorted(found)) or None

    # -- CSVW ------------------------------------------------------------------------------------------

    def csvw(self, node: Placed) -> Mapping[str, list[Triple]]:
        """The properties of a resource that are of CSVW, by their local names."""
        found: dict[str, list[Triple]] = {}
        self.read_nodes.add(node.term)
        for triple in self.graph.triples.get(node.term, ()):
            iri = triple.predicate.term
            namespace = next((n for n in _CSVW if isinstance(iri, Iri) and iri.value.startswith(n)), None)
            if namespace and isinstance(iri, Iri):
                found.setdefault(iri.value.removeprefix(namespace), []).append(triple)
        return found

    def table_properties(self, node: Placed) -> Mapping[str, list[Triple]]:
        """The properties of a csvw:Table with those of its dialect and of its schema."""
        table = dict(self.csvw(node))
        for name in ("dialect", "tableSchema"):
            for triple in table.pop(name, ()):
                inner = self.csvw(triple.object)
                for key, triples in inner.items():
                    if name == "dialect" and key not in (*DIALECT_KEYS, "encoding"):
                        hint = did_you_mean(key, [*DIALECT_KEYS, "encoding"])
                        message = f"unknown property 'csvw:{key}' of a dialect"
                        self.problem("GG002", message, triples[0].predicate.span, hint)
                    table.setdefault(key, []).extend(triples)
        return table

    def dialect(self, table: Mapping[str, list[Triple]], default: Dialect) -> Dialect:
        """CSVW, "Dialect Descriptions", and what the schema says of the columns."""
        dialect = default
        for key in (k for k in DIALECT_KEYS if k in table):
            triples = table[key]
            if key != "lineTerminators" and len(triples) > 1:
                message = f"a dialect has one 'csvw:{key}', not {len(triples)}"
                self.problem("GG014", message, triples[1].object.span)
            placed = [item for triple in triples for item in self.items(triple.object)]
            values = [item.term.value for item in placed if isinstance(item.term, Text)]
            try:
                if len(values) < len(placed) or not values:
                    raise ValueError("a literal")
                dialect = dialect_with(dialect, key, values)
            except ValueError as e:
                self.problem("GG003", f"'csvw:{key}': expected {e}", triples[0].object.span)
        listed = (*table.get("column", ()), *table.get("columns", ()))
        columns = [self.column(c) for triple in listed for c in self.items(triple.object)]
        return replace(dialect, columns=tuple(c for c in columns if c))

    def column(self, node: Placed) -> TableColumn | None:
        """A column of a schema: its name or title, its null values, its datatype."""
        found = self.csvw(node)
        named = next((found[key][0] for key in ("name", "title", "titles") if key in found), None)
        if named is None:
            self.problem("GG004", "'csvw:name' is missing in a column", node.span)
            return None
        name = self.text(named)
        datatype = self.datatype(found["datatype"][0]) if "datatype" in found else None
        return TableColumn(name, self.texts(found.get("null", ())), datatype) if name else None

    def datatype(self, triple: Triple) -> str | None:
        """The datatype of a column; None for texts."""
        value = triple.object.term
        inner = self.csvw(triple.object) if not isinstance(value, Text) else {}
        if "format" in inner:
            span = inner["format"][0].predicate.span
            self.problem("GG015", "formats of values are not supported", span, "convert them by a function")
        if "base" in inner:
            return self.datatype(inner["base"][0])
        if not isinstance(value, Text | Iri):
            self.problem("GG004", "'csvw:base' is missing in a datatype", triple.object.span)
            return None
        iri = datatype_named(value.value)
        return None if iri == f"{XSD}string" else iri

    def items(self, node: Placed) -> Iterator[Placed]:
        """The items of an RDF list, or the node itself where it is none."""
        first, rest = Iri(f"{RDF}first"), Iri(f"{RDF}rest")
        seen = set()
        while node.term not in seen:
            seen.add(node.term)
            triples = {t.predicate.term: t.object for t in self.graph.triples.get(node.term, ())}
            if first not in triples:
                if node.term != Iri(f"{RDF}nil"):
                    yield node
                return
            yield triples[first]
            node = triples.get(rest, Placed(Iri(f"{RDF}nil"), node.span))
