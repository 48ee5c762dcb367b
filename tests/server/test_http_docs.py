"""docs/reference/http.md and queries.md say what the program does."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.conftest import REPOSITORY

from govgraph.errors import CODES
from govgraph.queries import Header, Parameter, read_header
from govgraph.server.formats import BY_FORM, HTML
from govgraph.server.guard import MAX_LENGTH, MAX_PARTS, MAX_REPARSED, VOLATILE, examine
from govgraph.server.pages import MAX_ROWS
from govgraph.server.protocol import MAX_BODY, PARAMETERS

HTTP = (REPOSITORY / "docs/reference/http.md").read_text(encoding="utf-8")
QUERIES = (REPOSITORY / "docs/reference/queries.md").read_text(encoding="utf-8")


def test_formats() -> None:
    rows = re.findall(r"^\| ([A-Z, ]+|all) \| `(\w+)` \| (.*?) \|$", HTTP, re.MULTILINE)
    documented = [
        (form, name, re.findall(r"`(.*?)`", types))
        for forms, name, types in rows
        for form in forms.split(", ")
    ]
    forms = {form: [*formats] for form, formats in BY_FORM.items()}
    assert sorted(documented) == sorted(
        [(form, f.name, [f.media_type, *f.also]) for form, formats in forms.items() for f in formats]
        + [("all", HTML.name, [HTML.media_type])]
    )


def test_codes() -> None:
    listed = dict(re.findall(r"^\| (GG\d+) \| (.*?) \|$", HTTP, re.MULTILINE))
    assert listed == {code: meaning for code, meaning in CODES.items() if code.startswith("GG7")}


def test_limits_and_parameters() -> None:
    section = HTTP.partition("## Limits")[2]
    numbers = [int(n.replace(",", "")) for n in re.findall(r"\| ([\d,]+)[^|]*\|$", section, re.MULTILINE)]
    assert numbers == [MAX_BODY, MAX_LENGTH, MAX_PARTS, MAX_REPARSED, MAX_ROWS]
    for parameter in PARAMETERS:
        assert f"`{parameter}`" in HTTP
    for word in VOLATILE:
        assert f"`{word}`" in HTTP


def test_keys_of_headers() -> None:
    for key in (*Header.model_fields, *Parameter.model_fields):
        assert f"`{key}`" in QUERIES
    for kind in Parameter.model_json_schema()["properties"]["type"]["enum"]:
        assert f"`{kind}`" in QUERIES


def test_example_query(run: Callable[[str], bytes]) -> None:
    for query in re.findall(r"```sparql\n(.*?)```", QUERIES, re.DOTALL):
        assert read_header(query, "queries.md").parameters["status"].type == "iri"
        assert examine(query).form == "SELECT"
        assert b'"vars":["number","status"]' in run(query)
