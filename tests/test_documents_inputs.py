"""Web pages, Word and Excel files, and PDF tables over two pages: made here, and read."""

from __future__ import annotations

import datetime
import io
import sys
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

from govgraph.documents import read_document, read_table
from govgraph.errors import DocumentError
from tests.conftest import Cli

FONT = "HeiseiKakuGo-W5"
HEADS = ("番号", "種別", "事業名", "予算額（千円）")


def lines_of(path: Path, encoding: str = "utf-8") -> list[str]:
    return [line.text for line in read_document(path, encoding=encoding).lines]


def write_html(path: Path, charset: str = "utf-8", codec: str = "utf-8") -> Path:
    page = f"""<!DOCTYPE html>
<html lang="ja"><head><meta charset="{charset}"><title>窓の題名</title><style>p {{}}</style></head>
<body><h1>公園計画</h1>
<p>本文の<b>一つの</b>段落は、
折り返しても　一行。<br>改行の後</p>
<script>alert("読まない")</script>
<table><caption>事業一覧</caption>
<thead><tr><th>番号<th>種別<th colspan="2">事業名と予算</thead>
<tr><td>1</td><td rowspan="2">新設</td><td>中央公園の<br>遊具①</td><td>1,200</td></tr>
<tr><td>2<td>広場<td>-</tr>
</table>
<ul><li>一つ目<li>二つ目</ul>
<table><tr><td><table><tr><td>内<td>側</table></td><td>外側</td></tr></table>
</body></html>"""
    path.write_bytes(page.encode(codec))
    return path


HTML_LINES = [
    "公園計画",
    "本文の一つの段落は、 折り返しても　一行。",
    "改行の後",
    "事業一覧",
    "番号\t種別\t事業名と予算\t",
    "1\t新設\t中央公園の 遊具①\t1,200",
    "2\t\t広場\t-",
    "一つ目",
    "二つ目",
    "内\t側",
    "外側",
]


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("utf-8", "utf-8"), ("Shift_JIS", "cp932"), ("utf-8", "utf-8-sig")],
)
def test_web_page(tmp_path: Path, charset: str, codec: str) -> None:
    assert lines_of(write_html(tmp_path / "page.html", charset, codec)) == HTML_LINES


def test_web_page_in_another_encoding_than_it_names(tmp_path: Path) -> None:
    path = write_html(tmp_path / "page.html", "utf-8", "cp932")
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert raised.value.problems[0].code == "GG202"
    assert "it reads as cp932" in raised.value.problems[0].message


def test_a_text_that_quotes_html_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("<p>公園</p>\n<html> は要素\n", encoding="utf-8")
    assert lines_of(path) == ["<p>公園</p>", "<html> は要素"]


