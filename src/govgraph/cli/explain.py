"""`govgraph explain`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import database_option, functions_option, json_option, print_json, skip_option


@click.command(
    name="explain",
    epilog="""\b
Examples:
  govgraph explain people.yml
  govgraph explain people.yml --sql
  govgraph explain people.yml --plan
  govgraph explain people.rml.ttl --json""",
)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--base", metavar="IRI", help="Put before relative IRIs; default: that of the project around MAPPING."
)
@database_option
@click.option("--sql", is_flag=True, help="Show the SQL of each step.")
@click.option("--plan", "with_plan", is_flag=True, help="Show the engine's plan of each step.")
@functions_option
@skip_option
@json_option
def command(
    mapping: Path,
    base: str | None,
    database: str | None,
    sql: bool,
    with_plan: bool,
    functions: tuple[Path, ...],
    on_error: str,
    as_json: bool,
) -> None:
    """Run MAPPING step by step, and show the rows, quads and seconds of each triples map.

    A triples map takes more than one step where it is joined with another, or where its quads can repeat
    those of others. Nothing is written.
    """
    from rich.console import Console
    from rich.table import Table

    from govgraph.engines.explain import explain_mapping
    from govgraph.engines.readers.limits import limited_to
    from govgraph.project import Project

    project = Project.around(mapping)
    if base is None and project:
        base = project.settings.base
    with limited_to(project.settings.max_document_bytes if project else None):
        skip = on_error == "skip"
        steps = list(explain_mapping(mapping, base=base, database=database, skip=skip, functions=functions))
    if as_json:
        print_json(
            [
                {
                    "mappings": [name for name, _ in step.triples_maps],
                    "rows": step.rows,
                    "quads": step.quads,
                    "seconds": round(step.seconds, 4),
                    "duplicates_removed": step.distinct,
                    "sql": step.sql,
                    "plan": step.plan,
                }
                for step in steps
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("step", "mapping", "at"):
        table.add_column(heading)
    for heading in ("rows", "quads", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("duplicates")
    for number, step in enumerate(steps, 1):
        names, places = ("\n".join(map(str, column)) for column in zip(*step.triples_maps, strict=True))
        removed = "removed" if step.distinct else "none"
        table.add_row(
            str(number), names, places, f"{step.rows:,}", f"{step.quads:,}", f"{step.seconds:.3f}", removed
        )
    Console().print(table)
    for number, step in enumerate(steps, 1):
        if sql:
            click.echo(f"\n-- step {number}\n{step.sql};")
        if with_plan:
            click.echo(f"\n-- step {number}\n{step.plan}")
