"""`govgraph extract`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from govgraph.cli.options import json_option, print_json, print_problems, progress_bar, project_option

if TYPE_CHECKING:
    from collections.abc import Collection

    from govgraph.documents import Extraction, Report
    from govgraph.project import Dataset, Project

SHOWN = 20
"""Warnings of one kind that are printed; all of them stand in the output of --json."""


@click.command(
    name="extract",
    epilog="""\b
Examples:
  govgraph extract hiratsuka-covid-2020 measures.txt
  govgraph extract hiratsuka-covid-2020 measures.txt --text
  govgraph extract hiratsuka-covid-2020 measures-sjis.txt --encoding cp932
  govgraph extract hiratsuka-covid-2020 measures.txt --report
  govgraph extract hiratsuka-covid-2020 measures.pdf --json""",
)
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--text", "with_text", is_flag=True, help="Also write running text, under .govgraph/text.")
@click.option("--encoding", metavar="E", help="Encoding of a text; else that of dataset.yml, else utf-8.")
@click.option("--allow-missing", is_flag=True, help="Write even if records that are there now would vanish.")
@click.option("--report", "with_report", is_flag=True, help="Also say what became of each line, as a page.")
@project_option
@json_option
def command(
    dataset: str,
    file: Path,
    with_text: bool,
    encoding: str | None,
    allow_missing: bool,
    with_report: bool,
    project: Project,
    as_json: bool,
) -> None:
    """Read the document FILE into the records of DATASET: a text, a PDF, a page, a Word or an Excel file.

    Writes records/DATASET/*.csv and its keys.csv: all of them, or none if anything is wrong, or if a record
    that is there now would vanish. Reading the same document again changes nothing. --report adds a page,
    .govgraph/reports/DATASET.html, with every line.
    """
    from govgraph.documents import extract, read_document, report_lines, write_extraction, write_report

    chosen = project.dataset(dataset)
    declared = chosen.settings.document.encoding if chosen.settings.document else "utf-8"
    with progress_bar() as progress:
        task = progress.add_task(f"reading {file.name}", total=None)
        document = read_document(
            file,
            encoding=encoding or declared,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        extraction = extract(chosen, document, with_text=with_text)
    changed = write_extraction(extraction, allow_missing=allow_missing)
    report = report_lines(extraction) if with_report else None
    if report:
        write_report(extraction, report)
    if as_json:
        answer = _to_json(project, extraction, changed)
        if report:
            answer["report"] = {**report.to_json(), "file": project.shown(chosen.report)}
        print_json(answer)
        return
    _print_warnings(extraction)
    _print_summary(project, extraction, changed)
    if report:
        _print_report(project, chosen, report)


def _tables(extraction: Extraction) -> list[tuple[str, int, Path]]:
    """Name, number of records and file of each table."""
    dataset = extraction.dataset
    records = [(n, len(t.rows), dataset.records / f"{n}.csv") for n, t in extraction.tables.items()]
    texts = [(f"{n} (text)", len(t.rows), dataset.text / f"{n}.csv") for n, t in extraction.texts.items()]
    return records + texts


def _print_summary(project: Project, extraction: Extraction, changed: Collection[Path]) -> None:
    tables = _tables(extraction)
    width = max(len(name) for name, _, _ in tables)
    for name, count, path in tables:
        state = "" if path in changed else "  (unchanged)"
        click.echo(f"{name:<{width}}  {count:>6}  {project.shown(path)}{state}")
    lines = extraction.coverage
    click.echo(
        f"lines: {lines.read} read, {lines.headings} headings, {lines.text} text, "
        f"{lines.furniture} furniture, {lines.blank} blank, {len(lines.not_understood)} not understood"
    )
    outside = ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in lines.outside)
    click.echo(f"outside of every region: {outside or 'none'}")


def _print_report(project: Project, dataset: Dataset, report: Report) -> None:
    from govgraph.documents.report import Kind

    click.echo(f"\n{'':<14} {'lines':>6} {'with digits':>12}")
    for kind in Kind:
        click.echo(f"{kind.value:<14} {report.count(kind):>6} {report.count(kind, with_digit=True):>12}")
    click.echo(f"of the lines with digits, not understood: {report.unread_share:.1%}")
    outside = [line.numerals for line in report.lines if line.numerals]
    click.echo(f"numerals outside of every fact: {sum(map(len, outside))} in {len(outside)} lines")
    for name, printed in report.printed.items():
        click.echo(f"found in their lines: {printed.checked} of {printed.records} {name}")
    click.echo(f"page: {project.shown(dataset.report)}")


def _print_warnings(extraction: Extraction) -> None:
    by_code: dict[str, int] = {}
    for problem in extraction.problems:
        by_code[problem.code] = by_code.get(problem.code, 0) + 1
        if by_code[problem.code] <= SHOWN:
            print_problems([problem])
    for code, count in by_code.items():
        if count > SHOWN:
            click.echo(f"{code}: {count - SHOWN} more; --json lists them all", err=True)


def _to_json(project: Project, extraction: Extraction, changed: Collection[Path]) -> dict[str, object]:
    lines = extraction.coverage
    return {
        "dataset": extraction.dataset.id,
        "document": {
            "file": extraction.document.name,
            "sha256": extraction.document.sha256,
            "lines": len(extraction.document.lines),
        },
        "tables": [
            {"name": name, "records": count, "file": project.shown(path), "changed": path in changed}
            for name, count, path in _tables(extraction)
        ],
        "lines": {
            "read": lines.read,
            "headings": lines.headings,
            "text": lines.text,
            "furniture": lines.furniture,
            "blank": lines.blank,
            "not_understood": list(lines.not_understood),
            "outside": [list(stretch) for stretch in lines.outside],
        },
        "warnings": [problem.to_json() for problem in extraction.problems],
    }
