"""Targets: the files beside the main output that some quads of a mapping go to (RML-IO, "Logical Target")."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from govgraph.errors import EngineError
from govgraph.mapping.model import LogicalTarget
from govgraph.mapping.plan import Plan

if TYPE_CHECKING:
    import pyoxigraph

Output = LogicalTarget | None
"""A target, or None for the main output."""


def output_files(plan: Plan, out: Path, folder: Path, mapping_folder: Path) -> dict[Output, Path]:
    """The files that a plan writes: the main output first, then its targets, relative to their folder.

    The quads for an endpoint are in a temporary file beside the output before they are sent.
    Raises EngineError GG403 for a file that would be written twice.
    """
    files: dict[Output, Path] = {None: out}
    for target in dict.fromkeys(g.target for g in plan.groups if g.target):
        path = (mapping_folder if target.beside_mapping else folder) / target.path
        if target.endpoint:
            path = out.with_name(f"{out.name}.{len(files)}")
        if any(path.resolve() == other.resolve() for other in files.values()):
            hint = "give each target a file of its own"
            raise EngineError(f"'{target.path}' would be written twice", "GG403", target.span, hint)
        files[target] = path
    return files


def make_folder(path: Path, target: LogicalTarget) -> None:
    """Makes the folder of a target's file; raises EngineError GG403."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        message = f"the folder of '{target.path}' cannot be made: {e.strerror}"
        raise EngineError(message, "GG403", target.span, "name a file in a folder that can be made") from e


def serialize(path: Path, target: LogicalTarget, out: Path) -> None:
    """Turns a file of N-Quads into what the target asks for; quads stream, but for JSON-LD.

    `out` is the file that it becomes: what that holds goes before, where the target adds to it. Raises
    EngineError GG403 for a character that the target's encoding lacks, and for a file that cannot be
    added to.
    """
    if target.endpoint:
        return
    if target.append and out.exists():
        _add_to(path, target, out)
    if target.serialization not in ("nquads", "ntriples"):
        with _replacing(path) as written, written.open("wb") as file:
            _serialize(path, file, target.serialization)
    if target.encoding:
        from govgraph.engines.encodings import EncodingError, encode

        try:
            with _replacing(path) as written:
                encode(path, target.encoding, written, xml=target.serialization == "rdfxml")
        except EncodingError as e:
            hint = "utf-8 and utf-16 have all characters"
            raise EngineError(f"'{target.path}': {e}", "GG403", target.span, hint) from e
    if target.compression:
        from govgraph.engines.compression import compress

        with _replacing(path) as written:
            compress(path, target.compression, written, target.path)


def _add_to(path: Path, target: LogicalTarget, out: Path) -> None:
    """Puts the quads of `out`, which is as the target asks for, before those of `path`.

    Their blank nodes get other names: the same name in two runs is not the same node.
    """
    import pyoxigraph

    from govgraph.engines.compression import ArchiveError, opened
    from govgraph.engines.encodings import EncodingError, decode

    plain = path.with_name(f"{path.name}.before")
    try:
        with opened(out, target.compression) if target.compression else out.open("rb") as source:
            decode(source, target.encoding or "utf-8", plain, xml=target.serialization == "rdfxml")
        form = _format(target.serialization)
        before = pyoxigraph.parse(path=plain, format=form, lenient=True, rename_blank_nodes=True)
        with _replacing(path) as written, written.open("wb") as file:
            pyoxigraph.serialize(before, file, pyoxigraph.RdfFormat.N_QUADS)
            with path.open("rb") as added:
                shutil.copyfileobj(added, file)
    except (ArchiveError, EncodingError, OSError, SyntaxError) as e:
        message, hint = (
            f"'{target.path}' cannot be added to: {e}",
            "write another file, or take this one away",
        )
        raise EngineError(message, "GG403", target.span, hint) from e
    finally:
        plain.unlink(missing_ok=True)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A new file that takes the place of `path` once its body is done."""
    written = path.with_name(f"{path.name}.as")
    try:
        yield written
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _format(serialization: str) -> pyoxigraph.RdfFormat:
    import pyoxigraph

    formats = {
        "nquads": pyoxigraph.RdfFormat.N_QUADS,
        "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
        "turtle": pyoxigraph.RdfFormat.TURTLE,
        "trig": pyoxigraph.RdfFormat.TRIG,
        "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
        "jsonld": pyoxigraph.RdfFormat.JSON_LD,
        "n3": pyoxigraph.RdfFormat.N3,
    }
    return formats[serialization]


def _serialize(path: Path, file: BinaryIO, serialization: str) -> None:
    import pyoxigraph

    form = _format(serialization)
    quads = pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)

    def statements() -> Iterator[pyoxigraph.Quad | pyoxigraph.Triple]:
        for quad in quads:
            yield quad if form.supports_datasets else quad.triple

    pyoxigraph.serialize(statements(), file, form)  # type: ignore[arg-type]
