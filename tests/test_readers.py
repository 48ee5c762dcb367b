"""Readers of JSON: queries evaluated here agree with the library, broken documents are never half read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govgraph.engines.readers.json import JsonReader
from govgraph.engines.readers.jsonpath import compile_query
from govgraph.engines.sources import Used
from govgraph.errors import EngineError, SourceSpan
from govgraph.mapping.model import LogicalSource

SPAN = SourceSpan("mapping.yml", 1, 1)
DOCUMENT: dict[str, Any] = {
    "a": [{"b": 1, "c": [1, [2, 3], {"b": None}]}, {"b": {"b": "x"}}, [], 7, None],
    "b": {"x": [0], "y": {"z": [{"b": False}]}},
    "日本": {"語": ["k", ""]},
}


@pytest.mark.parametrize(
    "query",
    [
        *("$", "$.a", "$.a[0]", "$.a[-1]", "$.a[-5].b", "$.a[9]", "$.a[-9]", "$.a.b", "$.b[0]", "$.b.x[0]"),
        *(
            "$.*",
            "$.a[*]",
            "$.a[*].b",
            "$.a[*][*]",
            "$.a[*].c[*][*]",
            "$.b.*.*",
            "$['日本'].語[*]",
            "$.日本.*",
        ),
    ],
)
def test_simple_queries_give_what_the_library_gives(query: str) -> None:
    compiled = compile_query(query)
    expected = [node.value for node in compiled.library.finditer(DOCUMENT)]
    assert compiled.steps is not None
    assert compiled.values(DOCUMENT) == expected
    if compiled.singular:
        assert compiled.column([DOCUMENT]) == (expected or [None])


@pytest.mark.parametrize("query", ["$..b", "$.a[0:2]", "$.a[?@.b]", "$['a', 'b']"])
def test_other_queries_are_left_to_the_library(query: str) -> None:
    compiled = compile_query(query)
    assert compiled.steps is None
    assert compiled.values(DOCUMENT) == [node.value for node in compiled.library.finditer(DOCUMENT)]


def read(path: Path, iterator: str, *names: str) -> list[dict[str, Any]]:
    """The rows of a document."""
    source = LogicalSource("rows", path.name, "jsonpath", SPAN, iterator)
    columns = JsonReader().columns(path, source, [Used(name, SPAN) for name in names])
    batches = JsonReader().batches(path, source, columns, set(names), path.name)
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("iterator", ["$[*]", "$.rows[*]", "$.x.rows[*]", "$", "$[?@.a]"])
def test_every_beginning_of_a_document_is_an_error_with_its_line(iterator: str, tmp_path: Path) -> None:
    rows = '[ {"a" : 1.0 , "b": ["]", "}"]} ,\n {"a":"x"},\n{ } ]'
    opening, closing = {
        "$.rows[*]": ('{"k": [], "rows" : ', "}"),
        "$.x.rows[*]": ('{"x":{"rows":', '},"k":1}'),
    }.get(iterator, ("", ""))
    whole = f"{opening}{rows}{closing}"
    path = tmp_path / "rows.json"
    path.write_text(whole + " \n")
    found = read(path, iterator, "a")
    if iterator not in ("$",):
        assert [row["a"] for row in found][:2] == ["1.0", "x"]
    for end in range(len(whole)):
        path.write_text(whole[:end])
        with pytest.raises(EngineError) as raised:
            read(path, iterator, "a")
        (problem,) = raised.value.problems
        assert problem.code == "GG402" and problem.span
        assert problem.span.line >= 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"rows": [1],\n "rows": [2]}', "rows.json:2:2"),
        ('{"rows": [1,]}', "rows.json:1:13"),
        ('{"rows": [1]\n} {}', "rows.json:2:3"),
        ('{"rows": [1 2]}', "rows.json:1:13"),
        ('{"rows" [1]}', "rows.json:1:9"),
        ("{rows: [1]}", "rows.json:1:2"),
        ('{"rows": [-Infinity]}', "rows.json:1:11"),
        ('{"rows": ["\t"]}', "rows.json:1:12"),
    ],
)
def test_a_broken_document_is_told_with_its_place(text: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(EngineError) as raised:
        read(path, "$.rows[*]", "$")
    (problem,) = raised.value.problems
    assert (problem.code, str(problem.span)) == ("GG402", place)


def test_rows_of_many_batches_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"a": number} for number in range(25_000)]))
    assert [row["a"] for row in read(path, "$[*]", "a")] == [str(n) for n in range(25_000)]
