"""`govgraph up`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from govgraph.cli.build import build, print_failure, print_result
from govgraph.cli.options import limit_option, listen_options, project_option, with_limits
from govgraph.errors import GovGraphError, SnapshotError

if TYPE_CHECKING:
    from govgraph.project import Project


@click.command(
    name="up",
    epilog="""\b
Examples:
  govgraph up
  govgraph up --port 8000
  govgraph up --host 0.0.0.0 --port 80""",
)
@limit_option
@listen_options
@project_option
def command(project: Project, limits: tuple[str, ...], host: str | None, port: int | None) -> None:
    """Build a snapshot if something changed, then serve it.

    Where the build fails nothing is served, so that nobody takes an older graph for the present one.
    """
    from govgraph.server.listen import serve

    try:
        result = build(project)
    except GovGraphError as e:
        print_failure(e)
        if older := _current(project):
            click.echo(f"to serve snapshot {older} as it was: `govgraph serve`", err=True)
        sys.exit(e.exit_code)
    print_result(result)
    settings = project.settings = with_limits(project.settings, limits)
    serve(project, host or settings.host, settings.port if port is None else port)


def _current(project: Project) -> str | None:
    from govgraph.snapshot.history import current_snapshot

    try:
        return current_snapshot(project).id
    except SnapshotError:
        return None
