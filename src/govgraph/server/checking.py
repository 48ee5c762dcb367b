"""Whether the queries of a project can be asked at all, found out before anybody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pyoxigraph as ox

from govgraph.errors import ConfigError, GovGraphError, Problem
from govgraph.files import read_text
from govgraph.project import Project
from govgraph.queries import QUERIES, SUFFIX, VOCABULARIES, read_query
from govgraph.server.federation import check_syntax, find_services, without_services
from govgraph.server.guard import examine
from govgraph.server.stack import with_stack
from govgraph.snapshot.candidate import load_ontology


def check_queries(project: Project) -> tuple[Problem, ...]:
    """What is wrong with the query files of `project`, located in them: headers, parameters, syntax.

    Queries may use the prefixes of the ontology, so what is wrong with its files is told as well.
    """
    problems: list[Problem] = []
    known = dict(VOCABULARIES)
    try:
        known |= load_ontology(ox.Store(), project)
    except ConfigError as e:
        problems += e.problems
    services = project.settings.services
    for path in sorted((project.root / QUERIES).glob(f"*{SUFFIX}")):
        shown = project.shown(path)
        try:
            text = read_text(path, shown)
            read_query(path.stem, text, shown)
            with_stack(partial(_parse, text, shown, known, services))
        except GovGraphError as e:
            problems += e.problems
    return tuple(problems)


def _parse(text: str, shown: str, known: Mapping[str, str], services: Sequence[str]) -> None:
    if examine(text, shown, federated=bool(services)).services:
        text = without_services(text, find_services(text, known, services, shown))
    check_syntax(text, known, shown)
