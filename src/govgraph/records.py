"""Tables of records: read row by row with their lines, and held to their `datapackage.json`.

A dataset's tables lie in `records/<dataset>/<table>.csv`; `datapackage.json` beside them (Frictionless Data
Package) declares every column. frictionless checks the cells; what it finds is told in our own words, at
the line of the file (a cell may hold line breaks, so a row's number is not its line).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from govgraph.cells import EXPECTED, find_cell, is_plain
from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.project import Dataset

if TYPE_CHECKING:
    from frictionless import Error, Package, Resource
    from frictionless import errors as faults

PACKAGE_FILE = "datapackage.json"
PRINTED_FILE = "printed.csv"
PRINTED_COLUMNS = ("table", "key", "first_line", "last_line", "printed")
"""What the lines of each record were seen to hold when it was read from its document."""

BOOKKEEPING = ("keys.csv", "corrections.csv", PRINTED_FILE)
"""CSV files of a records folder that are no tables of records."""

KEY = "key"
PROVISIONAL = "new-"
"""How the key begins that `extract` gives to a record until a person curates one; hex digits follow."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: the line of the file where it begins (from 1), and column -> cell."""

    line: int
    cells: Mapping[str, str]


def is_provisional(key: str) -> bool:
    """Whether `extract` made `key` up, and no person has chosen it yet.

    >>> is_provisional("new-0a1b2c3d"), is_provisional("new-town-revival")
    (True, False)
    """
    return re.fullmatch(f"{PROVISIONAL}[0-9a-f]{{8,}}", key) is not None


