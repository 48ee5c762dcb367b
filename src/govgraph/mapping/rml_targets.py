"""Logical targets of RML -> model (RML-IO, "Logical Target")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from govgraph.mapping.model import LogicalTarget, TermMap, is_url
from govgraph.mapping.names import Names
from govgraph.mapping.rml_files import DUMPS, FileReader
from govgraph.mapping.rml_nodes import Fields
from govgraph.mapping.rml_vocabulary import FORMATS, SERIALIZATIONS
from govgraph.mapping.turtle import Term, Text, Triple

_INSIDE = {
    "languageMap": "language map",
    "datatypeMap": "datatype map",
    "functionExecution": "function execution",
    "input": "input",
    "inputValueMap": "input value map",
}
"""What else is involved in a term, by property (RML-IO, "Logical Target in RML", "Function Map")."""

_MODES: Mapping[str, bool | None] = {
    **dict.fromkeys(("Write", "WriteRead"), False),
    **dict.fromkeys(("Append", "AppendRead"), True),
    **dict.fromkeys(("Read", "ReadWrite")),  # what is written over the beginning of a file is no RDF
}
"""Local name of a mode -> whether it keeps what is there."""

_ENDPOINT = "http://www.w3.org/ns/sparql-service-description#endpoint"


class TargetReader(FileReader):
    """Reads what RML-IO adds to term maps."""

    def term(self, fields: Fields) -> TermMap | None:
        """The term map with the targets of its triples, and those of its language and datatype map."""
        term = super().term(fields)
        targets = tuple(dict.fromkeys(self.targets(fields)))
        return replace(term, targets=targets) if term else None

    def targets(self, fields: Fields, around: frozenset[Term] = frozenset()) -> Iterator[LogicalTarget]:
        """The targets of a term map and of what is inside it; `around` are the resources that this is in."""
        for triple in fields.all("logicalTarget"):
            if target := self.target(triple):
                yield target
        for name, component in _INSIDE.items():
            for triple in fields.all(name):
                if triple.object.term in around:
                    continue  # an execution that is an input of itself, which is told where it is read
                if found := self.fields(triple.object, component):
                    yield from self.targets(found, around | {triple.object.term})

    def target(self, triple: Triple) -> LogicalTarget | None:
        """RML-IO, "Logical Target": a file or endpoint, and how quads are written.

        What says how may stand on the logical target or on its target.
        """
        fields = self.fields(triple.object, "logical target")
        target_of = self.one(fields, "target") if fields else None
        found = self.fields(target_of.object, "target") if target_of else None
        if fields is None or target_of is None or found is None:
            return None
        known = len(self.problems)
        both = Fields("logical target", fields.node, _joined(fields, found), fields.whole and found.whole)
        place = self.place(found)
        serialization = self.serialization(both)
        compression, encoding = self.compression(both), self.encoding(both)
        if place is None or len(self.problems) > known:
            return None
        path, beside_mapping, endpoint = place
        append = self.appends(both)
        if append is None:
            return None
        return LogicalTarget(
            path,
            serialization,
            None if compression == "none" else compression,
            target_of.object.span,
            encoding,
            beside_mapping,
            endpoint,
            append,
        )

    def appends(self, fields: Fields) -> bool | None:
        """RML-IO, "Mode": whether a target is added to; None after a problem."""
        triple = self.one(fields, "mode", required=False)
        if triple is None:
            return False
        mode = self.local(triple, _MODES, "mode")
        if mode and _MODES[mode] is None:
            hint = "rml:Write writes the file anew, rml:Append adds to it"
            self.problem(
                "GG015", f"a target in the mode rml:{mode} is not supported", triple.object.span, hint
            )
        return _MODES[mode] if mode else None

    def serialization(self, fields: Fields) -> str:
        """The word for a format; N-Quads by default, and after a problem."""
        triple = self.one(fields, "serialization", required=False)
        iri = self.iri(triple) if triple else None
        if triple is None or iri is None:
            return "nquads"
        names = {f"{FORMATS}{local}": word for word, local in SERIALIZATIONS.items()}
        if iri not in names:
            hint = "one of " + ", ".join(f"formats:{local}" for local in SERIALIZATIONS.values())
            message = f"serialization {Names(self.graph.prefixes).turtle(iri)} is not supported"
            self.problem("GG015", message, triple.object.span, hint)
        return names.get(iri, "nquads")

    def place(self, fields: Fields) -> tuple[str, bool, bool] | None:
        """Where a target is, whether beside the mapping, and whether it is an endpoint."""
        if path_of := self.one(fields, "path", required=False):
            path = self.path(path_of)
            root_of = self.one(fields, "root", required=False)
            if root_of and isinstance(root_of.object.term, Text):
                return (str(PurePosixPath(root_of.object.term.value) / path), False, False) if path else None
            known = {"MappingDirectory": True, "CurrentWorkingDirectory": False}
            root = self.local(root_of, known, "root") if root_of else "CurrentWorkingDirectory"
            return (path, known[root], False) if path and root else None
        if endpoint := self.located(fields.node, (_ENDPOINT,)):
            url = self.iri(endpoint)
            if url and not is_url(url):
                hint = "such as <http://localhost:7200/update>"
                self.problem("GG003", "expected the URL of an endpoint", endpoint.object.span, hint)
                return None
            return (url, False, True) if url else None
        if located := self.located(fields.node, DUMPS):
            path = self.location(located)
            if path and is_url(path):
                hint = "name a file, or an sd:Service with its sd:endpoint"
                self.problem("GG015", "files on the web cannot be written", located.object.span, hint)
                return None
            return (path, False, False) if path else None
        hint = 'a file is [ a rml:Target, rml:FilePath ; rml:path "…" ]'
        self.problem("GG015", "this kind of target is not supported", fields.node.span, hint)
        return None


def _joined(*all_fields: Fields) -> dict[str, tuple[Triple, ...]]:
    """The properties of several resources as those of one."""
    names = {name for fields in all_fields for name in fields.values}
    return {name: tuple(t for fields in all_fields for t in fields.all(name)) for name in sorted(names)}
