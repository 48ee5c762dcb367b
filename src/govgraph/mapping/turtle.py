"""Turtle that remembers where each subject, predicate and object stands (W3C Turtle 1.1).

`parse_turtle` gives the triples in the order of the file. N-Triples are Turtle, too.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from govgraph.errors import MappingError, Problem, SourceSpan, did_you_mean
from govgraph.iri import RDF, SCHEME, XSD
from govgraph.mapping.turtle_grammar import syntax_tree

if TYPE_CHECKING:
    from lark import Token, Tree
    from typing_extensions import TypeIs

    Branch = Tree[Token] | Token


@dataclass(frozen=True, slots=True)
class Iri:
    """A named resource; relative where the document has no base."""

    value: str

    def __str__(self) -> str:
        return f"<{self.value}>"


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank node of the document."""

    label: str

    def __str__(self) -> str:
        return f"_:{self.label}"


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: its lexical form, and its datatype or language tag, if any."""

    value: str
    datatype: str | None = None
    language: str | None = None

    def __str__(self) -> str:
        return f'"{self.value}"'


Term = Iri | Blank | Text


@dataclass(frozen=True, slots=True)
class Placed:
    """A term and one place where it stands."""

    term: Term
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple, each of its terms with its place."""

    subject: Placed
    predicate: Placed
    object: Placed


@dataclass(frozen=True)
class Graph:
    """The triples of a document by subject, in the order of the file.

    `unknown` are the names with an undeclared prefix, `unread` the subjects of triples that were left out
    because their predicate is one; `base` is the last that was declared.
    """

    triples: Mapping[Term, list[Triple]]
    unknown: frozenset[Term]
    unread: frozenset[Term]
    prefixes: Mapping[str, str]
    base: str | None


_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


def parse_turtle(text: str, file: str) -> tuple[Graph, list[Problem]]:
    """The triples of a Turtle document, and the problems that do not hinder reading on (GG005).

    Raises MappingError GG001 where the text is not Turtle.
    """
    reader = _Reader(file)
    try:
        reader.read(syntax_tree(text, file))
    except RecursionError:
        raise MappingError("not valid Turtle: nested too deeply", "GG001", SourceSpan(file, 1, 1)) from None
    graph = Graph(
        dict(reader.triples),
        frozenset(reader.unknown),
        frozenset(reader.unread),
        reader.prefixes,
        reader.base,
    )
    return graph, reader.problems