def table_files(dataset: Dataset) -> tuple[Path, ...]:
    """The tables of records of `dataset`, sorted by name."""
    return tuple(p for p in sorted(dataset.records.glob("*.csv")) if p.name not in BOOKKEEPING)


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a table; cells that a row lacks are empty. Raises OSError and UnicodeDecodeError."""
    lines = read_lines(path)
    _, header = next(lines, (1, []))
    for line, cells in lines:
        if cells:
            padded = cells + [""] * (len(header) - len(cells))
            yield Row(line, dict(zip(header, padded, strict=False)))


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, header and empty ones too, with the line where each begins."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        begin = 1
        for cells in reader:
            yield begin, cells
            begin = reader.line_num + 1


def check_records(dataset: Dataset) -> list[Problem]:
    """What is wrong in the tables of `dataset`, in the order of the files; empty where all is well.

    GG301 a cell or row breaks the schema, GG302 table and schema differ, GG303 a foreign key leads nowhere,
    GG304 a record has only a provisional key.
    """
    files = table_files(dataset)
    package_path = dataset.records / PACKAGE_FILE
    if not package_path.is_file():
        if not files:
            return []
        return [
            Problem(
                "GG302",
                f"{PACKAGE_FILE} is missing",
                dataset.project.span(package_path),
                "declare every table and column in it (Frictionless Data Package)",
            )
        ]
    from frictionless.errors import RowError

    problems, package = _read_package(dataset, package_path)
    if package is None:
        return problems
    declared = {dataset.records / str(r.path) for r in package.resources}
    for path in files:
        if path not in declared:
            problems.append(
                Problem(
                    "GG302",
                    f"the table is not declared in {PACKAGE_FILE}",
                    dataset.project.span(path, 1),
                    "add it to `resources`, with every column",
                )
            )
    tables = [_Table(dataset, dataset.records / str(r.path), r) for r in package.resources]
    found = {t.resource.name: [*t.check_file(), *t.check_header()] for t in tables}
    faults_by_table = {task.name: task.errors for task in package.validate().tasks}
    whole = all(t.is_readable for t in tables)
    for table in tables:
        problems += found[table.resource.name]
        if table.is_readable:
            problems += table.check_keys()
            unplain = table.check_cells()
            told = {problem.span for problem in unplain}
            problems += unplain
            for fault in faults_by_table[table.resource.name]:
                # A table that refers to an unreadable one fails as a whole, which says nothing new.
                if whole or isinstance(fault, RowError):
                    explained = table.explain(fault)
                    problems += [explained] if explained and explained.span not in told else []
    return sorted(problems, key=lambda p: (p.span or SourceSpan(""), p.code, p.message))


def _read_package(dataset: Dataset, path: Path) -> tuple[list[Problem], Package | None]:
    """The data package, set to read what a record table is: UTF-8 and RFC 4180, nothing guessed."""
    from frictionless import Dialect, FrictionlessException, Package
    from frictionless.formats import CsvControl

    try:
        descriptor = json.loads(path.read_text(encoding="utf-8"))
        package = Package.from_descriptor(descriptor, basepath=str(path.parent))
    except json.JSONDecodeError as e:
        place = dataset.project.span(path, e.lineno, e.colno)
        return [Problem("GG302", f"not JSON: {e.msg}", place, "mend it at this place")], None
    except (OSError, UnicodeDecodeError) as e:
        place = dataset.project.span(path)
        return [Problem("GG302", f"cannot be read: {e}", place, "make it a readable file in UTF-8")], None
    except FrictionlessException as e:
        notes = [str(r.note) for r in e.reasons] or [str(e.error.note)]
        place = dataset.project.span(path)
        hint = "what it may hold: https://specs.frictionlessdata.io/tabular-data-package/"
        return [Problem("GG302", f"not a data package: {n}", place, hint) for n in notes], None
    for resource in package.resources:
        resource.encoding = "utf-8"
        resource.dialect = Dialect(controls=[CsvControl()])
        resource.schema.fields_match = "partial"  # a wrong header must not make every cell wrong
    return [], package


class _Table:
    """One table, its schema, and the line of each of its rows."""

    def __init__(self, dataset: Dataset, path: Path, resource: Resource) -> None:
        self.dataset = dataset
        self.path = path
        self.resource = resource
        self.lines: list[int] = []
        self.rows: list[list[str]] = []
        self.header: list[str] = []
        self.is_readable = False
        """Whether the file is CSV in UTF-8 whose columns can be told apart by name."""

    def span(self, row: int = 0, cell: int = 0) -> SourceSpan:
        """The place of a row, or of a cell in it, both counted from 1; the header is row 1."""
        if not row:
            return self.dataset.project.span(self.path)
        line = self.lines[row - 1]
        return self.dataset.project.span(self.path, *(find_cell(self.text, line, cell) if cell else (line,)))

    @cached_property
    def text(self) -> list[str]:
        """The lines of the file with their ends."""
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(file)

    def named(self, row: int, message: str) -> str:
        """`message` with the key of the record in a row, and the lines of its document where it has them."""
        cells = dict(zip(self.header, self.rows[row - 1], strict=False))
        first, last = cells.get("first_line", ""), cells.get("last_line", "")
        stretch = f"lines {first}-{last}" if last and last != first else f"line {first}"
        source = f" (document {stretch})" if first else ""
        key = f"record '{' '.join(cells[KEY].split())}', " if cells.get(KEY) else ""
        return f"{key}{message}{source}"

    def check_file(self) -> list[Problem]:
        """Reads header and lines; a problem where the file is not a table of records at all."""
        try:
            rows = list(read_lines(self.path))
        except OSError as e:
            return [
                Problem(
                    "GG302",
                    f"the table cannot be read: {e.strerror}",
                    self.span(),
                    f"run `govgraph extract {self.dataset.id}`, or take it out of {PACKAGE_FILE}",
                )
            ]
        except UnicodeDecodeError as e:
            line = self.path.read_bytes()[: e.start].count(b"\n") + 1
            place = self.dataset.project.span(self.path, line)
            return [Problem("GG302", "not UTF-8", place, "save the table as UTF-8")]
        except csv.Error as e:
            return [Problem("GG302", f"not CSV: {e}", self.span(), "save the table as CSV (RFC 4180)")]
        header = rows[0][1] if rows else []
        if not header:
            place = self.dataset.project.span(self.path, 1)
            hint = f"its first line names the columns: {','.join(self.resource.schema.field_names)}"
            return [Problem("GG302", "the table has no header", place, hint)]
        if header[0].startswith("\ufeff"):
            place = self.dataset.project.span(self.path, 1, 1)
            return [Problem("GG302", "byte order mark", place, "save the table as UTF-8 without it")]
        self.lines = [line for line, _ in rows]
        self.rows = [cells for _, cells in rows]
        self.header = header
        self.is_readable = len(set(header)) == len(header)
        return []

    def check_header(self) -> list[Problem]:
        """Columns that lack, that the schema does not know, or that stand twice; nothing for no table."""
        if not self.lines:
            return []
        known = list(self.resource.schema.field_names)
        problems = []
        for number, name in enumerate(self.header, 1):
            if name in self.header[: number - 1]:
                message = f"column '{name}' stands twice"
                problems.append(Problem("GG302", message, self.span(1, number), "rename or remove one"))
            elif name not in known:
                hint = did_you_mean(name, [k for k in known if k not in self.header])
                hint = hint or "declare it there, or remove it here"
                message = f"column '{name}' is not declared in {PACKAGE_FILE}"
                problems.append(Problem("GG302", message, self.span(1, number), hint))
        place = self.dataset.project.span(self.path, 1)
        for name in known:
            if name not in self.header:
                message = f"column '{name}' is missing"
                hint = f"run `govgraph extract {self.dataset.id}` again, or take it out of {PACKAGE_FILE}"
                problems.append(Problem("GG302", message, place, hint))
        return problems

    def check_keys(self) -> list[Problem]:
        """Records whose key is still a provisional one."""
        if KEY not in self.header:
            return []
        number = self.header.index(KEY)
        keys = self.dataset.project.shown(self.dataset.records / "keys.csv")
        return [
            Problem(
                "GG304",
                f"record '{cells[number]}' has no curated key",
                self.span(row, number + 1),
                f"give it one, for ever, in {keys}",
            )
            for row, cells in enumerate(self.rows[1:], 2)
            if len(cells) > number and is_provisional(cells[number])
        ]

    def check_cells(self) -> list[Problem]:
        """Cells that are no plain values of their type; frictionless takes `1_0` for a number, RDF not."""
        kinds = {f.name: f.type for f in self.resource.schema.fields if f.type in EXPECTED}
        typed = [(n, name, kinds[name]) for n, name in enumerate(self.header) if name in kinds]
        return [
            Problem(
                "GG301",
                self.named(row, f"column '{name}': expected {EXPECTED[kind]}, not '{cells[n]}'"),
                self.span(row, n + 1),
                self.mend(),
            )
            for row, cells in enumerate(self.rows[1:], 2)
            for n, name, kind in typed
            if n < len(cells) and cells[n] and not is_plain(kind, cells[n])
        ]

    def mend(self) -> str:
        """What to do about a cell that is wrong."""
        if self.path.stem in self.dataset.settings.tables:
            command = f"govgraph extract {self.dataset.id}"
            return f"mend the layout, or the cell in corrections.csv, and run `{command}` again"
        return f"mend the cell, or its column in {PACKAGE_FILE}"

    def explain(self, fault: Error) -> Problem | None:
        """What frictionless found, in our words; None for what `check_header` says better."""
        from frictionless import errors as faults

        match fault:
            case faults.LabelError() | faults.HeaderError():
                return None
            case faults.ForeignKeyError():
                name = fault.field_names[0]
                value = ", ".join(fault.field_cells)
                other = fault.reference_name or self.resource.name
                message = f"column '{name}': no record '{value}' in table '{other}'"
                return self._told("GG303", message, fault.row_number, self._column(name))
            case faults.PrimaryKeyError():
                return self._explain_primary_key(fault)
            case faults.UniqueError():
                twice = f"'{fault.cell}' stands twice, first on line {self._first_line(fault)}"
                return self._told(
                    "GG301", f"column '{fault.field_name}': {twice}", fault.row_number, fault.field_number
                )
            case faults.ExtraCellError():
                if fault.field_number > len(self.header) + 1:
                    return None
                hint = "quote a cell that holds a comma"
                return self._told(
                    "GG301", "more cells than columns", fault.row_number, fault.field_number, hint
                )
            case faults.MissingCellError():
                if fault.field_number > len(fault.cells) + 1:
                    return None
                message = f"the row ends before column '{fault.field_name}'"
                return self._told(
                    "GG301", message, fault.row_number, hint="a cell may be empty, its comma stays"
                )
            case faults.TypeError():
                kind = self.resource.schema.get_field(fault.field_name).type
                expected = EXPECTED.get(kind, f"a value of type {kind}")
                message = f"column '{fault.field_name}': expected {expected}, not '{fault.cell}'"
                return self._told("GG301", message, fault.row_number, fault.field_number)
            case faults.ConstraintError():
                message = f"column '{fault.field_name}': {_broken_rule(fault)}"
                return self._told("GG301", message, fault.row_number, fault.field_number)
            case faults.CellError():
                message = f"column '{fault.field_name}': {fault.note or fault.title}"
                return self._told("GG301", message, fault.row_number, fault.field_number)
            case faults.RowError():
                message = str(fault.note or fault.title).lower()
                return self._told("GG301", message, fault.row_number, hint="remove it, or fill it in")
            case _:
                hint = f"mend the table, or its declaration in {PACKAGE_FILE}"
                return Problem("GG302", str(fault.note or fault.message), self.span(), hint)

    def _told(self, code: str, message: str, row: int, cell: int = 0, hint: str = "") -> Problem:
        return Problem(code, self.named(row, message), self.span(row, cell), hint or self.mend())

    def _column(self, name: str) -> int:
        return self.header.index(name) + 1 if name in self.header else 0

    def _explain_primary_key(self, fault: faults.PrimaryKeyError) -> Problem | None:
        names = self.resource.schema.primary_key
        first = self._first_line(fault)
        place = fault.row_number, self._column(names[0])
        if first is None:  # the key is empty, which the constraint `required` says too, where it is given
            required = all(self.resource.schema.get_field(n).required for n in names)
            return None if required else self._told("GG301", "the row has no key", *place)
        shown = ", ".join(str(fault.cells[self._column(n) - 1]) for n in names)
        message = f"key '{shown}' stands twice, first on line {first}"
        return Problem("GG301", message, self.span(*place), self.mend())

    def _first_line(self, fault: Error) -> int | None:
        """The line of the other row, where a fault names one by its number."""
        named = re.search(r"position (\d+)", fault.note)
        return self.lines[int(named[1]) - 1] if named else None


def _broken_rule(fault: faults.ConstraintError) -> str:
    """What a constraint asks for, and what stands there."""
    named = re.fullmatch(r'constraint "(\w+)" is "(.*)"', fault.note, re.DOTALL)
    rule, value = named.groups() if named else ("", fault.note)
    match rule:
        case "required":
            return "must not be empty"
        case "pattern":
            return f"'{fault.cell}' does not match {value}"
        case "enum":
            allowed = ", ".join(re.findall(r"'([^']*)'", value))
            return f"expected one of {allowed}, not '{fault.cell}'"
        case "minimum" | "maximum" | "minLength" | "maxLength":
            return f"'{fault.cell}' is beyond the {rule} {value}"
        case _:
            return f"'{fault.cell}': {fault.note}"
