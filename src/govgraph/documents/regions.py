"""The lines of a document that tables are read from, prepared so that a layout can read them.

The steps, in this order: markup is taken off each line (`remove`); blank lines, headings and furniture are
told apart, and running text (`text`); a line that holds several is cut (`split`); a line is joined to the
next while a bracket is open (`join_brackets`); a line that begins no row continues the one above (`starts`).
A join never crosses a blank line, a heading or running text; furniture, such as the column heads that a new
page repeats, lies between unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from govgraph.documents.reader import Document, Line
from govgraph.errors import Problem
from govgraph.project import Dataset
from govgraph.settings import Region, RunningText

_OPEN, _CLOSE = "（(「『【〔［[〈《", "）)」』】〕］]〉》"
_REACH = 4
"""Lines that an open bracket may hold together; one that stays open longer is a misprint."""


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """What a layout reads as one line: its text, the numbers of the lines it is joined from, their page."""

    text: str
    numbers: tuple[int, ...]
    page: int | None = None

    def joined(self, other: LogicalLine) -> LogicalLine:
        """The line with `other` after it, with the space of a line break between them.

        Two lines with equally many cells (of tabs) are joined cell by cell.
        """
        ours, theirs = self.text.split("\t"), other.text.split("\t")
        if len(ours) == len(theirs):
            cells = [" ".join(filter(None, pair)) for pair in zip(ours, theirs, strict=True)]
            text = "\t".join(cells)
        else:
            text = f"{self.text} {other.text.lstrip(' ')}"
        return LogicalLine(text, (*self.numbers, *other.numbers), self.page)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its line, its level (0 is the outermost), its printed text."""

    line: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A region as it was found: its first and last line, and what they hold."""

    name: str
    first: int
    last: int
    lines: tuple[LogicalLine, ...]
    headings: tuple[Heading, ...]
    furniture: frozenset[int]
    blank: frozenset[int]
    text: frozenset[int] = frozenset()

    def heading_above(self, line: int) -> str:
        """The nearest heading above `line`; above a heading, that of a level further out."""
        level = next((h.level for h in self.headings if h.line == line), len(self.headings))
        above = [h.text for h in self.headings if h.line < line and h.level < level]
        return above[-1] if above else ""


def find_passages(dataset: Dataset, document: Document) -> tuple[dict[str, Passage], list[Problem]]:
    """The regions of `dataset` in `document` by name; GG203 for each whose start or end is not found."""
    passages, problems = {}, []
    for name, region in dataset.settings.regions.items():
        lines = [_cleaned(line, region) for line in document.lines]
        first = _find(lines, region.start, 0)
        after = len(lines) if region.end is None else _find(lines, region.end, (first or 0) + 1)
        if first is not None and after is not None:
            passages[name] = _prepare(name, region, lines[first:after])
            continue
        edge = "start" if first is None else "end"
        tables = [t for t, layout in dataset.settings.tables.items() if layout.region == name]
        problems.append(
            Problem(
                "GG203",
                f"no line matches the {edge} of region '{name}' ({getattr(region, edge)}), "
                f"which is read for {', '.join(tables)}",
                document.span(),
                f"is this '{_title(dataset)}'? else mend {dataset.span('regions', name, edge)}",
            )
        )
    return passages, problems


def _title(dataset: Dataset) -> str:
    return dataset.settings.document.title if dataset.settings.document else dataset.id


def _cleaned(line: Line, region: Region) -> Line:
    text = line.text
    for pattern in region.remove:
        text = re.sub(pattern, "", text)
    return Line(line.number, text, line.page)


def _find(lines: Sequence[Line], pattern: str, begin: int) -> int | None:
    return next((i for i in range(begin, len(lines)) if re.search(pattern, lines[i].text)), None)


def _prepare(name: str, region: Region, lines: Sequence[Line]) -> Passage:
    headings: list[Heading] = []
    furniture: set[int] = set()
    blank: set[int] = set()
    text: set[int] = set()
    prose = _Prose(region.text)
    starts = re.compile(region.starts) if region.starts else None
    blocks: list[list[LogicalLine]] = [[]]
    for line in lines:
        heading = _heading(line, region)
        if not line.text.strip():
            blank.add(line.number)
            prose.end()
            blocks.append([])
        elif heading and not prose.over_blanks:
            headings.append(heading)
            prose.end()
            blocks += [[LogicalLine(line.text, (line.number,), line.page)], []]
        elif any(re.search(pattern, line.text) for pattern in region.furniture):
            furniture.add(line.number)
        elif prose.takes(line.text, begins_row=bool(starts and starts.search(line.text))):
            text.add(line.number)
            blocks.append([])
        else:
            blocks[-1] += _parts(line, region.split)
    if region.join_brackets:
        blocks = [join_open_brackets(block) for block in blocks]
    if starts:
        blocks = [join_wrapped(block, lambda text: bool(starts.search(text))) for block in blocks]
    return Passage(
        name,
        lines[0].number,
        lines[-1].number,
        tuple(line for block in blocks for line in block),
        tuple(headings),
        frozenset(furniture),
        frozenset(blank),
        frozenset(text),
    )


class _Prose:
    """Tells running text line by line, in the order of the document."""

    def __init__(self, rules: Sequence[RunningText]) -> None:
        self.rules = rules
        self.last: str | None = None
        """What ends the paragraph that is open, if one is."""
        self.over_blanks = False
        """Whether the paragraph that is open goes on over blank lines and headings."""

    def takes(self, text: str, *, begins_row: bool) -> bool:
        """Whether the line `text` is running text; one that begins a row continues no paragraph."""
        if self.last is None or begins_row:
            self.last = None
            rule = next((r for r in self.rules if re.search(r.from_, text)), None)
            if rule is None or rule.to is None:
                return rule is not None
            self.last, self.over_blanks = rule.to, rule.over_blanks
        if re.search(self.last, text):
            self.last, self.over_blanks = None, False
        return True

    def end(self) -> None:
        """Ends a paragraph that is open, if blank lines and headings end it."""
        if not self.over_blanks:
            self.last = None


def _parts(line: Line, split: str | None) -> list[LogicalLine]:
    """The lines that `line` holds, each from where `split` matches to the next match; blank ones left out."""
    starts = [0, *(m.start() for m in re.finditer(split, line.text))] if split else [0]
    texts = (line.text[a:b] for a, b in zip(starts, [*starts[1:], len(line.text)], strict=True))
    return [LogicalLine(text, (line.number,), line.page) for text in texts if text.strip()]


def _heading(line: Line, region: Region) -> Heading | None:
    for level, pattern in enumerate(region.headings):
        if m := re.search(pattern, line.text):
            return Heading(line.number, level, ((m[1] if m.re.groups else None) or line.text).strip())
    return None


def join_open_brackets(block: Iterable[LogicalLine]) -> list[LogicalLine]:
    """The lines of `block`, each joined to those below while one of its brackets is open.

    >>> lines = [LogicalLine(t, (n,)) for n, t in enumerate(("1 整備（本", "庁舎）", "2 改修（"), 1)]
    >>> [(line.text, line.numbers) for line in join_open_brackets(lines)]
    [('1 整備（本 庁舎）', (1, 2)), ('2 改修（', (3,))]
    """
    rest = list(block)
    joined = []
    while rest:
        line = rest.pop(0)
        candidate = line
        for reach, below in enumerate(rest[: _REACH - 1], 1):
            if _balance(candidate.text) <= 0:
                break
            candidate = candidate.joined(below)
            if _balance(candidate.text) <= 0:
                line, rest = candidate, rest[reach:]
        joined.append(line)
    return joined


def _balance(text: str) -> int:
    return sum(text.count(c) for c in _OPEN) - sum(text.count(c) for c in _CLOSE)


def join_wrapped(block: Iterable[LogicalLine], starts: Callable[[str], bool]) -> list[LogicalLine]:
    """The lines of `block`, each that does not begin a row joined to the one above.

    >>> lines = [LogicalLine(t, (n,)) for n, t in enumerate(("1 道路の", "整備", "2 公園"), 1)]
    >>> [(line.text, line.numbers) for line in join_wrapped(lines, lambda text: text[0].isdigit())]
    [('1 道路の 整備', (1, 2)), ('2 公園', (3,))]
    """
    joined: list[LogicalLine] = []
    for line in block:
        if joined and not starts(line.text):
            joined[-1] = joined[-1].joined(line)
        else:
            joined.append(line)
    return joined
