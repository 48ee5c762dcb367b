"""Values of variables, bound as terms: the query with a term in the place of a variable.

What is replaced are tokens, by whole terms as SPARQL writes them, so that no value can be read as anything
else. A variable that the query names in SELECT keeps its column; one that the query itself assigns (`AS`,
VALUES) stays as it is. Oxigraph's own substitution needs the variable in SELECT, which an aggregate forbids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from govgraph.parameters import Value
from govgraph.tokens import Token, tokenize

Role = Literal["term", "assigned", "projected", "grouped", "ordered"]

_MODIFIERS = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")


class Use(NamedTuple):
    """A variable in a query, what it does there, and the number of the group graph pattern around it."""

    token: Token
    role: Role
    scope: int


def bind_terms(text: str, values: Sequence[tuple[str, Value]]) -> str:
    """The query `text` with the terms of `values` in the place of the variables of these names."""
    terms = {name: str(term) for name, term in values}
    if not terms:
        return text
    uses = [use for use in find_uses(text) if use.token.text[1:] in terms]
    grouped = {(use.scope, use.token.text[1:]) for use in uses if use.role == "grouped"}
    pieces: list[str] = []
    end = 0
    for use in uses:
        pieces += (text[end : use.token.start], _written(use, terms, grouped))
        end = use.token.end
    return "".join((*pieces, text[end:]))


def _written(use: Use, terms: Mapping[str, str], grouped: set[tuple[int, str]]) -> str:
    variable = use.token.text
    term = terms[variable[1:]]
    match use.role:
        case "assigned":
            return variable
        case "projected":
            return variable if (use.scope, variable[1:]) in grouped else f"({term} AS {variable})"
        case "grouped":
            return f"({term} AS {variable})"
        case "ordered":
            return f"({term})"
        case "term":
            return f" {term} "


def find_uses(text: str) -> Iterator[Use]:
    """All variables of a query, in their order."""
    scopes = [(0, "")]
    """Number of each open group, and the clause that its tokens are in, as far as it matters."""
    count = 0
    before: Token | None = None
    for token in tokenize(text):
        if token.kind == "variable":
            scope, clause = scopes[-1]
            yield Use(token, _role(token, clause, before), scope)
        elif token.kind == "mark" and token.text == "{":
            count += 1
            scopes.append((count, ""))
        elif token.kind == "mark" and token.text == "}":
            del scopes[max(1, len(scopes) - 1) :]
            scope, clause = scopes[-1]
            scopes[-1] = scope, "" if clause == "VALUES" else clause
        elif token.is_word("SELECT", *_MODIFIERS):
            scopes[-1] = scopes[-1][0], token.text.upper()
        elif token.is_word("WHERE", "FROM"):
            scopes[-1] = scopes[-1][0], ""
        before = token


def _role(token: Token, clause: str, before: Token | None) -> Role:
    if before is not None and before.is_word("AS"):
        return "assigned"
    if clause == "VALUES":
        return "assigned"
    if token.inside == "(":
        return "term"
    roles: Mapping[str, Role] = {"SELECT": "projected", "GROUP": "grouped", "ORDER": "ordered"}
    return roles.get(clause, "term")
