"""Terms of YARRRML: values, templates and types -> term maps ("Template", "Datatypes", "Languages")."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgraph.errors import Problem, did_you_mean
from govgraph.iri import RDF, is_absolute
from govgraph.mapping.checks import LANGUAGE_TAG
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Reference,
    Template,
    TermMap,
    TermType,
)
from govgraph.mapping.prefixes import expand
from govgraph.mapping.yarrrml_keys import Fields, NodeReader
from govgraph.mapping.yarrrml_templates import read_template
from govgraph.positions import Entry, Node, Scalar

_SUFFIX = re.compile(r"~([a-z]+)$")
_TYPES = {"iri": TermType.IRI, "literal": TermType.LITERAL, "blank": TermType.BLANK_NODE}


class TermReader(NodeReader):
    """Reads terms with the prefixes and external references of one document."""

    def __init__(self, prefixes: Mapping[str, str], problems: list[Problem]) -> None:
        super().__init__(prefixes, problems)
        self.external: dict[str, str] = {}

    def template(self, node: Node) -> Template | None:
        """A text with `$(column)`; GG006 where a bracket is not closed or empty."""
        scalar = self.scalar(node, "a value")
        if scalar is None:
            return None
        template = read_template(scalar.text, self.external)
        if template is None:
            self.problem(
                "GG006", f"invalid template '{scalar.text}'", scalar.span, "write a column as $(column)"
            )
        return template

    def value(self, node: Node) -> Expression | None:
        """A text with `$(column)` as the expression that it is."""
        template = self.template(node)
        return simplify(template) if template else None

    def resource(self, node: Node) -> TermMap | None:
        """A subject or graph: an IRI, or a blank node where the template begins with `_:`."""
        return self.iri(node, "an IRI or a template of one", blank=True)

    def predicate(self, node: Node) -> TermMap | None:
        """A predicate; `a` is rdf:type."""
        if isinstance(node, Scalar) and node.text == "a":
            return TermMap(Constant(f"{RDF}type"), TermType.IRI, node.span)
        if isinstance(node, Scalar) and node.text.startswith("_:"):
            self.problem("GG013", "a predicate must be an IRI", node.span)
            return None
        return self.iri(node, "a predicate", blank=False)

    def iri(self, node: Node, what: str, *, blank: bool) -> TermMap | None:
        """An IRI, or with `blank` a blank node where the text begins with `_:`."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        text = scalar.text.removesuffix("~iri")
        if blank and text.startswith("_:"):
            value = self.value(Scalar(text[2:], scalar.tag, scalar.span))
            return TermMap(value, TermType.BLANK_NODE, scalar.span) if value else None
        expression = self._iri_expression(Scalar(text, scalar.tag, scalar.span))
        return TermMap(expression, TermType.IRI, scalar.span) if expression else None

    def _iri_expression(self, node: Scalar) -> Expression | None:
        """The text with its prefix expanded; a constant must be an IRI, absolute or relative to the base."""
        template = self.template(node)
        if template is None:
            return None
        first = template.parts[0] if template.parts else ""
        if isinstance(first, str):
            expanded = expand(first, self.prefixes, node.span, self.problems)
            template = Template((expanded, *template.parts[1:]))
            if not is_absolute(f"x:{expanded}"):
                self.problem("GG007", f"invalid IRI '{node.text}'", node.span)
                return None
        return simplify(template)

    def object(self, node: Node, kind: Node | None, defaults: Fields, is_type: bool) -> TermMap | None:
        """An object in short form: `value`, `value~iri`, with a datatype or `language~lang` beside it.

        `defaults` are the type, datatype and language that stand beside all objects.
        """
        scalar = self.scalar(node, "a value")
        if scalar is None:
            return None
        if kind is None:
            return self.typed(defaults, scalar, None, is_type)
        word = self.scalar(kind, "a datatype, or a language such as ja~lang")
        if word is None:
            return None
        key, text = "datatype", word.text
        if text.endswith("~lang"):
            key, text = "language", text.removesuffix("~lang")
        entry = Entry(key, Scalar(text, word.tag, word.span), word.span)
        return self.typed({key: entry}, scalar, None, is_type)

    def typed(self, fields: Fields, value: Scalar | None, call: Call | None, is_type: bool) -> TermMap | None:
        """An object: its value or function call, with the `type`, `datatype` or `language` of `fields`."""
        entries = {k: fields[k] for k in ("type", "datatype", "language") if k in fields}
        words = {k: self.scalar(e.value, f"a {k}") for k, e in entries.items()}
        if any(w is None for w in words.values()):
            return None
        problems = len(self.problems)
        datatype = self._datatype(w) if (w := words.get("datatype")) else None
        language = self._language(w) if (w := words.get("language")) else None
        explicit = self.term_type(w) if (w := words.get("type")) else None
        if len(self.problems) > problems:
            return None
        span = call.span if call else value.span if value else next(iter(entries.values())).span
        suffix = _SUFFIX.search(value.text) if value and explicit is not TermType.LITERAL else None
        if suffix and suffix[1] != "iri" and (hint := did_you_mean(suffix[1], ["iri"])) and "mean" in hint:
            self.problem("GG013", f"unknown suffix '~{suffix[1]}'", span, "did you mean '~iri'?")
            return None
        named = is_type or (suffix is not None and suffix[1] == "iri")
        term_type = explicit or (TermType.IRI if named else TermType.LITERAL)
        if (language or datatype) and term_type is not TermType.LITERAL:
            where = next(iter(entries.values())).span if explicit else span
            self.problem("GG013", "only a literal has a datatype or language", where)
            return None
        if language and datatype:
            place = entries["language"].span
            self.problem("GG013", "a literal has a datatype or a language, not both", place)
            return None
        if call is not None:
            return TermMap(call, term_type, span, language, datatype)
        if value is None:
            return None
        if term_type is TermType.IRI:
            return self.iri(value, "an IRI", blank=False)
        expression = self.value(value)
        return TermMap(expression, term_type, span, language, datatype) if expression else None

    def term_type(self, word: Scalar) -> TermType | None:
        """The kind of term that `type` names; GG013 for another word."""
        if word.text not in _TYPES:
            hint = did_you_mean(word.text, list(_TYPES))
            self.problem("GG013", f"unknown type of term '{word.text}'", word.span, hint)
        return _TYPES.get(word.text)

    def _datatype(self, word: Scalar) -> Expression | None:
        expression = self._iri_expression(word)
        if isinstance(expression, Constant) and not is_absolute(expression.value):
            hint = "a language is written as ja~lang"
            self.problem("GG013", f"'{word.text}' is not a datatype", word.span, hint)
            return None
        return expression

    def _language(self, word: Scalar) -> Expression | None:
        expression = self.value(word)
        if isinstance(expression, Constant) and not re.fullmatch(LANGUAGE_TAG, expression.value):
            message = f"'{word.text}' is not a language tag (BCP 47)"
            self.problem("GG013", message, word.span, "such as ja, en")
            return None
        return expression


def simplify(template: Template) -> Expression:
    """A template of one part as the constant or reference that it is."""
    if len(template.parts) == 1:
        part = template.parts[0]
        return part if isinstance(part, Reference) else Constant(part)
    return template
