"""Where the bytes of a source are: the file that a mapping names, as the readers can read it.

What is compressed, in another encoding, in another dialect of CSV, or on the web is made a plain file in
UTF-8 first, once for each state of the file, in a folder that goes away with the process.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from threading import Lock
from typing import IO

from govgraph.engines.csv_text import RowError, is_plain, normalize
from govgraph.errors import EngineError, MappingError, SourceSpan
from govgraph.mapping.databases import FORMULATIONS as DATABASE_FORMULATIONS
from govgraph.mapping.databases import is_file
from govgraph.mapping.dialects import compression_of
from govgraph.mapping.model import LogicalSource

_made: dict[tuple[object, ...], Path] = {}
_numbers = itertools.count()
_lock = Lock()


def staged(folder: Path, source: LogicalSource, *, shown: str | None = None) -> Path:
    """The file of a source that its reader opens; its path is relative to `folder`.

    `shown` is its name in messages. Raises MappingError GG016 for what cannot be fetched or unpacked, and
    EngineError GG402 for bytes that are not in its encoding, and for CSV that is not in its dialect.
    """
    text = text_of(folder, source, shown=shown)
    if source.formulation != "csv" or is_plain(source.dialect) or not text.is_file():
        return text

    def make(to: Path) -> None:
        if not source.encoding:
            check_utf8(text, shown or source.path)
        try:
            normalize(text, source.dialect, to)
        except RowError as e:
            place = SourceSpan(shown or source.path, e.line)
            hint = "is a quote not closed, or within a cell without quotes?"
            raise EngineError(f"the row is not in the table's dialect: {e}", "GG402", place, hint) from e

    return _once((*_state(text), source.dialect), make)


def text_of(folder: Path, source: LogicalSource, *, shown: str | None = None) -> Path:
    """The file of a source, fetched, unpacked and in UTF-8, in the dialect that it has."""
    path = original(folder, source)
    if source.formulation in DATABASE_FORMULATIONS:
        return path
    compression = source.compression or compression_of(source.path)
    packed = compression not in (None, "none")
    if not (packed or source.encoding) or not path.is_file():
        return path

    def make(to: Path) -> None:
        from govgraph.engines.compression import ArchiveError, opened
        from govgraph.engines.encodings import EncodingError, decode

        try:
            with opened(path, str(compression)) if packed else path.open("rb") as file:
                if source.encoding:
                    decode(file, source.encoding, to, xml=source.formulation == "xpath")
                else:
                    _copy(file, to)
        except ArchiveError as e:
            raise MappingError(f"source '{source.path}' {e}", "GG016", source.span) from e
        except EncodingError as e:
            place = SourceSpan(shown or source.path, e.line, e.column)
            hint = "cp932 has more characters" if source.encoding == "shift_jis" else None
            raise EngineError(str(e), "GG402", place, hint) from e

    return _once((*_state(path), compression, source.encoding, source.formulation == "xpath"), make)


def original(folder: Path, source: LogicalSource) -> Path:
    """The file that a mapping names, fetched if it is on the web; raises MappingError GG016."""
    if source.formulation in DATABASE_FORMULATIONS:  # a server has no file
        known = source.database if source.database and is_file(source.database) else None
        return folder / known.url.removeprefix("sqlite:") if known else folder
    if not source.is_remote:
        return folder / source.path

    def make(to: Path) -> None:
        from govgraph.engines.fetching import FetchError, fetch

        try:
            fetch(source.path, to)
        except FetchError as e:
            message = f"source '{source.path}' cannot be fetched: {e}"
            raise MappingError(message, "GG016", source.span) from e

    return _once((source.path,), make)


def check_utf8(path: Path, shown: str) -> None:
    """Raises EngineError GG402 at the first byte of a file that is not in UTF-8."""
    from govgraph.engines.encodings import wrong_byte

    if found := wrong_byte(path):
        place = SourceSpan(shown, found.line, found.column)
        raise EngineError(str(found), "GG402", place, "name its encoding")


def shown_path(mapping: str, source: LogicalSource) -> str:
    """A source's path as messages name it: from where the mapping's name starts, not from its folder."""
    if source.database:
        return f"{source.path} in {source.database.url}"
    if source.is_remote or not source.is_file:
        return source.path
    return os.path.normpath(PurePath(mapping).parent / source.path)


def _state(path: Path) -> tuple[object, ...]:
    """What changes when a file does."""
    status = path.stat()
    return path.resolve(), status.st_mtime_ns, status.st_size


def _once(key: tuple[object, ...], make: Callable[[Path], None]) -> Path:
    """The file that `make` made for this key, now or before."""
    with _lock:
        if (found := _made.get(key)) is None or not found.exists():
            with _new_file() as found:
                make(found)
            _made[key] = found
        return found


@contextmanager
def _new_file() -> Iterator[Path]:
    """A file in the process's folder, taken away again where its body fails."""
    path = _folder() / str(next(_numbers))
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@functools.cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="govgraph-sources-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _copy(file: IO[bytes], to: Path) -> None:
    with to.open("wb") as out:
        shutil.copyfileobj(file, out)
