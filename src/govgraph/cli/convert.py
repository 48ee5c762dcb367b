"""`govgraph convert`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import functions_option


@click.command(
    name="convert",
    epilog="""\b
Examples:
  govgraph convert people.yml people.rml.ttl
  govgraph convert people.rml.ttl people.yml
  govgraph convert people.yml -""",
)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--to",
    "language",
    type=click.Choice(["yarrrml", "rml"]),
    help="The language of OUTPUT; default: by its ending (.yml, .yaml, .yarrrml; .ttl), of - the other one.",
)
@click.option("--force", is_flag=True, help="Overwrite OUTPUT.")
@functions_option
def command(
    mapping: Path, output: Path, language: str | None, force: bool, functions: tuple[Path, ...]
) -> None:
    """Translate MAPPING between YARRRML and RML; both give the same quads.

    What the other language cannot say is an error. Comments are not kept.
    """
    from govgraph.engines.convert import convert

    text = convert(mapping, output, language=language, force=force, functions=functions)
    if str(output) == "-":
        click.echo(text, nl=False)
