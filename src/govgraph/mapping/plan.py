"""The plan: what a mapping compiles to, the same for every engine.

Beside plain SQL its queries use a few functions, which each engine provides (`PRIMITIVES`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from govgraph.errors import SourceSpan
from govgraph.mapping.functions import PythonFunction
from govgraph.mapping.model import LogicalSource, LogicalTarget

if TYPE_CHECKING:
    from govgraph.mapping.logical_views import IterableField

IRI_SAFE = "IRI_SAFE"
URI_SAFE = "URI_SAFE"
IRI_TEXT = "IRI_TEXT"
URI_TEXT = "URI_TEXT"
UNSAFE_TEXT = "UNSAFE_TEXT"
LITERAL_TEXT = "LITERAL_TEXT"
TYPED_TEXT = "TYPED_TEXT"
LANGUAGE_TAG = "LANGUAGE_TAG"
BLANK_LABEL = "BLANK_LABEL"

PRIMITIVES = {
    IRI_SAFE: "(value): percent-encodes every character outside iunreserved (RML-Core, IRI-safe)",
    URI_SAFE: "(value): percent-encodes every character outside unreserved (RFC 3986)",
    IRI_TEXT: "(value, base, place): absolute as it is, else after the base; an error where invalid",
    URI_TEXT: "(value, base, place): the same for a URI, which is ASCII",
    UNSAFE_TEXT: "(value, base, place): the same for an unsafe IRI: what would end the term is escaped",
    LITERAL_TEXT: "(value): escapes quote, backslash and line ends for N-Triples",
    TYPED_TEXT: "(value, datatype, place): the value; an error where it is ill-typed (RML-Core)",
    LANGUAGE_TAG: "(value, place): the value; an error where it is no language tag (BCP 47)",
    BLANK_LABEL: "(value): a blank node label that is the same for the same value",
}
"""SQL function -> arguments and result. A null argument gives null."""

CHECKED = (IRI_TEXT, URI_TEXT, UNSAFE_TEXT, LITERAL_TEXT, TYPED_TEXT, LANGUAGE_TAG)
"""The functions that find errors in the data: of their first argument."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source's table.

    `many`: a row may have several values; they then stand in a list in the column `list_of(name)`, and the
    column itself is null. `natural`: the column `natural_of(name)` holds the value as an RDF literal in
    N-Triples, with its natural datatype (RML-Core, "Natural Mapping"); `datatype` is that of all rows.
    `alias` is its name in SQL, where case does not tell names apart. `records`: it holds the records of a
    view's field, as `engines.readers.nested` makes them.
    """

    name: str
    many: bool = False
    natural: bool = False
    datatype: str | None = None
    alias: str | None = None
    records: IterableField | None = None

    @property
    def sql_name(self) -> str:
        """Its name in queries."""
        return self.alias or self.name


def list_of(name: str) -> str:
    """The column that holds the values of a row that has several."""
    return f"{name} *"


def natural_of(name: str) -> str:
    """The column that holds a value as an RDF literal."""
    return f"{name} ^"


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the plan: the name that queries use, where its rows come from, and its columns.

    `ordered`: rows are numbered in the column `ROW`, so they must come in the order of the source.
    `parts` are the tables that a view is made of.
    """

    table: str
    logical: LogicalSource
    columns: tuple[Column, ...]
    ordered: bool = False
    parts: tuple[Source, ...] = ()

    def with_parts(self) -> Iterator[Source]:
        """The table after all that it is made of, which are ordered where it is."""
        for part in self.parts:
            yield from replace(part, ordered=part.ordered or self.ordered).with_parts()
        yield self


ROW = "row number"
"""The column that numbers the rows of a source from 1, where they are numbered."""

RECORD = "record number"
"""The column of a view whose rows are numbered: the number of the record that a row is made of."""

CHILD, PARENT = "child", "parent"
"""Names of the two sides of a join."""

CHILD_ROW, PARENT_ROW = f"{CHILD} row", f"{PARENT} row"
"""The columns that number the rows of each side."""

