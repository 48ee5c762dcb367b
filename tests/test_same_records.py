"""The same ten records in every format give the same quads.

`FORMATS` has one entry for each format: how a table of these records is written, and how YARRRML names it.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govgraph import materialize
from tests.databases import KINDS, database
from tests.sheets import Sheets, write_ods, write_xlsx

XSD = "http://www.w3.org/2001/XMLSchema#"
EX = "http://example.com/"


@dataclass(frozen=True)
class Office:
    """A record; None is an empty cell."""

    id: int
    name: str
    reading: str | None
    cost: int | None
    opened: dt.date | None
    elected: bool | None


OFFICES = (
    Office(1, "平塚市役所", "ひらつかしやくしょ", 100000, dt.date(1932, 4, 1), True),
    Office(2, "横浜市庁舎", "よこはましちょうしゃ", 1250, dt.date(2020, 6, 29), True),
    Office(3, "保土ケ谷区役所", None, 25, dt.date(1927, 10, 1), False),
    Office(4, "旭区・瀬谷区", "あさひ、せや", 7, None, None),
    Office(5, 'いわゆる "市役所", 別館', None, None, dt.date(1999, 12, 31), False),
    Office(6, "二行の\n名", "にぎょう", -3, dt.date(2000, 2, 29), None),
    Office(7, "ｶﾅ ＡＢＣ", "かな", 2**53 - 1, None, True),
    Office(8, "<&> 'x'", None, 12, dt.date(2024, 1, 1), None),
    Office(9, "a\\b", "a,b;c|d", None, None, None),
    Office(10, "0010", "007", 0, dt.date(1900, 3, 1), False),
)
"""All of it can be written in the encodings of Japan, too: CP932, EUC-JP."""

FIELDS = ("id", "name", "reading", "cost", "opened", "elected")
Write = Callable[[Path], None]


def texts(office: Office) -> dict[str, str]:
    """The values that a record has, as text."""
    values = {field: value for field, value in vars(office).items() if value is not None}
    return {f: str(v).lower() if isinstance(v, bool) else str(v) for f, v in values.items()}


def write_csv(encoding: str) -> Write:
    def write(path: Path) -> None:
        with path.open("w", encoding=encoding, newline="") as file:
            rows = csv.DictWriter(file, FIELDS, restval="")
            rows.writeheader()
            rows.writerows(map(texts, OFFICES))

    return write


def write_json(path: Path) -> None:
    rows = [vars(office) | {"opened": texts(office).get("opened")} for office in OFFICES]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def write_json_lines(path: Path) -> None:
    rows = [vars(office) | {"opened": texts(office).get("opened")} for office in OFFICES]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


def compressed(write: Write, open_: Callable[[Path, str], Any]) -> Write:
    def both(path: Path) -> None:
        write(path)
        plain = path.read_bytes()
        with open_(path, "wb") as file:
            file.write(plain)

    return both


def zstd(path: Path, mode: str) -> Any:
    assert mode == "wb"
    return pa.CompressedOutputStream(str(path), "zstd")


def zipped(path: Path) -> None:
    write_csv("utf-8")(path)
    plain = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("o.csv", plain)


def write_xml(path: Path) -> None:
    root = Xml.Element("offices")
    for office in OFFICES:
        row = Xml.SubElement(root, "office")
        for field, text in texts(office).items():
            Xml.SubElement(row, field).text = text
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def write_parquet(path: Path) -> None:
    pq.write_table(TABLE, path)


def write_sheets(writer: Callable[[Path, Sheets], None]) -> Write:
    def write(path: Path) -> None:
        writer(
            path, {"notes": [("about",)], "offices": [FIELDS, *(tuple(vars(o).values()) for o in OFFICES)]}
        )

    return write


TABLE = pa.Table.from_pylist([vars(office) for office in OFFICES])


@dataclass(frozen=True)
class Format:
    """How a file is written, how YARRRML names it, and which types its values have without a datatype.

    The file is written beside the mapping; a mapping may also read the table in memory `offices`.
    """

    file: str
    write: Write
    source: str
    natural: Mapping[str, str]


TEXT: Mapping[str, str] = {}
TYPED = {"id": "integer", "cost": "integer", "opened": "date", "elected": "boolean"}
OF_JSON = {"id": "integer", "cost": "integer", "elected": "boolean"}
FORMATS = {
    "csv": Format("o.csv", write_csv("utf-8"), "[o.csv~csv]", TEXT),
    "csv with a byte order mark": Format("o.csv", write_csv("utf-8-sig"), "[o.csv~csv]", TEXT),
    **{
        f"csv in {encoding}": Format(
            "o.csv", write_csv(encoding), f"{{access: o.csv, encoding: {encoding}}}", TEXT
        )
        for encoding in ("cp932", "euc-jp", "utf-16")
    },
    "csv with gzip": Format("o.csv.gz", compressed(write_csv("utf-8"), gzip.open), "[o.csv.gz~csv]", TEXT),
    "csv with xz": Format("o.csv.xz", compressed(write_csv("utf-8"), lzma.open), "[o.csv.xz~csv]", TEXT),
    "csv with zstd": Format("o.csv.zst", compressed(write_csv("utf-8"), zstd), "[o.csv.zst~csv]", TEXT),
    "csv with zip": Format("o.csv.zip", zipped, "[o.csv.zip~csv]", TEXT),
    "json": Format("o.json", write_json, "['o.json~jsonpath', '$[*]']", OF_JSON),
    "json lines": Format("o.jsonl", write_json_lines, "[o.jsonl~jsonpath]", OF_JSON),
    "xml": Format("o.xml", write_xml, "['o.xml~xpath', /offices/office]", TEXT),
    "parquet": Format("o.parquet", write_parquet, "[o.parquet~parquet]", TYPED),
    "xlsx": Format("o.xlsx", write_sheets(write_xlsx), "[o.xlsx~excel, offices]", TYPED),
    "ods": Format("o.ods", write_sheets(write_ods), "[o.ods~ods, offices]", TYPED),
    "in memory": Format("o.none", Path.touch, "[offices~table]", TYPED),
    "query": Format("o.parquet", write_parquet, "{query: SELECT * FROM stored}", TYPED),
}

MAPPING = """\
prefixes: {{ex: '{ex}'}}
sources:
  stored: [o.parquet~parquet]
