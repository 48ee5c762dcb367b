"""`govgraph check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, print_problems, project_option

if TYPE_CHECKING:
    from govgraph.errors import Problem
    from govgraph.project import Dataset, Project


@click.command(
    name="check",
    epilog="""\b
Examples:
  govgraph check
  govgraph check hiratsuka-covid-2020
  govgraph check --json | jq '.problems[].hint'""",
)
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@json_option
@project_option
def command(project: Project, datasets: tuple[str, ...], as_json: bool) -> None:
    """Check settings, layouts, records, mappings, ontology and queries, and report all errors at once.

    Checks all datasets, the ontology and the queries where no dataset is named. Exits 2 where anything but a
    record is wrong, else 1 where a record is.
    """
    chosen = [project.dataset(d) for d in datasets] or list(project.datasets.values())
    declared = [p for d in chosen for p in (*_layout_problems(d), *_mapping_problems(project, d))]
    records = [p for d in chosen for p in _record_problems(d)]
    if not datasets:
        declared += _query_problems(project)
    problems = [*records, *declared]
    if as_json:
        print_json({"problems": [p.to_json() for p in problems]})
    elif problems:
        print_problems(problems)
    else:
        others = "; the ontology and queries too" if not datasets else ""
        click.echo(f"{len(chosen)} datasets: settings, layouts, records and mappings are right{others}")
    sys.exit(2 if declared else 1 if records else 0)


def _layout_problems(dataset: Dataset) -> list[Problem]:
    from govgraph.documents import check_layouts, check_ledgers

    return [*check_ledgers(dataset), *check_layouts(dataset)]


def _mapping_problems(project: Project, dataset: Dataset) -> tuple[Problem, ...]:
    from govgraph.engines.loading import load_plan
    from govgraph.errors import MappingError

    found: list[Problem] = []
    for path in dataset.mappings:
        try:
            load_plan(path, base=project.settings.base, shown=project.shown(path))
        except MappingError as e:
            found += e.problems
    return tuple(found)


def _query_problems(project: Project) -> tuple[Problem, ...]:
    from govgraph.server.checking import check_queries

    return check_queries(project)


def _record_problems(dataset: Dataset) -> list[Problem]:
    from govgraph.documents import check_custody
    from govgraph.records import check_records

    return [*check_custody(dataset), *check_records(dataset)]
