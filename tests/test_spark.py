"""The engine Spark: the same plans give the same quads, or the same error, as DuckDB's.

Spark is started once, without generated code, whose compilation takes longer than these small cases;
the cluster's test runs it as users do.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from govgraph.engines.macros import LEXICAL, sql_text
from govgraph.engines.spark_sql import whole
from govgraph.mapping.checks import LANGUAGE_TAG
from tests.conformance.test_rml_core import CASES as CONFORMANCE
from tests.conformance.test_rml_core import SUITES, Case
from tests.conftest import REPOSITORY, SHARED, Cli, Ran
from tests.projects import copy_town
from tests.test_functions import EXAMPLES, HEAD, object_map
from tests.test_mapping_cases import CASES, mapping_of
from tests.test_own_functions import FUNCTIONS, QUADS, YARRRML

pytestmark = [
    pytest.mark.skipif(not find_spec("pyspark"), reason="needs PySpark: pip install 'govgraph[spark]'"),
    pytest.mark.skipif(
        not shutil.which("java") and "JAVA_HOME" not in os.environ, reason="needs Java 17, which is not here"
    ),
]
CLUSTER = REPOSITORY / "bench" / "spark" / "cluster.py"
GTFS = SHARED / "bench" / "gtfs"
SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
PEOPLE = """\
prefixes: {ex: "http://example.com/"}
mappings:
  person:
    sources: people.csv~csv
    s: ex:$(id)
    po: [[ex:name, $(name)], [ex:page, $(page)~iri]]
"""


@pytest.fixture(scope="module")
def running() -> Iterator[None]:
    """Spark, started once: the command line takes the session that it finds."""
    from govgraph.engines.spark_session import open_spark

    with open_spark("local[2]", SMALL):
        yield


@pytest.fixture
def spark(running: None, cli: Cli) -> Cli:
    """Runs `govgraph map … --engine spark`."""

    def run(*arguments: object) -> Ran:
        return cli("map", *arguments, "--engine", "spark")

    return run


def ensure_equal(cli: Cli, spark: Cli, mapping: object, *arguments: str) -> None:
    """Both engines write the same quads, or say the same and write nothing."""
    one = cli("map", mapping, "-o", "duckdb.nq", *arguments)
    other = spark(mapping, "-o", "spark.nq", *arguments)
    if one.code:
        assert (other.code, other.err) == (one.code, one.err)
        assert not Path("spark.nq").exists()
    else:
        assert other.code == 0, other.err
        assert re.sub(r" in .*", "", other.err) == re.sub(r" in .*", "", one.err)
        lines = Path("spark.nq").read_bytes().splitlines()
        assert sorted(lines) == sorted(Path("duckdb.nq").read_bytes().splitlines())
    assert not list(Path().glob(".*-*"))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_own_case(case: Path, cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    monkeypatch.chdir(folder)
    arguments = (folder / "arguments").read_text().split() if (folder / "arguments").exists() else []
    ensure_equal(cli, spark, mapping_of(case), *arguments)


READ = [c for c in CONFORMANCE if not c.name.endswith("-XML")]
"""All cases of both suites whose sources are CSV or JSON."""


def test_conformance_cases_are_here() -> None:
    if not CONFORMANCE:
        pytest.skip("needs the cases in ../shared/conformance, which are not here")
    assert len(READ) > 100


@pytest.mark.parametrize("case", READ, ids=lambda c: f"{c.suite}-{c.name}")
def test_conformance_case(
    case: Case, cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    monkeypatch.chdir(folder)
    ensure_equal(cli, spark, "mapping.ttl", "--base", SUITES[case.suite])


@pytest.mark.parametrize("number", range(0, len(EXAMPLES), 60), ids=lambda n: f"from-{n + 1}")
def test_functions(
    number: int, cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every example of every function, with arguments from data."""
    monkeypatch.chdir(tmp_path)
    record: dict[str, object] = {"id": "1"}
    some = list(enumerate(EXAMPLES))[number : number + 60]
    objects = [object_map(n, f, e, record, data=True) for n, (f, e) in some]
    (tmp_path / "rows.json").write_text(json.dumps([record]), encoding="utf-8")
    (tmp_path / "functions.ttl").write_text(HEAD + "".join(objects) + ".", encoding="utf-8")
    ensure_equal(cli, spark, "functions.ttl")
    assert Path("spark.nq").exists()


