"""Compressed files, in and out: gzip, xz, Zstandard, and archives of one member (RML-IO, "Compression")."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from govgraph.mapping.dialects import COMPRESSED

_TAR = {"targz": "gz", "tarxz": "xz"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMED = 5


class ArchiveError(Exception):
    """A file that is not compressed as it should be, or an archive that does not have one member."""


@contextmanager
def opened(path: Path, compression: str) -> Iterator[IO[bytes]]:
    """The bytes of a compressed file; raises ArchiveError, in its body too, and OSError."""
    import zlib

    try:
        if compression == "zip":
            with zipfile.ZipFile(path) as archive:
                names = [m.filename for m in archive.infolist() if not m.is_dir()]
                with archive.open(_only(names)) as member:
                    yield member
        elif compression in _TAR:
            with tarfile.open(path, "r:*") as archive_:
                files = [m for m in archive_ if m.isfile()]
                _only([m.name for m in files])
                yield cast(IO[bytes], archive_.extractfile(files[0]))
        elif compression == "zstd":
            import pyarrow as pa

            with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
                yield stream
        else:
            with gzip.open(path) if compression == "gzip" else lzma.open(path) as file:
                yield cast(IO[bytes], file)
    except (gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, zlib.error) as e:
        raise ArchiveError(f"is not {compression}: {e}") from e
    except (EOFError, NotImplementedError, RuntimeError) as e:  # cut off; a method or password of zip
        raise ArchiveError(f"cannot be unpacked: {e}") from e
    except OSError as e:
        if e.errno is not None:
            raise
        raise ArchiveError(f"is not {compression}: {e}") from e  # Arrow's word for bytes that are not


def _only(names: list[str]) -> str:
    """The name of the one member; raises ArchiveError."""
    if len(names) == 1:
        return names[0]
    if not names:
        raise ArchiveError("is an archive without files")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = ", ".join(sorted(names)[:_NAMED])
    raise ArchiveError(f"is an archive of {len(names)} files, and it is not said which: {listed}{more}")


def compress(path: Path, compression: str, to: Path, name: str) -> None:
    """Writes `path` compressed as `to`: the same bytes for the same content.

    `name` is that of the file to come; the member of an archive has it without the ending of compression.
    """
    member = PurePosixPath(name).name
    member = next((member[: -len(e)] for e in COMPRESSED if member.lower().endswith(e)), member)
    with path.open("rb") as source, to.open("wb") as out:
        if compression == "zip":
            info = zipfile.ZipInfo(member, _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with zipfile.ZipFile(out, "w") as archive, archive.open(info, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink)
        elif compression in _TAR:
            tar = tarfile.TarInfo(member)
            tar.size = path.stat().st_size
            with _stream(out, _TAR[compression]) as sink, tarfile.open(fileobj=sink, mode="w") as archive_:
                archive_.addfile(tar, source)
        else:
            with _stream(out, compression) as sink:
                shutil.copyfileobj(source, sink)


def _stream(out: BinaryIO, compression: str) -> IO[bytes]:
    """What compresses into `out`; gzip without name and time."""
    if compression in ("gzip", "gz"):
        return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=out, mtime=0))
    if compression == "xz":
        return lzma.open(out, "wb")
    import pyarrow as pa

    return cast(IO[bytes], pa.CompressedOutputStream(pa.PythonFile(out, "w"), compression))
