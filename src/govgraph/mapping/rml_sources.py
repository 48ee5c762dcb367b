"""Logical sources of RML -> model (RML-IO, "Logical Source")."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from govgraph.errors import Problem
from govgraph.iri import RDF
from govgraph.mapping.dialects import default_dialect, ending_of
from govgraph.mapping.formulations import BY_ENDING
from govgraph.mapping.formulations import formulation_of as of_path
from govgraph.mapping.model import Dialect, LogicalSource
from govgraph.mapping.rml_databases import DatabaseReader
from govgraph.mapping.rml_files import LOCATIONS, File
from govgraph.mapping.rml_namespaces import is_xpath_formulation, xpath_namespaces
from govgraph.mapping.rml_nodes import Fields
from govgraph.mapping.rml_vocabulary import (
    DEFAULT_ITERATORS,
    FORMULATIONS,
    FORMULATIONS_NOT_YET,
    shown,
    split,
)
from govgraph.mapping.turtle import Blank, Graph, Iri, Placed, Term, Text, Triple


class SourceReader(DatabaseReader):
    """Reads what RML-IO says of sources; `working_folder` as in `read_rml`."""

    def __init__(self, graph: Graph, problems: list[Problem], working_folder: str) -> None:
        super().__init__(graph, problems)
        self.working_folder = working_folder

    def logical_source(self, node: Placed) -> LogicalSource | None:
        """RML-IO, "Logical Source": a file, its reference formulation and iterator."""
        fields = self.fields(node, "logical source")
        if fields is None:
            return None
        if self.is_database(fields):
            return self.database_source(fields)
        if not self.check_no_query(fields):
            return None
        source_of = self.one(fields, "source")
        file = self.described(source_of) if source_of else None
        formulation_of = self.one(fields, "referenceFormulation", required=False)
        iterator_of = self.one(fields, "iterator", required=False)
        iterator = self.text(iterator_of) if iterator_of else None
        described = formulation_of is not None and is_xpath_formulation(self, formulation_of)
        namespaces = xpath_namespaces(self, formulation_of) if formulation_of and described else ()
        formulation = "xpath" if described else self.formulation(formulation_of) if formulation_of else None
        if file is None or namespaces is None or (formulation_of and formulation is None):
            return None
        if formulation is None:
            formulation = "csv" if file.is_table else BY_ENDING.get(ending_of(file.path))
        if formulation is None:
            hint = "known here: rml:CSV, rml:JSONPath, rml:XPath"
            self.problem("GG004", "'rml:referenceFormulation' is missing", fields.node.span, hint)
            return None
        if iterator_of and formulation in ("csv", "parquet", "table"):
            kind = "CSV file" if formulation == "csv" else "table"
            message = f"a {kind} is iterated row by row, and has no rml:iterator"
            self.problem("GG003", message, iterator_of.predicate.span)
            return None
        dialect, nulls = file.dialect, file.nulls
        if formulation == "csv" and nulls == ("",):
            nulls = None  # what stands for none where nothing is said
        elif formulation != "csv":
            nulls = nulls or None
        if formulation == "xpath" and iterator and re.fullmatch(r".*[^/]/", iterator, re.S):
            iterator = iterator[:-1]  # RML-IO's own examples end so
        if formulation_of and _local_name(formulation_of.object.term) == "TSV":
            dialect = replace(dialect, delimiter="\t")
        return LogicalSource(
            PurePosixPath(file.path).stem,
            file.path,
            of_path(file.path, formulation),
            file.span,
            iterator or DEFAULT_ITERATORS.get(formulation),
            iterator_of.object.span if iterator_of else None,
            file.encoding,
            file.compression,
            nulls,
            dialect if formulation == "csv" else Dialect(),
            namespaces,
        )

    def described(self, source_of: Triple) -> File | None:
        """The file of a source: a path, or a resource that says where and how it is."""
        value, span = source_of.object.term, source_of.object.span
        if isinstance(value, Text):
            path = self.location(source_of)
            return File(path, span, dialect=default_dialect(path)) if path else None
        located = self.located(source_of.object, LOCATIONS)
        foreign = located is None and all(self.name(t) is None for t in self.graph.triples.get(value, ()))
        if foreign and value not in self.graph.unread | self.graph.unknown:
            self.read_nodes.add(value)
            hint = 'a file is [ a rml:RelativePathSource; rml:root rml:MappingDirectory; rml:path "…" ]'
            self.problem("GG015", "this kind of source is not supported yet", span, hint)
            return None
        fields = self.fields(source_of.object, "source")
        if fields is None:
            return None
        if located and not any(fields.all("path")):
            path, span = self.location(located), located.object.span
        else:
            path_of = self.one(fields, "path")
            path, span = self.rooted(fields, path_of), path_of.object.span if path_of else span
        return self.file_of(source_of.object, fields, path, span) if path else None

    def rooted(self, fields: Fields, path_of: Triple | None) -> str | None:
        """RML-IO-Registry, "FilePath": `rml:path` after `rml:root`, relative to the mapping's folder."""
        path = self.path(path_of) if path_of else None
        root_of = self.one(fields, "root", required=False)
        if root_of and isinstance(root_of.object.term, Text):
            root = root_of.object.term.value
        else:
            known = {"MappingDirectory": ".", "CurrentWorkingDirectory": self.working_folder}
            name = self.local(root_of, known, "root") if root_of else "CurrentWorkingDirectory"
            if name is None:
                return None
            root = known[name]
        return str(PurePosixPath(root) / path) if path is not None else None

    def formulation(self, triple: Triple) -> str | None:
        """The reference formulation, as the model names it; a resource may have the class of one."""
        value = triple.object.term
        for said in self.graph.triples.get(value, ()):
            kind = _local_name(said.object.term).removesuffix("ReferenceFormulation")
            if said.predicate.term == Iri(f"{RDF}type") and kind in FORMULATIONS:
                return FORMULATIONS[kind]
        parts = split(value.value) if isinstance(value, Iri) else None
        if isinstance(value, Blank) or (parts and parts[1] in FORMULATIONS_NOT_YET):
            what = shown(value.value) if isinstance(value, Iri) else "of this kind"
            self.problem("GG015", f"a reference formulation {what} is not supported yet", triple.object.span)
            return None
        name = self.local(triple, FORMULATIONS, "reference formulation")
        return FORMULATIONS[name] if name else None


def _local_name(term: Term) -> str:
    """The local name of what has one in the vocabularies of RML, else the empty text."""
    parts = split(term.value) if isinstance(term, Iri) else None
    return parts[1] if parts else ""
