"""The project: `govgraph.yml` and the `dataset.yml` of each dataset, loaded once, frozen, passed on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from govgraph.errors import ConfigError, Problem, SourceSpan, did_you_mean
from govgraph.iri import graph_iri, is_absolute
from govgraph.positions import validate

PROJECT_FILE = "govgraph.yml"
DATASET_FILE = "dataset.yml"
REFERENCE = "reference"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Strict(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(Strict):
    """A text in Japanese and English."""

    ja: str
    en: str


class Settings(Strict):
    """`govgraph.yml`."""

    base: str = Field(description="IRI under which the project mints its own; ends in '/' or '#'")
    title: Bilingual
    licence: str | None = Field(default=None, description="IRI of the licence of the published graph")
    languages: tuple[Literal["ja", "en"], ...] = ("ja", "en")
    public_url: str | None = Field(default=None, description="where pages answer; default: the host asked")
    host: str = Field(default="127.0.0.1", description="address that `serve` listens on")
    port: int = Field(default=7878, ge=0, le=65535, description="port that `serve` listens on")

    @field_validator("base")
    @classmethod
    def _absolute_base(cls, value: str) -> str:
        if not is_absolute(value) or value[-1] not in "/#":
            raise ValueError("expected an absolute IRI that ends in '/' or '#'")
        return value

    @field_validator("licence", "public_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is not None and not is_absolute(value):
            raise ValueError("expected an absolute IRI")
        return value


class Document(Strict):
    """What a dataset knows of the document that it is read from."""

    title: str
    issued: str | None = Field(default=None, description="ISO date, as printed on the document")
    encoding: str = "utf-8"
    sha256: str | None = Field(default=None, description="checksum of the edition that was read")


class TableLayout(Strict):
    """How one table of records is read from the document; the meaning is in `documents.layout`."""

    layout: str = Field(description="TextFSM template beside dataset.yml")
    between: tuple[str, str | None] | None = Field(
        default=None, description="regular expressions: first line of the region, and the line after its last"
    )
    prepare: tuple[str | Mapping[str, str], ...] = ()
    furniture: tuple[str, ...] = Field(
        default=(), description="regular expressions of lines that are layout only: page heads, rules, totals"
    )
    heading: str | None = Field(default=None, description="regular expression of the heading above rows")
    key: str | None = Field(default=None, description="column that is the key; else keys.csv assigns it")
    identify: tuple[str, ...] = Field(default=(), description="columns that make the fingerprint")
    derive: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    text: tuple[str, ...] = Field(default=(), description="columns of running text, written only with --text")


class DatasetSettings(Strict):
    """`dataset.yml`."""

    title: Bilingual
    description: Bilingual | None = None
    publisher: str | None = Field(
        default=None,
        pattern=r"^[0-9]{6}$",
        description="local government code of the documents' publisher; none for curated tables",
    )
    licence: str | None = Field(default=None, description="IRI of the source's licence; none where unknown")
    fiscal_year: int | None = None
    document: Document | None = None
    tables: Mapping[str, TableLayout] = Field(default_factory=dict)
    expected: Mapping[str, int] = Field(
        default_factory=dict, description="class -> instances that the dataset's graph must hold"
    )


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
    def text(self) -> Path:
        """`.govgraph/text/<id>`: tables of running text, on the user's machine only."""
        return self.project.state / "text" / self.id

    @property
    def graph(self) -> str:
        """IRI of the dataset's named graph."""
        return graph_iri(self.project.settings.base, self.id)

    @property
    def mappings(self) -> tuple[Path, ...]:
        """The dataset's mapping files, sorted: `mapping.yml`, and `text.yml` where text was extracted."""
        files = [self.folder / "mapping.yml"]
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

    def span(self, path: Path, line: int = 0, column: int = 0) -> SourceSpan:
        """A place in a file of the project."""
        return SourceSpan(self.shown(path), line, column)
