"""Targets of a mapping: files beside the main output, each in its serialization."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyoxigraph
import pytest

from tests.conftest import Cli

FORMATS = {
    "nquads": pyoxigraph.RdfFormat.N_QUADS,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "n3": pyoxigraph.RdfFormat.N3,
}
MAPPING = """\
prefixes: {ex: "http://example.com/"}
targets:
  people: PEOPLE
mappings:
  row:
    sources: rows.csv~csv
    s: {value: "ex:$(id)", targets: people}
    po:
      - [ex:name, $(name)]
      - {p: ex:loud, o: {value: $(name), targets: [people, [loud.nq]]}}
  other:
    sources: rows.csv~csv
    s: ex:other/$(id)
    po: [[ex:name, $(name)]]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rows.csv").write_text('id,name\n1,"A ""é"""\n2,日本\n', encoding="utf-8")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, target: str) -> None:
    (folder / "mapping.yml").write_text(MAPPING.replace("PEOPLE", target), encoding="utf-8")


def quads(data: bytes, form: pyoxigraph.RdfFormat) -> set[str]:
    return {str(q) for q in pyoxigraph.parse(data, format=form)}


@pytest.mark.parametrize("serialization", FORMATS)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_quads_of_a_target_go_into_its_file(
    cli: Cli, folder: Path, serialization: str, compression: str | None
) -> None:
    write(folder, f"[people.data~void, {serialization}{', gzip' if compression else ''}]")
    ran = cli("map", "mapping.yml", "-o", "out/out.nq")
    assert ran.code == 0, ran.err
    data = (folder / "out" / "people.data").read_bytes()
    if compression:
        data = gzip.decompress(data)
    names = {"1": '"A \\"é\\""', "2": '"日本"'}
    assert quads(data, FORMATS[serialization]) == {
        f"<http://example.com/{key}> <http://example.com/{p}> {name}"
        for key, name in names.items()
        for p in ("name", "loud")
    }
    main = (folder / "out" / "out.nq").read_text(encoding="utf-8").splitlines()
    assert sorted(main) == [
        f"<http://example.com/other/{key}> <http://example.com/name> {name} ." for key, name in names.items()
    ]
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["loud.nq", "out.nq", "people.data"]


def test_the_summary_tells_of_targets(cli: Cli, folder: Path) -> None:
    write(folder, "[people.nq]")
    ran = cli("map", "mapping.yml", "-o", "out/out.nq")
    assert ran.err.splitlines()[0].startswith("2 quads in ")
    assert ran.err.splitlines()[1:] == ["4 quads to out/people.nq", "2 quads to out/loud.nq"]
    ran = cli("map", "mapping.yml", "-o", "out/out.nq", "--json")
    assert json.loads(ran.out)["targets"] == {"out/people.nq": 4, "out/loud.nq": 2}


def test_beside_standard_output_targets_go_into_the_current_folder(cli: Cli, folder: Path) -> None:
    write(folder, "[people.nq]")
    ran = cli("map", "mapping.yml", "-o", "-")
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)
    assert len((folder / "people.nq").read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("[out.nq]", 1, "mapping.yml:3:11: GG403 'out.nq' would be written twice"),
        ("[../rows.csv]", 1, "out/../rows.csv: GG403 is read by this mapping, and would be overwritten"),
        ("[gone/people.nq]", 1, "out/gone/people.nq: GG403 cannot be written: No such file or directory"),
    ],
)
def test_a_target_that_cannot_be_written(
    cli: Cli, folder: Path, target: str, code: int, message: str
) -> None:
    write(folder, target)
    ran = cli("map", "mapping.yml", "-o", "out/out.nq")
    assert (ran.code, ran.err.splitlines()[0]) == (code, message)
    assert list((folder / "out").iterdir()) == []


def test_a_target_without_named_graphs(cli: Cli, folder: Path) -> None:
    write(folder, "[people.ttl~void, turtle]")
    text = (folder / "mapping.yml").read_text(encoding="utf-8")
    (folder / "mapping.yml").write_text(text.replace("    po:\n", "    g: ex:g\n    po:\n"), encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out/out.nq")
    assert (ran.code, ran.err) == (
        2,
        "mapping.yml:3:11: GG013 target 'people.ttl' is turtle, which has no named graphs\n"
        "  hint: nquads, trig and jsonld have\n",
    )
