"""The command line: one thin file a command, loaded only when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from govgraph import __version__
from govgraph.cli.options import print_json, print_problems
from govgraph.errors import GovGraphError, Problem

COMMANDS = {
    "extract": "read a document into tables of records",
    "check": "check settings, records and mappings; report all errors at once",
    "reconcile": "list names that match no entity, and names that look alike",
    "compile": "show the SQL that a mapping compiles to",
    "explain": "show what a mapping does: its SQL and plan, rows, quads and seconds of each triples map",
    "trace": "tell which mapping rule and which record made each quad of a resource",
    "map": "run a mapping: records in, N-Quads out",
    "convert": "translate a mapping between YARRRML and RML",
    "build": "build, check and promote a snapshot of the graph",
    "export": "write the current snapshot as a network: GraphML, GEXF, Cytoscape JSON, CSV",
    "query": "ask the current snapshot a SPARQL query",
    "serve": "serve the current snapshot over HTTP",
    "up": "build if something changed, then serve",
    "snapshots": "list the snapshots",
}
"""Command -> its one-line help; the command itself is `govgraph.cli.<command>.command`."""

_COLLECTED_AFTER = 100_000
"""How many new objects there are before Python looks for cycles: imports make many that stay."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None where it is unknown (click then suggests the nearest)."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"govgraph.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands in `--help`, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `govgraph up` in a project's folder. Exit codes: 0 done; 1 the data, a check or "
    "the machine failed; 2 usage, settings, a mapping or a query are wrong.",
)
@click.option(
    "--project",
    "project_dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project's folder; else govgraph.yml is looked for from here upwards.",
)
@click.version_option(__version__, prog_name="govgraph")
@click.pass_context
def group(ctx: click.Context, project_dir: Path | None) -> None:
    """Documents of local governments as a knowledge graph with a SPARQL endpoint."""
    ctx.obj = project_dir


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and prints the problems of a GovGraphError; always ends by SystemExit.

    Without `arguments` it is the program `govgraph`, and the process ends here.
    With `--json`, problems go to standard output as `{"problems": […]}`, for programs.
    """
    gc.set_threshold(_COLLECTED_AFTER)
    try:
        _run(list(sys.argv[1:] if arguments is None else arguments))
    except SystemExit as e:
        if arguments is None:
            _end_process(e)
        raise


def _run(words: list[str]) -> None:
    try:
        group(words, prog_name="govgraph")
    except GovGraphError as e:
        if "--json" in words:
            print_json({"problems": [p.to_json() for p in e.problems]})
        else:
            print_problems(e.problems)
        sys.exit(e.exit_code)
    except OSError as e:
        where = e.filename or "standard output"
        print_problems([Problem("GG403", f"{where}: {e.strerror or e}", hint="is there room on the disk?")])
        sys.stdout = None  # what could not be written is not tried again
        sys.exit(1)


def _end_process(ended: SystemExit) -> None:
    """Ends the process without taking its objects apart one by one, which lasts as long as a small mapping.

    All that waits for the end is done before. Returns where Python has to do more: a thread still runs, there
    is no exit code, or standard output takes no more.
    """
    if threading.active_count() > 1 or not isinstance(ended.code, int):
        return
    atexit._run_exitfuncs()
    with suppress(OSError):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(ended.code)


__all__ = ["group", "main"]
