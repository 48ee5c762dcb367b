"""What a query must not be, found out before it reaches Oxigraph's parser.

Oxigraph cannot be told to leave `SERVICE` alone, and its parser recurses: a query nested deeply enough ends
the process, and one with nested `SUBSTR` holds it for hours. Both are refused here, by the lexical rules
alone. A query whose letters cannot spell either is let through as it is; of the others, also those are
refused that the parser could read in another way than these rules do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, cast

from govgraph.errors import QueryError, SourceSpan, did_you_mean
from govgraph.tokens import Token, tokenize

MAX_LENGTH = 256 * 1024
"""Characters of a query."""
MAX_PARTS = 10_000
"""Brackets, operators and separators outside VALUES blocks: each may cost the parser a level of its stack."""
MAX_REPARSED = 10
"""Nested calls of `_REPARSED`: the parser reads the arguments of each twice, so n levels cost 2 to the n."""

VOLATILE = ("NOW", "RAND", "UUID", "STRUUID", "BNODE")
"""Functions whose value changes from one answer to the next."""

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_PROLOGUE = ("BASE", "PREFIX", "VERSION")
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_REPARSED = ("SUBSTR", "REGEX", "REPLACE", "GROUP_CONCAT")
_BEFORE_GRAPH_NAME = ("GRAPH", "NAMED", "FROM", "DESCRIBE")
_PARTS = re.compile(r"[{(\[.;,*/+\-=<>!|^?~&]")
_SCHEME = r"<[A-Za-z][A-Za-z0-9+.\-]*:"
_FINISHED = re.compile(rf"{_SCHEME}(?!//)[^\\]*|{_SCHEME}//[^/?#\\]*[/?#][^\\]*")
_PLAIN = re.compile(
    r"(?:\s+|#[^\r\n]*[\r\n]|PREFIX\s+[\w.-]*:\s*<[^<>\s]*>)*(SELECT|ASK|DESCRIBE)(?![\w:.-])", re.IGNORECASE
)
"""The beginning of a query with nothing but prefixes and comments before its form."""
_SPECIAL = ("SERVICE", "FROM", "CONSTRUCT", *VOLATILE, *_REPARSED)
"""What a query must not have, not even within a name, so that its beginning tells all of its facts."""
_REPARSED_WORD = re.compile("|".join(_REPARSED), re.IGNORECASE)


class Facts(NamedTuple):
    """What the words of a query tell: its form, whether it names its own dataset (FROM), and whether the
    same snapshot always gives the same bytes for it (no clock, no random number, no new blank node).
    """

    form: Form
    names_dataset: bool
    repeatable: bool
    services: bool = False
    """Whether it may hold SERVICE clauses, which the caller then looks at."""


def examine(text: str, name: str = "query", *, federated: bool = False) -> Facts:
    """The facts of a query that may be evaluated; `name` stands for the query in messages, `federated`
    says that SERVICE is not refused here.

    Raises QueryError with line and column: GG701 for no query at all, an update, or more than the parser can
    bear, GG712 for federation (`SERVICE`). It does not say that the query is well formed.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query is too long: {len(text):,} characters, at most {MAX_LENGTH:,}",
            "GG701",
            SourceSpan(name),
        )
    if len(text) <= MAX_PARTS and (plain := _PLAIN.match(text)) and not _is_special(text.upper()):
        return Facts(form=cast(Form, plain[1].upper()), names_dataset=False, repeatable=True)
    tokens = tuple(tokenize(text))
    form = _form(text, tokens, name)
    services = federated and _find_service(tokens) is not None
    if not services:
        _refuse_unsafe(text, tokens, name)
    return Facts(
        form=form,
        names_dataset=any(t.is_word("FROM") and not t.inside for t in tokens),
        services=services,
        repeatable=not services
        and not any(t.is_word(*VOLATILE) for t in tokens)
        and not (form == "CONSTRUCT" and _makes_blank_nodes(tokens)),
    )


def _is_special(upper: str) -> bool:
    return any(word in upper for word in _SPECIAL)


def place(text: str, offset: int, name: str) -> SourceSpan:
    """Line and column, both from 1 and in characters, of a place in a query."""
    line_start = text.rfind("\n", 0, offset) + 1
    return SourceSpan(name, text.count("\n", 0, offset) + 1, offset - line_start + 1)


