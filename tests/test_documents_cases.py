"""Made-up documents as data: a folder of cases/documents holds a project, a document and what becomes of it.

`expected/` holds every file that `extract --text` writes, at its place in the project (`text/` is
`.govgraph/text/`), and `warnings.txt` holds what it prints on standard error.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Cli

CASES = Path(__file__).parent / "cases" / "documents"


@pytest.mark.parametrize("case", sorted(p.name for p in CASES.iterdir()))
def test_case(case: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    shutil.copytree(CASES / case / "project", project)
    before = _files(project)
    monkeypatch.chdir(CASES / case)
    arguments = ["extract", case, "document.txt", "--project", project]
    if re.search(r"text: \w", (project / "mappings" / case / "dataset.yml").read_text(encoding="utf-8")):
        arguments.append("--text")

    ran = cli(*arguments)

    expected = _files(CASES / case / "expected")
    warnings = expected.pop(Path("warnings.txt"), "")
    assert ran.err == warnings
    assert ran.code == 0
    written = {path: text for path, text in _files(project).items() if before.get(path) != text}
    assert written == expected

    again = cli(*arguments)
    assert again.code == 0
    assert {*map(_is_unchanged, _table_lines(again.out))} == {True}
    assert _files(project) == {**before, **written}


def _files(folder: Path) -> dict[Path, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {_place(path.relative_to(folder)): path.read_bytes().decode("utf-8") for path in found}


def _place(path: Path) -> Path:
    return path.relative_to(".govgraph") if path.parts[0] == ".govgraph" else path


def _table_lines(out: str) -> list[str]:
    return out.splitlines()[:-2]


def _is_unchanged(line: str) -> bool:
    return line.endswith("(unchanged)")
