"""Gather maps of RML -> term maps of the model (RML-CC, https://w3id.org/rml/cc/spec)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from govgraph.errors import Problem, did_you_mean
from govgraph.iri import RDF
from govgraph.mapping.model import Collection, Gather, Iteration, RefObjectMap, TermMap, TermType
from govgraph.mapping.nesting import DEEPEST, TOO_DEEP
from govgraph.mapping.rml_nodes import Fields, written
from govgraph.mapping.rml_sources import SourceReader
from govgraph.mapping.rml_vocabulary import EXPRESSION, GATHER, STRATEGIES, shown
from govgraph.mapping.turtle import Graph, Iri, Placed, Term, Triple

OBJECTS = ("gather map", "referencing object map", "star map")
"""What an object or an item of a gather map may be beside an object map."""

_TRUE, _FALSE = ("true", "1"), ("false", "0")


class CollectionReader(SourceReader):
    """Reads what RML-CC adds to term maps."""

    def __init__(self, graph: Graph, problems: list[Problem], working_folder: str) -> None:
        super().__init__(graph, problems, working_folder)
        self.gathering: list[Term] = []

    def term(self, fields: Fields) -> TermMap | None:
        """The term map, which may be a gather map."""
        if any(fields.all(*GATHER)):
            return self.gather_map(fields)
        return super().term(fields)

    def value(self, fields: Fields) -> TermMap | RefObjectMap | None:
        """The term map, star map or referencing object map of an object or an item."""
        raise NotImplementedError

    def gather_map(self, fields: Fields) -> TermMap | None:
        """RML-CC, "rml:GatherMap": the head of a collection, and what is gathered in it."""
        if fields.node.term in self.gathering:
            self.problem("GG009", "a gather map gathers itself", fields.node.span)
            return None
        if len(self.gathering) == DEEPEST:
            self.problem("GG015", TOO_DEEP, fields.node.span)
            return None
        self.iterations += 1
        number = self.iterations
        gather_of = self.one(fields, "gather")
        kind_of = self.one(fields, "gatherAs")
        strategy_of = self.one(fields, "strategy", required=False)
        empty_of = self.one(fields, "allowEmptyListAndContainer", required=False)
        kind = self._kind(kind_of) if kind_of else None
        strategy = self.local(strategy_of, STRATEGIES, "strategy") if strategy_of else None
        empty = self._truth(empty_of) if empty_of else False
        head = self._head(fields, number)
        self.gathering.append(fields.node.term)
        items = tuple(self._items(gather_of)) if gather_of else ()
        self.gathering.pop()
        values = [item for item in items if item is not None]
        if not values or len(values) < len(items) or not head or not kind or empty is None:
            return None
        product = strategy is not None and STRATEGIES[strategy]
        gather = Gather(number, kind, tuple(values), head.expression, product, empty)
        return replace(head, expression=gather, span=fields.node.span)

    def _head(self, fields: Fields, number: int) -> TermMap | None:
        """RML-CC, "Named collection or container": the name of the head, or a blank node for each row."""
        targets = tuple(filter(None, map(self.target, fields.all("logicalTarget"))))
        own = TermMap(Iteration(number), TermType.BLANK_NODE, fields.node.span, targets=targets)
        head = replace(fields, component="gather map")
        if not any(fields.all(*EXPRESSION, "termType")):
            return own if self.may_be(TermType.BLANK_NODE, head, fields.node.span) else None
        named = super().term(head)
        self.iterations = number
        return own if named and isinstance(named.expression, Iteration) else named

    def _kind(self, triple: Triple) -> Collection | None:
        iri = self.iri(triple)
        kinds = {f"{RDF}{kind.value}": kind for kind in Collection}
        if iri is None or iri in kinds:
            return kinds[iri] if iri else None
        hint = did_you_mean(iri, list(kinds)) or "one of rdf:List, rdf:Bag, rdf:Seq, rdf:Alt"
        self.problem("GG013", f"'{shown(iri)}' is no collection or container", triple.object.span, hint)
        return None

    def _truth(self, triple: Triple) -> bool | None:
        text = self.text(triple)
        if text is None or text in (*_TRUE, *_FALSE):
            return text in _TRUE if text else None
        message = f"'{written(triple)}': expected true or false, not '{text}'"
        self.problem("GG003", message, triple.object.span)
        return None

    def _items(self, triple: Triple) -> Iterator[TermMap | RefObjectMap | None]:
        """The term maps of a list, each None where it is wrong."""
        node = triple.object
        if node.term == Iri(f"{RDF}nil"):
            self.problem("GG004", f"'{written(triple)}' has an empty list", node.span, "name a term map")
            return
        seen = set()
        while node.term != Iri(f"{RDF}nil"):
            first, rest = self._cell(node, "first"), self._cell(node, "rest")
            if first is None or rest is None or node.term in seen:
                hint = 'such as ( [ rml:reference "name" ] )'
                self.problem("GG003", f"'{written(triple)}': expected a list of term maps", node.span, hint)
                yield None
                return
            self.read_nodes.add(node.term)
            seen.add(node.term)
            fields = self.fields(first, "object map", *OBJECTS)
            for condition in fields.all("condition") if fields else ():
                message = f"'{written(condition)}' has no place in a list of term maps"
                self.problem("GG002", message, condition.predicate.span)
            yield self.value(fields) if fields else None
            node = rest

    def _cell(self, node: Placed, name: str) -> Placed | None:
        """The one rdf:first or rdf:rest of a node."""
        found = [
            t.object for t in self.graph.triples.get(node.term, ()) if t.predicate.term == Iri(RDF + name)
        ]
        return found[0] if len(found) == 1 else None
