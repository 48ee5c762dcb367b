"""What the readers of databases share: a connection, and the columns that a query of it has."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from govgraph.errors import EngineError, MappingError, SourceSpan
from govgraph.mapping.model import Database

Value = tuple[str, str | None]
"""A text and the local name of its datatype in XML Schema; None where it is plain."""


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A column of a table or query, and how its values become text.

    `datatype` is that of all values; where it is None and there is `typed`, each value has its own.
    Both functions raise ValueError for a value that is not of the column's type.
    """

    name: str
    datatype: str | None = None
    text: Callable[[Any], str] = str
    typed: Callable[[Any], Value] | None = None


class InvalidQuery(Exception):  # noqa: N818 - what the database says of a query
    """A query that the database refuses; `missing` where it is because there is no such table."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class Connection(Protocol):
    """A read-only connection; its functions raise InvalidQuery."""

    quote: str
    """What stands around delimited identifiers."""
    exact: bool
    """Whether delimited names of columns differ where only their case does."""

    def columns(self, query: str) -> list[SqlColumn]:
        """The columns of a query, in their order."""

    def rows(self, query: str) -> Iterator[Sequence[Sequence[Any]]]:
        """Its rows in batches, as they are read."""

    def close(self) -> None:
        """Ends the connection."""


def connect(database: Database, path: Path, span: SourceSpan, *, standard: bool) -> Connection:
    """A connection to a database; `path` is its file, if it is one.

    `standard`: queries are in the SQL of the standard, where the database knows another, too.
    Raises MappingError GG016 where there is none, or where a package is missing.
    """
    scheme = database.url.partition(":")[0]
    if scheme == "sqlite":
        from govgraph.engines.readers.sqlite import SqliteConnection

        return SqliteConnection(path, span)
    try:
        if scheme == "postgresql":
            from govgraph.engines.readers.postgresql import PostgresqlConnection

            return PostgresqlConnection(urlsplit(database.url), span)
        from govgraph.engines.readers.mysql import MysqlConnection

        return MysqlConnection(urlsplit(database.url), span, standard=standard)
    except ImportError as e:
        message = f"reading '{database.url}' needs {e.name or scheme}, which is not installed"
        raise MappingError(message, "GG016", span, f"pip install 'govgraph[{scheme}]'") from e


def password(database: str, further: str | None = None) -> str | None:
    """The password that the environment has for a database, by its name or for all.

    `GOVGRAPH_DATABASE_PASSWORD_NAME`, `GOVGRAPH_DATABASE_PASSWORD`, else the variable `further`.
    """
    own = "GOVGRAPH_DATABASE_PASSWORD"
    named = re.sub(r"[^A-Z0-9]", "_", database.upper())
    names = (f"{own}_{named}", own, further)
    return next((os.environ[name] for name in names if name and os.environ.get(name)), None)


def unreachable(url: SplitResult, error: Exception, span: SourceSpan) -> MappingError:
    """GG016 for a server that does not answer, or lets nobody in."""
    said = str(error).strip().splitlines()
    hint = "is the server up, and the password in the environment? GOVGRAPH_DATABASE_PASSWORD holds it"
    message = f"no connection to '{url.geturl()}': {said[-1] if said else type(error).__name__}"
    return MappingError(message, "GG016", span, hint)


def name_of(url: SplitResult) -> str:
    """The name of the database in a URL."""
    return unquote(url.path.strip("/"))


def failed(error: InvalidQuery, span: SourceSpan) -> EngineError:
    """GG402 for what the database says while its rows are read."""
    return EngineError(f"the database failed: {error}", "GG402", span)
