"""What is wrong in a mapping that was read and rewritten: unknown columns, terms in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.iri import is_absolute
from govgraph.mapping.logical_views import unknown_key
from govgraph.mapping.model import (
    Constant,
    Gather,
    LogicalSource,
    Mapping,
    Quoted,
    TermMap,
    TermType,
    TriplesMap,
    gathered,
    references,
)
from govgraph.mapping.nesting import check_nesting
from govgraph.mapping.plan import Column
from govgraph.mapping.relations import check_relations, relation_of
from govgraph.mapping.rules import DEFAULT_GRAPHS

LANGUAGE_TAG = (
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3})"
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
    r"|[xX](?:-[A-Za-z0-9]{1,8})+|i-[A-Za-z]{3,8}|sgn-BE-FR|sgn-BE-NL|sgn-CH-DE|en-GB-oed"
)
"""Regular expression of a well-formed language tag (BCP 47, RFC 5646 section 2.1).

Languages have two or three letters: none of the longer ones that its grammar allows is registered, so that
`english` is no valid tag.
"""


def check_mapping(mapping: Mapping, columns: MappingOf[LogicalSource, Sequence[Column]]) -> Iterator[Problem]:
    """GG012 for a column that its source does not have, GG013 for a term that cannot stand where it is,
    GG007 for a constant that is no IRI; and what the checks of relations and nesting tell.
    """
    yield from check_relations(mapping)
    yield from check_nesting(mapping)
    for triples_map in mapping.triples_maps:
        for source, name, span in used_columns(mapping, triples_map):
            known = columns.get(source)
            if known is not None and name not in (names := [c.name for c in known]):
                if source.view:
                    yield unknown_key(source.name, source.view, name, names, span)
                    continue
                message = f"unknown column '{name}' in source '{source.name}'"
                yield Problem("GG012", message, span, did_you_mean(name, names))
        for term, what in triples_map.terms():
            yield from _check_term(term, what)
        yield from _check_targets(triples_map)


def _check_targets(triples_map: TriplesMap) -> Iterator[Problem]:
    """RML-IO, "Graph Map": a target for named graphs has a serialization that has them."""
    for pom in triples_map.predicate_objects:
        graphs = [g for g in (*triples_map.graphs, *pom.graphs) if g.expression not in DEFAULT_GRAPHS]
        objects = [o.value for o in pom.objects if isinstance(o.value, TermMap)]
        terms = (triples_map.subject, *pom.predicates, *pom.inverse_predicates, *objects, *graphs)
        for target in dict.fromkeys(t for term in terms for t in term.targets):
            if graphs and target.serialization in _WITHOUT_GRAPHS:
                message = f"target '{target.path}' is {target.serialization}, which has no named graphs"
                yield Problem("GG013", message, target.span, "nquads, trig and jsonld have")
            if target.serialization == "jsonld" and any(map(_has_quoted, terms)):
                message = f"target '{target.path}' is jsonld, which has no triple terms (RDF 1.2)"
                yield Problem("GG013", message, target.span, "nquads, trig, turtle and ntriples have")


def _has_quoted(term: TermMap) -> bool:
    items = (item for item in gathered(term) if isinstance(item, TermMap))
    return any(isinstance(t.expression, Quoted) for t in (term, *items))


_WITHOUT_GRAPHS = ("ntriples", "turtle", "rdfxml", "n3")


def _check_term(term: TermMap, what: str) -> Iterator[Problem]:
    if what == "predicate" and not term.term_type.is_iri:
        yield Problem("GG013", "a predicate must be an IRI", term.span)
    if what in ("subject", "graph") and term.term_type is TermType.LITERAL:
        yield Problem("GG013", f"a {what} must be an IRI or a blank node", term.span)
    constant = term.expression
    if (
        isinstance(constant, Constant)
        and term.term_type.is_iri
        and term.base
        and not is_absolute(constant.value)
    ):
        yield Problem("GG007", "invalid IRI", term.span)
    language = term.language
    if isinstance(language, Constant) and not re.fullmatch(LANGUAGE_TAG, language.value):
        message = f"'{language.value}' is not a language tag (BCP 47)"
        yield Problem("GG013", message, term.span, "such as ja, en")


def used_columns(
    mapping: Mapping, triples_map: TriplesMap
) -> Iterator[tuple[LogicalSource, str, SourceSpan]]:
    """Source, name and place of each reference of a triples map, with repetitions."""
    source = triples_map.source
    for value, _ in triples_map.values():
        if isinstance(value, TermMap):
            for expression in value.expressions:
                read = expression.name if isinstance(expression, Gather) else expression
                for name in references(read) if not isinstance(read, Quoted) else ():
                    yield source, name, value.span
        if relation := relation_of(value):
            parent = mapping.get(relation[0])
            for join in relation[1]:
                yield from ((source, name, join.span) for name in references(join.child))
                if parent:
                    yield from ((parent.source, name, join.span) for name in references(join.parent))
    poms = triples_map.predicate_objects
    for condition in (
        triples_map.condition,
        *(p.condition for p in poms),
        *(o.condition for p in poms for o in p.objects),
    ):
        for name in references(condition) if condition else ():
            assert condition is not None
            yield source, name, condition.span
