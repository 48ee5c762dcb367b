"""`govgraph trace`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import database_option, functions_option, json_option, print_json, skip_option


@click.command(
    name="trace",
    epilog="""\b
Examples:
  govgraph trace id/measure/hiratsuka-covid-2020/3
  govgraph trace https://w3id.org/govgraph/id/lg/141003 --json
  govgraph trace http://example.com/person/7 --mapping people.yml
  govgraph trace _:b8f14e45fceea167a5a36dedd4bea2543 --mapping people.yml""",
)
@click.argument("resource", metavar="IRI")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Look in this mapping alone; default: in all of the project.",
)
@click.option(
    "--base",
    metavar="IRI",
    help="Put before a relative IRI; default: that of the project, or of the mapping.",
)
@click.option(
    "--project",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The project's folder; else govgraph.yml is looked for from here upwards.",
)
@database_option
@functions_option
@skip_option
@json_option
def command(
    resource: str,
    mapping: Path | None,
    base: str | None,
    folder: Path | None,
    database: str | None,
    functions: tuple[Path, ...],
    on_error: str,
    as_json: bool,
) -> None:
    """Tell which mapping rule and which record made each quad of the resource IRI.

    It may be a blank node, too. A relative IRI is put after the base. Exits 1 where no quad has it as subject
    or object.
    """
    import sys

    from govgraph.engines.readers.limits import limited_to
    from govgraph.engines.trace import Origin, trace
    from govgraph.iri import is_absolute
    from govgraph.project import Project

    project = Project.around(mapping) if mapping else Project.load(folder)
    if base is None and project:
        base = project.settings.base
    blank = resource.startswith("_:")
    if base and not blank and not is_absolute(resource):
        resource = base + resource
    files: list[tuple[Path, str | None]] = [(mapping, None)] if mapping else []
    if not mapping and project:
        files = [(p, project.shown(p)) for d in project.datasets.values() for p in d.mappings]
    origins: list[Origin] = []
    for path, shown in files:
        skip = on_error == "skip"
        with limited_to(project.settings.max_document_bytes if project else None):
            origins += trace(
                path, resource, base=base, shown=shown, database=database, skip=skip, functions=functions
            )
    if as_json:
        print_json(
            [
                {
                    "quad": o.quad,
                    "mapping": o.triples_map,
                    "rule": str(o.rule),
                    "records": [str(r) for r in o.records],
                }
                for o in origins
            ]
        )
    else:
        for origin in origins:
            click.echo(origin.quad)
            records = ", ".join(str(r) for r in origin.records)
            click.echo(f"  {origin.rule} ({origin.triples_map}) from {records}")
    if not origins:
        click.echo(f"no quad has {resource if blank else f'<{resource}>'} as subject or object", err=True)
        sys.exit(1)
