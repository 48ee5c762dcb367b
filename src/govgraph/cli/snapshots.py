"""`govgraph snapshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, project_option

if TYPE_CHECKING:
    from govgraph.project import Project


@click.command(
    name="snapshots",
    epilog="""\b
Examples:
  govgraph snapshots
  govgraph snapshots --json | jq -r '.[] | select(.current) | .path'""",
)
@json_option
@project_option
def command(project: Project, as_json: bool) -> None:
    """List the snapshots, the newest first; * marks the one that is served."""
    from govgraph.errors import SnapshotError
    from govgraph.snapshot.history import current_snapshot, list_snapshots

    snapshots = list_snapshots(project)
    try:
        current = current_snapshot(project).path
    except SnapshotError:
        current = None
    if as_json:
        print_json(
            [
                {
                    "id": s.id,
                    "created": s.manifest.created.isoformat(),
                    "quads": s.manifest.quads,
                    "bytes": s.size(),
                    "current": s.path == current,
                    "previous": s.manifest.previous,
                    "path": str(s.path),
                }
                for s in snapshots
            ]
        )
        return
    if not snapshots:
        click.echo("no snapshot yet: run `govgraph build`")
    for s in snapshots:
        mark = "*" if s.path == current else " "
        created = f"{s.manifest.created:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{mark} {s.id}  {created} UTC  {s.manifest.quads:>10,} quads  {s.size() / 1e6:>8.1f} MB")
