"""Records as tables of text, and the writing of all of them or none."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from govgraph.documents.columns import Cells
from govgraph.documents.ledgers import render_csv
from govgraph.errors import DocumentError, SourceSpan
from govgraph.records import KEY, read_rows

SOURCE_COLUMNS = (KEY, "first_line", "last_line", "page", "heading")
"""The columns with which every table of a document begins."""

DOCUMENT_TABLE, DISCREPANCIES_TABLE = MADE_TABLES = ("document", "discrepancies")
"""The tables that extract makes without a layout."""


_LEFTOVER = re.compile(r"\..+\.(?:csv|html)\.([0-9]+)\.\w+")
"""How a file is named while it is written, with the number of the process."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands in its document: first and last line, page in a PDF, the heading above."""

    first: int
    last: int
    page: int | None = None
    heading: str = ""

    def cells(self) -> tuple[str, str, str, str]:
        """The cells of `SOURCE_COLUMNS` after the key."""
        page = "" if self.page is None else str(self.page)
        return str(self.first), str(self.last), page, self.heading


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its key, its place and its cells."""

    key: str
    source: Source
    cells: Cells

    def cell(self, column: str) -> str:
        """The cell of a column, or the key."""
        return self.key if column == KEY else self.cells[column]

    def row(self, page_column: str | None = None) -> tuple[str, ...]:
        """The cells of `SOURCE_COLUMNS`; the page is that of `page_column`, else that of a PDF."""
        first, last, page, heading = self.source.cells()
        return self.key, first, last, self.cells[page_column] if page_column else page, heading


@dataclass(frozen=True, slots=True)
class Table:
    """A table of records: its columns, and its rows in print order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def render(self) -> str:
        """The table as CSV."""
        return render_csv(self.columns, self.rows)


def read_table(path: Path) -> list[Mapping[str, str]]:
    """The rows of a table of records, column -> cell. Raises OSError and UnicodeDecodeError."""
    return [row.cells for row in read_rows(path)]


def write_files(files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Writes all `files` (path -> text) or none; returns those whose content is new.

    Each is written beside its place first, and put there only when all are complete. Raises DocumentError
    GG207 where one cannot be written; what stood there then still does.
    """
    _remove_leftovers({path.parent for path in files})
    changed = {path: text for path, text in files.items() if not _holds(path, text)}
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, text in changed.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            prefix = f".{path.name}.{os.getpid()}."
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=prefix, delete=False) as file:
                written[path] = Path(file.name)
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            written[path].chmod(0o644)
        for path, temporary in written.items():
            temporary.replace(path)
    except OSError as e:
        raise DocumentError(
            f"cannot be written: {e.strerror}", "GG207", SourceSpan(str(path)), "nothing was changed"
        ) from e
    finally:
        for temporary in written.values():
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    return tuple(changed)


def _remove_leftovers(folders: Iterable[Path]) -> None:
    """Removes what an extract that was killed left half-written: hidden files named by its process."""
    for path in (p for folder in folders for p in folder.glob(".*")):
        named = _LEFTOVER.fullmatch(path.name)
        if named and not _is_running(int(named[1])):
            with contextlib.suppress(OSError):
                path.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or not to be told: better left
        return True
    return True


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
