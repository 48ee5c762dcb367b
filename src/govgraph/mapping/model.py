"""The mapping model: what RML-Core calls its resources, frozen (https://w3id.org/rml/core/spec).

Both YARRRML and RML are read into this model; `rewrites` simplify it, `compiler` turns it into a plan.
Every part that a message may point at has a `span`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal

from govgraph.errors import Problem, SourceSpan

if TYPE_CHECKING:
    from govgraph.mapping.functions import Function
    from govgraph.positions import Scalar

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
    TRIPLE = "triple"
    """A triple term (RDF 1.2 Concepts, "Triple Terms"), which is an object."""

    @property
    def is_iri(self) -> bool:
        """Whether the term is named: an IRI or URI, safe or not."""
        return self not in (TermType.LITERAL, TermType.BLANK_NODE, TermType.TRIPLE)


class Collection(Enum):
    """What terms are gathered in (RML-CC, "rml:gatherAs"): its local name in the vocabulary of RDF."""

    LIST = "List"
    BAG = "Bag"
    SEQ = "Seq"
    ALT = "Alt"


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
    """A function, applied (RML-FNML, "Function Execution"): `output` is which of its results counts."""

    function: Function
    arguments: tuple[Argument, ...]
    span: SourceSpan = field(compare=False)
    output: int = 0


@dataclass(frozen=True, slots=True)
class Iteration:
    """What is different for every row of a source, and for every such term map of a mapping.

    `number` counts these from 1; so that a map that is read once gives the same wherever it is applied.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Gather:
    """The head of a collection or container of terms (RML-CC, "rml:GatherMap").

    `name` is that of the head; where it is an Iteration, the row has a collection of its own. `number` is the
    same for one gather map alone, wherever it is applied. `product`: a collection for each combination of one
    term of each item (rml:cartesianProduct), not one of all terms. `empty`: there is one without terms, too.
    """

    number: int
    kind: Collection
    items: tuple[TermMap | RefObjectMap, ...]
    name: Expression
    product: bool = False
    empty: bool = False

    @property
    def named(self) -> bool:
        """Whether several rows may give the same collection, which then has the terms of all of them."""
        return not isinstance(self.name, Iteration)


@dataclass(frozen=True, slots=True)
class Quoted:
    """The triples of a triples map as terms (RML-star, "Star Map").

    Without `joins` they are those of the same row. As a TRIPLE it is the triple term, as a BLANK_NODE its
    reifier (RDF 1.2 Concepts, "Triple Terms and Reification").
    """

    triples_map: str
    joins: tuple[Join, ...]
    span: SourceSpan = field(compare=False)


Expression = Constant | Reference | Template | Call | Iteration | Gather | Quoted


@dataclass(frozen=True, slots=True)
class LogicalTarget:
    """A file that quads are written to beside the main output (RML-IO, "Logical Target").

    `path` is relative to the output's folder, or to the mapping's where `beside_mapping`; or the URL of a
    SPARQL endpoint that takes updates, if `endpoint`. `encoding` is Python's name of one, None for UTF-8.
    `append`: what the file holds already is kept.
    """

    path: str
    serialization: str
    compression: str | None
    span: SourceSpan = field(compare=False)
    encoding: str | None = None
    beside_mapping: bool = False
    endpoint: bool = False
    append: bool = False


