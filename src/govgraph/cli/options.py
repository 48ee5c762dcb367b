"""Options and output that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from govgraph.errors import Problem

if TYPE_CHECKING:
    from rich.progress import Progress

    from govgraph.project import Project
    from govgraph.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def _load_project(ctx: click.Context, param: click.Parameter, value: Path | None) -> Project:  # noqa: ARG001
    from govgraph.project import Project

    return Project.load(value or ctx.find_root().obj)


def project_option(function: F) -> F:
    """Adds `--project DIR` and passes the loaded `Project` as `project`."""
    return click.option(
        "--project",
        "project",
        type=click.Path(path_type=Path),
        metavar="DIR",
        callback=_load_project,
        help="The project's folder; else govgraph.yml is looked for from here upwards.",
    )(function)


def skip_option(function: F) -> F:
    """Adds `--on-error stop|skip` as `on_error`."""
    return click.option(
        "--on-error",
        type=click.Choice(["stop", "skip"]),
        default="stop",
        show_default=True,
        help="At data that cannot become a term: stop at the first, or skip its row, as in `govgraph map`.",
    )(function)


def database_option(function: F) -> F:
    """Adds `--database URL`."""
    return click.option(
        "--database",
        metavar="URL",
        envvar="GOVGRAPH_DATABASE",
        help="Where the tables are that MAPPING reads without naming a database, as R2RML does: "
        "sqlite:FILE, postgresql://USER@HOST/NAME or mysql://USER@HOST/NAME. Default: GOVGRAPH_DATABASE.",
    )(function)


def functions_option(function: F) -> F:
    """Adds `--functions FILE`, any number of times, as `functions`."""
    return click.option(
        "--functions",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A Python file with functions that MAPPING calls, beside those of the project around it.",
    )(function)


def _spark_settings(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001
    settings = {}
    for setting in value:
        name, separator, text = setting.partition("=")
        if not separator or not name.startswith("spark."):
            raise click.BadParameter(f"'{setting}' is no setting of Spark, such as spark.driver.memory=4g")
        settings[name] = text
    return settings


def engine_options(default: str | None) -> Callable[[F], F]:
    """Adds `--engine duckdb|spark`, `--master URL` and `--spark-conf NAME=VALUE` (a dict)."""

    def add(function: F) -> F:
        function = click.option(
            "--spark-conf",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_spark_settings,
            help="A setting of Spark, as often as there are any; goes before those in govgraph.yml.",
        )(function)
        function = click.option(
            "--master",
            metavar="URL",
            help="Spark's master, such as spark://host:7077; default: this machine.",
        )(function)
        shown = default or "engine in govgraph.yml"
        return click.option(
            "--engine",
            type=click.Choice(["duckdb", "spark"]),
            default=default,
            help=f"What maps: DuckDB in this process, or Spark; default: {shown}.",
        )(function)

    return add


def listen_options(function: F) -> F:
    """Adds `--host ADDRESS` and `--port N`, None where they are not given."""
    function = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        metavar="N",
        help="Port to listen on, 0 for any free one; default: port in govgraph.yml.",
    )(function)
    return click.option(
        "--host", metavar="ADDRESS", help="Address to listen on; default: host in govgraph.yml."
    )(function)


def limit_option(function: F) -> F:
    """Adds `--limit NAME=VALUE`, any number of times, as `limits`."""
    return click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="NAME=VALUE",
        help="Change a limit of govgraph.yml, or its default: time=30 and wait=10 (seconds), memory=1GiB, "
        "result=none, cache=64MiB (sizes), workers (four a processor), queue=64, service_time=10, "
        "service_result=8MiB.",
    )(function)


def with_limits(settings: Settings, limits: Sequence[str]) -> Settings:
    """The settings with the limits of `limit_option`; raises ConfigError GG104."""
    return settings.model_copy(update={"limits": settings.limits.changed(limits)}) if limits else settings


def json_option(function: F) -> F:
    """Adds `--json` and passes `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(function)


def print_json(value: object) -> None:
    """`value` as JSON on standard output, Japanese unescaped."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_problems(problems: Iterable[Problem]) -> None:
    """Problems on standard error, one after the other."""
    for problem in problems:
        click.echo(str(problem), err=True)


def progress_bar() -> Progress:
    """A progress bar on standard error: shown on a terminal, silent in a pipe."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(
        console=Console(file=sys.stderr, stderr=True), transient=True, disable=not sys.stderr.isatty()
    )


@contextmanager
def spinner(description: str) -> Iterator[None]:
    """Shows on a terminal that something is being done; nothing, and nothing is imported, in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    with progress_bar() as progress:
        progress.add_task(description, total=None)
        yield
