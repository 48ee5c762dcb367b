"""Turtle that remembers where each subject, predicate and object stands (W3C Turtle 1.1).

`parse_turtle` gives the triples in the order of the file. N-Triples are Turtle, too.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from govgraph.errors import MappingError, Problem, SourceSpan, did_you_mean
from govgraph.iri import RDF, SCHEME, XSD
from govgraph.mapping.turtle_tokens import Token, Tokens


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


_RESOURCES = ("IRIREF", "PNAME", "LABEL", "ANON", "SQUARE", "ROUND")
_OBJECTS = (*_RESOURCES, "STRING", "NUMBER", "BOOLEAN")
_VERBS = ("A", "IRIREF", "PNAME")
"""The kinds of tokens that a subject, an object and a predicate begin with."""

_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


def parse_turtle(text: str, file: str) -> tuple[Graph, list[Problem]]:
    """The triples of a Turtle document, and the problems that do not hinder reading on (GG005).

    Raises MappingError GG001 where the text is not Turtle.
    """
    reader = _Reader(text, file)
    try:
        reader.read()
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
    """Reads one document by recursive descent: a method for each rule of the grammar that is worth one."""

    def __init__(self, text: str, file: str) -> None:
        self.tokens = Tokens(text, file)
        self.problems: list[Problem] = []
        self.prefixes: dict[str, str] = {}
        self.base: str | None = None
        self.triples: dict[Term, list[Triple]] = defaultdict(list)
        self.seen: set[tuple[Term, Term, Term]] = set()
        self.unread: set[Term] = set()
        self.undeclared: set[str] = set()
        self.unknown: set[Term] = set()
        self.blanks = 0

    def read(self) -> None:
        while not self.tokens.take("END"):
            word = self.tokens.take("AT_PREFIX", "AT_BASE", "PREFIX", "BASE")
            if word is None:
                first = self.tokens.expect(*_RESOURCES)
                self.properties(self.term(first), required=first.kind != "SQUARE")
            elif word.kind.endswith("PREFIX"):
                self.prefix()
            else:
                self.base = self.resolve(self.tokens.expect("IRIREF"))
            if word is None or word.kind.startswith("AT"):
                self.tokens.expect("DOT")

    def prefix(self) -> None:
        name = self.tokens.expect("PNAME")
        prefix, _, local = name.text.partition(":")
        if local:
            message = f"not valid Turtle: a prefix ends in a colon, unlike '{name.text}'"
            self.problems.append(Problem("GG001", message, name.span))
        self.prefixes[prefix] = self.resolve(self.tokens.expect("IRIREF"))

    def properties(self, subject: Placed, *, required: bool) -> None:
        """Predicates with their objects; `required`: there is one at least."""
        word = self.tokens.expect(*_VERBS) if required else self.tokens.take(*_VERBS)
        while word:
            self.objects(subject, word)
            word = None
            while word is None and self.tokens.take("SEMICOLON"):
                word = self.tokens.take(*_VERBS)

    def objects(self, subject: Placed, word: Token) -> None:
        """The objects of a predicate, and their triples, unless its prefix is unknown."""
        predicate = Placed(Iri(f"{RDF}type"), word.span) if word.kind == "A" else self.term(word)
        known = predicate.term not in self.unknown
        if not known:
            self.unread.add(subject.term)
        there = True
        while there:
            placed = self.term(self.tokens.expect(*_OBJECTS))
            if known:
                self.add(subject, predicate, placed)
            there = self.tokens.take("COMMA") is not None

    def add(self, subject: Placed, predicate: Placed, value: Placed) -> None:
        """A graph is a set: what is said twice has the place where it is said first."""
        terms = (subject.term, predicate.term, value.term)
        if terms not in self.seen:
            self.seen.add(terms)
            self.triples[subject.term].append(Triple(subject, predicate, value))

    def term(self, token: Token) -> Placed:
        """The term that begins with a token, which is taken already."""
        match token.kind:
            case "IRIREF":
                return Placed(Iri(self.resolve(token)), token.span)
            case "PNAME":
                return Placed(self.prefixed(token), token.span)
            case "LABEL":
                return Placed(Blank(token.text[2:]), token.span)
            case "ANON":
                return Placed(self.fresh(), token.span)
            case "SQUARE":
                node = Placed(self.fresh(), token.span)
                self.properties(node, required=False)
                self.tokens.expect("CLOSE_SQUARE")
                return node
            case "ROUND":
                items = []
                while item := self.tokens.take(*_OBJECTS):
                    items.append(self.term(item))
                self.tokens.expect("CLOSE_ROUND")
                return self.collection(items, token.span)
            case "STRING":
                return Placed(self.literal(token), token.span)
            case _:
                return Placed(_number(token), token.span)

    def collection(self, items: list[Placed], span: SourceSpan) -> Placed:
        rest = Placed(Iri(f"{RDF}nil"), span)
        for item in reversed(items):
            node = Placed(self.fresh(), item.span)
            self.add(node, Placed(Iri(f"{RDF}first"), item.span), item)
            self.add(node, Placed(Iri(f"{RDF}rest"), item.span), rest)
            rest = node
        return Placed(rest.term, span)

    def literal(self, token: Token) -> Text:
        value = self.unescape(token, 3 if token.text[:3] in ('"""', "'''") else 1)
        if language := self.tokens.take("LANGUAGE"):
            return Text(value, language=language.text[1:])
        if not self.tokens.take("TYPED"):
            return Text(value)
        datatype = self.term(self.tokens.expect("IRIREF", "PNAME")).term
        return Text(value, datatype=datatype.value if isinstance(datatype, Iri) else None)

    def prefixed(self, name: Token) -> Iri:
        prefix, _, local = name.text.partition(":")
        if prefix not in self.prefixes:
            if prefix not in self.undeclared:
                self.undeclared.add(prefix)
                hint = did_you_mean(prefix, [p for p in self.prefixes if p]) if prefix else None
                message = f"unknown prefix '{prefix}' in '{name.text}'"
                self.problems.append(Problem("GG005", message, name.span, hint or "declare it with @prefix"))
            self.unknown.add(Iri(name.text))
            return Iri(name.text)
        return Iri(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def resolve(self, reference: Token) -> str:
        iri = self.unescape(reference, 1)
        if self.base is None or re.match(SCHEME, iri):
            return iri
        resolved = urljoin(urldefrag(self.base).url, iri)
        return f"{resolved}#" if iri.endswith("#") and not resolved.endswith("#") else resolved

    def unescape(self, token: Token, quotes: int) -> str:
        """What a token says between its quotes, of which there are so many on each side.

        GG001 for the escape of what is no character: a surrogate, or a number beyond U+10FFFF.
        """

        def character(match: re.Match[str]) -> str:
            if match[3]:
                return _ESCAPES.get(match[3], match[3])
            code = int(match[1] or match[2], 16)
            if code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF:
                return chr(code)
            before = token.text[: quotes + match.start()].split("\n")
            begin = token.span
            column = len(before[-1]) + (begin.column if len(before) == 1 else 1)
            span = SourceSpan(begin.file, begin.line + len(before) - 1, column)
            hint = r"write the character itself, or its one code: \U00020BB7, not \uD842\uDFB7"
            message = f"not valid Turtle: {match[0]} is no character"
            self.problems.append(Problem("GG001", message, span, hint))
            return "\N{REPLACEMENT CHARACTER}"

        return _ESCAPE.sub(character, token.text[quotes:-quotes])

    def fresh(self) -> Blank:
        self.blanks += 1
        return Blank(f" {self.blanks}")


def _number(token: Token) -> Text:
    if token.kind == "BOOLEAN":
        return Text(token.text, f"{XSD}boolean")
    kind = "double" if "e" in token.text.lower() else "decimal" if "." in token.text else "integer"
    return Text(token.text, XSD + kind)
