"""What became of every line of a document: which hold facts, which do not, and what is left unread.

A line holds a fact where a column that is written took something from it. It is text where only running text
came from it. A numeral is outside of every fact where no such column took it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from govgraph.documents.columns import FIELD
from govgraph.documents.extraction import Extraction
from govgraph.documents.layout import Piece
from govgraph.documents.normalize import fold
from govgraph.documents.printed import Checked
from govgraph.documents.tables import Record
from govgraph.settings import DatasetSettings, TableLayout

_NUMERAL = re.compile(r"[0-9]+(?:[,.][0-9]+)*|[⓪①-⑳㉑-㉟㊱-㊿]")


class Kind(StrEnum):
    """What a line is."""

    FACT = "fact"
    TEXT = "text"
    HEADING = "heading"
    FURNITURE = "furniture"
    BLANK = "blank"
    MISSED = "not understood"


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line: what it is, the records that it went into (table, key), its numerals outside of every fact."""

    number: int
    text: str
    page: int | None
    kind: Kind
    records: tuple[tuple[str, str], ...]
    numerals: tuple[str, ...]

    @property
    def has_digit(self) -> bool:
        """Whether a numeral stands in it."""
        return bool(numerals(self.text))


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of a document, and how many records hold what is printed in their lines."""

    lines: tuple[LineReport, ...]
    printed: Mapping[str, Checked]

    def count(self, kind: Kind, *, with_digit: bool = False) -> int:
        """The lines of a kind."""
        return sum(line.kind is kind and (line.has_digit or not with_digit) for line in self.lines)

    @property
    def unread_share(self) -> float:
        """Of the lines that hold a digit, the share that is not understood."""
        digits = sum(line.has_digit for line in self.lines)
        return self.count(Kind.MISSED, with_digit=True) / digits if digits else 0.0

    def to_json(self) -> dict[str, object]:
        """Counts by kind, the share, line numbers and numerals."""
        return {
            "lines": {kind.value: self.count(kind) for kind in Kind},
            "lines_with_digits": {kind.value: self.count(kind, with_digit=True) for kind in Kind},
            "share_not_understood": round(self.unread_share, 4),
            "not_understood": [line.number for line in self.lines if line.kind is Kind.MISSED],
            "numerals_outside_facts": [
                {"line": line.number, "kind": line.kind.value, "numerals": list(line.numerals)}
                for line in self.lines
                if line.numerals
            ],
            "printed": {
                name: {"checked": c.checked, "records": c.records} for name, c in self.printed.items()
            },
        }


def numerals(text: str) -> list[str]:
    """The numerals of `text` in ASCII, full-width or circled digits, folded.

    >>> numerals("③　１，２００円（4.5%）"), numerals("十二")
    (['③', '1,200', '4.5'], [])
    """
    return _NUMERAL.findall(fold(text).replace("，", ","))


def report_lines(extraction: Extraction) -> Report:
    """The report of a document that was read."""
    return _Reporter(extraction).run()


@dataclass(frozen=True, slots=True)
class _Use:
    """What a column takes from a value of the layout: the value, and what is kept of it."""

    value: str
    kept: str


class _Reporter:
    def __init__(self, extraction: Extraction) -> None:
        self.extraction = extraction
        self.trace = extraction.trace
        self.texts = {line.number: line.text for line in extraction.document.lines}
        self.facts: set[int] = set()
        self.prose: set[int] = set()
        self.records: dict[int, dict[tuple[str, str], None]] = defaultdict(dict)
        self.stated: dict[int, set[int]] = defaultdict(set)
        """Line -> positions of its numerals that are in facts."""
        self.marked: dict[int, set[int]] = defaultdict(set)
        """The same of the present table: two tables may take one numeral, one table takes two equal ones."""

    def run(self) -> Report:
        for name, transcript in self.trace.transcripts.items():
            self.marked.clear()
            layout = self.extraction.dataset.settings.tables[name]
            written = [] if layout.internal else _written(name, self.extraction.dataset.settings)
            used = {value for column in written for value in _roots(layout, column)}
            for piece in transcript.filled:
                if piece.value in used:
                    self.facts.update(piece.numbers)
                    self.take_numerals(piece.numbers, Counter(numerals(piece.text)))
                    self.link_filled(name, piece)
            for reading, record in zip(transcript.readings, self.trace.records[name], strict=True):
                self.take_record(name, record, reading.pieces, written, used)
        self.marked = self.stated
        for name in self.trace.records:
            self.take_citations(name)
            self.take_found(name)
        kinds = self.kinds()
        return Report(
            tuple(
                LineReport(
                    line.number,
                    line.text,
                    line.page,
                    kinds[line.number],
                    tuple(self.records[line.number]),
                    self.numerals_outside(line.number, kinds[line.number]),
                )
                for line in self.extraction.document.lines
            ),
            self.trace.printed,
        )

    def take_record(
        self,
        table: str,
        record: Record,
        pieces: Sequence[Piece],
        written: Sequence[str],
        used: set[str],
    ) -> None:
        """Notes what the pieces of a record gave, a logical line at a time."""
        layout = record.cells.layout
        uses = [use for column in written for use in _uses(record, column)]
        left = {value: _covered(value, pieces, uses) for value in {piece.value for piece in pieces}}
        whole = set(_roots(layout, layout.text)) if layout.text else set()
        if layout.internal:
            whole = {piece.value for piece in pieces}
        by_line: dict[tuple[int, ...], list[Piece]] = defaultdict(list)
        for piece in pieces:
            by_line[piece.numbers].append(piece)
        for numbers, group in by_line.items():
            stated: Counter[str] = Counter()
            for piece in group:
                taken = Counter(numerals(piece.text)) & left[piece.value]
                left[piece.value] -= taken
                stated += taken
            running = [_squeezed(p.text) for p in group if p.value in whole]
            kept = [_squeezed(u.kept) for u in uses if u.value in whole and u.kept.strip()]
            facts = any(p.value in used - whole for p in group)
            for number in numbers:
                text = _squeezed(self.texts[number])
                is_running = any(text in r for r in running)
                holds_kept = any(k in text or text in k for k in kept)
                if (facts and not is_running) or (is_running and holds_kept):
                    self.facts.add(number)
                elif running:
                    self.prose.add(number)
                if record.key and (number in self.facts or number in self.prose):
                    self.records[number][table, record.key] = None
            self.take_numerals(numbers, stated)

    def take_numerals(self, numbers: Sequence[int], stated: Counter[str]) -> None:
        """Marks the numerals of the lines that are in `stated`, the first of equal ones first."""
        left = Counter(stated)
        for number in numbers:
            for position, numeral in enumerate(numerals(self.texts[number])):
                if left[numeral] and position not in self.marked[number]:
                    left[numeral] -= 1
                    self.marked[number].add(position)
                    self.stated[number].add(position)

    def link_filled(self, table: str, piece: Piece) -> None:
        """Links a line whose value is filled down to the first record that has it from there."""
        transcript, records = self.trace.transcripts[table], self.trace.records[table]
        again = [p.numbers[0] for p in transcript.filled if p.value == piece.value]
        after = min((n for n in again if n > piece.numbers[-1]), default=len(self.texts) + 1)
        for reading, record in zip(transcript.readings, records, strict=True):
            has_it = reading.values[piece.value] == piece.text.strip()
            if has_it and piece.numbers[0] <= reading.last < after:
                for number in piece.numbers:
                    self.records[number][table, record.key] = None
                return

    def take_citations(self, name: str) -> None:
        """Marks the numerals of what the parts of a statute cite."""
        layout = self.extraction.dataset.settings.tables[name]
        if layout.citations is None or "printed" not in layout.columns:
            return
        for record in self.trace.records[name]:
            numbers = range(record.source.first, record.source.last + 1)
            self.take_numerals(numbers, Counter(numerals(record.cells["printed"])))

    def take_found(self, name: str) -> None:
        """Notes the lines and numerals in which a pattern found something."""
        found = self.extraction.dataset.settings.tables[name].found
        if found is None:
            return
        for record in self.trace.records[name]:
            parts = [text for group, text in record.cells.printed.items() if group not in found.carry]
            stated: Counter[str] = Counter()
            for part in parts:
                stated |= Counter(numerals(part))
            numbers = [
                number
                for number in range(record.source.first, record.source.last + 1)
                if any(_squeezed(part) in _squeezed(self.texts[number]) for part in parts if numerals(part))
            ]
            self.take_numerals(numbers, stated)
            self.facts.update(numbers)
            for number in numbers:
                self.records[number][name, record.key] = None

    def kinds(self) -> Mapping[int, Kind]:
        passages = self.trace.passages.values()
        kinds = {n: Kind.MISSED if text.strip() else Kind.BLANK for n, text in self.texts.items()}
        kinds |= {n: Kind.BLANK for p in passages for n in p.blank}
        kinds |= {n: Kind.FURNITURE for p in passages for n in p.furniture}
        kinds |= {n: Kind.TEXT for p in passages for n in p.text}
        kinds |= {h.line: Kind.HEADING for p in passages for h in p.headings}
        kinds |= dict.fromkeys(self.prose, Kind.TEXT)
        return kinds | dict.fromkeys(self.facts, Kind.FACT)

    def numerals_outside(self, number: int, kind: Kind) -> tuple[str, ...]:
        found = numerals(self.texts[number])
        if kind is Kind.HEADING:  # a heading that stands above a record is written there
            above = {r.source.heading for records in self.trace.records.values() for r in records}
            headings = [h for p in self.trace.passages.values() for h in p.headings if h.line == number]
            written = Counter(n for h in headings if h.text in above for n in numerals(h.text))
            self.take_numerals((number,), written)
        return tuple(n for position, n in enumerate(found) if position not in self.stated[number])


def _covered(value: str, pieces: Sequence[Piece], uses: Sequence[_Use]) -> Counter[str]:
    """The numerals of a value that columns keep; two columns may keep one and the same."""
    there = Counter(n for piece in pieces if piece.value == value for n in numerals(piece.text))
    kept = Counter(n for use in uses if use.value == value for n in numerals(use.kept))
    return there & kept


def _written(name: str, settings: DatasetSettings) -> list[str]:
    """The columns and values of a table that end up in a file of records."""
    layout = settings.tables[name]
    others = [t.distinct for t in settings.tables.values() if t.distinct and t.distinct.of == name]
    grouped = [used for d in others for level in d.levels for used in level.values()]
    return [*dict.fromkeys((*layout.columns, *FIELD.findall(layout.key or ""), *grouped))]


def _sources(layout: TableLayout, name: str) -> tuple[str, ...]:
    """What a column is made from directly; nothing for a value of the layout itself, or a key."""
    column = layout.columns.get(name) or layout.values.get(name)
    if column is None or column.is_link:
        return ()
    if column.format is not None:
        return tuple(FIELD.findall(column.format))
    return () if column.from_ in (None, name) else (str(column.from_),)


def _roots(layout: TableLayout, name: str) -> Iterator[str]:
    """The values of the layout that a column is made from."""
    column = layout.columns.get(name) or layout.values.get(name)
    if column is not None and column.is_link:
        return
    sources = _sources(layout, name)
    if not sources:
        yield name
    for source in sources:
        yield from _roots(layout, source)


def _uses(record: Record, name: str) -> Iterator[_Use]:
    """What a column keeps of the values that it is made from; that something is found keeps nothing."""
    layout = record.cells.layout
    column = layout.columns.get(name) or layout.values.get(name)
    if column is not None and column.format is not None:
        for source in _sources(layout, name):
            yield from _uses(record, source)
    elif column is None or (not column.is_link and column.has is None):
        kept = record.cells.uncorrected().taken(name)
        for value in _roots(layout, name):
            yield _Use(value, kept)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
