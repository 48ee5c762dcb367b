"""From a document to the tables of its dataset.

Layouts read the document; records get their keys, then the corrections that a person made; tables of what
repeats, and of citations, are made out of those; last, columns that hold keys of other records are filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govgraph.documents.citations import Statute, citation_cells, path_of
from govgraph.documents.columns import Cells, count_equals, fill, find_all
from govgraph.documents.coverage import Coverage, cover
from govgraph.documents.custody import find_lost, find_missing
from govgraph.documents.declarations import check_declarations, load_templates
from govgraph.documents.discrepancies import find_discrepancies
from govgraph.documents.distinct import Group, group_rows
from govgraph.documents.keys import Identity, assign_keys
from govgraph.documents.layout import Template, Transcript
from govgraph.documents.ledgers import (
    CORRECTIONS_FILE,
    KEY_HINT,
    KEY_PATTERN,
    KEYS_FILE,
    Correction,
    Key,
    merge_keys,
    read_corrections,
    read_keys,
    render_keys,
)
from govgraph.documents.mentions import find_mentions, mention_cells, read_spellings
from govgraph.documents.normalize import fold_label
from govgraph.documents.printed import Checked, Witness, check_printed, render_printed
from govgraph.documents.reader import Document
from govgraph.documents.regions import Passage, find_passages
from govgraph.documents.tables import (
    DISCREPANCIES_TABLE,
    DOCUMENT_TABLE,
    SOURCE_COLUMNS,
    Record,
    Source,
    Table,
    write_files,
)
from govgraph.errors import ConfigError, DocumentError, Problem, SourceSpan, did_you_mean
from govgraph.project import REFERENCE, Dataset
from govgraph.records import KEY, PRINTED_FILE
from govgraph.settings import Citations, Distinct, Found, Mentions, Reference, TableLayout

NAMES_FILE = "names.csv"
TEXT_COLUMNS = ("key", "text")


@dataclass(frozen=True, slots=True)
class Trace:
    """What the records came from: the regions, what each layout read, the records in the same order.

    `printed` says how many records of a table were found to hold what is printed in their lines.
    """

    passages: Mapping[str, Passage]
    transcripts: Mapping[str, Transcript]
    records: Mapping[str, Sequence[Record]]
    printed: Mapping[str, Checked]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a document gave: tables by name, running text by table (if asked for), keys, and lines.

    `witnesses` are what the lines of the records were seen to hold, in the order of tables and records.
    `problems` are warnings: what would hinder writing was raised.
    """

    dataset: Dataset
    document: Document
    tables: Mapping[str, Table]
    texts: Mapping[str, Table]
    keys: tuple[Key, ...]
    witnesses: tuple[Witness, ...]
    coverage: Coverage
    trace: Trace
    problems: tuple[Problem, ...]

    def files(self) -> dict[Path, str]:
        """Path -> content of all files that it makes."""
        dataset = self.dataset
        records = {dataset.records / f"{name}.csv": table.render() for name, table in self.tables.items()}
        texts = {dataset.text / f"{name}.csv": table.render() for name, table in self.texts.items()}
        if self.witnesses:
            records[dataset.records / PRINTED_FILE] = render_printed(self.witnesses)
        return {**records, dataset.records / KEYS_FILE: render_keys(self.keys), **texts}


def write_extraction(extraction: Extraction, *, allow_missing: bool = False) -> tuple[Path, ...]:
    """Writes all files of `extraction` or none; returns those that changed.

    Raises DocumentError: GG307 for records that would vanish, unless `allow_missing`; GG207.
    """
    lost = find_lost(extraction.dataset, extraction.tables)
    if lost and not allow_missing:
        raise DocumentError.collect(lost)
    return write_files(extraction.files())


