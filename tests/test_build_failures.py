"""A build that is hindered or killed: what is served stays, and the next build is clean.

Builds run in processes of their own here, so that they can be killed, or stopped by the operating system.
"""

from __future__ import annotations

import gzip
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govgraph.errors import EngineError, SnapshotError
from govgraph.project import Project
from govgraph.snapshot.build import PHASES, build_snapshot
from govgraph.snapshot.history import Snapshot, current_snapshot, list_snapshots
from govgraph.snapshot.inputs import collect_inputs
from govgraph.snapshot.pipes import Tee
from tests.conftest import Cli
from tests.projects import TOWN, copy_town, edit, leftovers

BUILDER = """
import os, signal, sys
from pathlib import Path
from govgraph.project import Project
from govgraph.snapshot.build import build_snapshot
from govgraph.snapshot.pipes import Tee

folder, force, point = sys.argv[1:]
changes = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def at_phase(phase, dataset):
    if phase == point:
        die()

def at_change(event, arguments):
    global changes
    if event in ("os.mkdir", "os.rename", "os.symlink") and ".govgraph" in str(arguments):
        changes += 1
        if str(changes) == point:
            die()

def in_the_stream(tee, buffer, readinto=Tee.readinto, read=[0]):
    read[0] += (number := readinto(tee, buffer))
    if point == "stream" and read[0] > 3_000_000:
        die()
    return number

project = Project.load(Path(folder))
Tee.readinto = in_the_stream
sys.addaudithook(at_change)
build_snapshot(project, force=force == "force", on_progress=at_phase)
"""
"""Builds, and kills itself where a phase begins, or before the n-th new folder, link or name, or
amid a stream of quads."""


@pytest.fixture(scope="module")
def built_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = copy_town(tmp_path_factory.mktemp("built"))
    build_snapshot(Project.load(town))
    return town


@pytest.fixture
def town(built_town: Path, tmp_path: Path) -> Path:
    """A town with a current snapshot."""
    return Path(shutil.copytree(built_town, tmp_path / "town", symlinks=True))


def current(project: Path) -> Snapshot:
    return current_snapshot(Project.load(project))


def change(town: Path) -> None:
    edit(town / "records" / "town-2020" / "measures.csv", ("350000", "360000"))


