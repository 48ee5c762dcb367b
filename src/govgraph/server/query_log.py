"""The log of queries: a line of JSON each."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

from govgraph.errors import ConfigError

logger = logging.getLogger("govgraph.server")


class QueryLog:
    """Writes to a file, or does nothing without one.

    A line holds `time` (UTC, ISO 8601), `id` of the request, `path`, `outcome` (`ok`, `client` where the
    client hung up, `broken` where the answer broke off, else a code), `status`, `cached`, `seconds`, `bytes`
    of the body as sent, and of a query `hash` (of its text, SHA-256, 16 digits), `form`, `rows` where known,
    and `query` where the site wants its text.
    """

    def __init__(self, path: str | None) -> None:
        """Raises ConfigError GG104 where the file cannot be written."""
        self._path = path
        self._file: IO[str] | None = None
        self.reopen()

    def reopen(self) -> None:
        """Opens the file anew, as after it was moved away; raises ConfigError GG104 where it cannot be
        written, and then goes on with the one before.
        """
        if self._path:
            try:
                file = open(self._path, "a", encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115
            except OSError as e:
                hint = "query_log in govgraph.yml names a file that can be written"
                raise ConfigError(f"{self._path}: {e.strerror}", "GG104", hint=hint) from e
            self.close()
            self._file = file

    def close(self) -> None:
        """Closes the file."""
        file, self._file = self._file, None
        if file:
            with contextlib.suppress(OSError):  # what is not written yet was told in the log
                file.close()

    def write(
        self,
        request_id: bytes,
        path: str,
        outcome: str,
        seconds: float,
        *,
        status: int | None,
        size: int,
        facts: Mapping[str, Any],
        cached: bool = False,
    ) -> None:
        """A request was answered with `status` and `size` bytes, or its client had hung up before (None)."""
        if self._file is None:
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": request_id.decode(),
            "path": path,
            "status": status,
            "cached": cached,
            "seconds": round(seconds, 6),
            "bytes": size,
            **facts,
            "outcome": outcome,
        }
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as e:
            logger.error("the log of queries cannot be written: %s", e.strerror)
