"""Where a malformed query is wrong, in words.

Oxigraph names the furthest place where it looked for something, and looks ahead for whole keywords, so that
this place often lies beyond the mistake. With wide gaps between all tokens it lies within the token that is
wrong: so the query is parsed once more with gaps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pyoxigraph as ox

from govgraph.errors import QueryError, did_you_mean
from govgraph.queries import VOCABULARIES
from govgraph.server.binding import find_uses
from govgraph.server.guard import place, short
from govgraph.tokens import Token, prefixes, tokenize

_COMPLAINT = re.compile(r"error at (\d+):(\d+): expected (.*)", re.DOTALL)
_GAP = " " * 24
_JOINED = frozenset(("{|", "|}", "<<", ">>", "<=", ">="))
_UNGROUPED = "with GROUP BY or an aggregate, SELECT may only name variables that are grouped or aggregated"
_RULES: Mapping[str, str] = {
    "The SELECT contains a variable that is unbound": _UNGROUPED,
    "Duplicated variable name in SELECT": "SELECT names a variable twice",
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot stand with GROUP BY or an aggregate",
    "The VALUES clause rows should": "a row of VALUES has more or fewer values than there are variables",
    "The query limit": "LIMIT is no whole number that fits",
    "The query offset": "OFFSET is no whole number that fits",
}
"""Beginning of a sentence in Oxigraph's complaint -> the rule of SPARQL that the query breaks."""
_KEYWORDS = (
    *("SELECT", "DISTINCT", "REDUCED", "CONSTRUCT", "DESCRIBE", "ASK", "FROM", "NAMED", "WHERE", "GRAPH"),
    *("OPTIONAL", "UNION", "MINUS", "FILTER", "EXISTS", "BIND", "VALUES", "UNDEF", "PREFIX", "BASE"),
    *("GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "ASC", "DESC", "COUNT", "SUM", "AVG", "MIN", "MAX"),
    *("SAMPLE", "GROUP_CONCAT", "SEPARATOR", "STR", "LANG", "LANGMATCHES", "DATATYPE", "BOUND", "COALESCE"),
    *("CONCAT", "CONTAINS", "STRSTARTS", "STRENDS", "STRLEN", "SUBSTR", "REPLACE", "REGEX", "UCASE", "LCASE"),
    *("ABS", "CEIL", "FLOOR", "ROUND", "YEAR", "MONTH", "DAY", "ISIRI", "ISLITERAL", "SAMETERM"),
)

_AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT")
_OPERATORS: Mapping[str, str] = {"AND": "&&", "OR": "||", "NOT": "!"}
"""Words of other languages -> what SPARQL writes."""


def explain(
    text: str, complaint: str, name: str, known: Mapping[str, str] | None = None, base: str | None = None
) -> QueryError:
    """The error GG701 for a query that Oxigraph refused with `complaint`: what is wrong, and where.

    The query may use the prefixes `known` without declaring them, and IRIs relative to `base`.
    """
    tokens = tuple(tokenize(text))
    declared = {**(known or {}), **prefixes(text)}
    index, complaint = _locate(tokens, complaint, declared, base)
    read = tokens[: index + 1]
    rule = next((said for known, said in _RULES.items() if known in complaint), None)
    offset, hint = read[-1].start, None
    if broken := next((t for t in read if t.kind == "stray" and t.text[0] in "\"'"), None):
        offset, message = broken.start, "the string is not closed"
        hint = "a string over several lines stands in three quotes"
    elif rule == _UNGROUPED and (ungrouped := _ungrouped(text)):
        offset, message = ungrouped.start, f"{ungrouped.text} is not grouped: {rule}"
        hint = f"GROUP BY {ungrouped.text}, or SAMPLE({ungrouped.text})"
    elif rule:
        message = rule
    elif index == len(tokens) and (
        extra := next((t for t in tokens if t.doubtful and t.kind == "mark"), None)
    ):
        offset, message = extra.start, f"'{extra.text}' closes no bracket"
    elif index < len(tokens):
        wrong, message, hint = _about(tokens, index, complaint, declared)
        offset = wrong.start
    elif opened := _unclosed(tokens):
        offset, message = opened.start, f"'{opened.text}' is not closed"
    else:
        message, hint = (
            "something is missing, or breaks a rule",
            "is a clause missing, or a variable bound twice?",
        )
        offset = tokens[-1].end
    return QueryError(f"malformed query: {message}", "GG701", place(text, offset, name), hint)


def _locate(
    tokens: Sequence[Token], complaint: str, known: Mapping[str, str], base: str | None
) -> tuple[int, str]:
    """Which token Oxigraph does not understand (one past the last where it read all), and its complaint."""
    spaced = ""
    starts: list[int] = []
    for before, token in zip((None, *tokens), tokens, strict=False):
        spaced += _GAP if before and _may_part(before, token) else ""
        starts.append(len(spaced))
        spaced += re.sub(r"[\r\n]", " ", token.text)  # a line break would shift the column that is sought
    spaced += _GAP
    try:
        ox.Store().query(spaced, prefixes=dict(known), base_iri=base)
    except SyntaxError as e:
        if match := _COMPLAINT.match(str(e)):
            column = int(match[2]) - 1
            index = max(i for i, start in enumerate(starts) if start <= column)
            all_read = column >= len(spaced) or (
                tokens[index:] == tokens[-1:] and tokens[-1].text == "}" and column > starts[-1]
            )
            return (len(tokens) if all_read else index), match[3]
    return len(tokens), complaint


def _may_part(before: Token, token: Token) -> bool:
    """Whether spaces may stand between two tokens without a change of meaning."""
    touching = before.end == token.start
    if touching and token.text == "(":
        return before.kind not in ("word", "name", "iri")  # some functions must touch their arguments
    return not (touching and (before.text + token.text in _JOINED))


def _about(
    tokens: Sequence[Token], index: int, complaint: str, declared: Mapping[str, str]
) -> tuple[Token, str, str | None]:
    """The token to show, what is wrong with it, and a hint."""
    wrong, before = tokens[index], tokens[index - 1]
    word = wrong.text.upper()
    prefix, _, _ = wrong.text.partition(":")
    if prefix in ("http", "https", "urn") and wrong.kind == "name" and prefix not in declared:
        return wrong, f"unexpected '{short(wrong.text)}'", "IRIs stand in angle brackets: <…>"
    if wrong.kind == "name" and prefix not in declared:
        known = VOCABULARIES.get(prefix)
        hint = f"PREFIX {prefix}: <{known}>" if known else did_you_mean(prefix, list(declared))
        return wrong, f"prefix '{prefix}:' is not declared", hint
    if wrong.kind == "name" and wrong.doubtful:
        return wrong, f"'{short(wrong.text)}' has several dots", "write '\\.' for each, or the whole IRI"
    if "IRI parsing failed" in complaint:
        opening = next((t for t in reversed(tokens[: index + 1]) if t.text.startswith("<")), wrong)
        if opening.kind == "iri":
            return opening, f"{short(opening.text)} is no absolute IRI", "write it in full, or declare BASE"
        return opening, "an IRI has a character that IRIs have not", "escape it: %20 for a space"
    if wrong.kind == "label":
        return wrong, f"'{wrong.text}' stands in two groups", "use a variable"
    if wrong.text == "(" and before.kind == "word" and before.text.upper() not in _KEYWORDS:
        return before, f"no function '{before.text}'", did_you_mean(before.text.upper(), _KEYWORDS)
    hint = _slip(tokens, index)
    if hint is None and re.fullmatch(r'"[^"]+"', complaint):
        hint = f"expected {complaint}"
    elif hint is None and wrong.kind == "word" and len(word) > 3 and word not in _KEYWORDS:
        hint = did_you_mean(word, _KEYWORDS)
    return wrong, f"unexpected '{short(wrong.text)}'", hint


def _ungrouped(text: str) -> Token | None:
    """The variable of SELECT that is not grouped, in a query without subqueries."""
    uses = tuple(find_uses(text))
    projected = [use for use in uses if use.role == "projected"]
    grouped = {use.token.text for use in uses if use.role == "grouped"}
    if len({use.scope for use in projected}) != 1:
        return None
    return next((use.token for use in projected if use.token.text not in grouped), None)


def _slip(tokens: Sequence[Token], index: int) -> str | None:
    """A hint where the token at `index` is a slip that many make."""
    wrong, before = tokens[index], tokens[index - 1]
    word, last = wrong.text.upper(), before.text.upper()
    clause = next((t.text.upper() for t in reversed(tokens[:index]) if t.kind == "word" and not t.inside), "")
    if wrong.text == "(" and last in _AGGREGATES:
        return f"write ({last}(…) AS ?name)"
    if wrong.text == "," and clause in ("SELECT", "DISTINCT", "REDUCED"):
        return "variables of SELECT stand apart by spaces, without commas"
    if before.is_word("ORDER", "GROUP") and word != "BY":
        return f"write {last} BY"
    if before.is_word("FILTER") and wrong.text != "(":
        return "write FILTER(…)"
    if before.is_word("LIMIT", "OFFSET"):
        return f"{last} takes a whole number"
    if wrong.text == "=" and before.text == "=":
        return "write '=' to compare"
    if wrong.kind == "word" and word in _OPERATORS:
        return f"write '{_OPERATORS[word]}'"
    return None


def _unclosed(tokens: Sequence[Token]) -> Token | None:
    """The innermost bracket that is still open at the end."""
    opened: list[Token] = []
    for token in tokens:
        if token.text in ("{", "(", "["):
            opened.append(token)
        elif token.text in ("}", ")", "]") and not token.doubtful:
            opened.pop()
    return opened[-1] if opened else None
