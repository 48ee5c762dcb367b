"""Keys are for ever: which record of a table is which that was seen before.

A record has the key that keys.csv gives to its fingerprint; else the key that is printed; else that of the
one unmatched key whose label it nearly has; else a provisional key, which a person replaces in keys.csv.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from govgraph.documents.ledgers import Key
from govgraph.documents.normalize import fold_label
from govgraph.errors import Problem, SourceSpan
from govgraph.records import PROVISIONAL, is_provisional

_ALIKE = 80.0
_MARGIN = 10.0
"""Likeness in percent that a changed label keeps, and its distance from the next best."""


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a record is known: label, fingerprint (16 hexadecimal digits), printed key or "", place."""

    label: str
    fingerprint: str
    printed: str
    span: SourceSpan

    @classmethod
    def of(cls, cells: Sequence[str], printed: str, span: SourceSpan) -> Identity:
        """The identity that the identifying `cells` make, their widths and white space aside."""
        folded = [fold_label(cell) for cell in cells]
        fingerprint = hashlib.sha256(re.sub(r"[^\S\n]", "", "\n".join(folded)).encode()).hexdigest()[:16]
        return cls(" / ".join(filter(None, folded)), fingerprint, printed, span)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The keys of a table's records in their order, and the rows of keys.csv that are new or changed.

    `errors` hinder writing (a record without key has the key ""); `warnings` do not.
    """

    keys: tuple[str, ...]
    entries: tuple[Key, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def assign_keys(table: str, records: Sequence[Identity], known: Sequence[Key], first_seen: str) -> Assignment:
    """The keys of `records`, given the rows of keys.csv for `table`.

    Errors: GG301 for records with the same key or fingerprint, GG206 for a printed key that was withdrawn.
    Warnings: GG304 for provisional keys, GG305 for a key kept although its label changed.
    """
    work = _Assigner(table, records, known, first_seen)
    work.match_fingerprints()
    work.take_printed()
    work.match_alike()
    work.make_provisional()
    return Assignment(
        tuple(work.keys[i] for i in range(len(records))),
        tuple(work.entries),
        tuple(work.errors),
        tuple(work.warnings),
    )


class _Assigner:
    """The records of one table on their way to their keys; each step leaves fewer of them open."""

    def __init__(
        self, table: str, records: Sequence[Identity], known: Sequence[Key], first_seen: str
    ) -> None:
        self.table = table
        self.records = records
        self.known = {k.key: k for k in known}
        self.first_seen = first_seen
        self.keys: dict[int, str] = {}
        self.entries: list[Key] = []
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def open_records(self) -> list[int]:
        return [i for i in range(len(self.records)) if i not in self.keys]

    def open_keys(self) -> list[Key]:
        taken = set(self.keys.values())
        return [k for k in self.known.values() if not k.replaced_by and k.key not in taken]

    def give(self, index: int, key: str) -> None:
        record, old = self.records[index], self.known.get(key)
        self.keys[index] = key
        if old and old.fingerprint != record.fingerprint:
            message = f"{self.table}: key '{key}' is kept: '{old.last_label}' is now '{record.label}'"
            hint = "if it is another record, give it a key of its own in keys.csv"
            self.warnings.append(Problem("GG305", message, record.span, hint))
        first_seen = old.first_seen if old else self.first_seen
        entry = Key(self.table, key, record.fingerprint, first_seen, "", record.label)
        if entry != old:
            self.entries.append(entry)

    def reject(self, index: int, code: str, message: str, hint: str = "") -> None:
        record = self.records[index]
        hint = hint or f"give it another key in keys.csv, with fingerprint {record.fingerprint}"
        self.keys[index] = ""
        self.errors.append(Problem(code, f"{self.table}: '{record.label}' {message}", record.span, hint))

    def match_fingerprints(self) -> None:
        keys = {k.fingerprint: k.key for k in self.open_keys()}
        for fingerprint, twins in self._grouped(lambda record: record.fingerprint).items():
            if len(twins) > 1:
                for index in twins:
                    self.reject(index, "GG301", self._like(index, twins), "add a column to `identify`")
            elif fingerprint in keys:
                self.give(twins[0], keys[fingerprint])

    def take_printed(self) -> None:
        taken = set(self.keys.values())
        for key, twins in self._grouped(lambda record: record.printed).items():
            index, old = twins[0], self.known.get(key)
            if not key:
                continue
            if len(twins) > 1:
                for index in twins:
                    self.reject(index, "GG301", self._like(index, twins))
            elif key in taken:
                self.reject(index, "GG301", f"has the key '{key}' of another record")
            elif old and old.replaced_by:
                self.reject(index, "GG206", f"has the key '{key}', which was withdrawn for ever")
            else:
                self.give(index, key)

    def match_alike(self) -> None:
        likeness = {
            (i, k.key): fuzz.ratio(self.records[i].label, k.last_label)
            for i in self.open_records()
            for k in self.open_keys()
        }
        for (index, key), score in likeness.items():
            rivals = [s for (i, k), s in likeness.items() if (i == index) != (k == key)]
            if score >= _ALIKE and score - max(rivals, default=0.0) >= _MARGIN:
                self.give(index, key)

    def make_provisional(self) -> None:
        for index in self.open_records():
            fingerprint = self.records[index].fingerprint
            names = (f"{PROVISIONAL}{fingerprint[:length]}" for length in range(8, 17))
            self.give(index, next(name for name in names if name not in self.known))
        unmatched = self.open_keys()
        for index, key in sorted(self.keys.items()):
            if is_provisional(key):
                record = self.records[index]
                alike = [k.key for k in unmatched if fuzz.ratio(record.label, k.last_label) >= _ALIKE]
                perhaps = f", perhaps by {' or '.join(alike)}" if alike else ""
                message = f"{self.table}: '{record.label}' has the provisional key '{key}'"
                self.warnings.append(
                    Problem("GG304", message, record.span, f"replace it in keys.csv{perhaps}")
                )

    def _grouped(self, by: Callable[[Identity], str]) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = {}
        for index in self.open_records():
            groups.setdefault(by(self.records[index]), []).append(index)
        return groups

    def _like(self, index: int, twins: Sequence[int]) -> str:
        others = ", ".join(str(self.records[i].span) for i in twins if i != index)
        return f"cannot be told from the record at {others}"
