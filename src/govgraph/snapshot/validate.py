"""The checks that a candidate must pass: shapes, counts, anchors, no blank node, one graph, true literals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.files import read_text
from govgraph.iri import GG, anchor_iri, provenance_graph_iri
from govgraph.positions import Table, parse_yaml
from govgraph.project import DATASET_FILE, Dataset, Project
from govgraph.records import KEY, read_rows, table_files
from govgraph.snapshot.candidate import TYPE
from govgraph.snapshot.census import EXAMPLES, Census, Found
from govgraph.snapshot.discrepancies import find_source_discrepancies
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.literals import check_literals
from govgraph.snapshot.names import check_names
from govgraph.snapshot.report import Finding, Place, Severity, ValidationReport
from govgraph.snapshot.shapes import check_shapes

_ANCHOR = NamedNode(f"{GG}SourceAnchor")

Expected = Mapping[str, tuple[int, SourceSpan]]
"""IRI of a class -> the number of instances that a dataset must have, and where that is said."""


def read_expected(project: Project, prefixes: Mapping[str, str]) -> dict[str, Expected]:
    """Dataset -> `expected` of its dataset.yml, prefixed names resolved by the ontology's prefixes.

    Raises ConfigError GG005 with all names whose prefix is unknown.
    """
    found: dict[str, Expected] = {}
    problems: list[Problem] = []
    for dataset in project.datasets.values():
        counts: dict[str, tuple[int, SourceSpan]] = {}
        for name, count in dataset.settings.expected.items():
            prefix, _, local = name.partition(":")
            span = _expected_span(dataset, name)
            if prefix in prefixes:
                counts[prefixes[prefix] + local] = (count, span)
            else:
                hint = did_you_mean(prefix, sorted(prefixes)) or "declare it in a file of ontology/"
                problems.append(Problem("GG005", f"unknown prefix '{prefix}'", span, hint))
        found[dataset.id] = counts
    if problems:
        raise ConfigError.collect(problems)
    return found


def _expected_span(dataset: Dataset, name: str) -> SourceSpan:
    path = dataset.folder / DATASET_FILE
    shown = dataset.project.shown(path)
    root, _ = parse_yaml(read_text(path, shown), shown)
    expected = root.get("expected") if isinstance(root, Table) else None
    entry = expected.value.get(name) if expected and isinstance(expected.value, Table) else None
    return entry.span if entry else SourceSpan(shown)


def check_candidate(
    store: Store,
    project: Project,
    census: Census,
    prefixes: Mapping[str, str],
    expected: Mapping[str, Expected],
) -> ValidationReport:
    """All findings of a candidate, sorted by place; raises ConfigError GG106 for shapes that are broken."""
    evidence = Evidence(store, project)
    findings = [
        *check_shapes(store, project.root / "ontology" / "shapes.ttl", prefixes, evidence),
        *_check_counts(project, census, expected),
        *_check_anchors(store, project),
        *check_names(store, project, evidence),
        *_check_blank_nodes(census, evidence),
        *_check_doubled(census, evidence),
        *check_literals(store, evidence),
        *find_source_discrepancies(store, evidence, project.settings.base),
    ]
    return ValidationReport(tuple(sorted(findings, key=_order)))


def _order(finding: Finding) -> tuple[SourceSpan, str, bool, str]:
    span = finding.place.span if finding.place else SourceSpan("")
    return span, finding.code, finding.severity is not Severity.VIOLATION, finding.message


def check_graphs(store: Store, project: Project) -> ValidationReport:
    """The triples of `store` that stand in no named graph (GG506): a mapping that names no graph."""
    evidence = Evidence(store, project)
    quads: Found[Quad] = Found()
    for quad in store.quads_for_pattern(None, None, None, DefaultGraph()):
        quads.add(quad)
    findings = [
        Finding(
            "GG506",
            f"the triple stands in no graph: {quad.triple} .",
            focus=_iri(quad.subject),
            place=_place(quad.subject, evidence),
            hint="name a graph in the mapping: `g: graph/<dataset>`",
        )
        for quad in quads.examples
    ]
    return ValidationReport((*findings, *_rest("GG506", quads.count)))


def _check_counts(project: Project, census: Census, expected: Mapping[str, Expected]) -> Iterator[Finding]:
    for dataset in project.datasets.values():
        found = census.classes.get(dataset.graph, {})
        names = list(dataset.settings.expected)
        for name, (cls, (count, span)) in zip(names, expected[dataset.id].items(), strict=True):
            if found.get(cls, 0) != count:
                message = f"expected {count} {name} in graph/{dataset.id}, found {found.get(cls, 0)}"
                yield Finding("GG502", message, focus=cls, place=Place(span))


def _check_anchors(store: Store, project: Project) -> Iterator[Finding]:
    base = project.settings.base
    for dataset in project.datasets.values():
        graph = NamedNode(provenance_graph_iri(base, dataset.id))
        anchors = {q.subject for q in store.quads_for_pattern(None, TYPE, _ANCHOR, graph)}
        for path in table_files(dataset):
            for row in read_rows(path):
                if KEY not in row.cells or "first_line" not in row.cells:
                    break
                anchor = anchor_iri(base, dataset.id, path.stem, row.cells[KEY])
                if NamedNode(anchor) not in anchors:
                    yield Finding(
                        "GG505",
                        f"the record has no anchor {anchor.removeprefix(base)} "
                        f"in graph/{dataset.id}/provenance",
                        focus=anchor,
                        place=Place(project.span(path, row.line)),
                        hint="map the table's records to gg:SourceAnchor",
                    )


def _check_blank_nodes(census: Census, evidence: Evidence) -> Iterator[Finding]:
    for line in census.blank.examples:
        quad = next(parse(line, RdfFormat.N_QUADS))
        kind, other = (
            ("subject", quad.object) if isinstance(quad.subject, BlankNode) else ("object", quad.subject)
        )
        yield Finding(
            "GG503",
            f"a blank node is the {kind} of {quad.predicate} in {quad.graph_name}",
            focus=_iri(other),
            place=_place(other, evidence),
            hint="give the resource an IRI, so that others can point at it",
        )
    yield from _rest("GG503", census.blank.count)


def _check_doubled(census: Census, evidence: Evidence) -> Iterator[Finding]:
    for lines in census.doubled.examples:
        first, second = (next(parse(line, RdfFormat.N_QUADS)) for line in lines)
        yield Finding(
            "GG504",
            f"the triple stands in {first.graph_name} and {second.graph_name}: {first.triple} .",
            focus=_iri(first.subject),
            place=_place(first.subject, evidence),
            hint="say it in one of them; what datasets share belongs into graph/reference",
        )
    yield from _rest("GG504", census.doubled.count)


def _iri(term: NamedNode | BlankNode | Literal | Triple) -> str | None:
    return term.value if isinstance(term, NamedNode) else None


def _place(term: NamedNode | BlankNode | Literal | Triple, evidence: Evidence) -> Place | None:
    return evidence.place(term.value) if isinstance(term, NamedNode) else None


def _rest(code: str, count: int) -> Iterable[Finding]:
    more = count - EXAMPLES
    return [Finding(code, f"the same of {more:,} more quads")] if more > 0 else []
