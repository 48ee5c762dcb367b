"""The table of results: a line for each server in each case, and one for govgraph's ratios to Oxigraph."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from load import Measured

HEAD = (
    "case",
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU ms a request",
    "peak MB",
    "other work, cores",
    "requests/s of all rounds, or goal",
)
PEER = "oxigraph"


@dataclass(frozen=True, slots=True)
class Result:
    """The rounds of each server on a case, and govgraph's goal: a part of the peer's rate."""

    case: str
    goal: float | None
    rounds: Mapping[str, Sequence[Measured]]


def print_table(results: Sequence[Result], markdown: bool) -> None:
    """Prints medians of rounds (of the peak: the highest), and their ratios to the peer's."""
    rows = [row for result in results for row in _rows(result)]
    if markdown:
        rule = ["---", "---", *["---:"] * (len(HEAD) - 3), "---"]
        for row in (HEAD, rule, *rows):
            print("|", " | ".join(row), "|")
        return
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    for row in (HEAD, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    for server, rounds in result.rounds.items():
        failure = next((m.failure for m in rounds if m.failure), None)
        others = max(m.others for m in rounds)
        rates = ", ".join(_short(m.rate) for m in rounds)
        yield result.case, server, *map(_short, _figures(rounds)), f"{others:.1f}", failure or rates
    if PEER not in result.rounds or any(m.failure for rounds in result.rounds.values() for m in rounds):
        return
    peer = _figures(result.rounds[PEER])
    for server in [s for s in result.rounds if s != PEER]:
        pairs = zip(_figures(result.rounds[server]), peer, strict=True)
        ratios = [f"{ours / theirs:.2f}" if theirs else "" for ours, theirs in pairs]
        goal = f"goal {result.goal:.2f}" if result.goal and server == "govgraph" else ""
        yield result.case, f"{server} / {PEER}", *ratios, "", goal


def _figures(rounds: Sequence[Measured]) -> tuple[float, ...]:
    middle = statistics.median
    return (
        middle(m.rate for m in rounds),
        middle(m.p50 for m in rounds),
        middle(m.p99 for m in rounds),
        middle(m.cpu for m in rounds),
        max(m.peak for m in rounds),
    )


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
