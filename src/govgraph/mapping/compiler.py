r"""Model -> plan: the rules of each triples map become queries that give quads as lines of N-Quads.

    SELECT quad FROM (SELECT CONCAT_WS('\n', <quad>, …) AS quad
                      FROM (SELECT <subject>, <columns> FROM source WHERE <condition>))

All rules of a triples map that read only its own row are one query, each join and each rule whose row has
several values is one more. Rules that can make the same quad stand in a group that seeks duplicates. A row
with a missing value makes the quads null that need it, and only those (RML-Core, "Generated Terms").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import replace

from sqlglot import exp

from govgraph.errors import MappingError, SourceSpan
from govgraph.mapping.checks import check_mapping
from govgraph.mapping.collections import (
    Gathering,
    families,
    gatherings,
    is_structural,
    member_quads,
    member_rows,
)
from govgraph.mapping.duplicates import colliding
from govgraph.mapping.functions import PythonFunction
from govgraph.mapping.kinds import gives_list, one_by_one
from govgraph.mapping.logical_views import expressions, is_index, read_of_parts, with_parts
from govgraph.mapping.model import (
    Call,
    Expression,
    Gather,
    Iteration,
    LogicalSource,
    Mapping,
    Quoted,
    Reference,
    RefObjectMap,
    Template,
    TermMap,
    TermType,
    TriplesMap,
    calls,
    references,
)
from govgraph.mapping.plan import (
    CHILD,
    PARENT,
    TRIPLES_MAP,
    Column,
    Group,
    Plan,
    Source,
    Statement,
)
from govgraph.mapping.rewrites import rewrite
from govgraph.mapping.rules import Rows, Rule, rules
from govgraph.mapping.sides import Side
from govgraph.mapping.terms import (
    Part,
    column,
    concatenate,
    term_parts,
    value_parts,
)
from govgraph.mapping.values import Values, graph_parts, under

SourceColumns = MappingOf[LogicalSource, Sequence[Column]]
"""Source -> the columns that it has."""


def compile_mapping(
    mapping: Mapping, columns: SourceColumns, *, base: str | None = None, apart: bool = True
) -> Plan:
    """The plan of a mapping; `base` goes before the mapping's own.

    `apart`: rules that cannot make the same quad are kept apart from those that can, which is worth while
    where there are many rows. `columns` holds the sources that could be read; references to others are not
    checked.
    Raises MappingError with all problems: those of reading the mapping, and GG007, GG009, GG012, GG013.
    """
    rewritten = rewrite(replace(mapping, base=base or mapping.base))
    problems = [*rewritten.problems, *check_mapping(rewritten, columns)]
    if problems:
        raise MappingError.collect(dict.fromkeys(problems))
    compiler = _Compiler(rewritten, columns)
    called = [c for t in rewritten.triples_maps for c in _calls(t)]
    views = [s.view for s in sources(rewritten) if s.view]
    called += (c for view in views for e, _ in expressions(view) for c in calls(e))
    functions = {(c.function, c.output) for c in called if isinstance(c.function, PythonFunction)}
    python = sorted(functions, key=lambda pair: pair[0].output_name(pair[1]))
    return Plan(mapping.file, tuple(compiler.groups(apart=apart)), tuple(python))


def sources(mapping: Mapping) -> Iterator[LogicalSource]:
    """The sources of a mapping, each once, and before views what they are made of."""
    yield from dict.fromkeys(part for t in mapping.triples_maps for part in with_parts(t.source))


def _calls(triples_map: TriplesMap) -> Iterator[Call]:
    """All calls of functions in a triples map, nested ones too."""
    poms = triples_map.predicate_objects
    conditions = (
        triples_map.condition,
        *(p.condition for p in poms),
        *(o.condition for p in poms for o in p.objects),
    )
    for condition in conditions:
        if condition:
            yield from calls(condition)
        for ref in (o.value for p in poms for o in p.objects if isinstance(o.value, RefObjectMap)):
            for join in ref.joins:
                yield from (*calls(join.child), *calls(join.parent))
    for term, _ in triples_map.terms():
        for expression in term.expressions:
            yield from calls(expression)


class _Compiler:
    """Compiles one mapping that has no problems."""

    def __init__(self, mapping: Mapping, columns: SourceColumns) -> None:
        self.mapping = mapping
        self.tables = _name_tables(mapping, columns)
        self.taken = {c.sql_name.casefold() for source in self.tables.values() for c in source.columns}
        self.values = Values(mapping, self.tables)
        self.subject, self.object = _unused("subject", self.taken), _unused("object", self.taken)

    def groups(self, *, apart: bool) -> Iterator[Group]:
        """All rules in groups: those that can make the same quad in one, all others in another.

        A rule whose row may have several values is a group of its own. With `apart` false all are one.
        """
        asserted = [t for t in self.mapping.triples_maps if t.asserted]
        owned = [(rule, t) for t in asserted for rule in rules(self.mapping, t)]
        owner = {id(rule): triples_map for rule, triples_map in owned}
        targets = dict.fromkeys(target for rule, _ in owned for target in rule.targets or (None,))
        targets |= dict.fromkeys(target for t in asserted for target in t.subject.targets or (None,))
        for target in targets:
            aimed = [rule for rule, _ in owned if target in (rule.targets or (None,))]
            made = gatherings([(rule, owner[id(rule)]) for rule in aimed], self.mapping.triples_maps, target)
            same = colliding(aimed) if apart else set(range(len(aimed)))
            if made or any(map(_is_attached, aimed)):
                same |= {n for n, rule in enumerate(aimed) if _is_attached(rule) or is_structural(rule)}
            together = [rule for number, rule in enumerate(aimed) if number in same]
            others = [rule for number, rule in enumerate(aimed) if number not in same]
            several = [r for r in others if r.parent is None and self.reads_several(r)]
            if together or made:
                statements = (*self.statements(together, owner), *self.members(made))
                yield Group(statements, distinct=True, target=target)
            for rule in several:
                yield Group(tuple(self.statements([rule], owner)), distinct=False, target=target)
            if alone := [rule for rule in others if rule not in several]:
                yield Group(tuple(self.statements(alone, owner)), distinct=False, target=target)

    def statements(self, group: Sequence[Rule], owner: MappingOf[int, TriplesMap]) -> Iterator[Statement]:
        """A statement for all rules of a triples map that need its row alone, and one for each other."""
        by_map: dict[str, list[Rule]] = {}
        for rule in group:
            by_map.setdefault(owner[id(rule)].name, []).append(rule)
        for members in by_map.values():
            triples_map = owner[id(members[0])]
            plain = [r for r in members if r.parent is None and not (_is_attached(r) or self.makes_lists(r))]
            if plain:
                yield self.plain(triples_map, plain)
            for rule in members:
                if _is_attached(rule):
                    yield self.attached(triples_map, rule)
                elif rule.parent is not None:
                    yield self.join(triples_map, rule, rule.parent)
                elif self.reads_several(rule):
                    yield self.several(triples_map, rule)

    def plain(self, triples_map: TriplesMap, plain: Sequence[Rule]) -> Statement:
        """Rules that read their own row: those of its values of which it has one."""
        rows = plain[0].rows
        side = self.side(rows, [e for rule in plain for e in rule.expressions])
        quads = tuple(self.quad(rule, side) for rule in plain)
        query = side.query(rows, {self.subject: self.subject_of(rows, side)})
        return self.statement(triples_map, query, quads, plain, [side], (self.key(rows),))

    def several(self, triples_map: TriplesMap, rule: Rule) -> Statement:
        """A rule for the rows that have several values of what it reads: all combinations of them."""
        side = self.side(rule.rows, rule.expressions, expand=True)
        quad = self.quad(rule, side)
        subject = self.subject_of(rule.rows, side)
        query = side.query(rule.rows, {self.subject: subject}, only_several=not self.makes_lists(rule))
        return self.statement(triples_map, query, (quad,), [rule], [side], None)

    def join(self, triples_map: TriplesMap, rule: Rule, parent_rows: Rows) -> Statement:
        """A rule whose object is the subject of another triples map, where the join conditions hold.

        Where that subject is made of the columns that are joined alone, the child's row gives it, and the
        parent's rows are only asked whether there is one: many of them make no duplicates.
        """
        child = self.side(rule.rows, rule.expressions, expand=True)
        parent = self.side(parent_rows, [j.parent for j in rule.joins], expand=True)
        own = self.object_of_own_row(rule, parent_rows)
        quad = self.quad(rule, child, own)
        named = {CHILD: {self.subject: self.subject_of(rule.rows, child)}, PARENT: {}}
        if own is None:
            named[PARENT][self.object] = self.subject_of(parent_rows, parent)
        for number, join in enumerate(rule.joins):
            for name, side, expression in ((CHILD, child, join.child), (PARENT, parent, join.parent)):
                value = concatenate(value_parts(expression, side.scope(f"join {number + 1}")))
                named[name][self.join_key(number)] = value
        joined_by = map(self.join_key, range(len(rule.joins)))
        on = exp.and_(*(column(key, CHILD).eq(column(key, PARENT)) for key in joined_by))
        children = child.query(rule.rows, named[CHILD]).distinct(copy=False)
        parents = parent.query(parent_rows, named[PARENT]).distinct(copy=False)
        shown = [column(name, CHILD) for name in (self.subject, *child.shown)]
        if own is None:
            shown.append(column(self.object, PARENT))
        joined = (
            exp.select(*shown)
            .from_(children.subquery(CHILD, copy=False), copy=False)
            .join(parents.subquery(PARENT, copy=False), on=on, join_type="semi" if own else "", copy=False)
        )
        keys = (self.key(rule.rows),) if own else (self.key(rule.rows), self.key(parent_rows))
        single = not child.unnested and not parent.unnested
        return self.statement(triples_map, joined, (quad,), [rule], [child, parent], keys if single else None)

    def attached(self, triples_map: TriplesMap, rule: Rule) -> Statement:
        """A rule with a term that needs a query of its own; each reifier with what it stands for."""
        side = self.values.side(rule.rows.source)
        triple, reifiers = self.values.rule(rule, side)
        graph = graph_parts(rule.graph, side.scope("graph", outside=True))
        quad = under(rule, side, concatenate([*triple, *graph, " ."]))
        known = exp.not_(exp.Is(this=quad.copy(), expression=exp.null()))
        reifying = (concatenate([column(name), *_copies(graph), " ."]) for name in reifiers)
        quads = (quad, *(exp.case().when(known.copy(), text) for text in reifying))
        return self.attached_statement(triples_map, side.query(rule.rows, {}), quads, rule.span)

    def members(self, made: Sequence[Gathering]) -> Iterator[Statement]:
        """The triples of collections and containers, and what reifiers in them stand for."""
        for family in families(made):
            for gathering in family:
                triples_map = self.mapping.triples_maps[gathering.order]
                if kind := gathering.kind:
                    yield self.attached(triples_map, kind)
                rows = member_rows(self.values, family, gathering)
                span = gathering.head.span
                yield self.attached_statement(triples_map, rows, member_quads(gathering), span)
                for item in gathering.gather.items:
                    if self.values.reifiers(item):
                        yield self.reifying(triples_map, gathering, item)

    def reifying(
        self, triples_map: TriplesMap, gathering: Gathering, item: TermMap | RefObjectMap
    ) -> Statement:
        """What the reifiers of an item stand for."""
        side = self.values.side(gathering.rows.source)
        side.scope("item", outside=True).attached(item)
        graph = graph_parts(gathering.graph, side.scope("graph", outside=True))
        quads = tuple(concatenate([column(c), *_copies(graph), " ."]) for c in side.reifiers(item))
        return self.attached_statement(triples_map, side.query(gathering.rows, {}), quads, item.span)

    def attached_statement(
        self, of: TriplesMap, rows: exp.Select, quads: tuple[exp.Expression, ...], span: SourceSpan
    ) -> Statement:
        """A statement on all tables that its rows are made of."""
        named = {source.table: source for source in self.tables.values()}
        read = dict.fromkeys(t.name for t in rows.find_all(exp.Table) if TRIPLES_MAP in t.meta)
        tables = tuple(replace(named[table], ordered=True) for table in read)
        return Statement(of.name, of.span, rows, quads, tuple(span for _ in quads), tables, None)

    def object_of_own_row(self, rule: Rule, parent_rows: Rows) -> TermMap | None:
        """The parent's subject in terms of the child's row, where it reads only what is joined."""
        columns = {}
        for join in rule.joins:
            if isinstance(join.child, Reference) and isinstance(join.parent, Reference):
                columns[join.parent.name] = join.child
        subject = parent_rows.subject
        read = set(_names(subject.expressions))
        if not read or not read <= columns.keys() or isinstance(subject.expression, Call):
            return None
        if self.reads_several(rule) or self.has_several(parent_rows.source, read):
            return None
        expression: Expression = subject.expression
        if isinstance(expression, Reference):
            expression = columns[expression.name]
        elif isinstance(expression, Template):
            parts = (p if isinstance(p, str) else columns[p.name] for p in expression.parts)
            expression = Template(tuple(parts))
        return replace(subject, expression=expression)

    def quad(self, rule: Rule, side: Side, own: TermMap | None = None) -> exp.Expression:
        """The line of N-Quads, null where a value is missing or a condition does not hold."""
        rows_subject: list[Part] = [column(self.subject)]
        value: list[Part] = [column(self.object)]
        if rule.parent is None or own is not None:
            value = term_parts(own or rule.object, side.scope("object", outside=True))
        subject, obj = (value, rows_subject) if rule.inverse else (rows_subject, value)
        line = [*subject, " ", *term_parts(rule.predicate, side.scope("predicate", outside=True)), " ", *obj]
        graph = graph_parts(rule.graph, side.scope("graph", outside=True))
        return under(rule, side, concatenate([*line, *graph, " ."]))

    def subject_of(self, rows: Rows, side: Side) -> exp.Expression:
        """The subject of a row, as a term."""
        return concatenate(term_parts(rows.subject, side.scope("subject")))

    def join_key(self, number: int) -> str:
        """The column that a join condition compares, no column of a source."""
        return _unused(f"key {number + 1}", self.taken)

    def key(self, rows: Rows) -> exp.Select:
        """What must be distinct, so that no two rows make the same quads: their subjects.

        Where one reference makes the subject, its values: encoding makes no two of them equal.
        """
        side = self.side(rows, ())
        subject = rows.subject
        if subject.term_type in (TermType.IRI, TermType.URI) and isinstance(subject.expression, Template):
            references = [part for part in subject.expression.parts if not isinstance(part, str)]
            if len(references) == 1:
                value = concatenate(value_parts(references[0], side.scope("subject")))
                return side.query(rows, {"key": value})
        return side.query(rows, {"key": self.subject_of(rows, side)})

    def side(self, rows: Rows, expressions: Iterable[Expression], *, expand: bool = False) -> Side:
        source = self.tables[rows.source]
        numbered = any(isinstance(e, Iteration) for e in (*rows.expressions, *expressions))
        if rows.source.view:
            numbered = numbered or any(map(is_index, _names((*rows.expressions, *expressions))))
        return Side(replace(source, ordered=numbered), expand=expand)

    def reads_several(self, rule: Rule) -> bool:
        """Whether a row may have several values of what the rule reads."""
        read = (*rule.rows.expressions, *rule.expressions)
        names = (name for expression in read for name in one_by_one(expression))
        return self.makes_lists(rule) or self.has_several(rule.rows.source, names)

    def makes_lists(self, rule: Rule) -> bool:
        """Whether a function gives the rule lists, each of whose values makes a quad."""
        return any(map(gives_list, (*rule.rows.expressions, *rule.expressions)))

    def has_several(self, source: LogicalSource, names: Iterable[str]) -> bool:
        """Whether a row of a source may have several values of one of these references."""
        many = {c.name for c in self.tables[source].columns if c.many}
        return not many.isdisjoint(names)

    def statement(
        self,
        triples_map: TriplesMap,
        rows: exp.Select,
        quads: tuple[exp.Expression, ...],
        of: Sequence[Rule],
        sides: Sequence[Side],
        keys: tuple[exp.Select, ...] | None,
    ) -> Statement:
        tables = tuple(dict.fromkeys(side.source for side in sides))
        spans = tuple(rule.span for rule in of)
        return Statement(triples_map.name, triples_map.span, rows, quads, spans, tables, keys)


def _name_tables(mapping: Mapping, columns: SourceColumns) -> dict[LogicalSource, Source]:
    """Source -> its table, with a table name of its own, after its name."""
    named: dict[LogicalSource, Source] = {}
    taken = {"rows", "quads", CHILD, PARENT}
    for source in sources(mapping):
        name, number = source.name, 2
        while name.casefold() in taken:
            name, number = f"{source.name}_{number}", number + 1
        taken.add(name.casefold())
        parts: tuple[Source, ...] = ()
        if source.view:
            of_index = {part for part, key, _ in read_of_parts(source.view) if is_index(key)}
            parts = tuple(replace(named[p], ordered=p in of_index) for p in source.view.parts)
        named[source] = Source(name, source, tuple(columns.get(source, ())), parts=parts)
    return named


def _names(expressions: Iterable[Expression]) -> Iterator[str]:
    for expression in expressions:
        yield from references(expression)


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _is_attached(rule: Rule) -> bool:
    """Whether a term of a rule, or the subject that it joins, needs a query of its own."""
    return any(isinstance(term.expression, Gather | Quoted) for term in rule.terms)


def _copies(parts: Iterable[Part]) -> list[Part]:
    return [part if isinstance(part, str) else part.copy() for part in parts]
