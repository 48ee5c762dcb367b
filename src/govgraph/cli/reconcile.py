"""`govgraph reconcile`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, project_option

if TYPE_CHECKING:
    from govgraph.project import Project
    from govgraph.reconcile import Reconciliation


@click.command(
    name="reconcile",
    epilog="""\b
Examples:
  govgraph reconcile
  govgraph reconcile yokohama-kyodo-2020
  govgraph reconcile --least 80
  govgraph reconcile --json | jq -r '.unmatched[].name'""",
)
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@click.option(
    "--least",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    default=90,
    show_default=True,
    help="How alike two names are at least to be listed as a pair.",
)
@json_option
@project_option
def command(project: Project, datasets: tuple[str, ...], least: float, as_json: bool) -> None:
    """List printed names that match no entity, and names that look alike.

    A column holds names where a mapping joins it to the table records/reference/names.csv. A name that
    matches none of its rows leads to no entity in the graph: add a row, as another spelling of an entity or
    with a new one. Nothing is merged without such a row, and nothing is written. Looks at all datasets where
    none is named.
    """
    from govgraph.reconcile import reconcile

    chosen = [project.dataset(d) for d in datasets] or list(project.datasets.values())
    found = reconcile(project, chosen, least)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _print(found: Reconciliation) -> None:
    for u in found.unmatched:
        places = ", ".join(map(str, u.places[:3])) + (" …" if len(u.places) > 3 else "")
        within = f" (in {u.name.scope})" if u.name.scope else ""
        click.echo(f"{places}: {u.column} '{u.name.name}'{within} matches no entity")
        for near in u.near:
            click.echo(f"  {near.score:5.1f} %  {near.name.name}  {near.name.entity}")
    for p in found.pairs:
        within = f" in {p.first.scope}" if p.first.scope else ""
        click.echo(f"{p.score:.1f} % alike{within}:")
        for name in (p.first, p.second):
            click.echo(f"  {name.name}  {name.entity or '(no entity)'}")
    click.echo(
        f"{found.looked_up:,} names looked up: {len(found.unmatched):,} match no entity; "
        f"{len(found.pairs):,} pairs look alike"
    )


def _as_json(found: Reconciliation) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "looked_up": found.looked_up,
        "unmatched": [
            {
                "name": u.name.name,
                "scope": u.name.scope or None,
                "column": u.column,
                "places": [{"file": p.file, "line": p.line} for p in u.places],
                "near": [{**asdict(n.name), "score": n.score} for n in u.near],
            }
            for u in found.unmatched
        ],
        "pairs": [{"score": p.score, "names": [asdict(p.first), asdict(p.second)]} for p in found.pairs],
    }
