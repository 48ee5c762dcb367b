"""Sources and targets of YARRRML -> model (sections "Data sources" and "Targets")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.mapping.databases import FORMULATIONS as SQL
from govgraph.mapping.databases import KINDS
from govgraph.mapping.dialects import default_dialect, ending_of
from govgraph.mapping.formulations import formulation_of
from govgraph.mapping.model import FORMULATIONS, Dialect, LogicalSource, LogicalTarget, is_url
from govgraph.mapping.namespaces import Namespaces, checked_namespaces
from govgraph.mapping.yarrrml_databases import DatabaseReader
from govgraph.mapping.yarrrml_files import FileReader
from govgraph.mapping.yarrrml_keys import SOURCE_KEYS, TARGET_KEYS, Fields, each
from govgraph.mapping.yarrrml_queries import is_query, query_source, read_queries
from govgraph.positions import Entry, Node, Scalar, Sequence, Table

_BY_ENDING = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".json": "jsonpath",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".xml": "xpath",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "ods",
}
_DATABASES = (
    *("oracle", "hsql", "db2", "informix", "ingres", "sapase", "sapsqlanywhere"),
    *("firebird", "mssqlserver", "virtuoso", "wot", "sparql"),
)
_UNSUPPORTED = {
    "credentials": "sources with credentials are not supported yet, but for databases",
    "queryFormulation": "sources that are queried are not supported yet",
    "query": "sources that are queried are not supported yet",
    "contentType": "sources of the Web of Things are not supported yet",
    "operationType": "sources of the Web of Things are not supported yet",
    "security": "sources of the Web of Things are not supported yet",
    "driver": "sources in databases are not supported yet",
}
SERIALIZATIONS = ("nquads", "ntriples", "turtle", "trig", "rdfxml", "jsonld", "n3")
"""What a target may be written as; YARRRML's words for the formats of http://www.w3.org/ns/formats/."""
_OTHER_SERIALIZATIONS = (
    *("ldpatch", "microdata", "owlxml", "owlfunctional", "owlmanchester", "powder", "powder-s", "prov-n"),
    *("prov-xml", "rdfa", "rdfjson", "rifxml", "sparqlxml", "sparqljson", "sparqlcsv", "sparqltsv"),
)
_TYPES = ("localfile", "remotefile")
_TARGET_TYPES = ("localfile", "void", "dcat", "sparql")
_NOT_TEXTS = ("nulls", "dialect")
"""Keys of a source whose values may be more than a text."""


