"""Model -> plan: each triples map becomes one query that gives its quads as lines of N-Quads.

    WITH rows AS (SELECT <subject>, <columns> FROM source WHERE <condition>)
    SELECT quad FROM (SELECT UNNEST([<quad>, …]) AS quad FROM rows) WHERE quad IS NOT NULL
    UNION ALL
    SELECT <quad> FROM rows AS child JOIN (SELECT <subject>, <columns> FROM parent) …    a join each

A row with a missing value makes the quads null that need it, and only those (RML-Core, "Generated Terms").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Columns
from dataclasses import replace

from sqlglot import exp

from govgraph.errors import MappingError, Problem, SourceSpan, did_you_mean
from govgraph.mapping.functions import FUNCTIONS, PythonFunction
from govgraph.mapping.model import (
    Call,
    Constant,
    Expression,
    Join,
    LogicalSource,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    RefObjectMap,
    TermMap,
    TermType,
    TriplesMap,
    references,
)
from govgraph.mapping.plan import Plan, Source, Statement
from govgraph.mapping.rewrites import rewrite
from govgraph.mapping.terms import Part, call, column, concatenate, table, term_parts, valid_constant

SourceColumns = Columns[str, Sequence[str]]
"""Path of a source, as written in the mapping -> its columns."""

_DEFAULT_GRAPHS = (
    Constant("http://w3id.org/rml/defaultGraph"),
    Constant("http://www.w3.org/ns/r2rml#defaultGraph"),
)


def compile_mapping(mapping: Mapping, columns: SourceColumns, *, base: str | None = None) -> Plan:
    """The plan of a mapping; `base` goes before the mapping's own.

    `columns` holds the sources that could be read; references to others are not checked.
    Raises MappingError with all problems: those of reading the mapping, and GG007, GG009, GG012, GG013.
    """
    rewritten = rewrite(replace(mapping, base=base or mapping.base))
    problems = [*rewritten.problems, *_check(rewritten, columns)]
    if problems:
        raise MappingError.collect(dict.fromkeys(problems))
    tables = _name_tables(rewritten, columns)
    statements = tuple(
        statement
        for t in rewritten.triples_maps
        if (statement := _StatementCompiler(rewritten, t, tables).compile())
    )
    calls = {c.function for t in rewritten.triples_maps for c in _calls(t)}
    python = tuple(sorted(iri for iri in calls if isinstance(FUNCTIONS[iri], PythonFunction)))
    return Plan(mapping.file, statements, python)


def sources(mapping: Mapping) -> Iterator[LogicalSource]:
    """The sources of a mapping, each path once."""
    seen: dict[str, LogicalSource] = {}
    for triples_map in mapping.triples_maps:
        seen.setdefault(triples_map.source.path, triples_map.source)
    yield from seen.values()


# -- checks ----------------------------------------------------------------------------------------------


def _check(mapping: Mapping, columns: SourceColumns) -> Iterator[Problem]:
    """Columns that a source does not have, and terms that cannot stand where they are."""
    for triples_map in mapping.triples_maps:
        for source, name, span in _used_columns(mapping, triples_map):
            known = columns.get(source.path)
            if known is not None and name not in known:
                message = f"unknown column '{name}' in source '{source.name}'"
                yield Problem("GG012", message, span, did_you_mean(name, list(known)))
        for term, what in _terms(triples_map):
            if what in ("predicate", "graph") and term.term_type is not TermType.IRI:
                yield Problem("GG013", f"a {what} must be an IRI", term.span)
            if what == "subject" and term.term_type is TermType.LITERAL:
                yield Problem("GG013", "a subject must be an IRI or a blank node", term.span)
            if mapping.base is not None and not valid_constant(term):
                yield Problem("GG007", "invalid IRI", term.span)


def _terms(triples_map: TriplesMap) -> Iterator[tuple[TermMap, str]]:
    yield triples_map.subject, "subject"
    for pom in triples_map.predicate_objects:
        yield from ((p, "predicate") for p in pom.predicates)
        yield from ((g, "graph") for g in pom.graphs)
        yield from ((o.value, "object") for o in pom.objects if isinstance(o.value, TermMap))


def _calls(triples_map: TriplesMap) -> Iterator[Call]:
    """All calls of functions in a triples map, nested ones too."""

    def within(expression: Expression | None) -> Iterator[Call]:
        if isinstance(expression, Call):
            yield expression
            for argument in expression.arguments:
                yield from within(argument.value)

    yield from within(triples_map.condition)
    for term, _ in _terms(triples_map):
        yield from within(term.expression)
    for pom in triples_map.predicate_objects:
        yield from within(pom.condition)
        for obj in pom.objects:
            yield from within(obj.condition)


def _used_columns(
    mapping: Mapping, triples_map: TriplesMap
) -> Iterator[tuple[LogicalSource, str, SourceSpan]]:
    source = triples_map.source
    for term, _ in _terms(triples_map):
        for name in references(term.expression):
            yield source, name, term.span
    for condition in (
        triples_map.condition,
        *(p.condition for p in triples_map.predicate_objects),
        *(o.condition for p in triples_map.predicate_objects for o in p.objects),
    ):
        for name in references(condition) if condition else ():
            assert condition is not None
            yield source, name, condition.span
    for ref in _parents(triples_map):
        parent = mapping.get(ref.parent)
        assert parent is not None
        for join in ref.joins:
            yield source, join.child, join.span
            yield parent.source, join.parent, join.span


def _parents(triples_map: TriplesMap) -> Iterator[RefObjectMap]:
    for pom in triples_map.predicate_objects:
        for obj in pom.objects:
            if isinstance(obj.value, RefObjectMap):
                yield obj.value


def _name_tables(mapping: Mapping, columns: SourceColumns) -> dict[str, Source]:
    """Path -> source with a table name of its own, after the source's name."""
    named: dict[str, Source] = {}
    taken = {"rows", "child", "parent", "quads"}
    for source in sources(mapping):
        name, number = source.name, 2
        while name in taken:
            name, number = f"{source.name}_{number}", number + 1
        taken.add(name)
        named[source.path] = Source(name, source, tuple(columns.get(source.path, ())))
    return named