def test_own_functions(cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a file, which the workers cannot import; and what they cannot read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_functions.py").write_text(FUNCTIONS, encoding="utf-8")
    (tmp_path / "own.yml").write_text(YARRRML, encoding="utf-8")
    words = "id,word,times,other,price\n1,tea,2,green,3.50\n2,rum,,,20\n"
    (tmp_path / "words.csv").write_text(words, encoding="utf-8")
    own = ("--functions", "my_functions.py")
    ran = spark("own.yml", "-o", "out.nq", "--sort", *own)
    assert ran.code == 0, ran.err
    assert (tmp_path / "out.nq").read_text(encoding="utf-8") == QUADS
    (tmp_path / "words.csv").write_text(f"{words}3,gin,1,,cheap\n", encoding="utf-8")
    ensure_equal(cli, spark, "own.yml", *own)
    assert not (tmp_path / "spark.nq").exists()


def test_build(running: None, cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    query = "SELECT ?s ?p ?o {GRAPH ?g {?s ?p ?o}} ORDER BY ?s ?p ?o"
    (town / "measures.rq").write_text(query.replace("?s ?p ?o}}", "?s ?p ?o . ?s a ?c}}"), encoding="utf-8")
    found = []
    for engine in ("duckdb", "spark"):
        ran = cli("--project", town, "build", "--force", "--json", "--engine", engine)
        assert ran.code == 0, ran.err
        answer = cli("--project", town, "query", town / "measures.rq", "--format", "csv")
        assert (answer.code, len(answer.out) > 1_000) == (0, True)
        found.append((json.loads(ran.out)["graphs"], answer.out))
    assert found[0] == found[1]


MAPPINGS = sorted((REPOSITORY / "mappings").glob("*/mapping*.yml"))


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda m: f"{m.parent.name}-{m.stem}")
def test_mapping_of_the_project(
    mapping: Path, cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ensure_equal(cli, spark, mapping, "--base", "https://w3id.org/govgraph/")


def test_gtfs(cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not GTFS.is_dir():
        pytest.skip("needs ../shared/bench/gtfs, which is not here")
    mapping = (GTFS / "mappings" / "gtfs-csv.rml.ttl").read_text(encoding="utf-8")
    (tmp_path / "gtfs.ttl").write_text(mapping.replace('"/data/', f'"{GTFS}/csv/'), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ensure_equal(cli, spark, "gtfs.ttl")


CHARACTERS = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.com/> .
<#characters> a rml:TriplesMap ;
  rml:logicalSource [
    rml:referenceFormulation rml:CSV ;
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "characters.csv" ]
  ] ;
  rml:subjectMap [ rml:template "http://example.com/{id}/{text}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:text ; rml:objectMap [ rml:reference "text" ] ] ;
  rml:predicateObjectMap [ rml:predicate ex:more ; rml:objectMap
    [ rml:template "http://example.com/{text}" ; rml:termType rml:URI ],
    [ rml:template "http://example.com/{text}" ; rml:termType rml:UnsafeIRI ],
    [ rml:template "{text}" ; rml:termType rml:BlankNode ] ] .
"""


def test_every_character(cli: Cli, spark: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java's regular expressions and encoding of characters against RE2's and DuckDB's, all of Unicode."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "characters.ttl").write_text(CHARACTERS, encoding="utf-8")
    characters = [chr(n) for n in range(1, 0x110000) if not 0xD800 <= n < 0xE000]
    texts = ["".join(characters[n : n + 61]) for n in range(0, len(characters), 61)]
    with (tmp_path / "characters.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("id", "text"))
        rows.writerows((f"{n} *~+", text) for n, text in enumerate(texts))
    ensure_equal(cli, spark, "characters.ttl")
    assert Path("spark.nq").exists()


PATTERNS = (*LEXICAL.values(), LANGUAGE_TAG)
VALUES = (
    *(
        "1",
        "-1",
        "+1.5",
        "1.",
        ".5",
        "1e5",
        "INF",
        "+INF",
        "NaN",
        "true",
        "TRUE",
        "１",
        "١",
        "1\n",
        "\n1",
        "",
    ),
    *("0aF9", "0aF", "0a" * 100_000, "2020-02-29", "2019-02-29", "1900-02-29", "2000-02-29Z", "12020-04-30"),
    *(
        "-0001-01-01",
        "2020-04-31",
        "2020-04-30+14:00",
        "2020-04-30+14:01",
        "24:00:00",
        "24:00:01",
        "23:59:59.5",
    ),
    *(
        "2020-02-29T12:00:00Z",
        "2020-02-29T24:00:00.000",
        "2020-02-29 12:00:00",
        "ja",
        "ja-Jpan-JP",
        "en-GB-oed",
    ),
    *("x-a", "a", "zh-cmn-Hans-CN", "ja\n", "日本", "de-1901", "en-a-bbb-x-a", "i-klingon"),
)


def test_regular_expressions(running: None) -> None:
    """Each pattern says the same of each value in Java and in RE2."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    assert session
    values = session.createDataFrame([(value,) for value in VALUES], "value STRING").orderBy("value")
    values.createOrReplaceTempView("texts")
    tests = ", ".join(f"value RLIKE {whole(pattern)}" for pattern in PATTERNS)
    java = [tuple(row) for row in session.sql(f"SELECT value, {tests} FROM texts").collect()]
    tests = ", ".join(f"regexp_full_match(value, {sql_text(pattern)})" for pattern in PATTERNS)
    re2 = duckdb.execute(f"SELECT value, {tests} FROM (SELECT unnest(?) AS value)", [list(VALUES)]).fetchall()
    assert sorted(java) == sorted(re2)
    assert any(any(row[1:]) for row in java)


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "people.yml").write_text(PEOPLE, encoding="utf-8")
    rows = "".join(f'{n},"人 ""{n}""\n二行",http://example.com/{n}\n' for n in range(100))
    (tmp_path / "people.csv").write_text(f"id,name,page\n{rows}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_parts(people: Path, spark: Cli) -> None:
    ran = spark("people.yml", "-o", "people/")
    assert ran.code == 0, ran.err
    parts = sorted(p.name for p in (people / "people").iterdir())
    assert parts[0] == "part-00000.nq"
    assert all(re.fullmatch(r"part-\d{5}\.nq", name) for name in parts)
    lines = [line for name in parts for line in (people / "people" / name).read_bytes().splitlines()]
    assert len(lines) == len(set(lines)) == 200
    assert b'<http://example.com/7> <http://example.com/name> "\xe4\xba\xba \\"7\\"\\n' in b"\n".join(lines)


def test_parts_are_compressed_and_in_order(people: Path, spark: Cli) -> None:
    assert spark("people.yml", "-o", "people.nq.gz/", "--sort").code == 0
    parts = sorted((people / "people.nq.gz").iterdir())
    assert all(re.fullmatch(r"part-\d{5}\.nq\.gz", p.name) for p in parts)
    lines = b"".join(gzip.decompress(p.read_bytes()) for p in parts).splitlines()
    assert len(lines) == 200
    assert lines == sorted(lines)
    assert spark("people.yml", "-o", "people.nq.gz").code == 0  # the folder is there: replaced
    assert (people / "people.nq.gz").is_dir()


def test_a_folder_with_other_files_is_kept(people: Path, spark: Cli) -> None:
    (people / "notes").mkdir()
    (people / "notes" / "letter.txt").write_text("mine")
    ran = spark("people.yml", "-o", "notes/")
    assert (ran.code, ran.err.splitlines()[0]) == (
        1,
        "notes/letter.txt: GG403 holds other files, and cannot be replaced",
    )
    assert (people / "notes" / "letter.txt").read_text() == "mine"


def test_nothing_is_left_of_a_failure(people: Path, spark: Cli) -> None:
    with (people / "people.csv").open("a", encoding="utf-8") as file:
        file.write("x,y,not an IRI\n")
    before = sorted(p.name for p in people.iterdir())
    for out in ("people.nq", "people/", "people.nq.gz"):
        ran = spark("people.yml", "-o", out)
        assert ran.code == 1
        assert ran.err.startswith(
            "people.csv:202: GG401 'not an IRI' is not an IRI (column 'page' of people.csv)"
        )
        assert sorted(p.name for p in people.iterdir()) == before


def test_options_of_the_other_engine(people: Path, cli: Cli, spark: Cli) -> None:
    ran = cli("map", "people.yml", "-o", "people/")
    assert (ran.code, ran.err) == (2, "GG104 part files are for Spark\n  hint: add --engine spark\n")
    ran = cli("map", "people.yml", "-o", "people.nq", "--master", "local[1]")
    assert (ran.code, ran.err) == (
        2,
        "GG104 --master and --spark-conf are for Spark\n  hint: add --engine spark\n",
    )
    ran = spark("people.yml", "-o", "people.nq", "--on-error", "skip")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "GG104 Spark stops at data that cannot become a term")
    ran = spark("people.yml", "-o", "people.nq", "--spark-conf", "driver.memory=1g")
    assert ran.code == 2
    assert "'driver.memory=1g' is no setting of Spark" in ran.err
    assert sorted(p.name for p in people.iterdir()) == ["people.csv", "people.yml"]


def test_without_java(people: Path) -> None:
    environment = {**os.environ, "JAVA_HOME": str(people)}
    command = [sys.executable, "-c", "from govgraph.cli import main; main()", "map", "people.yml"]
    ran = subprocess.run(
        [*command, "-o", "people.nq", "--engine", "spark"], env=environment, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (
        1,
        f"GG404 Spark needs Java, and there is no {people}/bin/java\n"
        "  hint: install Java 17 or later (on Debian: openjdk-17-jre-headless), or set JAVA_HOME\n",
    )


def test_cluster(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A master and two workers, each a process of its own, on a mapping that calls Python functions."""
    monkeypatch.chdir(tmp_path)
    mapping = REPOSITORY / "mappings" / "hiratsuka-covid-2020" / "mapping.yml"
    govgraph = [sys.executable, "-c", "from govgraph.cli import main; main()"]
    options = [
        "--base",
        "https://w3id.org/govgraph/",
        "-o",
        "parts/",
        "--engine",
        "spark",
        "--master",
        "MASTER",
        "--spark-conf",
        "spark.executor.memory=512m",
    ]
    command = [sys.executable, str(CLUSTER), *govgraph, "map", str(mapping), *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    tasks = re.findall(r"worker-\d: (\d+) tasks", ran.stderr)
    assert len(tasks) == 2
    assert sum(map(int, tasks)) > 2
    assert cli("map", mapping, "-o", "duckdb.nq", *options[:2]).code == 0
    lines = [line for part in Path("parts").iterdir() for line in part.read_bytes().splitlines()]
    assert sorted(lines) == sorted(Path("duckdb.nq").read_bytes().splitlines())
