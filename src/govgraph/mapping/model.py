"""The mapping model: what RML-Core calls its resources, frozen (https://w3id.org/rml/core/spec).

Both YARRRML and RML are read into this model; `rewrites` simplify it, `compiler` turns it into a plan.
Every part that a message may point at has a `span`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from govgraph.errors import Problem, SourceSpan

if TYPE_CHECKING:
    from govgraph.mapping.logical_views import LogicalView


class TermType(Enum):
    """The kind of RDF term that a term map generates (RML-Core, "Term Types")."""

    IRI = "iri"
    URI = "uri"
    UNSAFE_IRI = "unsafe iri"
    UNSAFE_URI = "unsafe uri"
    LITERAL = "literal"
    BLANK_NODE = "blank"

    @property
    def is_iri(self) -> bool:
        """Whether the term is named: an IRI or URI, safe or not."""
        return self not in (TermType.LITERAL, TermType.BLANK_NODE)


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
    """Text and references in turn (RML-Core, "Template-valued Expression Maps")."""

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
    span: SourceSpan = field(compare=False)


@dataclass(frozen=True, slots=True)
class Iteration:
    """What is different for every row of a source, and for every such term map of a mapping.

    `number` counts these from 1; so that a map that is read once gives the same wherever it is applied.
    """

    number: int


Expression = Constant | Reference | Template | Call | Iteration


@dataclass(frozen=True, slots=True)
class LogicalTarget:
    """A file that quads are written to beside the main output (RML-IO, "Logical Target")."""

    path: str
    serialization: str
    compression: str | None
    span: SourceSpan = field(compare=False)


@dataclass(frozen=True, slots=True)
class TermMap:
    """How a term is made of a row; `language` and `datatype` only where it is a literal.

    A literal without either has the natural datatype of its value (RML-Core, "Natural Mapping"), but for a
    constant, a template or a function, whose value is text. `base` goes before a relative IRI.
    """

    expression: Expression
    term_type: TermType
    span: SourceSpan = field(compare=False)
    language: Expression | None = None
    datatype: Expression | None = None
    targets: tuple[LogicalTarget, ...] = ()
    base: str | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All expressions of the term: its value, its language, its datatype."""
        return tuple(e for e in (self.expression, self.language, self.datatype) if e is not None)


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of child and parent belong together where the two values are equal (RML-Core, "Joins")."""

    child: Expression
    parent: Expression
    span: SourceSpan = field(compare=False)


@dataclass(frozen=True, slots=True)
class RefObjectMap:
    """The subjects of another triples map as objects (RML-Core, "Referencing Object Maps")."""

    parent: str
    joins: tuple[Join, ...]
    span: SourceSpan = field(compare=False)


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """An object: a term map, or a reference to another triples map; under a condition, if any."""

    value: TermMap | RefObjectMap
    condition: Call | None = None


@dataclass(frozen=True, slots=True)
class PredicateObjectMap:
    """All combinations of its predicates, objects and graphs become quads.

    With an inverse predicate, object and subject change places (YARRRML, "Inverse predicates").
    """

    predicates: tuple[TermMap, ...]
    objects: tuple[ObjectMap, ...]
    graphs: tuple[TermMap, ...] = ()
    condition: Call | None = None
    inverse_predicates: tuple[TermMap, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written as text (CSVW, "Dialect Descriptions").

    `quote` and `comment` are None where there are no quotes or comments; a quote in a quoted cell is written
    twice, or after a backslash with `escape` as that. Without `header`, columns are named `_col.1` and so on
    where `names` is empty (CSVW, "Names").
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str = '"'
    comment: str | None = None
    header: bool = True
    skip_rows: int = 0
    trim: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """Where a table or query is (RML-IO and D2RQ): `url` such as `postgresql://user@host:5432/name`.

    It holds no password: that comes from the environment.
    """

    url: str


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """What is iterated over (RML-Core, "Logical Sources"): a file, how it is read, and what a row of it is.

    `path` stands as written, relative to the mapping's folder; a URL; or what names a table within a
    `database`. `formulation` is one of `FORMULATIONS`; `jsonpath` and `xpath` have an `iterator`.
    `nulls` are the values that stand for none (RML-IO, "Null values"); `namespaces` are prefixes of XPath
    with their IRIs. `query` is SQL on the database, or on the tables of the mapping's sources.
    Two sources are effectively equal where all is but their names and places.
    """

    name: str = field(compare=False)
    path: str
    formulation: str
    span: SourceSpan = field(compare=False)
    iterator: str | None = None
    iterator_span: SourceSpan | None = field(default=None, compare=False)
    encoding: str | None = None
    compression: str | None = None
    nulls: tuple[str, ...] = ()
    dialect: Dialect = Dialect()
    namespaces: tuple[tuple[str, str], ...] = ()
    query: str | None = None
    database: Database | None = None
    view: LogicalView | None = None

    @property
    def identity(self) -> str:
        """What decides which rows it has, as text: the same for effectively equal sources."""
        view, url = self.view and f"view {self.name}", self.database and self.database.url
        parts = (self.path, self.formulation, self.iterator, self.query, url, view)
        return " ".join(part for part in parts if part)


FORMULATIONS = ("csv", "jsonpath", "xpath", "parquet")
"""The reference formulations: what a row of a source is, and what a reference means."""


@dataclass(frozen=True, slots=True)
class TriplesMap:
    """A source, a subject for each of its rows, and what is said of it; `base` goes before the mapping's."""

    name: str
    source: LogicalSource
    subject: TermMap
    predicate_objects: tuple[PredicateObjectMap, ...]
    span: SourceSpan = field(compare=False)
    graphs: tuple[TermMap, ...] = ()
    condition: Call | None = None
    base: str | None = None

    def terms(self) -> Iterator[tuple[TermMap, str]]:
        """All term maps with what they make: subject, predicate, object, graph."""
        yield self.subject, "subject"
        yield from ((g, "graph") for g in self.graphs)
        for pom in self.predicate_objects:
            yield from ((p, "predicate") for p in (*pom.predicates, *pom.inverse_predicates))
            yield from ((g, "graph") for g in pom.graphs)
            yield from ((o.value, "object") for o in pom.objects if isinstance(o.value, TermMap))


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a mapping: a name with e-mail address and website, or a WebID alone."""

    name: str | None = None
    email: str | None = None
    website: str | None = None
    webid: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file; `problems` are its mistakes, which compiling raises with its own.

    `prefixes` are those that the file declares; all names in the model are already without them.
    """

    file: str
    triples_maps: tuple[TriplesMap, ...]
    base: str | None = None
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    prefixes: MappingOf[str, str] = field(default_factory=dict, compare=False)
    authors: tuple[Author, ...] = ()

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
        case Constant() | Iteration():
            pass


