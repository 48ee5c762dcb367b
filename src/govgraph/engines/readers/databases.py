"""Tables and queries of databases as sources: their columns, and their values as text (R2RML, section 5)."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from govgraph.engines.readers.connections import (
    Connection,
    InvalidQuery,
    SqlColumn,
    connect,
    failed,
    name_of,
    password,
)
from govgraph.engines.readers.tables import Field, batch_of, fields_of, schema_of
from govgraph.engines.sources import Record, Unreadable, UnreadableValue, Used
from govgraph.errors import EngineError, MappingError, Problem, SourceSpan
from govgraph.iri import XSD
from govgraph.mapping.databases import PASSWORDS
from govgraph.mapping.model import LogicalSource
from govgraph.mapping.plan import RESERVED, Column

_IDENTIFIER = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|[^\W\d][\w$#@]*'
_NAME = re.compile(rf"({_IDENTIFIER})(?:\.({_IDENTIFIER}))?(?:\.({_IDENTIFIER}))?")
"""A table's name, after those of its schema and catalogue (R2RML, section 5.1)."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True)
class _Table:
    """What is read: the query for some columns (`SELECT` what?), and all columns that there are."""

    query: str
    name: str | None
    columns: tuple[SqlColumn, ...]

    def selecting(self, names: Sequence[str]) -> str:
        """The query; of a table only these columns, delimited."""
        if self.name is None:
            return self.query
        return f"SELECT {', '.join(names) or '1'} FROM {self.name}"


class DatabaseReader:
    """Reads tables and queries of all kinds of databases; `path` is that of SQLite's file."""

    def columns(self, path: Path, source: LogicalSource, used: Iterable[Used]) -> tuple[Column, ...]:
        """A column for each name of `used` that is one, and for each other column.

        Raises MappingError: GG016 where there is no such table or no connection, GG018 for a wrong query,
        GG021 where no database is named.
        """
        with closing(_connect(source, path)) as connection:
            table = _open(connection, source)
        found: dict[str, SqlColumn] = {}
        for name in (*(u.name for u in used), *(c.name for c in table.columns)):
            if column := _resolve(name, table.columns, connection):
                found[name] = column
        taken = set(RESERVED)
        columns = []
        for name, sql in found.items():
            alias, number = name, 2
            while alias.casefold() in taken:
                alias, number = f"{name}~{number}", number + 1
            taken.add(alias.casefold())
            datatype = f"{XSD}{sql.datatype}" if sql.datatype else None
            other = None if alias == name else alias
            columns.append(Column(name, natural=sql.typed is not None, datatype=datatype, alias=other))
        return tuple(columns)

    def batches(
        self,
        path: Path,
        source: LogicalSource,
        columns: Iterable[Column],
        asked: Collection[str],
        shown: str,
        unreadable: Unreadable | None = None,
    ) -> pa.RecordBatchReader:
        """The rows, fetched as they are read; raises EngineError GG401, GG402 while they are."""
        fields = fields_of(columns, asked)
        schema = schema_of(fields)

        def batches() -> Iterator[pa.RecordBatch]:
            names = list(dict.fromkeys(f.column.name for f in fields))
            first = 1
            for rows, read in _rows(path, source, names):
                position = {name: read[name] for name in names}

                def values(field: Field, rows: Any = rows, read: Any = position, first: int = first) -> Any:
                    number, column = read[field.column.name]
                    return [
                        _converted(row[number], column, field, first + i, shown, unreadable)
                        for i, row in enumerate(rows)
                    ]

                yield batch_of(schema, fields, len(rows), values)
                first += len(rows)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def records(
        self, path: Path, source: LogicalSource, columns: Iterable[Column], shown: str
    ) -> Iterator[Record]:
        """Each row with the texts of its values, as printed where they are not of their type."""
        names = [c.name for c in columns]
        for rows, read in _rows(path, source, names):
            for row in rows:
                values = {name: _texts(row[read[name][0]], read[name][1]) for name in names}
                yield Record(values, SourceSpan(shown))


def _texts(value: Any, column: SqlColumn) -> list[str]:
    if value is None:
        return []
    try:
        return [column.text(value)]
    except ValueError:
        return [str(value)]


def _converted(
    value: Any, column: SqlColumn, field: Field, number: int, shown: str, unreadable: Unreadable | None
) -> str | None:
    """A value as text, or as a literal in N-Triples; what is not of its type is null where told."""
    if value is None:
        return None
    try:
        if not field.natural or column.typed is None:
            return column.text(value)
        text, datatype = column.typed(value)
    except ValueError as e:
        message = f"column '{field.column.name}': {e}"
        if unreadable is None:
            hint = "leave such rows out by --on-error skip, or mend them in a query"
            raise EngineError(f"{message} (iteration {number})", "GG401", SourceSpan(shown), hint) from e
        unreadable.append(UnreadableValue(number, field.column, str(value), message))
        return None
    return f'"{text.translate(_ESCAPES)}"' + (f"^^<{XSD}{datatype}>" if datatype else "")


def _connect(source: LogicalSource, path: Path) -> Connection:
    if source.database is None:
        message = "no database is named for this table"
        hint = "name it: --database sqlite:file.db, or in the environment as GOVGRAPH_DATABASE"
        raise MappingError(message, "GG021", source.span, hint)
    return connect(source.database, path, source.span, standard=source.formulation == "sql2008")


