"""PDF documents: pages, lines, and what is said where none can be read. The PDFs are made here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from govgraph.documents import Line, read_document, read_table
from govgraph.errors import DocumentError
from tests.conftest import Cli


def make_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with the lines of each page, in a Japanese font that is not embedded (ISO 32000-1, 9.7)."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-H "
        "/DescendantFonts [4 0 R] >>",
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 {system} /DW 1000 "
        "/FontDescriptor 5 0 R >>",
        "<< /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 -200 1000 900] "
        "/ItalicAngle 0 /Ascent 850 /Descent -150 /CapHeight 700 /StemV 80 >>",
    ]
    for lines in pages:
        shown = "".join(
            f"BT /F1 10 Tf 40 {780 - 20 * n} Td <{line.encode('utf-16-be').hex()}> Tj ET\n"
            for n, line in enumerate(lines)
        )
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 840] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects) + 2} 0 R >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}endstream")
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return body + (
        f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(offsets) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("ascii")


PAGES = (("予算の一覧", "1 公園の整備 1,200", "2 道路の"), ("補修 50", "3 橋の点検 -"))


def test_lines_are_numbered_through_and_know_their_page(tmp_path: Path) -> None:
    path = tmp_path / "budget.pdf"
    path.write_bytes(make_pdf(PAGES))
    told: list[tuple[int, int]] = []
    document = read_document(path, progress=lambda done, total: told.append((done, total)))
    assert document.lines == (
        Line(1, "予算の一覧", 1),
        Line(2, "1 公園の整備 1,200", 1),
        Line(3, "2 道路の", 1),
        Line(4, "補修 50", 2),
        Line(5, "3 橋の点検 -", 2),
    )
    assert told == [(1, 2), (2, 2)]


def test_records_have_the_page_they_begin_on(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mappings" / "budget"
    folder.mkdir(parents=True)
    (tmp_path / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 題, en: T}\n")
    (folder / "dataset.yml").write_text(
        """\
title: {ja: 予算, en: Budget}
publisher: "123456"
document: {title: 予算の一覧}
regions:
  list: {start: ^予算の一覧, headings: [^予算の一覧], starts: '^\\d+ '}
tables:
  works:
    region: list
    layout: works.textfsm
    key: '{number}'
    columns:
      number:
      name: {as: label}
      amount: {as: yen, unit: 千円}
""",
        encoding="utf-8",
    )
    (folder / "works.textfsm").write_text(
        "Value Required number (\\d+)\nValue name (\\S.*)\nValue amount (\\S+)\n\n"
        "Start\n  ^${number} ${name} ${amount}$$ -> Record\n"
    )
    (tmp_path / "budget.pdf").write_bytes(make_pdf(PAGES))
    monkeypatch.chdir(tmp_path)
    ran = cli("extract", "budget", "budget.pdf")
    assert (ran.code, ran.err) == (0, "")
    rows = read_table(tmp_path / "records" / "budget" / "works.csv")
    assert [tuple(row.values()) for row in rows] == [
        ("1", "2", "2", "1", "予算の一覧", "1", "公園の整備", "1200000"),
        ("2", "3", "4", "1", "予算の一覧", "2", "道路の補修", "50000"),
        ("3", "5", "5", "2", "予算の一覧", "3", "橋の点検", ""),
    ]


def test_pdf_of_photographs(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(make_pdf([[]]))
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert str(raised.value) == (
        f"{path}: GG201 the document holds no text\n  hint: a PDF of photographed pages has no text in it"
    )


def test_without_pdfplumber(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "budget.pdf"
    path.write_bytes(make_pdf(PAGES))
    monkeypatch.setitem(sys.modules, "pdfplumber", None)
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert str(raised.value) == (
        f"{path}: GG201 reading a PDF needs pdfplumber, which is not installed\n"
        "  hint: pip install 'govgraph[pdf]'"
    )
