"""`govgraph compile`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import database_option, functions_option


@click.command(
    name="compile",
    epilog="""\b
Examples:
  govgraph compile mappings/hiratsuka-covid-2020/mapping.yml
  govgraph compile people.yml --base https://example.org/ --macros""",
)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--base", metavar="IRI", help="Put before relative IRIs; default: that of the project around MAPPING."
)
@database_option
@click.option(
    "--macros", is_flag=True, help="Print the definitions of the functions that the SQL uses first."
)
@functions_option
def command(
    mapping: Path, base: str | None, database: str | None, macros: bool, functions: tuple[Path, ...]
) -> None:
    """Print the SQL that a YARRRML or RML MAPPING compiles to: one statement a triples map.

    Each statement gives the column quad, a line of N-Quads a row.
    """
    from govgraph.engines.duckdb import distinct
    from govgraph.engines.loading import load_plan
    from govgraph.engines.macros import macros as definitions
    from govgraph.engines.rendering import render
    from govgraph.engines.sources import read_csv
    from govgraph.project import Project

    project = Project.around(mapping)
    if base is None and project:
        base = project.settings.base
    plan = load_plan(mapping, base=base, database=database, remote=True, functions=functions)
    if macros:
        click.echo("\n\n".join(f"{m};" for m in definitions()) + "\n")
    for source in {source.table: source for source in plan.sources}.values():
        if source.logical.query:
            click.echo(f'-- "{source.table}" is\n{source.logical.query.strip()};\n')
        elif source.logical.formulation == "csv":
            click.echo(f'-- "{source.table}" is\n{render(read_csv(source, None))};\n')
    for group in plan.groups:
        if group.distinct:
            names = ", ".join(f"{s.name} ({s.span})" for s in group.statements)
            click.echo(f"-- {names}: duplicates are removed\n{render(distinct(group.statements))};\n")
            continue
        for statement in group.statements:
            click.echo(f"-- {statement.name} ({statement.span})\n{render(statement.chunks())};\n")
