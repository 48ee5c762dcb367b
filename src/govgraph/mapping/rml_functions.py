"""Functions and conditions of RML -> model (RML-FNML)."""

from __future__ import annotations

from collections.abc import Iterable

from govgraph.errors import Problem, did_you_mean
from govgraph.mapping.functions import BOOLEAN, FUNCTIONS
from govgraph.mapping.model import Argument, Call, Constant, Expression
from govgraph.mapping.names import Names
from govgraph.mapping.rml_nodes import Fields
from govgraph.mapping.rml_targets import TargetReader
from govgraph.mapping.turtle import Graph, Iri, Term, Triple


class FunctionReader(TargetReader):
    """Reads what RML-FNML adds to term maps."""

    def __init__(self, graph: Graph, problems: list[Problem]) -> None:
        super().__init__(graph, problems)
        self._open: list[Term] = []
        """The function executions that are being read, the innermost last."""

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

    def shown(self, iri: str) -> str:
        """How messages write an IRI: with a prefix of the document where one fits."""
        return Names(self.graph.prefixes).turtle(iri)

    def nearest(self, iri: str, known: Iterable[str]) -> str | None:
        """A hint at the known name that is written like it."""
        return did_you_mean(self.shown(iri), [self.shown(name) for name in known])
