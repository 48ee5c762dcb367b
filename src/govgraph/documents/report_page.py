"""The report of a document as one page that needs nothing else: its lines, coloured and linked to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from govgraph.documents.extraction import Extraction
from govgraph.documents.report import Kind, LineReport, Report
from govgraph.documents.tables import SOURCE_COLUMNS, write_files

_KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.FACT: ("事実", "fact"),
    Kind.TEXT: ("本文", "text"),
    Kind.HEADING: ("見出し", "heading"),
    Kind.FURNITURE: ("体裁", "furniture"),
    Kind.BLANK: ("空行", "blank"),
    Kind.MISSED: ("未解釈", "not understood"),
}
"""Kind of a line -> its name in Japanese and English."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A record on the page: its place there, its lines, and its cells by column."""

    id: str
    key: str
    first: str
    last: str
    cells: Sequence[tuple[str, str]]


def write_report(extraction: Extraction, report: Report) -> None:
    """Writes `.govgraph/reports/<dataset>.html`. Raises DocumentError GG207 where it cannot be written."""
    write_files({extraction.dataset.report: render_report(extraction, report)})


def render_report(extraction: Extraction, report: Report) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("govgraph.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digits = sum(line.has_digit for line in report.lines)
    return environment.get_template("report.html").render(
        title=extraction.dataset.settings.title,
        document=extraction.document,
        report=report,
        kinds=_KINDS,
        css=_css,
        counts=[
            (kind, ja, en, report.count(kind), report.count(kind, with_digit=True))
            for kind, (ja, en) in _KINDS.items()
        ],
        digits=digits,
        missed=report.count(Kind.MISSED, with_digit=True),
        outside=[line for line in report.lines if line.numerals],
        printed=report.printed,
        tables=_tables(extraction, report.lines),
    )


def _css(kind: Kind) -> str:
    return kind.name.lower()


def _tables(extraction: Extraction, lines: Sequence[LineReport]) -> list[tuple[str, list[_Shown]]]:
    """The tables with the records that lines lead to, in print order."""
    led_to = {record for line in lines for record in line.records}
    shown = []
    for name, table in extraction.tables.items():
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        records = [
            _Shown(
                f"{name}.{row['key']}",
                row["key"],
                row["first_line"],
                row["last_line"],
                [(column, cell) for column, cell in row.items() if column not in SOURCE_COLUMNS and cell],
            )
            for row in rows
            if (name, row["key"]) in led_to
        ]
        if records:
            shown.append((name, records))
    return shown
