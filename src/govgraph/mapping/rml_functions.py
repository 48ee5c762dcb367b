"""Functions and conditions of RML -> model (RML-FNML)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.mapping.functions import (
    CONDITIONAL,
    FUNCTIONS,
    Function,
    Functions,
    Parameter,
    SqlFunction,
    member_number,
    refused,
)
from govgraph.mapping.kinds import may_be_boolean
from govgraph.mapping.model import Argument, Call, Constant, Expression
from govgraph.mapping.names import Names
from govgraph.mapping.rml_nodes import Fields
from govgraph.mapping.rml_targets import TargetReader
from govgraph.mapping.rml_vocabulary import FUNCTIONS as FNML
from govgraph.mapping.turtle import Graph, Iri, Term, Triple

EXECUTES = ("https://w3id.org/function/ontology#executes", "http://w3id.org/function/ontology#executes")
"""The property that names the function of a function value."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a function: `member` is the number of a parameter such as rdf:_1, else 0."""

    parameter: Parameter
    value: Expression
    span: SourceSpan
    member: int = 0


def function_values(graph: Graph) -> set[Term]:
    """The resources that are function values, which look like triples maps and are none."""
    return {
        triple.object.term
        for triples in graph.triples.values()
        for triple in triples
        if triple.predicate.term == Iri(f"{FNML}functionValue")
    }


