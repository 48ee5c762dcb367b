"""The one writer: maps what changed, loads a candidate, checks it, and makes it the current snapshot.

Nothing is served before it passed its checks, and nothing that is served is touched before: a build that
fails, or is killed, leaves the current snapshot as it was.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from traceback import clear_frames
from typing import BinaryIO, Literal

from pyoxigraph import Store

from govgraph import __version__
from govgraph.documents import check_custody, check_ledgers
from govgraph.engines.engine import DuckDB, Engine
from govgraph.engines.readers.limits import limited_to
from govgraph.errors import (
    EngineError,
    Problem,
    RecordError,
    SnapshotError,
    ValidationFailed,
)
from govgraph.project import Dataset, Project
from govgraph.records import check_records
from govgraph.snapshot.candidate import (
    add_inverses,
    add_superclasses,
    load_mapped,
    load_ontology,
    load_quads,
)
from govgraph.snapshot.census import Census, take_census
from govgraph.snapshot.gone import write_gone
from govgraph.snapshot.history import QUADS_FILE, STORE, Snapshot, current_snapshot, snapshots_folder
from govgraph.snapshot.inputs import Inputs, collect_inputs
from govgraph.snapshot.lock import hold_lock
from govgraph.snapshot.manifest import Manifest
from govgraph.snapshot.promote import (
    CANDIDATE,
    find_leftovers,
    point_current_at,
    promote,
    remove_leftovers,
)
from govgraph.snapshot.quads import PUBLISHED_LEVEL, copied, sorted_quads
from govgraph.snapshot.report import ValidationReport
from govgraph.snapshot.search_index import SEARCH_FILE, write_search_index
from govgraph.snapshot.validate import check_candidate, check_graphs, read_expected

KEPT = "quads"
"""Folder of the datasets' quads, each file named by the hash of what it was mapped from."""

PHASES = ("records", "load", "derive", "sort", "validate", "index", "promote")
"""The phases of a build, in their order; the manifest holds the seconds of each but the last."""

OnProgress = Callable[[str, str], None]
"""Called with a phase of `PHASES`, and a dataset or an empty text, before the work on it begins."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The snapshot that is current after a build, and what was done for it."""

    snapshot: Snapshot
    status: Literal["built", "promoted", "up to date"]
    """`promoted`: an earlier snapshot of the same inputs was there, and is current again."""
    datasets: Mapping[str, Literal["mapped", "reused"]] = field(default_factory=dict)
    report: ValidationReport = field(default_factory=lambda: ValidationReport(()))

    def to_json(self) -> dict[str, object]:
        """Id, status, quads by graph, durations in seconds, datasets, findings."""
        manifest = self.snapshot.manifest
        return {
            "id": self.snapshot.id,
            "status": self.status,
            "quads": manifest.quads,
            "graphs": dict(manifest.graphs),
            "durations": dict(manifest.durations),
            "datasets": dict(self.datasets),
            "findings": self.report.to_json()["findings"],
        }


def build_snapshot(
    project: Project,
    *,
    force: bool = False,
    on_progress: OnProgress | None = None,
    engine: Engine | None = None,
) -> BuildResult:
    """Builds the snapshot of the project's inputs as they are now, and makes it current.

    If there is one already that is intact, nothing is mapped; `force` maps and builds everything again.
    `engine` maps; by default DuckDB.
    Raises ConfigError and MappingError (settings, ontology, mappings), RecordError, EngineError,
    ValidationFailed (with all violations; `.govgraph/report.json` holds them too), and SnapshotError: GG602
    another build is running, GG603 it cannot be written, GG605 an input changed meanwhile.
    """
    inputs = collect_inputs(project)
    current = _intact_current(project)
    if not force and current and current.path.name == inputs.id and not find_leftovers(project):
        return BuildResult(current, "up to date")
    with _explaining_writes(project), hold_lock(project.state):
        remove_leftovers(project)
        current = _intact_current(project)
        if not force and (earlier := _intact(snapshots_folder(project) / inputs.id)):
            if current and current.path == earlier.path:
                return BuildResult(current, "up to date")
            point_current_at(project, earlier.path)
            remove_leftovers(project)
            return BuildResult(earlier, "promoted")
        candidate = project.state / f"{CANDIDATE}{os.getpid()}"
        candidate.mkdir()
        try:
            return _Build(project, inputs, candidate, force, on_progress, engine or DuckDB()).run(current)
        except BaseException as e:
            clear_frames(e.__traceback__)  # closes the store, which would write on while it is removed
            raise
        finally:
            shutil.rmtree(candidate, ignore_errors=True)


def _intact_current(project: Project) -> Snapshot | None:
    try:
        return _intact(current_snapshot(project).path)
    except SnapshotError:
        return None


def _intact(folder: Path) -> Snapshot | None:
    """The snapshot in `folder`, or None where it is missing or damaged."""
    try:
        snapshot = Snapshot.load(folder)
        snapshot.open_store()
    except SnapshotError:
        return None
    whole = snapshot.quads_file.is_file() and (snapshot.path / SEARCH_FILE).is_file()
    return snapshot if whole else None


