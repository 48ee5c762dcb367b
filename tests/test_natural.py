"""Natural lexical forms of SQL values (R2RML, section 10.2; XML Schema 1.1 part 2, canonical mappings)."""

from __future__ import annotations

import duckdb
import pytest

from govgraph.engines.natural import natural_text
from govgraph.iri import XSD


@pytest.mark.parametrize(
    ("value", "text", "datatype"),
    [
        ("80.25::DOUBLE", "8.025E1", "double"),
        ("30::DOUBLE", "3.0E1", "double"),
        ("0::DOUBLE", "0.0E0", "double"),
        ("-0.0::DOUBLE", "-0.0E0", "double"),
        ("-123.456::DOUBLE", "-1.23456E2", "double"),
        ("0.05::DOUBLE", "5.0E-2", "double"),
        ("1.5e-7::DOUBLE", "1.5E-7", "double"),
        ("1e15::DOUBLE", "1.0E15", "double"),
        ("1e20::DOUBLE", "1.0E20", "double"),
        ("5e-324::DOUBLE", "5.0E-324", "double"),
        ("1.7976931348623157e308::DOUBLE", "1.7976931348623157E308", "double"),
        ("1.1::FLOAT", "1.1E0", "double"),
        ("'inf'::DOUBLE", "INF", "double"),
        ("'-inf'::DOUBLE", "-INF", "double"),
        ("'nan'::DOUBLE", "NaN", "double"),
        ("NULL::DOUBLE", None, "double"),
        ("0.50::DECIMAL(4,2)", "0.50", "decimal"),
        ("[0.50]::DECIMAL(4,2)[]", "[0.50]", None),
        ("18446744073709551615::UBIGINT", "18446744073709551615", "integer"),
        ("true", "true", "boolean"),
        ("'\\xFA\\x01'::BLOB", "FA01", "hexBinary"),
        ("DATE '2020-01-31'", "2020-01-31", "date"),
        ("DATE '0001-03-15 (BC)'", "0000-03-15", "date"),
        ("TIME '12:12:22.25'", "12:12:22.25", "time"),
        ("TIMETZ '12:12:22+05:30'", "12:12:22+05:30", "time"),
        ("TIMETZ '12:12:22+09'", "12:12:22+09:00", "time"),
        ("TIMETZ '12:12:22+00'", "12:12:22Z", "time"),
        ("TIMESTAMP '2009-10-10 12:12:22.5'", "2009-10-10T12:12:22.5", "dateTime"),
        ("TIMESTAMP '0044-03-15 (BC) 10:00:00'", "-0043-03-15T10:00:00", "dateTime"),
        ("TIMESTAMP_NS '2009-10-10 12:12:22.000000001'", "2009-10-10T12:12:22.000000001", "dateTime"),
        ("TIMESTAMPTZ '2020-01-01 00:00:00+09'", "2019-12-31T15:00:00Z", "dateTime"),
        ("'2020  '", "2020  ", None),
    ],
)
def test_natural_form(value: str, text: str | None, datatype: str | None) -> None:
    with duckdb.connect() as connection:
        ((type_,),) = connection.execute(f"SELECT typeof({value})").fetchall()
        query, natural = natural_text(type_, "x")
        assert connection.execute(f"SELECT {query} FROM (SELECT {value} AS x)").fetchall() == [(text,)]
    assert natural == (f"{XSD}{datatype}" if datatype else None)