class _Reader:
    """Reads the syntax tree of one document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.prefixes: dict[str, str] = {}
        self.base: str | None = None
        self.triples: dict[Term, list[Triple]] = defaultdict(list)
        self.seen: set[tuple[Term, Term, Term]] = set()
        self.unread: set[Term] = set()
        self.undeclared: set[str] = set()
        self.unknown: set[Term] = set()
        self.blanks = 0

    def read(self, tree: Tree[Token]) -> None:
        for statement in _branches(tree):
            match statement.data:
                case "prefix":
                    name, iri = _tokens(statement)
                    if not name.endswith(":"):
                        message = f"not valid Turtle: a prefix ends in a colon, unlike '{name}'"
                        self.problems.append(Problem("GG001", message, self.span(name)))
                    self.prefixes[name.partition(":")[0]] = self.resolve(iri)
                case "base":
                    self.base = self.resolve(_tokens(statement)[0])
                case _:
                    subject, *properties = statement.children
                    placed = self.term(subject)
                    for branch in properties:
                        self.properties(placed, branch)

    def properties(self, subject: Placed, tree: Branch) -> None:
        for verb, objects in zip(*[iter(_branches(tree))] * 2, strict=True):
            word = verb.children[0]
            predicate = self.predicate(word)
            if predicate is None:
                self.unread.add(subject.term)
            for item in objects.children:
                placed = self.term(item)
                if predicate is not None:
                    self.add(subject, predicate, placed)

    def predicate(self, word: Branch) -> Placed | None:
        if not _is_tree(word):
            return Placed(Iri(f"{RDF}type"), self.span(word))
        placed = self.term(word)
        return None if placed.term in self.unknown else placed

    def add(self, subject: Placed, predicate: Placed, value: Placed) -> None:
        """A graph is a set: what is said twice has the place where it is said first."""
        terms = (subject.term, predicate.term, value.term)
        if terms not in self.seen:
            self.seen.add(terms)
            self.triples[subject.term].append(Triple(subject, predicate, value))

    def term(self, tree: Branch) -> Placed:
        if not _is_tree(tree):
            return Placed(_number(tree), self.span(tree))
        first = tree.children[0]
        span = self.span(first)
        match tree.data:
            case "iri":
                return Placed(self.iri(first, span), span)
            case "blank":
                label = str(first)
                return Placed(Blank(label[2:]) if label.startswith("_:") else self.fresh(), span)
            case "nested":
                node = Placed(self.fresh(), span)
                for properties in tree.children[1:]:
                    self.properties(node, properties)
                return node
            case "collection":
                return self.collection([self.term(item) for item in tree.children[1:]], span)
            case _:
                return Placed(self.literal(tree), span)

    def collection(self, items: list[Placed], span: SourceSpan) -> Placed:
        rest = Placed(Iri(f"{RDF}nil"), span)
        for item in reversed(items):
            node = Placed(self.fresh(), item.span)
            self.add(node, Placed(Iri(f"{RDF}first"), item.span), item)
            self.add(node, Placed(Iri(f"{RDF}rest"), item.span), rest)
            rest = node
        return Placed(rest.term, span)

    def literal(self, tree: Tree[Token]) -> Text:
        text, *kind = tree.children
        value = str(text)
        quotes = 3 if value[:3] in ('"""', "'''") else 1
        value = self.unescape(text, quotes)
        if not kind:
            return Text(value)
        if not _is_tree(kind[0]):
            return Text(value, language=str(kind[0])[1:])
        datatype = self.term(kind[0]).term
        return Text(value, datatype=datatype.value if isinstance(datatype, Iri) else None)

    def iri(self, branch: Branch, span: SourceSpan) -> Iri:
        assert not _is_tree(branch)
        if branch.type == "IRIREF":
            return Iri(self.resolve(branch))
        prefix, _, local = branch.partition(":")
        if prefix not in self.prefixes:
            if prefix not in self.undeclared:
                self.undeclared.add(prefix)
                hint = did_you_mean(prefix, [p for p in self.prefixes if p]) if prefix else None
                message = f"unknown prefix '{prefix}' in '{branch}'"
                self.problems.append(Problem("GG005", message, span, hint or "declare it with @prefix"))
            self.unknown.add(Iri(branch))
            return Iri(branch)
        return Iri(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def resolve(self, reference: Token) -> str:
        iri = self.unescape(reference, 1)
        if self.base is None or re.match(SCHEME, iri):
            return iri
        resolved = urljoin(urldefrag(self.base).url, iri)
        return f"{resolved}#" if iri.endswith("#") and not resolved.endswith("#") else resolved

    def unescape(self, token: Branch, quotes: int) -> str:
        """What a token says between its quotes, of which there are so many on each side.

        GG001 for the escape of what is no character: a surrogate, or a number beyond U+10FFFF.
        """
        assert not _is_tree(token)

        def character(match: re.Match[str]) -> str:
            if match[3]:
                return _ESCAPES.get(match[3], match[3])
            code = int(match[1] or match[2], 16)
            if code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF:
                return chr(code)
            before = token[: quotes + match.start()].split("\n")
            begin = self.span(token)
            column = len(before[-1]) + (begin.column if len(before) == 1 else 1)
            span = SourceSpan(self.file, begin.line + len(before) - 1, column)
            hint = r"write the character itself, or its one code: \U00020BB7, not \uD842\uDFB7"
            message = f"not valid Turtle: {match[0]} is no character"
            self.problems.append(Problem("GG001", message, span, hint))
            return "\N{REPLACEMENT CHARACTER}"

        return _ESCAPE.sub(character, token[quotes:-quotes])

    def fresh(self) -> Blank:
        self.blanks += 1
        return Blank(f" {self.blanks}")

    def span(self, branch: Branch) -> SourceSpan:
        assert not _is_tree(branch) and branch.line and branch.column
        return SourceSpan(self.file, branch.line, branch.column)


def _number(token: Token) -> Text:
    if token.type == "BOOLEAN":
        return Text(str(token), f"{XSD}boolean")
    kind = "double" if "e" in token.lower() else "decimal" if "." in token else "integer"
    return Text(str(token), XSD + kind)


def _is_tree(branch: Branch) -> TypeIs[Tree[Token]]:
    return not isinstance(branch, str)


def _branches(branch: Branch) -> list[Tree[Token]]:
    assert _is_tree(branch)
    return [child for child in branch.children if _is_tree(child)]


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if not _is_tree(child)]
