"""The triples of collections and containers: what a gather map makes beside its head (RML-CC).

A collection with a name has the terms of all rows, and of all gather maps, that give it that name, in their
order (RML-CC, "Generating well-formed named collections or containers").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from govgraph.iri import RDF
from govgraph.mapping.duplicates import terms_may_agree
from govgraph.mapping.equivalents import all_of, any_of
from govgraph.mapping.model import (
    Call,
    Collection,
    Constant,
    Gather,
    LogicalTarget,
    TermMap,
    TermType,
    TriplesMap,
    gathered,
    references,
)
from govgraph.mapping.plan import BLANK_LABEL, ROW, list_of
from govgraph.mapping.rules import Rows, Rule, rows_of
from govgraph.mapping.sides import PLACE, VALUE, Side
from govgraph.mapping.terms import Part, apply, column, concatenate
from govgraph.mapping.values import (
    COMBINATION,
    NIL,
    PART,
    Values,
    combined,
    graph_parts,
    head_parts,
    numbered,
    union,
)

HEAD, GRAPH, POSITION, LAST = "head", "graph", "position", "last"
ORDER, MAKER = "order", "maker"


@dataclass(frozen=True, slots=True)
class Gathering:
    """A gather map where it is used: for which rows, in which graph."""

    rows: Rows
    head: TermMap
    graph: TermMap | None
    order: int
    """The number of its triples map, by which collections of one name are put together."""

    @property
    def gather(self) -> Gather:
        """The gather map."""
        assert isinstance(self.head.expression, Gather)
        return self.head.expression

    @property
    def kind(self) -> Rule | None:
        """The rule for the class of a container; a list has none."""
        gather, span = self.gather, self.head.span
        if gather.kind is Collection.LIST:
            return None
        type_ = TermMap(Constant(f"{RDF}type"), TermType.IRI, span)
        class_ = TermMap(Constant(RDF + gather.kind.value), TermType.IRI, span)
        return Rule(replace(self.rows, subject=self.head), type_, class_, self.graph, span=span)


def gatherings(
    used: Iterable[tuple[Rule, TriplesMap]], triples_maps: Sequence[TriplesMap], target: LogicalTarget | None
) -> list[Gathering]:
    """The gather maps of rules, and of subjects without any, each once for each graph.

    A row has the collection only where it has a quad with it: where a condition of one of the rules holds.
    """
    found: dict[tuple[int, TermMap | None], tuple[Gathering, list[Call | None]]] = {}

    def add(rows: Rows, term: TermMap, graph: TermMap | None, triples_map: TriplesMap) -> None:
        for head in (term, *gathered(term)):
            if isinstance(head, TermMap) and isinstance(head.expression, Gather):
                order = next(n for n, t in enumerate(triples_maps) if t is triples_map)
                gathering = Gathering(rows, head, graph, order)
                key = head.expression.number, graph
                found.setdefault(key, (gathering, []))[1].append(rows.condition)

    for rule, triples_map in used:
        rows = replace(rule.rows, condition=all_of(rule.rows.condition, *rule.conditions))
        own = rule.terms if rule.parent is None else (t for t in rule.terms if t is not rule.object)
        for term in own:
            add(rows, term, rule.graph, triples_map)
    for triples_map in triples_maps:
        aimed = triples_map.asserted and target in (triples_map.subject.targets or (None,))
        if aimed and not triples_map.predicate_objects:
            for graph in triples_map.graphs or (None,):
                add(rows_of(triples_map), triples_map.subject, graph, triples_map)
    return [
        replace(gathering, rows=replace(gathering.rows, condition=any_of(*conditions)))
        for gathering, conditions in found.values()
    ]


def families(made: Sequence[Gathering]) -> Iterator[list[Gathering]]:
    """Gather maps that may give the same name to a collection: each is in one family."""
    left = list(made)
    while left:
        family = [left.pop(0)]
        for member in family:
            same = [other for other in left if _may_be_one(member, other)]
            family += same
            left = [other for other in left if other not in same]
        yield sorted(family, key=lambda g: g.order)


def _may_be_one(first: Gathering, second: Gathering) -> bool:
    a, b = first.gather, second.gather
    lists = [g.kind is Collection.LIST for g in (a, b)]
    if not (a.named and b.named) or first.graph != second.graph or lists[0] is not lists[1]:
        return False
    return terms_may_agree(replace(first.head, expression=a.name), replace(second.head, expression=b.name))


def member_rows(values: Values, family: Sequence[Gathering], of: Gathering) -> exp.Select:
    """A row for each term of the collections of a gather map, beside its place in the collection."""
    shown = [HEAD, *((GRAPH,) if of.graph else ())]
    makers = sorted(enumerate(family), key=lambda m: m[1] is of)
    made = union([_made(values, maker, number) for number, maker in makers])
    if len(family) == 1:
        made = _made(values, of, 0)
    by = [column(name) for name in shown]
    order = [column(name) for name in (ORDER, ROW, MAKER, COMBINATION, PART, PLACE)]
    last = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[c.copy() for c in by])
    placed = exp.select(
        column(ROW),
        column(MAKER),
        *by,
        column(VALUE),
        exp.alias_(numbered([c.copy() for c in by], order), POSITION, quoted=True),
        exp.alias_(last, LAST, quoted=True),
    ).from_(made.subquery("made", copy=False), copy=False)
    query = exp.select(column(ROW), *map(column, shown), column(VALUE), column(POSITION), column(LAST))
    query = query.from_(placed.subquery("placed", copy=False), copy=False)
    if len(family) > 1:
        query = query.where(column(MAKER).eq(exp.Literal.number(family.index(of))), copy=False)
    return query


def _made(values: Values, maker: Gathering, number: int) -> exp.Select:
    """The terms of all collections of a gather map, with what puts them in order."""
    gather, rows = maker.gather, maker.rows
    side = values.side(rows.source)
    named: dict[str, exp.Expression] = {ROW: column(ROW)}
    named[HEAD] = concatenate(head_parts(maker.head, side.scope("name")))
    if maker.graph:
        named[GRAPH] = concatenate(graph_parts(maker.graph, side.scope("graph")))
    names = side.query(rows, named, where=_has_subject(rows, side)).distinct(copy=False)
    head = combined(gather, column(HEAD, "names"), column(COMBINATION, "members"))
    shown = [exp.alias_(head, HEAD, quoted=True), *((column(GRAPH, "names"),) if maker.graph else ())]
    return (
        exp.select(
            column(ROW, "names"),
            exp.alias_(exp.Literal.number(number), MAKER, quoted=True),
            exp.alias_(exp.Literal.number(maker.order), ORDER, quoted=True),
            *shown,
            *(column(name, "members") for name in (COMBINATION, PART, PLACE, VALUE)),
        )
        .from_(names.subquery("names", copy=False), copy=False)
        .join(
            values.members(rows, gather).subquery("members", copy=False),
            on=column(ROW, "names").eq(column(ROW, "members")),
            copy=False,
        )
        .where(exp.not_(exp.Is(this=column(HEAD, "names"), expression=exp.null())), copy=False)
    )


def _has_subject(rows: Rows, side: Side) -> list[exp.Condition]:
    """Conditions for a row to have a subject, without which it has no triples."""
    known: list[exp.Condition] = []
    for name in dict.fromkeys(n for e in rows.subject.expressions for n in references(e)):
        if isinstance(rows.subject.expression, Gather):
            break
        reference = side.columns[name]
        fields = [reference.sql_name, *((list_of(reference.sql_name),) if reference.many else ())]
        known.append(exp.or_(*(exp.not_(exp.Is(this=column(f), expression=exp.null())) for f in fields)))
    return known


def member_quads(of: Gathering) -> tuple[exp.Expression, ...]:
    """The triples of a row of `member_rows`: rdf:first and rdf:rest, or rdf:_1 and so on."""
    end: list[Part] = [column(GRAPH), " ."] if of.graph else [" ."]
    if of.gather.kind is not Collection.LIST:
        number = exp.cast(column(POSITION), "text")
        return (concatenate([column(HEAD), f" <{RDF}_", number, "> ", column(VALUE), *end]),)
    one = exp.Literal.number(1)
    node = exp.case().when(column(POSITION).eq(one), column(HEAD)).else_(_node(column(POSITION)))
    following = exp.Add(this=column(POSITION), expression=one.copy())
    is_last = column(POSITION).eq(column(LAST))
    rest = exp.case().when(is_last, exp.Literal.string(NIL)).else_(_node(exp.paren(following)))
    return (
        concatenate([node, f" <{RDF}first> ", column(VALUE), *end]),
        concatenate(
            [node.copy(), f" <{RDF}rest> ", rest, *(p if isinstance(p, str) else p.copy() for p in end)]
        ),
    )


def _node(position: exp.Expression) -> exp.Expression:
    """The node of a list after its head: a blank node that has no other name."""
    return concatenate(
        ["_:", apply(BLANK_LABEL, concatenate([column(HEAD), " ", exp.cast(position, "text")]))]
    )


def is_structural(rule: Rule) -> bool:
    """Whether a rule may make a quad that a collection consists of."""
    predicate = rule.predicate.expression
    return not isinstance(predicate, Constant) or predicate.value.startswith(RDF)