@dataclass(frozen=True, slots=True)
class TermMap:
    """How a term is made of a row; `language` and `datatype` only where it is a literal.

    A literal without either has the natural datatype of its value (RML-Core, "Natural Mapping"), but for a
    constant, a template or a function, whose value is text. `base` goes before a relative IRI.
    `condition` is that of a graph map; those of other maps are conditions of what they make.
    """

    expression: Expression
    term_type: TermType
    span: SourceSpan = field(compare=False)
    language: Expression | None = None
    datatype: Expression | None = None
    targets: tuple[LogicalTarget, ...] = ()
    base: str | None = None
    condition: Call | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All expressions of the term: its value, its language, its datatype, its condition."""
        every = (self.expression, self.language, self.datatype, self.condition)
        return tuple(e for e in every if e is not None)


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

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What it reads of the child's row."""
        return tuple(join.child for join in self.joins)


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
class TableColumn:
    """What a mapping says of a column of a table that is written as text (CSVW, "Columns").

    `nulls` are the values that stand for none in this column, None where those of the table do; `datatype`
    is the IRI of its values' natural datatype.
    """

    name: str
    nulls: tuple[str, ...] | None = None
    datatype: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written as text (CSVW, "Dialect Descriptions").

    `quote` and `comment` are None where there are no quotes or comments; a quote in a quoted cell is written
    twice, or after a backslash with `escape` as that. The first of `header_rows` names the columns; without
    any, they have the names of `columns`, else `_col.1` and so on (CSVW, "Names"). `skip_rows` counts lines
    before the header, `skip_columns` cells before each row. `trim` says where cells lose white space.
    Blank lines are rows where `blank_rows`; None: only in a table of one column.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str = '"'
    comment: str | None = None
    header_rows: int = 1
    skip_rows: int = 0
    skip_columns: int = 0
    blank_rows: bool | None = None
    trim: Literal["", "start", "end", "both"] = ""
    terminators: tuple[str, ...] = ()
    columns: tuple[TableColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """Where a table or query is (RML-IO and D2RQ): `url` such as `postgresql://user@host:5432/name`.

    It holds no password, which comes from the environment, but the place of one that a mapping has.
    """

    url: str
    password: SourceSpan | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """What is iterated over (RML-Core, "Logical Sources"): a file, how it is read, and what a row of it is.

    `path` stands as written, relative to the mapping's folder; a URL; or what names a table within a
    `database`. `formulation` is one of `FORMULATIONS`; `jsonpath`, `jsonlines` and `xpath`
    have an `iterator`.
    `encoding` is Python's name of one, None for UTF-8; `compression` is one of `COMPRESSIONS` or "none", None
    where the ending of `path` decides. `nulls` are the values that stand for none (RML-IO, "NULL values"),
    None where nothing is said of them: the empty cell of CSV; `namespaces` are prefixes of XPath with their
    IRIs. `query` is SQL on the `database`, or on `tables`, which are other sources by the names that it has
    for them; `query_text` is where it stands. A `view` has the path of what it is on.
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
    nulls: tuple[str, ...] | None = None
    dialect: Dialect = Dialect()
    namespaces: tuple[tuple[str, str], ...] = ()
    query: str | None = None
    database: Database | None = None
    tables: tuple[tuple[str, LogicalSource], ...] = ()
    query_text: Scalar | None = field(default=None, compare=False)
    view: LogicalView | None = None

    @property
    def identity(self) -> str:
        """What decides which rows it has, as text: the same for effectively equal sources."""
        database, view = self.database and self.database.url, self.view and f"view {self.name}"
        parts = (self.path, self.formulation, self.iterator, self.query, database, self.encoding, view)
        tables = (source.identity for _, source in self.tables)
        text = " ".join(part for part in (*parts, *tables) if part)
        beside = (self.nulls, self.dialect, self.compression)
        return text if beside == (None, Dialect(), None) else f"{text} {beside}"

    @property
    def is_remote(self) -> bool:
        """Whether `path` is a URL that is fetched."""
        return self.view is None and is_url(self.path)

    def files(self) -> Iterator[str]:
        """The paths of the files that are read, but for those that are fetched."""
        if self.database and self.database.url.startswith("sqlite:"):
            yield self.database.url.removeprefix("sqlite:")
        elif self.is_file and not self.is_remote:
            yield self.path
        for source in self.parts:
            yield from source.files()

    @property
    def parts(self) -> tuple[LogicalSource, ...]:
        """The sources that it is made of: those of a view, or the tables of a query."""
        return self.view.parts if self.view else tuple(source for _, source in self.tables)

    @property
    def is_file(self) -> bool:
        """Whether `path` is that of a file to read, not a name of a table elsewhere."""
        return self.formulation not in _NOT_FILES


COMPRESSIONS = ("gzip", "zip", "targz", "tarxz", "xz", "zstd")
"""Compressions of sources and targets; the first four are those of RML-IO."""


def is_url(path: str) -> bool:
    """Whether the path of a source is a URL of the web.

    >>> is_url("https://example.org/a.csv"), is_url("a.csv")
    (True, False)
    """
    return path.lower().startswith(("http://", "https://"))


_NOT_FILES = ("table", "query", "view", "sql2008", "sql")

FORMULATIONS = ("csv", "jsonpath", "jsonlines", "xpath", "parquet", "excel", "ods", "table", "sql2008", "sql")
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
    asserted: bool = True
    """Whether its triples are in the output; else they are only quoted (RML-star)."""

    def terms(self) -> Iterator[tuple[TermMap, str]]:
        """All term maps with what they make: subject, predicate, object, graph."""
        for value, what in self.values():
            if isinstance(value, TermMap):
                yield value, what

    def values(self) -> Iterator[tuple[TermMap | RefObjectMap, str]]:
        """All term maps and references to other triples maps, those that are gathered among them."""
        maps: list[tuple[TermMap | RefObjectMap, str]] = [(self.subject, "subject")]
        maps += ((g, "graph") for g in self.graphs)
        for pom in self.predicate_objects:
            maps += ((p, "predicate") for p in (*pom.predicates, *pom.inverse_predicates))
            maps += ((g, "graph") for g in pom.graphs)
            maps += ((o.value, "object") for o in pom.objects)
        for value, what in maps:
            yield value, what
            yield from ((item, "object") for item in gathered(value))


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
    `default_base` goes before relative IRIs where there is no `base`.
    """

    file: str
    triples_maps: tuple[TriplesMap, ...]
    base: str | None = None
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    prefixes: MappingOf[str, str] = field(default_factory=dict, compare=False)
    authors: tuple[Author, ...] = ()
    default_base: str | None = None

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
        case Gather(items=items, name=name_):
            yield from references(name_)
            for item in items:
                for inner in item.expressions:
                    yield from references(inner)
        case Quoted(joins=joins):
            for join in joins:
                yield from references(join.child)
        case Constant() | Iteration():
            pass


def gathered(value: TermMap | RefObjectMap) -> Iterator[TermMap | RefObjectMap]:
    """What a term map gathers, and what that gathers."""
    if isinstance(value, TermMap) and isinstance(value.expression, Gather):
        for item in value.expression.items:
            yield item
            yield from gathered(item)


def calls(expression: Expression) -> Iterator[Call]:
    """The calls of functions in an expression, outer ones first."""
    match expression:
        case Call(_, arguments):
            yield expression
            for argument in arguments:
                yield from calls(argument.value)
        case Gather(items=items, name=name):
            yield from calls(name)
            for item in items:
                for inner in item.expressions:
                    yield from calls(inner)
        case Quoted(joins=joins):
            for join in joins:
                yield from calls(join.child)
        case _:
            pass
