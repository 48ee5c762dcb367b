"""Targets: the files beside the main output that some quads of a mapping go to (RML-IO, "Logical Target")."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from govgraph.errors import EngineError
from govgraph.mapping.model import LogicalTarget
from govgraph.mapping.plan import Plan

if TYPE_CHECKING:
    import pyoxigraph

Output = LogicalTarget | None
"""A target, or None for the main output."""


def output_files(plan: Plan, out: Path, folder: Path) -> dict[Output, Path]:
    """The files that a plan writes: the main output first, then its targets, relative to `folder`.

    Raises EngineError GG403 for a file that would be written twice.
    """
    files: dict[Output, Path] = {None: out}
    for target in dict.fromkeys(g.target for g in plan.groups if g.target):
        path = folder / target.path
        if any(path.resolve() == other.resolve() for other in files.values()):
            hint = "give each target a file of its own"
            raise EngineError(f"'{target.path}' would be written twice", "GG403", target.span, hint)
        files[target] = path
    return files


def serialize(path: Path, target: LogicalTarget) -> None:
    """Turns a file of N-Quads into what the target asks for; quads stream, but for JSON-LD."""
    if target.serialization in ("nquads", "ntriples") and not target.compression:
        return
    written = path.with_name(f"{path.name}.as")
    try:
        with written.open("wb") as file, ExitStack() as stack:
            compressed = target.compression == "gzip"
            sink = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)) if compressed else file
            if target.serialization in ("nquads", "ntriples"):
                with path.open("rb") as lines:
                    shutil.copyfileobj(lines, sink)
            else:
                _serialize(path, sink, target.serialization)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _serialize(path: Path, file: BinaryIO | gzip.GzipFile, serialization: str) -> None:
    import pyoxigraph

    formats = {
        "turtle": pyoxigraph.RdfFormat.TURTLE,
        "trig": pyoxigraph.RdfFormat.TRIG,
        "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
        "jsonld": pyoxigraph.RdfFormat.JSON_LD,
        "n3": pyoxigraph.RdfFormat.N3,
    }
    form = formats[serialization]
    quads = pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)

    def statements() -> Iterator[pyoxigraph.Quad | pyoxigraph.Triple]:
        for quad in quads:
            yield quad if form.supports_datasets else quad.triple

    pyoxigraph.serialize(statements(), file, form)  # type: ignore[arg-type]
