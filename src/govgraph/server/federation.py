"""SERVICE (SPARQL 1.1 Federated Query): what a query asks of others, and the query with their answers.

A worker has no network. Each `SERVICE <iri> { pattern }` with a constant IRI that the project trusts is asked
by the server as `SELECT * { pattern }`, and its solutions then stand in its place as VALUES: by section 2.4,
the value of a SERVICE clause is the multiset of solutions that the endpoint gives for its pattern.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyoxigraph as ox

from govgraph.errors import QueryError, SourceSpan
from govgraph.iri import is_absolute
from govgraph.server.frames import Reply
from govgraph.server.guard import place
from govgraph.tokens import Token, prefixes, tokenize


@dataclass(frozen=True, slots=True)
class ServiceClause:
    """A SERVICE clause: the endpoint, its pattern with the braces, where it stands, and if SILENT."""

    iri: str
    pattern: str
    start: int
    end: int
    silent: bool


def find_services(
    text: str, known: Mapping[str, str], trusted: Collection[str], name: str
) -> tuple[ServiceClause, ...]:
    """The SERVICE clauses of the query `text`, in their order; `known` are prefixes beside its own.

    Raises QueryError GG712, with line and column, for a variable, for an endpoint that is not `trusted`, for
    one clause within another, and for what cannot be read without doubt.
    """
    tokens = tuple(tokenize(text))
    if doubtful := next((t for t in tokens if t.doubtful), None):
        raise _refused("the query cannot be read without doubt", text, doubtful, name)
    namespaces = {**known, **prefixes(text)}
    found: list[ServiceClause] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "word" and "service" in token.text.lower():
            clause, index = _read(text, tokens, index, namespaces, trusted, name)
            found.append(clause)
        else:
            index += 1
    return tuple(found)


def _read(
    text: str,
    tokens: Sequence[Token],
    index: int,
    namespaces: Mapping[str, str],
    trusted: Collection[str],
    name: str,
) -> tuple[ServiceClause, int]:
    """The clause that begins at the token `index`, and the index of the token after it."""
    keyword = tokens[index]
    rest = iter(tokens[index + 1 :])
    endpoint = next(rest, keyword)
    silent = endpoint.is_word("SILENT")
    if silent:
        endpoint = next(rest, keyword)
    if endpoint.kind == "variable":
        raise _refused("SERVICE with a variable may ask any endpoint", text, endpoint, name)
    iri = _iri(endpoint, namespaces)
    if not keyword.is_word("SERVICE") or iri is None:
        raise _refused("SERVICE stands before the IRI of an endpoint", text, keyword, name)
    if iri not in trusted:
        raise _refused(f"<{iri}> is no endpoint that may be asked here", text, endpoint, name)
    opening = index + 3 if silent else index + 2
    if opening >= len(tokens) or tokens[opening].text != "{":
        raise _refused("a group pattern in braces follows the endpoint", text, keyword, name)
    depth, end = 0, opening
    for end in range(opening, len(tokens)):
        token = tokens[end]
        depth += (token.text == "{") - (token.text == "}") if token.kind == "mark" else 0
        if token.kind == "word" and "service" in token.text.lower():
            raise _refused("SERVICE within SERVICE", text, token, name)
        if depth == 0:
            break
    if depth:
        raise _refused("'{' is not closed", text, tokens[opening], name)
    pattern = text[tokens[opening].start : tokens[end].end]
    return ServiceClause(iri, pattern, keyword.start, tokens[end].end, silent), end + 1


def _iri(token: Token, namespaces: Mapping[str, str]) -> str | None:
    if token.kind == "iri":
        return None if "\\" in token.text else token.text[1:-1]
    prefix, _, local = token.text.partition(":")
    if token.kind == "name" and prefix in namespaces and "\\" not in local:
        return namespaces[prefix] + local
    return None


def _refused(message: str, text: str, token: Token, name: str) -> QueryError:
    hint = "`services` in govgraph.yml lists the endpoints that queries may ask"
    return QueryError(message, "GG712", place(text, token.start, name), hint)


def remote_query(text: str, clause: ServiceClause, known: Mapping[str, str], base: str | None = None) -> str:
    """The query for the endpoint of `clause`, with the prefixes of the whole query `text`, and `base` where
    that declares none.
    """
    namespaces = {**known, **prefixes(text)}
    used = {
        p: iri for p, iri in namespaces.items() if re.search(rf"(?<![\w-]){re.escape(p)}:", clause.pattern)
    }
    declared = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in used.items())
    return f"{_bases(text, clause, base)}{declared}SELECT * WHERE {clause.pattern}"


def _bases(text: str, clause: ServiceClause, base: str | None) -> str:
    """What relative IRIs of the clause are resolved against, as BASE declarations; "" where it has none."""
    if all(is_absolute(t.text[1:-1]) for t in tokenize(clause.pattern) if t.kind == "iri"):
        return ""
    own = (iri.text for word, iri in pairwise(tokenize(text)) if word.is_word("BASE") and iri.kind == "iri")
    return "".join(f"BASE {iri}\n" for iri in (*([f"<{base}>"] if base else ()), *own))


def without_services(text: str, clauses: Sequence[ServiceClause]) -> str:
    """The query with an empty group for each clause; everything else keeps its line and column."""
    return _replace(text, clauses, [_blank(text[c.start : c.end]) for c in clauses])


def _blank(clause: str) -> str:
    return "{" + re.sub(r"[^\r\n]", " ", clause[1:-1]) + "}"


def with_answers(text: str, clauses: Sequence[ServiceClause], replies: Sequence[Reply], name: str) -> str:
    """The query with the endpoints' solutions in the place of the clauses.

    Blank nodes of an answer become IRIs of the scheme `urn:govgraph:genid:`, different in each clause (RDF
    1.1, section 3.5: Skolemization). Raises QueryError GG713 where an endpoint did not answer and its clause
    is not SILENT, which else counts as one solution without bindings (section 2.3).
    """
    values: list[str] = []
    for number, (clause, (answered, body)) in enumerate(zip(clauses, replies, strict=True), start=1):
        try:
            if not answered:
                raise ValueError(body.decode())
            values.append(_values(body, number))
        except (ValueError, SyntaxError) as e:
            if not clause.silent:
                message = f"<{clause.iri}> did not answer: {e}"
                hint = "ask again later, unless it refuses the pattern"
                raise QueryError(message, "GG713", place(text, clause.start, name), hint) from e
            values.append("{}")
    return _replace(text, clauses, values)


def _values(body: bytes, number: int) -> str:
    solutions = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if not isinstance(solutions, ox.QuerySolutions):
        raise ValueError("it answered yes or no, not with solutions")
    variables = " ".join(str(variable) for variable in solutions.variables)
    rows = (" ".join(_term(value, number) for value in solution) for solution in solutions)
    return f"{{ VALUES ({variables}) {{ {' '.join(f'({row})' for row in rows)} }} }}"


def _term(term: object, number: int) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, ox.BlankNode):
        return f"<urn:govgraph:genid:{number}:{term.value}>"
    if isinstance(term, ox.Triple):
        return f"<<( {' '.join(_term(part, number) for part in term)} )>>"
    return str(term)


def _replace(text: str, clauses: Sequence[ServiceClause], by: Sequence[str]) -> str:
    pieces: list[str] = []
    end = 0
    for clause, replacement in zip(clauses, by, strict=True):
        pieces += (text[end : clause.start], replacement)
        end = clause.end
    return "".join((*pieces, text[end:]))


def check_syntax(text: str, known: Mapping[str, str], name: str, base: str | None = None) -> None:
    """Raises QueryError GG701 where the query, without its SERVICE clauses, is malformed."""
    from govgraph.server.explain import explain

    try:
        ox.Store().query(text, prefixes=dict(known), base_iri=base)
    except SyntaxError as e:
        raise explain(text, str(e), name, known, base) from e
    except (OSError, RuntimeError, ValueError) as e:
        raise QueryError(f"the query failed: {e}", "GG705", SourceSpan(name)) from e
