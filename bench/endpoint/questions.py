"""What is asked: sequences of HTTP requests, the same bytes for each server."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path
from urllib.parse import quote

from data import FIRST_YEAR, ID, LABEL, NS, TOPICS_OF_MEASURE, WORDS, City, topic_of

ACCEPT = "application/sparql-results+json"
HEAD = "GET /sparql?query="
"""Both servers answer there."""
TAIL = f" HTTP/1.1\r\nHost: localhost\r\nAccept: {ACCEPT}\r\n\r\n"
PREFIXES = f"PREFIX ex: <{NS}> PREFIX rdfs: <{LABEL.removesuffix('label')}> "
OF_A_KIND = 50
"""Queries of each kind in the mix."""
DRAWN = 20_000
"""Draws from the mix, after which they come again."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Queries with two numbers in them, n % modulus and n // modulus, to which `first` is added.

    The n of segment s of S are s, s + S, s + 2 S …: no query comes twice, in whatever segments.
    """

    query: str
    modulus: int
    first: tuple[int, int] = (0, 0)

    def queries(self, segment: int, segments: int) -> Iterator[str]:
        for n in count(segment, segments):
            one, other = n % self.modulus, n // self.modulus
            yield self.query.replace("{one}", str(self.first[0] + one)).replace(
                "{other}", str(self.first[1] + other)
            )

    def write_lua(self, file: Path, segment: int, segments: int) -> None:
        """Writes what `wrk.lua` makes the same requests of."""
        before, rest = self.query.split("{one}")
        between, after = rest.split("{other}")
        values = {
            "parts": [HEAD + quote(before, ""), quote(between, ""), quote(after, "") + TAIL],
            "modulus": self.modulus,
            "first": list(self.first),
            "start": segment,
            "step": segments,
        }
        _write_lua(file, values)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Queries that come again and again: the n-th with weight 1/n (Zipf), drawn anew in each segment."""

    of: tuple[str, ...]

    def queries(self, segment: int, segments: int) -> Iterator[str]:  # noqa: ARG002
        return cycle([self.of[n] for n in self._draw(segment)])

    def write_lua(self, file: Path, segment: int, segments: int) -> None:  # noqa: ARG002
        values = {"requests": [_request(q) for q in self.of], "order": [n + 1 for n in self._draw(segment)]}
        _write_lua(file, values)

    def _draw(self, segment: int) -> list[int]:
        weights = [1 / n for n in range(1, len(self.of) + 1)]
        return random.Random(segment).choices(range(len(self.of)), weights, k=DRAWN)


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured, and how much of Oxigraph's rate is the goal, if there is one.

    `samples`: how many queries are checked beforehand; `rows`: how many each of them must give. `longer`: how
    many times longer it takes than other cases, since it has few answers, and those under way when time is up
    do not count.
    """

    name: str
    asked: Numbered | Repeated
    goal: float | None = None
    samples: int = 5
    rows: int | None = None
    longer: int = 1

    def sample(self, segments: int) -> list[str]:
        """Queries for the check, those of segment 0."""
        if isinstance(self.asked, Repeated):
            return list(self.asked.of[: self.samples])
        return list(islice(self.asked.queries(0, segments), self.samples))

    def requests(self, segment: int, segments: int) -> Iterator[bytes]:
        return (_request(q).encode() for q in self.asked.queries(segment, segments))


def make_cases(city: City) -> tuple[Case, ...]:
    """All cases; the rows asked for are 100 and 50,000 in a city of 1,000,000 triples."""
    ask = f"ASK {{ <{ID}measure/{{one}}> <{NS}topic> <{ID}topic/{{other}}> }}"
    ward = (
        f"SELECT ?measure ?property WHERE {{ ?measure ?property <{ID}ward/{{one}}> "
        f"FILTER(?measure != <{ID}measure/{{other}}>) }}"
    )
    year = (
        f"{PREFIXES}SELECT ?measure ?amount ?topic WHERE {{ ?measure ex:year {{one}} ; "
        "ex:amount ?amount ; ex:topic ?topic FILTER(?amount < {other}) }"
    )
    middle = city.measures // 2
    asked = Numbered(ask, city.measures)
    of_ward = Numbered(ward, city.wards, (0, city.measures))  # all but one that is not there
    of_year = Numbered(year, city.years, (FIRST_YEAR, 1_000_000_000))  # more than any amount
    one_ask = ask.replace("{one}", str(middle)).replace("{other}", str(topic_of(city, middle)))
    rows, many = city.measures_of_ward, city.measures_of_year * TOPICS_OF_MEASURE
    one_ward = next(of_ward.queries(0, 1))
    return (
        Case("repeated ASK", Repeated((one_ask,)), 0.4),
        Case("uncached ASK", asked, 0.25, samples=20),
        Case("repeated SELECT, 100 rows", Repeated((one_ward,)), 1.0, rows=rows),
        Case("uncached SELECT, 100 rows", of_ward, 0.45, rows=rows),
        Case("uncached SELECT, 50,000 rows", of_year, 1.0, samples=3, rows=many, longer=3),
        Case("mix", Repeated(tuple(_mix(city))), samples=24),
    )


def _mix(city: City) -> Iterator[str]:
    """Queries of six kinds by turns: look-up, join, filter, aggregate, first in order, text."""
    for n in range(OF_A_KIND):
        measure, ward, topic = n * 797 % city.measures, n * 31 % city.wards, n * 7 % city.topics
        year, word = FIRST_YEAR + n % city.years, WORDS[n % len(WORDS)][0]
        yield f"{PREFIXES}SELECT ?property ?value WHERE {{ <{ID}measure/{measure}> ?property ?value }}"
        yield (
            f"{PREFIXES}SELECT ?label ?by WHERE {{ ?measure ex:ward <{ID}ward/{ward}> ; "
            f"ex:topic <{ID}topic/{topic}> ; rdfs:label ?label ; ex:operator ?operator . "
            '?operator rdfs:label ?by FILTER(LANG(?label) = "ja" && LANG(?by) = "ja") }'
        )
        yield (
            f"{PREFIXES}SELECT ?measure ?amount ?started WHERE {{ ?measure ex:ward <{ID}ward/{ward}> ; "
            f"ex:amount ?amount ; ex:started ?started FILTER(?amount > {n * 100_000} && "
            f'?started >= "{year}-10-01"^^<http://www.w3.org/2001/XMLSchema#date>) }}'
        )
        yield (
            f"{PREFIXES}SELECT ?year (COUNT(*) AS ?measures) (SUM(?amount) AS ?total) WHERE {{ "
            f"?measure ex:topic <{ID}topic/{topic}> ; ex:year ?year ; ex:amount ?amount }} "
            "GROUP BY ?year ORDER BY ?year"
        )
        yield (
            f"{PREFIXES}SELECT ?measure ?amount WHERE {{ ?measure ex:year {year} ; ex:amount ?amount }} "
            f"ORDER BY DESC(?amount) ?measure LIMIT 20 OFFSET {20 * (n // city.years)}"
        )
        yield (
            f"{PREFIXES}SELECT ?measure ?label WHERE {{ ?measure ex:year {year} ; rdfs:label ?label "
            f'FILTER(CONTAINS(?label, "{word}") && CONTAINS(?label, "{n + 10}")) }} ORDER BY ?label LIMIT 20'
        )


def _request(query: str) -> str:
    return f"{HEAD}{quote(query, '')}{TAIL}"


def _write_lua(file: Path, values: dict[str, object]) -> None:
    lines = (f"{name} = {_lua(value)}\n" for name, value in values.items())
    file.write_text("".join(lines), encoding="ascii")


def _lua(value: object) -> str:
    """A value in Lua: a string of ASCII without control characters but CR and LF is as in JSON."""
    if isinstance(value, list):
        return f"{{{', '.join(map(_lua, value))}}}"
    return json.dumps(value)
