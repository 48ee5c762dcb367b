"""Where the sources contradict themselves: told by the build, and no reason for it to fail."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import NamedNode, Store

from govgraph.iri import GG
from govgraph.snapshot.candidate import TYPE
from govgraph.snapshot.evidence import Evidence
from govgraph.snapshot.report import SOURCE_CODE, Finding, Severity

_DISCREPANCY = NamedNode(f"{GG}SourceDiscrepancy")
_TARGET = NamedNode("http://www.w3.org/ns/oa#hasTarget")
_KIND, _STATED, _COMPUTED = (NamedNode(GG + n) for n in ("discrepancyKind", "stated", "computed"))


def find_source_discrepancies(store: Store, evidence: Evidence, base: str) -> Iterator[Finding]:
    """A finding GG507, for information, for each gg:SourceDiscrepancy of `store`, at its record."""
    for quad in store.quads_for_pattern(None, TYPE, _DISCREPANCY, None):
        node = quad.subject
        if not isinstance(node, NamedNode):
            continue

        def value(predicate: NamedNode, subject: NamedNode = node) -> str:
            found = store.quads_for_pattern(subject, predicate, None, None)
            return min((getattr(q.object, "value", "") for q in found), default="")

        about = value(_TARGET).removeprefix(base)
        computed = value(_COMPUTED)
        follows = f", but {computed} follows from the rest" if computed else ""
        yield Finding(
            SOURCE_CODE,
            f"{value(_KIND)}: {about} states {value(_STATED)}{follows}",
            focus=node.value,
            place=evidence.place(node.value),
            severity=Severity.INFO,
        )
