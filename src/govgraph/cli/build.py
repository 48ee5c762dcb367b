"""`govgraph build`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from govgraph.cli.options import (
    engine_options,
    json_option,
    print_json,
    print_problems,
    progress_bar,
    project_option,
)
from govgraph.errors import GovGraphError, ValidationFailed

if TYPE_CHECKING:
    from govgraph.project import Project
    from govgraph.snapshot.build import BuildResult

_SHOWN = 50
"""How many problems are printed; the rest is counted."""


@click.command(
    name="build",
    epilog="""\b
Examples:
  govgraph build
  govgraph build --force
  govgraph build --json | jq .graphs""",
)
@click.option("--force", is_flag=True, help="Map and build everything again, even if nothing changed.")
@engine_options(None)
@json_option
@project_option
def command(
    project: Project,
    force: bool,
    engine: str | None,
    master: str | None,
    spark_conf: dict[str, str],
    as_json: bool,
) -> None:
    """Build a snapshot of the graph, check it, and make it current.

    Only datasets whose inputs changed are mapped. If a check fails, the current snapshot stays, the exit
    code is 1, and .govgraph/report.json holds all that was found.
    """
    try:
        result = build(project, force=force, engine=engine, master=master, spark=spark_conf)
    except GovGraphError as e:
        if as_json:
            raise
        print_failure(e)
        sys.exit(e.exit_code)
    if as_json:
        print_json(result.to_json())
    else:
        print_result(result)


def build(
    project: Project,
    *,
    force: bool = False,
    engine: str | None = None,
    master: str | None = None,
    spark: Mapping[str, str] | None = None,
) -> BuildResult:
    """`build_snapshot` with a progress bar, and with the engine of the options; raises what it raises."""
    from govgraph.engines.engine import open_engine
    from govgraph.snapshot.build import PHASES, build_snapshot

    settings = project.settings
    chosen = engine or settings.engine
    opened = open_engine(chosen, master=master, spark={**settings.spark, **(spark or {})})
    with opened as running, progress_bar() as progress:
        task = progress.add_task("inputs", total=len(PHASES))

        def show(phase: str, dataset: str) -> None:
            progress.update(task, completed=PHASES.index(phase), description=f"{phase} {dataset}".strip())

        return build_snapshot(project, force=force, on_progress=show, engine=running)


def print_failure(error: GovGraphError) -> None:
    """The first problems of a failed build on standard error, and where all of them are."""
    print_problems(error.problems[:_SHOWN])
    if (more := len(error.problems) - _SHOWN) > 0:
        failed_check = isinstance(error, ValidationFailed)
        where = ".govgraph/report.json holds all" if failed_check else "`govgraph check` prints all"
        click.echo(f"and {more:,} more; {where}", err=True)


def print_result(result: BuildResult) -> None:
    """What was built, as text: quads by graph, datasets, durations; warnings on standard error."""
    discrepancies = result.report.discrepancies
    others = [f for f in result.report.findings if f not in discrepancies]
    print_problems(f.problem for f in others[:_SHOWN])
    manifest = result.snapshot.manifest
    click.echo(f"snapshot {result.snapshot.id}: {result.status}, {manifest.quads:,} quads")
    if result.status != "built":
        return
    width = max(map(len, manifest.graphs))
    for graph, count in manifest.graphs.items():
        click.echo(f"  {graph:<{width}}  {count:>9,}")
    for done in ("mapped", "reused"):
        if names := [d for d, how in result.datasets.items() if how == done]:
            click.echo(f"{done}: {', '.join(names)}")
    if discrepancies:
        click.echo(f"sources contradict themselves in {len(discrepancies)} places:")
    for finding in discrepancies[:_SHOWN]:
        click.echo(f"  {finding.message}" + (f" ({finding.place})" if str(finding.place or "") else ""))
    if (more := len(discrepancies) - _SHOWN) > 0:
        click.echo(f"  and {more:,} more; .govgraph/report.json holds all")
    click.echo("seconds: " + ", ".join(f"{phase} {s:.1f}" for phase, s in manifest.durations.items()))
