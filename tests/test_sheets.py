"""Sheets of Excel and OpenDocument: what a cell is, which sheet is read, where mistakes stand."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.conftest import Cli
from tests.sheets import Sheets, Value, write_ods, write_xlsx

XSD = "http://www.w3.org/2001/XMLSchema#"
WRITERS = {"xlsx": write_xlsx, "ods": write_ods}
NAMES = {"xlsx": "excel", "ods": "ods"}
MAPPING = """\
prefixes: {{ex: 'http://example.com/'}}
mappings:
  m:
    sources: [[{source}]]
    s: ex:$(id)
    po: [{po}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_mapping(source: str, po: str = "[ex:v, $(v)]") -> None:
    Path("mapping.yml").write_text(MAPPING.format(source=source, po=po), encoding="utf-8")


def quads(cli: Cli, mapping: str = "mapping.yml") -> list[str]:
    ran = cli("map", mapping, "-o", "out.nq", "--sort")
    assert ran.code == 0, ran.err
    return Path("out.nq").read_text(encoding="utf-8").splitlines()


def values(cli: Cli) -> dict[str, str]:
    """The object of each subject."""
    lines = (line.removesuffix(" .").split(" ", 2) for line in quads(cli))
    return {s.removeprefix("<http://example.com/").removesuffix(">"): o for s, _, o in lines}


@pytest.mark.parametrize("suffix", WRITERS)
def test_each_cell_has_the_type_that_the_file_gives_it(suffix: str, cli: Cli, folder: Path) -> None:
    cells: dict[str, tuple[Value, str]] = {
        "integer": (100000, f'"100000"^^<{XSD}integer>'),
        "negative": (-3, f'"-3"^^<{XSD}integer>'),
        "fraction": (0.1, f'"0.1"^^<{XSD}double>'),
        "large": (1e20, f'"1e+20"^^<{XSD}double>'),
        "exact": (2**53 - 1, f'"9007199254740991"^^<{XSD}integer>'),
        "boolean": (True, f'"true"^^<{XSD}boolean>'),
        "date": (dt.date(2020, 9, 1), f'"2020-09-01"^^<{XSD}date>'),
        "moment": (dt.datetime(2020, 9, 1, 12, 30, 5), f'"2020-09-01T12:30:05"^^<{XSD}dateTime>'),
        "time": (dt.time(13, 5, 6), f'"13:05:06"^^<{XSD}time>'),
        "text": ('平塚 "市"\\\n改', '"平塚 \\"市\\"\\\\\\n改"'),
        "digits": ("0012345678901234567890", '"0012345678901234567890"'),
        "spaces": (" a ", '" a "'),
    }
    if suffix == "xlsx":
        cells["duration"] = (dt.timedelta(hours=30, minutes=5), f'"P1DT6H5M"^^<{XSD}dayTimeDuration>')
    rows: list[tuple[Value, ...]] = [
        ("id", "v"),
        *((name, value) for name, (value, _) in cells.items()),
        ("empty", None),
    ]
    WRITERS[suffix](folder / f"t.{suffix}", {"Sheet1": rows})
    write_mapping(f"t.{suffix}~{NAMES[suffix]}")
    assert values(cli) == {name: literal for name, (_, literal) in cells.items()}


def test_formulas_have_the_value_that_was_stored_and_errors_none(cli: Cli, folder: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet
    for row in (("id", "v"), ("never-calculated", "=1+1"), ("error", "#N/A"), ("shown", 0.5)):
        sheet.append(row)
    sheet["B3"].data_type = "e"
    sheet["B4"].number_format = "0%"
    sheet["A5"] = "merged"
    sheet.merge_cells("A5:B6")
    book.save("t.xlsx")
    write_mapping("t.xlsx~excel")
    assert values(cli) == {"shown": f'"0.5"^^<{XSD}double>'}


SHEETS: Sheets = {"人": [("id", "v"), ("a", 1)], "2": [("id", "v"), ("b", 2)], "三": [("id", "v"), ("c", 3)]}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
    ("iterator", "subject"), [("", "a"), (", 人", "a"), (", '2'", "b"), (", 3", "c"), (", 1", "a")]
)
def test_a_sheet_has_a_name_or_a_number(
    iterator: str, subject: str, suffix: str, cli: Cli, folder: Path
) -> None:
    WRITERS[suffix](folder / f"t.{suffix}", SHEETS)
    write_mapping(f"t.{suffix}~{NAMES[suffix]}{iterator}")
    assert list(values(cli)) == [subject]


def test_a_table_may_begin_anywhere_and_have_empty_rows(cli: Cli, folder: Path) -> None:
    rows = [(), (None, None, "id", "v"), (None, None, "a", 1), (), (None, None, "b", 2, "no column")]
    write_xlsx(folder / "t.xlsx", {"S": rows})
    write_mapping("t.xlsx~excel")
    assert values(cli) == {"a": f'"1"^^<{XSD}integer>', "b": f'"2"^^<{XSD}integer>'}


def test_data_that_cannot_become_terms_are_told_with_sheet_and_row(cli: Cli, folder: Path) -> None:
    write_xlsx(folder / "t.xlsx", {"S": [(), ("id", "v"), ("a", "http://a/"), (), ("b", "no iri")]})
    write_mapping("t.xlsx~excel", "[ex:v, $(v)~iri]")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 1
    place = "t.xlsx!S:5: GG401 'no iri' is not an IRI (column 'v' of t.xlsx) (iteration 2)"
    assert ran.err.splitlines()[0] == place
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    rejected = Path("out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[1] == "t.xlsx!S,5,m,no iri,'no iri' is not an IRI (iteration 2)"
    traced = cli("trace", "http://example.com/a", "--mapping", "mapping.yml", "--on-error", "skip")
    assert traced.code == 0
    assert "t.xlsx!S:3 (iteration 1)" in traced.out


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            ("id", "v", "id", None, "w"),
            [
                "mapping.yml:4:16: GG016 source 't.xlsx': a column has no name: S!D1",
                "mapping.yml:4:16: GG016 source 't.xlsx': column 'id' stands there twice: S!A1",
                "mapping.yml:4:16: GG016 source 't.xlsx': column 'id' stands there twice: S!C1",
            ],
        ),
        ((), ["mapping.yml:4:16: GG016 sheet 'S' of source 't.xlsx' has no header"]),
        (
            ("id", "w"),
            ["mapping.yml:6:17: GG012 unknown column 'v' in source 't'"],
        ),
    ],
    ids=["twice", "empty", "unknown"],
)
def test_mistakes_of_the_header(header: tuple[str, ...], told: list[str], cli: Cli, folder: Path) -> None:
    write_xlsx(folder / "t.xlsx", {"S": [header]})
    write_mapping("t.xlsx~excel")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    assert [line for line in ran.err.splitlines() if not line.startswith("  hint")] == told


