"""Sources of YARRRML that are in databases -> model (section "Data sources")."""

from __future__ import annotations

import re

from govgraph.errors import MappingError, SourceSpan, did_you_mean
from govgraph.mapping.databases import KINDS, is_database_url, read_database, table_source
from govgraph.mapping.model import Database, LogicalSource
from govgraph.mapping.yarrrml_keys import Fields, Keys, NodeReader
from govgraph.positions import Scalar

_CREDENTIALS: Keys = {"username": ("username",), "password": ("password",)}
_KEYS = ("access", "type", "credentials", "query", "queryFormulation", "referenceFormulation", "iterator")
_QUERY_LANGUAGES = (
    *("sql2008", "sql", "mysql", "mariadb", "postgresql", "sqlite", "oracle", "mssqlserver", "hsql", "db2"),
    *("informix", "ingres", "progress", "sybasease", "sapase", "sybasesqlanywhere", "sapsqlanywhere"),
    *("firebird", "virtuoso"),
)


class DatabaseReader(NodeReader):
    """Reads tables and queries of databases."""

    def is_database(self, fields: Fields) -> bool:
        """Whether the keys are those of a database: by its type, or by its URL."""
        kind = fields["type"].value if "type" in fields else None
        access = fields["access"].value if "access" in fields else None
        if isinstance(kind, Scalar) and not kind.is_null:
            return kind.text.lower() in KINDS
        return isinstance(access, Scalar) and is_database_url(access.text)

    def database_source(self, fields: Fields, span: SourceSpan, name: str | None) -> LogicalSource | None:
        """The query, or the table that `iterator` names, of a database."""
        words: dict[str, Scalar] = {}
        before = len(self.problems)
        credentials: Fields | None = {}
        for key, entry in fields.items():
            if key not in _KEYS:
                hint = f"a database has {', '.join(_KEYS)}"
                self.problem("GG002", f"'{entry.key}' is not for databases", entry.span, hint)
            elif key == "credentials":
                table = self.table(entry.value, "'credentials'")
                credentials = self.fields(table, _CREDENTIALS, "credentials") if table else None
            elif word := self.scalar(entry.value, f"a text as '{entry.key}'"):
                words[key] = word
        if "access" not in fields:
            self.problem("GG004", "'access' is missing: the URL of the database", span)
        if "query" not in fields and "iterator" not in fields:
            hint = "query: SELECT …; or a table's name as iterator"
            self.problem("GG004", "'query' is missing in a database", span, hint)
        language = words.get("queryFormulation")
        if language and language.text.lower() not in _QUERY_LANGUAGES:
            message = f"unknown query formulation '{language.text}'"
            self.problem("GG003", message, language.span, did_you_mean(language.text, _QUERY_LANGUAGES))
            language = None
        formulation = words.get("referenceFormulation")
        if formulation and formulation.text.lower() != "csv":
            message = f"'{formulation.text}' is not supported in databases: references are names of columns"
            self.problem("GG015", message, formulation.span, "leave it out")
        given = words.get("query") or words.get("iterator")
        access = words.get("access")
        if given is None or access is None or credentials is None:
            return None
        database = self._database(access, words.get("type"), credentials)
        if database is None or len(self.problems) > before:
            return None
        standard = language is not None and language.text.lower() == "sql2008"
        return table_source(
            given.text, given.span, database, is_query="query" in words, standard=standard, name=name
        )

    def _database(self, access: Scalar, kind: Scalar | None, credentials: Fields) -> Database | None:
        """`access` may be a URL, that of JDBC, or host and name alone where there is a type."""
        url = access.text
        if not is_database_url(url) and kind is not None:
            place = re.sub(r"^[a-z][a-z0-9+.\-]*://", "", url, flags=re.I)
            url = f"{kind.text.lower()}:{'' if KINDS[kind.text.lower()] == 'sqlite' else '//'}{place}"
        texts = {
            key: entry.value
            for key, entry in credentials.items()
            if isinstance(entry.value, Scalar) and entry.value.text and not entry.value.is_null
        }
        password = texts.get("password")
        user = texts.get("username")
        try:
            return read_database(
                url,
                access.span,
                user=user.text if user else None,
                password=password.span if password else None,
            )
        except MappingError as e:
            self.problems += e.problems
            return None