def calls(expression: Expression) -> Iterator[Call]:
    """The calls of functions in an expression, outer ones first."""
    if isinstance(expression, Call):
        yield expression
        for argument in expression.arguments:
            yield from calls(argument.value)


def read_template(text: str, external: MappingOf[str, str] | None = None) -> Template | None:
    r"""`text` with `$(column)` as references, or None where a bracket is not closed (YARRRML, "Template").

    `\$(` stands for itself; inside brackets `\)` and `\(` do. `$(_name)` is the text that `external` has for
    `name`, if any; `$(\_name)` is always the column `_name` (YARRRML, "External references").

    >>> read_template("a/$(x)").parts
    ('a/', Reference(name='x'))
    >>> read_template("a/$(_x)/$(\\_x)", {"x": "b"}).parts
    ('a/b/', Reference(name='_x'))
    """
    parts: list[str | Reference] = []
    literal, i = "", 0
    while i < len(text):
        if text.startswith(r"\$(", i):
            literal, i = literal + "$(", i + 3
        elif text.startswith("$(", i):
            name, i = "", i + 2
            filled = not text.startswith(r"\_", i)
            if not filled:
                i += 1
            while i < len(text) and text[i] != ")":
                if text[i] == "\\" and text[i + 1 : i + 2] in ("(", ")", "\\"):
                    i += 1
                name, i = name + text[i], i + 1
            if i == len(text) or not name:
                return None
            i += 1
            if filled and external and name[0] == "_" and name[1:] in external:
                literal += external[name[1:]]
                continue
            parts += [literal, Reference(name)] if literal else [Reference(name)]
            literal = ""
        else:
            literal, i = literal + text[i], i + 1
    return Template((*parts, literal) if literal or not parts else tuple(parts))


BACKSLASH = "backslash"
"""The external reference that stands for a backslash just before a reference."""


def write_template(expression: Constant | Reference | Template) -> str:
    r"""The text that `read_template` reads as `expression`, if `BACKSLASH` is an external reference.

    >>> write_template(Template(("a/$(b)/", Reference("(x)"))))
    'a/\\$(b)/$(\\(x\\))'
    """
    parts = expression.parts if isinstance(expression, Template) else (expression,)
    text = ""
    for part in parts:
        match part:
            case str(literal) | Constant(literal):
                text += literal.replace("$(", r"\$(")
            case Reference(name):
                before = text.rstrip("\\")
                text = before + f"$(_{BACKSLASH})" * (len(text) - len(before))
                escaped = "".join(f"\\{c}" if c in "()\\" else c for c in name)
                text += f"$(\\{escaped})" if name.startswith("_") else f"$({escaped})"
    return text
