"""Where a document contradicts itself: totals that are wrong, numbers and names that are misprinted.

What is printed is published as it is; a row of `discrepancies.csv` says what would follow from the rest of
the document. None of this is an error of ours, so nothing fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from govgraph.documents.columns import fill
from govgraph.documents.ledgers import Correction
from govgraph.documents.normalize import amount_step, fold_label
from govgraph.documents.tables import DISCREPANCIES_TABLE, SOURCE_COLUMNS, Record, Source, Table
from govgraph.errors import Problem
from govgraph.iri import anchor_iri
from govgraph.project import Dataset
from govgraph.records import KEY
from govgraph.settings import Total

SLIPS = ("numbering", "spelling")
"""Reasons of corrections that are the document's own slips; a colon and more words may follow."""

Kind = Literal["rounding", "arithmetic", "numbering", "spelling"]
_COLUMNS = (*SOURCE_COLUMNS, "target", "kind", "stated", "computed", "table", "record", "column")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One contradiction: what it is about, what is printed, and what follows from the rest."""

    key: str
    source: Source
    target: str
    kind: str
    stated: str
    computed: str
    table: str
    record: str
    column: str

    def row(self) -> tuple[str, ...]:
        """The cells of its row in discrepancies.csv."""
        named = (self.target, self.kind, self.stated, self.computed, self.table, self.record, self.column)
        return (self.key, *self.source.cells(), *named)


def find_discrepancies(
    dataset: Dataset, records: Mapping[str, Sequence[Record]], corrections: Sequence[Correction]
) -> tuple[Table | None, list[Problem]]:
    """discrepancies.csv, or None where nothing could make a row of it; and what cannot be compared.

    GG301 for a cell that is no number; GG303, a warning, for a stated number that has no counterpart.
    """
    slips = [c for c in corrections if slip_of(c.reason)]
    is_there = (dataset.records / f"{DISCREPANCIES_TABLE}.csv").is_file()
    if not dataset.settings.totals and not slips and not is_there:
        return None, []
    found: list[Discrepancy] = []
    problems: list[Problem] = []
    for correction in slips:
        record = next(r for r in records[correction.table] if r.key == correction.key)
        found.append(_of_slip(dataset, correction, record))
    for name, total in dataset.settings.totals.items():
        for record in records[total.table]:
            if all(_cell(record, column) == value for column, value in total.where.items()):
                try:
                    found += _of_total(dataset, name, total, record, records[total.counterpart.of])
                except _CannotCompareError as e:
                    span = dataset.span("totals", name)
                    problems.append(Problem(e.code, f"{total.table} '{record.key}': {e}", span))
    found.sort(key=lambda d: (d.source.first, d.key))
    return Table(_COLUMNS, tuple(d.row() for d in found)), problems


def slip_of(reason: str) -> str | None:
    """The kind of slip that a correction's reason names.

    >>> slip_of("numbering: printed twice"), slip_of("letters read for zeros")
    ('numbering', None)
    """
    kind = reason.partition(":")[0].strip()
    return kind if kind in SLIPS else None


def _of_slip(dataset: Dataset, correction: Correction, record: Record) -> Discrepancy:
    return Discrepancy(
        f"{correction.table}-{correction.key}-{correction.column}",
        record.source,
        record_iri(dataset, correction.table, record),
        str(slip_of(correction.reason)),
        correction.printed,
        correction.corrected,
        correction.table,
        record.key,
        correction.column,
    )


def record_iri(dataset: Dataset, table: str, record: Record) -> str:
    """The IRI of a record's resource as its table declares it, else its anchor's, relative to the base."""
    template = dataset.settings.tables[table].iri
    return _filled(dataset, template, record) if template else anchor_iri("", dataset.id, table, record.key)


def _filled(dataset: Dataset, template: str, record: Record) -> str:
    return fill(template, lambda name: dataset.id if name == "dataset" else _cell(record, name))


class _CannotCompareError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Number:
    """A number, and the least difference that its printed form can show; 0 where it is exact."""

    value: Decimal
    step: Decimal = Decimal(0)


def _of_total(
    dataset: Dataset, name: str, total: Total, record: Record, others: Sequence[Record]
) -> Iterator[Discrepancy]:
    stated = _number(record, total.stated)
    if stated is None:
        return
    there = total.counterpart
    found = [
        other
        for other in others
        if all(_cell(other, column) == value for column, value in there.where.items())
        and all(_comparable(_cell(other, a)) == _comparable(_cell(record, b)) for a, b in there.by.items())
    ]
    if not found and stated.value:
        raise _CannotCompareError("GG303", f"no record of {there.of} belongs to its {total.stated}")
    numbers = [(other.key, _number(other, column)) for other in found for column in there.column]
    given = [(key, number) for key, number in numbers if number is not None]
    if total.equal:
        compared = [(f"{name}-{record.key}-{key}", number) for key, number in given]
    elif total.count:
        compared = [(f"{name}-{record.key}", _Number(Decimal(len(found))))]
    else:
        value = sum((n.value for _, n in given), Decimal(0))
        step = sum((n.step for _, n in given), Decimal(0))
        compared = [(f"{name}-{record.key}", _Number(value, step))]
    target = _filled(dataset, total.target, record) if total.target else ""
    for key, computed in compared:
        if computed.value != stated.value:
            yield Discrepancy(
                key,
                record.source,
                target or record_iri(dataset, total.table, record),
                _kind(stated, computed),
                _plain(stated.value),
                _plain(computed.value),
                total.table,
                record.key,
                total.stated,
            )


def _kind(stated: _Number, computed: _Number) -> Kind:
    """Rounding where the steps of the printed numbers, each rounded to the nearest, can explain it."""
    reach = (stated.step + computed.step) / 2
    return "rounding" if abs(stated.value - computed.value) <= reach else "arithmetic"


def _number(record: Record, column: str) -> _Number | None:
    """The number in a cell, None where it is empty."""
    text = _cell(record, column).replace(",", "")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        message = f"column '{column}' holds no number: '{text}'"
        raise _CannotCompareError("GG301", message) from None
    return _Number(value, _step(record, column, value))


def _step(record: Record, column: str, value: Decimal) -> Decimal:
    layout = record.cells.layout
    definition = layout.columns.get(column) or layout.values.get(column)
    if definition and definition.as_ == "yen" and (printed := record.cells.taken(column)):
        step = amount_step(printed, definition.unit)
        return step if step != 1 else Decimal(0)
    if definition and definition.as_ is None and definition.from_ not in (None, column):
        return _step(record, str(definition.from_), value)
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) and exponent < 0 else Decimal(0)


def _cell(record: Record, column: str) -> str:
    return record.key if column == KEY else record.cells[column]


def _comparable(text: str) -> str:
    return "".join(fold_label(text).split())


def _plain(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else f"{value:f}"
