"""Which lines of a document were read, so that none is dropped silently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from govgraph.documents.reader import Document
from govgraph.documents.regions import Passage
from govgraph.errors import Problem


@dataclass(frozen=True, slots=True)
class Coverage:
    """The lines of a document: counts of those in regions, by what they are, and ranges of those outside.

    `outside` holds first and last line of each stretch that no region covers and that is not all blank.
    """

    read: int
    headings: int
    text: int
    furniture: int
    blank: int
    not_understood: tuple[int, ...]
    outside: tuple[tuple[int, int], ...]


def cover(
    document: Document, passages: Sequence[Passage], read: Iterable[int]
) -> tuple[Coverage, list[Problem]]:
    """The coverage of `document`, and a GG205 for each line in a region that no rule understood.

    A line that is not read may still be a heading, text, furniture or blank; one of several regions counts
    once.
    """
    inside = {n for p in passages for n in range(p.first, p.last + 1)}
    read = set(read)
    headings = {h.line for p in passages for h in p.headings} - read
    text = {n for p in passages for n in p.text} - read - headings
    furniture = {n for p in passages for n in p.furniture} - read - headings - text
    blank = {n for p in passages for n in p.blank}
    missed = inside - read - headings - text - furniture - blank
    problems = [
        Problem(
            "GG205",
            f"no rule understood '{_short(line.text)}'",
            document.span(line.number),
            "add a rule to a layout, or declare it as text or furniture of the region",
        )
        for line in document.lines
        if line.number in missed
    ]
    coverage = Coverage(
        len(read),
        len(headings),
        len(text),
        len(furniture),
        len(blank),
        tuple(sorted(missed)),
        _outside(document, inside),
    )
    return coverage, problems


def _short(text: str, length: int = 30) -> str:
    text = text.strip()
    return text if len(text) <= length else f"{text[:length]}…"


def _outside(document: Document, inside: set[int]) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    begin: int | None = None
    printed = False
    for line in document.lines:
        if line.number in inside:
            begin, printed = None, False
            continue
        begin = line.number if begin is None else begin
        printed = printed or bool(line.text.strip())
        if printed:
            if ranges and ranges[-1][0] == begin:
                ranges.pop()
            ranges.append((begin, line.number))
    return tuple(ranges)