def check_passwords(sources: Iterable[LogicalSource]) -> list[Problem]:
    """GG020 for each password in a mapping where the environment has none; else one warning for all.

    They are read from the environment alone.
    """
    found = {s.database.password: s.database for s in sources if s.database and s.database.password}
    ignored = []
    problems = []
    for span, database in found.items():
        url = urlsplit(database.url)
        further = "PGPASSWORD" if url.scheme == "postgresql" else "MYSQL_PWD"
        if password(name_of(url), further) is None:
            hint = f"take it out: {PASSWORDS}"
            problems.append(Problem("GG020", "a password stands in the mapping", span, hint))
        else:
            ignored.append(span)
    if ignored and not problems:
        message = "%s: the password in the mapping is ignored, that of the environment is taken"
        logging.getLogger("govgraph").warning(message, min(ignored))
    return problems


def _rows(
    path: Path, source: LogicalSource, names: Sequence[str]
) -> Iterator[tuple[Sequence[Sequence[Any]], dict[str, tuple[int, SqlColumn]]]]:
    """The rows in batches, and for each of `names` the position of its column in them."""
    with closing(_connect(source, path)) as connection:
        table = _open(connection, source)
        found = {name: _resolve(name, table.columns, connection) for name in names}
        used = list(dict.fromkeys(column.name for column in found.values() if column))
        delimited = [_delimited(name, connection.quote) for name in used]
        order = used if table.name is not None else [c.name for c in table.columns]
        read = {name: (order.index(column.name), column) for name, column in found.items() if column}
        try:
            for rows in connection.rows(table.selecting(delimited)):
                yield rows, read
        except InvalidQuery as e:
            raise failed(e, source.iterator_span or source.span) from e


def _open(connection: Connection, source: LogicalSource) -> _Table:
    """The query or table of a source; raises MappingError GG016, GG018."""
    span = source.iterator_span or source.span
    if source.query is not None:
        query = source.query.strip().rstrip(";")
        try:
            return _Table(query, None, _distinct(connection.columns(query), source))
        except InvalidQuery as e:
            hint = "only SELECT is allowed; its SQL is that of the database"
            raise MappingError(f"the database refuses the query: {e}", "GG018", span, hint) from e
    said: InvalidQuery | None = None
    for name in _table_names(source.path, connection.quote):
        query = f"SELECT * FROM {name}"
        try:
            return _Table(query, name, _distinct(connection.columns(query), source))
        except InvalidQuery as e:
            if said is None or e.missing:
                said = e
    if said and said.missing:
        hint = "names are as the database has them; delimited by double quotes where case matters"
        raise MappingError(f"there is no table '{source.path}' in the database", "GG016", span, hint)
    raise MappingError(f"table '{source.path}' cannot be read: {said}", "GG016", span)


def _distinct(columns: Sequence[SqlColumn], source: LogicalSource) -> tuple[SqlColumn, ...]:
    repeated = [name for name, times in Counter(c.name for c in columns).items() if times > 1]
    if repeated:
        problem = f"the query has column '{repeated[0]}' twice"
        span = source.iterator_span or source.span
        raise MappingError.collect([Problem("GG018", problem, span, "rename one of them by AS")])
    return tuple(columns)


def _table_names(name: str, quote: str) -> Iterator[str]:
    """A table's name in SQL: as it is written, then delimited as a whole, as names with spaces must be."""
    if found := _NAME.fullmatch(name.strip()):
        parts = [part for part in found.groups() if part]
        yield ".".join(_delimited(_undelimited(p), quote) if _is_delimited(p) else p for p in parts)
        if any(map(_is_delimited, parts)):
            return
        yield ".".join(_delimited(part, quote) for part in parts)
    else:
        yield _delimited(name, quote)


def _resolve(name: str, columns: Sequence[SqlColumn], connection: Connection) -> SqlColumn | None:
    """The column that an identifier names (R2RML, section 5, "SQL identifier").

    One that is delimited is the column of that name; any other is what the database makes of it, else the
    column that is spelt so, else the one that only its case tells apart.
    """
    by_name = {c.name: c for c in columns}
    wanted = [name]
    if _is_delimited(name):
        wanted = [_undelimited(name), name]
    elif re.fullmatch(_IDENTIFIER, name):
        wanted = [name.lower(), name]  # PostgreSQL folds so; for the others case is nothing
    for spelt in wanted:
        if spelt in by_name:
            return by_name[spelt]
    if connection.exact and _is_delimited(name):
        return None
    near = [c for c in columns if c.name.casefold() == wanted[0].casefold()]
    return near[0] if len(near) == 1 else None


def _is_delimited(name: str) -> bool:
    return (
        len(name) > 2 and name[0] + name[-1] in ('""', "``", "[]") and bool(re.fullmatch(_IDENTIFIER, name))
    )


def _undelimited(name: str) -> str:
    return name[1:-1].replace(name[-1] * 2, name[-1])


def _delimited(name: str, quote: str) -> str:
    return quote + name.replace(quote, quote * 2) + quote
