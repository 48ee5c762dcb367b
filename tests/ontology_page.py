"""What docs/reference/ontology.md lists of a graph; `python -m tests.ontology_page` writes it anew."""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple
from rdflib import RDF, RDFS, SKOS, Graph, URIRef

from govgraph.iri import CONCEPT, GG
from govgraph.project import Project
from govgraph.snapshot.history import current_snapshot
from tests.conftest import REPOSITORY, build_copy

PAGE = REPOSITORY / "docs" / "reference" / "ontology.md"
EVERYWHERE = ("rdf:type", "rdfs:label", "prov:wasDerivedFrom")
"""Properties that the page explains once, for all classes."""

_BLOCK = re.compile(r"<!-- from the graph: (\w+) -->\n\n(.*?)\n\n<!-- end -->", re.S)
Classes = frozenset[str]
Term = NamedNode | BlankNode | Literal | Triple


def held_blocks(page: str) -> dict[str, list[str]]:
    """The lines that the page holds, by the name of their block."""
    return {name: lines.splitlines() for name, lines in _BLOCK.findall(page)}


def true_blocks(store: Store) -> dict[str, list[str]]:
    """The lines that the page must hold, by the name of their block."""
    return {"classes": list(class_lines(store)), "codes": list(code_lines())}


def prefixes() -> dict[str, str]:
    """Prefix -> namespace, as the page has them to be pasted."""
    block = PAGE.read_text(encoding="utf-8").partition("```sparql\nBASE")[2].partition("```")[0]
    return dict(re.findall(r"^PREFIX (\S+): <(\S+)>$", block, re.M))


def class_lines(store: Store) -> Iterator[str]:
    """A line for each class that is some resource's own: its properties, how many, and what they lead to."""
    shown = Names(store)
    resources: Counter[str] = Counter()
    counts: dict[tuple[str, str], list[int]] = defaultdict(list)
    values: dict[tuple[str, str], set[Classes]] = defaultdict(set)
    for subject, types in shown.types.items():
        held: dict[str, list[Term]] = defaultdict(list)
        for quad in store.quads_for_pattern(NamedNode(subject), None, None, None):
            held[shown.name(quad.predicate.value)].append(quad.object)
        for cls in shown.lowest(types):
            resources[cls] += 1
            for name, terms in held.items():
                counts[cls, name].append(len(terms))
                values[cls, name].update(map(shown.kinds, terms))
    for cls in sorted(resources):
        entries = [
            f"`{name}`{times(found, resources[cls])} {shown.listed(values[c, name])}"
            for (c, name), found in sorted(counts.items())
            if c == cls and name not in EVERYWHERE
        ]
        yield f"- **`{cls}`** — " + (" · ".join(entries) or "nothing else")


def times(found: list[int], resources: int) -> str:
    """How often a property stands on a resource: once, `?`, `+` or `*`, as in a regular expression."""
    if len(found) == resources:
        return "+" if max(found) > 1 else ""
    return "*" if max(found) > 1 else "?"


class Names:
    """Classes and short names of a graph's resources."""

    def __init__(self, store: Store) -> None:
        ontology = Graph().parse(REPOSITORY / "ontology" / "govgraph.ttl")
        self._short = {namespace: prefix for prefix, namespace in prefixes().items()}
        self._above: Mapping[str, set[str]] = {
            self.name(str(s)): {
                self.name(str(o)) for o in ontology.transitive_objects(s, RDFS.subClassOf) if o
            }
            for s in set(ontology.subjects(RDFS.subClassOf))
        }
        types: dict[str, set[str]] = defaultdict(set)
        for quad in store.quads_for_pattern(None, NamedNode(RDF.type), None, None):
            described = not str(getattr(quad.graph_name, "value", "")).endswith("/graph/ontology")
            if described and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                types[quad.subject.value].add(self.name(quad.object.value))
        self.types = {subject: frozenset(found) for subject, found in types.items()}

    def name(self, iri: str) -> str:
        """`iri` with a prefix of the page; itself where none fits."""
        for namespace, prefix in self._short.items():
            if iri.startswith(namespace) and re.fullmatch(r"\w+", iri.removeprefix(namespace)):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def lowest(self, classes: Iterable[str]) -> Classes:
        """`classes` without those that are above another of them."""
        found = set(classes)
        return frozenset(found - {a for c in found for a in self._above.get(c, set()) if a != c})

    def kinds(self, term: Term) -> Classes:
        """The classes of a resource, else what an IRI or a literal is."""
        if isinstance(term, Literal):
            return frozenset((f"@{term.language}" if term.language else self.name(term.datatype.value),))
        iri = getattr(term, "value", "")
        if iri in self.types:
            return self.types[iri]
        if iri.startswith(CONCEPT):
            return frozenset((f"concept:{iri.removeprefix(CONCEPT).partition('/')[0]}",))
        return frozenset(("owl:Class",) if iri.startswith(GG) else ("IRI",))

    def listed(self, values: set[Classes]) -> str:
        """The class that all values share, if it says more than prov:Entity; else the classes of each."""
        common = self.lowest(frozenset.intersection(*values)) - {"prov:Entity"}
        each = {name for found in values for name in self.lowest(found)}
        topmost = {c for c in each if not each & (self._above.get(c, set()) - {c})}
        return ", ".join(f"`{name}`" for name in sorted(common or topmost))


def code_lines() -> Iterator[str]:
    """A row for each scheme of concepts.ttl: its codes, each with its Japanese label."""
    concepts = Graph().parse(REPOSITORY / "ontology" / "concepts.ttl")
    yield "| scheme | codes |"
    yield "|---|---|"
    for scheme in sorted(str(s) for s in concepts.subjects(RDF.type, SKOS.ConceptScheme)):
        codes = sorted(str(c) for c in concepts.subjects(SKOS.inScheme, URIRef(scheme)))
        cells = ", ".join(f"`{code.rpartition('/')[2]}` {japanese(concepts, code)}" for code in codes)
        yield f"| `{scheme.removeprefix(CONCEPT)}` | {cells} |"


def japanese(concepts: Graph, code: str) -> str:
    labels = concepts.objects(URIRef(code), SKOS.prefLabel)
    return next(str(label) for label in labels if getattr(label, "language", None) == "ja")


def write_page() -> None:
    """Writes the blocks of the page anew, from a graph that is built as in a fresh clone."""
    with tempfile.TemporaryDirectory() as folder:
        build_copy(Path(folder))
        blocks = true_blocks(current_snapshot(Project.load(Path(folder))).open_store())

    def block(match: re.Match[str]) -> str:
        lines = "\n".join(blocks[match[1]])
        return f"<!-- from the graph: {match[1]} -->\n\n{lines}\n\n<!-- end -->"

    PAGE.write_text(_BLOCK.sub(block, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_page()
