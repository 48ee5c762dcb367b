"""`govgraph extract` on a small project: what is wrong is told with its place, and nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from govgraph.documents import read_table
from tests.conftest import Cli, Ran

CASES = Path(__file__).parent / "cases" / "documents"
KEYS = "table,key,fingerprint,first_seen,replaced_by,last_label\n"
CORRECTIONS = "table,key,column,printed,corrected,reason\n"
ROW_HINT = "\n  hint: UTF-8 and commas; a cell that holds a comma stands in double quotes"
TITLE = "みどり市公園整備計画\n"


@dataclass
class Parks:
    """The project of the case `parks` in a folder of its own, which is the working folder."""

    root: Path
    cli: Cli

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        text = self.read(name)
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.write(name, text)

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def extract(self, *options: str, file: str = "document.txt", dataset: str = "parks") -> Ran:
        return self.cli("extract", dataset, file, *options)

    def rows(self) -> list[Mapping[str, str]]:
        return read_table(self.root / "records" / "parks" / "works.csv")

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows()]

    def fails(self, ran: Ran, code: int, *messages: str) -> None:
        """Asserts the exit code, each problem as printed, and that nothing was written."""
        assert ran.code == code
        assert ran.err.splitlines() == [line for message in messages for line in message.split("\n")]
        assert not list(self.root.glob("records/parks/*works.csv*"))


DATASET = "mappings/parks/dataset.yml"
LAYOUT = "mappings/parks/works.textfsm"


@pytest.fixture
def parks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Parks:
    shutil.copytree(CASES / "parks" / "project", tmp_path, dirs_exist_ok=True)
    shutil.copy(CASES / "parks" / "document.txt", tmp_path)
    monkeypatch.chdir(tmp_path)
    return Parks(tmp_path, cli)


@pytest.fixture
def plain(parks: Parks) -> Parks:
    """A document of three rows."""
    parks.write("document.txt", f"{TITLE}1\t新設\t遊具\t1,200\n2\t\t植栽\t-\n3\t改修\t照明\t\n次の章\n")
    return parks


class TestUsage:
    def test_unknown_dataset(self, parks: Parks) -> None:
        ran = parks.extract(dataset="park")
        parks.fails(ran, 2, "GG103 unknown dataset 'park'\n  hint: did you mean 'parks'?")

    def test_dataset_without_a_document(self, parks: Parks) -> None:
        parks.write("mappings/tables/dataset.yml", "title: {ja: 表, en: Tables}\npublisher: '123456'\n")
        ran = parks.extract(dataset="tables")
        parks.fails(
            ran,
            2,
            "mappings/tables/dataset.yml:1:1: GG102 dataset 'tables' is not read from a document\n"
            "  hint: declare `document`, `regions` and `tables` in its dataset.yml",
        )

    def test_text_where_nothing_declares_it(self, parks: Parks) -> None:
        parks.edit(DATASET, ("    text: name_printed\n", ""))
        parks.fails(
            parks.extract("--text"),
            2,
            f"{DATASET}:13:1: GG104 dataset 'parks' declares no text\n  hint: add `text: <value>` to a table",
        )

    def test_output_for_programs(self, parks: Parks) -> None:
        ran = parks.extract("--json", "--text")
        answer = json.loads(ran.out)
        assert ran.err == ""
        assert answer["dataset"] == "parks"
        assert answer["document"]["file"] == "document.txt"
        assert answer["document"]["lines"] == 20
        assert answer["tables"] == [
            {"name": "document", "records": 1, "file": "records/parks/document.csv", "changed": True},
            {"name": "works", "records": 6, "file": "records/parks/works.csv", "changed": True},
            {"name": "works (text)", "records": 6, "file": ".govgraph/text/parks/works.csv", "changed": True},
        ]
        assert answer["lines"] == {
            "read": 11,
            "headings": 1,
            "text": 0,
            "furniture": 3,
            "blank": 2,
            "not_understood": [14],
            "outside": [[19, 20]],
        }
        assert [(w["code"], w["file"], w["line"]) for w in answer["warnings"]] == [
            ("GG205", "document.txt", 14)
        ]

    def test_many_warnings_are_counted(self, plain: Parks) -> None:
        plain.edit("document.txt", ("次の章\n", "\n備考\n\n" * 23 + "次の章\n"))
        ran = plain.extract()
        assert ran.code == 0
        assert ran.err.count("GG205 no rule understood '備考'") == 20
        assert ran.err.endswith("GG205: 3 more; --json lists them all\n")
        assert "3 read, 1 headings, 0 text, 0 furniture, 46 blank, 23 not understood" in ran.out

    def test_help_has_examples(self, cli: Cli) -> None:
        ran = cli("extract", "--help")
        assert ran.code == 0
        assert "govgraph extract hiratsuka-covid-2020 measures.txt --text" in ran.out


class TestDocument:
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (
                None,
                "document.txt: GG201 cannot be read: No such file or directory\n"
                "  hint: name a file that is there, and that you may read",
            ),
            (b"", "document.txt: GG201 the document holds no text\n  hint: is it the right file?"),
            (b"\n \n\t\n", "document.txt: GG201 the document holds no text\n  hint: is it the right file?"),
            (
                b"abc\ndef\0",
                "document.txt:2: GG201 not a text: binary, with a NUL byte at offset 7\n"
                "  hint: save it as text, PDF, web page, .docx or .xlsx",
            ),
            (
                b"PK\x03\x04\x14\0\x06\0",
                "document.txt:1: GG201 not a text: a ZIP container\n"
                "  hint: save it as text, PDF, web page, .docx or .xlsx",
            ),
            (
                b"%PDF-1.7\nbroken",
                "document.txt: GG201 not a readable PDF: No /Root object! - Is this really a PDF?\n"
                "  hint: open it in a program for such files, and save it again",
            ),
            (
                b"plain\n\xff\xfe\xfd",
                "document.txt:2: GG202 not utf-8: byte 0xff at offset 6; none of utf-8, cp932, euc_jp, "
                "utf-16, utf-16-le, utf-16-be, iso2022_jp fits\n"
                "  hint: find out its encoding, and use --encoding; or save it as UTF-8",
            ),
        ],
    )
    def test_no_text(self, parks: Parks, content: bytes | None, problem: str) -> None:
        (parks.root / "document.txt").unlink()
        if content is not None:
            parks.write("document.txt", content)
        parks.fails(parks.extract(), 1, problem)

    @pytest.mark.parametrize(
        ("encoding", "byte"),
        [("cp932", 0x82), ("euc_jp", 0xA4), ("utf-16", 0xFF), ("iso2022_jp", 0x1B)],
    )
    def test_another_encoding(self, plain: Parks, encoding: str, byte: int) -> None:
        plain.write("document.txt", plain.read("document.txt").encode(encoding))
        plain.fails(
            plain.extract(),
            1,
            f"document.txt:1: GG202 not utf-8: byte {byte:#04x} at offset 0; it reads as {encoding}\n"
            f"  hint: declare `encoding: {encoding}` under `document` in dataset.yml, "
            f"or use --encoding {encoding}",
        )
        assert plain.extract("--encoding", encoding).code == 0
        by_option = plain.rows()
        plain.edit(DATASET, ("issued: 2021-04-01", f"issued: 2021-04-01, encoding: {encoding}"))
        ran = plain.extract()
        assert ran.code == 0
        assert plain.rows() == by_option
        assert [row["name"] for row in by_option] == ["遊具", "植栽", "照明"]

    def test_offset_and_line_of_the_wrong_byte(self, plain: Parks) -> None:
        plain.write("document.txt", plain.read("document.txt").encode().replace("照明".encode(), b"\x8f\xc6"))
        ran = plain.extract()
        assert ran.code == 1
        assert ran.err.startswith("document.txt:4: GG202 not utf-8: byte 0x8f at offset 74; none of ")

    def test_byte_order_mark_and_line_ends_do_not_matter(self, plain: Parks) -> None:
        plain.extract()
        rows = plain.rows()
        text = plain.read("document.txt")
        for variant in ("\ufeff" + text, text.replace("\n", "\r\n"), text.replace("\n", "\r")):
            plain.write("document.txt", variant)
            assert plain.extract().code == 0
            assert plain.rows() == rows

    def test_unknown_encoding(self, plain: Parks) -> None:
        ran = plain.extract("--encoding", "cp392")
        plain.fails(ran, 2, "GG104 unknown encoding 'cp392'\n  hint: did you mean 'cp932'?")

    def test_document_of_another_kind(self, plain: Parks) -> None:
        plain.write("document.txt", "別の文書\n1\t新設\t遊具\t5\n")
        plain.fails(
            plain.extract(),
            1,
            "document.txt: GG203 no line matches the start of region 'works' (^みどり市公園整備計画), "
            "which is read for works\n"
            f"  hint: is this 'みどり市公園整備計画'? else mend {DATASET}:6:5",
        )

    def test_region_without_its_end(self, plain: Parks) -> None:
        plain.edit("document.txt", ("次の章\n", ""))
        ran = plain.extract()
        assert ran.code == 1
        assert ran.err.startswith("document.txt: GG203 no line matches the end of region 'works' (^次の章), ")

    def test_table_that_comes_out_empty(self, plain: Parks) -> None:
        plain.write("document.txt", f"{TITLE}1 新設 遊具 1,200\n次の章\n")
        plain.fails(
            plain.extract(),
            1,
            "document.txt:1: GG203 table 'works' comes out empty: no record in lines 1-2\n"
            f"  hint: do the rules of {LAYOUT} fit this document?",
        )

    def test_groups_that_come_out_empty(self, plain: Parks) -> None:
        plain.edit(
            DATASET,
            (
                "tables:\n",
                "tables:\n  kinds:\n    distinct: {of: works, levels: [{name: nothing}]}\n"
                "    identify: [name]\n    columns: {name: }\n",
            ),
            (
                "    columns:\n      number:\n",
                "    columns:\n      number:\n      nothing: {from: name, match: x}\n",
            ),
        )
        plain.fails(
            plain.extract(),
            1,
            "document.txt: GG203 table 'kinds' comes out empty: "
            "the columns of its levels are empty in works\n"
            f"  hint: see {DATASET}:15:27",
        )

    def test_line_that_the_layout_calls_an_error(self, plain: Parks) -> None:
        plain.edit(LAYOUT, ("Start\n", 'Start\n  ^\\d+\\t改修 -> Error "no repairs here"\n'))
        plain.fails(
            plain.extract(),
            1,
            f"document.txt:4: GG203 the layout {LAYOUT} calls this line an error\n"
            '  hint: Error: "no repairs here". Rule Line: 7. Input Line: 3\t改修\t照明\t.',
        )


class TestLayout:
    @pytest.mark.parametrize(
        ("old", "new", "line", "message"),
        [
            ("Required number (\\d+)", "Required number", 1, "a Value needs a pattern in brackets"),
            ("Value Filldown kind", "Value Filldwn kind", 2, 'Unknown option "Filldwn"'),
            (
                "budget_printed ([^\\t]*)",
                "budget_printed ([^\\t]*",
                4,
                "Value '([^\\t]*' must be contained within a '()' pair",
            ),
            ("\nStart\n", "\nBegin\n", 0, "Missing state 'Start'"),
            (
                "^${number}\\t\\t${name_printed}\\t${budget_printed}$$ -> Record",
                "^${number}\\t\\t${name}$$ -> Record",
                8,
                "Duplicate or invalid variable substitution: '^${number}\\t\\t${name}$$'",
            ),
            (
                "^${number}\\t\\t${name_printed}\\t${budget_printed}$$ -> Record",
                "^${number}\\t\\t( -> Record",
                8,
                "Invalid regular expression: '^(?P<number>\\d+)\\t\\t('",
            ),
            (
                "^${number}\\t\\t${name_printed}\\t${budget_printed}$$ -> Record",
                "^${number}\\t\\t -> Record Rest",
                8,
                "State 'Rest' not found, referenced in state 'Start'",
            ),
        ],
    )
    def test_broken_template(self, plain: Parks, old: str, new: str, line: int, message: str) -> None:
        plain.edit(LAYOUT, (old, new))
        place = f"{LAYOUT}:{line}" if line else LAYOUT
        problem = (
            f"{place}: GG204 broken layout: {message}\n"
            "  hint: the language of layouts is TextFSM; see docs/how-to/read-a-document.md"
        )
        plain.fails(plain.extract(), 2, problem)
        ran = plain.cli("check")
        assert ran.code == 2
        assert problem in ran.err

    def test_template_without_a_rule(self, plain: Parks) -> None:
        text = plain.read(LAYOUT)
        plain.write(LAYOUT, text[: text.index("\nStart\n")] + "\nStart\n")
        problem = f"{LAYOUT}: GG204 broken layout: no state has a rule, so it would read nothing"
        for ran in (plain.extract(), plain.cli("check")):
            assert ran.code == 2
            assert problem in ran.err

    @pytest.mark.parametrize("issued", ["2021-02-30", "2021-13", "0000-01-01"])
    def test_issued_on_no_day_of_the_calendar(self, plain: Parks, issued: str) -> None:
        plain.edit(DATASET, ("issued: 2021-04-01", f"issued: {issued}"))
        ran = plain.extract()
        assert ran.code == 2
        assert ran.err.startswith(f"{DATASET}:3:")
        assert f"GG003 'document.issued': there is no such date: '{issued}'" in ran.err

    def test_amounts_whose_unit_nobody_names(self, plain: Parks) -> None:
        plain.edit(DATASET, ("as: yen, unit: 千円", "as: yen"))
        plain.fails(
            plain.extract(),
            1,
            "document.txt:2: GG301 works '1', column 'budget': "
            "'1,200' names no unit of yen: declare the column's `unit`\n"
            "  hint: mend the layout, or the cell in corrections.csv",
        )

    def test_missing_template(self, plain: Parks) -> None:
        plain.edit(DATASET, ("works.textfsm", "work.textfsm"))
        plain.fails(
            plain.extract(),
            2,
            f"{DATASET}:16:5: GG204 there is no layout 'work.textfsm'\n  hint: did you mean 'works.textfsm'?",
        )

    def test_names_that_lead_nowhere(self, plain: Parks) -> None:
        plain.edit(
            DATASET,
            ("region: works", "region: work"),
            ("identify: [number, name]", "identify: [number, nam]"),
            ("key: '{number}'", "key: '{numbr}'"),
            ("text: name_printed", "text: name_print"),
            ("from: budget_printed", "from: budget_print"),
            ("      kind:\n", "      kinds:\n"),
        )
        plain.edit(
            DATASET,
            ("      number:\n", "      number: {from: first}\n      first: {format: '{number}.'}\n"),
            (
                "      kinds:\n",
                "      kinds:\n      same: {refers: {to: wroks, by: [nme]}}\n      up: {parent: true}\n",
            ),
        )
        near = "\n  hint: did you mean '{}'?"
        plain.fails(
            plain.extract(),
            2,
            f"{DATASET}:15:5: GG008 unknown region 'work'{near.format('works')}",
            f"{DATASET}:17:5: GG012 unknown column 'numbr'{near.format('number')}",
            f"{DATASET}:18:24: GG012 unknown column 'nam'{near.format('name')}",
            f"{DATASET}:19:5: GG012 unknown value or column 'name_print'{near.format('name_printed')}",
            f"{DATASET}:21:7: GG003 column 'number' is made of itself: number <- first <- number",
            f"{DATASET}:22:7: GG003 column 'first' is made of itself: first <- number <- first",
            f"{DATASET}:23:7: GG012 unknown value or column 'kinds'{near.format('kind')}",
            f"{DATASET}:24:23: GG008 unknown table 'wroks'{near.format('works')}",
            f"{DATASET}:24:34: GG012 unknown column 'nme'{near.format('name')}",
            f"{DATASET}:25:7: GG003 column 'up': only a `distinct` table has parents",
            f"{DATASET}:29:16: GG012 unknown value or column 'budget_print'{near.format('budget_printed')}",
        )

    def test_value_and_column_of_one_name(self, plain: Parks) -> None:
        plain.edit(
            DATASET,
            (
                "    columns:\n",
                "    values:\n      size: {from: kind}\n    columns:\n      size: {from: size}\n",
            ),
        )
        problem = (
            f"{DATASET}:21:7: GG204 value 'size' is hidden by the column of the same name\n"
            "  hint: give the value another name, and let the column take it `from` there"
        )
        plain.fails(plain.extract(), 2, problem)
        assert problem in plain.cli("check").err

    def test_link_that_is_taken_before_it_is_filled_in(self, plain: Parks) -> None:
        late = "      late: {refers: {to: works, by: [number]}}\n"
        taking = "      early: {refers: {to: works, by: [number], take: late}}\n"
        plain.edit(DATASET, ("    columns:\n      number:\n", f"    columns:\n      number:\n{taking}{late}"))
        problem = (
            f"{DATASET}:22:49: GG204 column 'late' of 'works' is filled in after 'early'\n"
            "  hint: put the column before this one"
        )
        plain.fails(plain.extract(), 2, problem)
        plain.edit(DATASET, (taking + late, late + taking))
        assert plain.extract().code == 0

    def test_names_of_found_tables_that_lead_nowhere(self, plain: Parks) -> None:
        text = plain.read(DATASET)
        line = text.count("\n")
        added = (
            "  sums:\n"
            "    found: {of: wroks, column: name, carry: [nam], pattern: '(?P<sum>x)'}\n"
            "    identify: [summ]\n"
            "    columns:\n"
            "      work: {under: work}\n"
            "      sum:\n"
        )
        plain.write(DATASET, text + added)
        plain.fails(
            plain.extract(),
            2,
            f"{DATASET}:{line + 2}:13: GG008 unknown table with a layout 'wroks'\n"
            "  hint: did you mean 'works'?",
            f"{DATASET}:{line + 3}:16: GG012 unknown column 'summ'\n  hint: did you mean 'sum'?",
            f"{DATASET}:{line + 5}:14: GG008 unknown table above with a layout 'work'\n"
            "  hint: did you mean 'works'?",
        )

    def test_a_pattern_that_finds_nothing(self, plain: Parks) -> None:
        text = plain.read(DATASET)
        line = text.count("\n")
        added = (
            "  sums:\n"
            "    found: {of: works, column: name, pattern: '(?P<sum>[0-9]+ドル)'}\n"
            "    identify: [sum]\n"
            "    columns: {sum: }\n"
        )
        plain.write(DATASET, text + added)
        plain.fails(
            plain.extract(),
            1,
            "document.txt: GG203 table 'sums' comes out empty: its pattern finds nothing in works\n"
            f"  hint: see {DATASET}:{line + 2}:38",
        )

    def test_settings_of_the_wrong_kind(self, plain: Parks) -> None:
        plain.edit(
            DATASET,
            ("start: ^みどり市公園整備計画", "start: '^('"),
            ("as: yen", "as: yens"),
            ("    text: name_printed\n", "    txt: name_printed\n    distinct: {of: works, levels: []}\n"),
        )
        ran = plain.extract()
        assert ran.code == 2
        assert [line for line in ran.err.splitlines() if not line.startswith("  hint")] == [
            f"{DATASET}:6:5: GG003 'regions.works.start': not a regular expression: "
            "missing ), unterminated subpattern at position 1",
            f"{DATASET}:19:5: GG002 unknown key 'txt'",
            f"{DATASET}:20:27: GG003 'tables.works.distinct.levels': "
            "tuple should have at least 1 item after validation, not 0",
            f"{DATASET}:27:38: GG003 'tables.works.columns.budget.as': input should be 'fold', 'label', "
            "'number', 'provision', 'yen', 'date', 'last_date', 'year' or 'fiscal_year'",
        ]


class TestRecords:
    def test_values_that_cannot_be_read(self, plain: Parks) -> None:
        plain.edit("document.txt", ("1,200", "約1,200"), ("\t-\n", "\t?\n"))
        plain.fails(
            plain.extract(),
            1,
            "document.txt:2: GG301 works '1', column 'budget': '約1,200' is not an amount\n"
            "  hint: mend the layout, or the cell in corrections.csv",
            "document.txt:3: GG301 works '2', column 'budget': '?' is not an amount\n"
            "  hint: mend the layout, or the cell in corrections.csv",
        )

    def test_word_that_no_code_is_for(self, plain: Parks) -> None:
        plain.edit(DATASET, ("      kind:\n", "      kind: {map: {新設: new}}\n"))
        plain.fails(
            plain.extract(),
            1,
            "document.txt:4: GG301 works '3', column 'kind': '改修' is none of 新設\n"
            "  hint: mend the layout, or the cell in corrections.csv",
        )

    def test_number_printed_twice(self, plain: Parks) -> None:
        plain.edit("document.txt", ("3\t改修", "2\t改修"))
        ran = plain.extract()
        assert ran.code == 1
        problems = [line for line in ran.err.splitlines() if "GG" in line]
        assert problems == [
            "document.txt:3: GG301 works: '2 / 植栽' cannot be told from the record at document.txt:4",
            "document.txt:4: GG301 works: '2 / 照明' cannot be told from the record at document.txt:3",
        ]
        fingerprint = ran.err.splitlines()[-1].rpartition(" ")[2]
        plain.write("records/parks/keys.csv", f"{KEYS}works,2-b,{fingerprint},2021-04-01,,2 / 照明\n")
        assert plain.extract().code == 0
        assert plain.column("key") == ["1", "2", "2-b"]

    def test_reference_that_leads_to_no_record_or_to_two(self, plain: Parks) -> None:
        plain.edit(
            DATASET,
            (
                "      budget_printed:\n",
                "      twin: {refers: {to: works, by: [kind], where: {name: 遊具}}}\n"
                "      like: {refers: {to: works, by: [kind], when: {number: '1'}}}\n"
                "      budget_printed:\n",
            ),
        )
        hint = "  hint: mend the layout, or the cell in corrections.csv"
        plain.fails(
            plain.extract(),
            1,
            "document.txt:2: GG303 works '1', column 'like': 2 records (1, 2) of works with kind '新設'",
            hint,
            "document.txt:4: GG303 works '3', column 'twin': no record of works with kind '改修'",
            hint,
        )
        plain.write(
            "records/parks/corrections.csv",
            f"{CORRECTIONS}works,1,like,,2,the second row repeats the first\nworks,3,twin,,1,seen\n",
        )
        assert plain.extract().code == 0
        assert [(row["twin"], row["like"]) for row in plain.rows()] == [("1", "2"), ("1", ""), ("1", "")]

    def test_a_failed_extract_leaves_what_stands(self, plain: Parks) -> None:
        plain.extract()
        before = {p: p.read_bytes() for p in plain.root.rglob("*.csv")}
        plain.edit("document.txt", ("1,200", "1,2x0"), ("植栽", "植樹"))
        assert plain.extract().code == 1
        assert {p: p.read_bytes() for p in plain.root.rglob("*.csv")} == before


class TestKeys:
    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ("works,1,f1,2021,x", f"5 cells instead of 6{ROW_HINT}"),
            (
                "work,1,f1,2021,,x",
                "unknown table 'work'\n  hint: did you mean 'works'?",
            ),
            (
                "works,公園,f1,2021,,x",
                "'公園' cannot be a key\n  hint: a key is made of ASCII letters, digits and . _ ~ - only",
            ),
            (
                "works,1,f1,2021,9,x",
                "replaced_by names no key: '9'\n  hint: '-' withdraws a key that nothing replaces",
            ),
            (
                "works,7,f2,2021,,x",
                "key '7' of works stands twice, first on line 2\n"
                "  hint: each record has a key of its own: remove one",
            ),
            (
                "works,8,f7,2021,,x",
                "fingerprint f7 stands twice, first on line 2\n"
                "  hint: withdraw one of the keys: name the other under replaced_by",
            ),
        ],
    )
    def test_bad_row(self, plain: Parks, row: str, problem: str) -> None:
        plain.write("records/parks/keys.csv", f"{KEYS}works,7,f7,2021,,x\n{row}\n")
        plain.fails(plain.extract(), 2, f"records/parks/keys.csv:3: GG206 {problem}")
        ran = plain.cli("check")
        assert ran.code == 2 if "mapping.yml" in ran.err else 1
        assert f"records/parks/keys.csv:3: GG206 {problem}" in ran.err

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", ":1: GG206 the columns must be table,key,fingerprint,first_seen,replaced_by,last_label"),
            (b"key,table\n", ":1: GG206 the columns must be table,key,fingerprint,first_seen,replaced_by,"),
            ("table,鍵\n".encode("cp932"), ": GG206 not a readable CSV file in UTF-8: "),
        ],
    )
    def test_bad_file(self, plain: Parks, content: bytes, problem: str) -> None:
        plain.write("records/parks/keys.csv", content)
        ran = plain.extract()
        assert ran.code == 2
        assert ran.err.startswith(f"records/parks/keys.csv{problem}")

    def test_withdrawn_number_is_never_used_again(self, plain: Parks) -> None:
        plain.write("records/parks/keys.csv", f"{KEYS}works,2,f7,2020,-,2 / 噴水\n")
        ran = plain.extract()
        assert ran.code == 1
        problem, hint = ran.err.splitlines()
        assert problem == (
            "document.txt:3: GG206 works: '2 / 植栽' has the key '2', which was withdrawn for ever"
        )
        assert hint.startswith("  hint: give it another key in keys.csv, with fingerprint ")

    def test_a_spreadsheet_may_have_saved_it(self, plain: Parks) -> None:
        plain.extract()
        keys = plain.read("records/parks/keys.csv")
        plain.write("records/parks/keys.csv", "\ufeff" + keys.replace("\n", "\r\n"))
        assert plain.extract().code == 0
        assert plain.read("records/parks/keys.csv") == keys


class TestCuratedKeys:
    """Tables without a printed key: the key follows the record through editions of the document."""

    @pytest.fixture
    def unnumbered(self, parks: Parks) -> Parks:
        parks.edit(DATASET, ("    key: '{number}'\n    identify: [number, name]\n", "    identify: [name]\n"))
        self.edition(parks, "中央公園の遊具更新", "駅前広場の植栽", "運動場の照明")
        assert parks.extract().code == 0
        keys = parks.read("records/parks/keys.csv")
        for key, slug in zip(parks.column("key"), ["swings", "trees", "lights"], strict=True):
            assert key.startswith("new-")
            keys = keys.replace(f"works,{key},", f"works,{slug},")
        parks.write("records/parks/keys.csv", keys)
        assert parks.extract().err == ""
        assert parks.column("key") == ["swings", "trees", "lights"]
        return parks

    def edition(self, parks: Parks, *names: str, issued: str = "2021-04-01") -> None:
        rows = "".join(f"{n}\t新設\t{name}\t{n}00\n" for n, name in enumerate(names, 1))
        parks.write("document.txt", f"{TITLE}{rows}次の章\n")
        text = parks.read(DATASET)
        parks.write(DATASET, text.replace("issued: 2021-04-01", f"issued: {issued}"))

    def ledger(self, parks: Parks) -> dict[str, list[str]]:
        lines = parks.read("records/parks/keys.csv").splitlines()[1:]
        return {row[1]: row[3:] for row in (line.split(",") for line in lines)}

    def test_row_order_does_not_matter(self, unnumbered: Parks) -> None:
        before = unnumbered.read("records/parks/keys.csv")
        self.edition(unnumbered, "運動場の照明", "中央公園の遊具更新", "駅前広場の植栽", issued="2022-04-01")
        assert unnumbered.extract().err == ""
        assert unnumbered.column("key") == ["lights", "swings", "trees"]
        assert unnumbered.read("records/parks/keys.csv") == before

    def test_widths_and_spaces_do_not_matter(self, unnumbered: Parks) -> None:
        self.edition(unnumbered, "中央公園の 遊具更新", "駅前広場の植栽", "運動場　の照明")
        assert unnumbered.extract().err == ""
        assert unnumbered.column("key") == ["swings", "trees", "lights"]

    def test_changed_title_keeps_the_key_and_says_so(self, unnumbered: Parks) -> None:
        self.edition(
            unnumbered, "中央公園の遊具の更新", "駅前広場の植栽", "運動場の照明", issued="2022-04-01"
        )
        ran = unnumbered.extract()
        assert ran.code == 0
        assert ran.err == (
            "document.txt:2: GG305 works: key 'swings' is kept: "
            "'中央公園の遊具更新' is now '中央公園の遊具の更新'\n"
            "  hint: if it is another record, give it a key of its own in keys.csv\n"
        )
        assert unnumbered.column("key") == ["swings", "trees", "lights"]
        assert self.ledger(unnumbered)["swings"] == ["2021-04-01", "", "中央公園の遊具の更新"]
        assert unnumbered.extract().err == ""

    def test_new_record_gets_a_provisional_key(self, unnumbered: Parks) -> None:
        self.edition(
            unnumbered,
            "中央公園の遊具更新",
            "駅前広場の植栽",
            "運動場の照明",
            "図書館の改修",
            issued="2022-04-01",
        )
        ran = unnumbered.extract()
        key = unnumbered.column("key")[3]
        assert ran.code == 0
        assert ran.err.startswith(
            f"document.txt:5: GG304 works: '図書館の改修' has the provisional key '{key}'\n"
        )
        assert self.ledger(unnumbered)[key] == ["2022-04-01", "", "図書館の改修"]
        assert self.ledger(unnumbered)["swings"] == ["2021-04-01", "", "中央公園の遊具更新"]

    def test_key_of_a_record_that_is_gone_stays_and_serves_no_other(self, unnumbered: Parks) -> None:
        self.edition(unnumbered, "中央公園の遊具更新", "図書館の改修", "運動場の照明")
        assert unnumbered.extract("--allow-missing").code == 0
        first, second, third = unnumbered.column("key")
        assert (first, third) == ("swings", "lights")
        assert second.startswith("new-")
        assert "trees" in self.ledger(unnumbered)
        self.edition(unnumbered, "中央公園の遊具更新", "駅前広場の植栽", "運動場の照明")
        unnumbered.extract("--allow-missing")
        assert unnumbered.column("key") == ["swings", "trees", "lights"]

    def test_two_records_that_could_be_it_are_both_new(self, unnumbered: Parks) -> None:
        self.edition(
            unnumbered, "中央公園の遊具の更新", "中央公園・遊具更新", "駅前広場の植栽", "運動場の照明"
        )
        ran = unnumbered.extract("--allow-missing")
        keys = unnumbered.column("key")
        assert [k.startswith("new-") for k in keys] == [True, True, False, False]
        assert ran.err.count("hint: replace it in keys.csv, perhaps by swings") == 2

    def test_curator_gives_the_old_key_by_hand(self, unnumbered: Parks) -> None:
        self.edition(unnumbered, "児童用すべり台", "駅前広場の植栽", "運動場の照明")
        unnumbered.extract("--allow-missing")
        new = unnumbered.column("key")[0]
        lines = unnumbered.read("records/parks/keys.csv").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("works,swings,")]
        unnumbered.write("records/parks/keys.csv", "".join(kept).replace(f"works,{new},", "works,swings,"))
        assert unnumbered.extract().err == ""
        assert unnumbered.column("key") == ["swings", "trees", "lights"]

    def test_withdrawn_key_stays_withdrawn(self, unnumbered: Parks) -> None:
        lines = unnumbered.read("records/parks/keys.csv").splitlines(keepends=True)
        lines = [
            line.replace(",2021-04-01,,", ",2021-04-01,-,") if "trees" in line else line for line in lines
        ]
        unnumbered.write("records/parks/keys.csv", "".join(lines))
        ran = unnumbered.extract()
        assert ran.code == 0
        assert "GG304 works: '駅前広場の植栽' has the provisional key" in ran.err
        assert self.ledger(unnumbered)["trees"] == ["2021-04-01", "-", "駅前広場の植栽"]

    def test_records_with_one_label(self, unnumbered: Parks) -> None:
        self.edition(unnumbered, "運動場の照明", "駅前広場の植栽", "運動場の照明")
        ran = unnumbered.extract()
        assert ran.code == 1
        assert ran.err == (
            "document.txt:2: GG301 works: '運動場の照明' cannot be told from the record at document.txt:4\n"
            "  hint: add a column to `identify`\n"
            "document.txt:4: GG301 works: '運動場の照明' cannot be told from the record at document.txt:2\n"
            "  hint: add a column to `identify`\n"
        )


class TestRecordsThatAreNoMore:
    """Where a layout reads less than before, nothing is lost in silence."""

    @pytest.fixture
    def shorter(self, plain: Parks) -> Parks:
        assert plain.extract().code == 0
        plain.edit("document.txt", ("2\t\t植栽\t-\n", ""))
        return plain

    def test_nothing_is_written(self, shorter: Parks) -> None:
        before = {p: p.read_bytes() for p in shorter.root.rglob("*.csv")}
        ran = shorter.extract()
        assert ran.code == 1
        assert ran.err == (
            "records/parks/works.csv:3: GG307 works: the record '2' would vanish\n"
            "  hint: mend the layout; if the record is no more, withdraw its key in keys.csv, "
            "or use --allow-missing; nothing was changed\n"
        )
        assert {p: p.read_bytes() for p in shorter.root.rglob("*.csv")} == before

    def test_allowed_it_is_a_warning_and_check_says_it_too(self, shorter: Parks) -> None:
        ran = shorter.extract("--allow-missing")
        assert ran.code == 0
        warning = (
            "records/parks/keys.csv:3: GG307 works: no record has the key '2' ('2 / 植栽')\n"
            "  hint: does the layout read less than before? if the record is no more, "
            "write `-` or the key that took its place under replaced_by\n"
        )
        assert ran.err == warning
        assert shorter.column("key") == ["1", "3"]
        assert warning in shorter.cli("check").err

    def test_a_withdrawn_record_may_go(self, shorter: Parks) -> None:
        shorter.edit("records/parks/keys.csv", (",2021-04-01,,2 / 植栽", ",2021-04-01,-,2 / 植栽"))
        ran = shorter.extract()
        assert (ran.code, ran.err) == (0, "")
        assert shorter.column("key") == ["1", "3"]
        assert "GG307" not in shorter.cli("check").err


class TestCustody:
    """`check` holds the tables that extract wrote to keys.csv and corrections.csv."""

    def problems(self, parks: Parks) -> list[str]:
        return [e for e in parks.cli("check").err.splitlines() if e.startswith("records/") or "hint" in e]

    def test_key_that_nobody_gave(self, plain: Parks) -> None:
        plain.extract()
        plain.edit("records/parks/works.csv", ("\n2,3,3", "\n22,3,3"))
        found = self.problems(plain)
        at = found.index("records/parks/works.csv:3:1: GG206 works: the key '22' does not stand in keys.csv")
        assert found[at + 1] == "  hint: run `govgraph extract parks` again: it takes keys from keys.csv only"
        assert any(p.startswith("records/parks/keys.csv:3: GG307") for p in found)

    def test_key_that_was_withdrawn(self, plain: Parks) -> None:
        plain.extract()
        plain.edit("records/parks/keys.csv", (",2021-04-01,,2 / 植栽", ",2021-04-01,-,2 / 植栽"))
        found = self.problems(plain)
        message = "works: the key '2' was withdrawn for ever on line 3 of keys.csv"
        at = found.index(f"records/parks/works.csv:3:1: GG206 {message}")
        assert found[at + 1] == "  hint: run `govgraph extract parks` again, or take back the withdrawal"

    def test_no_keys_at_all(self, plain: Parks) -> None:
        plain.extract()
        (plain.root / "records" / "parks" / "keys.csv").unlink()
        found = self.problems(plain)
        at = found.index("records/parks/keys.csv: GG206 there is no keys.csv beside the records")
        assert found[at + 1].startswith("  hint: bring back the one that was there")

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ("works,9,name,a,b,x", "works has no record '9'\n  hint: known here: 1, 2, 3"),
            ("works,1,nam,a,b,x", "works has no column 'nam'\n  hint: did you mean 'name'?"),
            (
                "works,1,key,1,2,x",
                "the column 'key' cannot be corrected\n  hint: keys are curated in keys.csv",
            ),
            (
                "works,1,name,遊具,遊真,x",
                "not applied yet: works '1', column 'name' holds '遊具'\n"
                "  hint: run `govgraph extract parks`",
            ),
        ],
    )
    def test_correction_that_fits_no_cell(self, plain: Parks, row: str, problem: str) -> None:
        plain.extract()
        plain.write("records/parks/corrections.csv", f"{CORRECTIONS}{row}\n")
        assert f"records/parks/corrections.csv:2: GG206 {problem}\n" in plain.cli("check").err

    def test_applied_correction_is_right(self, plain: Parks) -> None:
        plain.write("records/parks/corrections.csv", f"{CORRECTIONS}works,1,name_printed,遊具,遊真,seen\n")
        assert plain.extract().code == 0
        assert "GG206" not in plain.cli("check").err


class TestCorrections:
    def test_columns_made_of_the_cell_follow(self, plain: Parks) -> None:
        plain.edit("document.txt", ("1,200", "1,2OO"), ("遊具", "遊 真"))
        plain.write(
            "records/parks/corrections.csv",
            f'{CORRECTIONS}works,1,budget_printed,"1,2OO","1,200",letters for zeros\n'
            "works,1,name_printed,遊 真,遊具,garbled letter\n"
            "works,3,budget,,500,not printed; from the budget book\n",
        )
        assert plain.extract("--text").err == ""
        assert plain.read("records/parks/works.csv").splitlines()[1:] == [
            '1,2,2,,みどり市公園整備計画,1,新設,遊具,遊具,"1,200",1200000',
            "2,3,3,,みどり市公園整備計画,2,新設,植栽,植栽,-,",
            "3,4,4,,みどり市公園整備計画,3,改修,照明,照明,,500",
        ]
        assert plain.read(".govgraph/text/parks/works.csv") == "key,text\n1,遊具\n2,植栽\n3,照明\n"

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            (
                "works,1,name_printed,ブランコ,遊具,garbled",
                "'ブランコ' is not what is printed: '遊具'\n"
                "  hint: the document or its layout changed: look again",
            ),
            ("works,9,name_printed,遊具,遊真,x", "works has no record '9'\n  hint: known here: 1, 2, 3"),
            (
                "works,1,name_print,遊具,遊真,x",
                "works has no column 'name_print'\n  hint: did you mean 'name_printed'?",
            ),
            ("wroks,1,name,遊具,遊真,x", "unknown table 'wroks'\n  hint: did you mean 'works'?"),
            (
                "works,1,name,遊具,遊真,",
                "a correction needs a reason\n  hint: say in the last cell why, for those who check it",
            ),
            ("works,1,name,遊具,遊真", f"5 cells instead of 6{ROW_HINT}"),
            (
                "works,1,key,1,2,x",
                "the column 'key' cannot be corrected\n  hint: keys are curated in keys.csv",
            ),
            (
                "works,2,name,植栽,植樹,x",
                "the same cell is corrected twice, first on line 2\n  hint: keep the one that is right",
            ),
        ],
    )
    def test_bad_row(self, plain: Parks, row: str, problem: str) -> None:
        plain.write("records/parks/corrections.csv", f"{CORRECTIONS}works,2,name,植栽,植木,seen\n{row}\n")
        plain.fails(plain.extract(), 2, f"records/parks/corrections.csv:3: GG206 {problem}")


class TestWriting:
    def test_a_full_disk_loses_nothing(self, plain: Parks) -> None:
        """A limit on the size of files stands for it: writing the second, longer table fails half-way."""
        plain.extract()
        before = {p: p.read_bytes() for p in plain.root.rglob("*.csv")}
        rows = "".join(f"{n}\t新設\t公園{n}\t{n}\n" for n in range(1, 200))
        plain.write("document.txt", f"{TITLE}{rows}次の章\n")
        program = (
            "import resource, sys; from govgraph.cli import main; "
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
            "sys.argv[1:] = ['extract', 'parks', 'document.txt']; main()"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ran.returncode == 1
        assert ran.stderr.splitlines() == [
            f"{plain.root}/records/parks/works.csv: GG207 cannot be written: File too large",
            "  hint: nothing was changed",
        ]
        after = {p: p.read_bytes() for p in plain.root.rglob("*") if p.parent.name == "parks" and p in before}
        assert after == before
        assert sorted(p.name for p in (plain.root / "records" / "parks").iterdir()) == [
            "document.csv",
            "keys.csv",
            "works.csv",
        ]

    def test_what_a_killed_extract_left_is_removed(self, plain: Parks) -> None:
        records = plain.root / "records" / "parks"
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        plain.write(f"records/parks/.works.csv.{dead.pid}.abc_123", "key\n")
        plain.write(f"records/parks/.works.csv.{os.getpid()}.abc_123", "key\n")
        plain.write("records/parks/.notes", "mine")
        assert plain.extract().code == 0
        hidden = sorted(p.name for p in records.glob(".*"))
        assert hidden == [".notes", f".works.csv.{os.getpid()}.abc_123"]

    def test_a_folder_in_the_way(self, plain: Parks) -> None:
        (plain.root / "records" / "parks" / "works.csv").mkdir(parents=True)
        ran = plain.extract()
        assert ran.code == 1
        assert ran.err.startswith(
            f"{plain.root}/records/parks/works.csv: GG207 cannot be written: Is a directory"
        )
        assert [p.name for p in (plain.root / "records" / "parks").iterdir()] == ["works.csv"]

    def test_unchanged_files_are_not_touched(self, plain: Parks) -> None:
        plain.extract()
        stamps = {p: p.stat().st_mtime_ns for p in plain.root.rglob("*.csv")}
        ran = plain.extract()
        assert ran.out.count("(unchanged)") == 2
        assert {p: p.stat().st_mtime_ns for p in plain.root.rglob("*.csv")} == stamps
