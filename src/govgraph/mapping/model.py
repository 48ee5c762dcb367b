"""The mapping model: what RML-Core calls its resources, frozen (https://w3id.org/rml/core/spec).

Both YARRRML and RML are read into this model; `rewrites` simplify it, `compiler` turns it into a plan.
Every part that a message may point at has a `span`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from govgraph.errors import Problem, SourceSpan


class TermType(Enum):
    """The kind of RDF term that a term map generates (RML-Core, "Term Types")."""

    IRI = "iri"
    LITERAL = "literal"
    BLANK_NODE = "blank"


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every row: an IRI or the lexical form of a literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a column of the source's current row."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text and references in turn (RML-Core, "Template-valued Term Maps")."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a function and the expression that gives its value."""

    parameter: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the registry, applied (RML-FNML, "Function Execution")."""

    function: str
    arguments: tuple[Argument, ...]
    span: SourceSpan


Expression = Constant | Reference | Template | Call


@dataclass(frozen=True, slots=True)
class TermMap:
    """How a term is made of a row; `language` and `datatype` only where it is a literal."""

    expression: Expression
    term_type: TermType
    span: SourceSpan
    language: str | None = None
    datatype: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of child and parent belong together where the two columns are equal."""

    child: str
    parent: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class RefObjectMap:
    """The subjects of another triples map as objects (RML-Core, "Referencing Object Maps")."""

    parent: str
    joins: tuple[Join, ...]
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """An object: a term map, or a reference to another triples map; under a condition, if any."""

    value: TermMap | RefObjectMap
    condition: Call | None = None


@dataclass(frozen=True, slots=True)
class PredicateObjectMap:
    """All combinations of its predicates, objects and graphs become quads."""

    predicates: tuple[TermMap, ...]
    objects: tuple[ObjectMap, ...]
    graphs: tuple[TermMap, ...] = ()
    condition: Call | None = None


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """A table of rows; `path` as written in the mapping, relative to the mapping's folder."""

    name: str
    path: str
    formulation: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class TriplesMap:
    """A source, a subject for each of its rows, and what is said of it."""

    name: str
    source: LogicalSource
    subject: TermMap
    predicate_objects: tuple[PredicateObjectMap, ...]
    span: SourceSpan
    graphs: tuple[TermMap, ...] = ()
    condition: Call | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file; `problems` are its mistakes, which compiling raises with its own."""

    file: str
    triples_maps: tuple[TriplesMap, ...]
    base: str | None = None
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def get(self, name: str) -> TriplesMap | None:
        """The triples map of that name."""
        return next((t for t in self.triples_maps if t.name == name), None)


def references(expression: Expression) -> Iterator[str]:
    """The columns that an expression reads, in order, with repetitions.

    >>> list(references(Template(("a", Reference("x"), "b", Reference("y")))))
    ['x', 'y']
    """
    match expression:
        case Reference(name):
            yield name
        case Template(parts):
            yield from (p.name for p in parts if isinstance(p, Reference))
        case Call(_, arguments):
            for argument in arguments:
                yield from references(argument.value)
        case Constant():
            pass


def read_template(text: str) -> Template | None:
    r"""`text` with `$(column)` as references, or None where a bracket is not closed (YARRRML, "Templates").

    `\$(` stands for itself; inside brackets `\)` and `\(` do.

    >>> read_template("a/$(x)").parts
    ('a/', Reference(name='x'))
    """
    parts: list[str | Reference] = []
    literal, i = "", 0
    while i < len(text):
        if text.startswith(r"\$(", i):
            literal, i = literal + "$(", i + 3
        elif text.startswith("$(", i):
            name, i = "", i + 2
            while i < len(text) and text[i] != ")":
                if text[i] == "\\" and text[i + 1 : i + 2] in ("(", ")", "\\"):
                    i += 1
                name, i = name + text[i], i + 1
            if i == len(text) or not name:
                return None
            parts += [literal, Reference(name)] if literal else [Reference(name)]
            literal, i = "", i + 1
        else:
            literal, i = literal + text[i], i + 1
    return Template((*parts, literal) if literal or not parts else tuple(parts))
