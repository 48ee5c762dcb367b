"""Mapping files -> plans: reads the mapping, asks the engine for the columns of its sources, compiles."""

from __future__ import annotations

import os
from pathlib import Path

from govgraph.engines.sources import Used, read_columns
from govgraph.engines.staging import staged
from govgraph.errors import MappingError, Problem
from govgraph.files import read_text
from govgraph.mapping.checks import used_columns
from govgraph.mapping.compiler import compile_mapping, sources
from govgraph.mapping.model import LogicalSource, Mapping
from govgraph.mapping.plan import Column, Plan

YARRRML_SUFFIXES = (".yml", ".yaml", ".yarrrml")
RML_SUFFIXES = (".ttl", ".nt")

SMALL_BYTES = 1 << 22
"""Where sources are smaller in sum, duplicates are sought among all quads, and the data are asked nothing."""


def load_mapping(path: Path, *, shown: str | None = None) -> Mapping:
    """The mapping of a YARRRML or RML file; its mistakes stand in `problems` until it is compiled.

    `shown` is the file's name in messages. Raises MappingError GG001, GG015 where nothing can be read.
    """
    file = shown or str(path)
    suffix = path.suffix.lower()
    if suffix in YARRRML_SUFFIXES:
        from govgraph.mapping.yarrrml import read_yarrrml

        return read_yarrrml(read_text(path, file, MappingError, "GG001"), file)
    if suffix in RML_SUFFIXES:
        from govgraph.mapping.rml import read_rml

        working_folder = os.path.relpath(Path.cwd(), path.parent)
        return read_rml(read_text(path, file, MappingError, "GG001"), file, working_folder=working_folder)
    hint = "YARRRML files end in .yml, .yaml or .yarrrml, RML files in .ttl or .nt"
    raise MappingError(f"'{file}' is neither a YARRRML nor an RML file", "GG015", hint=hint)


def load_plan(
    path: Path,
    *,
    base: str | None = None,
    shown: str | None = None,
    apart: bool | None = True,
    small: int = SMALL_BYTES,
) -> Plan:
    """The plan of a mapping file, whose sources are relative to its folder.

    `apart` as in compile_mapping; None: where the sources have more bytes than are `small`.
    Raises MappingError with all problems of the mapping and its sources.
    """
    mapping = load_mapping(path, shown=shown)
    used: dict[LogicalSource, list[Used]] = {}
    for triples_map in mapping.triples_maps:
        for source, name, span in used_columns(mapping, triples_map):
            used.setdefault(source, []).append(Used(name, span))
    columns: dict[LogicalSource, tuple[Column, ...]] = {}
    problems: list[Problem] = []
    for source in sources(mapping):
        try:
            found = read_columns(staged(path.parent, source), source, used.get(source, ()))
            columns[source] = found
        except MappingError as e:
            problems += e.problems
    if apart is None:
        files = {staged(path.parent, source) for source in sources(mapping)}
        apart = sum(file.stat().st_size for file in files if file.is_file()) > small
    try:
        plan = compile_mapping(mapping, columns, base=base, apart=apart)
    except MappingError as e:
        raise MappingError.collect([*problems, *e.problems]) from e
    if problems:
        raise MappingError.collect(problems)
    return plan