class SourceReader(DatabaseReader, FileReader):
    """Reads sources and targets: those of the document, by name, and those that stand in mappings."""

    def __init__(self, prefixes: Mapping[str, str], problems: list[Problem]) -> None:
        super().__init__(prefixes, problems)
        self.sources: dict[str, LogicalSource | None] = {}
        self.targets: dict[str, LogicalTarget | None] = {}

    def read_sources(self, entry: Entry) -> None:
        """The sources of the document."""
        sources = self.table(entry.value, "'sources'") or ()
        for named in sources:
            if not is_query(named.value):
                self.sources[named.key] = self.source(named.value, named.key)
        read_queries(self, (named for named in sources if is_query(named.value)), self.sources)

    def read_targets(self, entry: Entry) -> None:
        """The targets of the document."""
        for named in self.table(entry.value, "'targets'") or ():
            self.targets[named.key] = self.target(named.value)

    def sources_of(self, node: Node) -> Iterator[LogicalSource]:
        """The sources of a mapping: names, or sources themselves, one or a list of them."""
        if isinstance(node, Scalar):
            if node.text in self.sources:
                source = self.sources[node.text]
            elif re.search(r"~\w+$", node.text):
                source = self.source(Sequence((node,), node.span), None)
            else:
                source = None
                hint = did_you_mean(node.text, list(self.sources))
                if "." in node.text or hint is None:
                    hint = "a file has its formulation: 'people.csv~csv', ['people.json~jsonpath', '$[*]']"
                self.problem("GG008", f"unknown source '{node.text}'", node.span, hint)
            if source:
                yield source
        elif isinstance(node, Table) or self._is_source(node):
            if source := self.source(node, None):
                yield source
        else:
            for item in node:
                in_list = isinstance(item, Sequence) and not all(
                    isinstance(i, Scalar) and i.text in self.sources for i in item
                )
                if in_list and (source := self.source(item, None)):
                    yield source
                elif not in_list:
                    yield from self.sources_of(item)

    def _is_source(self, node: Sequence) -> bool:
        """Whether a list is one source: its first item is a path with its formulation."""
        first = node.items[0] if node.items else None
        second = node.items[1] if len(node.items) == 2 else None
        if not isinstance(first, Scalar) or not re.search(r"~\w+$", first.text):
            return False
        return second is None or (isinstance(second, Scalar) and not re.search(r"~\w+$", second.text))

    def source(self, node: Node, name: str | None) -> LogicalSource | None:
        """A source as `[path~formulation, iterator]`, or as a table of keys."""
        if is_query(node):
            return query_source(self, node, name, self.sources)
        if isinstance(node, Table):
            return self._source_of_keys(self.fields(node, SOURCE_KEYS, "a source"), node.span, name)
        items = node.items if isinstance(node, Sequence) else ()
        if not 1 <= len(items) <= 2 or not all(isinstance(i, Scalar) and not i.is_null for i in items):
            hint = "such as [measures.csv~csv] or [people.json~jsonpath, '$.people[*]']"
            self.problem("GG003", "expected a source", node.span, hint)
            return None
        first, *rest = items
        assert isinstance(first, Scalar)
        path, tilde, formulation = first.text.rpartition("~")
        if not tilde:
            path, formulation = first.text, _BY_ENDING.get(ending_of(first.text), "")
        iterator = rest[0] if rest and isinstance(rest[0], Scalar) else None
        return self._source(name, path, Scalar(formulation, first.tag, first.span), iterator)

    def _source_of_keys(self, fields: Fields, span: SourceSpan, name: str | None) -> LogicalSource | None:
        if self.is_database(fields):
            return self.database_source(fields, span, name)
        words = {key: entry.value for key, entry in fields.items() if isinstance(entry.value, Scalar)}
        known = len(self.problems)
        for key, entry in fields.items():
            if key == "namespaces":
                continue
            if key in _UNSUPPORTED:
                self.problem("GG015", _UNSUPPORTED[key], entry.span)
            elif key not in _NOT_TEXTS and (key not in words or words[key].is_null):
                self.problem("GG003", f"'{entry.key}': expected a text", entry.span)
            elif key == "type":
                self._check_type(words[key])
        access = words.get("access")
        namespaces = self._namespaces(fields["namespaces"]) if "namespaces" in fields else ()
        if "access" not in fields:
            self.problem("GG004", "'access' is missing: the path of the source", span)
        encoding, compression = (
            self.encoding(words.get("encoding")),
            self.compression(words.get("compression")),
        )
        nulls = self.nulls(fields["nulls"].value) if "nulls" in fields else None
        default = default_dialect(access.text) if access else Dialect()
        dialect = self.dialect(fields, default)
        if access is None or len(self.problems) > known:
            return None
        if formulation := words.get("referenceFormulation"):
            source = self._source(name, access.text, formulation, words.get("iterator"))
        else:
            source = self.source(
                Sequence((access, *filter(None, [words.get("iterator")])), access.span), name
            )
        if source is None:
            return None
        if source.formulation != "csv" and dialect != default:
            place = fields["delimiter" if "delimiter" in fields else "dialect"].span
            self.problem("GG003", f"a source of kind '{source.formulation}' has no dialect", place)
            return None
        if namespaces and source.formulation != "xpath":
            message = "namespaces belong to sources of XML"
            self.problem("GG003", message, fields["namespaces"].span, "remove them")
        dialect = dialect if dialect != default else source.dialect
        return replace(
            source,
            encoding=encoding,
            compression=compression,
            nulls=nulls,
            dialect=dialect,
            namespaces=namespaces,
        )

    def _namespaces(self, entry: Entry) -> Namespaces:
        """The prefixes of XPath that a source declares."""
        declared = []
        for named in self.table(entry.value, "'namespaces'") or ():
            if url := self.scalar(named.value, f"the namespace of prefix '{named.key}'"):
                declared.append((named.key, url.text, named.span))
        return checked_namespaces(declared, self.problems)

    def _check_type(self, word: Scalar) -> None:
        """Whether the engine reads a source of this type; GG015 where not."""
        text = word.text.lower()
        if text in _DATABASES:
            self.problem("GG015", f"sources of type '{word.text}' are not supported yet", word.span)
        elif text not in _TYPES:
            hint = did_you_mean(word.text, [*_TYPES, *KINDS, *_DATABASES])
            self.problem("GG003", f"unknown type of source '{word.text}'", word.span, hint)

    def _source(
        self, name: str | None, path: str, formulation: Scalar, iterator: Scalar | None
    ) -> LogicalSource | None:
        kind = formulation.text.lower()
        if path.startswith("file:"):
            url = urlsplit(path)
            path = unquote(url.netloc + url.path)
        tabs, kind = kind == "tsv", "csv" if kind == "tsv" else kind
        if re.match(r"[a-z][a-z0-9+.\-]*://", path, re.I) and not is_url(path):
            hint = "name a file, or a URL of http or https"
            self.problem("GG015", f"sources at '{path}' are not supported", formulation.span, hint)
            return None
        if kind not in FORMULATIONS:
            what = f"sources of kind '{formulation.text}' are not supported yet"
            message = what if kind else f"the formulation of source '{path}' is missing"
            code = "GG015" if kind else "GG004"
            self.problem(code, message, formulation.span, "one of " + ", ".join(FORMULATIONS))
            return None
        if kind in ("csv", "parquet", "table", *SQL) and iterator is not None:
            self.problem("GG003", "a table has no iterator: its rows are the records", iterator.span)
            return None
        dialect = Dialect(delimiter="\t") if tabs else default_dialect(path)
        return LogicalSource(
            name or PurePath(path).stem,
            path,
            formulation_of(path, kind),
            formulation.span,
            iterator.text if iterator else None,
            iterator.span if iterator else None,
            dialect=dialect if kind == "csv" else Dialect(),
        )

    def targets_of(self, entry: Entry | None) -> tuple[LogicalTarget, ...]:
        """The targets of a term: names, or targets themselves, one or a list of them."""
        return tuple(t for t in self._targets(entry.value) if t) if entry else ()

    def _targets(self, node: Node) -> Iterator[LogicalTarget | None]:
        if isinstance(node, Scalar) and node.text in self.targets:
            yield self.targets[node.text]
        elif isinstance(node, Scalar) and not re.search(r"~\w+$", node.text):
            hint = did_you_mean(node.text, list(self.targets))
            self.problem("GG008", f"unknown target '{node.text}'", node.span, hint)
        elif isinstance(node, Sequence) and not _is_target(node):
            for item in node:
                if isinstance(item, Sequence):
                    yield self.target(item)
                else:
                    yield from self._targets(item)
        else:
            yield self.target(node if isinstance(node, Table) else Sequence(each(node), node.span))

    def target(self, node: Node) -> LogicalTarget | None:
        """A target as `[path~type, serialization, compression]`, or as a table of keys."""
        words: dict[str, Scalar] = {}
        if isinstance(node, Table):
            for key, entry in self.fields(node, TARGET_KEYS, "a target").items():
                if word := self.scalar(entry.value, f"a text as '{entry.key}'"):
                    words[key] = word
                else:
                    return None
        else:
            items = each(node)
            if not 1 <= len(items) <= 3 or not all(isinstance(i, Scalar) and not i.is_null for i in items):
                hint = "such as [dump.ttl.gz~void, turtle, gzip]"
                self.problem("GG003", "expected a target", node.span, hint)
                return None
            named = zip(("access", "serialization", "compression"), items, strict=False)
            words = {key: item for key, item in named if isinstance(item, Scalar)}
            access = words["access"]
            path, tilde, kind = access.text.rpartition("~")
            if tilde:
                words["access"] = Scalar(path, access.tag, access.span)
                words["type"] = Scalar(kind, access.tag, access.span)
        if "access" not in words:
            self.problem("GG004", "'access' is missing: the path of the target", node.span)
            return None
        return self._target(words, node.span)

    def _target(self, words: Mapping[str, Scalar], span: SourceSpan) -> LogicalTarget | None:
        path, before = words["access"].text, len(self.problems)
        kind = self._known("type of target", words.get("type"), _TARGET_TYPES, ())
        serialization = self._known(
            "serialization", words.get("serialization"), SERIALIZATIONS, _OTHER_SERIALIZATIONS
        )
        compression, encoding = (
            self.compression(words.get("compression")),
            self.encoding(words.get("encoding")),
        )
        endpoint = kind == "sparql"
        if endpoint and not is_url(path):
            hint = "such as http://localhost:7200/update"
            self.problem("GG003", "expected the URL of an endpoint", words["access"].span, hint)
        elif not endpoint and re.match(r"[a-z][a-z0-9+.\-]*://", path, re.I):
            hint = "name a file, or an endpoint of type sparql"
            self.problem("GG015", "files on the web cannot be written", words["access"].span, hint)
        if len(self.problems) > before:
            return None
        compression = None if compression == "none" else compression
        return LogicalTarget(path, serialization or "nquads", compression, span, encoding, endpoint=endpoint)

    def _known(
        self, what: str, word: Scalar | None, supported: tuple[str, ...], others: tuple[str, ...]
    ) -> str | None:
        """The word where the engine supports it, "" where none is given; None after a problem."""
        if word is None or word.text in supported:
            return word.text if word else ""
        if word.text in others:
            message = f"{what} '{word.text}' is not supported yet"
            self.problem("GG015", message, word.span, "one of " + ", ".join(supported))
        else:
            hint = did_you_mean(word.text, [*supported, *others])
            self.problem("GG003", f"unknown {what} '{word.text}'", word.span, hint)
        return None


def _is_target(node: Sequence) -> bool:
    """Whether a list is one target: its first item is a path with its type, and it is not a list of such."""
    texts = [item.text for item in node if isinstance(item, Scalar)]
    if len(texts) != len(node.items) or not texts:
        return False
    return bool(re.search(r"~\w+$", texts[0])) and not any(re.search(r"~\w+$", t) for t in texts[1:])
