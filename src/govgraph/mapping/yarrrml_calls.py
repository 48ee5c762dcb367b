"""Functions, conditions and joins of YARRRML (sections "Functions", "Conditions", "Joins")."""

from __future__ import annotations

from govgraph.errors import did_you_mean
from govgraph.mapping.functions import BOOLEAN, FUNCTIONS, Function
from govgraph.mapping.model import Argument, Call, Expression, Join, Reference
from govgraph.mapping.prefixes import IDLAB, expand
from govgraph.mapping.yarrrml_keys import OBJECT_KEYS, Fields
from govgraph.mapping.yarrrml_terms import TermReader, simplify
from govgraph.positions import Entry, Node, Scalar, Sequence, Table


class CallReader(TermReader):
    """Reads calls of functions of the registry, and what is built on them."""

    def condition(self, entry: Entry | None) -> Call | None:
        """A condition: a call of a function that is true or false; GG011 where it is another."""
        if entry is None:
            return None
        table = self.table(entry.value, "a condition")
        call = self.call_of(self.fields(table, OBJECT_KEYS, "a condition")) if table else None
        if call and not FUNCTIONS[call.function].boolean:
            self.problem("GG011", "a condition needs a function that is true or false", call.span)
            return None
        return call

    def call_of(self, fields: Fields) -> Call | None:
        """The call that stands in `function` and `parameters` of an object, subject or condition."""
        if "function" not in fields:
            self.problem("GG004", "'function' is missing", next(iter(fields.values())).span)
            return None
        return self.call(fields["function"], fields.get("parameters"))

    def join(self, node: Node) -> Join | None:
        """`function: equal` on a column of each source: this one's and the other's, or marked `s` and `o`."""
        table = self.table(node, "the condition of a join")
        fields = self.fields(table, OBJECT_KEYS, "the condition of a join") if table else {}
        function, parameters = fields.get("function"), fields.get("parameters")
        if not function or not isinstance(function.value, Scalar):
            self.problem("GG004", "the condition of a join needs 'function: equal'", node.span)
            return None
        if self._function_iri(function.value) != f"{IDLAB}equal":
            message = f"a join by '{function.value.text}' is not supported, only by 'equal'"
            self.problem("GG015", message, function.value.span)
            return None
        sides: dict[str, Reference] = {}
        for item in parameters.value if parameters and isinstance(parameters.value, Sequence) else ():
            side, column = self._side(item, "child" if not sides else "parent")
            if side is None or column is None:
                return None
            sides[side] = column
        if len(sides) != 2:
            self.problem("GG011", "a join compares a column of each source", function.span)
            return None
        return Join(sides["child"], sides["parent"], function.span)

    def _side(self, item: Node, default: str) -> tuple[str | None, Reference | None]:
        """`[parameter, $(column)]` or `[parameter, $(column), s or o]` as side and column of a join."""
        parts = list(item.items) if isinstance(item, Sequence) else []
        if len(parts) not in (2, 3) or not isinstance(parts[-1], Scalar):
            self.problem("GG003", "expected a parameter such as [str1, $(column)]", item.span)
            return None, None
        template = self.template(parts[1])
        column = simplify(template) if template else None
        side = {"s": "child", "o": "parent"}.get(parts[2].text) if len(parts) == 3 else default  # type: ignore[union-attr]
        if not isinstance(column, Reference):
            self.problem("GG011", "a join compares columns: expected [str1, $(column)]", item.span)
            return None, None
        if side is None:
            self.problem("GG011", "expected 's' for this source or 'o' for the other", parts[2].span)
        return side, column

    def call(self, function: Entry, parameters: Entry | None) -> Call | None:
        """A function of the registry with its parameters; GG010 and GG011 with the nearest name."""
        name = self.scalar(function.value, "the name of a function")
        if name is None:
            return None
        known = self._function(name)
        if known is None:
            return None
        items = parameters.value if parameters else Sequence((), function.span)
        if not isinstance(items, Sequence):
            self.problem("GG003", "'parameters': expected a list of [parameter, value]", items.span)
            return None
        given: list[Argument] = []
        for item in items:
            argument = self._argument(item, known, name.text)
            if argument is None:
                return None
            if not known.repeatable and any(a.parameter == argument.parameter for a in given):
                self.problem("GG014", f"'{self._shorten(argument.parameter)}' is given twice", item.span)
                return None
            given.append(argument)
        missing = [p for p in known.parameters if p not in {a.parameter for a in given}]
        if missing or (known.repeatable and len(given) < 2):
            names = (
                ", ".join(map(self._shorten, missing)) or f"{self._shorten(given[0].parameter)} twice or more"
            )
            self.problem("GG011", f"'{name.text}' needs {names}", name.span)
            return None
        given.sort(key=lambda a: known.parameters.index(a.parameter))
        return Call(known.iri, tuple(given), name.span)

    def _function_iri(self, name: Scalar) -> str:
        """The function's IRI; `equal` alone is YARRRML's short name of idlab-fn:equal."""
        if name.text == "equal":
            return f"{IDLAB}equal"
        return expand(name.text, self.prefixes, name.span, self.problems)

    def _function(self, name: Scalar) -> Function | None:
        problems = len(self.problems)
        iri = self._function_iri(name)
        if iri in FUNCTIONS:
            return FUNCTIONS[iri]
        if len(self.problems) == problems:
            hint = did_you_mean(self._shorten(iri), [self._shorten(f) for f in FUNCTIONS])
            self.problem("GG010", f"unknown function '{name.text}'", name.span, hint)
        return None

    def _argument(self, item: Node, function: Function, name: str) -> Argument | None:
        if isinstance(item, Table):
            parameter_entry, value_entry = item.get("parameter", "pm"), item.get("value", "v")
            parts = [e.value for e in (parameter_entry, value_entry) if e]
        else:
            parts = list(item.items) if isinstance(item, Sequence) else []
        if len(parts) != 2:
            self.problem("GG003", "expected a parameter such as [grel:valueParameter, $(column)]", item.span)
            return None
        word = self.scalar(parts[0], "the name of a parameter")
        if word is None:
            return None
        iri = self._parameter(word, function)
        if iri not in function.parameters:
            hint = did_you_mean(word.text, [self._shorten(p) for p in function.parameters])
            self.problem("GG011", f"'{name}' has no parameter '{word.text}'", word.span, hint)
            return None
        value = self._value(parts[1])
        if iri == BOOLEAN and value and not (isinstance(value, Call) and FUNCTIONS[value.function].boolean):
            self.problem("GG011", f"'{word.text}' needs a function that is true or false", parts[1].span)
            return None
        return Argument(iri, value) if value else None

    def _parameter(self, word: Scalar, function: Function) -> str:
        """The parameter's IRI; `str1` and `str2` are YARRRML's short names of the first two."""
        if word.text in ("str1", "str2") and len(function.parameters) >= 2:
            return function.parameters[int(word.text[-1]) - 1]
        return expand(word.text, self.prefixes, word.span, self.problems)

    def _value(self, node: Node) -> Expression | None:
        if isinstance(node, Table):
            function = node.get("function", "fn", "f")
            if function is None:
                self.problem("GG003", "expected a value, or a function with its parameters", node.span)
                return None
            return self.call(function, node.get("parameters", "pms"))
        template = self.template(node)
        return simplify(template) if template else None

    def _shorten(self, iri: str) -> str:
        """An IRI with a prefix where one fits, for messages."""
        for prefix, namespace in self.prefixes.items():
            if iri.startswith(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri
