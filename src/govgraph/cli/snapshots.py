"""`govgraph snapshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, print_problems, project_option

if TYPE_CHECKING:
    from pathlib import Path

    from govgraph.project import Project
    from govgraph.snapshot.history import Damaged, Snapshot


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
    """List the snapshots, the newest first; * marks the one that is served.

    Those whose manifest cannot be read come last, marked as damaged.
    """
    from govgraph.snapshot.history import Damaged, current_folder, list_snapshots

    snapshots = list_snapshots(project)
    current = current_folder(project)
    if as_json:
        print_json([_describe(s, current) for s in snapshots])
        return
    if not snapshots:
        click.echo("no snapshot yet: run `govgraph build`")
    for s in snapshots:
        mark = "*" if s.path == current else " "
        size = f"{s.size() / 1e6:>8.1f} MB"
        if isinstance(s, Damaged):
            click.echo(f"{mark} {s.id}  {'damaged':<42}  {size}")
        else:
            created = f"{s.manifest.created:%Y-%m-%d %H:%M:%S}"
            click.echo(f"{mark} {s.id}  {created} UTC  {s.manifest.quads:>10,} quads  {size}")
    print_problems(s.problem for s in snapshots if isinstance(s, Damaged))


def _describe(snapshot: Snapshot | Damaged, current: Path | None) -> dict[str, object]:
    from govgraph.snapshot.history import Snapshot

    manifest = snapshot.manifest if isinstance(snapshot, Snapshot) else None
    return {
        "id": snapshot.id,
        "created": manifest.created.isoformat() if manifest else None,
        "quads": manifest.quads if manifest else None,
        "bytes": snapshot.size(),
        "current": snapshot.path == current,
        "previous": manifest.previous if manifest else None,
        "path": str(snapshot.path),
        "damaged": None if isinstance(snapshot, Snapshot) else snapshot.problem.to_json(),
    }
