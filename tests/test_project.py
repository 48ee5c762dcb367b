"""Settings, through the command line: right ones are found, wrong ones are reported all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Cli

RIGHT = "base: https://example.org/\ntitle: {ja: 題, en: Title}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "govgraph.yml").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "mappings" / "people").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dataset(project: Path, text: str = "title: {ja: 人, en: People}\npublisher: '141003'\n") -> None:
    (project / "mappings" / "people" / "dataset.yml").write_text(text, encoding="utf-8")


def test_no_project(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("check")
    assert ran.code == 2
    assert ran.err == (
        f"GG101 no govgraph.yml in {tmp_path} or above it\n"
        "  hint: go to a project's folder, or name it: --project DIR\n"
    )
    named = cli("check", "--project", "elsewhere")
    assert (named.code, named.err) == (
        2,
        "GG101 no govgraph.yml in elsewhere\n  hint: name the project's folder\n",
    )


def test_project_is_found_upwards_or_named(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "mappings" / "people")
    assert cli("check").code == 0
    monkeypatch.chdir(project.parent)
    assert cli("check", "--project", project).code == 0
    assert cli("--project", project, "check").code == 0


def test_all_mistakes_of_the_settings_at_once(cli: Cli, project: Path) -> None:
    (project / "govgraph.yml").write_text(
        "base: example.org\ntitel: {ja: 題}\ntitle: {ja: 題}\nport: 99999\nlanguages: [ja, fr]\n",
        encoding="utf-8",
    )
    ran = cli("check")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "govgraph.yml:1:1: GG003 'base': expected an absolute IRI that ends in '/' or '#'",
        "govgraph.yml:2:1: GG002 unknown key 'titel'",
        "  hint: did you mean 'title'?",
        "govgraph.yml:3:1: GG004 'title.en' is missing",
        "govgraph.yml:4:1: GG003 'port': input should be less than or equal to 65535",
        "govgraph.yml:5:17: GG003 'languages.1': input should be 'ja' or 'en'",
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            b"base: [\n",
            "govgraph.yml:2:1: GG001 not valid YAML: expected the node content, but found '<stream end>'",
        ),
        (b"- base\n", "govgraph.yml:1:1: GG003 expected keys and values"),
        (b"base: \x83\x65\n", "govgraph.yml: GG102 not UTF-8 (byte 6)\n  hint: save the file as UTF-8"),
        (RIGHT.encode() + b"port: 1\nport: 2\n", "govgraph.yml:4:1: GG014 key 'port' is given twice"),
    ],
    ids=["not YAML", "a list", "another encoding", "a key twice"],
)
def test_settings_that_cannot_be_read(cli: Cli, project: Path, text: bytes, error: str) -> None:
    (project / "govgraph.yml").write_bytes(text)
    ran = cli("check")
    assert ran.code == 2
    assert ran.err.startswith(error)


def test_unknown_dataset(cli: Cli, project: Path) -> None:
    dataset(project)
    ran = cli("check", "poeple")
    assert (ran.code, ran.err) == (2, "GG103 unknown dataset 'poeple'\n  hint: did you mean 'people'?\n")


def test_mistakes_of_all_datasets_at_once(cli: Cli, project: Path) -> None:
    dataset(project, "title: {ja: 人, en: People}\npublisher: '141003'\ntables: {a: {layuot: a.textfsm}}\n")
    (project / "mappings" / "other").mkdir()
    (project / "mappings" / "other" / "dataset.yml").write_text("publisher: '141003'\n", encoding="utf-8")
    ran = cli("check")
    assert ran.code == 2
    places = [line.split(" ")[0] for line in ran.err.splitlines() if not line.startswith("  hint")]
    assert places == [
        "mappings/other/dataset.yml:1:1:",
        "mappings/people/dataset.yml:3:10:",
        "mappings/people/dataset.yml:3:14:",
    ]


def test_check_reports_records_and_mappings_together(cli: Cli, project: Path) -> None:
    dataset(project)
    (project / "mappings" / "people" / "mapping.yml").write_text(
        "sources: {people: ['../../records/people/people.csv~csv']}\n"
        "mappings: {person: {sources: people, s: 'id/$(key)', po: [[rdfs:label, $(nmae)]]}}\n",
        encoding="utf-8",
    )
    records = project / "records" / "people"
    records.mkdir(parents=True)
    (records / "people.csv").write_text("key,name,age\na,A,12\nb,B,x\n", encoding="utf-8")
    fields = [
        {"name": "key", "type": "string"},
        {"name": "name", "type": "string"},
        {"name": "age", "type": "integer"},
    ]
    (records / "datapackage.json").write_text(
        json.dumps(
            {
                "name": "people",
                "resources": [
                    {
                        "name": "people",
                        "path": "people.csv",
                        "schema": {"fields": fields, "primaryKey": ["key"]},
                    }
                ],
            }
        ),
        encoding="utf-8",
    )
    ran = cli("check", "--json")
    assert ran.code == 2
    assert [(p["code"], p["file"], p["line"], p["hint"]) for p in json.loads(ran.out)] == [
        ("GG301", "records/people/people.csv", 3, "mend the cell, or its column in datapackage.json"),
        ("GG012", "mappings/people/mapping.yml", 2, "did you mean 'name'?"),
    ]


def test_the_project_of_this_repository_is_right(cli: Cli) -> None:
    ran = cli("check", "--project", REPOSITORY)
    assert (ran.code, ran.err) == (0, "")