def run(town: Path, *arguments: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """`govgraph build …` in a process of its own, which may write files of `limit` bytes at most."""

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", "from govgraph.cli import main; main()"]
    return subprocess.run(
        [*command, "--project", str(town), "build", *arguments],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )


def assert_served(town: Path, *ids: str) -> None:
    """The current snapshot is one of `ids`, and whole."""
    snapshot = current(town)
    assert snapshot.id in ids
    assert len(snapshot.open_store()) == snapshot.manifest.quads == 108
    assert snapshot.quads_file.is_file()


def killed(town: Path, point: str, *, force: bool = False) -> bool:
    """Builds in a process that kills itself at `point`; False where it ended before it came there."""
    ended = subprocess.run(
        [sys.executable, "-c", BUILDER, str(town), "force" if force else "", point], check=False
    )
    assert ended.returncode in (0, -signal.SIGKILL)
    return ended.returncode != 0


# -- killed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_killed_where_a_phase_begins(phase: str, town: Path) -> None:
    before = current(town).id
    change(town)
    assert killed(town, phase)
    assert_served(town, before)
    assert leftovers(town) != []

    after = build_snapshot(Project.load(town)).snapshot.id
    assert_served(town, after)
    assert after != before
    assert leftovers(town) == []
    assert [s.id for s in list_snapshots(Project.load(town))] == [after, before]


@pytest.mark.parametrize("force", [False, True], ids=["changed", "forced"])
def test_killed_at_every_change_of_a_name(force: bool, town: Path, tmp_path: Path) -> None:
    before = current(town).id
    if not force:
        change(town)
    ids = {before, collect_inputs(Project.load(town)).id}
    for number in range(1, 100):
        trial = Path(shutil.copytree(town, tmp_path / f"trial-{number}", symlinks=True))
        ended = not killed(trial, str(number), force=force)
        assert_served(trial, *ids)
        build_snapshot(Project.load(trial))
        assert_served(trial, collect_inputs(Project.load(trial)).id)
        assert leftovers(trial) == []
        assert {s.id for s in list_snapshots(Project.load(trial))} == ids
        if ended:
            break
        shutil.rmtree(trial)
    assert number > 5, "so many names change in a build"


def test_an_interrupted_build_leaves_nothing(town: Path) -> None:
    before = current(town).id
    change(town)

    def interrupt(phase: str, _: str) -> None:
        if phase == "validate":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_snapshot(Project.load(town), on_progress=interrupt)
    assert_served(town, before)
    assert leftovers(town) == []


# -- in the middle of the stream ----------------------------------------------------------------------------


def write_measures(town: Path, *classes: str) -> None:
    """So many long measures that quads are streamed as they come; those of `classes` are the last."""
    table = town / "records" / "town-2020" / "measures.csv"
    header = table.read_text(encoding="utf-8").partition("\n")[0]
    name = "n" * 120
    rows = [f"{i},1,1,,{name},{name},{CLASS},{i}," for i in range(20_000)]
    rows += [f"last-{i},1,1,,n,n,{cls},1," for i, cls in enumerate(classes)]
    table.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


CLASS = "https://w3id.org/govgraph/ns#Measure"


def test_a_data_error_in_the_middle_of_the_stream(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = current(town).id
    kept = set((town / ".govgraph" / "quads").iterdir())
    write_measures(town, CLASS, "no class")
    read: list[int] = []
    readinto = Tee.readinto

    def count(tee: Tee, buffer: memoryview) -> int:
        read.append(readinto(tee, buffer))
        return read[-1]

    monkeypatch.setattr(Tee, "readinto", count)
    with pytest.raises(EngineError) as raised:
        build_snapshot(Project.load(town))
    assert str(raised.value).startswith("records/town-2020/measures.csv:20003: GG401 ")
    assert sum(read) > 100_000, "loading had begun"
    assert_served(town, before)
    assert leftovers(town) == []
    assert set((town / ".govgraph" / "quads").iterdir()) == kept
    assert [t.name for t in threading.enumerate() if t.name == "pipe"] == []

    shutil.copy(TOWN / "records" / "town-2020" / "measures.csv", town / "records" / "town-2020")
    change(town)
    assert build_snapshot(Project.load(town)).status == "built", "the store of the failed build is closed"


def test_a_line_that_is_no_quad(cli: Cli, town: Path) -> None:
    before = current(town).id
    mapping = town / "mappings" / "town-2020" / "mapping.yml"
    edit(mapping, ("    s: id/measure/town-2020/$(key)/amount/2020", '    s: "http://[e/$(key)"'))
    ran = cli("--project", town, "build")
    assert ran.code == 1
    assert ran.err.startswith("mappings/town-2020: GG401 no quad can be '<http://[e/")
    assert ran.err.endswith(
        ".': Invalid character '[' in host\n"
        "  hint: `govgraph trace` tells which rule and record made a resource\n"
    )
    assert_served(town, before)
    assert leftovers(town) == []


def test_killed_in_the_middle_of_the_stream(town: Path) -> None:
    before = current(town).id
    write_measures(town)
    assert killed(town, "stream")
    assert_served(town, before)
    copies = [p.stat().st_size for p in (town / ".govgraph").glob("candidate-*/*.nq.gz")]
    assert len(copies) == 1
    shutil.copy(TOWN / "records" / "town-2020" / "measures.csv", town / "records" / "town-2020")
    change(town)
    assert build_snapshot(Project.load(town)).status == "built"
    assert leftovers(town) == []


def test_an_interrupt_in_the_middle_of_the_stream(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = current(town).id
    write_measures(town)

    def interrupt(tee: Tee, buffer: memoryview) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tee, "readinto", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build_snapshot(Project.load(town))
    assert_served(town, before)
    assert leftovers(town) == []
    assert [t.name for t in threading.enumerate() if t.name == "pipe"] == []


# -- two at once -------------------------------------------------------------------------------------------


def test_two_builds_at_once(cli: Cli, town: Path) -> None:
    change(town)
    waits = BUILDER.replace("        die()\n", "        print(flush=True), sys.stdin.read()\n", 1)
    first = subprocess.Popen(
        [sys.executable, "-c", waits, str(town), "", "load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdin and first.stdout
    first.stdout.readline()
    second = cli("--project", town, "build")
    assert (second.code, second.err) == (
        1,
        f"GG602 another build is running (process {first.pid})\n"
        "  hint: wait until it ends; a lock of a process that died is free\n",
    )
    first.communicate(b"go on")
    assert first.returncode == 0
    third = cli("--project", town, "build")
    assert (third.code, third.out) == (0, f"snapshot {current(town).id}: up to date, 108 quads\n")


def test_an_input_that_changes_during_the_build(town: Path) -> None:
    before = current(town).id
    change(town)
    project = Project.load(town)

    def meddle(phase: str, dataset: str) -> None:
        if (phase, dataset) == ("load", "reference"):
            edit(town / "records" / "town-2020" / "measures.csv", ("360000", "370000"))

    with pytest.raises(SnapshotError) as raised:
        build_snapshot(project, on_progress=meddle)
    assert str(raised.value) == (
        "GG605 changed during the build: records/town-2020/measures.csv\n  hint: build again"
    )
    assert_served(town, before)
    assert build_snapshot(project).status == "built"
    assert b'"370000"' in gzip.decompress(current(town).quads_file.read_bytes())


def test_an_input_that_changes_before_it_is_mapped(town: Path) -> None:
    change(town)
    project = Project.load(town)

    def meddle(phase: str, dataset: str) -> None:
        if (phase, dataset) == ("load", "town-2020"):
            edit(town / "records" / "town-2020" / "measures.csv", ("360000", "370000"))

    kept = set((town / ".govgraph" / "quads").iterdir())
    with pytest.raises(SnapshotError, match="GG605"):
        build_snapshot(project, on_progress=meddle)
    assert set((town / ".govgraph" / "quads").iterdir()) == kept, "nothing is kept under a wrong hash"


# -- nowhere to write ----------------------------------------------------------------------------------------


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system in memory, given its options; skips where that is not allowed."""
    place = tmp_path / "mounted"
    place.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "govgraph-test", str(place)]
        if os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("needs root and mount to make a small file system")
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"a small file system cannot be mounted here: {ran.stderr.strip()}")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


HINT = "make room there, or make it writable, and build again; what is served has not changed"


@pytest.mark.parametrize("kilobytes", [4, 140, 250])
def test_a_full_disk(kilobytes: int, town: Path, mount: Callable[[str], Path]) -> None:
    place = mount("size=4m") / "town"
    shutil.copytree(town, place, symlinks=True)
    before = current(place).id
    change(place)
    free = shutil.disk_usage(place).free
    filler = place.parent / "filler"
    filler.write_bytes(b"\0" * (free - kilobytes * 1024))
    ran = run(place)
    assert ran.returncode == 1, ran
    assert ran.stderr == (
        f".govgraph: GG603 the snapshot cannot be written: No space left on device\n  hint: {HINT}\n"
    )
    assert_served(place, before)
    assert leftovers(place) == []
    filler.unlink()
    assert build_snapshot(Project.load(place)).status == "built"


@pytest.mark.parametrize("limit", [200, 40_000])
def test_files_must_stay_small(limit: int, town: Path) -> None:
    """A second way to a write that fails: in the mapping, and in the store."""
    before = current(town).id
    change(town)
    ran = run(town, limit=limit)
    assert (ran.returncode, ran.stderr) == (
        1,
        f".govgraph: GG603 the snapshot cannot be written: File too large\n  hint: {HINT}\n",
    )
    assert_served(town, before)
    assert leftovers(town) == []


def test_a_read_only_disk(cli: Cli, town: Path, mount: Callable[[str], Path]) -> None:
    place = mount("size=8m") / "town"
    shutil.copytree(town, place, symlinks=True)
    subprocess.run(["mount", "-o", "remount,ro", str(place.parent)], check=True)
    ran = cli("--project", place, "build")
    assert (ran.code, ran.err) == (0, ""), "nothing is written where nothing changed"
    forced = cli("--project", place, "build", "--force")
    assert (forced.code, forced.err) == (
        1,
        f".govgraph: GG603 the snapshot cannot be written: Read-only file system\n  hint: {HINT}\n",
    )
    assert_served(place, current(town).id)


def test_a_file_where_the_folder_should_be(cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    (town / ".govgraph").write_text("", encoding="utf-8")
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (
        1,
        f".govgraph: GG603 the snapshot cannot be written: File exists: .govgraph\n  hint: {HINT}\n",
    )


# -- damaged -------------------------------------------------------------------------------------------------


def test_kept_quads_that_are_damaged(cli: Cli, town: Path) -> None:
    before = current(town).id
    for kept in (town / ".govgraph" / "quads").iterdir():
        kept.write_bytes(kept.read_bytes()[:-20])
    edit(town / "govgraph.yml", ("Measures of a town", "Measures"))
    ran = cli("--project", town, "build")
    assert ran.code == 1
    assert ran.err.startswith("GG604 kept quads are damaged: ")
    assert ran.err.endswith("\n  hint: map them again: `govgraph build --force`\n")
    assert_served(town, before)
    assert cli("--project", town, "build", "--force").code == 0
    assert current(town).manifest.previous == before


@pytest.mark.parametrize("damage", ["store/CURRENT", "store/*.sst", "manifest.json", "quads.nq.gz"])
def test_a_damaged_snapshot_is_built_again(damage: str, cli: Cli, town: Path) -> None:
    id_ = current(town).id
    for path in current(town).path.glob(damage):
        path.unlink()
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (0, "")
    assert f"snapshot {id_}: built" in ran.out
    assert_served(town, id_)
    assert leftovers(town) == []
