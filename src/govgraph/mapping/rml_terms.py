r"""Term maps of RML -> those of the model (RML-Core, "Expression Maps" and "Term Maps")."""

from __future__ import annotations

import re

from govgraph.errors import SourceSpan
from govgraph.iri import XSD
from govgraph.mapping.checks import LANGUAGE_TAG
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Iteration,
    Reference,
    Template,
    TermMap,
    TermType,
)
from govgraph.mapping.rml_nodes import Fields, NodeReader, a_or_an, written
from govgraph.mapping.rml_vocabulary import ALIASES, EXPRESSION, TERM_TYPES
from govgraph.mapping.turtle import Blank, Iri, Placed, Triple

_PIECE = re.compile(r"\\(.?)|([{}])|([^\\{}]+)", re.DOTALL)

_NODES = ("subject map", "graph map", "gather map")


class TermReader(NodeReader):
    """Reads the term maps of one document."""

    def term(self, fields: Fields) -> TermMap | None:
        """The term map of a subject, predicate, object or graph map."""
        given = tuple(fields.all(*EXPRESSION))
        triple = self.one(fields, *EXPRESSION, required=False)
        kind = self.one(fields, "termType", required=False)
        if triple and self.local_name(triple) == "constant":
            return self._constant(triple.object, fields)
        name = self.local(kind, TERM_TYPES, "term type") if kind else None
        if (given and not triple) or (kind and not name):
            return None
        language, datatype = self._language(fields), self._datatype(fields)
        term_type = TERM_TYPES[name] if name else self._default(fields)
        span = triple.object.span if triple else fields.node.span
        where = kind.object.span if kind else span
        if not self.may_be(term_type, fields, where):
            return None
        if triple is None:
            if term_type is not TermType.BLANK_NODE:
                if fields.whole:
                    none = "has none of rml:constant, rml:reference and rml:template"
                    self.problem("GG004", f"{a_or_an(fields.component)} {none}", fields.node.span)
                return None
            self.iterations += 1
            return TermMap(Iteration(self.iterations), term_type, span)
        expression = self._expression(triple, fields)
        return TermMap(expression, term_type, span, language, datatype) if expression else None

    def constant(self, triple: Triple, component: str) -> TermMap | None:
        """The term map of a shortcut such as rml:subject."""
        return self._constant(triple.object, Fields(component, triple.object, {}, whole=True))

    def expression(self, fields: Fields) -> Expression | None:
        """The expression of a map that makes a value: a child, parent or language map."""
        if (triple := self.one(fields, *EXPRESSION)) is None:
            return None
        if self.local_name(triple) != "constant":
            expression = self._expression(triple, fields)
            return self.conditional(expression, fields) if expression else None
        value = triple.object.term
        if isinstance(value, Blank):
            self.problem("GG013", "a constant is no blank node", triple.object.span)
            return None
        return None if value in self.graph.unknown else self.conditional(Constant(value.value), fields)

    def local_name(self, triple: Triple) -> str:
        """The local name of a property that was read already, as RML has it."""
        predicate = triple.predicate.term
        assert isinstance(predicate, Iri)
        local = re.split("[#/]", predicate.value)[-1]
        return ALIASES.get(local, local)

    def call(self, triple: Triple, fields: Fields) -> Call | None:
        """The function execution of an expression map with these properties."""
        raise NotImplementedError

    def conditional(self, expression: Expression, fields: Fields) -> Expression | None:
        """An expression under the condition of its map, if it has one."""
        raise NotImplementedError

    def _expression(self, triple: Triple, fields: Fields) -> Expression | None:
        if self.local_name(triple) in ("functionExecution", "functionValue"):
            return self.call(triple, fields)
        text = self.text(triple)
        if text is None:
            return None
        if self.local_name(triple) != "template":
            return Reference(text)
        template = read_template(text)
        if isinstance(template, str):
            hint = r"braces around a reference; \{ \} and \\ for the characters (in Turtle \\{ \\} \\\\)"
            self.problem("GG006", f"invalid template: {template}", triple.object.span, hint)
            return None
        if len(template.parts) == 1:
            part = template.parts[0]
            return Constant(part) if isinstance(part, str) else template
        return template

    def _default(self, fields: Fields) -> TermType:
        """RML-Core, "Default Term Types"."""
        literal = (
            "reference",
            "functionExecution",
            "functionValue",
            "language",
            "languageMap",
            "datatype",
            "datatypeMap",
        )
        is_literal = fields.component == "object map" and any(fields.all(*literal))
        return TermType.LITERAL if is_literal else TermType.IRI

    def may_be(self, term_type: TermType, fields: Fields, span: SourceSpan) -> bool:
        """Whether a map may have a term type; that it may not is a problem."""
        component = fields.component
        wrong = (term_type is TermType.LITERAL and component != "object map") or (
            term_type is TermType.BLANK_NODE and component in ("predicate map", "datatype map")
        )
        if wrong:
            kinds = "an IRI or a blank node" if component in _NODES else "an IRI"
            message = f"{a_or_an(fields.component)} makes {kinds}"
            self.problem("GG013", message, span)
            return False
        for triple in fields.all("language", "languageMap", "datatype", "datatypeMap"):
            if term_type is not TermType.LITERAL:
                message = f"'{written(triple)}' is for literals, and the term type is another"
                self.problem("GG013", message, triple.predicate.span)
                return False
        return True

    def _constant(self, value: Placed, fields: Fields) -> TermMap | None:
        term = value.term
        if term in self.graph.unknown:
            return None
        if isinstance(term, Blank):
            hint = "for a blank node, give the map rml:termType rml:BlankNode and no constant"
            self.problem("GG013", "a constant is an IRI or a literal, not a blank node", value.span, hint)
            return None
        kinds = tuple(fields.all("language", "languageMap", "datatype", "datatypeMap"))
        if isinstance(term, Iri):
            for triple in kinds:
                self.problem("GG013", f"'{written(triple)}' is for literals", triple.predicate.span)
            return TermMap(Constant(term.value), TermType.IRI, value.span)
        if fields.component != "object map":
            message = f"the constant of {a_or_an(fields.component)} is an IRI, not a literal"
            self.problem("GG013", message, value.span)
            return None
        language: Expression | None = Constant(term.language) if term.language else None
        datatype: Expression | None = Constant(term.datatype) if term.datatype else None
        for triple in kinds:
            if language or (datatype and term.datatype != f"{XSD}string"):
                message = f"'{written(triple)}': the constant has a language or datatype of its own"
                self.problem("GG013", message, triple.predicate.span)
                return None
        if kinds:
            language, datatype = self._language(fields), self._datatype(fields)
        return TermMap(Constant(term.value), TermType.LITERAL, value.span, language, datatype)

    def _language(self, fields: Fields) -> Expression | None:
        given = self.one(fields, "language", "languageMap", "datatype", "datatypeMap", required=False)
        if given is None or not self.local_name(given).startswith("language"):
            return None
        if self.local_name(given) == "languageMap":
            language_map = self.fields(given.object, "language map")
            language = self.expression(language_map) if language_map else None
        else:
            text = self.text(given)
            language = Constant(text) if text is not None else None
        if isinstance(language, Constant) and not re.fullmatch(LANGUAGE_TAG, language.value):
            message = f"'{language.value}' is not a language tag (BCP 47)"
            self.problem("GG013", message, given.object.span, "such as ja, en")
            return None
        return language

    def _datatype(self, fields: Fields) -> Expression | None:
        given = tuple(fields.all("datatype", "datatypeMap"))
        if len(given) != 1:
            return None
        if self.local_name(given[0]) == "datatype":
            iri = self.iri(given[0])
            return Constant(iri) if iri is not None else None
        datatype_map = self.fields(given[0].object, "datatype map")
        term = self.term(datatype_map) if datatype_map else None
        return self.conditional(term.expression, datatype_map) if datatype_map and term else None


def read_template(text: str) -> Template | str:
    r"""`text` with `{reference}`, or what is wrong with it (RML-Core, "Template").

    Backslashes and braces that stand for themselves are escaped by a backslash, inside of references, too.

    >>> read_template(r"a/{x}\{").parts
    ('a/', Reference(name='x'), '{')
    >>> read_template("a/{x")
    "'{x' has no closing brace"
    """
    parts: list[str | Reference] = []
    literal, name = "", None
    for match in _PIECE.finditer(text):
        escaped, brace, plain = match.groups()
        if escaped is not None and escaped not in ("{", "}", "\\"):
            return f"'\\{escaped}' is no escape"
        if brace == "{":
            if name is not None:
                return f"'{{' inside of '{{{name}'"
            parts += [literal] if literal else []
            literal, name = "", ""
        elif brace == "}":
            if not name:
                return "'{}' has no reference" if name is not None else "'}' without '{'"
            parts.append(Reference(name))
            name = None
        elif name is not None:
            name += escaped or plain
        else:
            literal += escaped or plain
    if name is not None:
        return f"'{{{name}' has no closing brace"
    return Template((*parts, literal) if literal or not parts else tuple(parts))