class FunctionReader(TargetReader):
    """Reads what RML-FNML adds to term maps."""

    def __init__(self, graph: Graph, problems: list[Problem]) -> None:
        super().__init__(graph, problems)
        self.functions: Functions = FUNCTIONS
        self._open: list[Term] = []
        """The function executions that are being read, the innermost last."""

    def condition(self, fields: Fields) -> Call | None:
        """RML-FNML, "Conditions": a function that is true or false."""
        triple = self.one(fields, "condition", required=False)
        found = self.fields(triple.object, "condition") if triple else None
        execution = self.one(found, "functionExecution", "functionValue") if found else None
        call = self.call(execution, found) if found and execution else None
        if call and not call.function.boolean:
            self.problem("GG011", "a condition needs a function that is true or false", call.span)
            return None
        return call

    def conditional(self, expression: Expression, fields: Fields) -> Expression | None:
        """The expression, or a function that gives it where the condition of its map holds."""
        if not any(fields.all("condition")):
            return expression
        condition = self.condition(fields)
        if condition is None:
            return None
        conditional = FUNCTIONS[CONDITIONAL]
        holds, value = conditional.parameters
        arguments = (Argument(holds.iri, condition), Argument(value.iri, expression))
        return Call(conditional, arguments, condition.span)

    def call(self, triple: Triple, fields: Fields) -> Call | None:
        """RML-FNML, "Function Execution": a function with its inputs, and which of its results counts."""
        execution = triple.object.term
        if execution in self._open:
            hint = "a function takes the results of other functions"
            self.problem("GG011", "a function execution is an input of itself", triple.object.span, hint)
            return None
        self._open.append(execution)
        try:
            legacy = self.local_name(triple) == "functionValue"
            call = self._function_value(triple) if legacy else self._execution(triple)
        finally:
            self._open.pop()
        return self._returned(call, fields) if call else None

    def _returned(self, call: Call, fields: Fields) -> Call | None:
        """RML-FNML, "rml:returnMap": the call with the result that a map names."""
        return_of = self.one(fields, "return", "returnMap", required=False)
        if return_of is None:
            return None if any(fields.all("return", "returnMap")) else call
        iri = self._name(return_of, "return map")
        if iri is None:
            return None
        output = call.function.output(iri)
        if output is None:
            known = [names[0] for names in call.function.outputs]
            message = f"{self.shown(call.function.iri)} does not return {self.shown(iri)}"
            hint = (
                self.nearest(iri, known) or f"it returns {', '.join(map(self.shown, known)) or 'one result'}"
            )
            self.problem("GG011", message, return_of.object.span, hint)
            return None
        return replace(call, output=output)

    def _execution(self, triple: Triple) -> Call | None:
        fields = self.fields(triple.object, "function execution")
        function_of = self.one(fields, "function", "functionMap") if fields else None
        function = self._function(function_of, "function map") if function_of else None
        if fields is None or function_of is None or function is None:
            return None
        inputs = [self.input(i, function) for i in fields.all("input")]
        return self._complete(function, inputs, function_of.object.span)

    def _function(self, triple: Triple, component: str) -> Function | None:
        """The function that a property or a map names; GG010 for one that is not known."""
        iri = self._name(triple, component)
        if iri is None or iri in self.functions:
            return self.functions[iri] if iri else None
        message, span = f"unknown function {self.shown(iri)}", triple.object.span
        if reason := refused().get(iri):
            self.problem("GG015", f"{self.shown(iri)} is not supported", span, reason)
        else:
            known = [f.iri for f in self.functions.values()]
            self.problem("GG010", message, span, self.nearest(iri, known))
        return None

    def _complete(self, function: Function, inputs: list[Input | None], span: SourceSpan) -> Call | None:
        """The call, its arguments in the order of the parameters; GG011 and GG014 where they are wrong."""
        given = [i for i in inputs if i is not None]
        if len(given) < len(inputs):
            return None
        name = self.shown(function.iri)
        for number, one in enumerate(given):
            again = one.parameter.iri in {i.parameter.iri for i in given[:number]}
            if again and not function.several(one.parameter):
                self.problem("GG014", f"{self.shown(one.parameter.iri)} is given twice", one.span)
                return None
        missing = function.missing([i.parameter.iri for i in given])
        folds = isinstance(function, SqlFunction) and function.folds
        if missing or (folds and len(given) < 2):
            names = ", ".join(self.shown(p.iri) for p in missing)
            names = names or f"{self.shown(function.parameters[0].iri)} twice or more"
            self.problem("GG011", f"{name} needs {names}", span)
            return None
        given.sort(key=lambda i: (function.parameters.index(i.parameter), i.member))
        return Call(function, tuple(Argument(i.parameter.iri, i.value) for i in given), span)

    def input(self, triple: Triple, function: Function) -> Input | None:
        """RML-FNML, "Input": a parameter and its value."""
        fields = self.fields(triple.object, "input")
        parameter_of = self.one(fields, "parameter", "parameterMap") if fields else None
        value_of = self.one(fields, "inputValue", "inputValueMap") if fields else None
        if parameter_of is None or value_of is None:
            return None
        iri = self._name(parameter_of, "parameter map")
        return self._input(iri, parameter_of, value_of, function, triple.object.span) if iri else None

    def _input(
        self, iri: str, parameter_of: Triple, value_of: Triple, function: Function, span: SourceSpan
    ) -> Input | None:
        parameter = function.parameter(iri)
        if parameter is None:
            hint = self.nearest(iri, [p.iri for p in function.parameters])
            self.problem("GG011", f"unknown parameter {self.shown(iri)}", parameter_of.object.span, hint)
            return None
        value: Expression | None
        if self.local_name(value_of) in ("inputValue", "object"):
            term = value_of.object.term
            text = term.value if isinstance(term, Iri) else self.text(value_of)
            value = Constant(text) if text is not None else None
        else:
            what = "object map" if self.local_name(value_of) == "objectMap" else "input value map"
            found = self.fields(value_of.object, what)
            value = self.expression(found) if found else None
        if parameter.boolean and value and not may_be_boolean(value):
            message = f"{self.shown(iri)} needs a function that is true or false"
            self.problem("GG011", message, value_of.object.span)
            return None
        return Input(parameter, value, span, member_number(iri)) if value else None

    def _function_value(self, triple: Triple) -> Call | None:
        """`fnml:functionValue`: predicates are `fno:executes`, and the function's parameters."""
        fields = self.fields(triple.object, "function value")
        if fields is None:
            return None
        pairs: list[tuple[str, Triple, Triple]] = []
        whole = fields.whole
        for pom_of in fields.all("predicateObjectMap"):
            pom = self.fields(pom_of.object, "predicate-object map")
            predicate_of = self.one(pom, "predicate", "predicateMap") if pom else None
            object_of = self.one(pom, "object", "objectMap") if pom else None
            iri = self._name(predicate_of, "predicate map") if predicate_of else None
            if predicate_of is None or object_of is None or iri is None:
                whole = False
            else:
                pairs.append((iri, predicate_of, object_of))
        executes = [pair for pair in pairs if pair[0] in EXECUTES]
        if len(executes) != 1:
            if whole:
                message = f"a function value has one fno:executes, not {len(executes)}"
                self.problem("GG004", message, fields.node.span)
            return None
        function_of = executes[0][2]
        function = self._function(function_of, "object map")
        if function is None or not whole:
            return None
        others = [pair for pair in pairs if pair[0] not in EXECUTES]
        inputs = [self._input(iri, p, o, function, p.object.span) for iri, p, o in others]
        return self._complete(function, inputs, function_of.object.span)

    def _name(self, triple: Triple, component: str) -> str | None:
        """The IRI of a function, parameter or result, or the constant of its map."""
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
