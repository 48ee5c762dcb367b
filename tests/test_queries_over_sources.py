"""`query:` in YARRRML: SQL over the other sources of a mapping, of any kind."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govgraph import materialize
from tests.conftest import Cli
from tests.sheets import write_xlsx

XSD = "http://www.w3.org/2001/XMLSchema#"
SOURCES = """\
  people: [people.csv~csv]
  orders: [orders.parquet~parquet]
  ages: [ages.xlsx~excel]
  tags: ['tags.json~jsonpath', '$[*]']
"""
MAPPING = """\
prefixes: {{ex: 'http://example.com/'}}
sources:
  asked:
    queryFormulation: sql2008
    query: |
      {query}
{sources}mappings:
  m:
    sources: asked
    s: ex:$(id)
    po: [{po}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("id,name,town\n1,山田,平塚\n2,鈴木,\n3,佐藤,平塚\n", encoding="utf-8")
    orders = {"person": [1, 1, 2], "amount": [Decimal("1.50"), Decimal("2.00"), Decimal("3.25")]}
    pq.write_table(pa.table(orders), "orders.parquet")
    write_xlsx(Path("ages.xlsx"), {"S": [("id", "age"), (1, 50), (3, None)]})
    Path("tags.json").write_text(
        '[{"p": {"id": "1"}, "tags": ["a", "b"]}, {"p": {"id": "2"}}]', encoding="utf-8"
    )
    return tmp_path


def write(query: str, po: str = "[ex:v, $(v)]", sources: str = SOURCES) -> None:
    query = query.replace("\n", "\n      ")
    Path("mapping.yml").write_text(MAPPING.format(query=query, po=po, sources=sources), encoding="utf-8")


def quads(cli: Cli, mapping: str = "mapping.yml") -> list[str]:
    ran = cli("map", mapping, "-o", "out.nq", "--sort")
    assert ran.code == 0, ran.err
    return Path("out.nq").read_text(encoding="utf-8").replace("http://example.com/", "").splitlines()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT id, name AS v FROM people WHERE town IS NULL", ['<2> <v> "鈴木" .']),
        (
            "SELECT person AS id, sum(amount) AS v FROM orders GROUP BY person",
            [f'<1> <v> "3.50"^^<{XSD}decimal> .', f'<2> <v> "3.25"^^<{XSD}decimal> .'],
        ),
        (
            "SELECT id, count(*) AS v -- how many\n"
            "FROM people JOIN orders ON person = CAST(id AS BIGINT)\nGROUP BY ALL",
            [f'<1> <v> "2"^^<{XSD}integer> .', f'<2> <v> "1"^^<{XSD}integer> .'],
        ),
        ("SELECT id, age AS v FROM ages", ['<1> <v> "50" .']),
        ('SELECT "p.id" AS id, "tags[*]" AS v FROM tags', ['<1> <v> "a" .', '<1> <v> "b" .']),
        (
            'SELECT "p.id" AS id, len("tags[*]") AS v FROM tags',
            [f'<1> <v> "2"^^<{XSD}integer> .', f'<2> <v> "0"^^<{XSD}integer> .'],
        ),
        (
            'SELECT p.id, t."tags[*]"[1] AS v FROM People p JOIN tags AS t ON t."p.id" = p.id',
            ['<1> <v> "a" .'],
        ),
        (
            "WITH people AS (SELECT 7 AS id) SELECT id, id > 3 AS v FROM people",
            [f'<7> <v> "true"^^<{XSD}boolean> .'],
        ),
        (
            "SELECT id, v FROM (VALUES (1, DATE '2020-09-01')) AS t(id, v) "
            "UNION ALL SELECT x, NULL FROM range(2) r(x)",
            [f'<1> <v> "2020-09-01"^^<{XSD}date> .'],
        ),
        (
            "SELECT id, 'x' AS v FROM people WHERE EXISTS (FROM orders WHERE person::VARCHAR = people.id)",
            ['<1> <v> "x" .', '<2> <v> "x" .'],
        ),
    ],
    ids=["csv", "parquet", "join", "sheet", "json", "lists", "case", "shadowed", "values", "exists"],
)
def test_a_query_reads_sources_by_their_names(
    query: str, expected: list[str], cli: Cli, folder: Path
) -> None:
    write(query)
    assert quads(cli) == expected


