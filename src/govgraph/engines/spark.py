"""Spark: runs a plan on the cores of a machine or of a cluster, with quads in part files."""

from __future__ import annotations

import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import duckdb
from sqlglot import exp

from govgraph.engines.duckdb import MapResult, OnError, ensure_writable, group_queries, load_plan_of_build
from govgraph.engines.endpoints import send
from govgraph.engines.loading import load_plan
from govgraph.engines.session import explain
from govgraph.engines.spark_session import open_spark
from govgraph.engines.spark_sources import bind_sources
from govgraph.engines.spark_sql import Dialect
from govgraph.engines.targets import output_files, serialize
from govgraph.errors import ConfigError, EngineError, SourceSpan
from govgraph.mapping.functions import Result
from govgraph.mapping.functions.own import FILE_MODULE
from govgraph.mapping.plan import Plan

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from govgraph.engines.spark_functions import Vectorised

_SMALL_BYTES = 1 << 26
"""Where sources are smaller in sum, duplicates are sought among all quads: questions cost a job each."""

_EMPTY = "SELECT CAST(NULL AS STRING) AS quad WHERE FALSE"


class Spark:
    """The engine; Spark is started when it is first needed, and stopped at the end of the context.

    `master` is Spark's, by default `spark.master` of the `settings`, or this machine.
    """

    def __init__(self, master: str | None, settings: Mapping[str, str]) -> None:
        self.master = master
        self.settings = settings
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @cached_property
    def spark(self) -> SparkSession:
        """The session; raises EngineError GG404."""
        return self._open.enter_context(open_spark(self.master, self.settings))

    def materialize(
        self,
        mapping: Path,
        out: Path,
        *,
        base: str | None = None,
        database: str | None = None,
        sort: bool = False,
        on_error: OnError = OnError.STOP,
        side: Path | None = None,  # noqa: ARG002
        target_folder: Path | None = None,
        functions: Sequence[Path] = (),
    ) -> MapResult:
        """See `Engine`. A folder `out`, there or not, gets part files, each a part of the quads.

        Raises what DuckDB's raises, EngineError GG404 where Spark does not start, and ConfigError GG104 for
        an `on_error` other than to stop.
        """
        if on_error is not OnError.STOP:
            hint = "run it with --engine duckdb, or mend the data"
            raise ConfigError("Spark stops at data that cannot become a term", "GG104", hint=hint)
        plan = load_plan(
            mapping,
            base=base,
            apart=False if sort else None,
            database=database,
            remote=True,
            functions=functions,
            small=_SMALL_BYTES,
        )
        files = output_files(plan, out, target_folder or out.parent, mapping.parent)
        in_parts = out.is_dir()
        kept = {output: file for output, file in files.items() if not (output and output.endpoint)}
        ensure_writable((f for f in kept.values() if not (in_parts and f is out)), mapping, plan)
        if in_parts:
            _ensure_only_parts(out)
        with _folder_beside(out) as folder:
            written = {}
            with self._running(plan, mapping.parent, folder) as run:
                for number, output in enumerate(files):
                    groups = tuple(g for g in plan.groups if g.target == output)
                    gzip = output is None and out.suffix == ".gz"
                    path = folder / f"output-{number}"
                    count = run.write(replace(plan, groups=groups), path, sort=sort, gzip=gzip)
                    if output or not in_parts:
                        path = _concatenated(path)
                    if output:
                        serialize(path, output, files[output])
                    written[output] = path, count
            for output in filter(None, files):
                if output.endpoint:
                    send(written[output][0], output)
            for output, file in kept.items():
                if in_parts and output is None:
                    out.rename(folder / "replaced")
                written[output][0].replace(file)
        targets = {o.path if o.endpoint else file: written[o][1] for o, file in files.items() if o}
        return MapResult(written[None][1], targets=targets)

    def stream(
        self,
        mapping: Path,
        pipe: BinaryIO,
        *,
        base: str | None = None,
        shown: str | None = None,
        temporary: Path | None = None,
    ) -> None:
        """See `Engine`."""
        plan = load_plan_of_build(mapping, base=base, shown=shown, small=_SMALL_BYTES)
        with tempfile.TemporaryDirectory(dir=temporary) as name:
            folder = Path(name)
            with self._running(plan, mapping.parent, folder) as run:
                run.write(plan, folder / "output")
            for part in _parts(folder / "output"):
                with part.open("rb") as file:
                    shutil.copyfileobj(file, pipe)

    @contextmanager
    def _running(self, plan: Plan, folder: Path, parts: Path) -> Iterator[_Run]:
        """A plan whose sources, relative to `folder`, are tables; what Spark says there as EngineError."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        spark = self.spark.newSession()
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # every error is told by us
        try:
            bind_sources(spark, plan, folder, parts)
            yield _Run(spark, plan)
        except (PySparkException, Py4JError, duckdb.Error) as e:
            raise explain(RuntimeError(_told(str(e))), plan, folder) from e


class _Run:
    """A session of Spark with the functions and sources of a plan."""

    def __init__(self, spark: SparkSession, plan: Plan) -> None:
        from govgraph.engines.spark_functions import by_python

        self.spark = spark
        self.answers: dict[str, bool] = {}
        self.dialect = Dialect(plan)
        self.registered: set[str] = set()
        _send_by_value(sys.modules)
        for function, output in plan.python_functions:
            several = function.returns is Result.LIST
            self.register(function.output_name(output), by_python(function, output), several=several)

    def register(self, name: str, function: Vectorised, *, several: bool) -> None:
        """Lets queries call a function of columns, which gives texts, or lists of them."""
        from pyspark.sql.pandas.functions import arrow_udf

        type_ = "array<string>" if several else "string"
        self.spark.udf.register(name, arrow_udf(function, type_))  # type: ignore[call-overload]
        self.registered.add(name)

    def rows(self, query: exp.Query | str) -> list[tuple[object, ...]]:
        """The rows of a query of a plan."""
        assert not isinstance(query, str)
        return [tuple(row) for row in self.spark.sql(self.render(query)).collect()]

    def render(self, query: exp.Query) -> str:
        """A query in Spark's dialect; the functions that it calls are there."""
        from govgraph.engines.spark_functions import by_duckdb

        sql = self.dialect.render(query)
        for name, asked in self.dialect.expressions.items():
            if name not in self.registered:
                self.register(name, by_duckdb(asked), several=asked.several)
        return sql

    def write(self, plan: Plan, folder: Path, *, sort: bool = False, gzip: bool = False) -> int:
        """Writes the quads of a plan into part files, and returns how many they are."""
        from pyspark.sql import Observation
        from pyspark.sql.functions import expr

        queries = [
            self.render(query)
            for group in plan.groups
            for query, _, _ in group_queries(self, group, lines=sort)
        ]
        union = "\nUNION ALL\n".join(f"({query})" for query in queries) or _EMPTY
        if sort:
            union = f"SELECT DISTINCT quad FROM ({union}) ORDER BY quad"
        counted = Observation()
        lines = expr("SUM(LENGTH(quad) - LENGTH(REPLACE(quad, '\\n', '')) + 1)").alias("quads")
        quads = self.spark.sql(union).observe(counted, lines)
        quads.write.text(f"file:{folder.resolve()}", compression="gzip" if gzip else "none")
        for number, part in enumerate(_parts(folder)):
            part.rename(folder / f"part-{number:05}.nq{'.gz' if gzip else ''}")
        for other in set(folder.iterdir()) - set(_parts(folder)):  # checksums, and Spark's mark of success
            other.unlink()
        return counted.get["quads"] or 0


