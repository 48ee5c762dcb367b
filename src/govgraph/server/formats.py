"""Formats of answers, and which of them a client accepts (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import mimeparse

from govgraph.errors import QueryError, did_you_mean
from govgraph.queries import Language
from govgraph.server.guard import Form


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its short name, its media type, its name in the W3C's registry of file formats, and other
    media types under which it is asked for. `prefixed` formats abbreviate IRIs.
    """

    name: str
    media_type: str
    registered: str = ""
    also: tuple[str, ...] = ()
    prefixed: bool = False


JSON = Format("json", "application/sparql-results+json", "SPARQL_Results_JSON", ("application/json",))
XML = Format("xml", "application/sparql-results+xml", "SPARQL_Results_XML", ("application/xml", "text/xml"))
CSV = Format("csv", "text/csv", "SPARQL_Results_CSV")
TSV = Format("tsv", "text/tab-separated-values", "SPARQL_Results_TSV")
TURTLE = Format("turtle", "text/turtle", "Turtle", prefixed=True)
N_TRIPLES = Format("ntriples", "application/n-triples", "N-Triples")
RDF_XML = Format("rdfxml", "application/rdf+xml", "RDF_XML", prefixed=True)
JSON_LD = Format("jsonld", "application/ld+json", "JSON-LD", ("application/json",))
N_QUADS = Format("nquads", "application/n-quads", "N-Quads")
TRIG = Format("trig", "application/trig", "TriG", prefixed=True)
HTML = Format("html", "text/html")
PLAIN_JSON = Format("json", "application/json")
PROBLEM = Format("problem", "application/problem+json")

ENCODINGS = ("zstd", "gzip")
"""Content codings in our order of preference (RFC 9110, section 8.4.1; RFC 8878)."""

SOLUTIONS = (JSON, XML, CSV, TSV)
BOOLEAN = (JSON, XML)
"""The W3C formats CSV and TSV have no place for the answer of an ASK query."""
GRAPH = (TURTLE, N_TRIPLES, RDF_XML, JSON_LD, N_QUADS, TRIG)

BY_FORM: dict[Form, tuple[Format, ...]] = {
    "SELECT": SOLUTIONS,
    "ASK": BOOLEAN,
    "CONSTRUCT": GRAPH,
    "DESCRIBE": GRAPH,
}
"""Query form -> formats of its answer, the default first."""


def negotiate(accept: str, named: str | None, offered: tuple[Format, ...]) -> tuple[Format, str]:
    """The format that is `named`, else the one that `accept` prefers, and its media type.

    Raises QueryError GG702 where it is not offered, GG704 where `accept` is malformed.
    """
    if named:
        chosen = by_name(named, offered)
        return chosen, chosen.media_type
    return _choose(accept, offered)


@lru_cache(maxsize=256)
def _choose(accept: str, offered: tuple[Format, ...]) -> tuple[Format, str]:
    return choose(accept, offered)


def with_charset(media_type: str) -> str:
    """The Content-Type field: text types say that they are UTF-8."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def choose(accept: str | None, offered: Sequence[Format]) -> tuple[Format, str]:
    """The format of `offered` that `accept` prefers, and the media type under which it was asked for.

    Of equally welcome formats, one that is named goes before one that a wildcard covers, then the order of
    `offered` decides. Raises QueryError GG702 where none is acceptable, GG704 where the field is malformed.
    """
    by_type = {m: f for f in reversed(offered) for m in f.also}
    by_type |= {f.media_type: f for f in reversed(offered)}  # last: goes before the others under a wildcard
    try:
        media_type = mimeparse.best_match(list(by_type), (accept or "*/*").lower())
    except mimeparse.MimeTypeParseException as e:
        raise QueryError("the Accept field cannot be read", "GG704", hint=_offer(offered)) from e
    if not media_type:
        raise QueryError(f"no acceptable format: {accept}", "GG702", hint=_offer(offered))
    return by_type[media_type], media_type


def by_name(name: str, offered: Sequence[Format]) -> Format:
    """The format of `offered` with this short name; raises QueryError GG702."""
    for offer in offered:
        if offer.name == name:
            return offer
    hint = did_you_mean(name, [f.name for f in offered])
    raise QueryError(f"no format '{name}' for this kind of query", "GG702", hint=hint)


class Coding(NamedTuple):
    """A content coding of `ENCODINGS`, "" for none, and whether also short answers must have it."""

    name: str
    always: bool = False


PLAIN = Coding("")
"""The answer as it is."""


@lru_cache(maxsize=64)
def choose_encoding(accept_encoding: str, offered: tuple[str, ...] = ENCODINGS) -> Coding | None:
    """The content coding for this Accept-Encoding field (RFC 9110, section 12.5.3), None if all are refused.

    Of equally welcome codings the order of those `offered` decides; one that only a wildcard covers is chosen
    where an answer without any is refused (`identity;q=0`), and else not.
    """
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", weight)
        weights[coding.strip()] = float(quality[1]) if quality else 0.0 if weight.strip() else 1.0
    plain, others = weights.get("identity"), weights.get("*")
    if plain is None and others == 0:
        plain = 0.0
    default = (others or 0.0) if plain == 0 else 0.0
    best = max(offered, key=lambda coding: weights.get(coding, default))
    welcome = weights.get(best, default)
    if plain == 0:
        return Coding(best, always=True) if welcome > 0 else None
    return Coding(best) if welcome > 0 and welcome >= (plain or 0.0) else PLAIN


def _offer(offered: Sequence[Format]) -> str:
    return "offered: " + ", ".join(f.media_type for f in offered)


def choose_language(asked: str | None, accept_language: str | None, known: Sequence[Language]) -> Language:
    """The language of a page: the one asked for by name, else the first that the client prefers and the
    project has (RFC 9110, section 12.5.4), else the project's first.
    """
    ranges = []
    for part in (accept_language or "").split(","):
        tag, _, weight = part.partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", weight, re.IGNORECASE)
        ranges.append((-float(quality[1]) if quality else -1.0, tag.strip().lower().partition("-")[0]))
    preferred = [tag for weight, tag in sorted(ranges, key=lambda r: r[0]) if weight < 0]
    wanted = [asked, *preferred]
    return next((language for w in wanted for language in known if language == w), known[0])
