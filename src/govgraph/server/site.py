"""What a server needs to know of what it serves: a project, or files without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from govgraph.iri import graph_iri, provenance_graph_iri
from govgraph.project import Project
from govgraph.queries import VOCABULARIES, Language, QueryFile, load_queries
from govgraph.server.texts import TEXTS
from govgraph.settings import Bilingual, DefaultGraph, Limits


@dataclass(frozen=True, slots=True)
class DatasetNames:
    """What a dataset is called, and what it holds, by language."""

    title: Mapping[Language, str]
    description: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Site:
    """Titles, languages, queries and limits of a server; it goes to the workers as a whole.

    `graph_names` holds, for the IRI of a named graph, its name by language.
    """

    base: str
    titles: Mapping[Language, str]
    languages: tuple[Language, ...]
    licence: str | None = None
    public_url: str | None = None
    queries: tuple[QueryFile, ...] = ()
    graph_names: Mapping[str, Mapping[Language, str]] = field(default_factory=dict)
    datasets: Mapping[str, DatasetNames] = field(default_factory=dict)
    """Id -> names of a dataset of the project."""
    prefixes: Mapping[str, str] = field(default_factory=lambda: dict(VOCABULARIES))
    default_graph: DefaultGraph = "union"
    """What a query sees that names no graphs: all graphs together, or the store's own default graph."""
    services: tuple[str, ...] = ()
    """Endpoints that queries may ask."""
    query_log: str | None = None
    """File that queries are logged to."""
    query_log_text: bool = False
    """Whether the log holds their texts."""
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of_project(cls, project: Project) -> Site:
        """The site of a project; raises ConfigError where a dataset.yml or a query file is wrong."""
        settings = project.settings
        return cls(
            base=settings.base,
            titles={"ja": settings.title.ja, "en": settings.title.en},
            languages=settings.languages,
            licence=settings.licence,
            public_url=settings.public_url,
            queries=load_queries(project),
            graph_names=_graph_names(project),
            datasets=_dataset_names(project),
            default_graph=settings.default_graph,
            services=settings.services,
            query_log=str(project.root / settings.query_log) if settings.query_log else None,
            query_log_text=settings.query_log_text,
            limits=settings.limits,
        )


def _dataset_names(project: Project) -> Mapping[str, DatasetNames]:
    languages = project.settings.languages

    def by_language(text: Bilingual | None) -> Mapping[Language, str]:
        return {language: getattr(text, language) for language in languages} if text else {}

    return {
        dataset.id: DatasetNames(
            by_language(dataset.settings.title), by_language(dataset.settings.description)
        )
        for dataset in project.datasets.values()
    }


def _graph_names(project: Project) -> Mapping[str, Mapping[Language, str]]:
    base, languages = project.settings.base, project.settings.languages
    names: dict[str, Mapping[Language, str]] = {}
    for dataset in project.datasets.values():
        titles = {language: getattr(dataset.settings.title, language) for language in languages}
        sources = {
            language: f"{title} ({TEXTS[language]['provenance']})" for language, title in titles.items()
        }
        names[graph_iri(base, dataset.id)] = titles
        names[provenance_graph_iri(base, dataset.id)] = sources
    return names
