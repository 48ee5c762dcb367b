"""Headers of query files."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgraph.errors import ConfigError
from govgraph.project import Project
from govgraph.queries import load_queries, read_header
from tests.conftest import REPOSITORY, Cli
from tests.projects import copy_town


def test_every_header_says_it_in_both_languages() -> None:
    for query in load_queries(Project.load(REPOSITORY)):
        assert query.header.summary_ja, query.name
        assert query.summary("ja") != query.summary("en")
        assert not query.body.startswith("#+")


def test_header() -> None:
    header = read_header(
        "#+ summary: One line\n"
        "#+ description: |\n"
        "#+   several\n"
        "#+   lines\n"
        "#+ tags: [a, b]\n"
        "#+ parameters:\n"
        "#+   number: {summary: The number, type: integer}\n"
        "# a comment\n"
        "ASK {}\n",
        "queries/x.rq",
    )
    assert (header.summary, header.description, header.tags) == ("One line", "several\nlines\n", ("a", "b"))
    assert header.parameters["number"].type == "integer"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("ASK {}", ["q.rq:1:1: GG004 'summary' is missing"]),
        ("#+ sumary: x\nASK {}", ["q.rq:1:4: GG002 unknown key 'sumary'", "GG004 'summary' is missing"]),
        ("# first\n#+ summary: [\nASK {}", ["GG001 not valid YAML"]),
        ("#+ summary: x\n#+ tags: one\n", ["q.rq:2:4: GG003 'tags'"]),
        (
            "#+ summary: x\n#+ parameters:\n#+   a: {summary: y, type: int}\n",
            ["q.rq:3:22: GG003 'parameters.a.type'"],
        ),
        ("#+ summary: x\n#+ summary: y\n", ["q.rq:2:4: GG014 key 'summary' is given twice"]),
    ],
)
def test_wrong_header(text: str, problems: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        read_header(text, "q.rq")
    for problem in problems:
        assert problem in str(raised.value)


def test_all_wrong_headers_are_told(tmp_path: Path) -> None:
    (tmp_path / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 試験, en: Trial}\n")
    (tmp_path / "queries").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"queries/{name}.rq").write_text("ASK {}")
    with pytest.raises(ConfigError) as raised:
        load_queries(Project.load(tmp_path))
    assert [str(p.span) for p in raised.value.problems] == ["queries/a.rq:1:1", "queries/b.rq:1:1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#+ sumary: x\nASK {}\n", "queries/q.rq:1:4: GG002 unknown key 'sumary'"),
        (
            "#+ summary: x\nSELECT *\nWHERE { ?s ?p }\n",
            "queries/q.rq:3:15: GG701 malformed query: unexpected '}'",
        ),
        ("#+ summary: x\nSELECT * { ?s gg:amount ?o ; no:such 1 }\n", "queries/q.rq:2:30: GG701"),
        ("#+ summary: x\nDELETE WHERE { ?s ?p ?o }\n", "queries/q.rq:2:1: GG701 DELETE is an update"),
        ("#+ summary: x\nASK { SERVICE <http://x.org/> { ?s ?p ?o } }\n", "queries/q.rq:2:7: GG712 SERVICE"),
    ],
)
def test_check_reads_queries(tmp_path: Path, cli: Cli, text: str, said: str) -> None:
    town = copy_town(tmp_path)
    right = cli("check", "--project", town)
    assert (right.code, right.out.endswith("; the ontology and queries too\n")) == (0, True)
    (town / "queries").mkdir(exist_ok=True)
    (town / "queries/q.rq").write_text(text, encoding="utf-8")
    ran = cli("check", "--project", town)
    assert ran.code == 2
    assert said in ran.err


def test_check_reads_the_ontology(tmp_path: Path, cli: Cli) -> None:
    town = copy_town(tmp_path)
    (town / "ontology").mkdir(exist_ok=True)
    (town / "ontology/more.ttl").write_text("@prefix x: <x:> .\nx:a x:b\n", encoding="utf-8")
    ran = cli("check", "--project", town)
    assert ran.code == 2
    assert "ontology/more.ttl:3:1: GG106 not valid Turtle" in ran.err
