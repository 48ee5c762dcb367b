"""Terms that a query of its own gives for each row: heads of collections, quoted triples, joined subjects.

Such a query has the number of the row, the term, its number among those of the row, and the triples that say
what its reifiers stand for.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from govgraph.iri import RDF
from govgraph.mapping.duplicates import may_be_default
from govgraph.mapping.model import (
    Collection,
    Gather,
    Join,
    LogicalSource,
    Mapping,
    Quoted,
    RefObjectMap,
    TermMap,
    TermType,
)
from govgraph.mapping.plan import BLANK_LABEL, ROW, Source
from govgraph.mapping.rules import DEFAULT_GRAPHS, Rows, Rule, rows_of, rules
from govgraph.mapping.sides import PLACE, VALUE, Side, reifier
from govgraph.mapping.terms import Part, Scope, apply, call, column, concatenate, term_parts, value_parts

NIL = f"<{RDF}nil>"

COMBINATION, PART = "combination", "part"
"""Which collection of a row a term belongs to, and which item of the gather map gave it."""

_FIRST = exp.Literal.number(1)


class Values:
    """Makes these queries for one mapping."""

    def __init__(self, mapping: Mapping, tables: MappingOf[LogicalSource, Source]) -> None:
        self.mapping = mapping
        self.tables = tables

    def side(self, source: LogicalSource) -> Side:
        """A side whose rows are numbered and whose terms may be any."""
        return Side(replace(self.tables[source], ordered=True), expand=True, values=self)

    def of(self, rows: Rows, term: TermMap | RefObjectMap) -> exp.Query:
        """The query of a term: ROW, VALUE, PLACE, reifiers."""
        if isinstance(term, RefObjectMap):
            parent = self.mapping.get(term.parent)
            assert parent
            return self.related(rows, rows_of(parent), term.joins)
        if isinstance(term.expression, Gather):
            return self.heads(rows, term, term.expression)
        assert isinstance(term.expression, Quoted)
        quoted = self.mapping.get(term.expression.triples_map)
        assert quoted
        if term.expression.joins:
            own = replace(term, expression=replace(term.expression, joins=()))
            return self.related(rows, replace(rows_of(quoted), subject=own), term.expression.joins)
        every = dict.fromkeys(replace(rule, graph=None) for rule in rules(self.mapping, quoted))
        return self.triples(term, [self.quoted(rule) for rule in every])

    # -- joins ---------------------------------------------------------------------------------------------

    def related(self, rows: Rows, parent: Rows, joins: Sequence[Join]) -> exp.Select:
        """The parent's subject for each pair of rows that are joined; of the same row without `joins`."""
        child_side, parent_side = self.side(rows.source), self.side(parent.source)
        subject = concatenate(term_parts(parent.subject, parent_side.scope("subject")))
        keys = [f"key {number + 1}" for number, _ in enumerate(joins)]
        shown = {
            reifier(n): column(c)
            for n, c in enumerate(parent_side.reifiers(parent.subject) if parent_side.attached else ())
        }
        left: dict[str, exp.Expression] = {ROW: column(ROW)}
        right: dict[str, exp.Expression] = {ROW: column(ROW), VALUE: subject, **shown}
        for key, join in zip(keys, joins, strict=True):
            left[key] = concatenate(value_parts(join.child, child_side.scope(key)))
            right[key] = concatenate(value_parts(join.parent, parent_side.scope(key)))
        place = exp.alias_(column(ROW, "right"), PLACE, quoted=True)
        return (
            exp.select(
                column(ROW, "left"), column(VALUE, "right"), place, *(column(name, "right") for name in shown)
            )
            .distinct(copy=False)
            .from_(child_side.query(rows, left).subquery("left", copy=False), copy=False)
            .join(
                parent_side.query(parent, right).subquery("right", copy=False),
                on=exp.and_(*(column(k, "left").eq(column(k, "right")) for k in keys or [ROW])),
                copy=False,
            )
        )

    # -- collections ---------------------------------------------------------------------------------------

    def heads(self, rows: Rows, term: TermMap, gather: Gather) -> exp.Select:
        """The heads of the collections of each row (RML-CC, "rml:allowEmptyListAndContainer")."""
        side = self.side(rows.source)
        names = side.query(rows, {ROW: column(ROW), VALUE: concatenate(head_parts(term, side.scope("name")))})
        made = exp.select(column(ROW), column(COMBINATION)).distinct(copy=False)
        made = made.from_(self.members(rows, gather).subquery("members", copy=False), copy=False)
        head = combined(gather, column(VALUE, "names"), column(COMBINATION, "made"))
        if gather.empty and gather.kind is Collection.LIST:
            nothing = exp.Is(this=column(ROW, "made"), expression=exp.null())
            head = exp.case().when(nothing, exp.Literal.string(NIL)).else_(head)
        place = exp.Coalesce(this=column(COMBINATION, "made"), expressions=[_FIRST.copy()])
        return (
            exp.select(
                column(ROW, "names"),
                exp.alias_(head, VALUE, quoted=True),
                exp.alias_(place, PLACE, quoted=True),
            )
            .distinct(copy=False)
            .from_(names.subquery("names", copy=False), copy=False)
            .join(
                made.subquery("made", copy=False),
                on=column(ROW, "names").eq(column(ROW, "made")),
                join_type="left" if gather.empty else "",
                copy=False,
            )
        )

    def members(self, rows: Rows, gather: Gather) -> exp.Query:
        """The terms of the collections of each row: ROW, COMBINATION, PART, PLACE, VALUE."""
        items = [self.item(rows, item) for item in gather.items]
        if gather.product:
            return _product(items)
        parts = []
        for number, item in enumerate(items, 1):
            one = exp.alias_(_FIRST.copy(), COMBINATION, quoted=True)
            part = exp.alias_(exp.Literal.number(number), PART, quoted=True)
            parts.append(item.select(one, part, copy=False))
        return union(parts)

    def item(self, rows: Rows, item: TermMap | RefObjectMap) -> exp.Select:
        """The terms of one item of a gather map: ROW, PLACE, VALUE."""
        side = self.side(rows.source)
        scope = side.scope("item")
        value = (
            scope.attached(item) if isinstance(item, RefObjectMap) else concatenate(term_parts(item, scope))
        )
        named = {ROW: column(ROW), VALUE: value, PLACE: side.place()}
        query = side.query(rows, named, placed=True).subquery("items", copy=False)
        known = exp.not_(exp.Is(this=column(VALUE), expression=exp.null()))
        return exp.select(*map(column, named)).from_(query, copy=False).where(known, copy=False)

    # -- quoted triples ------------------------------------------------------------------------------------

    def triples(
        self, term: TermMap, quoted: Sequence[tuple[exp.Select, exp.Expression, list[str]]]
    ) -> exp.Query:
        """The triples of all rules of a quoted triples map, as terms or as their reifiers."""
        triple, queries = column("triple"), []
        count = self.reifiers(term)
        for number, (query, text, inner) in enumerate(quoted):
            columns = [exp.alias_(text, "triple", quoted=True), column(ROW), *map(column, inner)]
            lines = exp.select(*columns).from_(query.subquery("rows", copy=False), copy=False)
            value: exp.Expression = triple.copy()
            reifying: list[exp.Expression] = [column(name) for name in inner]
            if term.term_type is TermType.BLANK_NODE:
                value = concatenate(["_:", apply(BLANK_LABEL, triple.copy())])
                reifying.insert(0, concatenate([value.copy(), f" <{RDF}reifies> ", triple.copy()]))
            reifying += [exp.cast(exp.null(), "text") for _ in range(count - len(reifying))]
            named = {VALUE: value, PART: exp.Literal.number(number)}
            named |= {reifier(n): r for n, r in enumerate(reifying)}
            shown = (exp.alias_(v, name, quoted=True) for name, v in named.items())
            queries.append(
                exp.select(column(ROW), *shown)
                .distinct(copy=False)
                .from_(lines.subquery("triples", copy=False), copy=False)
                .where(exp.not_(exp.Is(this=triple.copy(), expression=exp.null())), copy=False)
            )
        place = numbered([column(ROW)], [column(PART), column(VALUE)])
        shown = (column(reifier(n)) for n in range(count))
        return exp.select(column(ROW), column(VALUE), exp.alias_(place, PLACE, quoted=True), *shown).from_(
            union(queries).subquery("triples", copy=False), copy=False
        )

    def quoted(self, rule: Rule) -> tuple[exp.Select, exp.Expression, list[str]]:
        """The rows of a rule of a quoted triples map, its triple term, and the columns of its reifiers."""
        side = self.side(rule.rows.source)
        side.scope("row", outside=True).row()
        triple, reifiers = self.rule(rule, side)
        text = under(rule, side, concatenate(["<<( ", *triple, " )>>"]))
        return side.query(rule.rows, {}), text, reifiers

    def rule(self, rule: Rule, side: Side) -> tuple[list[Part], list[str]]:
        """The triple of a rule as text, outside of the side, and the columns of its reifiers."""
        subject = term_parts(rule.rows.subject, side.scope("subject", outside=True))
        scope = side.scope("object", outside=True)
        value: list[Part]
        if rule.parent is None:
            value = term_parts(rule.object, scope)
        else:
            value = [scope.attached(RefObjectMap(rule.parent.triples_map, rule.joins, rule.span))]
        if rule.inverse:
            subject, value = value, subject
        predicate = term_parts(rule.predicate, side.scope("predicate", outside=True))
        reifiers = [name for term in side.attached for name in side.reifiers(term)]
        return [*subject, " ", *predicate, " ", *value], reifiers

    def reifiers(self, term: TermMap | RefObjectMap) -> int:
        """How many reifying triples a term may come with."""
        if isinstance(term, RefObjectMap) or not isinstance(term.expression, Quoted):
            return 0
        quoted = self.mapping.get(term.expression.triples_map)
        assert quoted
        own = 1 if term.term_type is TermType.BLANK_NODE else 0
        inner = [sum(map(self.reifiers, set(rule.terms))) for rule in rules(self.mapping, quoted)]
        return own + max(inner, default=0)


