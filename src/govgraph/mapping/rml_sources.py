"""Logical sources of RML -> model (RML-IO, "Logical Source")."""

from __future__ import annotations

from pathlib import PurePosixPath

from govgraph.errors import Problem, SourceSpan
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.rml_functions import FunctionReader
from govgraph.mapping.rml_vocabulary import (
    DEFAULT_ITERATORS,
    FORMULATIONS,
    FORMULATIONS_NOT_YET,
    SUFFIXES,
    shown,
    split,
)
from govgraph.mapping.turtle import Blank, Graph, Iri, Placed, Text, Triple


class SourceReader(FunctionReader):
    """Reads what RML-IO says of sources; `working_folder` as in `read_rml`."""

    def __init__(self, graph: Graph, problems: list[Problem], working_folder: str) -> None:
        super().__init__(graph, problems)
        self.working_folder = working_folder

    def logical_source(self, node: Placed) -> LogicalSource | None:
        """RML-IO, "Logical Source": a file, its reference formulation and iterator."""
        fields = self.fields(node, "logical source")
        if fields is None:
            return None
        source_of = self.one(fields, "source")
        path, span = self.path(source_of) if source_of else (None, node.span)
        formulation_of = self.one(fields, "referenceFormulation", required=False)
        iterator_of = self.one(fields, "iterator", required=False)
        iterator = self.text(iterator_of) if iterator_of else None
        formulation = self.formulation(formulation_of) if formulation_of else None
        if path is None or (formulation_of and formulation is None):
            return None
        if formulation is None:
            formulation = SUFFIXES.get(PurePosixPath(path).suffix.lower())
        if formulation is None:
            hint = "known here: rml:CSV, rml:JSONPath, rml:XPath"
            self.problem("GG004", "'rml:referenceFormulation' is missing", fields.node.span, hint)
            return None
        if iterator_of and formulation in ("csv", "parquet", "table"):
            kind = "CSV file" if formulation == "csv" else "table"
            message = f"a {kind} is iterated row by row, and has no rml:iterator"
            self.problem("GG003", message, iterator_of.predicate.span)
            return None
        iterator_span = iterator_of.object.span if iterator_of else None
        return LogicalSource(
            PurePosixPath(path).stem,
            path,
            formulation,
            span,
            iterator or DEFAULT_ITERATORS.get(formulation),
            iterator_span,
        )

    def path(self, source_of: Triple) -> tuple[str | None, SourceSpan]:
        """The path of a source, relative to the mapping's folder, and where it stands."""
        value, span = source_of.object.term, source_of.object.span
        if isinstance(value, Text):
            if "://" not in value.value:
                return str(PurePosixPath(value.value)), span
            hint = "save it as a file"
            self.problem("GG015", "sources on the web are not supported yet", span, hint)
            return None, span
        foreign = all(self.name(t) is None for t in self.graph.triples.get(value, ()))
        if foreign and value not in self.graph.unread | self.graph.unknown:
            self.read_nodes.add(value)
            hint = 'a file is [ a rml:RelativePathSource; rml:root rml:MappingDirectory; rml:path "…" ]'
            self.problem("GG015", "this kind of source is not supported yet", span, hint)
            return None, span
        fields = self.fields(source_of.object, "source")
        path_of = self.one(fields, "path") if fields else None
        path = self.text(path_of) if path_of else None
        if fields is None or path_of is None or path is None:
            return None, span
        root_of = self.one(fields, "root", required=False)
        if root_of and isinstance(root_of.object.term, Text):
            root = root_of.object.term.value
        else:
            known = {"MappingDirectory": ".", "CurrentWorkingDirectory": self.working_folder}
            name = self.local(root_of, known, "root") if root_of else "CurrentWorkingDirectory"
            if name is None:
                return None, span
            root = known[name]
        return str(PurePosixPath(root) / path), path_of.object.span

    def formulation(self, triple: Triple) -> str | None:
        """The reference formulation, as the model names it."""
        value = triple.object.term
        parts = split(value.value) if isinstance(value, Iri) else None
        if isinstance(value, Blank) or (parts and parts[1] in FORMULATIONS_NOT_YET):
            what = shown(value.value) if isinstance(value, Iri) else "of this kind"
            self.problem("GG015", f"a reference formulation {what} is not supported yet", triple.object.span)
            return None
        name = self.local(triple, FORMULATIONS, "reference formulation")
        return FORMULATIONS[name] if name else None