def extract(dataset: Dataset, document: Document, *, with_text: bool = False) -> Extraction:
    """The tables of `dataset` as `document` has them.

    Raises ConfigError for what is wrong in dataset.yml (GG003, GG008, GG012, GG102, and GG104 for
    `with_text` where nothing declares text), in the layouts (GG204), in keys.csv and corrections.csv (GG206);
    DocumentError for the document (GG203, GG206 for a withdrawn key that it prints, GG301, GG303, GG306).
    """
    if dataset.settings.document is None or not dataset.settings.tables:
        message = f"dataset '{dataset.id}' is not read from a document"
        hint = "declare `document`, `regions` and `tables` in its dataset.yml"
        raise ConfigError(message, "GG102", dataset.span(), hint)
    if with_text and not any(t.text for t in dataset.settings.tables.values()):
        message = f"dataset '{dataset.id}' declares no text"
        raise ConfigError(message, "GG104", dataset.span("tables"), "add `text: <value>` to a table")
    templates, problems = load_templates(dataset)
    keys, wrong_keys = read_keys(dataset)
    corrections, wrong_corrections = read_corrections(dataset)
    if wrong := [*check_declarations(dataset, templates), *problems, *wrong_keys, *wrong_corrections]:
        raise ConfigError.collect(wrong)
    passages, problems = find_passages(dataset, document)
    if problems:
        raise DocumentError.collect(problems)
    return _Extractor(dataset, document, keys, corrections).run(templates, passages, with_text)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record before it has a key: what is printed, and where."""

    printed: Mapping[str, str]
    source: Source


class _Extractor:
    """One extraction: the records of all tables, and what is to be said of them."""

    def __init__(
        self, dataset: Dataset, document: Document, keys: list[Key], corrections: list[Correction]
    ) -> None:
        self.dataset = dataset
        self.layouts = dataset.settings.tables
        self.document = document
        self.known = keys
        self.corrections = corrections
        self.transcripts: dict[str, Transcript] = {}
        self.records: dict[str, list[Record]] = {}
        self.groups: dict[str, tuple[list[Group], list[int | None]]] = {}
        self.entries: list[Key] = []
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def run(
        self, templates: Mapping[str, Template], passages: Mapping[str, Passage], with_text: bool
    ) -> Extraction:
        for name, template in templates.items():
            self.read_table(name, template, passages[str(self.layouts[name].region)])
        for name, layout in self.layouts.items():
            if layout.distinct is not None:
                self.group_table(name, layout.distinct)
        for name, layout in self.layouts.items():
            if layout.found is not None:
                self.search_table(name, layout.found)
        for name, layout in self.layouts.items():
            if layout.citations is not None:
                self.cite_table(name, layout.citations)
        for name, layout in self.layouts.items():
            if layout.mentions is not None:
                self.mention_table(name, layout.mentions)
        for name in self.layouts:
            self.link_table(name)
        tables = {DOCUMENT_TABLE: self.document_table()}
        tables |= {n: self.finish_table(n) for n, layout in self.layouts.items() if not layout.internal}
        if stale := self.check_corrections():
            raise ConfigError.collect([*stale, *self.errors])
        printed, witnesses, wrong = check_printed(self.layouts, self.records, passages, self.document)
        self.errors += wrong
        if not self.errors:
            discrepancies, wrong = find_discrepancies(self.dataset, self.records, self.corrections)
            self.errors += [p for p in wrong if p.code != "GG303"]
            self.warnings += [p for p in wrong if p.code == "GG303"]
            tables |= {DISCREPANCIES_TABLE: discrepancies} if discrepancies else {}
        if self.errors:
            raise DocumentError.collect(self.errors)
        read = {n for transcript in self.transcripts.values() for n in transcript.lines}
        coverage, missed = cover(self.document, list(passages.values()), read)
        texts = {n: self.text_table(n) for n, layout in self.layouts.items() if layout.text and with_text}
        keys = tuple(merge_keys(self.layouts, self.known, self.entries))
        present = {name: [r.key for r in records] for name, records in self.records.items()}
        self.warnings += find_missing(self.dataset, self.known, present)
        warnings = sorted(
            [*missed, *self.warnings], key=lambda p: (p.span or SourceSpan(""), p.code, p.message)
        )
        trace = Trace(passages, self.transcripts, self.records, printed)
        return Extraction(
            self.dataset,
            self.document,
            tables,
            texts,
            keys,
            tuple(witnesses),
            coverage,
            trace,
            tuple(warnings),
        )

    def read_table(self, name: str, template: Template, passage: Passage) -> None:
        self.transcripts[name] = template.read(passage.lines, self.document.name)
        drafts = [
            _Draft(r.values, Source(r.first, r.last, r.page, passage.heading_above(r.first)))
            for r in self.transcripts[name].readings
        ]
        if not drafts:
            message = f"table '{name}' comes out empty: no record in lines {passage.first}-{passage.last}"
            hint = f"do the rules of {template.shown} fit this document?"
            self.errors.append(Problem("GG203", message, self.document.span(passage.first), hint))
        self.settle(name, drafts)

    def group_table(self, name: str, distinct: Distinct) -> None:
        members = self.records[distinct.of]
        groups, innermost = group_rows(distinct, [record.cells for record in members])
        self.groups[name] = (groups, innermost)
        if members and not groups:
            message = f"table '{name}' comes out empty: the columns of its levels are empty in {distinct.of}"
            hint = f"see {self.dataset.span('tables', name, 'distinct', 'levels')}"
            self.errors.append(Problem("GG203", message, self.document.span(), hint))
        drafts = []
        for group in groups:
            sources = [members[i].source for i in group.members]
            first = sources[0]
            last = max(source.last for source in sources)
            drafts.append(_Draft(group.cells, Source(first.first, last, first.page, first.heading)))
        self.settle(name, drafts)

    def search_table(self, name: str, found: Found) -> None:
        drafts = [
            _Draft({**match, **{column: record.cells[column] for column in found.carry}}, record.source)
            for record in self.records[found.of]
            for match in find_all(found.pattern, record.cells[found.column])
        ]
        if self.records[found.of] and not drafts:
            message = f"table '{name}' comes out empty: its pattern finds nothing in {found.of}"
            hint = f"see {self.dataset.span('tables', name, 'found', 'pattern')}"
            self.errors.append(Problem("GG203", message, self.document.span(), hint))
        self.settle(name, drafts)

    def cite_table(self, name: str, citations: Citations) -> None:
        parts = [(part, record) for part in citations.parts for record in self.records[part]]
        statute = Statute([path_of(record.key) for _, record in parts], citations.laws)
        drafts: dict[tuple[str, str], _Draft] = {}
        for part, record in sorted(parts, key=lambda p: p[1].source.first):
            text = self.layouts[part].text
            if text is None:
                continue
            here = path_of(record.key)
            found, faults = statute.find_citations(record.cells[text], here)
            for citation in found:
                cells = citation_cells(here, citation, citations.statute, citations.laws)
                drafts.setdefault((cells["citing"], cells["cited"]), _Draft(cells, record.source))
            self.warnings += [
                Problem("GG303", message, self.document.span(record.source.first)) for message in faults
            ]
        self.settle(name, list(drafts.values()))

    def mention_table(self, name: str, mentions: Mentions) -> None:
        path = self.dataset.project.root / "records" / REFERENCE / NAMES_FILE
        spellings = read_spellings(path, mentions.entities)
        drafts = [
            _Draft(mention_cells(record.key, found), record.source)
            for record in self.records[mentions.of]
            for found in find_mentions(record.cells[mentions.value], spellings)
        ]
        self.settle(name, drafts)

    def settle(self, name: str, drafts: Sequence[_Draft]) -> None:
        """Gives the records of a table their keys, and applies the corrections."""
        layout = self.layouts[name]
        if layout.internal:
            self.records[name] = [Record("", d.source, Cells(layout, d.printed)) for d in drafts]
            return
        identities = []
        rows = [Cells(layout, draft.printed) for draft in drafts]
        for draft, cells in zip(drafts, rows, strict=True):
            self.link_above(layout, cells, draft.source)
        count_equals(layout, rows)
        for draft, cells in zip(drafts, rows, strict=True):
            printed = fill(layout.key, cells.__getitem__) if layout.key else ""
            span = self.document.span(draft.source.first)
            if printed and not KEY_PATTERN.fullmatch(printed):
                message = f"{name}: '{printed}' cannot be a key"
                self.errors.append(Problem("GG301", message, span, KEY_HINT))
            identifying = [cells[column] for column in layout.identify] or [printed]
            identities.append(Identity.of(identifying, printed, span))
        issued = (self.dataset.settings.document and self.dataset.settings.document.issued) or ""
        assigned = assign_keys(name, identities, [k for k in self.known if k.table == name], issued)
        self.entries += assigned.entries
        self.errors += assigned.errors
        self.warnings += assigned.warnings
        corrected = {
            key: {
                c.column: (c.printed, c.corrected)
                for c in self.corrections
                if (c.table, c.key) == (name, key)
            }
            for key in assigned.keys
        }
        self.records[name] = [
            Record(key, draft.source, Cells(layout, draft.printed, corrected[key]))
            for key, draft in zip(assigned.keys, drafts, strict=True)
        ]
        for record in self.records[name]:
            self.link_above(layout, record.cells, record.source)
        count_equals(layout, [record.cells for record in self.records[name]])

    def link_above(self, layout: TableLayout, cells: Cells, source: Source) -> None:
        """Fills in the columns that hold the key of the record above, so that keys can be made of them."""
        for column_name, column in {**layout.columns, **layout.values}.items():
            if column is not None and column.under is not None:
                cells.link(column_name, *self.key_above(source, column.under))

    def link_table(self, name: str) -> None:
        """Fills in the columns that hold keys of other records."""
        layout = self.layouts[name]
        for column_name, column in {**layout.columns, **layout.values}.items():
            for index, record in enumerate(self.records[name]):
                if column is None or not column.is_link:
                    break
                if column.parent:
                    record.cells.link(column_name, self.parent_key(name, index))
                elif column.group is not None:
                    record.cells.link(column_name, self.group_key(name, index, column.group))
                elif column.refers is not None:
                    record.cells.link(column_name, *self.referred_key(record, column.refers))

    def parent_key(self, name: str, index: int) -> str:
        parent = self.groups[name][0][index].parent
        return "" if parent is None else self.records[name][parent].key

    def group_key(self, name: str, index: int, table: str) -> str:
        if name in self.groups:
            index = self.groups[name][0][index].members[0]
        group = self.groups[table][1][index]
        return "" if group is None else self.records[table][group].key

    def referred_key(self, record: Record, reference: Reference) -> tuple[str, str]:
        """The key (or column) of the one record that `reference` means, and why there is none."""
        if any(record.cells[name] != value for name, value in reference.when.items()):
            return "", ""
        wanted = [_comparable(record.cell(name)) for name in reference.by]
        found = [
            other
            for other in self.records[reference.to]
            if all(other.cells[name] == value for name, value in reference.where.items())
            and [_comparable(other.cell(name)) for name in reference.by] == wanted
        ]
        if len(found) == 1:
            return found[0].cell(reference.take or KEY), ""
        if not found and reference.otherwise:
            return record.cells[reference.otherwise], ""
        several = f"{len(found)} records ({', '.join(r.key for r in found)})" if found else "no record"
        columns = ", ".join(f"{name} '{record.cell(name)}'" for name in reference.by)
        return "", f"{several} of {reference.to} with {columns}"

    def key_above(self, source: Source, table: str) -> tuple[str, str]:
        """The key of the record of `table` that begins last above `source`, and why there is none."""
        above = [other for other in self.records[table] if other.source.first <= source.first]
        if not above:
            return "", f"no record of {table} stands above"
        return max(above, key=lambda other: other.source.first).key, ""

    def finish_table(self, name: str) -> Table:
        """The table as it is written; notes the cells that could not be made."""
        columns = tuple(self.layouts[name].columns)
        page = self.layouts[name].page
        rows = tuple(
            (*record.row(page), *(record.cells[column] for column in columns))
            for record in self.records[name]
        )
        for record in self.records[name]:
            for column, (code, message) in record.cells.faults.items():
                self.errors.append(
                    Problem(
                        code,
                        f"{name} '{record.key}', column '{column}': {message}",
                        self.document.span(record.source.first),
                        f"mend the layout, or the cell in {CORRECTIONS_FILE}",
                    )
                )
        return Table((*SOURCE_COLUMNS, *columns), rows)

    def text_table(self, name: str) -> Table:
        column = str(self.layouts[name].text)
        rows = ((record.key, record.cells[column]) for record in self.records[name])
        return Table(TEXT_COLUMNS, tuple(row for row in rows if row[1]))

    def document_table(self) -> Table:
        settings, document = self.dataset.settings, self.document
        assert settings.document is not None
        cells = {
            "title": settings.document.title,
            "publisher": settings.publisher or "",
            "issued": settings.document.issued or "",
            "sha256": document.sha256,
            "lines": str(len(document.lines)),
            "licence": settings.licence or "",
        }
        source = (self.dataset.id, "1", str(len(document.lines)), "", "")
        return Table((*SOURCE_COLUMNS, *cells), ((*source, *cells.values()),))

    def check_corrections(self) -> list[Problem]:
        """GG206 for each correction that names no cell, or another printed form."""
        path = self.dataset.records / CORRECTIONS_FILE
        problems: list[Problem] = []
        for correction in self.corrections:
            span = self.dataset.project.span(path, correction.line)
            record = next((r for r in self.records[correction.table] if r.key == correction.key), None)
            if record is None:
                message = f"{correction.table} has no record '{correction.key}'"
                hint = did_you_mean(correction.key, [r.key for r in self.records[correction.table]])
                hint = hint or f"see the keys in {correction.table}.csv"
                problems.append(Problem("GG206", message, span, hint))
                continue
            problems += self._check_correction(correction, record.cells, span)
        return problems

    def _check_correction(self, correction: Correction, cells: Cells, span: SourceSpan) -> list[Problem]:
        column = correction.column
        if column in SOURCE_COLUMNS:
            hint = f"keys are curated in {KEYS_FILE}" if column == KEY else "mend the region or the layout"
            return [Problem("GG206", f"the column '{column}' cannot be corrected", span, hint)]
        known = [*cells.layout.columns, *cells.layout.values, *cells.printed]
        if column not in known:
            message = f"{correction.table} has no column '{column}'"
            hint = did_you_mean(column, known) or f"see the columns of {correction.table} in dataset.yml"
            return [Problem("GG206", message, span, hint)]
        _ = cells[column]  # a cell is held against its correction when it is made
        if column in cells.mismatches:
            message = f"'{correction.printed}' is not what is printed: '{cells.mismatches[column]}'"
            return [Problem("GG206", message, span, "the document or its layout changed: look again")]
        return []


def _comparable(text: str) -> str:
    return re.sub(r"\s", "", fold_label(text))
