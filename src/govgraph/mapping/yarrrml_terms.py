"""Terms of YARRRML: values, templates, types and function calls -> term maps (sections "Values" ff.)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgraph.errors import did_you_mean
from govgraph.iri import RDF, is_absolute
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Reference,
    Template,
    TermMap,
    TermType,
    read_template,
)
from govgraph.mapping.prefixes import expand
from govgraph.mapping.yarrrml_keys import NodeReader
from govgraph.positions import Entry, Node, Scalar

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_SUFFIX = re.compile(r"~([a-z]+)$")
_TYPES = {"iri": TermType.IRI, "literal": TermType.LITERAL, "blank": TermType.BLANK_NODE}


class TermReader(NodeReader):
    """Reads terms with the prefixes of one document."""

    def template(self, node: Node) -> Template | None:
        """A text with `$(column)`; GG006 where a bracket is not closed or empty."""
        scalar = self.scalar(node, "a value")
        if scalar is None:
            return None
        template = read_template(scalar.text)
        if template is None:
            self.problem(
                "GG006", f"invalid template '{scalar.text}'", scalar.span, "write a column as $(column)"
            )
        return template

    def resource(self, node: Node) -> TermMap | None:
        """A subject or graph: an IRI, or a blank node where the template begins with `_:`."""
        return self._iri(node, "an IRI or a template of one", blank=True)

    def predicate(self, node: Node) -> TermMap | None:
        """A predicate; `a` is rdf:type."""
        if isinstance(node, Scalar) and node.text == "a":
            return TermMap(Constant(f"{RDF}type"), TermType.IRI, node.span)
        if isinstance(node, Scalar) and node.text.startswith("_:"):
            self.problem("GG013", "a predicate must be an IRI", node.span)
            return None
        return self._iri(node, "a predicate", blank=False)

    def _iri(self, node: Node, what: str, *, blank: bool) -> TermMap | None:
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        text = scalar.text.removesuffix("~iri")
        if blank and text.startswith("_:"):
            template = self.template(Scalar(text[2:], scalar.tag, scalar.span))
            return TermMap(simplify(template), TermType.BLANK_NODE, scalar.span) if template else None
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

    def object(self, node: Node, kind: Node | None, is_type: bool) -> TermMap | None:
        """An object in short form: `value`, `value~iri`, with a datatype or `language~lang` beside it."""
        scalar = self.scalar(node, "a value")
        if scalar is None:
            return None
        datatype: Constant | None = None
        language: Constant | None = None
        if kind is not None:
            word = self.scalar(kind, "a datatype, or a language such as ja~lang")
            if word is None:
                return None
            if word.text.endswith("~lang"):
                language = self._language(Scalar(word.text.removesuffix("~lang"), word.tag, word.span))
            else:
                datatype = self._datatype(word)
            if language is None and datatype is None:
                return None
        return self._object(scalar, language, datatype, is_type)

    def _object(
        self, scalar: Scalar, language: Constant | None, datatype: Constant | None, is_type: bool
    ) -> TermMap | None:
        suffix = _SUFFIX.search(scalar.text)
        if suffix and suffix[1] != "iri" and (hint := did_you_mean(suffix[1], ["iri"])) and "mean" in hint:
            self.problem("GG013", f"unknown suffix '~{suffix[1]}'", scalar.span, "did you mean '~iri'?")
            return None
        if scalar.text.endswith("~iri") or is_type:
            if language or datatype:
                self.problem("GG013", "an IRI has no datatype or language", scalar.span)
                return None
            return self._iri(scalar, "an IRI", blank=False)
        template = self.template(scalar)
        if template is None:
            return None
        return TermMap(simplify(template), TermType.LITERAL, scalar.span, language, datatype)

    def object_from_fields(
        self, fields: Mapping[str, Entry], value: Node | None, call: Call | None, is_type: bool
    ) -> TermMap | None:
        """An object in long form: `value` or a function call, with `type`, `datatype` or `language`."""
        entries = {k: fields[k] for k in ("type", "datatype", "language") if k in fields}
        words = {k: self.scalar(e.value, f"a {k}") for k, e in entries.items()}
        if any(w is None for w in words.values()):
            return None
        datatype = self._datatype(w) if (w := words.get("datatype")) else None
        language = self._language(w) if (w := words.get("language")) else None
        term_type = TermType.IRI if is_type else TermType.LITERAL
        if word := words.get("type"):
            if word.text not in _TYPES:
                hint = did_you_mean(word.text, list(_TYPES))
                self.problem("GG013", f"unknown type of term '{word.text}'", word.span, hint)
                return None
            term_type = _TYPES[word.text]
        if (language or datatype) and term_type is not TermType.LITERAL:
            self.problem(
                "GG013", "only a literal has a datatype or language", next(iter(entries.values())).span
            )
            return None
        if language and datatype:
            self.problem(
                "GG013", "a literal has a datatype or a language, not both", entries["language"].span
            )
            return None
        if call is not None:
            return TermMap(call, term_type, call.span, language, datatype)
        if value is None or (scalar := self.scalar(value, "a value")) is None:
            return None
        if term_type is TermType.IRI:
            return self._iri(scalar, "an IRI", blank=False)
        if term_type is TermType.BLANK_NODE:
            template = self.template(scalar)
            return TermMap(simplify(template), term_type, scalar.span) if template else None
        return self._object(scalar, language, datatype, is_type)

    def _datatype(self, word: Scalar) -> Constant | None:
        expanded = expand(word.text, self.prefixes, word.span, self.problems)
        if not is_absolute(expanded):
            self.problem(
                "GG013", f"'{word.text}' is not a datatype", word.span, "a language is written as ja~lang"
            )
            return None
        return Constant(expanded)

    def _language(self, word: Scalar) -> Constant | None:
        if _LANGUAGE.fullmatch(word.text):
            return Constant(word.text)
        self.problem("GG013", f"'{word.text}' is not a language tag (BCP 47)", word.span, "such as ja, en")
        return None


def simplify(template: Template) -> Expression:
    """A template of one part as the constant or reference that it is."""
    if len(template.parts) == 1:
        part = template.parts[0]
        return part if isinstance(part, Reference) else Constant(part)
    return template
