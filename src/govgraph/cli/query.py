"""`govgraph query`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, project_option

if TYPE_CHECKING:
    from govgraph.errors import Problem
    from govgraph.project import Project
    from govgraph.server.rows import Rows

FORMATS = ("table", "csv", "tsv", "json", "xml", "turtle", "ntriples", "rdfxml", "jsonld", "nquads", "trig")


@click.command(
    name="query",
    epilog="""\b
Examples:
  govgraph query --list
  govgraph query completed-measures
  govgraph query completed-measures > measures.csv
  echo 'SELECT * { ?s ?p ?o } LIMIT 5' | govgraph query -""",
)
@click.argument("file", required=False, metavar="FILE|-")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    help="Default: a table on a terminal, CSV in a pipe; Turtle for CONSTRUCT and DESCRIBE.",
)
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Give a variable a value.")
@click.option("--list", "as_list", is_flag=True, help="List the project's queries instead.")
@json_option
@project_option
def command(
    project: Project,
    file: str | None,
    format_name: str | None,
    parameters: tuple[str, ...],
    as_list: bool,
    as_json: bool,
) -> None:
    """Ask the current snapshot a SPARQL query.

    FILE is a path, the name of a query of the project without folder and suffix, or - for standard input.
    """
    if as_list:
        _list(project, as_json)
        return
    if file is None:
        raise click.UsageError("name a FILE, - for standard input, or --list")
    text, shown = _read(project, file)
    _ask(project, text, shown, "json" if as_json and format_name is None else format_name, parameters)


def _list(project: Project, as_json: bool) -> None:
    from govgraph.queries import load_queries

    queries = load_queries(project)
    if as_json:
        print_json([{"name": q.name, **q.header.model_dump(exclude_defaults=True)} for q in queries])
        return
    for query in queries:
        click.echo(query.name)
        for language in project.settings.languages:
            click.echo(f"  {query.summary(language)}")


def _read(project: Project, file: str) -> tuple[str, str]:
    """The text of the query, and its name in messages."""
    from govgraph.errors import QueryError
    from govgraph.files import read_text
    from govgraph.queries import find_query

    if file != "-":
        path = find_query(project, file)
        shown = project.shown(path)
        return read_text(path, shown, QueryError), shown
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig"), "standard input"
    except UnicodeDecodeError as e:
        raise QueryError(f"standard input is not UTF-8 (byte {e.start})", "GG701") from e


def _ask(
    project: Project, text: str, shown: str, format_name: str | None, parameters: tuple[str, ...]
) -> None:
    from io import BytesIO

    from govgraph.errors import QueryError
    from govgraph.queries import VOCABULARIES, bind
    from govgraph.server.binding import bind_terms
    from govgraph.server.evaluate import Dataset, Query, evaluate
    from govgraph.server.formats import BY_FORM, by_name
    from govgraph.server.guard import examine
    from govgraph.server.rows import tabulate
    from govgraph.server.stack import with_stack
    from govgraph.snapshot.history import current_snapshot

    try:
        text = bind_terms(text, bind(parameters, text, shown))
        facts = examine(text, shown)
        snapshot = current_snapshot(project)
        prefixes = {**VOCABULARIES, **snapshot.manifest.prefixes}
        query = Query(text, name=shown, prefixes=prefixes, base=project.settings.base)
        if format_name is None:
            to_terminal = sys.stdout.isatty()
            default = {"SELECT": "table" if to_terminal else "csv", "ASK": "table"}
            format_name = default.get(facts.form, "turtle")
        default_graph = project.settings.default_graph
        dataset = Dataset.of(snapshot.open_store(), snapshot.manifest, default_graph)
        if format_name == "table":
            result = with_stack(lambda: tabulate(dataset, query, facts))
            with _writing():
                _print_table(project, text, result)
        else:
            chosen = by_name(format_name, BY_FORM[facts.form])
            answer = BytesIO()
            with_stack(lambda: evaluate(dataset, query, facts, chosen, answer))
            with _writing():
                sys.stdout.buffer.write(answer.getbuffer())
    except QueryError as e:
        raise QueryError.collect(_with_line(p, text) for p in e.problems) from e


@contextmanager
def _writing() -> Iterator[None]:
    """Writes standard output to its end, and raises EngineError GG403 where there is no room for it."""
    from govgraph.errors import EngineError

    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # who reads has enough: click ends the command in silence
    except OSError as e:
        raise EngineError(f"the answer cannot be written: {e.strerror}", "GG403") from e


def _print_table(project: Project, text: str, result: Rows | bool) -> None:
    """A table as wide as the terminal; in a pipe, as wide as its cells."""
    if isinstance(result, bool):
        click.echo("true" if result else "false")
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from govgraph.server.rows import Shortener, is_number

    shorten = Shortener(text, project.settings.base)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(result.columns):
        cells = [row[index] for row in result.rows if row[index] is not None]
        numeric = bool(cells) and all(map(is_number, cells))
        table.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in result.rows:
        table.add_row(*(Text(shorten.write(term)) for term in row))
    widest = None if sys.stdout.isatty() else 10_000
    Console(file=sys.stdout, width=widest, highlight=False).print(table)


def _with_line(problem: Problem, text: str) -> Problem:
    """The problem with the line of the query that it is about, and a caret under the place."""
    from dataclasses import replace

    from rich.cells import cell_len

    span = problem.span
    if span is None or not span.column:
        return problem
    line = text.split("\n")[span.line - 1].rstrip("\r").expandtabs(1)
    if not line.strip():
        return problem
    indent = " " * cell_len(line[: span.column - 1])
    return replace(problem, message=f"{problem.message}\n  {line}\n  {indent}^")