class _Build:
    """One run of the build, in the folder `candidate`."""

    def __init__(
        self,
        project: Project,
        inputs: Inputs,
        candidate: Path,
        force: bool,
        on_progress: OnProgress | None,
        engine: Engine,
    ) -> None:
        self.project = project
        self.inputs = inputs
        self.candidate = candidate
        self.force = force
        self.on_progress = on_progress
        self.engine = engine
        self.durations: dict[str, float] = {}

    def run(self, before: Snapshot | None) -> BuildResult:
        with self.phase("records"):
            self.check_records()
        datasets = self.load()
        report, census = self.check()
        with self.phase("promote"):
            self.ensure_unchanged()
            snapshot = self.promote(before, census)
        return BuildResult(snapshot, "built", datasets, report)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.tell(name)
        started = perf_counter()
        yield
        self.durations[name] = round(perf_counter() - started, 3)

    def tell(self, phase: str, dataset: str = "") -> None:
        if self.on_progress:
            self.on_progress(phase, dataset)

    def check_records(self) -> None:
        problems: list[Problem] = []
        for dataset in self.project.datasets.values():
            problems += [*check_ledgers(dataset), *check_custody(dataset), *check_records(dataset)]
        if problems:
            raise RecordError.collect(problems)

    def kept(self, dataset: Dataset) -> Path:
        return self.project.state / KEPT / f"{self.inputs.datasets[dataset.id]}.nq.gz"

    def load(self) -> dict[str, Literal["mapped", "reused"]]:
        """Fills the candidate's store and closes it: from here on it is read only."""
        store = Store(str(self.candidate / STORE))
        done: dict[str, Literal["mapped", "reused"]] = {}
        with self.phase("load"):
            self.prefixes = load_ontology(store, self.project)
            self.expected = read_expected(self.project, self.prefixes)
            for dataset in self.project.datasets.values():
                self.tell("load", dataset.id)
                done[dataset.id] = self.load_dataset(store, dataset)
            self.keep(d for d in self.project.datasets.values() if done[d.id] == "mapped")
            self.conclude(check_graphs(store, self.project))
        with self.phase("derive"):
            add_superclasses(store)
            add_inverses(store, self.project)
            store.flush()
            store.optimize()
        return done

    def load_dataset(self, store: Store, dataset: Dataset) -> Literal["mapped", "reused"]:
        """Loads a dataset's quads, as they were kept, or while they are mapped."""
        kept = self.kept(dataset)
        if kept.is_file() and not self.force:
            load_quads(store, kept)
            return "reused"

        def write(pipe: BinaryIO) -> None:
            settings = self.project.settings
            with limited_to(settings.max_document_bytes):
                for mapping in dataset.mappings:
                    shown = self.project.shown(mapping)
                    self.engine.stream(
                        mapping, pipe, base=settings.base, shown=shown, temporary=self.candidate
                    )

        load_mapped(store, write, self.candidate / kept.name, self.project.span(dataset.folder))
        return "mapped"

    def keep(self, mapped: Iterable[Dataset]) -> None:
        """Moves the copies of what was loaded to where the next build looks for them."""
        copies = [self.kept(dataset) for dataset in mapped]
        if copies:
            self.ensure_unchanged()
        for kept in copies:
            kept.parent.mkdir(exist_ok=True)
            (self.candidate / kept.name).replace(kept)

    def check(self) -> tuple[ValidationReport, Census]:
        """Writes the candidate's quads, checks it, and makes its search index; raises ValidationFailed."""
        store = Store.read_only(str(self.candidate / STORE))
        with self.phase("sort"):
            path = self.candidate / QUADS_FILE
            with sorted_quads(store, self.candidate) as quads, copied(quads, path, PUBLISHED_LEVEL) as lines:
                census = take_census(lines)
        with self.phase("validate"):
            report = check_candidate(store, self.project, census, self.prefixes, self.expected)
            self.conclude(report)
        with self.phase("index"):
            write_search_index(store, self.candidate)
        return report, census

    def conclude(self, report: ValidationReport) -> None:
        report.write(self.project.state)
        if not report.conforms:
            raise ValidationFailed.collect(f.problem for f in report.violations)

    def ensure_unchanged(self) -> None:
        changed = self.inputs.differences(collect_inputs(self.project))
        if changed:
            names = ", ".join(changed)
            raise SnapshotError(f"changed during the build: {names}", "GG605", hint="build again")

    def promote(self, before: Snapshot | None, census: Census) -> Snapshot:
        id_ = self.inputs.id
        previous = None
        if before:
            previous = before.manifest.previous if before.id == id_ else before.id
        Manifest(
            id=id_,
            tool=__version__,
            created=datetime.now(UTC),
            previous=previous,
            inputs=dict(sorted(self.inputs.checksums.items())),
            graphs=census.graphs,
            classes=census.classes,
            properties=census.properties,
            durations=self.durations,
            prefixes=dict(sorted(self.prefixes.items())),
        ).write(self.candidate)
        if before:
            write_gone(self.candidate, before.path, self.project.settings.base)
        snapshot = Snapshot.load(promote(self.project, self.candidate, id_))
        in_use = {self.kept(d) for d in self.project.datasets.values()}
        for path in (self.project.state / KEPT).iterdir():
            if path not in in_use:
                path.unlink()
        return snapshot


@contextmanager
def _explaining_writes(project: Project) -> Iterator[None]:
    """Turns what the operating system, the store or the engine say of a failed write into GG603."""
    try:
        yield
    except EngineError as e:
        if not (reason := _write_failure(str(e))):
            raise
        raise _cannot_write(project, reason) from e
    except OSError as e:
        path = f": {project.shown(Path(os.fsdecode(e.filename)))}" if e.filename else ""
        raise _cannot_write(project, _write_failure(str(e)) or f"{e.strerror or e}{path}") from e


def _write_failure(message: str) -> str | None:
    """The operating system's reason in a message of an engine or store, if it is that a write failed."""
    reasons = (os.strerror(n) for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))
    return next((r for r in reasons if r in message), None)


def _cannot_write(project: Project, reason: str) -> SnapshotError:
    return SnapshotError(
        f"the snapshot cannot be written: {reason}",
        "GG603",
        project.span(project.state),
        "make room there, or make it writable, and build again; what is served has not changed",
    )
