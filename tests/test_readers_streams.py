"""Documents that are read piece by piece give the same rows and errors wherever they are cut."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from govgraph.engines.readers import json_text, xml_stream
from govgraph.engines.readers.json import JsonReader
from govgraph.engines.readers.limits import limited_to
from govgraph.engines.readers.xml import XmlReader
from govgraph.engines.sources import Used
from govgraph.errors import EngineError, SourceSpan
from govgraph.mapping.model import LogicalSource
from tests.conftest import Cli

SPAN = SourceSpan("mapping.yml", 1, 1)
LARGE = 1 << 20

ROWS = """{"before": [1, {"a": "]"}], "n\\u0061me" : {"rows": [
 {"a": -1.50e+10, "b": "\\"x\\\\", "c": [true, null]} , {"a": "日本\\ud83d\\ude00", "b": ""},
 {}, 12345678901234567890 ,{"a": 0, "b": "last"} ]}, "after": {"x": [1e-2]}, "end": -0.5 }
"""


def read(path: Path, kind: str, iterator: str, *names: str) -> list[dict[str, Any]]:
    """The rows of a document, all references with one value."""
    source = LogicalSource("rows", path.name, kind, SPAN, iterator)
    reader = XmlReader() if kind == "xpath" else JsonReader()
    columns = reader.columns(path, source, [Used(name, SPAN) for name in names])
    batches = reader.batches(path, source, columns, {c.sql_name for c in columns}, path.name)
    return [row for batch in batches for row in batch.to_pylist()]


def error(path: Path, kind: str, iterator: str, *names: str) -> tuple[str, str]:
    with pytest.raises(EngineError) as raised:
        read(path, kind, iterator, *names)
    (problem,) = raised.value.problems
    assert problem.code == "GG402"
    return str(problem.span), problem.message


@pytest.mark.parametrize("size", [1, 2, 3, 5, 17, 40])
def test_json_may_be_cut_anywhere(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.json"
    path.write_bytes(b"\xef\xbb\xbf" + ROWS.encode())
    whole = read(path, "jsonpath", "$.name.rows[*]", "a", "b", "$.c[0]")
    assert [row["a"] for row in whole] == ["-1.50e+10", "日本😀", None, None, "0"]
    monkeypatch.setattr(json_text, "BLOCK", size)
    assert read(path, "jsonpath", "$.name.rows[*]", "a", "b", "$.c[0]") == whole


@pytest.mark.parametrize("size", [1, 7])
def test_broken_json_has_the_same_place_wherever_it_is_cut(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.json"
    broken = [ROWS[:end].encode() for end in range(0, len(ROWS) - 2, 3)]
    broken += [
        ROWS.replace(old, new).encode() for old, new in (("null", "nul"), ("true", "NaN"), ("{}", "{,}"))
    ]
    broken += [ROWS.replace("-0.5 }", "-0.5 } 1").encode(), ROWS.encode().replace("日".encode(), b"\xe6")]
    places = []
    for document in broken:
        path.write_bytes(document)
        places.append(error(path, "jsonpath", "$.name.rows[*]", "a"))
    monkeypatch.setattr(json_text, "BLOCK", size)
    for document, place in zip(broken, places, strict=True):
        path.write_bytes(document)
        assert error(path, "jsonpath", "$.name.rows[*]", "a") == place


def test_a_value_of_an_array_may_not_be_larger_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"rows": [{"a": 1}] * 100 + [{"a": "x" * 500}]}, indent=1))
    monkeypatch.setattr(json_text, "BLOCK", 50)
    assert len(read(path, "jsonpath", "$.rows[*]", "a")) == 101
    with limited_to(600):
        assert len(read(path, "jsonpath", "$.rows[*]", "a")) == 101
    with limited_to(200):
        place, message = error(path, "jsonpath", "$.rows[*]", "a")
    assert (place, message.partition(" than ")[0]) == (
        "rows.json:303",
        "a value that is read at once is larger",
    )


TREE = (
    "<a><skipped>{skipped}</skipped><b x='1'>text<n>1</n><c y='1'>one</c><n/><c y='2'>t<i>w</i>o</c>tail</b>"
    "<b x='2'/><!-- - --><?p i?><other><b x='3'><c y='3'>no</c></b></other>"
    "<b x='4'><c y='4'><c y='5'>in</c></c></b></a>"
).format(skipped="<s/>" * 100)
CS = [
    {"@y": "1", ".": "one", "../@x": "1"},
    {"@y": "2", ".": "two", "../@x": "1"},
    {"@y": "4", ".": "in", "../@x": "4"},
]


@pytest.mark.parametrize("size", [1, 7, 64, LARGE])
def test_xml_may_be_cut_anywhere(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.xml"
    path.write_text(TREE)
    monkeypatch.setattr(xml_stream, "_BLOCK", size)
    assert read(path, "xpath", "/a/b/c", "@y", ".", "../@x") == CS
    assert read(path, "xpath", "//b/c", "@y", ".", "../@x")[:2] == CS[:2]
    assert [row["c"] for row in read(path, "xpath", "/a/b", "c")] == [None, None, "in"]
    assert read(path, "xpath", "/b/b", "c") == []
    assert len(read(path, "xpath", "/a", ".")) == 1
    path.write_text(TREE.replace("</other>", "</another>"))
    assert error(path, "xpath", "/a/b/c", "@y")[0].startswith("rows.xml:1:")
    path.write_text(TREE[:-4])
    assert error(path, "xpath", "/a/b/c", "@y")[0].startswith("rows.xml:1:")


def test_xml_forgets_what_is_read_and_what_is_beside_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.xml"
    path.write_text(f"<a><list>{'<s><t/></s>' * 1000}</list>{'<b><d/><c/></b>' * 1000}</a>")
    monkeypatch.setattr(xml_stream, "_BLOCK", 100)
    sizes = [
        sum(1 for _ in row.getroottree().iter()) for row in xml_stream.stream(path, "", "/a/b/c", {}, LARGE)
    ]
    assert len(sizes) == 1000
    assert max(sizes) < 40


def test_an_element_may_not_be_larger_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.xml"
    path.write_text(f"<a>\n{'<b/>' * 1000}\n<b>{'<c/>' * 1000}</b></a>")
    monkeypatch.setattr(xml_stream, "_BLOCK", 100)
    with limited_to(1000):
        assert error(path, "xpath", "/a/b", "@x")[0] == "rows.xml:3"
    with limited_to(10_000):
        assert len(read(path, "xpath", "/a/b", "@x")) == 1001


def test_the_limit_of_a_document_that_is_held(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"a": 1}, {"a": 2}]')
    (tmp_path / "rows.xml").write_text("<a><b/><b/></a>")
    for size, rows in ((30, 2), (10, 0)):
        for name, kind, iterator in (("rows.json", "jsonpath", "$[?@.a]"), ("rows.xml", "xpath", "//b")):
            with limited_to(size):
                if rows:
                    assert len(read(tmp_path / name, kind, iterator, "a")) == rows
                else:
                    assert " bytes, is larger than the 10 bytes" in error(tmp_path / name, kind, iterator)[1]


def test_xpath_prefixes_are_found_in_expressions() -> None:
    for expression in (
        "a:b",
        "@a:b",
        "x/a:*",
        "ancestor::a:b",
        "f(a:b)",
        "b[a:c = 'd:e']",
        "re:test(a:b, 'x')",
    ):
        wrong = xml_stream.unknown_prefix(expression, {"re": "http://exslt.org/regular-expressions"})
        assert wrong and "unknown prefix 'a'" in wrong.message
    for expression in ("ancestor::b", "b", "'a:b'", 'b[. = "a:b"]', "@xml:lang", "self :: b"):
        assert xml_stream.unknown_prefix(expression, {}) is None


LINES = b"""{"id": 1, "name": "Ann"}
{"id": 2, "name": "Bob"

{"id": 3, "name": {"first": "Cid"}}
{"id": 4, "name": "D\xff"}
{"id": 5, "name": NaN}
[{"id": 6}] 7
{"id": 8, "name": "Eve"}
"""
MAPPING = """
prefixes: {ex: "http://example.com/"}
mappings:
  person:
    sources: ['people.jsonl~jsonpath']
    s: ex:$(id)
    po: [[ex:name, $(name)]]
  id:
    sources: ['people.jsonl~jsonpath']
    s: ex:$(id)
    po: [[a, ex:Person]]
  item:
    sources: [['people.jsonl~jsonpath', '$.none[*]']]
    s: ex:$(id)
"""


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "people.jsonl").write_bytes(LINES)
    (tmp_path / "mapping.yml").write_text(MAPPING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lines_that_are_no_json_are_left_out_once(cli: Cli, people: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort")
    assert (ran.code, ran.err.partition("\n")[0]) == (
        1,
        "people.jsonl:2:24: GG402 not a JSON document: Expecting ',' delimiter",
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    with (people / "out.nq.rejected.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["line"], row["mapping"], row["problem"]) for row in csv.DictReader(file)]
    assert [row[:2] for row in told] == [("2", ""), ("4", "person"), ("5", ""), ("6", ""), ("7", "")]
    assert told[2][2] == "the line is not in UTF-8"
    assert told[1][2].endswith("(iteration 2)")
    written = (people / "out.nq").read_text(encoding="utf-8").replace("http://example.com/", "")
    a = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert written.splitlines() == [
        '<1> <name> "Ann" .',
        *(f"<{n}> {a} <Person> ." for n in (1, 3)),
        '<8> <name> "Eve" .',
        f"<8> {a} <Person> .",
    ]


def test_a_resource_is_traced_to_its_line(cli: Cli, people: Path) -> None:
    ran = cli("trace", "http://example.com/8", "--mapping", "mapping.yml", "--on-error", "skip")
    assert ran.code == 0, ran.err
    assert "people.jsonl:8" in ran.out


def test_the_limit_of_a_project(cli: Cli, people: Path) -> None:
    mappings = people / "mappings"
    mappings.mkdir()
    (mappings / "people.jsonl").write_text('{"id": 1, "name": "Ann"}\n')
    (people / "mapping.yml").rename(mappings / "mapping.yml")
    settings = "base: http://example.com/\ntitle: {ja: 題, en: title}\n"
    for limit, code in ((25, 0), (24, 1)):
        (people / "govgraph.yml").write_text(f"{settings}max_document_bytes: {limit}\n", encoding="utf-8")
        ran = cli("explain", "mappings/mapping.yml")
        assert ran.code == code, ran.err
    assert ran.err.startswith("mappings/people.jsonl:1: GG402 a line is longer than the 24 bytes")
    assert "max_document_bytes in govgraph.yml" in ran.err