def test_queries_read_queries_in_any_order(cli: Cli, folder: Path) -> None:
    more = "  totals: {query: 'SELECT person AS id, sum(amount) AS v FROM orders GROUP BY ALL'}\n"
    write("SELECT id, v FROM totals WHERE v > 3.3", sources=more + SOURCES)
    assert quads(cli) == [f'<1> <v> "3.50"^^<{XSD}decimal> .']


def test_a_mapping_may_hold_its_query(cli: Cli, folder: Path) -> None:
    write("SELECT 1")
    text = Path("mapping.yml").read_text(encoding="utf-8")
    text = text.replace("sources: asked", "sources: [{query: 'SELECT id, town AS v FROM people'}]")
    Path("mapping.yml").write_text(text, encoding="utf-8")
    assert quads(cli) == ['<1> <v> "平塚" .', '<3> <v> "平塚" .']


def test_a_table_in_memory_is_read_by_a_query(folder: Path) -> None:
    write("SELECT id, sum(x) AS v FROM given GROUP BY id", sources="  given: [given~table]\n")
    table = pa.table({"id": ["a", "a"], "x": [1, 2]})
    assert materialize(Path("mapping.yml"), Path("out.nq"), tables={"given": table}).quads == 1
    expected = f'<http://example.com/a> <http://example.com/v> "3"^^<{XSD}integer> .\n'
    assert Path("out.nq").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("query", "code", "place", "message", "hint"),
    [
        (
            "SELECT id\nFROM peple",
            "GG008",
            (7, 12),
            "unknown source 'peple' in a query",
            "did you mean 'people'?",
        ),
        ("SELECT id, FROM (", "GG019", (6, 23), "the query is not SQL: something is missing near '('", None),
        ("SELECT 'x", "GG019", (5, 12), "the query is not SQL: a quote or a comment is not closed", None),
        ("SELECT 1; SELECT 2", "GG019", (5, 12), "the query is not one SELECT", None),
        ("DELETE FROM people", "GG019", (5, 12), "the query is not one SELECT", None),
        ("COPY people TO 'x.csv'", "GG019", (5, 12), "the query is not one SELECT", None),
        ("ATTACH 'x.db'", "GG019", (5, 12), "the query is not one SELECT", None),
        ("SELECT * INTO x FROM people", "GG019", (5, 12), "the query is not one SELECT", None),
        (
            "SELECT * FROM read_csv('people.csv')",
            "GG019",
            (6, 21),
            "READ_CSV('people.csv') has no place in a query",
            None,
        ),
        ("SELECT * FROM 'people.csv'", "GG008", (6, 21), "unknown source 'people.csv' in a query", None),
        (
            "SELECT * FROM duckdb_settings()",
            "GG019",
            (6, 21),
            "DUCKDB_SETTINGS() has no place in a query",
            None,
        ),
        ("SELECT * FROM main.people", "GG019", (6, 21), "main.people has no place in a query", None),
        ("SELECT * FROM glob('*')", "GG019", (6, 21), "GLOB('*') has no place in a query", None),
        (
            "SELECT id FROM people, LATERAL read_text('x')",
            "GG019",
            (6, 38),
            "READ_TEXT('x') has no place in a query",
            None,
        ),
        (
            "SELECT p.id,\n  p.nme AS v FROM people p",
            "GG019",
            (7, 9),
            'query \'asked\': table "p" does not have a column named "nme"',
            None,
        ),
        (
            "SELECT id, sum(name) AS v FROM people GROUP BY id",
            "GG019",
            (5, 12),
            "query 'asked': No function matches the given name and argument types 'sum(VARCHAR)'. "
            "You might need to add explicit type casts.",
            None,
        ),
        ("SELECT * FROM asked", "GG019", (3, 3), "a query reads itself: asked -> asked", None),
        ("SELECT id FROM people", "GG012", (15, 17), "unknown column 'v' in source 'asked'", None),
    ],
)
def test_mistakes_are_told_at_their_place_in_the_query(
    query: str, code: str, place: tuple[int, int], message: str, hint: str | None, cli: Cli, folder: Path
) -> None:
    write(query)
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    told = ran.err.splitlines()
    line, column = place
    if code == "GG012":
        line += query.count("\n")
    assert told[0] == f"mapping.yml:{line}:{column}: {code} {message}"
    if hint:
        assert told[1].startswith(f"  hint: {hint}")


