"""A mapping file in the other language."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from govgraph.engines.loading import RML_SUFFIXES, load_mapping
from govgraph.errors import ConfigError, EngineError, MappingError, SourceSpan
from govgraph.mapping.databases import FORMULATIONS
from govgraph.mapping.logical_views import map_files
from govgraph.mapping.model import Database, LogicalSource, Mapping, is_url
from govgraph.mapping.write_rml import write_rml
from govgraph.mapping.write_yarrrml import write_yarrrml

WRITERS = {"yarrrml": write_yarrrml, "rml": write_rml}
"""Language -> its writer."""
_SUFFIXES = {".yml": "yarrrml", ".yaml": "yarrrml", ".yarrrml": "yarrrml", ".ttl": "rml"}


def convert(
    mapping: Path,
    out: Path,
    *,
    language: str | None = None,
    force: bool = False,
    functions: Sequence[Path] = (),
) -> str:
    """The text of a mapping file in `language` (by default that of the ending of `out`), written to `out`.

    Paths of sources stay right where `out` is in another folder; `-` writes nothing, and is the other
    language by default. Raises MappingError with all problems of the mapping, GG015 for what the language
    cannot say; ConfigError GG104 for an unknown ending and GG403 for a file that is there already;
    EngineError GG403 where it cannot be written.
    """
    dash = str(out) == "-"
    if dash and language is None:
        language = "yarrrml" if mapping.suffix.lower() in RML_SUFFIXES else "rml"
    language = language or _SUFFIXES.get(out.suffix.lower())
    if language is None:
        hint = "name it .yml or .ttl, or say --to yarrrml or --to rml"
        raise ConfigError(f"'{out}' has no ending that tells its language", "GG104", hint=hint)
    if not dash and out.exists():
        if out.samefile(mapping):
            raise ConfigError(f"'{out}' is the mapping itself", "GG403", hint="name another file")
        if not force:
            raise ConfigError(f"'{out}' is there already", "GG403", hint="--force overwrites it")
    read = load_mapping(mapping, functions=functions)
    if read.problems:
        raise MappingError.collect(dict.fromkeys(read.problems))
    text = WRITERS[language](read if dash else _moved(read, mapping.parent, out.parent))
    if not dash:
        try:
            out.write_text(text, encoding="utf-8", newline="\n")
        except OSError as e:
            raise EngineError(f"cannot be written: {e.strerror}", "GG403", SourceSpan(str(out))) from e
    return text


def _moved(mapping: Mapping, folder: Path, to: Path) -> Mapping:
    """The mapping with paths of sources relative to another folder."""
    if folder.resolve() == to.resolve():
        return mapping

    def path(text: str) -> str:
        if PurePath(text).is_absolute() or is_url(text):
            return text
        return PurePath(os.path.relpath(folder.resolve() / text, to.resolve())).as_posix()

    def moved(source: LogicalSource) -> LogicalSource:
        if source.formulation not in FORMULATIONS:
            return replace(source, path=path(source.path) if source.is_file else source.path)
        url = source.database.url if source.database else ""
        if not url.startswith("sqlite:"):
            return source
        return replace(source, database=Database(f"sqlite:{path(url.removeprefix('sqlite:'))}"))

    maps = (replace(t, source=map_files(t.source, moved)) for t in mapping.triples_maps)
    return replace(mapping, triples_maps=tuple(maps))
