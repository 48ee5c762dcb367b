"""Passes over the model before it is compiled: model in, simpler model out, one thing each.

`RULES` is the pipeline; `rewrite` runs it. After it, every IRI is absolute where that can be known,
no triples map with predicate-object maps has graphs of its own, and no parent is joined whose subject the
child's own row gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from govgraph.errors import Problem
from govgraph.iri import SCHEME, is_absolute
from govgraph.mapping.databases import FORMULATIONS as SQL
from govgraph.mapping.model import (
    Constant,
    Expression,
    Gather,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    Reference,
    RefObjectMap,
    Template,
    TermMap,
    TriplesMap,
    references,
)

Rule = Callable[[Mapping], Mapping]


def resolve_relative_iris(mapping: Mapping) -> Mapping:
    """Puts the base before constants and templates that begin with text but no scheme (RML-Core, "IRIs").

    What begins with a reference is resolved row by row. Without a base a relative IRI is a problem (GG007).
    """
    problems: list[Problem] = []

    def absolute(expression: Expression, term: TermMap, base: str | None) -> Expression:
        first = (
            expression.value
            if isinstance(expression, Constant)
            else expression.parts[0]
            if isinstance(expression, Template)
            else None
        )
        if not isinstance(first, str) or re.match(SCHEME, first):
            return expression
        if base is None:
            hint = "use --base IRI, or give the mapping a base: 'base' in YARRRML, rml:baseIRI in RML"
            problems.append(Problem("GG007", f"relative IRI '{first}…' without a base", term.span, hint))
            return expression
        if isinstance(expression, Constant):
            return Constant(base + first)
        assert isinstance(expression, Template)
        return Template((base + first, *expression.parts[1:]))

    def resolve(term: TermMap, triples_map: TriplesMap) -> TermMap:
        base = triples_map.base or mapping.base or mapping.default_base
        term = replace(term, base=base)
        if term.datatype is not None:
            term = replace(term, datatype=absolute(term.datatype, term, base))
        gather = term.expression
        if isinstance(gather, Gather):
            name = absolute(gather.name, term, base) if term.term_type.is_iri else gather.name
            items = tuple(resolve(i, triples_map) if isinstance(i, TermMap) else i for i in gather.items)
            return replace(term, expression=replace(gather, name=name, items=items))
        if not term.term_type.is_iri:
            return term
        return replace(term, expression=absolute(term.expression, term, base))

    resolved = _map_terms(mapping, resolve)
    bases = {(t.base or mapping.base): t.span for t in reversed(mapping.triples_maps)}
    for base, span in bases.items():
        if base is not None and not is_absolute(base):
            problems.append(Problem("GG007", f"the base '{base}' is not an absolute IRI", span))
    return replace(resolved, problems=(*mapping.problems, *problems))


def move_graphs_to_objects(mapping: Mapping) -> Mapping:
    """A subject's graphs become graphs of each of its predicate-object maps (RML-Core, "Graph Maps").

    Where there are none, the subject may be a collection, whose triples are in these graphs.
    """
    return replace(
        mapping,
        triples_maps=tuple(
            replace(
                t,
                graphs=() if t.predicate_objects else t.graphs,
                predicate_objects=tuple(
                    replace(p, graphs=tuple(dict.fromkeys((*t.graphs, *p.graphs))))
                    for p in t.predicate_objects
                ),
            )
            for t in mapping.triples_maps
        ),
    )


def inline_parents_without_join(mapping: Mapping) -> Mapping:
    """A parent without join condition is its subject map, applied to the child's row.

    RML-Core, "Referencing Object Maps": without a join condition both logical sources are effectively
    equal; where they are not, that is a problem (GG009).
    """
    problems: list[Problem] = []

    def inline(triples_map: TriplesMap, ref: RefObjectMap, parent: TriplesMap) -> ObjectMap | None:
        if ref.joins:
            return None
        if parent.source != triples_map.source:
            message = f"mapping '{ref.parent}' reads another source, so it needs a join condition"
            problems.append(Problem("GG009", message, ref.span, "add a join condition"))
            return None
        return ObjectMap(replace(parent.subject, span=ref.span), parent.condition)

    inlined = _map_parents(mapping, inline)
    return replace(inlined, problems=(*mapping.problems, *problems))


def inline_joins_of_a_source_with_itself(mapping: Mapping) -> Mapping:
    """A source joined with itself on equal columns, to a subject made of these alone, needs no join.

    Each row joins at least itself, and all rows that it joins give the same object: that of its own row.
    """

    def inline(triples_map: TriplesMap, ref: RefObjectMap, parent: TriplesMap) -> ObjectMap | None:
        same = parent.source == triples_map.source and parent.source.formulation in ("csv", *SQL)
        if not ref.joins or not same or parent.condition:
            return None
        if any(j.child != j.parent or not isinstance(j.child, Reference) for j in ref.joins):
            return None
        joined = {name for join in ref.joins for name in references(join.child)}
        read = {name for expression in parent.subject.expressions for name in references(expression)}
        return ObjectMap(replace(parent.subject, span=ref.span)) if read and read == joined else None

    return _map_parents(mapping, inline)


RULES: tuple[Rule, ...] = (
    resolve_relative_iris,
    move_graphs_to_objects,
    inline_parents_without_join,
    inline_joins_of_a_source_with_itself,
)
"""The pipeline, in its order."""


def rewrite(mapping: Mapping) -> Mapping:
    """The mapping after all rules; new problems are added to its problems."""
    for rule in RULES:
        mapping = rule(mapping)
    return mapping


def _map_parents(
    mapping: Mapping, change: Callable[[TriplesMap, RefObjectMap, TriplesMap], ObjectMap | None]
) -> Mapping:
    """The mapping with each reference to a parent as `change` gives it, which is None where it stays."""

    def objects(triples_map: TriplesMap, pom: PredicateObjectMap) -> PredicateObjectMap:
        changed = []
        for obj in pom.objects:
            parent = mapping.get(obj.value.parent) if isinstance(obj.value, RefObjectMap) else None
            new = (
                change(triples_map, obj.value, parent)
                if parent and isinstance(obj.value, RefObjectMap)
                else None
            )
            changed.append(new or obj)
        return replace(pom, objects=tuple(changed))

    return replace(
        mapping,
        triples_maps=tuple(
            replace(t, predicate_objects=tuple(objects(t, p) for p in t.predicate_objects))
            for t in mapping.triples_maps
        ),
    )


def _map_terms(mapping: Mapping, change: Callable[[TermMap, TriplesMap], TermMap]) -> Mapping:
    def changed(triples_map: TriplesMap) -> TriplesMap:
        def terms(maps: tuple[TermMap, ...]) -> tuple[TermMap, ...]:
            return tuple(change(term, triples_map) for term in maps)

        return replace(
            triples_map,
            subject=change(triples_map.subject, triples_map),
            graphs=terms(triples_map.graphs),
            predicate_objects=tuple(
                replace(
                    pom,
                    predicates=terms(pom.predicates),
                    inverse_predicates=terms(pom.inverse_predicates),
                    graphs=terms(pom.graphs),
                    objects=tuple(
                        replace(o, value=change(o.value, triples_map)) if isinstance(o.value, TermMap) else o
                        for o in pom.objects
                    ),
                )
                for pom in triples_map.predicate_objects
            ),
        )

    return replace(mapping, triples_maps=tuple(map(changed, mapping.triples_maps)))
