"""Logical views where data are wrong, where quads come from, and in SQL (RML-LV)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govgraph import materialize
from govgraph.iri import XSD
from tests.conftest import Cli
from tests.sheets import write_xlsx

CASES = Path(__file__).parent / "cases" / "mapping"


@pytest.fixture
def in_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    shutil.copytree(CASES / request.param, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    return tmp_path / "case"


@pytest.mark.parametrize(
    ("in_case", "kept", "side"),
    [
        (
            "error-data-view-text-is-not-json",
            ["a/Aoki", "c/Chiba"],
            'offices.csv,3,Person,"[{""name"": ""Baba""","not a JSON document: '
            "Expecting ',' delimiter: line 1 column 17 (char 16) (field 'person')\"",
        ),
        (
            "error-data-view-object-in-records",
            ["Aoki", "Doi"],
            'offices.json,3,Person,"{""staff"": [{""name"": ""Baba""}, {""name"": {""first"": ""C""}}]}",'
            '"\'$.name\' gives {""first"": ""C""}, where a text is expected (iteration 2)"',
        ),
        (
            "error-data-view-not-an-iri",
            ["a", "b"],
            "links.json,3,Link,not an iri,'not an iri' is not an IRI (iteration 2)",
        ),
    ],
    indirect=["in_case"],
)
def test_rows_that_cannot_be_read_are_left_out(in_case: Path, cli: Cli, kept: list[str], side: str) -> None:
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    lines = (in_case / "out.nq").read_text(encoding="utf-8").splitlines()
    assert [line.split(">")[0] for line in lines] == [f"<http://example.com/{name}" for name in kept]
    assert (in_case / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()[1:] == [side]


@pytest.mark.parametrize("in_case", ["view-joins"], indirect=True)
def test_quads_of_a_view_are_traced_to_the_records_of_its_source(in_case: Path, cli: Cli) -> None:
    ran = cli("trace", "--mapping", "mapping.ttl", "http://example.com/inner/bob")
    assert (ran.code, ran.err) == (0, "")
    assert in_case.exists()
    assert ran.out.splitlines() == [
        '<http://example.com/inner/bob> <http://example.com/item> "flower (15)" .',
        "  mapping.ttl:42:82 (Inner) from people.csv:3",
    ]


@pytest.mark.parametrize("in_case", ["view-joins"], indirect=True)
def test_each_query_is_explained(in_case: Path, cli: Cli) -> None:
    assert in_case.exists()
    ran = cli("explain", "mapping.ttl")
    assert (ran.code, ran.err) == (0, "")
    assert "Left" in ran.out
    assert "Inner" in ran.out
    ran = cli("compile", "mapping.ttl")
    assert (ran.code, ran.err) == (0, "")
    assert 'FROM "left"' in ran.out


@pytest.mark.parametrize("in_case", ["view-annotations"], indirect=True)
def test_annotations_are_written_to_rml(in_case: Path, cli: Cli) -> None:
    assert cli("convert", "mapping.ttl", "out.ttl").code == 0
    text = (in_case / "out.ttl").read_text(encoding="utf-8")
    assert '[ a rml:PrimaryKeyAnnotation ; rml:onFields ("name") ]' in text
    assert "rml:targetView <#members>" in text


VIEW = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.com/> .
ex:view a rml:LogicalView ; rml:viewOn [ {source} ] ;
  rml:field [ a rml:ExpressionField ; rml:fieldName "who" ; rml:reference "name" ] ;
  rml:field [ a rml:ExpressionField ; rml:fieldName "years" ; rml:reference "age" ] .
ex:Joined a rml:LogicalView ; rml:viewOn ex:view ;
  rml:field [ a rml:ExpressionField ; rml:fieldName "who" ; rml:reference "who" ] ;
  rml:leftJoin [ rml:parentLogicalView ex:view ; rml:joinCondition [ rml:child "who" ; rml:parent "who" ] ;
    rml:field [ a rml:ExpressionField ; rml:fieldName "age" ; rml:reference "years" ] ] .
ex:Person rml:logicalSource ex:Joined ;
  rml:subjectMap [ rml:template "http://example.com/{{#}}/{{who}}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:age ; rml:objectMap [ rml:reference "age" ] ] .
"""
PEOPLE = {"name": ["a", "b"], "age": [50, None]}
ROWS = list(zip(*PEOPLE.values(), strict=True))


def write_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE people (name TEXT, age INTEGER)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", ROWS)


SQLITE = '[ a <{d2rq}Database> ; <{d2rq}jdbcDSN> "jdbc:sqlite:people.db" ]'.format(
    d2rq="http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
)


@pytest.mark.parametrize(
    ("source", "write"),
    [
        ('rml:source "people.parquet"', lambda: pq.write_table(pa.table(PEOPLE), "people.parquet")),
        (
            'rml:source "people.xlsx" ; rml:referenceFormulation rml:Excel',
            lambda: write_xlsx(Path("people.xlsx"), {"S": [tuple(PEOPLE), *ROWS]}),
        ),
        (
            f'rml:source {SQLITE} ; rml:referenceFormulation rml:SQL2008Table ; rml:iterator "people"',
            lambda: write_sqlite(Path("people.db")),
        ),
    ],
    ids=["parquet", "excel", "sqlite"],
)
def test_views_are_on_tables_with_types(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, write: Callable[[], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    write()
    Path("mapping.ttl").write_text(VIEW.format(source=source), encoding="utf-8")
    Path("other").mkdir()
    assert cli("convert", "mapping.ttl", "other/mapping.ttl").code == 0
    for mapping in ("mapping.ttl", "other/mapping.ttl"):
        ran = cli("map", mapping, "-o", "out.nq")
        assert ran.code == 0, ran.err
        quads = Path("out.nq").read_text(encoding="utf-8")
        assert quads == f'<http://example.com/0/a> <http://example.com/age> "50"^^<{XSD}integer> .\n'
    ran = cli("trace", "--mapping", "mapping.ttl", "http://example.com/0/a")
    assert (ran.code, ran.err) == (0, "")


def test_a_view_is_on_a_table_in_memory(tmp_path: Path) -> None:
    source = 'rml:source "people" ; rml:referenceFormulation rml:Table'
    (tmp_path / "mapping.ttl").write_text(VIEW.format(source=source), encoding="utf-8")
    materialize(tmp_path / "mapping.ttl", tmp_path / "out.nq", tables={"people": pa.table(PEOPLE)})
    assert "/0/a> <http://example.com/age>" in (tmp_path / "out.nq").read_text(encoding="utf-8")


def test_what_a_view_is_on_is_checked(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    d2rq = SQLITE.replace("jdbc:sqlite:people.db", "jdbc:postgresql://localhost/people").replace(
        " ]", ' ; <http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#password> "secret" ]'
    )
    source = f'rml:source {d2rq} ; rml:referenceFormulation rml:SQL2008Table ; rml:iterator "people"'
    Path("mapping.ttl").write_text(VIEW.format(source=source), encoding="utf-8")
    for name in ("GOVGRAPH_DATABASE_PASSWORD_PEOPLE", "GOVGRAPH_DATABASE_PASSWORD", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert ran.code == 2
    assert "GG020 a password stands in the mapping" in ran.err
    assert "secret" not in ran.err


def test_a_view_is_on_the_database_that_is_named_outside(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sqlite(Path("people.db"))
    source = 'rml:referenceFormulation rml:SQL2008Table ; rml:iterator "people"'
    Path("mapping.ttl").write_text(VIEW.format(source=source), encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert (ran.code, "GG021" in ran.err) == (2, True)
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--database", "sqlite:people.db")
    assert ran.code == 0, ran.err
    assert "/0/a> <http://example.com/age>" in Path("out.nq").read_text(encoding="utf-8")


def test_a_wide_table_keeps_what_its_views_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    header = ",".join(("c", *(f"c{n}" for n in range(1500)), "name", "age"))
    Path("people.csv").write_text(f"{header}\nx,{',' * 1500}a,50\n", encoding="utf-8")
    Path("mapping.ttl").write_text(VIEW.format(source='rml:source "people.csv"'), encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert ran.code == 0, ran.err
    assert Path("out.nq").read_text(encoding="utf-8").startswith("<http://example.com/0/a> ")


def test_what_a_function_of_a_view_says_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("name,age\na,2\nb,x\n", encoding="utf-8")
    grel = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
    inputs = " ; ".join(
        f'rml:input [ rml:parameter <{grel}{parameter}> ; rml:inputValueMap [ rml:reference "{name}" ] ]'
        for parameter, name in (("valueParameter", "name"), ("p_int_i", "age"), ("p_int_i2", "age"))
    )
    call = f"rml:functionExecution [ rml:function <{grel}string_splitByLengths> ; {inputs} ]"
    mapping = VIEW.format(source='rml:source "people.csv"').replace('rml:reference "age"', call, 1)
    Path("mapping.ttl").write_text(mapping, encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert (ran.code, ran.err) == (1, "people.csv:3: GG401 'x' is not a whole number\n")
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 0, ran.err
    rejected = Path("out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert rejected == ["people.csv,3,Person,,'x' is not a whole number"]
