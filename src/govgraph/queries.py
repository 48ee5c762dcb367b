"""The questions of a project: `queries/*.rq`, SPARQL with a header of `#+` lines (grlc).

The header is YAML. `summary` and `description` are plain strings in English, as grlc's are; `summary_ja` and
`description_ja` say the same in Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pyoxigraph as ox
from pydantic import Field

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.files import read_text
from govgraph.iri import GG, PROV, RDF, RDFS, SKOS, XSD
from govgraph.parameters import Parameter, Placeholder, Text, Value, bind_values, placeholders
from govgraph.positions import validate_text
from govgraph.project import Project
from govgraph.settings import Strict
from govgraph.tokens import tokenize, variables

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


class Chart(Strict):
    """`chart` of a header: the answer as bars on the home page, one a row."""

    item: str = Field(description="column with what each bar stands for: a resource, or a text")
    value: str = Field(description="column with its number")
    title: str
    title_ja: str | None = None
    unit: Literal["JPY"] | None = None


class Header(Strict):
    """The header of a query file."""

    summary: str
    summary_ja: str | None = None
    description: str | None = None
    description_ja: str | None = None
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = Field(default_factory=dict, description="parameter -> what it is")
    defaults: tuple[Mapping[str, Text], ...] = ()
    enumerate: tuple[Mapping[str, tuple[Text, ...]], ...] = ()
    pagination: int | None = Field(default=None, ge=1, description="rows of a page over HTTP")
    method: Literal["GET", "POST"] = "GET"
    endpoint: str | None = None
    chart: Chart | None = None

    @property
    def declared(self) -> Mapping[str, Parameter]:
        """What the header says of parameters, also in `defaults` and `enumerate`."""
        about = dict(self.parameters)
        for key, entries in (("default", self.defaults), ("enum", self.enumerate)):
            for name, value in ((name, value) for entry in entries for name, value in entry.items()):
                about[name] = about.get(name, Parameter()).model_copy(update={key: value})
        return about


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A query with its header; `name` is the file's name without suffix, `text` the whole file, and
    `placeholders` its parameters by name.
    """

    name: str
    text: str
    header: Header
    placeholders: Mapping[str, Placeholder] = field(default_factory=dict)

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
            found.append(read_query(path.stem, text, shown))
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(found)


def read_header(text: str, shown: str) -> Header:
    """The header of a query; raises ConfigError with all of its problems, located in the file `shown`."""
    lines = (f"  {line[2:]}" if line.startswith("#+") else "" for line in text.splitlines())
    return validate_text(Header, "\n".join(lines), shown)


def read_query(name: str, text: str, shown: str) -> QueryFile:
    """The query `text` with its header and parameters; raises ConfigError, located in the file `shown`.

    GG001 to GG004 and GG014 are about the header, GG003 also about pages of what cannot be divided into them.
    """
    header = read_header(text, shown)
    try:
        found = placeholders(text, header.declared, VOCABULARIES)
    except ConfigError as e:
        raise ConfigError.collect(replace(p, span=SourceSpan(shown)) for p in e.problems) from e
    if header.pagination and not _is_divisible(text):
        message = "'pagination': only a SELECT query without LIMIT, OFFSET and VALUES at its end has pages"
        raise ConfigError(message, "GG003", SourceSpan(shown))
    return QueryFile(name, text, header, found)


def _is_divisible(text: str) -> bool:
    """Whether LIMIT and OFFSET may be added to the query."""
    words = {token.text.upper() for token in tokenize(text) if token.kind == "word" and not token.inside}
    return "SELECT" in words and words.isdisjoint(("LIMIT", "OFFSET", "VALUES"))


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

    A parameter that a variable or the header declares takes its type from there. In a query without header
    all values may be left out, and that of any other variable is written as in SPARQL (`<iri>`, `"text"@ja`,
    `12`, `true`); anything else is a plain string. Raises ConfigError GG104 with all values that do not fit,
    and those that are missing.
    """
    has_header = bool(re.search(r"^#\+", text, re.MULTILINE))
    if has_header:
        known = read_query("", text, shown).placeholders
    else:
        found = placeholders(text, {}, VOCABULARIES)
        known = {name: replace(placeholder, required=False) for name, placeholder in found.items()}
    names = {*known, *(placeholder.variable for placeholder in known.values())}
    given: list[tuple[str, str]] = []
    bound: list[tuple[str, Value]] = []
    problems: list[Problem] = []
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            problem = Problem("GG104", f"'{assignment}' is no parameter", hint="write name=value")
            problems.append(problem)
        elif has_header or name in names:
            given.append((name, value))
        elif name in variables(text):
            bound.append((name, _untyped(value)))
        else:
            problems.append(Problem("GG104", f"the query has no variable ?{name}", SourceSpan(shown)))
    try:
        bound += bind_values(given, known, SourceSpan(shown))
    except ConfigError as e:
        problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(bound)


def _untyped(value: str) -> Value:
    try:
        parsed = list(ox.parse(f"<s:> <p:> {value} .".encode(), format=ox.RdfFormat.TURTLE))
    except SyntaxError:
        return ox.Literal(value)
    if len(parsed) == 1 and isinstance(term := parsed[0].object, ox.NamedNode | ox.Literal):
        return term
    return ox.Literal(value)