def _send_by_value(modules: Mapping[str, object]) -> None:
    """Lets workers get the functions of users' files as they are: they cannot import them."""
    from pyspark import cloudpickle

    for name in [name for name in modules if name.startswith(FILE_MODULE)]:
        cloudpickle.register_pickle_by_value(modules[name])  # type: ignore[no-untyped-call]


def _told(message: str) -> str:
    """What Spark was told to raise, without what it says around it; else its first line."""
    raised = re.search(r"\[USER_RAISED_EXCEPTION\] (.*?) SQLSTATE: P0001", message, re.S)
    return raised[1] if raised else message.strip().partition("\n")[0]


def _parts(folder: Path) -> list[Path]:
    """The part files in a folder, in their order."""
    return sorted(path for path in folder.iterdir() if path.name.startswith("part-"))


def _ensure_only_parts(folder: Path) -> None:
    """Raises EngineError GG403 for a folder that holds anything but part files of an earlier run."""
    for path in folder.iterdir():
        if not re.fullmatch(r"part-\d{5,}\.nq(\.gz)?", path.name):
            message, hint = "holds other files, and cannot be replaced", "name a new folder, or an empty one"
            raise EngineError(message, "GG403", SourceSpan(str(path)), hint)


def _concatenated(folder: Path) -> Path:
    """All parts of a folder as one file, the first with the others after it; gzip allows that too."""
    first, *others = _parts(folder)
    with first.open("ab") as whole:
        for part in others:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
            part.unlink()
    return first


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """A new folder beside `out`, gone at the end; raises EngineError GG403."""
    try:
        name = tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-")
    except OSError as e:
        hint = "name a file in a folder that is there and can be written to"
        raise EngineError(f"cannot be written: {e.strerror}", "GG403", SourceSpan(str(out)), hint) from e
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name)
