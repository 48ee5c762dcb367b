"""Tables and queries of databases in RML -> model (R2RML, section 5; RML-IO registry, "SQL" and "D2RQ")."""

from __future__ import annotations

import re

from govgraph.errors import MappingError, SourceSpan
from govgraph.mapping.databases import D2RQ, is_database_url, read_database, table_source
from govgraph.mapping.databases import FORMULATIONS as SQL
from govgraph.mapping.model import Database, LogicalSource
from govgraph.mapping.rml_functions import FunctionReader
from govgraph.mapping.rml_nodes import Fields, written
from govgraph.mapping.rml_vocabulary import FORMULATIONS, R2RML, SQL_VERSIONS, shown, split
from govgraph.mapping.turtle import Iri, Placed, Text, Triple

_QUERIES = ("query", "sqlQuery")


class DatabaseReader(FunctionReader):
    """Reads logical tables, and the logical sources that are in databases."""

    def logical_table(self, node: Placed) -> LogicalSource | None:
        """R2RML, "Logical Tables": a base table or view, or an R2RML view; its database is named outside."""
        fields = self.fields(node, "logical table")
        if fields is None:
            return None
        given = self.one(fields, "tableName", "sqlQuery", required=False)
        if fields.whole and not any(fields.all("tableName", "sqlQuery")):
            message = "'rr:tableName' or 'rr:sqlQuery' is missing in a logical table"
            self.problem("GG004", message, fields.node.span)
        text = self.text(given) if given else None
        standard = self._sql_version(fields)
        if given is None or text is None or standard is None:
            return None
        is_query = self.local_name(given) == "sqlQuery"
        return table_source(text, given.object.span, None, is_query=is_query, standard=standard)

    def is_database(self, fields: Fields) -> bool:
        """Whether a logical source is in a database: by its source, formulation or query."""
        for triple in fields.all("source"):
            value = triple.object.term
            if isinstance(value, Text) and is_database_url(value.value):
                return True
            if self._is_d2rq(triple.object):
                return True
        for triple in fields.all("referenceFormulation"):
            value = triple.object.term
            parts = split(value.value) if isinstance(value, Iri) else None
            if parts and FORMULATIONS.get(parts[1]) in SQL:
                return True
        return not any(fields.all("source")) and any(fields.all("tableName", *_QUERIES))

    def database_source(self, fields: Fields) -> LogicalSource | None:
        """A logical source whose rows are those of a table or query."""
        source_of = self.one(fields, "source", required=False)
        database = self._database(source_of) if source_of else None
        standard = self._sql_version(fields)
        formulation_of = self.one(fields, "referenceFormulation", required=False)
        formulation = ""
        if formulation_of:
            formulation = self.local(formulation_of, _SQL_FORMULATIONS, "reference formulation") or "-"
            standard = standard or "2008" in formulation
        given = self.one(fields, "iterator", "tableName", *_QUERIES, required=False)
        if given is None:
            if fields.whole and not any(fields.all("iterator", "tableName", *_QUERIES)):
                hint = "a table: rml:SQL2008Table with its name as rml:iterator; or a query as rml:query"
                self.problem("GG004", "neither a table nor a query is named", fields.node.span, hint)
            return None
        text = self.text(given)
        if text is None or standard is None or formulation == "-" or (source_of and database is None):
            return None
        name = self.local_name(given)
        is_query = name in _QUERIES
        if name == "iterator":
            is_query = formulation.endswith("Query")
            if not formulation.endswith(("Query", "Table")):
                is_query = bool(re.match(r"\s*(?:select|with|values|table)\s", text, re.I))
        return table_source(text, given.object.span, database, is_query=is_query, standard=standard)

    def _database(self, source_of: Triple) -> Database | None:
        """D2RQ's description of a database, or its URL alone."""
        value, span = source_of.object.term, source_of.object.span
        if isinstance(value, Text):
            return self._read(value.value, span)
        self.read_nodes.add(value)
        if not self._is_d2rq(source_of.object):
            hint = '[ a d2rq:Database; d2rq:jdbcDSN "jdbc:postgresql://host/name" ]'
            self.problem("GG013", "the source of a table is a database", span, hint)
            return None
        said: dict[str, Placed] = {}
        for triple in self.graph.triples.get(value, ()):
            self.name(triple)
            predicate = triple.predicate.term
            if isinstance(predicate, Iri) and predicate.value.startswith(D2RQ):
                said[predicate.value.removeprefix(D2RQ)] = triple.object
        texts = {k: (v.term.value, v.span) for k, v in said.items() if isinstance(v.term, Text)}
        if "jdbcDSN" not in texts:
            self.problem("GG004", "'d2rq:jdbcDSN' is missing in a database", span)
            return None
        user = texts.get("username", ("", span))[0] or None
        password = texts.get("password", ("", span))
        return self._read(*texts["jdbcDSN"], user, password[1] if password[0] else None)

    def _read(
        self, url: str, span: SourceSpan, user: str | None = None, password: SourceSpan | None = None
    ) -> Database | None:
        try:
            return read_database(url, span, user=user, password=password)
        except MappingError as e:
            self.problems += e.problems
            return None

    def _is_d2rq(self, node: Placed) -> bool:
        for triple in self.graph.triples.get(node.term, ()):
            for term in (triple.predicate.term, triple.object.term):
                if isinstance(term, Iri) and term.value.startswith(D2RQ):
                    return True
        return False

    def _sql_version(self, fields: Fields) -> bool | None:
        """Whether the query is in the SQL of the standard; None after a problem (R2RML, section 5.2)."""
        versions = []
        for triple in fields.all("sqlVersion"):
            iri = self.iri(triple)
            if iri is None:
                return None
            if iri.startswith(R2RML) and iri.removeprefix(R2RML) not in SQL_VERSIONS:
                message = f"unknown SQL version '{shown(iri)}'"
                self.problem("GG013", message, triple.object.span, "such as rr:SQL2008, or leave it out")
                return None
            versions.append(iri.removeprefix(R2RML))
        return "SQL2008" in versions

    def check_no_query(self, fields: Fields) -> bool:
        """Whether a source that is a file has nothing of those in databases."""
        for triple in fields.all("tableName", "sqlQuery", "sqlVersion"):
            message = f"'{written(triple)}' is for databases, and the source is none"
            self.problem("GG002", message, triple.predicate.span)
            return False
        return True


_SQL_FORMULATIONS = {
    name: True for name, formulation in FORMULATIONS.items() if formulation in SQL or name == "CSV"
}
"""Of a database; older mappings say CSV of its tables."""
