"""docs/reference/http.md and queries.md say what the program does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

from starlette.testclient import TestClient
from tests.conftest import REPOSITORY
from tests.test_docs import shown_default

from govgraph.errors import CODES, QueryError
from govgraph.parameters import Kind, Parameter
from govgraph.queries import Header, read_header
from govgraph.server.asgi import MOST_FOR_HTTP_1_0, UPLOAD
from govgraph.server.broker import PART_OF_MEMORY
from govgraph.server.connections import HEAD_BYTES, HEAD_SECONDS, MOST_UNREAD, STALLED
from govgraph.server.formats import BY_FORM, HTML
from govgraph.server.guard import MAX_LENGTH, MAX_PARTS, MAX_REPARSED, VOLATILE, examine
from govgraph.server.output import HELD_BACK
from govgraph.server.pages import MAX_ROWS
from govgraph.server.problems import status_of
from govgraph.server.protocol import MAX_BODY, PARAMETERS
from govgraph.settings import Limits

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
    section = HTTP.partition("These are fixed:")[2].partition("\n\nA query")[0]
    numbers = [int(n.replace(",", "")) for n in re.findall(r"\| ([\d,]+)[^|]*\|$", section, re.MULTILINE)]
    assert UPLOAD == HEAD_SECONDS
    of_queries = [MAX_LENGTH, MAX_PARTS, MAX_REPARSED, MAX_ROWS]
    assert numbers == [UPLOAD, STALLED, MOST_UNREAD, HEAD_BYTES, MAX_BODY, *of_queries]
    assert PART_OF_MEMORY == 4
    assert f"The first {HELD_BACK:,} bytes" in HTTP
    assert f"up to {MOST_FOR_HTTP_1_0 // 1024**2} MiB, then 413" in HTTP
    for parameter in PARAMETERS:
        assert f"`{parameter}`" in HTTP
    for word in VOLATILE:
        assert f"`{word}`" in HTTP


def test_settings_of_limits() -> None:
    """Each stands in the table, with the default that the reference of settings has."""
    rows = re.findall(r"^\| [^|]* \| `(\w+)` \| ([^|]*) \| [^|]* \|$", HTTP, re.MULTILINE)
    assert dict(rows) == {name: shown_default(field) for name, field in Limits.model_fields.items()}


def test_statuses() -> None:
    """Each code stands beside the status that it is told with; malformed requests have several."""
    rows = re.findall(r"^\| (\d{3}) \| (.*) \|$", HTTP, re.MULTILINE)
    listed = {(code, int(status)) for status, when in rows for code in re.findall(r"GG\d{3}", when)}
    codes = {code for code in CODES if code.startswith("GG7")} - {"GG703", "GG704"} | {"GG601", "GG604"}
    assert {pair for pair in listed if pair[0] != "GG704"} == {
        (code, status_of(QueryError("", code))) for code in codes
    }


def test_figures(client: TestClient) -> None:
    told = re.findall(r"^# TYPE (\w+) ", client.get("/metrics").text, re.MULTILINE)
    assert set(re.findall(r"`(govgraph_\w+)`", HTTP)) == {n for n in told if not n.endswith("_created")}


def test_keys_of_headers() -> None:
    for key in (*Header.model_fields, *Parameter.model_fields):
        assert f"`{key}`" in QUERIES
    for kind in get_args(Kind):
        assert f"`{kind}`" in QUERIES


def test_example_query(run: Callable[[str], bytes]) -> None:
    for query in re.findall(r"```sparql\n(.*?)```", QUERIES, re.DOTALL):
        assert read_header(query, "queries.md").parameters["status"].type == "iri"
        assert examine(query).form == "SELECT"
        assert b'"vars":["number","status"]' in run(query)
