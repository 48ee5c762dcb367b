"""The questions of a project: `queries/*.rq`, SPARQL with a header of `#+` lines (grlc).

The header is YAML. `summary` and `description` are plain strings in English, as grlc's are; `summary_ja` and
`description_ja` say the same in Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyoxigraph as ox
from pydantic import Field

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.files import read_text
from govgraph.iri import GG, PROV, RDF, RDFS, SKOS, XSD, is_absolute
from govgraph.positions import validate_text
from govgraph.project import Project
from govgraph.settings import Strict

QUERIES = "queries"
SUFFIX = ".rq"

VOCABULARIES: Mapping[str, str] = {
    "gg": GG,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "prov": PROV,
    "skos": SKOS,
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "eli": "http://data.europa.eu/eli/ontology#",
    "epo": "http://data.europa.eu/a4g/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "qb": "http://purl.org/linked-data/cube#",
    "sac": "http://data.e-stat.go.jp/lod/sac/",
    "schema": "https://schema.org/",
    "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
    "sh": "http://www.w3.org/ns/shacl#",
    "time": "http://www.w3.org/2006/time#",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
}
"""Prefix -> namespace of the vocabularies that the graph uses: for hints, and to show IRIs in short."""

Language = Literal["ja", "en"]
Value = ox.NamedNode | ox.Literal

_LEXICAL: Mapping[str, str] = {
    "string": r"[\s\S]*",
    "integer": r"[+-]?[0-9]+",
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "boolean": r"true|false|1|0",
    "date": r"-?[0-9]{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(Z|[+-][0-9]{2}:[0-9]{2})?",
    "gYear": r"-?[0-9]{4,}",
    "gYearMonth": r"-?[0-9]{4,}-(0[1-9]|1[0-2])",
}
"""Type of a parameter -> the lexical form of a value (XML Schema 1.1, part 2)."""


class Parameter(Strict):
    """A variable of the query that a caller may give a value; without one, the query answers for all."""

    summary: str
    summary_ja: str | None = None
    type: Literal["iri", "string", "integer", "decimal", "boolean", "date", "gYear", "gYearMonth"] = "string"


class Header(Strict):
    """The header of a query file."""

    summary: str
    summary_ja: str | None = None
    description: str | None = None
    description_ja: str | None = None
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = Field(default_factory=dict, description="variable -> what it is")


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A query with its header; `name` is the file's name without suffix, `text` the whole file."""

    name: str
    text: str
    header: Header

    @property
    def body(self) -> str:
        """The query without its header."""
        lines = (line for line in self.text.splitlines(keepends=True) if not line.startswith("#+"))
        return "".join(lines).lstrip("\n")

    def summary(self, language: Language) -> str:
        """One line in the language, else in English."""
        return (self.header.summary_ja if language == "ja" else None) or self.header.summary

    def description(self, language: Language) -> str | None:
        """A longer text in the language, else in English; None where there is none."""
        return (self.header.description_ja if language == "ja" else None) or self.header.description


def load_queries(project: Project) -> tuple[QueryFile, ...]:
    """The query files of `project`, sorted by name.

    Raises ConfigError with the problems of all headers (GG001 to GG004), located in their files.
    """
    found: list[QueryFile] = []
    problems: list[Problem] = []
    for path in sorted((project.root / QUERIES).glob(f"*{SUFFIX}")):
        shown = project.shown(path)
        try:
            text = read_text(path, shown)
            found.append(QueryFile(path.stem, text, read_header(text, shown)))
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(found)


def read_header(text: str, shown: str) -> Header:
    """The header of a query; raises ConfigError with all of its problems, located in the file `shown`."""
    lines = (f"  {line[2:]}" if line.startswith("#+") else "" for line in text.splitlines())
    return validate_text(Header, "\n".join(lines), shown)


def find_query(project: Project, asked: str) -> Path:
    """The file that `asked` names: a path, or the name of a query of the project without folder or suffix.

    Raises ConfigError GG104, with the nearest name.
    """
    folder = project.root / QUERIES
    for path in (Path(asked), folder / asked, folder / f"{asked}{SUFFIX}"):
        if path.is_file():
            return path
    known = [p.stem for p in folder.glob(f"*{SUFFIX}")]
    raise ConfigError(f"no query '{asked}'", "GG104", hint=did_you_mean(Path(asked).stem, known))


def bind(assignments: Sequence[str], text: str, shown: str) -> tuple[tuple[str, Value], ...]:
    """Variable and value of each `name=value`, for the query `text`.

    A parameter that the header declares takes its type from there. In a query without header the value is
    written as in SPARQL (`<iri>`, `"text"@ja`, `12`, `true`); anything else is a plain string. Raises
    ConfigError GG104 with all values that do not fit.
    """
    has_header = re.search(r"^#\+", text, re.MULTILINE)
    declared = read_header(text, shown).parameters if has_header else None
    bound: list[tuple[str, Value]] = []
    problems: list[Problem] = []
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        try:
            if not equals:
                raise ConfigError(f"'{assignment}' is no parameter", "GG104", hint="write name=value")
            if declared is not None:
                bound.append((name, _typed(name, value, declared, shown)))
            elif re.search(rf"[?$]{re.escape(name)}\b", text):
                bound.append((name, _untyped(value)))
            else:
                raise ConfigError(f"the query has no variable ?{name}", "GG104", SourceSpan(shown))
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(bound)


def _typed(name: str, value: str, declared: Mapping[str, Parameter], shown: str) -> Value:
    if name not in declared:
        hint = did_you_mean(name, list(declared)) or "it has no parameters"
        raise ConfigError(f"the query has no parameter '{name}'", "GG104", SourceSpan(shown), hint)
    kind = declared[name].type
    if kind == "iri":
        iri = value.removeprefix("<").removesuffix(">")
        if not is_absolute(iri):
            raise ConfigError(f"'{value}' is no absolute IRI, as parameter '{name}' is", "GG104")
        return ox.NamedNode(iri)
    if not re.fullmatch(_LEXICAL[kind], value):
        raise ConfigError(f"'{value}' is no {kind}, as parameter '{name}' is", "GG104")
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))


def _untyped(value: str) -> Value:
    try:
        parsed = list(ox.parse(f"<s:> <p:> {value} .".encode(), format=ox.RdfFormat.TURTLE))
    except SyntaxError:
        return ox.Literal(value)
    if len(parsed) == 1 and isinstance(term := parsed[0].object, ox.NamedNode | ox.Literal):
        return term
    return ox.Literal(value)
