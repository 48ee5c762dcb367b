"""`govgraph extract --report` on the made-up budget: what each line is, and the page that shows it."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tests.projects import edit

CASE = Path(__file__).parent / "cases" / "documents" / "budget"
DATASET = "mappings/budget/dataset.yml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CASE / "project", tmp_path, dirs_exist_ok=True)
    shutil.copy(CASE / "document.txt", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(cli: Cli, *options: str) -> dict[str, Any]:
    ran = cli("extract", "budget", "document.txt", "--report", "--json", *options)
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)["report"]
    return found


def test_what_each_line_is(project: Path, cli: Cli) -> None:
    assert report(cli) == {
        "lines": {
            "fact": 15,
            "text": 2,
            "heading": 2,
            "furniture": 1,
            "blank": 2,
            "not understood": 1,
        },
        "lines_with_digits": {
            "fact": 15,
            "text": 2,
            "heading": 1,
            "furniture": 1,
            "blank": 0,
            "not understood": 1,
        },
        "share_not_understood": 0.05,
        "not_understood": [23],
        "numerals_outside_facts": [
            {"line": 5, "kind": "text", "numerals": ["12"]},
            {"line": 6, "kind": "text", "numerals": ["3"]},
            {"line": 11, "kind": "furniture", "numerals": ["3"]},
            {"line": 23, "kind": "not understood", "numerals": ["045", "000", "0000"]},
        ],
        "printed": {
            "pillars": {"checked": 3, "records": 3},
            "measures": {"checked": 6, "records": 6},
            "sites": {"checked": 4, "records": 4},
        },
        "file": ".govgraph/reports/budget.html",
    }


def test_the_table(project: Path, cli: Cli) -> None:
    ran = cli("extract", "budget", "document.txt", "--report")
    assert ran.code == 0
    assert ran.out.splitlines()[-13:] == [
        "                lines  with digits",
        "fact               15           15",
        "text                2            2",
        "heading             2            1",
        "furniture           1            1",
        "blank               2            0",
        "not understood      1            1",
        "of the lines with digits, not understood: 5.0%",
        "numerals outside of every fact: 6 in 4 lines",
        "found in their lines: 3 of 3 pillars",
        "found in their lines: 6 of 6 measures",
        "found in their lines: 4 of 4 sites",
        "page: .govgraph/reports/budget.html",
    ]


def test_a_numeral_that_no_column_takes_is_told(project: Path, cli: Cli) -> None:
    """Also where a rule reads it."""
    settings = (project / DATASET).read_text(encoding="utf-8")
    tables, _, _ = settings.replace("      sites: {as: number}\n  sites:", "  sites:").partition("\ntotals:")
    (project / DATASET).write_text(tables, encoding="utf-8")
    outside = {entry["line"]: entry["numerals"] for entry in report(cli)["numerals_outside_facts"]}
    assert [outside.get(n) for n in (4, 8, 10, 12, 14, 15)] == [["2"], ["1"], ["8"], ["3"], ["9"], ["4"]]


def test_one_of_two_equal_numerals_is_told(project: Path, cli: Cli) -> None:
    edit(project / "document.txt", ("橋の点検　60", "橋60基の点検　60"))
    edit(
        project / DATASET,
        (
            "      name_printed:\n      name: {from: name_printed, remove: [【.*】]",
            "      name: {from: name_printed, remove: [【.*】, \\d+基]",
        ),
    )
    edit(project / DATASET, ("{number}{name_printed}", "{number}"))
    outside = {
        entry["line"]: entry["numerals"]
        for entry in report(cli, "--encoding", "utf-8")["numerals_outside_facts"]
    }
    assert outside[14] == ["60"]


def test_lines_outside_of_regions_are_not_understood(project: Path, cli: Cli) -> None:
    edit(project / "document.txt", ("みなみ町", "目次 1\n\nみなみ町"))
    found = report(cli)
    assert found["not_understood"] == [1, 25]
    assert found["lines"]["blank"] == 3


def test_a_line_whose_values_no_column_uses_is_no_fact(project: Path, cli: Cli) -> None:
    """A rule that matches anything makes no line understood."""
    layout = project / "mappings/budget/site_totals.textfsm"
    edit(
        layout,
        ("Value sites", "Value rest (.*)\nValue sites"),
        ("Start\n", "Start\n  ^問合せ${rest} -> Record\n"),
    )
    edit(layout, ("Value Required kinds", "Value kinds"))
    edit(project / DATASET, ("key: all", "identify: [sites]"))
    ran = cli("extract", "budget", "document.txt", "--report", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["report"]["not_understood"] == [23]


def test_running_text_of_a_table_is_text_but_for_what_a_column_takes(project: Path, cli: Cli) -> None:
    edit(
        project / DATASET,
        ("    text:\n      - {from: '^　　\\S', to: 。$}\n", ""),
        (
            "    identify: [name]\n    printed: ['{number}{name",
            "    identify: [name]\n    text: description\n    printed: ['{number}{name",
        ),
    )
    edit(project / DATASET, ("starts: '^([１-９]　|　[①-⑨])'", "starts: '^([１-９]　|　[①-⑨]|　　)'"))
    edit(
        project / "mappings/budget/measures.textfsm",
        ("\nStart", "Value List description (.+)\n\nStart"),
        ("  ^　${number}", "  ^　[①-⑨] -> Continue.Record\n  ^　　${description}$$\n  ^　${number}"),
        ("か所$$ -> Record", "か所$$"),
        ("  ^${pillar_printed}　", "  ^[１-９]　 -> Continue.Record\n  ^${pillar_printed}　"),
    )
    found = report(cli)
    assert found["lines"]["text"] == 2
    assert {"line": 5, "kind": "text", "numerals": ["12"]} in found["numerals_outside_facts"]
    edit(
        project / DATASET,
        (
            "      name_printed:\n",
            "      name_printed:\n      park_count: {from: description, match: (\\d+)か所あり}\n",
        ),
    )
    found = report(cli)
    assert (found["lines"]["fact"], found["lines"]["text"]) == (16, 1)
    assert 5 not in [entry["line"] for entry in found["numerals_outside_facts"]]


def test_printed_forms_must_stand_in_the_lines(project: Path, cli: Cli) -> None:
    edit(project / DATASET, ("printed: ['{number}{name_printed}']", "printed: ['{name}', '{number}番']"))
    ran = cli("extract", "budget", "document.txt")
    assert ran.code == 1
    assert "document.txt:4: GG306 measures 'parks': '①番' does not stand in its lines" in ran.err
    assert ran.err.count("GG306") == 6
    assert not (project / "records/budget/measures.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("stated: total\n", "stated: totl\n", "GG012 unknown column 'totl'"),
        ("sum: {of: measures,", "sum: {of: measure,", "63:11: GG008 unknown table 'measure'"),
        ("by: {pillar: number}", "by: {pilar: number}", "63:46: GG012 unknown column 'pilar'"),
        ("count: {of: sites}", "count: {of: sites, column: sites}", "69:3: GG003"),
        ("target: id/plan/{dataset}/{key}/", "target: id/plan/{slug}/", "64:5: GG012 unknown column 'slug'"),
        ("iri: id/measure/{dataset}/{key}", "iri: id/measure/{code}", "GG012 unknown column 'code'"),
        ("printed: ['{name}']", "printed: ['{nam}']", "GG012 unknown column 'nam'"),
    ],
)
def test_wrong_names_are_told(project: Path, cli: Cli, old: str, new: str, problem: str) -> None:
    edit(project / DATASET, (old, new))
    ran = cli("check")
    assert ran.code != 0
    assert problem in ran.err


class _Page(HTMLParser):
    """Ids, links, languages and headings of a page; asserts that every element is closed."""

    VOID = ("meta", "br", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.ids += [str(given["id"])] if "id" in given else []
        self.links += [str(given["href"])] if tag == "a" else []
        self.resources += [tag for name in ("src", "data") if name in given]
        self.resources += [tag] if tag in ("script", "link", "img") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page(project: Path, cli: Cli) -> None:
    edit(project / "document.txt", ("問合せ", "<b>問合せ</b>"))
    report(cli)
    text = (project / ".govgraph/reports/budget.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.resources == []
    assert len(set(page.ids)) == len(page.ids)
    assert {f"L{n}" for n in range(1, 24)} <= set(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "&lt;b&gt;問合せ" in text
    assert "prefers-color-scheme: dark" in text
    row = re.search(r'<tr id="L8" class="fact">.*?</tr>', text)
    assert row
    assert re.findall(r'href="#([^"]+)"', row[0]) == ["measures.library"]
    for ja, en in (("集計", "Summary"), ("文書", "Document"), ("レコード", "Records")):
        assert re.search(rf'<h2 id="\w+">{ja} <span lang="en">{en}</span></h2>', text)
