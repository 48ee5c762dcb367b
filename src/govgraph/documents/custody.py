"""Records held to their ledgers: a key for each record, a record for each key, a cell for each correction."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping

from govgraph.documents.declarations import correctable_columns, load_templates
from govgraph.documents.ledgers import (
    CORRECTIONS_FILE,
    KEYS_FILE,
    Correction,
    Key,
    read_corrections,
    read_keys,
)
from govgraph.documents.tables import SOURCE_COLUMNS, Table
from govgraph.errors import Problem, did_you_mean
from govgraph.project import Dataset
from govgraph.records import KEY, Row, is_provisional, read_rows


def check_custody(dataset: Dataset) -> list[Problem]:
    """What is wrong between the tables of `dataset` that extract wrote and its ledgers.

    GG206 a record whose key is withdrawn or not in keys.csv, a missing keys.csv, a correction that names no
    cell or is not applied; GG307 a key without record. Nothing for tables that cannot be read, which
    `check_records` tells, nor where a ledger is wrong, which `check_ledgers` tells.
    """
    tables = _read_tables(dataset)
    keys, wrong_keys = read_keys(dataset)
    corrections, wrong_corrections = read_corrections(dataset)
    problems = []
    if not wrong_keys:
        problems += _check_records(dataset, tables, keys)
        problems += find_missing(dataset, keys, {name: rows.keys() for name, rows in tables.items()})
    if corrections and not wrong_corrections:
        templates, _ = load_templates(dataset)
        for correction in corrections:
            known = correctable_columns(dataset, correction.table, templates)
            problems += _check_correction(dataset, correction, known, tables.get(correction.table))
    return problems


def find_missing(dataset: Dataset, keys: Iterable[Key], tables: Mapping[str, Iterable[str]]) -> list[Problem]:
    """GG307 for each of `keys` that is not withdrawn, and that no record has; `tables` is name -> keys."""
    path = dataset.records / KEYS_FILE
    present = {name: set(found) for name, found in tables.items()}
    return [
        Problem(
            "GG307",
            f"{key.table}: no record has the key '{key.key}' ('{key.last_label}')",
            dataset.project.span(path, key.line),
            "does the layout read less than before? if the record is no more, "
            "write `-` or the key that took its place under replaced_by",
        )
        for key in keys
        if key.table in present and not key.replaced_by and key.key not in present[key.table]
    ]


def find_lost(dataset: Dataset, tables: Mapping[str, Table]) -> list[Problem]:
    """GG307 for each record that is there now, and not in `tables`, unless its key was withdrawn.

    A provisional key that a person replaced in keys.csv loses no record.
    """
    known = {(key.table, key.key): key for key in read_keys(dataset)[0]}
    problems = []
    for name, rows in _read_tables(dataset).items():
        kept = {row[0] for row in tables[name].rows}
        for key, row in rows.items():
            entry = known.get((name, key))
            replaced = entry.replaced_by if entry else is_provisional(key)
            if key not in kept and not replaced:
                problems.append(
                    Problem(
                        "GG307",
                        f"{name}: the record '{key}' would vanish",
                        dataset.project.span(dataset.records / f"{name}.csv", row.line),
                        "mend the layout; if the record is no more, withdraw its key in keys.csv, "
                        "or use --allow-missing; nothing was changed",
                    )
                )
    return problems


def _read_tables(dataset: Dataset) -> dict[str, dict[str, Row]]:
    """Table -> key -> row, of the tables that extract writes and that can be read."""
    tables = {}
    for name in dataset.settings.tables:
        try:
            rows = list(read_rows(dataset.records / f"{name}.csv"))
        except (OSError, UnicodeDecodeError, csv.Error):
            continue
        tables[name] = {row.cells[KEY]: row for row in rows if row.cells.get(KEY)}
    return tables


def _check_records(
    dataset: Dataset, tables: Mapping[str, Mapping[str, Row]], keys: Iterable[Key]
) -> list[Problem]:
    path = dataset.records / KEYS_FILE
    if any(tables.values()) and not path.is_file():
        hint = "bring back the one that was there: a new one would give the records other keys"
        return [
            Problem("GG206", f"there is no {KEYS_FILE} beside the records", dataset.project.span(path), hint)
        ]
    known = {(key.table, key.key): key for key in keys}
    command = f"run `govgraph extract {dataset.id}` again"
    problems = []
    for name, rows in tables.items():
        for key, row in rows.items():
            entry = known.get((name, key))
            span = dataset.project.span(dataset.records / f"{name}.csv", row.line, 1)
            if entry is None:
                hint = f"{command}: it takes keys from {KEYS_FILE} only"
                message = f"{name}: the key '{key}' does not stand in {KEYS_FILE}"
                problems.append(Problem("GG206", message, span, hint))
            elif entry.replaced_by:
                message = (
                    f"{name}: the key '{key}' was withdrawn for ever on line {entry.line} of {KEYS_FILE}"
                )
                problems.append(Problem("GG206", message, span, f"{command}, or take back the withdrawal"))
    return problems


def _check_correction(
    dataset: Dataset, correction: Correction, known: set[str] | None, rows: Mapping[str, Row] | None
) -> list[Problem]:
    table, column = correction.table, correction.column
    span = dataset.project.span(dataset.records / CORRECTIONS_FILE, correction.line)
    if column in SOURCE_COLUMNS:
        hint = f"keys are curated in {KEYS_FILE}" if column == KEY else "mend the region or the layout"
        return [Problem("GG206", f"the column '{column}' cannot be corrected", span, hint)]
    if known is not None and column not in known:
        hint = did_you_mean(column, sorted(known)) or f"see the columns of {table} in dataset.yml"
        return [Problem("GG206", f"{table} has no column '{column}'", span, hint)]
    if rows is None:
        return []
    if correction.key not in rows:
        hint = did_you_mean(correction.key, list(rows)) or f"see the keys in {table}.csv"
        return [Problem("GG206", f"{table} has no record '{correction.key}'", span, hint)]
    stands = rows[correction.key].cells.get(column)
    if stands is not None and stands != correction.corrected:
        message = f"not applied yet: {table} '{correction.key}', column '{column}' holds '{stands}'"
        return [Problem("GG206", message, span, f"run `govgraph extract {dataset.id}`")]
    return []
