"""Functions, conditions and targets of RML -> model (RML-FNML; RML-IO, "Logical Target")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from govgraph.errors import Problem, did_you_mean
from govgraph.mapping.functions import BOOLEAN, FUNCTIONS
from govgraph.mapping.model import Argument, Call, Constant, Expression, LogicalTarget, TermMap
from govgraph.mapping.names import Names
from govgraph.mapping.rml_nodes import Fields
from govgraph.mapping.rml_terms import TermReader
from govgraph.mapping.rml_vocabulary import FORMATS, SERIALIZATIONS
from govgraph.mapping.turtle import Graph, Iri, Term, Triple

_DUMPS = (
    "http://rdfs.org/ns/void#dataDump",
    "http://www.w3.org/ns/dcat#downloadURL",
    "http://www.w3.org/ns/dcat#accessURL",
)
_COMPRESSIONS = {"gzip": "gzip", "none": None}


class FunctionReader(TermReader):
    """Reads what RML-FNML and RML-IO add to term maps."""

    def __init__(self, graph: Graph, problems: list[Problem]) -> None:
        super().__init__(graph, problems)
        self._open: list[Term] = []
        """The function executions that are being read, the innermost last."""

    def term(self, fields: Fields) -> TermMap | None:
        """The term map with the targets of its triples."""
        term = super().term(fields)
        targets = (self.target(triple) for triple in fields.all("logicalTarget"))
        return replace(term, targets=tuple(t for t in targets if t)) if term else None

    def condition(self, fields: Fields) -> Call | None:
        """RML-FNML, "Conditions": a function that is true or false."""
        triple = self.one(fields, "condition", required=False)
        found = self.fields(triple.object, "condition") if triple else None
        execution = self.one(found, "functionExecution") if found else None
        call = self.call(execution) if execution else None
        if call and not FUNCTIONS[call.function].boolean:
            self.problem("GG011", "a condition needs a function that is true or false", call.span)
            return None
        return call

    def call(self, triple: Triple) -> Call | None:
        """RML-FNML, "Function Execution": a function of the registry with its inputs."""
        execution = triple.object.term
        if execution in self._open:
            hint = "a function takes the results of other functions"
            self.problem("GG011", "a function execution is an input of itself", triple.object.span, hint)
            return None
        self._open.append(execution)
        try:
            return self._call(triple)
        finally:
            self._open.pop()

    def _call(self, triple: Triple) -> Call | None:
        fields = self.fields(triple.object, "function execution")
        if fields is None:
            return None
        function_of = self.one(fields, "function", "functionMap")
        iri = self._name(function_of, "function map") if function_of else None
        if function_of is None or iri is None:
            return None
        span = function_of.object.span
        if iri not in FUNCTIONS:
            self.problem("GG010", f"unknown function {self.shown(iri)}", span, self.nearest(iri, FUNCTIONS))
            return None
        known = FUNCTIONS[iri]
        inputs = [self.input(i, known.parameters) for i in fields.all("input")]
        given = [i for i in inputs if i is not None]
        if len(given) < len(inputs):
            return None
        for number, argument in enumerate(given):
            if not known.repeatable and argument.parameter in {a.parameter for a in given[:number]}:
                place = tuple(fields.all("input"))[number].object.span
                self.problem("GG014", f"{self.shown(argument.parameter)} is given twice", place)
                return None
        missing = [p for p in known.parameters if p not in {a.parameter for a in given}]
        if missing or (known.repeatable and len(given) < 2):
            names = ", ".join(map(self.shown, missing)) or f"{self.shown(known.parameters[0])} twice or more"
            self.problem("GG011", f"{self.shown(iri)} needs {names}", span)
            return None
        given.sort(key=lambda a: known.parameters.index(a.parameter))
        return Call(iri, tuple(given), span)

    def input(self, triple: Triple, parameters: tuple[str, ...]) -> Argument | None:
        """RML-FNML, "Input": a parameter and its value."""
        fields = self.fields(triple.object, "input")
        parameter_of = self.one(fields, "parameter", "parameterMap") if fields else None
        value_of = self.one(fields, "inputValue", "inputValueMap") if fields else None
        if parameter_of is None or value_of is None:
            return None
        iri = self._name(parameter_of, "parameter map")
        if iri is None:
            return None
        if iri not in parameters:
            hint = self.nearest(iri, parameters)
            self.problem("GG011", f"unknown parameter {self.shown(iri)}", parameter_of.object.span, hint)
            return None
        value: Expression | None
        if self.local_name(value_of) == "inputValue":
            term = value_of.object.term
            text = term.value if isinstance(term, Iri) else self.text(value_of)
            value = Constant(text) if text is not None else None
        else:
            found = self.fields(value_of.object, "input value map")
            value = self.expression(found) if found else None
        if iri == BOOLEAN and value and not (isinstance(value, Call) and FUNCTIONS[value.function].boolean):
            message = f"{self.shown(iri)} needs a function that is true or false"
            self.problem("GG011", message, value_of.object.span)
            return None
        return Argument(iri, value) if value else None

    def _name(self, triple: Triple, component: str) -> str | None:
        """The IRI of a function or parameter, or the constant of its map."""
        if self.local_name(triple) == component.partition(" ")[0]:
            return self.iri(triple)
        fields = self.fields(triple.object, component)
        constant = self.one(fields, "constant") if fields else None
        return self.iri(constant) if constant else None

    def target(self, triple: Triple) -> LogicalTarget | None:
        """RML-IO, "Logical Target": a file, its serialization and compression."""
        fields = self.fields(triple.object, "logical target")
        target_of = self.one(fields, "target") if fields else None
        found = self.fields(target_of.object, "target") if target_of else None
        if fields is None or target_of is None or found is None:
            return None
        path = self._target_path(found)
        serialization_of = self.one(fields, "serialization", required=False)
        compression_of = self.one(found, "compression", required=False)
        serialization, compression = "nquads", None
        if serialization_of:
            iri = self.iri(serialization_of) or ""
            names = {f"{FORMATS}{local}": word for word, local in SERIALIZATIONS.items()}
            if iri not in names:
                hint = "one of " + ", ".join(f"formats:{local}" for local in SERIALIZATIONS.values())
                message = f"serialization {self.shown(iri)} is not supported yet"
                self.problem("GG015", message, serialization_of.object.span, hint)
                return None
            serialization = names[iri]
        if compression_of:
            name = self.local(compression_of, _COMPRESSIONS, "compression")
            if name is None:
                return None
            compression = _COMPRESSIONS[name]
        return LogicalTarget(path, serialization, compression, target_of.object.span) if path else None

    def _target_path(self, fields: Fields) -> str | None:
        """The path of a target: `rml:path`, or the file of VoID and DCAT."""
        if path_of := self.one(fields, "path", required=False):
            return self.text(path_of)
        for triple in self.graph.triples.get(fields.node.term, ()):
            value = triple.object.term
            if isinstance(triple.predicate.term, Iri) and triple.predicate.term.value in _DUMPS:
                url = urlsplit(value.value if isinstance(value, Iri) else "")
                if url.scheme in ("", "file") and url.path:
                    return unquote(url.netloc + url.path)
                self.problem("GG015", "remote targets are not supported yet", triple.object.span)
                return None
        hint = 'a file is [ a rml:Target, rml:FilePath ; rml:path "…" ]'
        self.problem("GG015", "this kind of target is not supported yet", fields.node.span, hint)
        return None

    def shown(self, iri: str) -> str:
        """How messages write an IRI: with a prefix of the document where one fits."""
        return Names(self.graph.prefixes).turtle(iri)

    def nearest(self, iri: str, known: Iterable[str]) -> str | None:
        """A hint at the known name that is written like it."""
        return did_you_mean(self.shown(iri), [self.shown(name) for name in known])
