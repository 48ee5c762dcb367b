"""The engines: how each is called, as a whole process in a folder with mapping.rml.ttl and its sources."""

from __future__ import annotations

import compileall
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from environments import environment

HERE = Path(__file__).parent

MORPH_KGC = """[CONFIGURATION]
output_file: out.nt
output_format: N-TRIPLES
number_of_processes: {threads}
logging_level: WARNING
[Data]
mappings: mapping.rml.ttl
"""

RDFIZER = """[default]
main_directory: .
[datasets]
number_of_datasets: 1
output_folder: .
all_in_one_file: yes
remove_duplicate: yes
enrichment: yes
ordered: yes
name: out
output_format: n-triples
large_file: false
[dataset1]
name: out
mapping: ./mapping.rml.ttl
"""

RDFIZER_CALL = """import sys, types
sys.modules["pyodbc"] = types.ModuleType("pyodbc")  # needs a driver of the system, and no source here is ODBC
from rdfizer import semantify
semantify("rdfizer.ini")
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine is called.

    `prepare` gives the command for a folder, a case and a number of threads, and writes what else the
    engine reads; `out` is what it writes. `cases` are those that it can run, `parallel` whether it has more
    than one thread or process at all; `peer` whether it needs an environment of its own.
    """

    name: str
    prepare: Callable[[Path, str, int], list[str]]
    cases: frozenset[str]
    parallel: bool = True
    peer: bool = True
    out: str = "out.nq"


def variables(engine: Engine, threads: int) -> dict[str, str]:
    """The environment of its process: peers do not see this one's packages."""
    kept = {k: v for k, v in os.environ.items() if not (engine.peer and k.startswith("PYTHON"))}
    return {**kept, "POLARS_MAX_THREADS": str(threads), "RAYON_NUM_THREADS": str(threads)}


def _govgraph(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    found = find_spec("govgraph")
    assert found and found.origin
    compileall.compile_dir(Path(found.origin).parent, quiet=1)  # as pip does, and the peers' environments do
    call = "from govgraph.cli import main; main()"
    return [sys.executable, "-c", call, "map", "mapping.rml.ttl", "-o", "out.nq", "--threads", str(threads)]


def _bare(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    sql = f"SET threads = {threads};\n{(HERE / 'bare.sql').read_text(encoding='utf-8')}"
    (folder / "bare.sql").write_text(sql, encoding="utf-8")
    return [sys.executable, "-c", "import duckdb; duckdb.execute(open('bare.sql').read())"]


def _loop(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    return [sys.executable, str(HERE / "python_loop.py")]


def _morph_kgc(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    (folder / "morph-kgc.ini").write_text(MORPH_KGC.format(threads=threads), encoding="utf-8")
    return [str(environment("morph-kgc")), "-m", "morph_kgc", "morph-kgc.ini"]


def _rdfizer(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    (folder / "rdfizer.ini").write_text(RDFIZER, encoding="utf-8")
    return [str(environment("rdfizer")), "-c", RDFIZER_CALL]


def _maplib(folder: Path, case: str, threads: int) -> list[str]:  # noqa: ARG001
    return [str(environment("maplib")), str(HERE / "peers" / f"maplib_{case}.py")]


ALL = frozenset({"flat", "join", "gtfs-csv", "gtfs-json", "gtfs-xml"})
FLAT = frozenset({"flat"})

ENGINES = {
    e.name: e
    for e in (
        Engine("govgraph", _govgraph, ALL | {"gtfs-postgresql"}, peer=False),
        Engine("bare-sql", _bare, FLAT, peer=False),
        Engine("python-loop", _loop, FLAT, parallel=False, peer=False),
        Engine("morph-kgc", _morph_kgc, ALL, out="out.nt"),
        Engine("rdfizer", _rdfizer, ALL, parallel=False, out="out.nt"),
        Engine("maplib", _maplib, frozenset({"flat", "join"})),
    )
}
