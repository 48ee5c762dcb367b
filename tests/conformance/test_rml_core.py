"""The test cases of RML-Core, run through the command line.

`../shared/conformance` holds them: `rml-core` is today's suite (JSON), `rml-core-2025-02` that of February
2025 (CSV and XML), whose manifest tells where it differs from today's.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import pytest

from tests.conftest import SHARED, Cli

SUITES = {"rml-core": "http://example.com/", "rml-core-2025-02": "http://example.com/base/"}
"""Suite -> the base IRI of its cases."""

SUPERSEDED = {
    "RMLTC0024f-CSV": r"its mapping is not Turtle: \a is no escape; today's suite has no such case",
}
"""Case of February 2025 that its manifest marks as differing from today's suite -> why it cannot pass."""


@dataclass(frozen=True)
class Case:
    suite: str
    name: str
    expects_error: bool
    differs: bool

    @property
    def folder(self) -> Path:
        return SHARED / "conformance" / self.suite / self.name


def read_cases() -> list[Case]:
    cases = []
    for suite in SUITES:
        manifest = SHARED / "conformance" / suite / "manifest.csv"
        if manifest.exists():
            with manifest.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    differs = row.get("vs_json_head", "same") != "same"
                    expects_error = row["expects_error"] == "true"
                    cases.append(Case(suite, row["case_id"], expects_error, differs))
    return cases


CASES = read_cases()
LOCATED = re.compile(r"^[\w.]+(?::\d+){0,2}: GG\d{3} ")
"""A message that begins with its place: the mapping or a source, with the line where there is one."""


def test_all_cases_are_here() -> None:
    if not CASES:
        pytest.skip("needs the cases in ../shared/conformance, which are not here")
    assert Counter(case.suite for case in CASES) == {"rml-core": 76, "rml-core-2025-02": 86}


def parameters() -> Sequence[object]:
    """The cases; superseded ones must fail, so that the list stays true."""
    found = []
    for case in CASES:
        reason = SUPERSEDED.get(case.name) if case.suite == "rml-core-2025-02" else None
        assert reason is None or case.differs
        marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
        found.append(pytest.param(case, id=f"{case.suite}-{case.name}", marks=marks))
    return found


@pytest.mark.parametrize("case", parameters())
def test_case(case: Case, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    (folder / "output.nq").unlink(missing_ok=True)
    monkeypatch.chdir(folder)
    ran = cli("map", "mapping.ttl", "-o", "out.nq", "--base", SUITES[case.suite])
    if case.expects_error:
        assert ran.code in (1, 2), ran.err
        assert LOCATED.search(ran.err), ran.err
        assert not (folder / "out.nq").exists()
    else:
        assert ran.code == 0, ran.err
        assert dataset(folder / "out.nq") == dataset(case.folder / "output.nq")


def dataset(path: Path) -> set[str]:
    """The quads of a file with canonical blank nodes; IRIs may hold spaces (rml:UnsafeIRI)."""
    quads = pyoxigraph.parse(path.read_bytes(), format=pyoxigraph.RdfFormat.N_QUADS, lenient=True)
    found = pyoxigraph.Dataset(quads)
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in found}