RESERVED = frozenset((ROW, RECORD, CHILD_ROW, PARENT_ROW))
"""Names that no column of a source has in SQL."""


def with_aliases(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns with an alias each where case alone tells a name from one before it, or it is reserved."""
    taken = set(RESERVED)
    numbers: Counter[str] = Counter()
    named = []
    for column in columns:
        alias = column.name
        while alias.casefold() in taken:
            numbers[column.name.casefold()] += 1
            alias = f"{column.name}~{numbers[column.name.casefold()] + 1}"
        taken.add(alias.casefold())
        named.append(column if alias == column.name else replace(column, alias=alias))
    return tuple(named)


TRIPLES_MAP = "triples_map"
"""Under this name a table of a query holds (in `meta`) the triples map whose rows it gives."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Quads of one triples map: `quads` are lines of N-Quads (or null) for each row of `rows`.

    `spans` are the places in the mapping that the quads come from, one each.

    No quad comes twice if each query of `keys` gives distinct values; `keys` is None where it may even so.
    The sides of a join, `CHILD` and `PARENT`, are distinct rows; `keys` then are theirs, in this order.
    """

    name: str
    span: SourceSpan
    rows: exp.Select
    quads: tuple[exp.Expression, ...]
    spans: tuple[SourceSpan, ...]
    sources: tuple[Source, ...]
    keys: tuple[exp.Select, ...] | None

    def trusting(self, sides: Iterable[str]) -> Statement:
        """The same, its join's `sides` taken as they are: their rows are known to be distinct."""
        rows = self.rows.copy()
        for side in rows.find_all(exp.Subquery):
            if side.alias in sides:
                side.this.set("distinct", None)
        return replace(self, rows=rows)

    def lines(self) -> exp.Select:
        """A query with the column `quad`: one line a row, no nulls."""
        quads = [quad.copy() for quad in self.quads]
        quad = exp.Explode(this=exp.Array(expressions=quads)) if len(quads) > 1 else quads[0]
        column = exp.column("quad", quoted=True)
        return self._select(quad, exp.not_(exp.Is(this=column, expression=exp.null()), copy=False))

    def chunks(self) -> exp.Select:
        """A query with the column `quad`: all lines of a row in one text, line ends between them."""
        if len(self.quads) == 1:
            return self.lines()
        quads = (quad.copy() for quad in self.quads)
        text = exp.Anonymous(this="CONCAT_WS", expressions=[exp.Literal.string("\n"), *quads])
        column = exp.column("quad", quoted=True)
        return self._select(text, exp.NEQ(this=column, expression=exp.Literal.string("")))

    def _select(self, quad: exp.Expression, kept: exp.Expression) -> exp.Select:
        """SELECT quad FROM (SELECT <quad> FROM the rows) WHERE <kept>."""
        rows = self.rows.copy().subquery("rows", copy=False)
        inner = exp.select(exp.alias_(quad, "quad", copy=False)).from_(rows, copy=False)
        return (
            exp.select("quad").from_(inner.subquery("quads", copy=False), copy=False).where(kept, copy=False)
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Statements whose quads go to `target` (None: the main output).

    `distinct`: they can give the same quad, so that duplicates have to be removed among all of them.
    """

    statements: tuple[Statement, ...]
    distinct: bool
    target: LogicalTarget | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All groups of a mapping; the result is the set of their quads."""

    file: str
    groups: tuple[Group, ...]
    python_functions: tuple[tuple[PythonFunction, int], ...]
    """The Python functions that the statements call, each with the position of the output that they take."""

    def mapped(self, change: Callable[[Statement], Statement]) -> Plan:
        """The plan with each statement as `change` gives it."""
        groups = (replace(g, statements=tuple(map(change, g.statements))) for g in self.groups)
        return replace(self, groups=tuple(groups))

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of all groups."""
        return tuple(s for group in self.groups for s in group.statements)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The tables that the statements read, each once, those that views are made of before these."""
        found: dict[str, Source] = {}
        for source in (part for s in self.statements for table in s.sources for part in table.with_parts()):
            if source.table not in found or source.ordered:
                found[source.table] = source
        return tuple(found.values())
