"""MySQL and MariaDB: values as the server prints them, row by row as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, unquote

import pymysql
from pymysql.constants import FIELD_TYPE, FLAG
from pymysql.cursors import SSCursor

from govgraph.engines.readers import sql_values
from govgraph.engines.readers.connections import (
    InvalidQuery,
    SqlColumn,
    Value,
    name_of,
    password,
    unreachable,
)
from govgraph.engines.readers.tables import ROWS
from govgraph.errors import SourceSpan

_NO_SUCH_TABLE = 1146
_BINARY = 63
"""The character set of what is no text."""

_INTEGERS = (
    *(FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG),
    *(FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR),
)
_TYPES: dict[int, tuple[str, Callable[[str], str]]] = {
    **dict.fromkeys(_INTEGERS, ("integer", sql_values.integer)),
    FIELD_TYPE.DECIMAL: ("decimal", sql_values.decimal),
    FIELD_TYPE.NEWDECIMAL: ("decimal", sql_values.decimal),
    FIELD_TYPE.FLOAT: ("double", sql_values.double),
    FIELD_TYPE.DOUBLE: ("double", sql_values.double),
    FIELD_TYPE.DATE: ("date", sql_values.date),
    FIELD_TYPE.NEWDATE: ("date", sql_values.date),
    FIELD_TYPE.TIME: ("time", sql_values.time),
    FIELD_TYPE.DATETIME: ("dateTime", sql_values.date_time),
    FIELD_TYPE.TIMESTAMP: ("dateTime", sql_values.date_time),
}
_BYTES = (
    FIELD_TYPE.STRING,
    FIELD_TYPE.VAR_STRING,
    FIELD_TYPE.VARCHAR,
    FIELD_TYPE.TINY_BLOB,
    FIELD_TYPE.BLOB,
    FIELD_TYPE.MEDIUM_BLOB,
    FIELD_TYPE.LONG_BLOB,
    FIELD_TYPE.GEOMETRY,
)


class MysqlConnection:
    """A connection that only reads; `standard`: double quotes delimit identifiers, || concatenates."""

    quote = "`"
    exact = False

    def __init__(self, url: SplitResult, span: SourceSpan, *, standard: bool) -> None:
        name = name_of(url)
        try:
            self.connection = pymysql.connect(
                host=url.hostname,
                port=url.port or 3306,
                user=unquote(url.username) if url.username else None,
                password=password(name, "MYSQL_PWD") or "",
                database=name,
                charset="utf8mb4",
                cursorclass=SSCursor,
                conv={},
                connect_timeout=10,
                autocommit=True,
            )
            with self.connection.cursor() as cursor:
                if standard:
                    cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI')")
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("START TRANSACTION READ ONLY")
        except pymysql.Error as e:
            raise unreachable(url, _said(e), span) from e
        except RuntimeError as e:  # a way of authentication that needs a further package
            raise unreachable(url, e, span) from e

    def columns(self, query: str) -> list[SqlColumn]:
        """Name and type of each column, without running the query; none may come twice."""
        with self.connection.cursor() as cursor:
            _execute(cursor, f"SELECT * FROM ({query}\n) AS govgraph LIMIT 0")
            result: Any = cursor._result  # type: ignore[attr-defined]  # alone has lengths and flags
            return [_column(field) for field in result.fields]

    def rows(self, query: str) -> Iterator[Sequence[Sequence[Any]]]:
        """Its rows."""
        with self.connection.cursor() as cursor:
            _execute(cursor, query)
            try:
                while rows := cursor.fetchmany(ROWS):
                    yield rows
            except pymysql.Error as e:
                result: Any = cursor._result  # type: ignore[attr-defined]
                result.unbuffered_active = False  # closing it would read on, of a connection that is lost
                raise _said(e) from e

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()


def _execute(cursor: SSCursor, query: str) -> None:
    try:
        cursor.execute(query)
    except pymysql.Error as e:
        raise _said(e) from e


def _said(error: pymysql.Error) -> InvalidQuery:
    code, message = error.args if len(error.args) == 2 else (0, str(error))
    return InvalidQuery(str(message), missing=code == _NO_SUCH_TABLE)


def _column(field: Any) -> SqlColumn:
    """A column as the protocol describes it."""
    name, type_, flags = field.name, field.type_code, field.flags
    if flags & (FLAG.ENUM | FLAG.SET) or type_ == FIELD_TYPE.JSON:
        return SqlColumn(name, text=_decoded)
    if type_ == FIELD_TYPE.TINY and field.length == 1 and not flags & FLAG.UNSIGNED:
        return SqlColumn(name, text=lambda v: _truth(v)[0], typed=_truth)  # what BOOLEAN stands for
    if type_ == FIELD_TYPE.BIT:
        if field.length == 1:
            return SqlColumn(name, "boolean", lambda v: sql_values.boolean(str(v[-1])))
        return SqlColumn(name, text=lambda v: f"{int.from_bytes(v):0{field.length}b}")
    if type_ in _BYTES and field.charsetnr == _BINARY:
        return SqlColumn(name, "hexBinary", sql_values.hex_binary)
    datatype, text = _TYPES.get(type_, (None, _decoded))
    return SqlColumn(name, datatype, text)


def _decoded(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _truth(value: str) -> Value:
    """Of TINYINT(1) the numbers 0 and 1 are truth values, all others are integers."""
    if value in ("0", "1"):
        return sql_values.boolean(value), "boolean"
    return sql_values.integer(value), "integer"