def write_word(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("公園計画", 1)
    document.add_paragraph("一行目\n二行目")
    table = document.add_table(rows=3, cols=4)
    for row, cells in zip(
        table.rows, (HEADS, ("1", "新設", "中央公園の\n遊具", "1,200"), ("2", "", "広場", "-")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 1).merge(table.cell(2, 1))
    table.cell(0, 2).merge(table.cell(0, 3))
    document.add_paragraph("表の後")
    document.save(str(path))
    return path


def test_word(tmp_path: Path) -> None:
    assert lines_of(write_word(tmp_path / "plan.docx")) == [
        "公園計画",
        "一行目",
        "二行目",
        "番号\t種別\t事業名 予算額（千円）\t",
        "1\t新設\t中央公園の 遊具\t1,200",
        "2\t\t広場\t-",
        "表の後",
    ]


def write_excel(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "事業"
    sheet.append(HEADS)
    sheet.append((1, "新設", "中央公園の\n遊具", 1200))
    sheet.append((2, None, "広場", 0.5))
    sheet.merge_cells("B2:B3")
    sheet["D2"].number_format = "#,##0"
    other = book.create_sheet("期間")
    other.append((datetime.date(2021, 4, 1), datetime.datetime(2021, 4, 1, 9, 30), True, 3.0))
    book.save(path)
    return path


def test_excel(tmp_path: Path) -> None:
    document = read_document(write_excel(tmp_path / "plan.xlsx"))
    assert [(line.number, line.text, line.page) for line in document.lines] == [
        (1, "事業", 1),
        (2, "\t".join(HEADS), 1),
        (3, "1\t新設\t中央公園の 遊具\t1200", 1),
        (4, "2\t\t広場\t0.5", 1),
        (5, "期間", 2),
        (6, "2021-04-01\t2021-04-01T09:30:00\tTRUE\t3", 2),
    ]


def test_formula_that_was_never_computed(tmp_path: Path) -> None:
    path = write_excel(tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(path)
    book["事業"]["D4"] = "=SUM(D2:D3)"
    book.save(path)
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert str(raised.value) == (
        f"{path}: GG201 the formula in 事業!D4 has no stored value\n"
        "  hint: open the file in a spreadsheet program, and save it again"
    )


@pytest.mark.parametrize(
    ("write", "name", "module", "what", "package"),
    [
        (write_html, "a.html", "lxml", "a web page", "lxml"),
        (write_word, "a.docx", "docx", "a Word file", "python-docx"),
        (write_excel, "a.xlsx", "openpyxl", "an Excel file", "openpyxl"),
    ],
)
def test_without_the_extra(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path], Path],
    name: str,
    module: str,
    what: str,
    package: str,
) -> None:
    path = write(tmp_path / name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert str(raised.value) == (
        f"{path}: GG201 reading {what} needs {package}, which is not installed\n"
        "  hint: pip install 'govgraph[office]'"
    )


@pytest.mark.parametrize(("part", "what"), [("word/document.xml", "Word"), ("xl/workbook.xml", "Excel")])
def test_broken_office_files(tmp_path: Path, part: str, what: str) -> None:
    import zipfile

    path = tmp_path / "broken"
    with zipfile.ZipFile(path, "w") as container:
        container.writestr(part, "<broken")
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert f"GG201 not a readable {what} file" in str(raised.value)


def ruled(rows: list[list[str]]) -> Table:
    table = Table(rows, repeatRows=1)
    table.setStyle([("FONT", (0, 0), (-1, -1), FONT, 10), ("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    return table


def make_pdf() -> bytes:
    """A ruled table over two pages, its head repeated, text before and after."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("plain", fontName=FONT, fontSize=10, leading=14)
    rows = [list(HEADS)]
    for number in range(1, 31):
        name = "中央公園の\n遊具" if number % 7 == 0 else f"第{number}公園の整備"
        rows.append([str(number), "新設" if number == 1 else "", name, f"{number},200"])
    out = io.BytesIO()
    story = [Paragraph("公園計画", style), ruled(rows), Paragraph("以上の表は令和3年4月のもの", style)]
    SimpleDocTemplate(out, pagesize=(420, 420)).build(story)
    return out.getvalue()


def test_pdf_table_over_two_pages(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plan.pdf").write_bytes(make_pdf())
    document = read_document(tmp_path / "plan.pdf")
    assert document.lines[0].text == "公園計画"
    assert document.lines[-1].text == "以上の表は令和3年4月のもの"
    assert [line.text for line in document.lines].count("\t".join(HEADS)) == document.lines[-1].page
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    ran = cli("extract", "parks", "plan.pdf")
    assert (ran.code, ran.err) == (0, "")
    rows = read_table(tmp_path / "records" / "parks" / "works.csv")
    assert [row["number"] for row in rows] == [str(n) for n in range(1, 31)]
    assert {row["kind"] for row in rows} == {"新設"}
    assert [row["name"] for row in rows][5:7] == ["第6公園の整備", "中央公園の遊具"]
    assert [row["budget"] for row in rows][:2] == ["1200000", "2200000"]
    assert sorted({row["page"] for row in rows}) == [str(n) for n in range(1, int(rows[-1]["page"]) + 1)]
    assert int(rows[-1]["page"]) > 1


def test_pdf_row_broken_between_two_pages(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("plain", fontName=FONT, fontSize=10, leading=14)
    first = ruled([list(HEADS), ["1", "新設", "遊具", "1,200"], ["2", "", "駅前広場", "3,400"]])
    second = ruled([list(HEADS), ["", "", "の植栽", ""], ["3", "改修", "照明", "50"]])
    story = [Paragraph("公園計画", style), first, PageBreak(), second]
    SimpleDocTemplate(str(tmp_path / "plan.pdf"), pagesize=(420, 420)).build(story)
    write_project(tmp_path)
    settings = tmp_path / "mappings/parks/dataset.yml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("    furniture", "    starts: ^\\d+\\t\n    furniture"),
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    ran = cli("extract", "parks", "plan.pdf")
    assert (ran.code, ran.err) == (0, "")
    rows = read_table(tmp_path / "records" / "parks" / "works.csv")
    assert [(r["name"], r["first_line"], r["last_line"], r["page"], r["budget"]) for r in rows] == [
        ("遊具", "3", "3", "1", "1200000"),
        ("駅前広場の植栽", "4", "6", "1", "3400000"),
        ("照明", "7", "7", "2", "50000"),
    ]


@pytest.mark.parametrize(
    ("write", "name"), [(write_html, "a.html"), (write_word, "a.docx"), (write_excel, "a.xlsx")]
)
def test_records_out_of_each(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], Path], name: str
) -> None:
    write_project(tmp_path)
    write(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    ran = cli("extract", "parks", name)
    assert ran.code == 0
    rows = read_table(tmp_path / "records" / "parks" / "works.csv")
    assert [(row["number"], row["kind"]) for row in rows] == [("1", "新設"), ("2", "新設")]
    assert rows[0]["budget"] == "1200000"


def write_project(folder: Path) -> None:
    mappings = folder / "mappings" / "parks"
    mappings.mkdir(parents=True)
    (folder / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 題, en: T}\n")
    (mappings / "dataset.yml").write_text(
        """\
title: {ja: 公園計画, en: Parks}
publisher: "123456"
document: {title: 公園計画}
regions:
  list:
    start: ^(公園計画|事業)$
    headings: [^(公園計画|事業)$]
    furniture: ['^番号\\t', ^以上の表]
tables:
  works:
    region: list
    layout: works.textfsm
    key: '{number}'
    columns:
      number:
      kind:
      name: {as: label}
      budget_printed:
      budget: {from: budget_printed, match: '^[\\d,]+$', as: yen, unit: 千円}
""",
        encoding="utf-8",
    )
    (mappings / "works.textfsm").write_text(
        "Value Required number (\\d+)\nValue Filldown kind ([^\\t]+)\nValue name ([^\\t]+)\n"
        "Value budget_printed ([^\\t]*)\n\nStart\n"
        "  ^${number}\\t${kind}\\t${name}\\t${budget_printed}$$ -> Record\n"
        "  ^${number}\\t\\t${name}\\t${budget_printed}$$ -> Record\n"
    )
