"""SQLite: any value in any column, so that each has the type that it is stored with, read by its column's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from typing import Any

from govgraph.engines.readers import sql_values
from govgraph.engines.readers.connections import InvalidQuery, SqlColumn, Value
from govgraph.engines.readers.tables import ROWS
from govgraph.errors import MappingError, SourceSpan

_MOMENTS = {
    "DATE": ("date", sql_values.date, date.fromisoformat),
    "TIME": ("time", sql_values.time, time_of_day.fromisoformat),
    "TIMESTAMP": ("dateTime", sql_values.date_time, datetime.fromisoformat),
    "DATETIME": ("dateTime", sql_values.date_time, datetime.fromisoformat),
}


class SqliteConnection:
    """A file, opened for reading."""

    quote = '"'
    exact = False

    def __init__(self, path: Path, span: SourceSpan) -> None:
        if not path.is_file():
            message = f"the database '{path.name}' is not there"
            hint = "paths are relative to the mapping's folder, that of --database to the current one"
            raise MappingError(message, "GG016", span, hint)
        self.connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self.connection.set_authorizer(_authorize)

    def columns(self, query: str) -> list[SqlColumn]:
        """The query's columns with the types that tables declare, as a view of it has them."""
        try:
            cursor = self.connection.execute(query)
            names = [column[0] for column in cursor.description or ()]
            cursor.close()
            if not names:
                raise InvalidQuery("it is no query")
            self.connection.execute(f"CREATE TEMP VIEW govgraph AS {query}")
            declared = self.connection.execute("PRAGMA temp.table_info(govgraph)").fetchall()
            self.connection.execute("DROP VIEW temp.govgraph")
        except (sqlite3.Error, sqlite3.Warning) as e:
            raise InvalidQuery(str(e), missing="no such table" in str(e)) from e
        return [
            SqlColumn(name, text=partial(_text, row[2].upper()), typed=partial(_value, row[2].upper()))
            for name, row in zip(names, declared, strict=True)
        ]

    def rows(self, query: str) -> Iterator[Sequence[Sequence[Any]]]:
        """Its rows."""
        try:
            cursor = self.connection.execute(query)
            while rows := cursor.fetchmany(ROWS):
                yield rows
        except sqlite3.Error as e:
            raise InvalidQuery(str(e)) from e

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()


def _authorize(action: int, *_: object) -> int:
    """No other file is opened, which ATTACH would make where there is none."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _text(declared: str, value: object) -> str:
    return _value(declared, value)[0]


def _value(declared: str, value: object) -> Value:
    """A value of a column that was declared to be of a type, as text with its natural datatype."""
    type_ = declared.partition("(")[0].strip()
    match value:
        case bytes():
            return sql_values.hex_binary(value), "hexBinary"
        case int() if "BOOL" in type_ and value in (0, 1):
            return sql_values.boolean(str(value)), "boolean"
        case int() | float() if type_ in ("DECIMAL", "NUMERIC"):
            return sql_values.decimal(repr(value)), "decimal"
        case int():
            return str(value), "integer"
        case float():
            return sql_values.double(repr(value)), "double"
        case str() if type_ in _MOMENTS:
            datatype, convert, check = _MOMENTS[type_]
            try:
                check(value)
                return convert(value), datatype
            except ValueError:
                return value, None
        case str() if "BOOL" in type_ and re.fullmatch("true|false", value, re.I):
            return value.lower(), "boolean"
    return str(value), None
