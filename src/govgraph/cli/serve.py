"""`govgraph serve`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from govgraph.cli.options import limit_option, listen_options, with_limits

if TYPE_CHECKING:
    from govgraph.project import Project
    from govgraph.server.loading import Progress

_FORMATS = ("turtle", "trig", "ntriples", "nquads", "rdfxml", "jsonld")
_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command(
    name="serve",
    epilog="""\b
Examples:
  govgraph serve
  govgraph serve --port 8080
  govgraph serve --data people.ttl places.nq.gz
  govgraph serve --limit time=60 --limit memory=2GiB
  curl 'http://127.0.0.1:7878/sparql?query=ASK%20%7B%7D'""",
)
@click.option(
    "--data",
    multiple=True,
    type=_FILE,
    metavar="FILE…",
    help="Serve these RDF files instead of a project, - for standard input: .ttl, .trig, .nt, .nq, .rdf, "
    ".owl, .xml, .jsonld, .json, each also with .gz, .bz2, .xz or .zst. SIGHUP loads them again.",
)
@click.argument("files", nargs=-1, type=_FILE, metavar="")
@click.option("--data-format", type=click.Choice(_FORMATS), help="Format of the files, whatever their names.")
@click.option("--base", metavar="IRI", help="What relative IRIs in the files are relative to.")
@click.option(
    "--default-graph",
    type=click.Choice(["union", "own"]),
    help="What a query sees without FROM: all graphs together, or the default graph alone; "
    "default: default_graph in govgraph.yml, else union.",
)
@limit_option
@listen_options
@click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project's folder; else govgraph.yml is looked for from here upwards.",
)
@click.pass_context
def command(
    ctx: click.Context,
    data: tuple[str, ...],
    files: tuple[str, ...],
    data_format: str | None,
    base: str | None,
    default_graph: Literal["union", "own"] | None,
    limits: tuple[str, ...],
    host: str | None,
    port: int | None,
    folder: Path | None,
) -> None:
    """Serve the current snapshot over HTTP: a page at /, the SPARQL endpoint at /sparql.

    Prints the address once it listens, notices when `govgraph build` promotes a new snapshot, and ends with
    Ctrl-C.
    """
    folder = folder or ctx.find_root().obj
    if data:
        if folder:
            raise click.UsageError("give either --data or --project")
        _serve_files((*data, *files), data_format, base, default_graph or "union", limits, host, port)
        return
    for given, name in ((files, files and files[0]), (data_format, "--data-format"), (base, "--base")):
        if given:
            raise click.UsageError(f"'{name}' is of use with --data only: govgraph serve --data FILE")
    from govgraph.server.listen import serve

    project = _load_project(folder)
    if default_graph:
        project.settings = project.settings.model_copy(update={"default_graph": default_graph})
    settings = project.settings = with_limits(project.settings, limits)
    serve(project, host or settings.host, settings.port if port is None else port)


def _load_project(folder: Path | None) -> Project:
    from govgraph.errors import ConfigError
    from govgraph.project import Project

    try:
        return Project.load(folder)
    except ConfigError as e:
        if folder or e.problems[0].code != "GG101":
            raise
        hint = f"{e.problems[0].hint}; or serve files: --data FILE"
        raise ConfigError.collect([replace(e.problems[0], hint=hint)]) from e


def _serve_files(
    paths: tuple[str, ...],
    data_format: str | None,
    base: str | None,
    default_graph: Literal["union", "own"],
    limits: tuple[str, ...],
    host: str | None,
    port: int | None,
) -> None:
    from govgraph.errors import ConfigError, Problem
    from govgraph.iri import is_absolute
    from govgraph.server.data import serve_files
    from govgraph.server.loading import Order
    from govgraph.settings import Limits, Settings
    from govgraph.snapshot.data_files import DataFile

    files: list[DataFile] = []
    problems: list[Problem] = []
    if base and not is_absolute(base):
        problems.append(Problem("GG104", f"--base: '{base}' is no absolute IRI"))
    for path in paths:
        try:
            files.append(DataFile.of(path, data_format))
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError.collect(problems)
    defaults = Settings.model_fields
    serve_files(
        Order(tuple(files), base, default_graph),
        host or defaults["host"].default,
        defaults["port"].default if port is None else port,
        _tell,
        Limits().changed(limits),
    )


def _tell(progress: Progress) -> None:
    file, size = progress.file, progress.file.size
    read = f"{progress.count / size:.0%}" if size else f"{progress.count / 1e6:,.0f} MB"
    click.echo(f"reading {file.shown}: {read}", err=True)
