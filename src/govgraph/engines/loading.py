"""Mapping files -> plans: reads the mapping, asks the engine for the columns of its sources, compiles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from govgraph.errors import MappingError, Problem
from govgraph.mapping.compiler import compile_mapping, sources
from govgraph.mapping.model import LogicalSource, Mapping
from govgraph.mapping.plan import Plan
from govgraph.mapping.yarrrml import read_yarrrml
from govgraph.positions import read_text

ReadColumns = Callable[[Path, LogicalSource], tuple[str, ...]]
"""The columns of a source at a path; raises MappingError GG016 where it cannot be read."""


def load_mapping(path: Path, *, shown: str | None = None) -> Mapping:
    """The mapping of a YARRRML file; its mistakes stand in `problems` until it is compiled.

    `shown` is the file's name in messages. Raises MappingError GG001, GG016 where nothing can be read.
    """
    file = shown or str(path)
    if path.suffix.lower() not in (".yml", ".yaml", ".yarrrml"):
        hint = "YARRRML files end in .yml, .yaml or .yarrrml"
        raise MappingError(f"'{file}' is not a YARRRML file", "GG015", hint=hint)
    return read_yarrrml(read_text(path, file, MappingError), file)


def load_plan(path: Path, read_columns: ReadColumns, *, base: str | None, shown: str | None = None) -> Plan:
    """The plan of a mapping file, whose sources are relative to its folder.

    Raises MappingError with all problems of the mapping and its sources.
    """
    mapping = load_mapping(path, shown=shown)
    columns: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for source in sources(mapping):
        try:
            columns[source.path] = read_columns(path.parent / source.path, source)
        except MappingError as e:
            problems += e.problems
    try:
        plan = compile_mapping(mapping, columns, base=base)
    except MappingError as e:
        raise MappingError.collect([*problems, *e.problems]) from e
    if problems:
        raise MappingError.collect(problems)
    return plan
