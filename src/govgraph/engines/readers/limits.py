"""How much of a document may be held in memory, for readers that have to hold it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from govgraph.errors import EngineError, SourceSpan

MAX_DOCUMENT_BYTES = 512 << 20
"""Bytes of a document, or of one value of it, that are held at once where nothing else is asked for."""

_limit = ContextVar("max_document_bytes", default=MAX_DOCUMENT_BYTES)


def max_document_bytes() -> int:
    """Bytes of a document that may be held at once, here and now."""
    return _limit.get()


@contextmanager
def limited_to(size: int | None) -> Iterator[None]:
    """Readers that are opened inside may hold `size` bytes; None leaves it as it is."""
    token = _limit.set(max_document_bytes() if size is None else size)
    try:
        yield
    finally:
        _limit.reset(token)


def check_size(path: Path, shown: str, why: str, hint: str) -> None:
    """Raises EngineError GG402 where a document is too large to be held as a whole; `why` it would be."""
    size = path.stat().st_size
    if size > max_document_bytes():
        what = f"the document, {size:,} bytes, is larger"
        raise too_large(shown, what, max_document_bytes(), f"{why}; {hint}")


def too_large(shown: str, what: str, limit: int, hint: str, line: int = 0) -> EngineError:
    """The error for what is larger than the limit."""
    message = f"{what} than the {limit:,} bytes that may be held in memory"
    hint = f"{hint}; or allow more: max_document_bytes in govgraph.yml, map --max-document-bytes"
    return EngineError(message, "GG402", SourceSpan(shown, line), hint)
