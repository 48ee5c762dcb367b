"""How the files of YARRRML sources and targets are written: encodings, compressions, dialects of CSV."""

from __future__ import annotations

from dataclasses import replace

from govgraph.errors import did_you_mean
from govgraph.mapping.dialects import DIALECT_KEYS, datatype_named, dialect_with, encoding_named
from govgraph.mapping.model import COMPRESSIONS, Dialect, TableColumn
from govgraph.mapping.yarrrml_keys import Fields, Keys, NodeReader, each
from govgraph.positions import Node, Scalar

_DIALECT_KEYS: Keys = {key: (key,) for key in (*DIALECT_KEYS, "columns") if key != "separator"}
_COLUMN_KEYS: Keys = {"name": ("name",), "nulls": ("nulls",), "datatype": ("datatype",)}
_COMPRESSIONS = {name: name for name in (*COMPRESSIONS, "none")} | {"targzip": "targz"}
_ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp932", "shift_jis", "euc-jp", "iso-8859-1")


class FileReader(NodeReader):
    """Reads what sources and targets say of their files; wrong words are problems, and then the default."""

    def encoding(self, word: Scalar | None) -> str | None:
        """Python's name of an encoding; None for UTF-8."""
        try:
            return encoding_named(word.text) if word else None
        except (LookupError, UnicodeError):
            assert word is not None
            hint = did_you_mean(word.text, _ENCODINGS) or "such as utf-8, utf-16, cp932, euc-jp"
            self.problem("GG003", f"unknown encoding '{word.text}'", word.span, hint)
            return None

    def compression(self, word: Scalar | None) -> str | None:
        """One of `COMPRESSIONS`, or "none"."""
        if word and word.text not in _COMPRESSIONS:
            hint = did_you_mean(word.text, list(_COMPRESSIONS)) or "one of " + ", ".join(_COMPRESSIONS)
            self.problem("GG003", f"unknown compression '{word.text}'", word.span, hint)
        return _COMPRESSIONS.get(word.text) if word else None

    def nulls(self, node: Node) -> tuple[str, ...]:
        """The texts that stand for no value, one or a list."""
        words = [self.scalar(item, "a text that stands for no value") for item in each(node)]
        return tuple(sorted(word.text for word in words if word))

    def dialect(self, fields: Fields, dialect: Dialect) -> Dialect:
        """`dialect` with what the keys `delimiter` and `dialect` of a source say."""
        if entry := fields.get("delimiter"):
            dialect = self._with(dialect, "delimiter", entry.value)
        table = self.table(fields["dialect"].value, "'dialect'") if "dialect" in fields else None
        known = self.fields(table, _DIALECT_KEYS, "a dialect") if table else {}
        for key in (key for key in DIALECT_KEYS if key in known):
            dialect = self._with(dialect, key, known[key].value)
        columns = each(known["columns"].value) if "columns" in known else ()
        return replace(dialect, columns=tuple(c for c in map(self._column, columns) if c))

    def _with(self, dialect: Dialect, key: str, node: Node) -> Dialect:
        words = [word.text for word in each(node) if isinstance(word, Scalar) and not word.is_null]
        try:
            if not words or len(words) < len(each(node)) or (len(words) > 1 and key != "lineTerminators"):
                raise ValueError("a text")
            return dialect_with(dialect, key, words)
        except ValueError as e:
            self.problem("GG003", f"'{key}': expected {e}", node.span)
            return dialect

    def _column(self, node: Node) -> TableColumn | None:
        """A column as its name, or as a table of keys."""
        if isinstance(node, Scalar):
            word = self.scalar(node, "the name of a column")
            return TableColumn(word.text) if word else None
        if (table := self.table(node, "a column")) is None:
            return None
        fields = self.fields(table, _COLUMN_KEYS, "a column")
        if "name" not in fields:
            self.problem("GG004", "'name' is missing in a column", table.span)
            return None
        name = self.scalar(fields["name"].value, "the name of a column")
        nulls = (self.nulls(fields["nulls"].value) or None) if "nulls" in fields else None
        datatype = self._datatype(fields["datatype"].value) if "datatype" in fields else None
        return TableColumn(name.text, nulls, datatype) if name else None

    def _datatype(self, node: Node) -> str | None:
        """The IRI of a datatype; None for texts."""
        if (word := self.scalar(node, "a datatype")) is None:
            return None
        prefix, colon, local = word.text.partition(":")
        if colon and prefix in self.prefixes:
            iri = self.prefixes[prefix] + local
        elif colon and not local.startswith("//"):
            hint = did_you_mean(prefix, list(self.prefixes))
            self.problem("GG005", f"unknown prefix '{prefix}'", word.span, hint)
            return None
        else:
            iri = datatype_named(word.text)
        return None if iri == datatype_named("string") else iri
