"""`govgraph map`."""

from __future__ import annotations

from pathlib import Path

import click

from govgraph.cli.options import (
    database_option,
    engine_options,
    functions_option,
    json_option,
    print_json,
)


@click.command(
    name="map",
    epilog="""\b
Examples:
  govgraph map people.yml -o people.nq
  govgraph map people.yml -o people.nq.gz --base https://example.org/
  govgraph map people.rml.ttl -o - | head
  govgraph map people.r2rml.ttl -o people.nq --database sqlite:people.db
  govgraph map people.yml -o people.nq.gz/ --engine spark --master spark://host:7077""",
)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(allow_dash=True),
    help="N-Quads file to write; compressed if it ends in .gz; - for standard output. With Spark, a folder "
    "(or a name that ends in /) gets part files.",
)
@click.option("--base", metavar="IRI", help="Put before relative IRIs; goes before the mapping's own base.")
@database_option
@click.option("--sort", is_flag=True, help="In the order of code points: the same quads, the same bytes.")
@click.option("--threads", type=click.IntRange(min=1), help="Default: one a core.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip", "report"]),
    default="stop",
    show_default=True,
    help="At data that cannot become a term: stop at the first; skip its row; or report all, without output. "
    "Such rows are written to OUTPUT.rejected.csv.",
)
@click.option(
    "--max-document-bytes",
    type=click.IntRange(min=1),
    help="Bytes of a JSON or XML document that may be held in memory, where it cannot be streamed. "
    "Default: 512 MiB.",
)
@functions_option
@engine_options("duckdb")
@json_option
def command(
    mapping: Path,
    output: str,
    base: str | None,
    database: str | None,
    sort: bool,
    threads: int | None,
    on_error: str,
    max_document_bytes: int | None,
    functions: tuple[Path, ...],
    engine: str,
    master: str | None,
    spark_conf: dict[str, str],
    as_json: bool,
) -> None:
    """Run a YARRRML, RML or R2RML MAPPING: its sources in, N-Quads out, each quad once.

    Works on any mapping file, without a project. Sources are relative to the mapping's folder.
    """
    import sys
    import tempfile
    from contextlib import ExitStack
    from time import perf_counter

    from govgraph.cli.options import spinner
    from govgraph.engines.duckdb import OnError
    from govgraph.engines.engine import open_engine
    from govgraph.engines.readers.limits import limited_to
    from govgraph.errors import ConfigError

    if engine != "spark" and (output.endswith("/") or master or spark_conf):
        what = "part files are" if output.endswith("/") else "--master and --spark-conf are"
        raise ConfigError(f"{what} for Spark", "GG104", hint="add --engine spark")
    if engine == "spark":
        from govgraph.project import Project  # its settings need a library that takes long to load

        project = Project.around(mapping)
        spark_conf = {**(project.settings.spark if project else {}), **spark_conf}
    started = perf_counter()
    to_standard_output = output == "-"
    with ExitStack() as stack:
        stack.enter_context(spinner(f"mapping {mapping.name}"))
        stack.enter_context(limited_to(max_document_bytes))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        out = folder / "out.nq" if to_standard_output else Path(output)
        if output.endswith("/") and not out.exists():
            out.mkdir()
            stack.callback(_remove_if_empty, out)
        running = stack.enter_context(open_engine(engine, threads=threads, master=master, spark=spark_conf))
        result = running.materialize(
            mapping,
            out,
            base=base,
            database=database,
            sort=sort,
            on_error=OnError(on_error),
            side=Path(f"{mapping.name}.rejected.csv") if to_standard_output else None,
            target_folder=Path() if to_standard_output else None,
            functions=functions,
        )
        if to_standard_output:
            with out.open("rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    sys.stdout.buffer.write(block)
    seconds = perf_counter() - started
    if as_json and not to_standard_output:
        print_json(
            {
                "quads": result.quads,
                "seconds": round(seconds, 3),
                "output": output,
                "rejected": result.rejected,
                "rejected_file": str(result.side) if result.side else None,
                "targets": {str(path): quads for path, quads in result.targets.items()},
            }
        )
        return
    click.echo(f"{result.quads:,} quads in {seconds:.1f} s", err=True)
    for path, quads in result.targets.items():
        click.echo(f"{quads:,} quads to {path}", err=True)
    if result.side:
        rows = "1 row was" if result.rejected == 1 else f"{result.rejected:,} rows were"
        click.echo(f"{rows} left out: see {result.side}", err=True)


def _remove_if_empty(folder: Path) -> None:
    """Removes a folder that was made for part files, and got none."""
    if not any(folder.iterdir()):
        folder.rmdir()
