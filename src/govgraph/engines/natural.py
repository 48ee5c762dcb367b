"""Values of SQL types as text, with their natural RDF datatype (R2RML, section 10.2, "Natural Mapping")."""

from __future__ import annotations

from collections.abc import Callable

from govgraph.iri import XSD

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_AS_PRINTED = "CAST({} AS VARCHAR)".format
_DATATYPES: dict[str, tuple[str, Callable[[str], str]]] = {
    **{f"{sign}{name}": ("integer", _AS_PRINTED) for name in _INTEGERS for sign in ("", "U")},
    "DECIMAL": ("decimal", _AS_PRINTED),
    "FLOAT": ("double", _AS_PRINTED),
    "DOUBLE": ("double", _AS_PRINTED),
    "BOOLEAN": ("boolean", _AS_PRINTED),
    "DATE": ("date", _AS_PRINTED),
    "TIME": ("time", _AS_PRINTED),
    "TIMESTAMP": ("dateTime", "replace(CAST({} AS VARCHAR), ' ', 'T')".format),
    "BLOB": ("hexBinary", "hex({})".format),
}


def natural_text(type_: str, column: str) -> tuple[str, str | None]:
    """The SQL of a column's values as text, and the IRI of their natural datatype; None where it is text.

    `type_` is DuckDB's, `column` SQL.

    >>> natural_text("DECIMAL(10,2)", "x")
    ('CAST(x AS VARCHAR)', 'http://www.w3.org/2001/XMLSchema#decimal')
    """
    datatype, text = _DATATYPES.get(type_.partition("(")[0], (None, _AS_PRINTED))
    return text(column), f"{XSD}{datatype}" if datatype else None
