"""Whether the lines of a record hold what is printed there, such as its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from govgraph.documents.columns import fill
from govgraph.documents.ledgers import render_csv
from govgraph.documents.normalize import fold_label
from govgraph.documents.reader import Document
from govgraph.documents.regions import Passage
from govgraph.documents.tables import Record
from govgraph.errors import Problem
from govgraph.records import PRINTED_COLUMNS
from govgraph.settings import TableLayout


@dataclass(frozen=True, slots=True)
class Checked:
    """How many records of a table were held against their lines, of how many."""

    checked: int
    records: int


@dataclass(frozen=True, slots=True)
class Witness:
    """What the lines of a record were seen to hold, folded as labels are: a row of printed.csv."""

    table: str
    key: str
    first_line: int
    last_line: int
    printed: str


def check_printed(
    layouts: Mapping[str, TableLayout],
    records: Mapping[str, Sequence[Record]],
    passages: Mapping[str, Passage],
    document: Document,
) -> tuple[dict[str, Checked], list[Witness], list[Problem]]:
    """What was checked of each table that declares `printed`, and what its lines hold; GG306 for the rest.

    The lines of a record, joined and folded as labels are, hold each form of `printed`, folded likewise;
    cells count as they are before corrections. A form with an empty cell in it is not looked for.
    """
    checked: dict[str, Checked] = {}
    witnesses: list[Witness] = []
    problems: list[Problem] = []
    for name, layout in layouts.items():
        if not layout.printed:
            continue
        passage = passages.get(layout.region or "")
        count = 0
        for record in records[name]:
            cells = record.cells.uncorrected()
            forms = [fold_label(fill(template, cells.__getitem__)) for template in layout.printed]
            lines = _joined(record, passage, document)
            count += any(forms)
            for form in dict.fromkeys(forms):
                if not any(form in text for text in lines):
                    message = f"{name} '{record.key}': '{form}' does not stand in its lines"
                    hint = "mend the layout, so that the record has all lines that it is read from"
                    problems.append(Problem("GG306", message, document.span(record.source.first), hint))
                elif form and not layout.internal:
                    source = record.source
                    witnesses.append(Witness(name, record.key, source.first, source.last, form))
        checked[name] = Checked(count, len(records[name]))
    return checked, witnesses, problems


def render_printed(witnesses: Iterable[Witness]) -> str:
    """printed.csv."""
    return render_csv(
        PRINTED_COLUMNS, ([str(getattr(witness, c)) for c in PRINTED_COLUMNS] for witness in witnesses)
    )


def _joined(record: Record, passage: Passage | None, document: Document) -> tuple[str, str]:
    """The lines of a record as printed, and as its region prepares them, without furniture."""
    first, last = record.source.first, record.source.last
    raw = [line.text for line in document.lines[first - 1 : last]]
    prepared = [
        line.text
        for line in (passage.lines if passage else ())
        if line.numbers[0] <= last and first <= line.numbers[-1]
    ]
    return fold_label("\n".join(raw)), fold_label("\n".join(prepared))
