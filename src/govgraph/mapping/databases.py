"""Databases as mappings name them: URLs of our own and of JDBC, without passwords (RML-IO, D2RQ)."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from govgraph.errors import MappingError, SourceSpan
from govgraph.mapping.model import Database, LogicalSource

D2RQ = "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
FORMULATIONS = ("sql2008", "sql")
"""Reference formulations of tables and queries in a database: in the SQL of the standard, or in its own."""

KINDS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql"}
KINDS["mariadb"] = "mysql"
"""Scheme of a URL -> the kind of database."""

_HINT = "such as postgresql://user@host:5432/name, mysql://user@host:3306/name or sqlite:file.db"


def is_database_url(text: str) -> bool:
    """Whether a text is the URL of a database that can be read, or begins like one.

    >>> is_database_url("jdbc:mysql://localhost/gtfs"), is_database_url("people.csv")
    (True, False)
    """
    return text.removeprefix("jdbc:").partition(":")[0].lower() in KINDS or text.startswith("jdbc:")


def read_database(
    text: str, span: SourceSpan | None, *, user: str | None = None, password: SourceSpan | None = None
) -> Database:
    """The database of a URL: `scheme://user@host:port/name`, `sqlite:file`, or the same after `jdbc:`.

    `user` is one that stands beside the URL, `password` the place of a password that does.
    Raises MappingError GG003 for what is no such URL, GG015 for other databases, GG020 for a password in it.

    >>> read_database("jdbc:mysql://localhost:3306/gtfs?useSSL=false", None, user="me").url
    'mysql://me@localhost:3306/gtfs'
    """
    url = text.removeprefix("jdbc:")
    scheme, _, rest = url.partition(":")
    kind = KINDS.get(scheme.lower())
    if kind is None:
        message = f"databases of kind '{scheme}' are not supported" if rest else "not the URL of a database"
        raise MappingError(message, "GG015" if rest else "GG003", span, _HINT)
    if kind == "sqlite":
        path = rest.removeprefix("//").partition("?")[0]
        if not path:
            raise MappingError("the URL names no file", "GG003", span, "such as sqlite:file.db")
        return Database(f"sqlite:{path}", password)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MappingError("not the URL of a database", "GG003", span, _HINT) from None
    if parts.password or _parameter(parts, "password"):
        raise MappingError(
            "a password stands in the URL of a database", "GG020", span, "take it out: " + PASSWORDS
        )
    name = parts.path.strip("/")
    if not parts.hostname or not name or "/" in name:
        raise MappingError("not the URL of a database", "GG003", span, _HINT)
    user = user or unquote(parts.username or "") or _parameter(parts, "user")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Database(
        f"{kind}://{quote(user, safe='') + '@' if user else ''}{host}{f':{port}' if port else ''}/{name}",
        password,
    )


def is_file(database: Database) -> bool:
    """Whether a database is a file, and not on a server."""
    return database.url.startswith("sqlite:")


def jdbc(database: Database) -> tuple[str, str | None]:
    """The URL of JDBC, and the user.

    >>> jdbc(Database("mysql://me@localhost/gtfs"))
    ('jdbc:mysql://localhost/gtfs', 'me')
    """
    parts = urlsplit(database.url)
    if not parts.username:
        return f"jdbc:{database.url}", None
    return "jdbc:" + parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), unquote(parts.username)


PASSWORDS = (
    "passwords come from the environment: GOVGRAPH_DATABASE_PASSWORD, or PGPASSWORD for PostgreSQL, "
    "MYSQL_PWD for MySQL"
)
"""Where passwords come from, for hints."""


def _parameter(parts: SplitResult, name: str) -> str | None:
    """A parameter of the query part of a URL, where JDBC may have user and password."""
    found = re.search(rf"(?:^|[&;]){name}=([^&;]*)", parts.query, re.I)
    return unquote(found[1]) if found and found[1] else None


def table_source(
    text: str,
    span: SourceSpan,
    database: Database | None,
    *,
    is_query: bool,
    standard: bool,
    name: str | None = None,
) -> LogicalSource:
    """The source of a table's name or a query."""
    shortened = " ".join(text.split())
    if len(shortened) > _SHOWN:
        shortened = f"{shortened[:_SHOWN]}…"
    if name is None:
        name = "query" if is_query else re.sub(r'["`\[\]]', "", text).rpartition(".")[2] or "table"
    return LogicalSource(
        name,
        shortened if is_query else text,
        "sql2008" if standard else "sql",
        span,
        query=text if is_query else None,
        database=database,
    )


_SHOWN = 60
"""How much of a query stands in messages."""
