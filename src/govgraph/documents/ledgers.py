"""The two files that a person keeps beside the tables: `keys.csv` and `corrections.csv`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.project import Dataset
from govgraph.records import read_lines

KEYS_FILE = "keys.csv"
CORRECTIONS_FILE = "corrections.csv"
WITHDRAWN = "-"
"""What `replaced_by` holds where a record was withdrawn and nothing took its place."""

KEY_PATTERN = re.compile(r"[A-Za-z0-9._~-]+")
_ROW_HINT = "UTF-8 and commas; a cell that holds a comma stands in double quotes"
KEY_HINT = "a key is made of ASCII letters, digits and . _ ~ - only"


@dataclass(frozen=True, slots=True)
class Key:
    """A row of keys.csv, with its line: the key of a record for ever, and how the record is known again."""

    table: str
    key: str
    fingerprint: str
    first_seen: str
    replaced_by: str
    last_label: str
    line: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of corrections.csv, with its line: what a cell reads, and what the paper says."""

    line: int
    table: str
    key: str
    column: str
    printed: str
    corrected: str
    reason: str


def check_ledgers(dataset: Dataset) -> list[Problem]:
    """GG206 for each row of keys.csv and corrections.csv that is wrong, without a document."""
    return [*read_keys(dataset)[1], *read_corrections(dataset)[1]]


def read_keys(dataset: Dataset) -> tuple[list[Key], list[Problem]]:
    """The rows of keys.csv, none where there is no such file; GG206 for each row that is wrong."""
    path = dataset.records / KEYS_FILE
    header = _key_columns()
    keys: list[Key] = []
    problems: list[Problem] = []
    lines: dict[tuple[str, str], int] = {}
    fingerprints: dict[tuple[str, str], int] = {}
    for line, cells, fault in _read(path, header):
        span = dataset.project.span(path, line)
        if fault:
            problems.append(Problem("GG206", fault, span, _ROW_HINT))
            continue
        key = Key(*cells, line=line)
        name = (key.table, key.key)
        problems += _unknown_table(dataset, key.table, span)
        if not KEY_PATTERN.fullmatch(key.key):
            problems.append(Problem("GG206", f"'{key.key}' cannot be a key", span, KEY_HINT))
        if name in lines:
            message = f"key '{key.key}' of {key.table} stands twice, first on line {lines[name]}"
            problems.append(Problem("GG206", message, span, "each record has a key of its own: remove one"))
        known = (key.table, key.fingerprint)
        if not key.replaced_by and fingerprints.setdefault(known, line) != line:
            message = f"fingerprint {key.fingerprint} stands twice, first on line {fingerprints[known]}"
            hint = "withdraw one of the keys: name the other under replaced_by"
            problems.append(Problem("GG206", message, span, hint))
        lines.setdefault(name, line)
        keys.append(key)
    for key in keys:
        if key.replaced_by not in ("", WITHDRAWN) and (key.table, key.replaced_by) not in lines:
            span = dataset.project.span(path, lines[key.table, key.key])
            hint = f"'{WITHDRAWN}' withdraws a key that nothing replaces"
            problems.append(Problem("GG206", f"replaced_by names no key: '{key.replaced_by}'", span, hint))
    return keys, problems


def _key_columns() -> list[str]:
    return [f.name for f in fields(Key) if f.name != "line"]


def merge_keys(tables: Iterable[str], known: Iterable[Key], entries: Iterable[Key]) -> list[Key]:
    """`known` with `entries` in place of rows of the same key, else after the rows of their table."""
    merged = {(k.table, k.key): k for k in (*known, *entries)}
    order = {table: number for number, table in enumerate(tables)}
    return sorted(merged.values(), key=lambda k: order[k.table])


def render_keys(keys: Iterable[Key]) -> str:
    """keys.csv."""
    header = _key_columns()
    return render_csv(header, ([getattr(key, name) for name in header] for key in keys))


def read_corrections(dataset: Dataset) -> tuple[list[Correction], list[Problem]]:
    """The rows of corrections.csv, none where there is no such file; GG206 for each row that is wrong."""
    path = dataset.records / CORRECTIONS_FILE
    header = [f.name for f in fields(Correction)][1:]
    corrections: list[Correction] = []
    problems: list[Problem] = []
    lines: dict[tuple[str, str, str], int] = {}
    for line, cells, fault in _read(path, header):
        span = dataset.project.span(path, line)
        if fault:
            problems.append(Problem("GG206", fault, span, _ROW_HINT))
            continue
        correction = Correction(line, *cells)
        problems += _unknown_table(dataset, correction.table, span)
        if not correction.reason:
            hint = "say in the last cell why, for those who check it"
            problems.append(Problem("GG206", "a correction needs a reason", span, hint))
        cell = (correction.table, correction.key, correction.column)
        if lines.setdefault(cell, line) != line:
            message = f"the same cell is corrected twice, first on line {lines[cell]}"
            problems.append(Problem("GG206", message, span, "keep the one that is right"))
        corrections.append(correction)
    return corrections, problems


def _unknown_table(dataset: Dataset, table: str, span: SourceSpan) -> list[Problem]:
    known = list(dataset.settings.tables)
    if table in known:
        return []
    hint = did_you_mean(table, known) or "the tables are those of dataset.yml"
    return [Problem("GG206", f"unknown table '{table}'", span, hint)]


def _read(path: Path, header: Sequence[str]) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells and what is wrong with them, row by row; nothing where there is no such file."""
    if not path.exists():
        return
    try:
        lines = list(read_lines(path))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        yield 0, [], f"not a readable CSV file in UTF-8: {e}"
        return
    names = [name.removeprefix("\ufeff") for name in lines[0][1]] if lines else []  # Excel writes a mark
    if names != list(header):
        yield 1, [], f"the columns must be {','.join(header)}"
        return
    for line, cells in lines[1:]:
        wrong = f"{len(cells)} cells instead of {len(header)}" if len(cells) != len(header) else ""
        if cells:
            yield line, cells, wrong


def render_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""CSV as RFC 4180 has it, with LF.

    >>> render_csv(["key", "name"], [["1", 'a "b", c']])
    'key,name\n1,"a ""b"", c"\n'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()