def test_what_is_wrong_with_a_source_is_told_once(cli: Cli, folder: Path) -> None:
    more = "  twice: {query: 'SELECT id, town AS v FROM asked'}\n"
    write("SELECT id, nme FROM people", sources=more + SOURCES)
    text = (
        Path("mapping.yml").read_text(encoding="utf-8").replace("sources: asked", "sources: [asked, twice]")
    )
    Path("mapping.yml").write_text(text, encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.err.count("GG019") == 1
    Path("people.csv").unlink()
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.err.startswith("mapping.yml:8:12: GG016 source 'people.csv' cannot be read: No such file")


def test_other_languages_of_queries(cli: Cli, folder: Path) -> None:
    write("SELECT id FROM people")
    text = Path("mapping.yml").read_text(encoding="utf-8").replace("sql2008", "sparql11")
    Path("mapping.yml").write_text(text, encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.err.startswith("mapping.yml:4:23: GG015 queries over sources are SQL\n  hint: sql2008\n")


def test_data_that_cannot_become_terms_are_told_with_the_row_of_the_result(cli: Cli, folder: Path) -> None:
    write("SELECT id, name AS v FROM people ORDER BY id DESC", "[ex:v, $(v)~iri]")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 1
    assert ran.err.startswith("asked: GG401 '") and "(column 'v' of asked) (iteration " in ran.err
    assert cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip").code == 0
    rejected = Path("out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:4] for line in rejected[1:]] == [
        ["asked", "", "m", "佐藤"],
        ["asked", "", "m", "鈴木"],
        ["asked", "", "m", "山田"],
    ]


@pytest.mark.parametrize("query", ["SELECT id, name AS v FROM people", "SELECT 1 AS id, 2 AS v"])
def test_rml_has_no_words_for_it(query: str, cli: Cli, folder: Path) -> None:
    write(query)
    ran = cli("convert", "mapping.yml", "mapping.ttl")
    assert (ran.code, ran.err) == (2, "mapping.yml:5:12: GG015 RML cannot say a query over other sources\n")


def test_yarrrml_is_written_for_another_folder(cli: Cli, folder: Path) -> None:
    write("SELECT id, name AS v\nFROM people")
    expected = quads(cli)
    Path("other").mkdir()
    assert cli("convert", "mapping.yml", "other/mapping.yml").code == 0
    assert quads(cli, "other/mapping.yml") == expected


def test_the_sources_of_a_query_are_not_overwritten(cli: Cli, folder: Path) -> None:
    write("SELECT id, name AS v FROM people")
    ran = cli("map", "mapping.yml", "-o", "people.csv")
    assert (ran.code, "is read by this mapping" in ran.err) == (1, True)


def test_compile_shows_the_query(cli: Cli, folder: Path) -> None:
    write("SELECT id, name AS v FROM people")
    assert '-- "asked" is\nSELECT id, name AS v FROM people;\n' in cli("compile", "mapping.yml").out
