"""Parquet: nested columns, types, files that cannot be read, tables larger than memory's share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Cli

XSD = "http://www.w3.org/2001/XMLSchema#"
MAPPING = """\
prefixes: {{ex: 'http://example.com/'}}
mappings:
  m:
    sources: [['{file}~parquet']]
    s: ex:$(id)
    po: [{po}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(columns: dict[str, object], po: str, file: str = "t.parquet", **options: object) -> None:
    pq.write_table(pa.table(columns), file, **options)
    Path("mapping.yml").write_text(MAPPING.format(file=file, po=po), encoding="utf-8")


def values(cli: Cli) -> list[str]:
    """Subject and object of each quad, whose predicate is the same."""
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort")
    assert ran.code == 0, ran.err
    text = Path("out.nq").read_text(encoding="utf-8").replace("http://example.com/", "")
    return [line.replace("<v> ", "").removesuffix(" .") for line in text.splitlines()]


INTEGER = f"^^<{XSD}integer>"
ROWS = [{"n": 1, "tags": ["a", "b"]}, {"n": None, "tags": None}, {"n": 3, "tags": [None, "c"]}]


@pytest.mark.parametrize(
    ("column", "reference", "expected"),
    [
        ([["a", "b"], [], [None, "c"]], "v", ['<0> "a"', '<0> "b"', '<2> "c"']),
        ([[[1], [2, 3]], [], None], "v", [f'<0> "{n}"{INTEGER}' for n in (1, 2, 3)]),
        ([{"x": {"y z": 1}}, None, {"x": None}], "v.x.y z", [f'<0> "1"{INTEGER}']),
        ([ROWS, [], None], "v.n", [f'<0> "1"{INTEGER}', f'<0> "3"{INTEGER}']),
        ([ROWS, None, ROWS[:1]], "v.tags", ['<0> "a"', '<0> "b"', '<0> "c"', '<2> "a"', '<2> "b"']),
        (
            pa.array([[("k", 1), ("l", None)], [], None], pa.map_(pa.string(), pa.int32())),
            "v.key",
            ['<0> "k"', '<0> "l"'],
        ),
        (
            pa.array([[("k", 1), ("l", None)], [], None], pa.map_(pa.string(), pa.int32())),
            "v.value",
            [f'<0> "1"{INTEGER}'],
        ),
        (
            pa.array([[[("k", 1)], [("l", 2)]], [], None], pa.list_(pa.map_(pa.string(), pa.int32()))),
            "v.key",
            ['<0> "k"', '<0> "l"'],
        ),
        (
            pa.array([[1, 2], None, [3, 3]], pa.list_(pa.int8(), 2)),
            "v",
            [f'<0> "1"{INTEGER}', f'<0> "2"{INTEGER}', f'<2> "3"{INTEGER}'],
        ),
    ],
    ids=["list", "lists", "struct", "structs", "lists-in-structs", "map-keys", "map-values", "maps", "fixed"],
)
def test_nested_columns(column: object, reference: str, expected: list[str], cli: Cli, folder: Path) -> None:
    write({"id": [0, 1, 2], "v": column}, f"[ex:v, $({reference})]")
    assert values(cli) == expected


@pytest.mark.parametrize(
    ("array", "literal"),
    [
        (pa.array([2**64 - 1], pa.uint64()), f'"18446744073709551615"{INTEGER}'),
        (pa.array([Decimal(10) ** 37], pa.decimal128(38)), f'"{10**37}"^^<{XSD}decimal>'),
        (pa.array([Decimal("-0.50")]), f'"-0.50"^^<{XSD}decimal>'),
        (pa.array([0.1], pa.float32()), f'"1.0E-1"^^<{XSD}double>'),
        (pa.array([float("-inf")]), f'"-INF"^^<{XSD}double>'),
        (pa.array(["a"]).dictionary_encode(), '"a"'),
        (pa.array([b"\x00\xff"]), f'"00FF"^^<{XSD}hexBinary>'),
        (pa.array([dt.date(1, 1, 1)]), f'"0001-01-01"^^<{XSD}date>'),
        (pa.array([dt.time(1, 2, 3, 500000)]), f'"01:02:03.5"^^<{XSD}time>'),
        (pa.array([dt.datetime(2020, 9, 1)]), f'"2020-09-01T00:00:00"^^<{XSD}dateTime>'),
        (
            pa.array([dt.datetime(2020, 9, 1, 9)], pa.timestamp("ns")),
            f'"2020-09-01T09:00:00"^^<{XSD}dateTime>',
        ),
        (
            pa.array([dt.datetime(2020, 9, 1, tzinfo=dt.UTC)], pa.timestamp("ms", "Asia/Tokyo")),
            f'"2020-09-01T00:00:00Z"^^<{XSD}dateTime>',
        ),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_natural_types(array: pa.Array, literal: str, cli: Cli, folder: Path) -> None:
    write({"id": [0], "v": array}, "[ex:v, $(v)]")
    assert values(cli) == [f"<0> {literal}"]


def test_a_column_comes_before_a_field_of_its_name(cli: Cli, folder: Path) -> None:
    write({"id": [0], "a": [{"b": "field"}], "a.b": ["column"]}, "[ex:v, $(a.b)]")
    assert values(cli) == ['<0> "column"']


def test_a_struct_is_no_value(cli: Cli, folder: Path) -> None:
    write({"id": [0], "a": [{"b": 1}]}, "[ex:v, $(a)]")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    told = "mapping.yml:6:17: GG012 unknown column 'a' in source 't'\n  hint: known here: a.b, id\n"
    assert (ran.code, ran.err) == (2, told)


@pytest.mark.parametrize("file", ["part[1].parquet", "*.parquet", "year=2020/t.parquet"])
def test_a_path_is_one_file(file: str, cli: Cli, folder: Path) -> None:
    Path("year=2020").mkdir()
    write({"id": [1]}, "[ex:v, $(id)]", "other.parquet")
    write({"id": [0], "year": ["own"]}, "[ex:v, $(year)]", file)
    assert values(cli) == ['<0> "own"']


def test_files_that_are_not_parquet(cli: Cli, folder: Path) -> None:
    write({"id": [0]}, "[ex:v, $(id)]")
    whole = Path("t.parquet").read_bytes()
    for content in (b"", b"id\n0\n", whole[:-10], whole[:4] + whole[-4:]):
        Path("t.parquet").write_bytes(content)
        ran = cli("map", "mapping.yml", "-o", "out.nq")
        assert ran.code == 2
        assert ran.err.startswith("mapping.yml:4:16: GG016 source 't.parquet' cannot be read: ")
        assert str(folder) not in ran.err
    Path("t.parquet").unlink()
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.err.startswith("mapping.yml:4:16: GG016 source 't.parquet' cannot be read: No such file")


def test_a_file_whose_pages_are_broken_is_told_with_its_name(cli: Cli, folder: Path) -> None:
    write({"id": ["x" * 50] * 1000}, "[ex:v, $(id)]", use_dictionary=False, compression="zstd")
    data = bytearray(Path("t.parquet").read_bytes())
    data[40:90] = b"\xff" * 50
    Path("t.parquet").write_bytes(data)
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 1
    assert ran.err.startswith("t.parquet: GG402 ")
    assert not Path("out.nq").exists()


def test_decimals_that_duckdb_rounds_are_refused(cli: Cli, folder: Path) -> None:
    write({"id": [0], "v": pa.array([Decimal(10) ** 40], pa.decimal256(50))}, "[ex:v, $(v)]")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    told = "mapping.yml:4:16: GG016 column 'v' of source 't.parquet' has decimals of 50 digits\n"
    assert (ran.code, ran.err) == (2, told + "  hint: decimals of up to 38 digits are read\n")


def test_rows_are_numbered_in_the_order_of_the_file(cli: Cli, folder: Path) -> None:
    count = 300_000
    homes = [f"http://a/{n}" if n != 234_567 else "no iri" for n in range(count)]
    write({"id": list(range(count)), "v": homes}, "[ex:v, $(v)~iri]", row_group_size=20_000)
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 1
    first = "t.parquet: GG401 'no iri' is not an IRI (column 'v' of t.parquet) (iteration 234568)"
    assert ran.err.splitlines()[0] == first
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    rejected = Path("out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[1] == "t.parquet,,m,no iri,'no iri' is not an IRI (iteration 234568)"


def test_rml_and_back(cli: Cli, folder: Path) -> None:
    write({"id": [0], "v": [["a", "b"]]}, "[ex:v, $(v)]")
    expected = values(cli)
    assert cli("convert", "mapping.yml", "mapping.ttl").code == 0
    assert "rml:referenceFormulation rml:Parquet" in Path("mapping.ttl").read_text(encoding="utf-8")
    assert cli("convert", "mapping.ttl", "mapping.yml", "--force").code == 0
    assert values(cli) == expected
