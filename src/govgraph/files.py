"""Text files, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

from govgraph.errors import ConfigError, GovGraphError, SourceSpan


def read_text(path: Path, shown: str, error: type[GovGraphError] = ConfigError, code: str = "GG102") -> str:
    """The text of a file in UTF-8; raises `error` with `code` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as e:
        raise error(f"cannot be read: {e.strerror}", code, SourceSpan(shown)) from e
    except UnicodeDecodeError as e:
        raise error(f"not UTF-8 (byte {e.start})", code, SourceSpan(shown), "save the file as UTF-8") from e
