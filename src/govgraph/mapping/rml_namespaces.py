"""`rml:XPathReferenceFormulation` with its namespaces (RML-IO, "Reference formulations")."""

from __future__ import annotations

from govgraph.iri import RDF
from govgraph.mapping.namespaces import Namespaces, checked_namespaces
from govgraph.mapping.rml_nodes import NodeReader
from govgraph.mapping.rml_vocabulary import split
from govgraph.mapping.turtle import Iri, Triple


def is_xpath_formulation(reader: NodeReader, triple: Triple) -> bool:
    """Whether a reference formulation is described as XPath: by its class, or by a namespace."""
    for said in reader.graph.triples.get(triple.object.term, ()):
        predicate, value = said.predicate.term, said.object.term
        if isinstance(predicate, Iri) and predicate.value == f"{RDF}type" and isinstance(value, Iri):
            parts = split(value.value)
            if parts and parts[1] == "XPathReferenceFormulation":
                return True
        elif isinstance(predicate, Iri) and (split(predicate.value) or ("", ""))[1] == "namespace":
            return True
    return False


def xpath_namespaces(reader: NodeReader, triple: Triple) -> Namespaces | None:
    """The namespaces that a described reference formulation declares; None after a problem."""
    formulation = reader.fields(triple.object, "XPath reference formulation")
    if formulation is None:
        return None
    before = len(reader.problems)
    declared = []
    for namespace in formulation.all("namespace"):
        fields = reader.fields(namespace.object, "namespace")
        if fields is None:
            continue
        prefix_of = reader.one(fields, "namespacePrefix")
        url_of = reader.one(fields, "namespaceURL")
        prefix = reader.text(prefix_of) if prefix_of else None
        url = reader.text(url_of) if url_of else None
        if prefix_of and prefix is not None and url is not None:
            declared.append((prefix, url, prefix_of.object.span))
    namespaces = checked_namespaces(declared, reader.problems)
    return namespaces if len(reader.problems) == before else None
