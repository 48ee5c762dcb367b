"""Spark: started once for a command, quietly, with what plans need set."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from govgraph.errors import EngineError

if TYPE_CHECKING:
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

LOCAL = "local[*]"

_ALWAYS = {
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
}
"""What plans depend on: set in a session of their own, whatever the user's is."""

_DEFAULTS = {
    "spark.app.name": "govgraph",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_LOCAL_DEFAULTS = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}

_HINT = (
    "it needs Java 17 or later, and a master that answers; --spark-conf spark.log.level=INFO shows its log"
)

LOG_LEVEL = "spark.log.level"
"""Where it is set, what Spark logs goes to standard error; else nobody sees it."""


@contextmanager
def open_spark(master: str | None, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session of Spark; one that is running already is used as it is, and runs on afterwards.

    `master` goes before `spark.master` of the settings; by default Spark runs here, on all cores.
    Raises EngineError GG404 where PySpark or Java is missing, or Spark does not start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PySpark's own about pandas, which is not used
        try:
            from pyspark import SparkContext
            from pyspark.sql import SparkSession
            from pyspark.testing import utils  # noqa: F401
        except ImportError as e:
            hint = "install it: pip install 'govgraph[spark]'"
            raise EngineError("PySpark is not installed", "GG404", hint=hint) from e
    running = SparkContext._active_spark_context  # of any thread; a build maps in one of its own
    spark = SparkSession(running) if running else _start(master, settings)
    try:
        session = spark.newSession()
        for name, value in _ALWAYS.items():
            session.conf.set(name, value)
        yield session
    finally:
        if not running:
            spark.stop()


def _start(master: str | None, settings: Mapping[str, str]) -> SparkSession:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    java = Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else Path("java")
    if not shutil.which(java):
        hint = "install Java 17 or later (on Debian: openjdk-17-jre-headless), or set JAVA_HOME"
        raise EngineError(f"Spark needs Java, and there is no {java}", "GG404", hint=hint)
    conf = SparkConf(loadDefaults=False)
    master = master or settings.get("spark.master", LOCAL)
    local = {**_LOCAL_DEFAULTS, "spark.sql.shuffle.partitions": str(os.cpu_count() or 1)}
    given = {**_DEFAULTS, **(local if master.startswith("local") else {}), **settings, "spark.master": master}
    for name, value in given.items():
        conf.set(name, value)
    with tempfile.TemporaryFile() as log:
        try:
            context = _context(conf, None if LOG_LEVEL in settings else log)
        except Exception as e:
            raise EngineError(_why(e, master, log), "GG404", hint=_HINT) from e
    return SparkSession(context)


def _context(conf: SparkConf, log: IO[bytes] | None) -> SparkContext:
    """Starts Java, whose output goes to `log`, and Spark in it."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    gateway = None
    if log and not SparkContext._gateway:
        gateway = launch_gateway(conf, {"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
    context = SparkContext(conf=conf, gateway=gateway)
    if "PYSPARK_PYTHON" not in os.environ:
        context.pythonExec = sys.executable
    return context


def _why(error: Exception, master: str, log: IO[bytes]) -> str:
    """What Java or Spark said last, in one line."""
    log.seek(0)
    lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if re.search(r"Exception|Error", line)), None)
    return f"Spark does not start at {master}: {told or str(error).splitlines()[0]}"
