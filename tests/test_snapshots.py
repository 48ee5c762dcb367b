"""`govgraph snapshots` and `govgraph up`: which snapshots there are, and which is served."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from govgraph.cli import group
from govgraph.errors import GovGraphError, SnapshotError
from govgraph.iri import GG
from govgraph.project import Project
from govgraph.snapshot.build import build_snapshot
from govgraph.snapshot.history import current_snapshot, list_snapshots
from tests.conftest import Cli
from tests.projects import copy_town, edit


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A town with two snapshots."""
    town = copy_town(tmp_path)
    build_snapshot(Project.load(town))
    edit(town / "records" / "town-2020" / "measures.csv", ("350000", "360000"))
    build_snapshot(Project.load(town))
    return town


def test_list(cli: Cli, town: Path) -> None:
    newer, older = (s.id for s in list_snapshots(Project.load(town)))
    ran = cli("--project", town, "snapshots")
    assert (ran.code, ran.err) == (0, "")
    listed = re.findall(r"^(.) ([0-9a-f]{16})  [-\d]+ [:\d]+ UTC +108 quads +\d\.\d MB$", ran.out, re.M)
    assert listed == [("*", newer), (" ", older)]
    assert (town / ".govgraph" / "current").readlink() == Path("snapshots", newer)


def test_list_as_json(cli: Cli, town: Path) -> None:
    newer, older = (s.id for s in list_snapshots(Project.load(town)))
    listed = json.loads(cli("--project", town, "snapshots", "--json").out)
    assert [(s["id"], s["current"], s["quads"], s["previous"]) for s in listed] == [
        (newer, True, 108, older),
        (older, False, 108, None),
    ]
    for snapshot in listed:
        files = [f for f in Path(snapshot["path"]).rglob("*") if f.is_file()]
        assert snapshot["bytes"] == sum(f.stat().st_size for f in files)
    assert datetime.fromisoformat(listed[0]["created"]) > datetime.fromisoformat(listed[1]["created"])


def test_no_snapshot_yet(cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    ran = cli("--project", town, "snapshots")
    assert (ran.code, ran.out) == (0, "no snapshot yet: run `govgraph build`\n")
    assert json.loads(cli("--project", town, "snapshots", "--json").out) == []
    with pytest.raises(SnapshotError) as raised:
        current_snapshot(Project.load(town))
    assert str(raised.value) == "GG601 no snapshot yet\n  hint: run `govgraph build`"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "manifest.json cannot be read: No such file or directory"),
        ("{", "manifest.json is not a manifest: Invalid JSON: EOF while parsing an object"),
        ("{}", "manifest.json is not a manifest: Field required"),
    ],
)
def test_damaged_manifest(cli: Cli, town: Path, text: str | None, reason: str) -> None:
    snapshot = current_snapshot(Project.load(town))
    manifest = snapshot.path / "manifest.json"
    manifest.unlink()
    if text is not None:
        manifest.write_text(text, encoding="utf-8")
    ran = cli("--project", town, "serve")
    assert ran.code == 1
    assert ran.err.startswith(f"GG604 snapshot {snapshot.id} is damaged: {reason}")
    assert ran.err.endswith("\n  hint: build it again: `govgraph build`\n")
    listed = cli("--project", town, "snapshots")
    assert (listed.code, listed.err) == (0, ran.err)
    intact, damaged = listed.out.splitlines()
    assert re.fullmatch(r"  [0-9a-f]{16}  [-\d]+ [:\d]+ UTC +108 quads +\d\.\d MB", intact)
    assert re.fullmatch(rf"\* {snapshot.id}  damaged +\d\.\d MB", damaged)
    assert cli("--project", town, "build").code == 0
    assert cli("--project", town, "snapshots").err == ""
    assert current_snapshot(Project.load(town)).id == snapshot.id


