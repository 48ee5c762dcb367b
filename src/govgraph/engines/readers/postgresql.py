"""PostgreSQL: values as the server prints them, fetched by a cursor of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, unquote

import psycopg
from psycopg import pq

from govgraph.engines.readers import sql_values
from govgraph.engines.readers.connections import InvalidQuery, SqlColumn, name_of, password, unreachable
from govgraph.engines.readers.tables import ROWS
from govgraph.errors import SourceSpan

_NO_SUCH_TABLE = b"42P01"


def _bytes(text: str) -> str:
    return text.removeprefix("\\x").upper()


_INTEGERS = (20, 21, 23, 26)
_TYPES: dict[int, tuple[str, Callable[[str], str]]] = {
    16: ("boolean", sql_values.boolean),
    17: ("hexBinary", _bytes),
    **dict.fromkeys(_INTEGERS, ("integer", str)),
    700: ("double", sql_values.double),
    701: ("double", sql_values.double),
    1082: ("date", sql_values.date),
    1083: ("time", sql_values.time),
    1114: ("dateTime", sql_values.date_time),
    1184: ("dateTime", sql_values.date_time),
    1266: ("time", sql_values.time),
    1700: ("decimal", sql_values.decimal),
}
"""Number of a type (pg_type.oid) -> natural datatype and form; all others are text."""


class PostgresqlConnection:
    """A connection in a transaction that only reads; moments with time zones are shown in UTC."""

    quote = '"'
    exact = True

    def __init__(self, url: SplitResult, span: SourceSpan) -> None:
        name = name_of(url)
        try:
            self.connection = psycopg.connect(
                host=url.hostname,
                port=url.port,
                user=unquote(url.username) if url.username else None,
                dbname=name,
                password=password(name),
                connect_timeout=10,
                application_name="govgraph",
                client_encoding="UTF8",
                options="-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO "
                "-c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1",
                autocommit=True,
            )
        except psycopg.Error as e:
            raise unreachable(url, e, span) from e
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def run(self, query: str) -> pq.abc.PGresult:
        """The result of one statement; by the protocol that takes no more than one."""
        return _checked(self.connection.pgconn.exec_params(query.encode(), None))

    def columns(self, query: str) -> list[SqlColumn]:
        """Name and type of each column, without running the query."""
        self.run("SAVEPOINT described")
        try:
            _checked(self.connection.pgconn.prepare(b"", query.encode()))
            described = _checked(self.connection.pgconn.describe_prepared(b""))
        except InvalidQuery:
            self.run("ROLLBACK TO SAVEPOINT described")
            raise
        if not described.nfields:
            raise InvalidQuery("it is no query")
        columns = []
        for i in range(described.nfields):
            datatype, text = _TYPES.get(described.ftype(i), (None, str))
            columns.append(SqlColumn((described.fname(i) or b"").decode(), datatype, text))
        return columns

    def rows(self, query: str) -> Iterator[Sequence[Sequence[Any]]]:
        """Its rows."""
        self.run(f"DECLARE govgraph NO SCROLL CURSOR FOR {query}")
        while (fetched := self.run(f"FETCH {ROWS} FROM govgraph")).ntuples:
            columns = range(fetched.nfields)
            value = fetched.get_value
            yield [
                [v if (v := value(row, i)) is None else v.decode() for i in columns]
                for row in range(fetched.ntuples)
            ]
        self.run("CLOSE govgraph")

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()


def _checked(result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return result
    state = result.error_field(pq.DiagnosticField.SQLSTATE)
    message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"the connection was lost"
    raise InvalidQuery(message.decode(errors="replace"), missing=state == _NO_SUCH_TABLE)
