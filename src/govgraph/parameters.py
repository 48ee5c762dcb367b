"""Parameters of a query: what its variables and its header tell of them, and values as terms. Pure.

A parameter is a variable that follows grlc's conventions (`?_ward_iri`, `?__year_gYear`), or one that the
header of the query declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

import pyoxigraph as ox
from pydantic import BeforeValidator

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.iri import XSD, is_absolute
from govgraph.settings import Strict
from govgraph.tokens import prefixes, variables
from govgraph.xsd import LEXICAL

Value = ox.NamedNode | ox.Literal
Kind = Literal[
    "iri", "string", "integer", "decimal", "double", "boolean", "date", "dateTime", "gYear", "gYearMonth"
]

IRI: Final = "iri"
NUMBER: Final = "number"
"""Type of a number as SPARQL writes it: its form tells an integer, a decimal and a double apart."""

_LIKE: Final[Mapping[str, str]] = {
    **{name: name for name in LEXICAL},
    "float": "double",
    **dict.fromkeys(
        (
            *("long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort"),
            *("unsignedByte", "positiveInteger", "negativeInteger", "nonPositiveInteger"),
            "nonNegativeInteger",
        ),
        "integer",
    ),
}
"""Local name of a datatype of XML Schema -> the one that its values look like."""
_UNCHECKED: Final = ("anyURI", "base64Binary", "duration", "gDay", "gMonth", "gMonthDay", "language", "token")
_PLAIN: Final = ("string", "literal")
_NUMBERS: Final = ("integer", "decimal", "double")


def _text(value: object) -> object:
    """What YAML reads as a number or a truth value is a text here."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


Text = Annotated[str, BeforeValidator(_text)]


