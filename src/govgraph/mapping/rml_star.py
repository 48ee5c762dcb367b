"""Star maps of RML -> term maps of the model (RML-star, https://w3id.org/rml/star/spec)."""

from __future__ import annotations

from govgraph.errors import did_you_mean
from govgraph.iri import RDF
from govgraph.mapping.model import Join, Quoted, TermMap, TermType
from govgraph.mapping.rml_collections import CollectionReader
from govgraph.mapping.rml_nodes import Fields, long_name, short_name, written
from govgraph.mapping.rml_vocabulary import PROPERTIES, split
from govgraph.mapping.turtle import Iri, Placed, Term, Triple

_BESIDE = ("class", "graph", "graphMap", "condition")


class StarReader(CollectionReader):
    """Reads what RML-star adds to term maps and triples maps."""

    nodes: dict[Term, Placed]
    names: dict[Term, str]

    def join(self, triple: Triple) -> Join | None:
        """A join condition."""
        raise NotImplementedError

    def term(self, fields: Fields) -> TermMap | None:
        """The term map, which may be a star map."""
        if any(fields.all("quotedTriplesMap")):
            return self.star_map(fields)
        return super().term(fields)

    def star_map(self, fields: Fields) -> TermMap | None:
        """RML-star, "Star Map": the triples of another triples map; as a subject, their reifiers."""
        for name in fields.values.keys() - {*PROPERTIES["star map"], *_BESIDE}:
            triple = fields.values[name][0]
            message = f"'{written(triple)}' has no place in a star map"
            self.problem("GG002", message, triple.predicate.span, "the quoted triples map makes the term")
        quoted_of = self.one(fields, "quotedTriplesMap")
        joins = tuple(filter(None, map(self.join, fields.all("joinCondition"))))
        known = self.triples_map_name(quoted_of) if quoted_of else None
        if quoted_of is None or known is None:
            return None
        span = quoted_of.object.span
        is_subject = fields.component == "subject map"
        kind = TermType.BLANK_NODE if is_subject else TermType.TRIPLE
        targets = tuple(filter(None, map(self.target, fields.all("logicalTarget"))))
        return TermMap(Quoted(known, joins, span), kind, span, targets=targets)

    def triples_map_name(self, triple: Triple) -> str | None:
        """The name of the triples map that a property leads to."""
        node = triple.object
        if node.term in self.nodes:
            return self.names[node.term]
        if node.term not in self.graph.unknown:
            hint = did_you_mean(short_name(node.term), list(self.names.values()))
            self.problem("GG009", f"unknown triples map {long_name(node.term)}", node.span, hint)
        return None

    def is_asserted(self, node: Term) -> bool:
        """Whether the triples of a triples map are in the output (RML-star, "rml:NonAssertedTriplesMap")."""
        types = (t.object.term for t in self.graph.triples[node] if t.predicate.term == Iri(f"{RDF}type"))
        names = (split(type_.value) for type_ in types if isinstance(type_, Iri))
        return all(name is None or name[1] != "NonAssertedTriplesMap" for name in names)
