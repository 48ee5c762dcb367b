"""Passes over the model before it is compiled: model in, simpler model out, one thing each.

`RULES` is the pipeline; `rewrite` runs it. After it, every IRI is absolute where that can be known,
no triples map has graphs of its own, and every reference to a parent has a join.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from govgraph.errors import Problem
from govgraph.iri import SCHEME, is_absolute
from govgraph.mapping.model import (
    Constant,
    Expression,
    Mapping,
    ObjectMap,
    PredicateObjectMap,
    RefObjectMap,
    Template,
    TermMap,
    TermType,
    TriplesMap,
)

Rule = Callable[[Mapping], Mapping]


def resolve_relative_iris(mapping: Mapping) -> Mapping:
    """Puts the base before constants and templates that begin with text but no scheme (RML-Core, "IRIs").

    What begins with a column is resolved row by row. Without a base a relative IRI is a problem (GG007).
    """
    problems: list[Problem] = []

    def absolute(expression: Expression, term: TermMap) -> Expression:
        first = (
            expression.value
            if isinstance(expression, Constant)
            else expression.parts[0]
            if isinstance(expression, Template)
            else None
        )
        if not isinstance(first, str) or re.match(SCHEME, first):
            return expression
        if mapping.base is None:
            hint = "give the mapping a 'base', or use --base IRI"
            problems.append(Problem("GG007", f"relative IRI '{first}…' without a base", term.span, hint))
            return expression
        if isinstance(expression, Constant):
            return Constant(mapping.base + first)
        assert isinstance(expression, Template)
        return Template((mapping.base + first, *expression.parts[1:]))

    def resolve(term: TermMap) -> TermMap:
        if term.term_type is not TermType.IRI:
            return term
        return replace(term, expression=absolute(term.expression, term))

    resolved = _map_terms(mapping, resolve)
    if mapping.base is not None and not is_absolute(mapping.base):
        first = mapping.triples_maps[0].span if mapping.triples_maps else None
        problems.append(Problem("GG007", f"the base '{mapping.base}' is not an absolute IRI", first))
    return replace(resolved, problems=(*mapping.problems, *problems))


def move_graphs_to_objects(mapping: Mapping) -> Mapping:
    """A subject's graphs become graphs of each of its predicate-object maps (RML-Core, "Graph Maps")."""
    return replace(
        mapping,
        triples_maps=tuple(
            replace(
                t,
                graphs=(),
                predicate_objects=tuple(
                    replace(p, graphs=_unique((*t.graphs, *p.graphs))) for p in t.predicate_objects
                ),
            )
            for t in mapping.triples_maps
        ),
    )


def inline_parents_without_join(mapping: Mapping) -> Mapping:
    """A parent without join condition is its subject map, applied to the child's row.

    RML-Core, "Referencing Object Maps": without a join condition both have the same logical source;
    where they do not, that is a problem (GG009).
    """
    problems: list[Problem] = []

    def inline(triples_map: TriplesMap, obj: ObjectMap) -> ObjectMap:
        ref = obj.value
        if not isinstance(ref, RefObjectMap) or ref.joins:
            return obj
        parent = mapping.get(ref.parent)
        assert parent is not None
        if parent.source.path != triples_map.source.path:
            message = f"mapping '{ref.parent}' reads another source, so it needs a join condition"
            problems.append(Problem("GG009", message, ref.span, "add 'condition: function: equal'"))
            return obj
        return ObjectMap(replace(parent.subject, span=ref.span), parent.condition)

    triples_maps = tuple(
        replace(
            t,
            predicate_objects=tuple(
                replace(p, objects=tuple(inline(t, o) for o in p.objects)) for p in t.predicate_objects
            ),
        )
        for t in mapping.triples_maps
    )
    return replace(mapping, triples_maps=triples_maps, problems=(*mapping.problems, *problems))


RULES: tuple[Rule, ...] = (
    resolve_relative_iris,
    move_graphs_to_objects,
    inline_parents_without_join,
)
"""The pipeline, in its order."""


def rewrite(mapping: Mapping) -> Mapping:
    """The mapping after all rules; new problems are added to its problems."""
    for rule in RULES:
        mapping = rule(mapping)
    return mapping


def _map_terms(mapping: Mapping, change: Callable[[TermMap], TermMap]) -> Mapping:
    def objects(pom: PredicateObjectMap) -> PredicateObjectMap:
        return replace(
            pom,
            predicates=tuple(map(change, pom.predicates)),
            graphs=tuple(map(change, pom.graphs)),
            objects=tuple(
                replace(o, value=change(o.value)) if isinstance(o.value, TermMap) else o for o in pom.objects
            ),
        )

    return replace(
        mapping,
        triples_maps=tuple(
            replace(
                t,
                subject=change(t.subject),
                graphs=tuple(map(change, t.graphs)),
                predicate_objects=tuple(map(objects, t.predicate_objects)),
            )
            for t in mapping.triples_maps
        ),
    )


def _unique(terms: tuple[TermMap, ...]) -> tuple[TermMap, ...]:
    """Terms without those that say the same again."""
    seen: dict[Expression, TermMap] = {}
    for term in terms:
        seen.setdefault(term.expression, term)
    return tuple(seen.values())
