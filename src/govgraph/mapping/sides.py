"""One source in a query: its rows as the terms of rules read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from typing import TYPE_CHECKING

from sqlglot import exp

from govgraph.mapping.model import RefObjectMap, TermMap
from govgraph.mapping.plan import ROW, TRIPLES_MAP, Column, Source, list_of, natural_of
from govgraph.mapping.rules import Rows
from govgraph.mapping.terms import Scope, all_values, call, column, or_null, table

if TYPE_CHECKING:
    from govgraph.mapping.values import Values


class Side:
    """A subquery on one source: its subject, the keys that it is joined by, and the columns that are read.

    With `expand`, references with several values are unnested, apart for each term that reads them, so that
    all combinations come out (RML-Core, "Template-valued Expression Maps"); else only single values are read.
    The lists that functions give are always unnested.
    `values` gives the terms that need a query of their own, which is joined by the number of the row.
    """

    def __init__(self, source: Source, *, expand: bool, values: Values | None = None) -> None:
        self.source = source
        self.columns = {c.name: c for c in source.columns}
        self.expand = expand
        self.values = values
        self.unnested: dict[str, exp.Expression] = {}
        """Column -> the list whose values it has."""
        self.many: dict[str, None] = {}
        """The columns with several values that are unnested."""
        self.attached: dict[TermMap | RefObjectMap, str] = {}
        self.shown: dict[str, None] = {}

    def scope(self, role: str, *, outside: bool = False) -> Scope:
        """Where the terms of a role are read: inside of the subquery, or of what it shows."""

        def suffix() -> Scope:
            return self.scope(f"{role} suffix", outside=outside)

        def show(here: str) -> exp.Column:
            if outside:
                self.shown[here] = None
            return column(here)

        def read(name: str) -> exp.Column:
            known = self.columns.get(name) or self.columns.get(name.removesuffix(natural_of("")))
            here = known.sql_name + name.removeprefix(known.name) if known else name
            if self.expand and known and known.many:
                self.many[here] = None
                values, here = all_values(here, several=True), f"{here} {role}"
                self.unnested[here] = values
            return show(here)

        def attach(term: TermMap | RefObjectMap) -> exp.Column:
            if term not in self.attached:
                self.attached[term] = self.unused(f"term {len(self.attached) + 1}")
            here = self.attached[term]
            if outside:
                self.shown |= dict.fromkeys(self.reifiers(term))
            return show(here)

        def whole(name: str) -> exp.Expression:
            known = self.columns.get(name) or Column(name)
            for here in (known.sql_name, list_of(known.sql_name))[: 1 + known.many]:
                show(here)
            return all_values(known.sql_name, several=known.many)

        def each(make: Callable[[Scope], exp.Expression]) -> exp.Expression:
            values = make(self.scope(role))
            here = next((h for h, v in self.unnested.items() if v == values), None)
            here = here or f"{role} list {len(self.unnested) + 1} *"
            self.unnested.setdefault(here, values)
            return show(here)

        logical = self.source.logical
        return Scope(
            logical.path,
            logical.identity,
            self.columns,
            read,
            lambda: show(ROW),
            suffix,
            attach,
            whole,
            each,
        )

    def unused(self, name: str) -> str:
        """A name like `name` that no column of the source has."""
        taken = {c.sql_name.casefold() for c in self.source.columns}
        while name.casefold() in taken:
            name += "_"
        return name

    def reifiers(self, term: TermMap | RefObjectMap) -> list[str]:
        """The columns that hold the reifying triples of an attached term (RDF 1.2 Concepts)."""
        count = self.values.reifiers(term) if self.values else 0
        return [f"{self.attached[term]} {reifier(number)}" for number in range(count)]

    def place(self) -> exp.Expression:
        """Where the terms of a row stand among those of the same row, as a list of numbers."""
        numbers = [column(place_of(here)) for here in (*self.unnested, *self.attached.values())]
        return exp.Array(expressions=numbers or [exp.Literal.number(0)])

    def query(
        self,
        rows: Rows,
        named: MappingOf[str, exp.Expression],
        *,
        only_several: bool = False,
        placed: bool = False,
        where: Sequence[exp.Condition] = (),
    ) -> exp.Select:
        """SELECT <named>, <shown> FROM the source, unnested, WHERE the condition holds.

        What the condition does not need is unnested after it, so that functions see only the rows that it
        lets through. `placed`: each value of several stands beside its number. `where` are more conditions.
        """
        condition = call(rows.condition, self.scope("condition")) if rows.condition else None
        from_: exp.Expression = table(self.source.table)
        from_.meta[TRIPLES_MAP] = rows.triples_map
        if self.unnested:
            inner = exp.select("*").from_(from_, copy=False)
            if only_several and self.many:
                lists = (column(list_of(name)) for name in self.many)
                inner = inner.where(exp.or_(*(_is_not_null(c) for c in lists)), copy=False)
            needed = self.needed_by(condition)
            for here in sorted(self.unnested, key=lambda name: name not in needed):
                if condition and here not in needed:
                    inner = exp.select("*").from_(inner.subquery("rows", copy=False), copy=False)
                    inner, condition = inner.where(condition, copy=False), None
                inner = _unnest(inner, or_null(self.unnested[here]), here, placed=placed)
            from_ = inner.subquery("rows", copy=False)
        if self.attached:
            from_ = self._attach(rows, from_).subquery("rows", copy=False)
        terms = [exp.alias_(value, name, quoted=True, copy=False) for name, value in named.items()]
        select = exp.select(*terms, *(column(name) for name in self.shown)).from_(from_, copy=False)
        return select.where(*(condition,) if condition else (), *where, copy=False)

    def needed_by(self, condition: exp.Expression | None) -> set[str]:
        """The unnested columns that a condition reads, and those that their lists are made of."""
        read = {c.name for c in condition.find_all(exp.Column)} if condition else set()
        for here, values in reversed(self.unnested.items()):
            if here in read:
                read |= {c.name for c in values.find_all(exp.Column)}
        return read & self.unnested.keys()

    def _attach(self, rows: Rows, from_: exp.Expression) -> exp.Select:
        """The rows with the terms of other queries, once for each of them."""
        assert self.values
        inner = exp.select("*").from_(from_, copy=False)
        for term, here in self.attached.items():
            names = {VALUE: here, PLACE: place_of(here)}
            names |= {reifier(n): c for n, c in enumerate(self.reifiers(term))}
            every = exp.Column(this=exp.Star(), table=exp.to_identifier("rows", quoted=True))
            shown = (exp.alias_(column(name, "terms"), alias, quoted=True) for name, alias in names.items())
            terms = self.values.of(rows, term).subquery("terms", copy=False)
            inner = (
                exp.select(every, *shown)
                .from_(inner.subquery("rows", copy=False), copy=False)
                .join(terms, on=column(ROW, "rows").eq(column(ROW, "terms")), copy=False)
            )
        return inner


VALUE, PLACE = "value", "place"
"""The columns of a query of terms beside the number of the row: a term, its number in the row."""


def reifier(number: int) -> str:
    """A further column of such a query: a triple that says what a reifier stands for."""
    return f"reifier {number + 1}"


def place_of(here: str) -> str:
    """The column with the number of a value among the several of its row."""
    return f"{here} place"


def _unnest(rows: exp.Select, values: exp.Expression, here: str, *, placed: bool) -> exp.Select:
    """The rows, once for each of the values, which is in the column `here`."""
    if not placed:
        unnest = exp.alias_(exp.Explode(this=values), here, quoted=True)
        return exp.select("*", unnest).from_(rows.subquery("rows", copy=False), copy=False)
    numbers = exp.GenerateSeries(start=exp.Literal.number(1), end=exp.ArraySize(this=values.copy()))
    number = exp.alias_(exp.Explode(this=numbers), place_of(here), quoted=True)
    rows = exp.select("*", number).from_(rows.subquery("rows", copy=False), copy=False)
    one = exp.Bracket(this=values, expressions=[column(place_of(here))], offset=1)
    value = exp.alias_(one, here, quoted=True)
    return exp.select("*", value).from_(rows.subquery("rows", copy=False), copy=False)


def _is_not_null(value: exp.Expression) -> exp.Expression:
    return exp.not_(exp.Is(this=value, expression=exp.null()))
