"""pySHACL, as a build uses it, beside pyrudof: the same results? how fast?

    python bench/loading/validation.py --rudof PYTHON [--snapshot .govgraph/current] [--runs 3]

PYTHON is the interpreter of an environment with pyrudof. The cases are tests/cases/shapes and
tests/cases/shacl, and a whole snapshot. Each run is a process of its own; its
seconds are those of validation: pySHACL's on the store that a build has filled, pyrudof's with the reading of
a dump, which it needs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ONTOLOGY = REPOSITORY / "ontology"
CASES = REPOSITORY / "tests" / "cases"
TERMS = [ONTOLOGY / "govgraph.ttl", ONTOLOGY / "concepts.ttl"]
LITERAL = re.compile(r'"(.*)"(@.*|\^\^.*)?')
SH = "http://www.w3.org/ns/shacl#"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rudof", required=True)
    parser.add_argument("--snapshot", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    shapes = ONTOLOGY / "shapes.ttl"
    cases = {c.stem: ([*TERMS, c], shapes) for c in sorted((CASES / "shapes").glob("*.ttl"))}
    cases["every constraint"] = ([CASES / "shacl" / "data.ttl"], CASES / "shacl" / "shapes.ttl")
    with tempfile.TemporaryDirectory() as name:
        if options.snapshot:
            cases["snapshot"] = ([write_triples(options.snapshot, Path(name))], shapes)
        print(f"{options.runs} runs, {os.cpu_count()} cores, load average {os.getloadavg()}")
        print("| case | results | only pySHACL | only pyrudof | pySHACL s | pyrudof s | pyrudof, SPARQL s |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for case, (data, wanted) in cases.items():
            compare(case, [sys.executable, options.rudof], data, wanted, options.runs)


def write_triples(snapshot: Path, folder: Path) -> Path:
    """The union of a snapshot's graphs as N-Triples."""
    out = folder / "union.nt"
    with gzip.open(snapshot / "quads.nq.gz") as lines:
        out.write_bytes(b"".join({line.rpartition(b" <")[0] + b" .\n" for line in lines}))
    return out


def compare(case: str, pythons: list[str], data: list[Path], shapes: Path, runs: int) -> None:
    shacl, rudof = pythons
    found, seconds = {}, {}
    for name, python in (("pyshacl", shacl), ("native", rudof), ("sparql", rudof)):
        done = [run(python, name, data, shapes) for _ in range(runs)]
        found[name] = Counter(tuple(r) for r in done[0][1])
        seconds[name] = statistics.median(s for s, _ in done)
    for name in ("native", "sparql"):
        missing, more = found["pyshacl"] - found[name], found[name] - found["pyshacl"]
        for sign, results in (("-", missing), ("+", more)):
            for result, number in sorted(results.items())[:20]:
                print(sign, name, case, number, *result, file=sys.stderr)
    missing, more = found["pyshacl"] - found["native"], found["native"] - found["pyshacl"]
    times = " | ".join(f"{s:.2f}" for s in seconds.values())
    total = found["pyshacl"].total()
    print(f"| {case} | {total} | {missing.total()} | {more.total()} | {times} |", flush=True)


def run(python: str, name: str, data: list[Path], shapes: Path) -> tuple[float, list[list[str]]]:
    """Seconds of a validation, data and shapes read, and its results."""
    command = [python, __file__, "--validate", name, str(shapes), *map(str, data)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    seconds, results = json.loads(printed)
    return seconds, results


def validate_by_pyshacl(shapes: Path, data: list[Path]) -> list[list[str]]:
    """As `govgraph.snapshot.shapes` does it, but for how results are told."""
    from pyoxigraph import NamedNode, Store
    from pyshacl import Validator
    from pyshacl.graph_abstraction import DataGraph
    from rdflib import Graph, URIRef

    from govgraph.snapshot.shapes import _quiet, _read, _Union

    store = Store()
    for number, path in enumerate(data):
        store.bulk_load(path=str(path), to_graph=NamedNode(f"https://example.org/graph/{number}"))
    started = time.perf_counter()
    graph = _read(shapes, "https://w3id.org/govgraph/")
    options = {"advanced": True, "inplace": True}
    validator = Validator(_Union(store), shacl_graph=DataGraph.from_rdflib(graph), options=options)
    with _quiet():
        _, results, _ = validator.run()  # type: ignore[no-untyped-call]
    seconds.append(time.perf_counter() - started)
    assert isinstance(results, Graph)
    names = ("focusNode", "sourceShape", "sourceConstraintComponent", "resultSeverity")
    return [
        [str(results.value(r, URIRef(SH + n))).removeprefix(SH) for n in names]
        for r in results.objects(None, URIRef(f"{SH}result"))
    ]


def validate_by_rudof(mode: str, shapes: Path, data: list[Path]) -> list[list[str]]:
    import pyrudof  # type: ignore[import-not-found]

    started = time.perf_counter()
    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    formats = {".ttl": pyrudof.RDFFormat.Turtle, ".nt": pyrudof.RDFFormat.NTriples}
    strict = pyrudof.ReaderMode.Strict
    for number, path in enumerate(data):
        rudof.read_data(str(path), formats[path.suffix], merge=number > 0, reader_mode=strict)
    rudof.read_shacl(str(shapes), pyrudof.ShaclFormat.Turtle, reader_mode=strict)
    modes = pyrudof.ShaclValidationMode
    try:
        report = rudof.validate_shacl(modes.Native if mode == "native" else modes.Sparql)
    except pyrudof.ShaclError as e:
        seconds.append(math.nan)
        return [["", "", str(e), ""]]
    seconds.append(time.perf_counter() - started)
    return [
        [
            LITERAL.sub(r"\1", str(e.focus_node)),
            e.source_shape,
            e.constraint_component.removeprefix(SH),
            str(e.severity),
        ]
        for e in report
    ]


seconds: list[float] = []

if __name__ == "__main__":
    if sys.argv[1:2] == ["--validate"]:
        name, shapes, *data = sys.argv[2:]
        paths = [Path(p) for p in data]
        if name == "pyshacl":
            found = validate_by_pyshacl(Path(shapes), paths)
        else:
            found = validate_by_rudof(name, Path(shapes), paths)
        print(json.dumps([seconds[0], found]))
    else:
        main()
