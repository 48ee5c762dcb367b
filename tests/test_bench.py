"""The bench of mapping runs, and compares outputs as sets of quads."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench" / "mapping"


def test_flat_is_what_the_bare_sql_makes() -> None:
    options = ["--case", "flat", "--quick", "--runs", "1", "--size", "300", "--threads", "1"]
    ran = subprocess.run(
        [sys.executable, str(BENCH / "run.py"), *options, "--engines", "govgraph", "bare-sql", "python-loop"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1,800 quads" in ran.stdout
    told = {
        row.split(" | ")[0].strip("| "): row.split(" | ")[-1].strip("| ") for row in ran.stdout.splitlines()
    }
    assert told["govgraph"] == "right count"
    assert told["bare-sql"] == told["python-loop"] == "the same"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('<http://e/s> <http://e/p> "a" .\n', '<http://e/s> <http://e/p> "a"  .\n', True),
        ('<http://e/s> <http://e/p> "\\u3042" .\n', '<http://e/s> <http://e/p> "あ" .\n', True),
        ('<http://e/s> <http://e/p> "a" .\n' * 2, '<http://e/s> <http://e/p> "a" .\n', True),
        ('<http://e/s> <http://e/p> "a" .\n', '<http://e/s> <http://e/p> "a"@en .\n', False),
        ('<http://e/s> <http://e/p> "a\\tb" .\n', '<http://e/s> <http://e/p> "a\\\\tb" .\n', False),
        ("<http://e/s> <http://e/p> <http://e/a b> .\n", "<http://e/s> <http://e/p> <http://e/a> .\n", False),
    ],
)
def test_outputs_are_compared_as_sets(
    one: str, other: str, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCH)
    from outputs import read_output  # type: ignore[import-not-found]

    files = tmp_path / "one.nq", tmp_path / "other.nt"
    for file, text in zip(files, (one, other), strict=True):
        file.write_text(text, encoding="utf-8")
    first, second = map(read_output, files)
    assert first.quads == second.quads == 1
    assert (first.digest == second.digest) is same
