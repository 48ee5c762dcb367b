"""The resources of an RML mapping: their properties by local name, checked against the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.iri import RDF
from govgraph.mapping.rml_vocabulary import (
    ALIASES,
    CLASSES,
    FIRST_RML,
    FUNCTIONS,
    KNOWN,
    NOT_YET,
    PROPERTIES,
    R2RML,
    RML,
    shown,
    split,
)
from govgraph.mapping.turtle import Graph, Iri, Placed, Term, Text, Triple


@dataclass(frozen=True, slots=True)
class Fields:
    """The properties of one resource, read as `component`; `whole` if none had to be left out."""

    component: str
    node: Placed
    values: Mapping[str, tuple[Triple, ...]]
    whole: bool

    def all(self, *names: str) -> Iterator[Triple]:
        """The triples of these properties, in the order of the names."""
        for name in names:
            yield from self.values.get(name, ())


class NodeReader:
    """Reads the resources of one document; mistakes go to `problems`, and the answer is then None."""

    def __init__(self, graph: Graph, problems: list[Problem]) -> None:
        self.graph = graph
        self.problems = problems
        self.read_nodes: set[Term] = set()
        self.iterations = 0

    def problem(self, code: str, message: str, span: SourceSpan, hint: str | None = None) -> None:
        """Adds a problem."""
        self.problems.append(Problem(code, message, span, hint))

    def fields(self, node: Placed, component: str, *others: str) -> Fields | None:
        """The properties of a resource that is a `component` (with the properties of `others`, too)."""
        term = node.term
        self.read_nodes.add(term)
        if isinstance(term, Text):
            self.problem("GG003", f"expected {a_or_an(component)}, not a literal", node.span)
            return None
        triples = self.graph.triples.get(term, [])
        if not triples:
            if isinstance(term, Iri) and term not in self.graph.unknown:
                names = [short_name(t) for t in self.graph.triples if isinstance(t, Iri)]
                hint = _near(short_name(term), names) if names else None
                message = f"{a_or_an(component)} is expected, but nothing is said of {shown(term.value)}"
                self.problem("GG004", message, node.span, hint)
                return None
            return Fields(component, node, {}, term not in (self.graph.unread | self.graph.unknown))
        allowed = {name for part in (component, *others) for name in PROPERTIES[part]}
        found: dict[str, list[Triple]] = {}
        whole = term not in self.graph.unread
        for triple in triples:
            name = self.name(triple)
            if name is None:
                whole = whole and not self._is_ours(triple)
            elif name in allowed:
                found.setdefault(name, []).append(triple)
            else:
                whole = False
                places = [part for part, names in PROPERTIES.items() if name in names]
                message = f"'{written(triple)}' has no place in {a_or_an(component)}"
                hint = f"it belongs to: {', '.join(places)}"
                self.problem("GG002", message, triple.predicate.span, hint)
        return Fields(component, node, {k: tuple(v) for k, v in found.items()}, whole)

    def name(self, triple: Triple) -> str | None:
        """The local name of a property of RML that is supported; None for others, which may be problems."""
        predicate = triple.predicate.term
        assert isinstance(predicate, Iri)
        if predicate.value == f"{RDF}type":
            self._check_class(triple)
        if (parts := split(predicate.value)) is None:
            return None
        namespace, local = parts
        if local in KNOWN.get(namespace, ()):
            return ALIASES.get(local, local)
        if local in NOT_YET.get(namespace, ()):
            self.problem("GG015", f"'{written(triple)}' is not supported yet", triple.predicate.span)
        else:
            message = f"unknown property '{written(triple)}'"
            self.problem("GG002", message, triple.predicate.span, _suggest(namespace, local))
        return None

    def check_unread(self) -> None:
        """Names of RML are checked in resources that no triples map leads to, too."""
        for term, triples in self.graph.triples.items():
            if term not in self.read_nodes:
                for triple in triples:
                    self.name(triple)

    def one(self, fields: Fields, *names: str, required: bool = True) -> Triple | None:
        """The one triple of these properties; more than one, or none that is `required`, is a problem."""
        given = sorted(fields.all(*names), key=lambda triple: triple.object.span)
        if len(given) > 1:
            first, second = given[:2]
            said = f"'{written(second)}'"
            if written(first) != written(second):
                said = f"'{written(first)}' or '{written(second)}'"
            message = f"{a_or_an(fields.component)} has one {said}, not {len(given)}"
            hint = f"the first stands in line {first.object.span.line}"
            self.problem("GG014", message, second.object.span, hint)
        elif not given and required and fields.whole:
            said = " or ".join(f"'rml:{name}'" for name in names)
            self.problem("GG004", f"{said} is missing in {a_or_an(fields.component)}", fields.node.span)
        return given[0] if len(given) == 1 else None

    def text(self, triple: Triple) -> str | None:
        """The literal that a property has."""
        value = triple.object.term
        if isinstance(value, Text):
            return value.value
        if value not in self.graph.unknown:
            self.problem("GG003", f"'{written(triple)}': expected a literal", triple.object.span)
        return None

    def iri(self, triple: Triple) -> str | None:
        """The IRI that a property has."""
        value = triple.object.term
        if not isinstance(value, Iri):
            self.problem("GG003", f"'{written(triple)}': expected an IRI", triple.object.span)
        elif value not in self.graph.unknown:
            return value.value
        return None

    def local(self, triple: Triple, known: Mapping[str, object], what: str) -> str | None:
        """The local name of `known` that a property has, from any namespace of RML."""
        iri = self.iri(triple)
        if iri is None:
            return None
        parts = split(iri)
        if parts and parts[1] in known:
            return parts[1]
        hint = _near(parts[1] if parts else iri, list(known))
        self.problem("GG013", f"unknown {what} '{shown(iri)}'", triple.object.span, hint)
        return None

    def _check_class(self, triple: Triple) -> None:
        value = triple.object.term
        parts = split(value.value) if isinstance(value, Iri) else None
        if parts and parts[0] != FUNCTIONS and parts[1] not in CLASSES:
            assert isinstance(value, Iri)
            hint = _near(parts[1], sorted(CLASSES))
            self.problem("GG002", f"unknown class '{shown(value.value)}'", triple.object.span, hint)

    def _is_ours(self, triple: Triple) -> bool:
        predicate = triple.predicate.term
        return isinstance(predicate, Iri) and split(predicate.value) is not None


def written(triple: Triple) -> str:
    """How messages write the property of a triple."""
    predicate = triple.predicate.term
    assert isinstance(predicate, Iri)
    return shown(predicate.value)


def short_name(term: Term) -> str:
    """What is last in an IRI; a blank node's label."""
    return re.split("[#/]", long_name(term).strip("<>"))[-1] or long_name(term)


def long_name(term: Term) -> str:
    """How messages write a resource."""
    return shown(term.value) if isinstance(term, Iri) else str(term)


def _near(word: str, known: Sequence[str]) -> str | None:
    """The same as `did_you_mean`, but that only case may tell words apart."""
    same = next((name for name in known if name.casefold() == word.casefold()), None)
    return f"did you mean '{same}'?" if same else did_you_mean(word, known)


def _suggest(namespace: str, local: str) -> str | None:
    """The name that was meant: the same one of another namespace, or one that is written like it."""
    others = (RML,) if namespace == RML else (FIRST_RML, R2RML)
    for other in others:
        if local in KNOWN[other]:
            return f"did you mean '{local}' of <{other}>?"
    local = ALIASES.get(local, local)
    return _near(local, sorted(KNOWN.get(namespace, frozenset()) | NOT_YET.get(namespace, frozenset())))


def a_or_an(component: str) -> str:
    """The name of a component with its article."""
    return f"{'an' if component[0] in 'aeiou' else 'a'} {component}"