def head_parts(term: TermMap, scope: Scope) -> list[Part]:
    """The name of the head of a collection as a term."""
    assert isinstance(term.expression, Gather)
    return term_parts(replace(term, expression=term.expression.name), scope)


def combined(gather: Gather, head: exp.Expression, combination: exp.Expression) -> exp.Expression:
    """The head of one of several collections of a row: where they have no name, each its own."""
    if gather.named or not gather.product:
        return head
    other = concatenate(
        ["_:", apply(BLANK_LABEL, concatenate([head, " of ", exp.cast(combination, "text")]))]
    )
    return exp.case().when(combination.copy().eq(_FIRST.copy()), head.copy()).else_(other)


def under(rule: Rule, side: Side, text: exp.Expression) -> exp.Expression:
    """The text where the conditions of a rule hold, else null."""
    conditions = [call(c, side.scope("condition", outside=True)) for c in rule.conditions]
    return exp.case().when(exp.and_(*conditions), text) if conditions else text


def graph_parts(graph: TermMap | None, scope: Scope) -> list[Part]:
    """What stands for the graph in a line after a space: nothing where the data name the default graph."""
    if graph is None:
        return []
    parts: list[Part] = [" ", *term_parts(graph, scope)]
    if not may_be_default(graph):
        return parts
    text = concatenate(parts)
    names = [exp.Literal.string(f" <{default.value}>") for default in DEFAULT_GRAPHS]
    return [exp.case().when(text.isin(*names), exp.Literal.string("")).else_(text.copy())]


