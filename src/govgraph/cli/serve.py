"""`govgraph serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from govgraph.cli.options import listen_options, project_option

if TYPE_CHECKING:
    from govgraph.project import Project


@click.command(
    name="serve",
    epilog="""\b
Examples:
  govgraph serve
  govgraph serve --port 8080
  curl 'http://127.0.0.1:7878/sparql?query=ASK%20%7B%7D'""",
)
@listen_options
@project_option
def command(project: Project, host: str | None, port: int | None) -> None:
    """Serve the current snapshot over HTTP: a page at /, the SPARQL endpoint at /sparql.

    Prints the address once it listens, notices when `govgraph build` promotes a new snapshot, and ends with
    Ctrl-C.
    """
    from govgraph.server.listen import serve

    settings = project.settings
    serve(project, host or settings.host, settings.port if port is None else port)
