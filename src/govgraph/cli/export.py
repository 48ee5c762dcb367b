"""`govgraph export`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from govgraph.cli.options import project_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from govgraph.project import Project

_NODES = "governments, units, organisations, plans, measures, contracts, statutes, articles and meetings"
FORMATS = ("graphml", "gexf", "json", "csv", "neo4j")


@click.command(
    name="export",
    epilog="""\b
Examples:
  govgraph export -o graph.graphml
  govgraph export -o graph.gexf --lang ja
  govgraph export --format csv -o tables/
  govgraph export --format neo4j -o import/
  govgraph export --class https://w3id.org/govgraph/ns#CollaborationContract -o contracts.graphml""",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE|DIR|-",
    help="Where to: a file, - for standard output, or for tables the folder of nodes.csv and edges.csv.",
)
@click.option("--format", "format_name", type=click.Choice(FORMATS), help="Default: what the file is called.")
@click.option(
    "--class", "class_", metavar="IRI", help="Only instances of a class, and what is linked to them."
)
@click.option("--lang", "languages", metavar="LANG,…", help="Languages of labels, the first one preferred.")
@project_option
def command(
    project: Project, output: Path, format_name: str | None, class_: str | None, languages: str | None
) -> None:
    """Write the current snapshot as a network for other tools: GraphML, GEXF, Cytoscape JSON, CSV.

    Nodes are governments, units, plans, measures, partners, contracts, statutes, articles and meetings; edges
    carry predicate, dataset and fiscal year. json is Cytoscape JSON; neo4j are tables with the headers of
    neo4j-admin.
    """
    from functools import partial

    from govgraph.errors import ConfigError, did_you_mean
    from govgraph.export.network import Network
    from govgraph.export.writers import WRITERS, write_edges, write_nodes
    from govgraph.snapshot.history import current_snapshot

    chosen = format_name or output.suffix.removeprefix(".")
    if chosen not in FORMATS:
        raise ConfigError(
            f"the format of '{output}' is not known", "GG104", hint=f"--format: {', '.join(FORMATS)}"
        )
    known = project.settings.languages
    named = languages.split(",") if languages else known
    asked = tuple(language for name in named for language in known if language == name)
    if unknown := [name for name in named if name not in known]:
        hint = did_you_mean(unknown[0], list(known)) or f"the project has {', '.join(known)}"
        raise ConfigError(f"--lang: '{unknown[0]}' is no language of the project", "GG104", hint=hint)
    snapshot = current_snapshot(project)
    if class_ and class_ not in {iri for counts in snapshot.manifest.classes.values() for iri in counts}:
        classes = sorted({iri for counts in snapshot.manifest.classes.values() for iri in counts})
        raise ConfigError(
            f"--class: the graph has no <{class_}>", "GG104", hint=did_you_mean(class_, classes)
        )
    network = Network(snapshot.open_store(), project.settings.base, asked, class_)
    if class_ and not network.iris():
        raise ConfigError(
            f"--class: no <{class_}> is a node of the network", "GG104", hint=f"nodes are {_NODES}"
        )
    if chosen in WRITERS:
        _write(output, partial(WRITERS[chosen], network))
        return
    if str(output) == "-":
        raise ConfigError(
            "two tables do not go to standard output", "GG104", hint="name a folder: -o tables/"
        )
    output.mkdir(parents=True, exist_ok=True)
    for name, write in (("nodes.csv", write_nodes), ("edges.csv", write_edges)):
        _write(output / name, partial(write, network, neo4j=chosen == "neo4j"))


def _write(path: Path, write: Callable[[TextIO], None]) -> None:
    """Writes a file under another name first, so that none is there by halves."""
    if str(path) == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        write(sys.stdout)
        return
    from govgraph.errors import ConfigError

    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder '{path.parent}'", "GG104", hint="make it, or name another one")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            write(out)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
