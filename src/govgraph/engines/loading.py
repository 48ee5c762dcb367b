"""Mapping files -> plans: reads the mapping, asks the engine for the columns of its sources, compiles."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from govgraph.engines.sources import Used, read_columns
from govgraph.engines.staging import shown_path, staged
from govgraph.engines.view_columns import check_records, record_columns, view_columns
from govgraph.errors import MappingError, Problem, SourceSpan
from govgraph.files import read_text
from govgraph.mapping.checks import used_columns
from govgraph.mapping.compiler import compile_mapping, sources
from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.databases import read_database
from govgraph.mapping.logical_views import map_files, read_of_parts
from govgraph.mapping.model import Database, LogicalSource, Mapping
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
    database: str | None = None,
    remote: bool = False,
) -> Plan:
    """The plan of a mapping file, whose sources are relative to its folder.

    `database` is the URL of the one whose tables the mapping reads without naming it.
    `apart` as in compile_mapping; None: where the sources are large enough for it to be worth while.
    `remote`: sources on the web may be fetched, which whoever runs a mapping decides, not the mapping.
    Raises MappingError with all problems of the mapping and its sources.
    """
    mapping = with_database(load_mapping(path, shown=shown), path.parent, database)
    used: dict[LogicalSource, list[Used]] = {}
    for triples_map in mapping.triples_maps:
        for source, name, span in used_columns(mapping, triples_map):
            used.setdefault(source, []).append(Used(name, span))
    views = [source.view for source in sources(mapping) if source.view]
    for view in views:
        for part, name, span in read_of_parts(view):
            used.setdefault(part, []).append(Used(name, span))
    columns: dict[LogicalSource, tuple[Column, ...]] = {}
    bytes_: dict[Path, int] = {}
    problems: list[Problem] = check_records(views)
    without_password: list[Problem] = []
    if any(source.database for source in used):
        from govgraph.engines.readers.databases import check_passwords

        without_password = check_passwords(sources(mapping))
        problems += without_password
    for source in sources(mapping) if not without_password else ():
        if source.view and not all(part in columns for part in source.view.parts):
            continue
        if source.is_remote and (not remote or mapping.problems):
            if not remote:
                message, hint = "sources on the web have no place here", "save it as a file"
                problems.append(Problem("GG015", message, source.span, hint))
            continue
        try:
            if source.view:
                columns[source] = view_columns(source, columns)
                continue
            file = staged(path.parent, source, shown=shown_path(mapping.file, source))
            columns[source] = read_columns(file, source, used.get(source, ())) + record_columns(views, source)
            bytes_[file] = file.stat().st_size
        except MappingError as e:
            problems += e.problems
    if apart is None:
        apart = any(not file.is_file() for file in bytes_) or sum(bytes_.values()) > SMALL_BYTES
    try:
        plan = compile_mapping(mapping, columns, base=base, apart=apart)
    except MappingError as e:
        raise MappingError.collect([*problems, *e.problems]) from e
    if problems:
        raise MappingError.collect(problems)
    return plan


def with_database(mapping: Mapping, folder: Path, database: str | None) -> Mapping:
    """The mapping with the database of its tables that name none, as R2RML's do.

    It is `database`, else the environment's GOVGRAPH_DATABASE; a file is relative to the working folder.
    Raises MappingError GG003, GG015, GG020 for what is no URL of a database.
    """
    url = database or os.environ.get("GOVGRAPH_DATABASE")
    if not url or all(s.database or s.formulation not in DATABASE_FORMULATIONS for s in sources(mapping)):
        return mapping
    named = read_database(url, SourceSpan("--database" if database else "GOVGRAPH_DATABASE"))
    if named.url.startswith("sqlite:"):
        named = Database(f"sqlite:{os.path.relpath(named.url.removeprefix('sqlite:'), folder)}")

    def source(old: LogicalSource) -> LogicalSource:
        unnamed = old.database is None and old.formulation in DATABASE_FORMULATIONS
        return replace(old, database=named) if unnamed else old

    maps = tuple(replace(t, source=map_files(t.source, source)) for t in mapping.triples_maps)
    return replace(mapping, triples_maps=maps)
