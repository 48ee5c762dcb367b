"""docs/how-to/read-a-document.md is run and compared, and public names exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from govgraph import documents, settings
from govgraph.errors import CODES
from tests.conftest import REPOSITORY, Cli

PAGE = (REPOSITORY / "docs" / "how-to" / "read-a-document.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S))


def test_the_example_runs_as_shown(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mappings" / "parks"
    folder.mkdir(parents=True)
    (tmp_path / "govgraph.yml").write_text("base: https://example.org/\ntitle: {ja: 題, en: T}\n")
    (tmp_path / "plan.txt").write_text(BLOCKS["text"], encoding="utf-8")
    (folder / "dataset.yml").write_text(BLOCKS["yaml"], encoding="utf-8")
    (folder / "works.textfsm").write_text(BLOCKS["textfsm"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command, _, output = BLOCKS["console"].partition("\n")
    ran = cli(*command.removeprefix("$ govgraph ").split())
    assert (ran.code, ran.out, ran.err) == (0, output, "")
    assert (tmp_path / "records" / "parks" / "works.csv").read_text(encoding="utf-8") == BLOCKS["csv"]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## `document`", settings.Document),
        ("## `regions`", settings.Region),
        ("### `text` of a region", settings.RunningText),
        ("## `tables`", settings.TableLayout),
        ("### `columns` and `values`", settings.Column),
        ("### `refers`", settings.Reference),
        ("### `distinct`", settings.Distinct),
        ("### `found`", settings.Found),
        ("### `citations`", settings.Citations),
        ("### `mentions`", settings.Mentions),
        ("## `totals`: where a document contradicts itself", settings.Total),
        ("### `sum`, `count` and `equal`", settings.Counterpart),
    ],
)
def test_every_key_is_described(heading: str, model: type[BaseModel]) -> None:
    section = PAGE.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    described = re.findall(r"^\| `(\w+)` \| (.*?) \|$", section.partition("`as` is one of")[0], re.M)
    assert described == [(f.alias or n, f.description or "") for n, f in model.model_fields.items()]


def test_every_conversion_is_described() -> None:
    known = next(a for a in get_args(settings.Column.model_fields["as_"].annotation) if get_args(a))
    section = PAGE.partition("`as` is one of")[2].partition("\n#")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \| \S", section, re.M))[1:] == get_args(known)


def test_codes_are_listed_as_they_are() -> None:
    listed = dict(re.findall(r"^\| (GG\d+) \| (.*?) \|$", PAGE, re.M))
    assert listed == {c: m for c, m in CODES.items() if c.startswith(("GG2", "GG3"))}


def test_public_names() -> None:
    assert sorted(documents.__all__) == sorted(documents._HOMES)
    for name in documents.__all__:
        assert getattr(documents, name).__name__ == name
