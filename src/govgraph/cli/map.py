"""`govgraph map`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import json_option, print_json


@click.command(
    name="map",
    epilog="""\b
Examples:
  govgraph map people.yml -o people.nq
  govgraph map people.yml -o people.nq.gz --base https://example.org/
  govgraph map people.rml.ttl -o - | head""",
)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="N-Quads file to write; compressed if it ends in .gz; - for standard output.",
)
@click.option("--base", metavar="IRI", help="Put before relative IRIs; goes before the mapping's own base.")
@click.option("--sort", is_flag=True, help="In the order of code points: the same quads, the same bytes.")
@click.option("--threads", type=click.IntRange(min=1), help="Default: one a core.")
@json_option
def command(
    mapping: Path, output: Path, base: str | None, sort: bool, threads: int | None, as_json: bool
) -> None:
    """Run a YARRRML or RML MAPPING: its sources in, N-Quads out, each quad once.

    Works on any mapping file, without a project. Sources are relative to the mapping's folder.
    """
    import sys
    import tempfile
    from time import perf_counter

    from govgraph.cli.options import progress_bar
    from govgraph.engines.duckdb import materialize

    started = perf_counter()
    with progress_bar() as progress:
        progress.add_task(f"mapping {mapping.name}", total=None)
        if str(output) == "-":
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "out.nq"
                result = materialize(mapping, out, base=base, sort=sort, threads=threads)
                with out.open("rb") as file:
                    for block in iter(lambda: file.read(1 << 20), b""):
                        sys.stdout.buffer.write(block)
        else:
            result = materialize(mapping, output, base=base, sort=sort, threads=threads)
    seconds = perf_counter() - started
    if as_json and str(output) != "-":
        print_json({"quads": result.quads, "seconds": round(seconds, 3), "output": str(output)})
    else:
        click.echo(f"{result.quads:,} quads in {seconds:.1f} s", err=True)
