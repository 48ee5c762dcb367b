"""The public API: its names are listed, can be imported, and stand in the reference."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import govgraph
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reference" / "python.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", govgraph.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(govgraph, name).__name__ == name


def test_the_reference_lists_the_public_names() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == govgraph.__all__


def test_a_name_that_is_not_public() -> None:
    with pytest.raises(AttributeError, match="module 'govgraph' has no attribute 'nothing'"):
        _ = govgraph.nothing


def test_importing_govgraph_imports_none_of_its_rooms() -> None:
    program = "import sys, govgraph; print([m for m in sys.modules if m.startswith('govgraph.')])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", PAGE, re.S), ids=["files", "tables"])
def test_the_examples_of_the_reference_run(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(example, "python.md", "exec"), names)
    assert names["result"].quads == 1  # type: ignore[attr-defined]
    (quads,) = tmp_path.glob("*.nq")
    assert re.search('"(山田|平塚市役所)"@ja', quads.read_text(encoding="utf-8"))