def _form(text: str, tokens: Sequence[Token], name: str) -> Form:
    """The query form: the first word after the prologue (section 4.1 of SPARQL 1.1 Query)."""
    if not tokens:
        raise QueryError("the query is empty", "GG701", SourceSpan(name, 1, 1))
    body = (t for t in tokens if t.kind not in ("iri", "name", "string") and not t.is_word(*_PROLOGUE))
    after = next(body, None)
    if after is None:
        raise QueryError("no query after the prologue", "GG701", place(text, tokens[-1].end, name))
    span = place(text, after.start, name)
    if after.is_word(*_UPDATES):
        raise QueryError(
            f"{after.text.upper()} is an update, and this endpoint only answers queries",
            "GG701",
            span,
            "the graph changes only by building a new snapshot: `govgraph build`",
        )
    if not after.is_word(*_FORMS):
        hint = did_you_mean(after.text.upper(), _FORMS)
        raise QueryError(f"malformed query: unexpected '{short(after.text)}'", "GG701", span, hint)
    return cast(Form, after.text.upper())


def _refuse_unsafe(text: str, tokens: Sequence[Token], name: str) -> None:
    """Raises QueryError where the query is unsafe, or may be read as one that is."""
    speaks_of_service = "service" in text.lower()
    if (
        not speaks_of_service
        and len(_PARTS.findall(text)) <= MAX_PARTS
        and len(_REPARSED_WORD.findall(text)) <= MAX_REPARSED
    ):
        return
    if speaks_of_service and (found := _find_service(tokens)):
        raise QueryError(
            "SERVICE asks another endpoint, and federation is off here",
            "GG712",
            place(text, found.start, name),
            "ask the other endpoint on its own; or name it under services in govgraph.yml",
        )
    _refuse_excess(text, tokens, name)
    if unfinished := _find_unfinished_namespace(tokens):
        raise QueryError(
            f"malformed query: the namespace {short(unfinished.text)} ends within its host",
            "GG701",
            place(text, unfinished.start, name),
            "end it with '/' or '#'",
        )
    if doubtful := next((t for t in tokens if t.doubtful), None):
        raise QueryError(
            f"malformed query: unexpected '{short(doubtful.text)}'",
            "GG701",
            place(text, doubtful.start, name),
            "write a space after '<' where it compares" if doubtful.kind == "iri" else None,
        )


def _find_service(tokens: Sequence[Token]) -> Token | None:
    """The token that is, or that the parser reads as, the keyword SERVICE."""
    for index, token in enumerate(tokens):
        if token.kind == "word" and "service" in token.text.lower():
            return token
        # The parser splits words: `service:a {` is SERVICE, then the prefixed name `:a`.
        if token.kind == "name" and "service" in token.text.lower().partition(":")[0]:
            after, before = tokens[index + 1 : index + 2], tokens[index - 1]
            if after and after[0].text == "{" and not before.is_word(*_BEFORE_GRAPH_NAME):
                return token
    return None


def _find_unfinished_namespace(tokens: Sequence[Token]) -> Token | None:
    """The IRI of a prefix after which a local name may make no IRI.

    The parser then takes the prefix alone, and reads on within the local name: after
    `PREFIX ex: <http://h:8>` it splits `ex:SERVICE` into `ex:` and a keyword.
    """
    for prefix, iri in pairwise(tokens):
        declares = prefix.kind == "name" and prefix.text.endswith(":") and not prefix.inside
        if declares and iri.kind == "iri" and not _FINISHED.fullmatch(iri.text):
            return iri
    return None


def _refuse_excess(text: str, tokens: Sequence[Token], name: str) -> None:
    parts = 0
    calls: list[bool] = []  # one an open bracket: does a call of _REPARSED open it?
    before: Token | None = None
    for token in tokens:
        if token.kind == "mark" and not token.data:
            if token.text in "{([":
                calls.append(before is not None and before.text.upper().endswith(_REPARSED))
                if sum(calls) > MAX_REPARSED:
                    raise QueryError(
                        f"more than {MAX_REPARSED} nested calls of {', '.join(_REPARSED)}",
                        "GG701",
                        place(text, token.start, name),
                        "put the inner ones into BIND",
                    )
            elif token.text in "})]" and calls:
                calls.pop()
            is_argument = token.text == "," and token.inside == "("
            parts += token.text not in "})]" and not is_argument
            if parts > MAX_PARTS:
                raise QueryError(
                    f"the query has more than {MAX_PARTS} brackets, operators and separators",
                    "GG701",
                    place(text, token.start, name),
                    "put long lists into VALUES",
                )
        before = token


def _makes_blank_nodes(tokens: Sequence[Token]) -> bool:
    """Whether the template of a CONSTRUCT query names blank nodes, which get new labels in each answer."""
    template = False
    for token in tokens:
        if token.text == "{" and not token.inside:
            template = True
        elif token.text == "}" and not token.inside:
            return False
        elif template and (token.kind == "label" or token.text in ("[", "(")):
            return True
    return False


def short(text: str) -> str:
    """`text`, cut for a message."""
    return text if len(text) <= 40 else text[:39] + "…"
