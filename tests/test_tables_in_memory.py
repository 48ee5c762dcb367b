"""Tables of the program that calls `govgraph.materialize`: pandas, Polars, Arrow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from govgraph import GovGraphError, materialize
from govgraph.engines.duckdb import OnError

COLUMNS = ("name", "count", "price", "kind", "day", "at", "tags")
MAPPING = (
    "prefixes: {{ex: 'http://example.com/'}}\nmappings:\n  m:\n    sources: [[{source}]]\n    s: ex:$(id)\n"
)
XSD = "http://www.w3.org/2001/XMLSchema#"
AT = dt.datetime(2020, 9, 1, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=9)))
EXPECTED = {
    '<http://example.com/1> <http://example.com/name> "平塚" .',
    f'<http://example.com/1> <http://example.com/count> "100000"^^<{XSD}integer> .',
    f'<http://example.com/1> <http://example.com/price> "1.50"^^<{XSD}decimal> .',
    '<http://example.com/1> <http://example.com/kind> "city" .',
    f'<http://example.com/1> <http://example.com/day> "2020-09-01"^^<{XSD}date> .',
    f'<http://example.com/1> <http://example.com/at> "2020-09-01T03:30:00Z"^^<{XSD}dateTime> .',
    '<http://example.com/1> <http://example.com/tags> "a" .',
    '<http://example.com/1> <http://example.com/tags> "b" .',
    '<http://example.com/2> <http://example.com/kind> "city" .',
}


def arrow() -> pa.Table:
    return pa.table(
        {
            "id": [1, 2],
            "name": ["平塚", None],
            "count": pa.array([100000, None], pa.int64()),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)),
            "kind": pa.array(["city", "city"]).dictionary_encode(),
            "day": [dt.date(2020, 9, 1), None],
            "at": pa.array([AT, None], pa.timestamp("us", "Asia/Tokyo")),
            "tags": [["a", "b"], []],
        }
    )


def pandas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [1, 2],
            "name": ["平塚", pd.NA],
            "count": pd.array([100000, pd.NA], "Int64"),
            "price": [Decimal("1.50"), None],
            "kind": pd.Categorical(["city", "city"]),
            "day": [dt.date(2020, 9, 1), None],
            "at": pd.Series([AT, pd.NaT]).dt.tz_convert("Asia/Tokyo").array,
            "tags": [["a", "b"], []],
        },
        index=pd.Index([7, 8], name="left out"),
    )


def polars() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [1, 2],
            "name": ["平塚", None],
            "count": [100000, None],
            "price": pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(5, 2)),
            "kind": pl.Series(["city", "city"], dtype=pl.Categorical),
            "day": [dt.date(2020, 9, 1), None],
            "at": pl.Series([AT, None]),
            "tags": [["a", "b"], []],
        }
    )


def batches() -> pa.RecordBatchReader:
    return arrow().to_reader()


def dataset(folder: Path) -> ds.Dataset:
    pq.write_table(arrow(), folder / "rows.parquet")
    return ds.dataset(folder / "rows.parquet")


def run(folder: Path, tables: Mapping[str, object], po: str, source: str = "people~table") -> set[str]:
    mapping = folder / "mapping.yml"
    mapping.write_text(MAPPING.format(source=source) + f"    po: [{po}]\n", encoding="utf-8")
    materialize(mapping, folder / "out.nq", tables=tables)
    return set((folder / "out.nq").read_text(encoding="utf-8").splitlines())


PO = ", ".join(f"[ex:{name}, $({name})]" for name in COLUMNS)


@pytest.mark.parametrize("make", [arrow, pandas, polars, batches])
def test_the_same_table_of_each_library(make: object, tmp_path: Path) -> None:
    assert callable(make)
    assert run(tmp_path, {"people": make()}, PO) == EXPECTED


def test_a_dataset(tmp_path: Path) -> None:
    assert run(tmp_path, {"people": dataset(tmp_path)}, PO) == EXPECTED


def test_nan_of_pandas_is_no_value_and_a_number_of_the_others(tmp_path: Path) -> None:
    nan = float("nan")
    of_pandas = pd.DataFrame({"id": [1, 2], "x": [1.5, nan], "o": ["a", nan]})
    of_polars = pl.DataFrame({"id": [1, 2], "x": [1.5, nan]})
    known = f'<http://example.com/1> <http://example.com/x> "1.5E0"^^<{XSD}double> .'
    text = '<http://example.com/1> <http://example.com/o> "a" .'
    number = f'<http://example.com/2> <http://example.com/x> "NaN"^^<{XSD}double> .'
    assert run(tmp_path, {"people": of_pandas}, "[ex:x, $(x)], [ex:o, $(o)]") == {known, text}
    assert run(tmp_path, {"people": of_polars}, "[ex:x, $(x)]") == {known, number}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"a": 1}, "table 'people': dict is not a table: expected one of pandas, Polars or Arrow"),
        (pl.LazyFrame({"id": [1]}), "table 'people': LazyFrame is not a table: collect it first"),
        (
            pd.DataFrame({"id": [1, "a"]}),
            "table 'people': Could not convert 'a' with type str: tried to convert to int64; "
            "Conversion failed for column id with type object",
        ),
        (None, "there is no table 'people' in memory"),
    ],
    ids=["dict", "lazy", "mixed", "none"],
)
def test_what_is_no_table_is_told_at_the_source(table: object, problem: str, tmp_path: Path) -> None:
    with pytest.raises(GovGraphError) as raised:
        run(tmp_path, {} if table is None else {"people": table}, "[ex:x, $(id)]")
    (told,) = raised.value.problems
    assert (told.code, told.message) == ("GG016", problem)
    assert told.span and (told.span.line, told.span.column) == (4, 16)


def test_names_are_suggested(tmp_path: Path) -> None:
    with pytest.raises(GovGraphError, match="there is no table 'peple' in memory") as raised:
        run(tmp_path, {"people": arrow()}, "[ex:x, $(id)]", "peple~table")
    assert raised.value.problems[0].hint == "did you mean 'people'?"
    with pytest.raises(GovGraphError, match="unknown column 'nme' in source 'people'") as raised:
        run(tmp_path, {"people": arrow()}, "[ex:x, $(nme)]")
    assert raised.value.problems[0].hint == "did you mean 'name'?"


def test_data_that_cannot_become_terms_are_told_with_the_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "home": ["http://a/", "no iri", "http://b/"]})
    with pytest.raises(GovGraphError) as raised:
        run(tmp_path, {"people": frame}, "[ex:home, $(home)~iri]")
    (told,) = raised.value.problems
    assert told.code == "GG401" and "'no iri' is not an IRI" in told.message
    assert told.message.endswith("(iteration 2)")
    result = materialize(
        tmp_path / "mapping.yml", tmp_path / "out.nq", tables={"people": frame}, on_error=OnError.SKIP
    )
    assert (result.quads, result.rejected) == (2, 1)


def test_tables_are_those_of_one_call(tmp_path: Path) -> None:
    run(tmp_path, {"people": arrow()}, PO)
    with pytest.raises(GovGraphError, match="there is no table 'people' in memory"):
        materialize(tmp_path / "mapping.yml", tmp_path / "out.nq")


def test_rml_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from govgraph.engines.convert import convert

    run(tmp_path, {"people": arrow()}, PO)
    (tmp_path / "rml").mkdir()
    rml = convert(tmp_path / "mapping.yml", tmp_path / "rml" / "mapping.ttl")
    assert 'rml:source "people" ; rml:referenceFormulation rml:Table' in rml
    materialize(tmp_path / "rml" / "mapping.ttl", tmp_path / "out.nq", tables={"people": arrow()})
    assert set((tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()) == EXPECTED
    back = convert(tmp_path / "rml" / "mapping.ttl", tmp_path / "back.yml")
    assert "[people~table]" in back