def test_unknown_sheets_and_files_of_another_kind(cli: Cli, folder: Path) -> None:
    write_xlsx(folder / "t.xlsx", SHEETS)
    write_mapping("t.xlsx~excel, 四")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    expected = "mapping.yml:4:30: GG018 source 't.xlsx' has no sheet '四'\n  hint: known here: 2, 三, 人\n"
    assert (ran.code, ran.err) == (2, expected)
    whole = (folder / "t.xlsx").read_bytes()
    for content in (b"id,v\n", whole[: len(whole) // 2], b""):
        (folder / "t.xlsx").write_bytes(content)
        ran = cli("map", "mapping.yml", "-o", "out.nq")
        assert ran.code == 2
        told = "mapping.yml:4:16: GG016 source 't.xlsx' cannot be read as a file of Excel: "
        assert ran.err.startswith(told)
    (folder / "t.xlsx").unlink()
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.err.startswith("mapping.yml:4:16: GG016 source 't.xlsx' cannot be read: No such file")


def test_without_the_package_its_name_is_told(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_xlsx(folder / "t.xlsx", SHEETS)
    write_mapping("t.xlsx~excel")
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    told = "mapping.yml:4:16: GG016 source 't.xlsx' is a sheet, which the package python-calamine reads\n"
    assert (ran.code, ran.err) == (2, told + "  hint: pip install 'govgraph[sheets]'\n")


@pytest.mark.parametrize("suffix", WRITERS)
def test_rml_and_back(suffix: str, cli: Cli, folder: Path) -> None:
    WRITERS[suffix](folder / f"t.{suffix}", SHEETS)
    write_mapping(f"t.{suffix}~{NAMES[suffix]}, 三")
    expected = quads(cli)
    assert cli("convert", "mapping.yml", "mapping.ttl").code == 0
    rml = Path("mapping.ttl").read_text(encoding="utf-8")
    assert f"rml:referenceFormulation rml:{'Excel' if suffix == 'xlsx' else 'ODS'}" in rml
    assert 'rml:iterator "三"' in rml
    assert quads(cli, "mapping.ttl") == expected
    assert cli("convert", "mapping.ttl", "back.yml").code == 0
    assert quads(cli, "back.yml") == expected
