"""Functions, conditions and joins of YARRRML (sections "Functions", "Conditions", "Referring to …")."""

from __future__ import annotations

from govgraph.errors import SourceSpan, did_you_mean
from govgraph.mapping.equivalents import all_of
from govgraph.mapping.functions import (
    FUNCTIONS,
    Function,
    Functions,
    Parameter,
    SqlFunction,
    member_number,
    refused,
)
from govgraph.mapping.kinds import may_be_boolean
from govgraph.mapping.model import Argument, Call, Constant, Expression, Join
from govgraph.mapping.prefixes import IDLAB, expand
from govgraph.mapping.yarrrml_inline import InlineSyntaxError, parse_call
from govgraph.mapping.yarrrml_keys import CALL_KEYS, PARAMETER_KEYS, Fields, each
from govgraph.mapping.yarrrml_terms import TermReader
from govgraph.positions import Entry, Node, Scalar, Sequence, Table


class CallReader(TermReader):
    """Reads calls of functions, and what is built on them."""

    functions: Functions = FUNCTIONS

    def condition(self, entry: Entry | None) -> Call | None:
        """A condition, or a list of them that must all hold; GG011 where one is not true or false."""
        read = [self._condition(node) for node in each(entry.value)] if entry else []
        return None if None in read else all_of(*read)

    def _condition(self, node: Node) -> Call | None:
        table = self.table(node, "a condition")
        call = self.call_of(self.fields(table, CALL_KEYS, "a condition"), table.span) if table else None
        if call and not call.function.boolean:
            self.problem("GG011", "a condition needs a function that is true or false", call.span)
            return None
        return call

    def call_of(self, fields: Fields, span: SourceSpan) -> Call | None:
        """The call that stands in `function` and `parameters` of an object, subject or condition."""
        if "function" not in fields:
            self.problem("GG004", "'function' is missing", span)
            return None
        return self._call(fields["function"].value, fields.get("parameters"))

    def join(self, node: Node) -> Join | None:
        """`function: equal` on a value of each source: this one's and the other's, or marked `s` and `o`."""
        table = self.table(node, "the condition of a join")
        fields = self.fields(table, CALL_KEYS, "the condition of a join") if table else {}
        if "function" not in fields:
            self.problem("GG004", "the condition of a join needs 'function: equal'", node.span)
            return None
        split = self._split(fields["function"].value, fields.get("parameters"))
        if split is None:
            return None
        name, items = split
        if self._function_iri(name) != f"{IDLAB}equal":
            message = f"a join by '{name.text}' is not supported, only by 'equal'"
            self.problem("GG015", message, name.span)
            return None
        sides: dict[str, Expression] = {}
        for item in items:
            side, value = self._side(item, "child" if not sides else "parent")
            if side is None or value is None:
                return None
            sides[side] = value
        if len(sides) != 2 or len(items) != 2:
            self.problem("GG011", "a join compares a value of each source", name.span)
            return None
        return Join(sides["child"], sides["parent"], name.span)

    def _side(self, item: Node, default: str) -> tuple[str | None, Expression | None]:
        """`[parameter, value]` or `[parameter, value, s or o]` as side and value of a join."""
        marker = None
        if isinstance(item, Sequence) and len(item.items) == 3:
            *named, marker = item.items
            item = Sequence(tuple(named), item.span)
        pair = (None, item) if isinstance(item, Scalar) else self._pair(item)
        value = self._value(pair[1]) if pair else None
        if isinstance(value, Constant):
            self.problem("GG011", "a join compares columns: expected [str1, $(column)]", item.span)
            return None, None
        if marker is None:
            return default, value
        side = {"s": "child", "o": "parent"}.get(marker.text) if isinstance(marker, Scalar) else None
        if side is None:
            self.problem("GG011", "expected 's' for this source or 'o' for the other", marker.span)
        return side, value

    def _split(self, function: Node, parameters: Entry | None) -> tuple[Scalar, tuple[Node, ...]] | None:
        """A function's name and parameters, which may stand in one line: `ex:f(ex:p = $(column))`."""
        name = self.scalar(function, "the name of a function")
        if name is None:
            return None
        if "(" in name.text:
            if parameters:
                hint = "leave one of the two out"
                self.problem("GG014", "parameters are given twice", parameters.span, hint)
                return None
            try:
                return parse_call(name)
            except InlineSyntaxError as e:
                hint = "such as ex:function(ex:parameter = $(column))"
                self.problem("GG003", f"'{name.text}': {e}", name.span, hint)
                return None
        items = parameters.value if parameters else Sequence((), name.span)
        if not isinstance(items, Sequence):
            self.problem("GG003", "'parameters': expected a list of [parameter, value]", items.span)
            return None
        return name, items.items

    def _call(self, function: Node, parameters: Entry | None) -> Call | None:
        """A function of the registry with its parameters; GG010 and GG011 with the nearest name."""
        split = self._split(function, parameters)
        known = self._function(split[0]) if split else None
        if split is None or known is None:
            return None
        name, items = split
        given: list[Argument] = []
        members: list[int] = []
        for item in items:
            read = self._argument(item, known, name.text, len(given))
            if read is None:
                return None
            argument, member = read
            again = any(a.parameter == argument.parameter for a in given)
            parameter = known.parameter(argument.parameter)
            if again and parameter and not known.several(parameter):
                self.problem("GG014", f"'{self._shorten(argument.parameter)}' is given twice", item.span)
                return None
            given.append(argument)
            members.append(member)
        missing = known.missing([a.parameter for a in given])
        if missing or (_folds(known) and len(given) < 2):
            names = ", ".join(self._shorten(p.iri) for p in missing)
            names = names or f"{self._shorten(given[0].parameter)} twice or more"
            self.problem("GG011", f"'{name.text}' needs {names}", name.span)
            return None
        order = [p.iri for p in known.parameters]
        places = sorted(range(len(given)), key=lambda n: (order.index(given[n].parameter), members[n]))
        return Call(known, tuple(given[n] for n in places), name.span)

    def _function_iri(self, name: Scalar) -> str:
        """The function's IRI; `equal` alone is YARRRML's short name of idlab-fn:equal."""
        if name.text == "equal":
            return f"{IDLAB}equal"
        return expand(name.text, self.prefixes, name.span, self.problems)

    def _function(self, name: Scalar) -> Function | None:
        problems = len(self.problems)
        iri = self._function_iri(name)
        if iri in self.functions:
            return self.functions[iri]
        if reason := refused().get(iri):
            self.problem("GG015", f"'{name.text}' is not supported", name.span, reason)
        elif len(self.problems) == problems:
            hint = did_you_mean(self._shorten(iri), [self._shorten(f.iri) for f in self.functions.values()])
            self.problem("GG010", f"unknown function '{name.text}'", name.span, hint)
        return None

    def _argument(
        self, item: Node, function: Function, name: str, position: int
    ) -> tuple[Argument, int] | None:
        """`[parameter, value]`, the same in long form, or a value alone: that of the next parameter.

        With it the number of a parameter such as rdf:_1, else 0.
        """
        if isinstance(item, Scalar) or (isinstance(item, Table) and item.get(*CALL_KEYS["function"])):
            names = [self._shorten(p.iri) for p in function.parameters]
            if isinstance(item, Scalar) and item.text in names:
                self.problem("GG003", f"expected [{item.text}, value]", item.span)
                return None
            if position >= len(function.parameters) and not _folds(function):
                self.problem("GG011", f"'{name}' has no parameter {position + 1}", item.span)
                return None
            parameter = function.parameters[0 if _folds(function) else position]
            argument = self._valued(parameter, self._shorten(parameter.iri), item)
            return (argument, 0) if argument else None
        parts = self._pair(item)
        if parts is None:
            return None
        word, node = parts
        iri = self._parameter(word, function)
        named = function.parameter(iri)
        if named is None:
            hint = did_you_mean(word.text, [self._shorten(p.iri) for p in function.parameters])
            self.problem("GG011", f"'{name}' has no parameter '{word.text}'", word.span, hint)
            return None
        argument = self._valued(named, word.text, node)
        return (argument, member_number(iri)) if argument else None

    def _valued(self, parameter: Parameter, name: str, node: Node) -> Argument | None:
        value = self._value(node)
        if parameter.boolean and value and not may_be_boolean(value):
            self.problem("GG011", f"'{name}' needs a function that is true or false", node.span)
            return None
        return Argument(parameter.iri, value) if value else None

    def _pair(self, item: Node) -> tuple[Scalar, Node] | None:
        """The name and the value of a parameter."""
        if isinstance(item, Table):
            fields = self.fields(item, PARAMETER_KEYS, "a parameter")
            parts = [fields[key].value for key in ("parameter", "value") if key in fields]
        else:
            parts = list(item.items) if isinstance(item, Sequence) else []
        if len(parts) != 2:
            self.problem("GG003", "expected a parameter such as [grel:valueParameter, $(column)]", item.span)
            return None
        word = self.scalar(parts[0], "the name of a parameter")
        return (word, parts[1]) if word else None

    def _parameter(self, word: Scalar, function: Function) -> str:
        """The parameter's IRI; without a prefix it has the function's, or is its only one of that name.

        `str1` and `str2` are YARRRML's short names of the first two.
        """
        if word.text in ("str1", "str2") and len(function.parameters) >= 2:
            return function.parameters[int(word.text[-1]) - 1].iri
        if ":" in word.text:
            return expand(word.text, self.prefixes, word.span, self.problems)
        ends = (f"#{word.text}", f"/{word.text}")
        iris = (iri for p in function.parameters for iri in (p.iri, *p.aliases))
        return next((iri for iri in iris if iri.endswith(ends)), word.text)

    def _value(self, node: Node) -> Expression | None:
        if isinstance(node, Table):
            return self.call_of(self.fields(node, CALL_KEYS, "the value of a parameter"), node.span)
        return self.value(node)

    def _shorten(self, iri: str) -> str:
        """An IRI with a prefix where one fits, for messages."""
        for prefix, namespace in self.prefixes.items():
            if iri.startswith(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri


def _folds(function: Function) -> bool:
    return isinstance(function, SqlFunction) and function.folds
