"""Files of RDF as people have them: in which format, how packed, and their bytes."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from pyoxigraph import RdfFormat

from govgraph.errors import ConfigError, SnapshotError, SourceSpan
from govgraph.snapshot.pipes import BLOCK

STANDARD_INPUT: Final = "-"

FORMATS: Final[Mapping[str, tuple[RdfFormat, tuple[str, ...]]]] = {
    "turtle": (RdfFormat.TURTLE, (".ttl",)),
    "trig": (RdfFormat.TRIG, (".trig",)),
    "ntriples": (RdfFormat.N_TRIPLES, (".nt",)),
    "nquads": (RdfFormat.N_QUADS, (".nq",)),
    "rdfxml": (RdfFormat.RDF_XML, (".rdf", ".owl", ".xml")),
    "jsonld": (RdfFormat.JSON_LD, (".jsonld", ".json")),
}
"""Name of a format -> the format, and the endings of its files."""

PACKED: Final = (".gz", ".bz2", ".xz", ".zst")
"""What may follow the ending of the format."""

_BY_ENDING: Final = {ending: name for name, (_, endings) in FORMATS.items() for ending in endings}
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

OnRead = Callable[[int], None]
"""Called with how many bytes of a file were read so far, before they are unpacked."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file to load: its path as given (`-`: standard input), and the name of its format (`FORMATS`)."""

    path: str
    format: str

    @classmethod
    def of(cls, path: str, format: str | None = None) -> DataFile:  # noqa: A002
        """The file at `path`, in `format`, else in the one that its ending tells.

        Raises ConfigError GG104 where it tells none.
        """
        if path == STANDARD_INPUT and format is None:
            raise ConfigError(
                "the format of standard input is not known", "GG104", hint="name it: --data-format turtle"
            )
        endings = [ending.lower() for ending in Path(path).suffixes]
        if endings and endings[-1] in PACKED:
            endings.pop()
        found = format or _BY_ENDING.get(endings[-1] if endings else "")
        if found is None:
            known, packed = ", ".join(_BY_ENDING), ", ".join(PACKED)
            hint = f"known are {known}, each also with {packed}; else name the format: --data-format turtle"
            raise ConfigError(f"the name of '{path}' does not tell its format", "GG104", hint=hint)
        return cls(path, found)

    @property
    def shown(self) -> str:
        """The file in messages."""
        return "standard input" if self.path == STANDARD_INPUT else self.path

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.shown if self.path == STANDARD_INPUT else Path(self.path).name

    @property
    def size(self) -> int | None:
        """Bytes on disk, None for what is no regular file."""
        path = Path(self.path)
        return path.stat().st_size if self.path != STANDARD_INPUT and path.is_file() else None

    @contextmanager
    def opened(self, on_read: OnRead) -> Iterator[Content]:
        """The content of the file; raises SnapshotError GG606 where it cannot be opened or unpacked."""
        try:
            raw = sys.stdin.buffer if self.path == STANDARD_INPUT else Path(self.path).open("rb")  # noqa: SIM115
        except OSError as e:
            raise SnapshotError(f"cannot be read: {e.strerror}", "GG606", SourceSpan(self.shown)) from e
        with raw:
            yield Content(self, raw, on_read)


class Content:
    """The bytes of a file, unpacked, without a byte order mark."""

    def __init__(self, file: DataFile, raw: BinaryIO, on_read: OnRead) -> None:
        self._file = file
        self._counted = _Counted(raw, on_read)
        ending = Path(file.path).suffix.lower()
        self._unpacked = _unpack(io.BufferedReader(self._counted, BLOCK), ending)
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes, b"" at the end; raises SnapshotError GG606."""
        try:
            if not self._begun:
                self._begun = True
                start = self._unpacked.read(len(_BYTE_ORDER_MARK))
                if start != _BYTE_ORDER_MARK:
                    return start
            return self._unpacked.read(size)
        except Exception as e:  # each way of packing has errors of its own
            reason = f"cannot be unpacked: {e}"
            if isinstance(e, OSError) and e.errno:
                reason = f"cannot be read: {e.strerror}"
            raise SnapshotError(reason, "GG606", SourceSpan(self._file.shown)) from e

    def finish(self) -> str:
        """Reads what is left; returns the SHA-256 of the file as it is on disk, in hexadecimal digits."""
        while self.read(BLOCK):
            pass
        return self._counted.checksum.hexdigest()


class _Counted(io.RawIOBase):
    """Bytes that are counted, and hashed, as they are read."""

    def __init__(self, source: BinaryIO, on_read: OnRead) -> None:
        self._source = source
        self._on_read = on_read
        self._count = 0
        self.checksum = hashlib.sha256()

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer, or a part of it; returns how many bytes, 0 at the end."""
        block = self._source.read1(len(buffer))  # type: ignore[attr-defined]
        self.checksum.update(block)
        self._count += len(block)
        self._on_read(self._count)
        buffer[: len(block)] = block
        return len(block)


def _unpack(packed: io.BufferedReader, ending: str) -> BinaryIO:
    match ending:
        case ".gz":
            return cast("BinaryIO", gzip.open(packed))
        case ".bz2":
            return cast("BinaryIO", bz2.open(packed))
        case ".xz":
            return cast("BinaryIO", lzma.open(packed))
        case ".zst":
            if sys.version_info >= (3, 14):
                from compression import zstd
            else:
                from backports import zstd
            return cast("BinaryIO", zstd.open(packed))
        case _:
            return packed
