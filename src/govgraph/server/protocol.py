"""SPARQL 1.1 Protocol: what a client asks for, read from an HTTP request (sections 2.1.1 to 2.1.5). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from govgraph.errors import QueryError, did_you_mean
from govgraph.iri import is_absolute
from govgraph.server.evaluate import Query

MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""
MAX_PARAMETERS: Final = 1000

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
SPARQL_QUERY = "application/sparql-query"
SPARQL_UPDATE = "application/sparql-update"

_DATASET = ("default-graph-uri", "named-graph-uri")
PARAMETERS = ("query", "default-graph-uri", "named-graph-uri", "format", "lang", "timeout")
_OF_UPDATES = {"using-graph-uri": "default-graph-uri", "using-named-graph-uri": "named-graph-uri"}
"""Parameter of updates (section 2.2.3) -> the one of queries that says the same."""
READ_ONLY = "the graph changes only by building a new snapshot: `govgraph build`"


class RequestError(QueryError):
    """A request that the protocol does not allow; `status` is the status of the answer."""

    def __init__(
        self,
        status: int,
        message: str,
        hint: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        nearest: Sequence[str] = (),
    ) -> None:
        """`headers` are fields that the answer needs beside the usual ones, `nearest` IRIs that may be
        meant.
        """
        super().__init__(message, "GG704", hint=hint)
        self.status = status
        self.headers = headers
        self.nearest = tuple(nearest)


class Asked(NamedTuple):
    """What a request asks for: a query, or None (the service itself), and the parameters beside it."""

    query: Query | None
    format: str | None = None
    language: str | None = None
    timeout: float | None = None
    """Seconds that the caller allows, None where it says nothing."""

    @property
    def text(self) -> str:
        """The text of the query, "" where there is none."""
        return self.query.text if self.query else ""


def read_request(method: str, query_string: bytes, content_type: str | None, body: bytes) -> Asked:
    """What a GET, HEAD or POST request asks for.

    Raises RequestError (GG704) with status 400 for a request that says too little, too much, or what is not
    UTF-8; 403 for an update; 413 for too large a body; 415 for a body of another type.
    """
    pairs = read_pairs(query_string)
    if method == "GET" and [name for name, _ in pairs] == ["query"]:
        return Asked(Query(pairs[0][1]))  # as most are
    if method == "POST":
        if len(body) > MAX_BODY:
            raise RequestError(413, f"the body has more than {MAX_BODY:,} bytes")
        pairs += _posted(content_type, body)
    if any(name == "update" for name, _ in pairs):
        raise RequestError(403, "updates are refused: this endpoint only answers queries", READ_ONLY)
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) > 1:
        raise RequestError(400, "more than one query", "send exactly one 'query'")
    if method == "POST" and not queries:
        raise RequestError(400, "no query", _misspelt(pairs) or "send it as form field 'query'")
    if not queries and pairs and (hint := _misspelt(pairs)):
        raise RequestError(400, "no query", hint)
    if of_updates := next((name for name, _ in pairs if name in _OF_UPDATES), None):
        raise RequestError(400, f"'{of_updates}' belongs to updates", f"send '{_OF_UPDATES[of_updates]}'")
    if not queries and any(name in _DATASET for name, _ in pairs):
        raise RequestError(400, "graphs, but no query", "send one as 'query'")
    default, named = (dict.fromkeys(_graph(n, value) for n, value in pairs if n == kind) for kind in _DATASET)
    single = dict(reversed(pairs))
    return Asked(
        Query(queries[0], tuple(default), tuple(named)) if queries else None,
        single.get("format") or None,
        single.get("lang"),
        read_seconds(single.get("timeout")),
    )


def _posted(content_type: str | None, body: bytes) -> list[tuple[str, str]]:
    """The parameters of a body: those of a form, or the query that the body is."""
    media_type, _, parameters = (content_type or "").partition(";")
    media_type = media_type.strip().lower()
    if media_type == SPARQL_UPDATE:
        raise RequestError(403, "updates are refused: this endpoint only answers queries", READ_ONLY)
    if media_type not in (FORM, SPARQL_QUERY):
        given = f"'{media_type}'" if media_type else "no content type"
        raise RequestError(415, f"a query cannot be posted with {given}", f"use {FORM} or {SPARQL_QUERY}")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() not in ("utf-8", "utf8"):
            raise RequestError(415, f"a query cannot be posted in '{value}'", "send it in UTF-8")
    if media_type == FORM:
        return read_pairs(body)
    try:
        return [("query", body.decode())]
    except UnicodeDecodeError as e:
        raise RequestError(400, f"the query is not UTF-8 (byte {e.start})", "send it in UTF-8") from e


def read_pairs(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values of a form (URL Living Standard, section 5.1), read as strict UTF-8.

    Raises RequestError (GG704) with status 400 where they are no UTF-8, or more than `MAX_PARAMETERS`.
    """
    if encoded.count(b"&") >= MAX_PARAMETERS:
        raise RequestError(400, f"more than {MAX_PARAMETERS} parameters")
    pairs = []
    try:
        for field in encoded.split(b"&"):
            if field:
                name, _, value = field.replace(b"+", b" ").partition(b"=")
                pairs.append((unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()))
    except UnicodeDecodeError as e:
        raise RequestError(400, "the parameters are not UTF-8", "percent-encode UTF-8") from e
    return pairs


def read_seconds(given: str | None) -> float | None:
    """Seconds of the parameter `timeout`, None where it is not given; raises RequestError GG704."""
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", given) or not float(given):
        raise RequestError(400, f"timeout: '{given}' is no number of seconds", "such as timeout=5")
    return float(given)


def _graph(name: str, iri: str) -> str:
    if not is_absolute(iri):
        raise RequestError(400, f"{name}: '{iri}' is no absolute IRI")
    return iri


def _misspelt(pairs: list[tuple[str, str]]) -> str | None:
    """A hint where a parameter's name is near to one that the protocol knows."""
    for name, _ in pairs:
        hint = did_you_mean(name, PARAMETERS)
        if name not in PARAMETERS and hint and hint.startswith("did"):
            return f"'{name}': {hint}"
    return None