mappings:
  offices:
    sources: [{source}]
    s: ex:$(id)
    po: [{po}]
"""


@pytest.mark.parametrize("name", FORMATS)
def test_with_datatypes_the_quads_are_the_same(name: str, tmp_path: Path) -> None:
    datatypes = {"name": "ja~lang", "cost": "xsd:integer", "opened": "xsd:date", "elected": "xsd:boolean"}
    suffixes = {f: f"@{d[:2]}" if "~" in d else f"^^<{d.replace('xsd:', XSD)}>" for f, d in datatypes.items()}
    po = ", ".join(f"[ex:{field}, $({field}), {datatype}]" for field, datatype in datatypes.items())
    assert quads(FORMATS[name], f"{po}, [ex:reading, $(reading), xsd:string]", tmp_path) == expected(suffixes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("typed", [False, True])
def test_databases_have_the_same_records(kind: str, typed: bool, tmp_path: Path) -> None:
    with database(kind, records_in_sql(kind), tmp_path) as url:
        source = f"{{access: '{url}', type: {kind}, iterator: offices}}"
        stored = Format("o.parquet", write_parquet, source, TYPED)
        if typed:
            po = ", ".join(f"[ex:{field}, $({field})]" for field in FIELDS[1:])
            suffixes = {field: f"^^<{XSD}{datatype}>" for field, datatype in TYPED.items()}
        else:
            po = ", ".join(f"[ex:{field}, $({field}), xsd:string]" for field in FIELDS[1:])
            suffixes = {}
        assert quads(stored, po, tmp_path) == expected(suffixes)


def records_in_sql(kind: str) -> str:
    """The statements that make the table `offices` in a database."""
    types = "id INTEGER, name VARCHAR(50), reading VARCHAR(50), cost BIGINT, opened DATE, elected BOOLEAN"
    values = ",".join(
        "(" + ", ".join(map(_sql, vars(office).values())).replace("\\", "\\" * (1 + (kind == "mysql"))) + ")"
        for office in OFFICES
    )
    return f"CREATE TABLE offices ({types});\nINSERT INTO offices VALUES {values};\n"


def _sql(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "NULL" if value is None else str(value).upper()
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


@pytest.mark.parametrize("name", FORMATS)
def test_without_datatypes_each_format_has_its_own(name: str, tmp_path: Path) -> None:
    natural = FORMATS[name].natural
    po = ", ".join(f"[ex:{field}, $({field})]" for field in FIELDS[1:])
    suffixes = {field: f"^^<{XSD}{datatype}>" for field, datatype in natural.items()}
    assert quads(FORMATS[name], po, tmp_path) == expected(suffixes)


def quads(format_: Format, po: str, folder: Path) -> set[str]:
    """The quads of the records in a format."""
    format_.write(folder / format_.file)
    mapping = folder / "mapping.yml"
    mapping.write_text(MAPPING.format(ex=EX, source=format_.source, po=po), encoding="utf-8")
    materialize(mapping, folder / "out.nq", tables={"offices": TABLE})
    return set((folder / "out.nq").read_text(encoding="utf-8").splitlines())


def expected(suffixes: Mapping[str, str]) -> set[str]:
    """The quads of the records, whose literals have these datatypes and languages."""
    return {
        f'<{EX}{office.id}> <{EX}{field}> "{_escaped(text)}"{suffixes.get(field, "")} .'
        for office in OFFICES
        for field, text in texts(office).items()
        if field != "id"
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
