"""Databases for tests: a SQLite file always, PostgreSQL and MySQL where the environment names servers."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

KINDS = ("sqlite", "postgresql", "mysql")
_SERVERS = {"postgresql": "GOVGRAPH_TEST_POSTGRESQL", "mysql": "GOVGRAPH_TEST_MYSQL"}


@contextmanager
def database(kind: str, sql: str, folder: Path) -> Iterator[str]:
    """The URL of a new database in which statements were run; a file is made in `folder` as case.db."""
    if kind == "sqlite":
        with closing(sqlite3.connect(folder / "case.db")) as connection:
            connection.executescript(sql)
            connection.commit()
        yield "sqlite:case.db"
        return
    if (server := os.environ.get(_SERVERS[kind])) is None:
        pytest.skip(f"needs a server, named by {_SERVERS[kind]}: run by .ci/with-databases")
    name = f"govgraph_{uuid4().hex}"
    url = urlsplit(server)
    with closing(_connect(server)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"CREATE DATABASE {name} {'CHARACTER SET utf8mb4' if kind == 'mysql' else ''}")
        try:
            own = url._replace(path=f"/{name}").geturl()
            with closing(_connect(own)) as filled, closing(filled.cursor()) as statements:
                for statement in filter(str.strip, sql.split(";\n")):
                    statements.execute(statement)
            yield own
        finally:
            cursor.execute(f"DROP DATABASE {name}")


def _connect(text: str) -> Any:
    url = urlsplit(text)
    if url.scheme == "postgresql":
        import psycopg

        return psycopg.connect(text, autocommit=True)
    import pymysql

    return pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username,
        password=os.environ.get("MYSQL_PWD", ""),
        database=url.path[1:],
        charset="utf8mb4",
        autocommit=True,
    )
