"""The project: `govgraph.yml` and the `dataset.yml` of each dataset, loaded once, frozen, passed on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.files import read_text
from govgraph.iri import graph_iri
from govgraph.positions import locate, parse_yaml, validate
from govgraph.settings import DatasetSettings, Settings

PROJECT_FILE = "govgraph.yml"
DATASET_FILE = "dataset.yml"
REFERENCE = "reference"


class Dataset:
    """One dataset of a project: its settings, and where its files lie."""

    def __init__(self, project: Project, id: str, settings: DatasetSettings) -> None:  # noqa: A002
        self.project = project
        self.id = id
        self.settings = settings

    @property
    def folder(self) -> Path:
        """`mappings/<id>`: settings, layouts and mappings."""
        return self.project.root / "mappings" / self.id

    @property
    def records(self) -> Path:
        """`records/<id>`: tables of facts."""
        return self.project.root / "records" / self.id

    @property
    def report(self) -> Path:
        """`.govgraph/reports/<id>.html`: what became of each line, on the user's machine only."""
        return self.project.state / "reports" / f"{self.id}.html"

    @property
    def text(self) -> Path:
        """`.govgraph/text/<id>`: tables of running text, on the user's machine only."""
        return self.project.state / "text" / self.id

    def span(self, *location: str) -> SourceSpan:
        """Where the deepest part of `location` (keys, then positions in lists) stands in dataset.yml."""
        path = self.folder / DATASET_FILE
        shown = self.project.shown(path)
        root, _ = parse_yaml(read_text(path, shown), shown)
        return locate(root, list(location))[0]

    @property
    def graph(self) -> str:
        """IRI of the dataset's named graph."""
        return graph_iri(self.project.settings.base, self.id)

    @property
    def mappings(self) -> tuple[Path, ...]:
        """The mapping files: `mapping.yml`, each `mapping-*.yml`, and `text.yml` where text was extracted."""
        files = [self.folder / "mapping.yml", *sorted(self.folder.glob("mapping-*.yml"))]
        if self.text.is_dir() and (self.folder / "text.yml").is_file():
            files.append(self.folder / "text.yml")
        return tuple(files)


class Project:
    """A folder with a `govgraph.yml`."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings

    @classmethod
    def load(cls, start: Path | None = None) -> Project:
        """The project whose `govgraph.yml` stands in `start`, or else above the working folder.

        Raises ConfigError: GG101 where there is none, else all problems of the file.
        """
        if start is not None:
            root = start.resolve()
            if not (root / PROJECT_FILE).is_file():
                raise ConfigError(f"no {PROJECT_FILE} in {start}", "GG101", hint="name the project's folder")
        else:
            here = Path.cwd()
            found = next((p for p in (here, *here.parents) if (p / PROJECT_FILE).is_file()), None)
            if found is None:
                raise ConfigError(
                    f"no {PROJECT_FILE} in {here} or above it",
                    "GG101",
                    hint="go to a project's folder, or name it: --project DIR",
                )
            root = found
        return cls(root, validate(Settings, root / PROJECT_FILE, PROJECT_FILE))

    @classmethod
    def around(cls, mapping: Path) -> Project | None:
        """The project in whose `mappings/` a mapping file lies, or None for one that stands alone."""
        folders = mapping.resolve().parents
        root = next(
            (f.parent for f in folders if f.name == "mappings" and (f.parent / PROJECT_FILE).is_file()), None
        )
        return cls.load(root) if root else None

    @property
    def state(self) -> Path:
        """`.govgraph`: what is built, on the user's machine only."""
        return self.root / ".govgraph"

    @cached_property
    def datasets(self) -> Mapping[str, Dataset]:
        """Dataset id -> dataset, sorted by id; raises ConfigError with the problems of all dataset.yml."""
        found: dict[str, Dataset] = {}
        problems: list[Problem] = []
        for path in sorted((self.root / "mappings").glob(f"*/{DATASET_FILE}")):
            try:
                settings = validate(DatasetSettings, path, self.shown(path))
            except ConfigError as e:
                problems += e.problems
            else:
                found[path.parent.name] = Dataset(self, path.parent.name, settings)
        if problems:
            raise ConfigError.collect(problems)
        return found

    def dataset(self, id: str) -> Dataset:  # noqa: A002
        """The dataset named `id`; raises ConfigError GG103 with the nearest name."""
        try:
            return self.datasets[id]
        except KeyError:
            raise ConfigError(
                f"unknown dataset '{id}'", "GG103", hint=did_you_mean(id, list(self.datasets))
            ) from None

    def shown(self, path: Path) -> str:
        """`path` as it is shown in messages: relative to the project where it lies inside."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def setting_span(self, *location: str) -> SourceSpan:
        """Where the deepest part of `location` (keys, then positions in lists) stands in govgraph.yml."""
        root, _ = parse_yaml(read_text(self.root / PROJECT_FILE, PROJECT_FILE), PROJECT_FILE)
        return locate(root, list(location))[0]

    def span(self, path: Path, line: int = 0, column: int = 0) -> SourceSpan:
        """A place in a file of the project."""
        return SourceSpan(self.shown(path), line, column)