def union(queries: Sequence[exp.Select]) -> exp.Query:
    """All rows of all queries."""
    first, *rest = queries
    result: exp.Query = first
    for other in rest:
        result = exp.union(result, other, distinct=False, copy=False)
    return result


def numbered(by: Sequence[exp.Expression], order: Sequence[exp.Expression]) -> exp.Window:
    """ROW_NUMBER() OVER (PARTITION BY … ORDER BY …)."""
    ordered = exp.Order(expressions=[exp.Ordered(this=o) for o in order])
    return exp.Window(this=exp.RowNumber(), partition_by=list(by), order=ordered)


def _product(items: Sequence[exp.Select]) -> exp.Select:
    """All combinations of one term of each item (RML-CC, "rml:cartesianProduct")."""
    tables = [f"item {number}" for number, _ in enumerate(items, 1)]
    order = numbered([column(ROW, tables[0])], [column(PLACE, t) for t in tables])
    terms = exp.Array(expressions=[column(VALUE, t) for t in tables])
    combinations = exp.select(
        column(ROW, tables[0]),
        exp.alias_(order, COMBINATION, quoted=True),
        exp.alias_(terms, "terms", quoted=True),
    ).from_(items[0].subquery(tables[0], copy=False), copy=False)
    for name, item in zip(tables[1:], items[1:], strict=True):
        same = column(ROW, tables[0]).eq(column(ROW, name))
        combinations = combinations.join(item.subquery(name, copy=False), on=same, copy=False)
    numbers = exp.GenerateSeries(start=_FIRST.copy(), end=exp.Literal.number(len(items)))
    part = exp.alias_(exp.Explode(this=numbers), PART, quoted=True)
    parts = exp.select("*", part).from_(combinations.subquery("combinations", copy=False), copy=False)
    term = exp.Bracket(this=column("terms"), expressions=[column(PART)], offset=1)
    return exp.select(
        column(ROW),
        exp.alias_(term, VALUE, quoted=True),
        exp.alias_(exp.Array(expressions=[column(PART)]), PLACE, quoted=True),
        column(COMBINATION),
        column(PART),
    ).from_(parts.subquery("parts", copy=False), copy=False)