# -- statements ------------------------------------------------------------------------------------------


class _StatementCompiler:
    """Compiles one triples map."""

    def __init__(self, mapping: Mapping, triples_map: TriplesMap, tables: dict[str, Source]) -> None:
        self.mapping = mapping
        self.triples_map = triples_map
        self.tables = tables
        self.source = tables[triples_map.source.path]
        self.used = {self.source.table: self.source}
        taken = {c.casefold() for source in tables.values() for c in source.columns}
        self.subject = "subject"
        while self.subject in taken:
            self.subject += "_"

    def compile(self) -> Statement | None:
        """The statement; None where the triples map makes no quads (it only serves as a parent)."""
        triples_map = self.triples_map
        quads = list(self.row_quads())
        selects: list[exp.Query] = [self.select_quads(quads)] if quads else []
        selects += self.join_selects()
        if not selects:
            return None
        query = selects[0]
        for select in selects[1:]:
            query = exp.union(query, select, distinct=False)
        query = query.with_(exp.to_identifier("rows", quoted=True), as_=self.rows())
        return Statement(triples_map.name, triples_map.span, query, tuple(self.used.values()))

    def rows(self) -> exp.Select:
        """The rows that the condition lets through: their subject, and the columns that are used."""
        names = [
            name
            for source, name, _ in _used_columns(self.mapping, self.triples_map)
            if source.path == self.triples_map.source.path
        ]
        return self.select_subject(self.triples_map, self.source, self.subject, names)

    def select_subject(
        self, triples_map: TriplesMap, source: Source, alias: str, names: Sequence[str]
    ) -> exp.Select:
        subject = concatenate(term_parts(triples_map.subject, self.mapping.base, source.logical.path))
        select = exp.select(
            exp.alias_(subject, alias, quoted=True), *(column(n) for n in dict.fromkeys(names))
        ).from_(table(source.table))
        return select.where(call(triples_map.condition)) if triples_map.condition else select

    def row_quads(self) -> Iterator[exp.Expression]:
        """The quads that need no other source, one expression each."""
        for pom, obj in self.pairs():
            if not isinstance(obj.value, TermMap):
                continue
            for quad in self.quads(pom, column(self.subject), self.parts(obj.value)):
                yield self.under_conditions(quad, pom, obj)

    def join_selects(self) -> Iterator[exp.Select]:
        """A select for each object that is the subject of another triples map."""
        for pom, obj in self.pairs():
            if not isinstance(obj.value, RefObjectMap):
                continue
            parent = self.mapping.get(obj.value.parent)
            assert parent is not None
            parent_source = self.tables[parent.source.path]
            self.used[parent_source.table] = parent_source
            for quad in self.quads(pom, column(self.subject, "child"), [column(self.subject, "parent")]):
                yield self.select_join(self.under_conditions(quad, pom, obj), parent, obj.value.joins)

    def pairs(self) -> Iterator[tuple[PredicateObjectMap, ObjectMap]]:
        for pom in self.triples_map.predicate_objects:
            yield from ((pom, obj) for obj in pom.objects)

    def quads(
        self, pom: PredicateObjectMap, subject: exp.Expression, object_parts: list[Part]
    ) -> Iterator[exp.Expression]:
        """A line of N-Quads for each predicate and graph."""
        for predicate in pom.predicates:
            for graph in pom.graphs or (None,):
                line: list[Part] = [subject.copy(), " ", *self.parts(predicate), " "]
                line += [p if isinstance(p, str) else p.copy() for p in object_parts]
                yield concatenate([*line, *self.graph_parts(graph), " ."])

    def parts(self, term: TermMap) -> list[Part]:
        return term_parts(term, self.mapping.base, self.source.logical.path)

    def graph_parts(self, graph: TermMap | None) -> list[Part]:
        if graph is None:
            return []
        return [] if graph.expression in _DEFAULT_GRAPHS else [" ", *self.parts(graph)]

    def under_conditions(
        self, quad: exp.Expression, pom: PredicateObjectMap, obj: ObjectMap
    ) -> exp.Expression:
        conditions = [call(c) for c in (pom.condition, obj.condition) if c]
        return exp.case().when(exp.and_(*conditions), quad) if conditions else quad

    def select_quads(self, quads: list[exp.Expression]) -> exp.Select:
        lines = exp.Explode(this=exp.Array(expressions=quads))
        inner = exp.select(exp.alias_(lines, "quad")).from_(table("rows"))
        return _not_null(exp.select("quad").from_(inner.subquery("quads")), column("quad"))

    def select_join(self, quad: exp.Expression, parent: TriplesMap, joins: tuple[Join, ...]) -> exp.Select:
        source = self.tables[parent.source.path]
        subjects = self.select_subject(parent, source, self.subject, [j.parent for j in joins])
        for unqualified in (c for c in quad.find_all(exp.Column) if not c.table):
            unqualified.set("table", exp.to_identifier("child", quoted=True))
        on = exp.and_(*(column(j.child, "child").eq(column(j.parent, "parent")) for j in joins))
        joined = (
            exp.select(exp.alias_(quad, "quad"))
            .from_(exp.alias_(table("rows"), "child", table=True))
            .join(subjects.subquery("parent"), on=on)
        )
        return _not_null(exp.select("quad").from_(joined.subquery("quads")), column("quad"))


def _not_null(select: exp.Select, value: exp.Expression) -> exp.Select:
    return select.where(exp.not_(exp.Is(this=value, expression=exp.null())))
