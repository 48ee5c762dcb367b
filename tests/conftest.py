"""What all tests share: the command line as users call it, and where shared test data lies."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govgraph.cli import main
from govgraph.project import Project
from govgraph.snapshot.build import build_snapshot

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"
INPUTS = ("govgraph.yml", "mappings", "ontology", "queries", "records")


@dataclasses.dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Cli = Callable[..., Ran]
Rows = list[dict[str, str]]
Ask = Callable[..., Rows]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """Runs `govgraph …` in process, with the exit code and what was printed."""

    def run(*arguments: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, out, err)

    return run


@pytest.fixture
def seeds() -> Path:
    """The folder of the published documents; skips where it is absent."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip("needs the documents in ../shared/seeds, which are not here")
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with its snapshot, made as in a fresh clone."""
    folder = tmp_path_factory.mktemp("project")
    build_copy(folder)
    return folder


def build_copy(folder: Path) -> None:
    """Builds a copy of the project in `folder`, as in a fresh clone: without extracted text."""
    for name in INPUTS:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    build_snapshot(Project.load(folder))


@pytest.fixture
def ask(built: Path, cli: Cli) -> Ask:
    """Runs a query, by the name of its file or as text in a file, and gives its rows."""

    def run(query: str, *arguments: str) -> Rows:
        ran = cli("query", query, *arguments, "--format", "csv", "--project", built)
        assert (ran.code, ran.err) == (0, "")
        return list(csv.DictReader(io.StringIO(ran.out)))

    return run


def expected_answer(question: str) -> Any:
    """What questions.json expects; skips where it is absent."""
    path = SHARED / "design" / "questions.json"
    if not path.is_file():
        pytest.skip("needs the questions in ../shared/design, which are not here")
    return next(q for q in json.loads(path.read_text(encoding="utf-8")) if q["id"] == question)["expected"]


def folded(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip()
