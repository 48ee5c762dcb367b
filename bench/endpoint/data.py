"""Made-up measures of a made-up city, the same at each run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pyoxigraph import RdfFormat, Store

BASE = "http://example.org/"
NS = f"{BASE}ns#"
ID = f"{BASE}id/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
COMMENT = "http://www.w3.org/2000/01/rdf-schema#comment"
XSD = "http://www.w3.org/2001/XMLSchema#"

MINIMUM = 2_000
FIRST_YEAR = 2013
TOPICS_OF_MEASURE = 10
WORDS = (
    ("防災", "Disaster prevention"),
    ("子育て支援", "Childcare"),
    ("商店街", "Shopping streets"),
    ("公園緑地", "Parks"),
    ("図書館", "Libraries"),
    ("高齢者福祉", "Care for the elderly"),
    ("下水道", "Sewers"),
    ("観光", "Tourism"),
    ("地域交通", "Local transport"),
    ("感染症対策", "Infection control"),
)


@dataclass(frozen=True, slots=True)
class City:
    """How many things there are. Each measure has 24 triples, each other thing 4."""

    measures: int
    wards: int
    topics: int
    years: int
    operators: int

    @property
    def triples(self) -> int:
        return 24 * self.measures + 4 * (self.wards + self.topics + self.operators)

    @property
    def measures_of_ward(self) -> int:
        return self.measures // self.wards

    @property
    def measures_of_year(self) -> int:
        return self.measures // self.years


def plan_city(triples: int) -> City:
    """A city of `triples` triples, 3 fewer at most; a ward has 100 measures, a year 5,000, or all there are.

    Raises SystemExit for fewer triples than `MINIMUM`.
    """
    if triples < MINIMUM:
        sys.exit(f"a city has {MINIMUM:,} triples at least")
    measures = triples // 25
    measures -= measures % max(unit for unit in (1, 100, 5_000) if unit <= measures)
    wards, topics, years = max(1, measures // 100), max(10, measures // 400), max(1, measures // 5_000)
    operators = (triples - 24 * measures) // 4 - wards - topics
    return City(measures, wards, topics, years, operators)


def write_store(city: City, folder: Path) -> int:
    """Loads the city into a store, all in its default graph; returns how many triples the store has."""
    triples = folder.with_suffix(".nt")
    with triples.open("w", encoding="utf-8") as file:
        file.writelines(f"{s} {p} {o} .\n" for s, p, o in _triples(city))
    store = Store(str(folder))
    store.bulk_load(path=str(triples), format=RdfFormat.N_TRIPLES)
    store.optimize()
    triples.unlink()
    return len(store)


def topic_of(city: City, measure: int) -> int:
    """The first of the topics of a measure."""
    return (measure * 3 + measure // city.wards) % city.topics


def _triples(city: City) -> Iterator[tuple[str, str, str]]:
    for n in range(city.wards):
        yield from _thing("Ward", "ward", n, f"第{n}区", f"Ward {n}")
        yield _iri("ward", n), f"<{NS}population>", _typed(50_000 + n * 977 % 200_000, "integer")
    for n in range(city.topics):
        ja, en = WORDS[n % len(WORDS)]
        yield from _thing("Topic", "topic", n, f"{ja}の分野{n}", f"{en}, field {n}")
        yield _iri("topic", n), f"<{NS}group>", _iri("group", n % len(WORDS))
    for n in range(city.operators):
        yield from _thing("Operator", "operator", n, f"市民団体{n}", f"Citizens' group {n}")
        yield _iri("operator", n), f"<{NS}members>", _typed(5 + n * 13 % 200, "integer")
    for n in range(city.measures):
        yield from _measure(city, n)


def _thing(cls: str, kind: str, n: int, ja: str, en: str) -> Iterator[tuple[str, str, str]]:
    yield _iri(kind, n), f"<{RDF_TYPE}>", f"<{NS}{cls}>"
    yield _iri(kind, n), f"<{LABEL}>", f'"{ja}"@ja'
    yield _iri(kind, n), f"<{LABEL}>", f'"{en}"@en'


def _measure(city: City, n: int) -> Iterator[tuple[str, str, str]]:
    ja, en = WORDS[n * 7 % len(WORDS)]
    yield from _thing("Measure", "measure", n, f"{ja}事業 第{n}号", f"{en} project no. {n}")
    year = n // city.measures_of_year
    started = date(FIRST_YEAR + year, 4, 1) + timedelta(days=n % 365)
    values = (
        (COMMENT, f'"第{n % city.wards}区で行う{ja}の取組です。"@ja'),
        (COMMENT, f'"A measure of ward {n % city.wards}: {en.lower()}."@en'),
        (f"{NS}ward", _iri("ward", n % city.wards)),
        (f"{NS}operator", _iri("operator", n * 11 % city.operators)),
        (f"{NS}year", _typed(FIRST_YEAR + year, "integer")),
        (f"{NS}amount", _typed(n * 7_919 % 9_973 * 1_000, "integer")),
        (f"{NS}share", _typed(n % 1_000 / 1_000, "decimal")),
        (f"{NS}started", _typed(started, "date")),
        (f"{NS}code", f'"M-{n:06}"'),
        (f"{NS}near", _iri("measure", (n + 1) % city.measures)),
        (f"{NS}near", _iri("measure", (n + 17) % city.measures)),
    )
    yield from ((_iri("measure", n), f"<{p}>", o) for p, o in values)
    step = city.topics // TOPICS_OF_MEASURE
    for k in range(TOPICS_OF_MEASURE):
        yield _iri("measure", n), f"<{NS}topic>", _iri("topic", (topic_of(city, n) + k * step) % city.topics)


def _iri(kind: str, n: int) -> str:
    return f"<{ID}{kind}/{n}>"


def _typed(value: object, datatype: str) -> str:
    return f'"{value}"^^<{XSD}{datatype}>'
