"""What a snapshot is made of, and the hash of it that is the snapshot's id.

Each input has a name and a SHA-256 in hexadecimal digits:

    settings                base, title, licence and languages of govgraph.yml, as JSON with sorted keys
    tool                    the version of govgraph
    ontology/*.ttl          terms, concepts, shapes
    mappings/<dataset>/     dataset.yml and the mappings
    records/<dataset>/      *.csv and datapackage.json
    any other file          that a mapping names as a source (text under .govgraph/text), and each Python file
                            of functions that govgraph.yml names

Files are named by their path from the project's folder. The listing of all inputs, sorted by name, one
`<sha256>  <name>` a line (as sha256sum prints it), is hashed with SHA-256 again; its first 16 digits are
the id. A dataset's own hash covers in the same way what its quads depend on: the base, the tool, its
mappings, the sources that they name, and the files of functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from govgraph import __version__
from govgraph.engines.loading import load_mapping
from govgraph.errors import ConfigError, MappingError, Problem
from govgraph.mapping.compiler import sources
from govgraph.project import DATASET_FILE, Dataset, Project
from govgraph.records import PACKAGE_FILE

ID_DIGITS = 16
IDENTITY = {"base", "title", "licence", "languages"}
"""The project's settings that stand in the graph; where and how it is served does not."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Inputs of a snapshot by name, and the hash of what each dataset's quads depend on."""

    checksums: Mapping[str, str]
    datasets: Mapping[str, str]

    @property
    def id(self) -> str:
        """The snapshot's id: 16 hexadecimal digits."""
        return _hash_listing(self.checksums)[:ID_DIGITS]

    def differences(self, other: Inputs) -> list[str]:
        """Names of the inputs that differ, sorted."""
        return sorted({name for name, _ in self.checksums.items() ^ other.checksums.items()})


def collect_inputs(project: Project) -> Inputs:
    """The inputs of a snapshot of `project` as they are on disk now.

    Raises ConfigError GG105 where there is no dataset, MappingError where a mapping is not YAML.
    """
    if not project.datasets:
        raise ConfigError(
            "the project has no dataset",
            "GG105",
            hint=f"a dataset is a folder mappings/<dataset> with a {DATASET_FILE} and a mapping.yml",
        )
    settings = project.settings.model_dump(mode="json", include=IDENTITY)
    checksums = {
        "settings": _hash_text(json.dumps(settings, ensure_ascii=False, sort_keys=True)),
        "tool": _hash_text(__version__),
    }
    checksums |= _hash_files(project, ontology_files(project))
    named = (name for name in project.settings.functions if name.endswith(".py"))
    functions = _hash_files(project, (project.root / name for name in named))
    checksums |= functions
    datasets: dict[str, str] = {}
    problems: list[Problem] = []
    for dataset in project.datasets.values():
        try:
            mapped = _hash_files(project, _mapping_files(dataset))
        except MappingError as e:
            problems += e.problems
            continue
        own = [dataset.folder / DATASET_FILE, dataset.records / PACKAGE_FILE, *dataset.records.glob("*.csv")]
        checksums |= _hash_files(project, own) | mapped
        depends = {
            "base": _hash_text(project.settings.base),
            "tool": checksums["tool"],
            **mapped,
            **functions,
        }
        datasets[dataset.id] = _hash_listing(depends)
    if problems:
        raise MappingError.collect(problems)
    return Inputs(checksums, datasets)


def ontology_files(project: Project) -> list[Path]:
    """The Turtle files of the project's ontology, sorted by name."""
    return sorted((project.root / "ontology").glob("*.ttl"))


def _mapping_files(dataset: Dataset) -> Iterable[Path]:
    """The dataset's mappings and all files that they name as sources."""
    for path in dataset.mappings:
        yield path
        for source in sources(load_mapping(path, shown=dataset.project.shown(path))):
            yield from ((path.parent / read).resolve() for read in source.files())


def _hash_files(project: Project, paths: Iterable[Path]) -> dict[str, str]:
    """Shown name -> SHA-256 of each file that there is."""
    found = {}
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                found[project.shown(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_listing(checksums: Mapping[str, str]) -> str:
    return _hash_text("".join(f"{digest}  {name}\n" for name, digest in sorted(checksums.items())))
