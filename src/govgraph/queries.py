"""The questions of a project: `queries/*.rq`, SPARQL with a header of `#+` lines (grlc).

The header is YAML. `summary` and `description` are plain strings in English, as grlc's are; `summary_ja` and
`description_ja` say the same in Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

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


Kind = Literal["iri", "string", "integer", "decimal", "boolean", "date", "gYear", "gYearMonth"]


class Parameter(Strict):
    """A variable of the query that a caller may give a value."""

    summary: str
    summary_ja: str | None = None
    type: Kind = "string"
    enum: tuple[str, ...] = Field(default=(), description="the only values that are allowed")
    default: str | None = Field(default=None, description="the value where the caller gives none")


class Header(Strict):
    """The header of a query file."""

    summary: str
    summary_ja: str | None = None
    description: str | None = None
    description_ja: str | None = None
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = Field(default_factory=dict, description="parameter -> what it is")
    pagination: int | None = Field(default=None, ge=1, description="rows of a page over HTTP")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A parameter of a query: its name, the variable that takes its value, and what values it takes.

    `language` is that of a text, "" for none. Where a value is not `required` and none is given, the query
    answers for all.
    """

    name: str
    variable: str
    type: Kind
    language: str = ""
    required: bool = False
    about: Parameter | None = None

    def read(self, value: str) -> Value:
        """The value as a term; raises ConfigError GG104 where it is none of the type."""
        about = self.about
        if about and about.enum and value not in about.enum:
            hint = did_you_mean(value, about.enum)
            raise ConfigError(f"'{value}' is no value of parameter '{self.name}'", "GG104", hint=hint)
        if self.type == "iri":
            iri = value.removeprefix("<").removesuffix(">")
            if not is_absolute(iri):
                raise ConfigError(f"'{value}' is no absolute IRI, as parameter '{self.name}' is", "GG104")
            return ox.NamedNode(iri)
        if not re.fullmatch(_LEXICAL[self.type], value):
            raise ConfigError(f"'{value}' is no {self.type}, as parameter '{self.name}' is", "GG104")
        if self.language:
            return ox.Literal(value, language=self.language)
        return ox.Literal(value, datatype=ox.NamedNode(XSD + self.type))


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

    @property
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Name of a parameter -> what it is: those of the header, then those that variables alone tell."""
        return placeholders(self.header, self.body)

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


_GRLC = re.compile(r"[?$](_{1,2})([A-Za-z][A-Za-z0-9]*)(?:_([A-Za-z0-9_]+))?\b")
"""A variable that is a parameter by grlc's conventions: `?_name`, `?__optional`, `?_name_type`."""
_KINDS: Mapping[str, Kind] = {
    **{kind: kind for kind in get_args(Kind)},
    "literal": "string",
    "number": "decimal",
    "int": "integer",
    "float": "decimal",
    "double": "decimal",
}


def placeholders(header: Header, body: str) -> Mapping[str, Placeholder]:
    """The parameters of a query by name.

    A parameter of the header takes the variable of its name, or one that follows grlc's conventions: `?_name`
    has to be given a value, `?__name` need not; `_iri`, `_integer`, `_date` and so on at its end say the
    type, two letters the language of a text.
    """
    found: dict[str, Placeholder] = {}
    for match in _GRLC.finditer(body):
        underscores, name, ending = match.groups()
        kind = _KINDS.get((ending or "string").removeprefix("xsd_"))
        about = header.parameters.get(name)
        language = ending if ending and re.fullmatch("[a-z]{2}", ending) else ""
        if kind is None and not language:
            name, kind = f"{name}_{ending}", "string"
        required = underscores == "_" and not (about and about.default is not None)
        found.setdefault(name, Placeholder(name, match[0][1:], kind or "string", language, required, about))
    for name, about in header.parameters.items():
        found.setdefault(name, Placeholder(name, name, about.type, about=about))
    return found


def bind(assignments: Sequence[str], text: str, shown: str) -> tuple[tuple[str, Value], ...]:
    """Variable and value of each `name=value`, for the query `text`.

    A parameter that the header or a variable declares takes its type from there. In a query without header
    the value of any variable is written as in SPARQL (`<iri>`, `"text"@ja`, `12`, `true`); anything else is a
    plain string. Raises ConfigError GG104 with all values that do not fit, and those that are missing.
    """
    has_header = bool(re.search(r"^#\+", text, re.MULTILINE))
    known = placeholders(read_header(text, shown) if has_header else Header(summary=""), text)
    given: list[tuple[str, str]] = []
    bound: list[tuple[str, Value]] = []
    problems: list[Problem] = []
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            problem = Problem("GG104", f"'{assignment}' is no parameter", hint="write name=value")
            problems.append(problem)
        elif not has_header and name not in known and re.search(rf"[?$]{re.escape(name)}\b", text):
            bound.append((name, _untyped(value)))
        else:
            given.append((name, value))
    try:
        bound += bind_placeholders(given, known, SourceSpan(shown), declared=has_header)
    except ConfigError as e:
        problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(bound)


def bind_placeholders(
    given: Iterable[tuple[str, str]],
    known: Mapping[str, Placeholder],
    span: SourceSpan | None = None,
    *,
    declared: bool = True,
) -> tuple[tuple[str, Value], ...]:
    """Variable and value of each parameter that has one, by name or by its variable.

    Raises ConfigError GG104 with all that are unknown, are missing, or have no value of their type.
    `declared` says that the query can have no other parameters than these.
    """
    by_name = {placeholder.variable: placeholder for placeholder in known.values()} | dict(known)
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in given:
        placeholder = by_name.get(name)
        if placeholder:
            values[placeholder.name] = value
        elif declared:
            hint = did_you_mean(name, list(known)) or "it has no parameters"
            problems.append(Problem("GG104", f"the query has no parameter '{name}'", span, hint))
        else:
            problems.append(Problem("GG104", f"the query has no variable ?{name}", span))
    bound: list[tuple[str, Value]] = []
    for placeholder in known.values():
        default = placeholder.about.default if placeholder.about else None
        value_or_none = values.get(placeholder.name, default)
        if value_or_none is None:
            if placeholder.required:
                said = f"parameter '{placeholder.name}' has no value"
                problems.append(Problem("GG104", said, span, f"it takes {_a(placeholder.type)}"))
            continue
        try:
            bound.append((placeholder.variable, placeholder.read(value_or_none)))
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return tuple(bound)


def _a(kind: Kind) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _untyped(value: str) -> Value:
    try:
        parsed = list(ox.parse(f"<s:> <p:> {value} .".encode(), format=ox.RdfFormat.TURTLE))
    except SyntaxError:
        return ox.Literal(value)
    if len(parsed) == 1 and isinstance(term := parsed[0].object, ox.NamedNode | ox.Literal):
        return term
    return ox.Literal(value)
