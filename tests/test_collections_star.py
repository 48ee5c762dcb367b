"""Collections, containers and quoted triples: the same in every plan, well-formed, taken by Oxigraph."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pyoxigraph
import pytest

from govgraph.engines import loading
from tests.conftest import Cli

MAPPING_CASES = Path(__file__).parent / "cases" / "mapping"
CASES = [
    case
    for case in sorted(MAPPING_CASES.iterdir())
    if case.name.startswith(("collection-", "star-")) and (case / "expected.nq").exists()
]
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.fixture
def folder(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(case, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    return tmp_path / "case"


def mapping_of(case: Path) -> str:
    return next(path.name for path in case.glob("mapping.*"))


@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_the_plan_for_large_sources_gives_the_same(
    case: Path, folder: Path, threads: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blank nodes too have the same labels, whatever the number of threads."""
    monkeypatch.setattr(loading, "SMALL_BYTES", -1)
    ran = cli("map", mapping_of(case), "-o", "out.nq", "--threads", threads)
    assert ran.code == 0, ran.err
    quads = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
    assert sorted(quads) == (folder / "expected.nq").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_oxigraph_takes_every_quad_and_collections_are_well_formed(case: Path) -> None:
    """RML-CC, "Well-formed vs. ill-formed collections and containers"; a reifier has one triple term."""
    store = pyoxigraph.Store()
    store.load(path=case / "expected.nq", format=pyoxigraph.RdfFormat.N_QUADS)
    assert len(store) == len((case / "expected.nq").read_text(encoding="utf-8").splitlines())
    once = (f"{RDF}first", f"{RDF}rest", f"{RDF}reifies", f"{RDF}_")
    said = Counter(
        (quad.subject, quad.predicate, quad.graph_name)
        for quad in store
        if quad.predicate.value.startswith(once)
    )
    assert set(said.values()) <= {1}
    nodes = {(q.subject, q.graph_name) for q in store if q.predicate.value == f"{RDF}first"}
    rests = {(q.object, q.graph_name) for q in store if q.predicate.value == f"{RDF}rest"}
    assert {rest for rest in rests if rest[0] != pyoxigraph.NamedNode(f"{RDF}nil")} <= nodes


@pytest.mark.parametrize("case", [MAPPING_CASES / "collection-names"], ids=lambda c: c.name)
def test_members_are_traced_to_their_rows(case: Path, folder: Path, cli: Cli) -> None:
    """The third term of the list stands in the first row, the last one in the third."""
    ran = cli("trace", "--mapping", "mapping.ttl", "http://example.com/list/b")
    assert ran.code == 0, ran.err
    assert "mapping.ttl:15:19 (TM) from values.json:3 (iteration 2)" in ran.out
    assert "(iteration 1)" not in ran.out


@pytest.mark.parametrize(
    ("case", "quads"),
    [(MAPPING_CASES / "error-data-collection", 3), (MAPPING_CASES / "error-data-star", 2)],
    ids=lambda c: getattr(c, "name", ""),
)
def test_rows_with_wrong_values_are_left_out(case: Path, quads: int, folder: Path, cli: Cli) -> None:
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 0, ran.err
    written = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
    assert len(written) == quads
    assert all("no page" not in quad for quad in written)
    rejected = (folder / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in rejected[1:]] == [["values.csv", "3"]]


@pytest.mark.parametrize("case", [MAPPING_CASES / "collection-nested"], ids=lambda c: c.name)
def test_yarrrml_has_no_words_for_collections(case: Path, folder: Path, cli: Cli) -> None:
    ran = cli("convert", "mapping.ttl", "out.yml")
    assert ran.code == 2
    assert ran.err.splitlines()[0] == "mapping.ttl:15:19: GG015 YARRRML cannot say collections and containers"


def test_blank_nodes_that_nest_too_deeply_are_told(tmp_path: Path, cli: Cli) -> None:
    nested = "[ <http://example.com/p> " * 5000 + "1" + " ]" * 5000
    mapping = tmp_path / "mapping.ttl"
    mapping.write_text(f"<http://example.com/s> <http://example.com/p> {nested} .", encoding="utf-8")
    ran = cli("map", str(mapping), "-o", str(tmp_path / "out.nq"))
    assert ran.code == 2
    assert ran.err.rstrip().endswith("mapping.ttl:1:1: GG001 not valid Turtle: nested too deeply")