def test_damaged_manifest_of_another_snapshot(cli: Cli, town: Path) -> None:
    newer, older = list_snapshots(Project.load(town))
    (older.path / "manifest.json").write_text("[]", encoding="utf-8")
    ran = cli("--project", town, "snapshots", "--json")
    assert (ran.code, ran.err) == (0, "")
    intact, damaged = json.loads(ran.out)
    assert (intact["id"], intact["current"], intact["damaged"]) == (newer.id, True, None)
    assert damaged == {
        "id": older.id,
        "created": None,
        "quads": None,
        "bytes": older.size(),
        "current": False,
        "previous": None,
        "path": str(older.path),
        "damaged": {
            "code": "GG604",
            "message": f"snapshot {older.id} is damaged: manifest.json is not a manifest: "
            "Input should be an object",
            "file": None,
            "line": None,
            "column": None,
            "hint": f"it is not served: remove .govgraph/snapshots/{older.id}",
        },
    }


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.sst"])
def test_damaged_store(town: Path, pattern: str) -> None:
    snapshot = current_snapshot(Project.load(town))
    for path in (snapshot.path / "store").glob(pattern):
        path.unlink()
    with pytest.raises(SnapshotError) as raised:
        snapshot.open_store()
    assert str(raised.value).startswith(
        f"GG604 snapshot {snapshot.id} is damaged: its store cannot be opened: "
    )
    assert str(raised.value).endswith("\n  hint: build it again: `govgraph build`")
    assert build_snapshot(Project.load(town)).status == "built"
    current_snapshot(Project.load(town)).open_store()


def test_a_link_that_leads_nowhere(cli: Cli, town: Path) -> None:
    shutil.rmtree(town / ".govgraph" / "snapshots")
    with pytest.raises(SnapshotError, match="GG604"):
        current_snapshot(Project.load(town))
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (0, "")


def test_a_reader_keeps_its_snapshot(town: Path) -> None:
    store = current_snapshot(Project.load(town)).open_store()
    build_snapshot(Project.load(town), force=True)
    assert len(store) == len(list(store)) == 108


def test_up_builds_and_serves(tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    command = [sys.executable, "-c", "from govgraph.cli import main; main()", "--project", str(town)]
    process = subprocess.Popen([*command, "up", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        first = process.stdout.readline()
        id_ = current_snapshot(Project.load(town)).id
        assert first == f"snapshot {id_}: built, 108 quads\n"
        address = next(line for line in process.stdout if line.startswith("http://")).strip()
        answer = httpx2.get(
            f"{address}sparql",
            params={"query": f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s a <{GG}Measure> }} }}"},
            headers={"Accept": "text/csv"},
        )
        assert answer.text.split() == ["n", "4"]
    finally:
        process.terminate()
        process.communicate()


def test_up_does_not_serve_an_older_snapshot(cli: Cli, town: Path) -> None:
    id_ = current_snapshot(Project.load(town)).id
    edit(town / "records" / "town-2020" / "measures.csv", ("360000", "-1"))
    ran = cli("--project", town, "up", "--port", "0")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "records/town-2020/measures.csv:3: GG501 id/measure/town-2020/2/amount/2020 schema:value: "
        "breaks sh:minInclusive '0' (value '-1') (document lines 21-22)\n"
        "  hint: shape shape:Amount-value in ontology/shapes.ttl\n"
        f"to serve snapshot {id_} as it was: `govgraph serve`\n"
    )


def test_up_without_any_snapshot(cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    edit(town / "mappings" / "town-2020" / "mapping.yml", ("$(name), ja", "$(nmae), ja"))
    ran = cli("--project", town, "up", "--port", "0")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "mappings/town-2020/mapping.yml:17:22: GG012 unknown column 'nmae' in source 'measures'\n"
        "  hint: did you mean 'name'?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["build", "--json"], "GG501"),
        (["build", "--json", "--force"], "GG501"),
        (["query", "--json", "no-such-query"], "GG104"),
        (["snapshots", "--json", "--project", "no-such-project"], "GG101"),
    ],
)
def test_a_failure_is_left_to_the_one_place_that_tells_it(
    town: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    edit(town / "records" / "town-2020" / "measures.csv", ("360000", "-1"))
    with pytest.raises(GovGraphError) as raised:
        group(["--project", str(town), *arguments], standalone_mode=False)
    assert [p.code for p in raised.value.problems] == [code]
    assert tuple(capsys.readouterr()) == ("", "")
