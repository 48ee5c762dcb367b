"""GTFS-Madrid-Bench at scale 1: RML in the first vocabulary with 12 joins, the right count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED, Cli

GTFS = SHARED / "bench" / "gtfs"


def test_count(cli: Cli, tmp_path: Path) -> None:
    if not GTFS.is_dir():
        pytest.skip("needs ../shared/bench/gtfs, which is not here")
    mapping = (GTFS / "mappings" / "gtfs-csv.rml.ttl").read_text(encoding="utf-8")
    (tmp_path / "gtfs.ttl").write_text(mapping.replace('"/data/', f'"{GTFS}/csv/'), encoding="utf-8")
    ran = cli("map", tmp_path / "gtfs.ttl", "-o", tmp_path / "gtfs.nq")
    assert ran.code == 0, ran.err
    lines = (tmp_path / "gtfs.nq").read_bytes().splitlines()
    assert (len(lines), len(set(lines))) == (395_953, 395_953)
