"""`docs/reference/snapshot.md` says what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from govgraph.errors import CODES
from govgraph.project import Project
from govgraph.snapshot.build import PHASES, build_snapshot
from govgraph.snapshot.history import current_snapshot
from govgraph.snapshot.manifest import Manifest
from tests.conftest import REPOSITORY, Cli
from tests.projects import copy_town, edit

PAGE = (REPOSITORY / "docs" / "reference" / "snapshot.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[tuple[str, str]]:
    """The first two columns of a section's table, without its head."""
    return re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", section(title), re.M)[1:]


def test_codes() -> None:
    failing = dict(rows("When a build fails"))
    of_builds = [c for c in CODES if c in ("GG105", "GG106") or (c.startswith("GG6") and c != "GG606")]
    assert failing == {c: CODES[c] for c in of_builds}  # GG606 is of files that are served without a build
    assert [code for code, _ in rows("Checks")] == [c for c in CODES if c.startswith("GG5")]


def test_phases() -> None:
    assert tuple(phase for phase, _ in rows("Phases")) == PHASES
    fields = re.findall(r"`(\w+)`", section("Phases").partition("The manifest: ")[2])
    assert fields == list(Manifest.model_fields)


def test_files(tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    build_snapshot(Project.load(town))
    snapshot = current_snapshot(Project.load(town)).path
    described = re.findall(r"^( +)([\w.<>-]+)/?", section("Files").partition("```\n.govgraph/\n")[2], re.M)
    top = {name for indent, name in described if indent == "  "}
    assert {p.name for p in (town / ".govgraph").iterdir()} < top
    within = {name for indent, name in described if indent == "    "}
    assert {p.name for p in snapshot.iterdir()} == within - {"gone.txt"}  # nothing is gone yet


def test_example_of_a_finding(cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    edit(town / "records" / "town-2020" / "measures.csv", ("3,23,23,,図書館の運営,", "3,23,23,,,"))
    ran = cli("--project", town, "build")
    assert f"```\n{ran.err}```" in section("Checks")
    finding = json.loads((town / ".govgraph" / "report.json").read_text(encoding="utf-8"))["findings"][0]
    keys = re.search(r'"findings": \[\{(.*?)\}\]', section("Checks"))
    assert keys is not None
    assert re.findall(r'"(\w+)"', keys[1]) == list(finding)


def test_example_in_python(tmp_path: Path) -> None:
    code = section("From Python").partition("```python\n")[2].partition("```")[0]
    code = code.replace("Project.load()", "Project.load(folder)")
    names: dict[str, object] = {"folder": copy_town(tmp_path)}
    exec(code, names)
    store = names["store"]
    assert len(store) == 108  # type: ignore[arg-type]