class Parameter(Strict):
    """What the header of a query says of a parameter."""

    summary: str | None = None
    summary_ja: str | None = None
    type: Kind | None = None
    enum: tuple[Text, ...] = ()
    default: Text | None = None


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A parameter of a query: its name, the variable that its value takes the place of, and its values.

    `type` is "iri", "string", "number", the local name of a datatype of XML Schema, or the prefixed name of
    another one; `datatype` the IRI of either. `language` is that of a text, "" for none. Where a value is not
    `required` and none is given, the query answers for all.
    """

    name: str
    variable: str
    type: str = "string"
    datatype: str = XSD + "string"
    language: str = ""
    required: bool = False
    enum: tuple[str, ...] = ()
    default: str | None = None
    summary: str | None = None
    summary_ja: str | None = None

    @property
    def pattern(self) -> str | None:
        """Regular expression of its values, None where any text may be one (or any absolute IRI)."""
        return LEXICAL["double"] if self.type == NUMBER else LEXICAL.get(_LIKE.get(self.type, ""))

    def read(self, value: str) -> Value:
        """The value as a term; raises ConfigError GG104 where it is none of the type."""
        if self.enum and value not in self.enum:
            hint = did_you_mean(value, self.enum)
            raise ConfigError(f"'{value}' is no value of parameter '{self.name}'", "GG104", hint=hint)
        term = self._term(value)
        if term is None:
            what = "absolute IRI" if self.type == IRI else self.type
            raise ConfigError(f"'{value}' is no {what}, as parameter '{self.name}' is", "GG104")
        return term

    def _term(self, value: str) -> Value | None:
        if self.type == IRI:
            return _node(value.removeprefix("<").removesuffix(">"))
        if self.language:
            return ox.Literal(value, language=self.language)
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return None
        datatype = self.datatype
        if self.type == NUMBER:
            datatype = XSD + next(name for name in _NUMBERS if re.fullmatch(LEXICAL[name], value))
        return ox.Literal(value, datatype=ox.NamedNode(datatype))


def _node(iri: str) -> ox.NamedNode | None:
    try:
        return ox.NamedNode(iri) if is_absolute(iri) else None
    except ValueError:
        return None


def placeholders(
    text: str, declared: Mapping[str, Parameter], known: Mapping[str, str]
) -> Mapping[str, Placeholder]:
    """The parameters of the query `text` by name: those of grlc's conventions, then others that are declared.

    What is `declared` under the name of a parameter is about that one, else about the variable of that name.
    `known` are prefixes that the query may use without declaring them. Raises ConfigError: GG014 where two
    variables make one parameter, GG002 for what is declared of no variable, GG003 for a default that is no
    value of its parameter.
    """
    names = variables(text)
    namespaces = {**known, **prefixes(text)}
    found: dict[str, Placeholder] = {}
    problems: list[Problem] = []
    for made in filter(None, (_conventional(name, namespaces) for name in names)):
        if other := found.get(made.name):
            said = f"?{other.variable} and ?{made.variable} are both parameter '{made.name}'"
            problems.append(Problem("GG014", said))
        found[made.name] = made
    found |= {name: Placeholder(name, name) for name in names if name in declared and name not in found}
    for name, about in declared.items():
        if name in found:
            found[name] = _with(found[name], about)
            problems += _wrong_values(found[name])
        else:
            hint = did_you_mean(name, [*found, *names])
            problems.append(Problem("GG002", f"the query has no variable for parameter '{name}'", hint=hint))
    if problems:
        raise ConfigError.collect(problems)
    return found


def _conventional(variable: str, namespaces: Mapping[str, str]) -> Placeholder | None:
    """The parameter that a variable is by its name alone (grlc, "Parameter mapping"), if it is one."""
    name = variable.lstrip("_")
    underscores = len(variable) - len(name)
    if not name or underscores not in (1, 2):
        return None
    plain = Placeholder(name, variable, required=underscores == 1)
    stem, _, last = name.rpartition("_")
    if not stem:
        return plain
    before, _, prefix = stem.rpartition("_")
    namespace = {"xsd": XSD, **namespaces}.get(prefix) if before else None
    if namespace == XSD:
        stem = before
    elif namespace:
        return replace(plain, name=before, type=f"{prefix}:{last}", datatype=namespace + last)
    if last in _PLAIN:
        return replace(plain, name=stem)
    if last in (IRI, NUMBER) or last in _LIKE or last in _UNCHECKED:
        return replace(plain, name=stem, type=last, datatype=XSD + last)
    if re.fullmatch("[a-z]{2}", last):
        return replace(plain, name=stem, language=last)
    return plain


def _with(made: Placeholder, about: Parameter) -> Placeholder:
    """The parameter with what the header says of it."""
    kind = about.type
    return replace(
        made,
        **({"type": kind, "datatype": XSD + kind, "language": ""} if kind else {}),
        required=made.required and about.default is None,
        enum=about.enum,
        default=about.default,
        summary=about.summary,
        summary_ja=about.summary_ja,
    )


def _wrong_values(placeholder: Placeholder) -> Iterator[Problem]:
    """GG003 for each value of the header that the parameter does not take."""
    default = () if placeholder.default is None else (placeholder.default,)
    for value in dict.fromkeys((*placeholder.enum, *default)):
        try:
            placeholder.read(value)
        except ConfigError as e:
            yield replace(e.problems[0], code="GG003")


def bind_values(
    given: Iterable[tuple[str, str]], known: Mapping[str, Placeholder], span: SourceSpan | None = None
) -> tuple[tuple[str, Value], ...]:
    """Variable and value of each parameter of `known` that has one; it may be given by its variable, too.

    Raises ConfigError GG104 with all that are unknown, given twice, missing, or no value of their type.
    """
    by_name = {placeholder.variable: placeholder for placeholder in known.values()} | dict(known)
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in given:
        if (placeholder := by_name.get(name)) is None:
            hint = did_you_mean(name, list(known)) or (None if known else "it has no parameters")
            problems.append(Problem("GG104", f"the query has no parameter '{name}'", span, hint))
        elif placeholder.name in values:
            problems.append(Problem("GG104", f"parameter '{placeholder.name}' is given twice", span))
        else:
            values[placeholder.name] = value
    bound: list[tuple[str, Value]] = []
    for placeholder in known.values():
        value_or_none = values.get(placeholder.name, placeholder.default)
        if value_or_none is not None:
            try:
                bound.append((placeholder.variable, placeholder.read(value_or_none)))
            except ConfigError as e:
                problems += e.problems
        elif placeholder.required:
            article = "an" if placeholder.type[0] in "aeiou" else "a"
            said = f"parameter '{placeholder.name}' has no value"
            problems.append(Problem("GG104", said, span, f"it takes {article} {placeholder.type}"))
    if problems:
        raise ConfigError.collect(problems)
    return tuple(bound)
