"""Mapping files -> plans: reads the mapping, asks the engine for the columns of its sources, compiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from govgraph.engines.sources import Used, read_columns
from govgraph.engines.staging import shown_path, staged
from govgraph.engines.view_columns import check_records, record_columns, view_columns
from govgraph.errors import ConfigError, MappingError, Problem, SourceSpan
from govgraph.files import read_text
from govgraph.mapping.checks import used_columns
from govgraph.mapping.compiler import compile_mapping, sources
from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.databases import read_database
from govgraph.mapping.functions import FUNCTIONS, Functions, PythonFunction
from govgraph.mapping.logical_views import every_source, map_files, read_of_parts
from govgraph.mapping.model import Database, LogicalSource, Mapping
from govgraph.mapping.plan import Column, Plan

YARRRML_SUFFIXES = (".yml", ".yaml", ".yarrrml")
RML_SUFFIXES = (".ttl", ".nt")

SMALL_BYTES = 1 << 22
"""Where sources are smaller in sum, duplicates are sought among all quads, and the data are asked nothing."""


def load_mapping(path: Path, *, shown: str | None = None, functions: Sequence[Path] = ()) -> Mapping:
    """The mapping of a YARRRML or RML file; its mistakes stand in `problems` until it is compiled.

    `shown` is the file's name in messages. `functions` are Python files with functions that it may call,
    beside those of the project that it lies in. Raises MappingError GG001, GG015 where nothing can be read,
    ConfigError GG022 for the Python files.
    """
    file = shown or str(path)
    suffix = path.suffix.lower()
    if suffix in YARRRML_SUFFIXES:
        from govgraph.mapping.yarrrml import read_yarrrml

        text = read_text(path, file, MappingError, "GG001")
        return read_yarrrml(text, file, functions=callable_functions(path, functions))
    if suffix in RML_SUFFIXES:
        from govgraph.mapping.rml import read_rml

        working_folder = os.path.relpath(Path.cwd(), path.parent)
        text = read_text(path, file, MappingError, "GG001")
        known = callable_functions(path, functions)
        return read_rml(text, file, working_folder=working_folder, functions=known)
    hint = "YARRRML files end in .yml, .yaml or .yarrrml, RML files in .ttl or .nt"
    raise MappingError(f"'{file}' is neither a YARRRML nor an RML file", "GG015", hint=hint)


def callable_functions(mapping: Path, files: Sequence[Path] = ()) -> Functions:
    """The functions that a mapping file may call: govgraph's, those of `files` and of its project.

    Raises ConfigError GG022 for files and modules that cannot be read, GG014 for two with the same IRI.
    """
    if not files and not any(folder.name == "mappings" for folder in mapping.resolve().parents):
        return FUNCTIONS  # no project is around it
    from govgraph.project import Project  # its settings need a library that takes long to load

    project = Project.around(mapping)
    named = project.settings.functions if project else ()
    if not files and not named:
        return FUNCTIONS
    from govgraph.mapping.functions.own import read_functions, with_own

    own: list[PythonFunction] = []
    problems: list[Problem] = []
    places: list[tuple[str, Path, SourceSpan | None]] = [(str(file), Path(), None) for file in files]
    if project:
        places += [
            (name, project.root, project.setting_span("functions", str(n))) for n, name in enumerate(named)
        ]
    for name, folder, span in places:
        try:
            own += read_functions(name, folder, span)
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    return with_own(own)


def load_plan(
    path: Path,
    *,
    base: str | None = None,
    shown: str | None = None,
    apart: bool | None = True,
    database: str | None = None,
    remote: bool = False,
    functions: Sequence[Path] = (),
    small: int | None = None,
) -> Plan:
    """The plan of a mapping file, whose sources are relative to its folder; `functions` as in load_mapping.

    `database` is the URL of the one whose tables the mapping reads without naming it.
    `apart` as in compile_mapping; None: where the sources have more bytes than are `small`, by default
    SMALL_BYTES.
    `remote`: sources on the web may be fetched, which whoever runs a mapping decides, not the mapping.
    Raises MappingError with all problems of the mapping and its sources.
    """
    mapping = load_mapping(path, shown=shown, functions=functions)
    mapping = with_database(mapping, path.parent, database)
    used: dict[LogicalSource, list[Used]] = {}
    for triples_map in mapping.triples_maps:
        for source, name, span in used_columns(mapping, triples_map):
            used.setdefault(source, []).append(Used(name, span))
    views = [source.view for source in sources(mapping) if source.view]
    for view in views:
        for part, name, span in read_of_parts(view):
            used.setdefault(part, []).append(Used(name, span))
    columns: dict[LogicalSource, tuple[Column, ...]] = {}
    bytes_: dict[Path, int | None] = {}
    problems: list[Problem] = check_records(views)
    without_password: list[Problem] = []
    every = [part for source in sources(mapping) for part in every_source(source)]
    if any(source.database for source in every):
        from govgraph.engines.readers.databases import check_passwords

        without_password = check_passwords(every)
        problems += without_password
    for source in sources(mapping) if not without_password else ():
        if source.view and not all(part in columns for part in source.view.parts):
            continue
        away = [part for part in every_source(source) if part.is_remote]
        if away and (not remote or mapping.problems):
            if not remote:
                message, hint = "a source on the web has no place in a build", "save it as a file"
                problems += [Problem("GG015", message, part.span, hint) for part in away]
            continue
        try:
            if source.view:
                columns[source] = view_columns(source, columns)
                continue
            shown_source = shown_path(mapping.file, source)
            file = staged(path.parent, source, shown=shown_source)
            found = read_columns(file, source, used.get(source, ()), shown=shown_source)
            columns[source] = found + record_columns(views, source)
            bytes_[file] = file.stat().st_size if file.is_file() else None
        except MappingError as e:
            problems += e.problems
    if apart is None:
        limit = SMALL_BYTES if small is None else small
        apart = None in bytes_.values() or sum(filter(None, bytes_.values())) > limit
    try:
        plan = compile_mapping(mapping, columns, base=base, apart=apart)
    except MappingError as e:
        raise MappingError.collect([*problems, *e.problems]) from e
    if problems:
        raise MappingError.collect(problems)
    return plan


def with_database(mapping: Mapping, folder: Path, database: str | None) -> Mapping:
    """The mapping with the database of its tables that name none, as R2RML's do.

    `database` is its URL; a file is relative to the working folder.
    Raises MappingError GG003, GG015, GG020 for what is no URL of a database.
    """
    if not database:
        return mapping
    named = read_database(database, SourceSpan("--database"))
    if named.url.startswith("sqlite:"):
        named = Database(f"sqlite:{os.path.relpath(named.url.removeprefix('sqlite:'), folder)}")

    def source(old: LogicalSource) -> LogicalSource:
        unnamed = old.database is None and old.formulation in DATABASE_FORMULATIONS
        return replace(old, database=named) if unnamed else old

    maps = tuple(replace(t, source=map_files(t.source, source)) for t in mapping.triples_maps)
    return replace(mapping, triples_maps=maps)
