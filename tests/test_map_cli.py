"""`govgraph map` and `govgraph compile` as commands: outputs, arguments, and what goes wrong around them."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govgraph.iri import RDF
from tests.conftest import Cli

MAPPING = (
    "sources: {rows: ['rows.csv~csv']}\nmappings: {row: {sources: rows, s: 'id/$(id)', po: [[a, 'ex/A']]}}\n"
)
QUADS = "".join(f"<http://example.org/id/{i}> <{RDF}type> <http://example.org/ex/A> .\n" for i in (1, 2))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("id\n2\n1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


BASE = ("--base", "http://example.org/")


def test_standard_output_carries_the_quads_alone(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "-", "--sort", *BASE)
    assert (ran.code, ran.out) == (0, QUADS)
    assert ran.err.startswith("2 quads in ")


def test_compressed_output(cli: Cli, folder: Path) -> None:
    assert cli("map", "mapping.yml", "-o", "out.nq.gz", "--sort", *BASE).code == 0
    assert gzip.decompress((folder / "out.nq.gz").read_bytes()).decode() == QUADS


def test_json_for_programs(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--json", *BASE)
    answer = json.loads(ran.out)
    assert (answer["quads"], answer["output"]) == (2, "out.nq")


def test_sources_are_relative_to_the_mapping_not_to_the_working_folder(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert cli("map", "../mapping.yml", "-o", "-", "--sort", *BASE).out == QUADS


def test_the_base_of_the_command_goes_before_that_of_the_mapping(cli: Cli, folder: Path) -> None:
    (folder / "mapping.yml").write_text(f"base: http://other.example/\n{MAPPING}", encoding="utf-8")
    assert "<http://other.example/id/1>" in cli("map", "mapping.yml", "-o", "-").out
    assert cli("map", "mapping.yml", "-o", "-", "--sort", *BASE).out == QUADS


def test_a_base_that_is_no_iri(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "-", "--base", "example")
    assert ran.code == 2
    assert "GG007 the base 'example' is not an absolute IRI" in ran.err


def test_a_folder_that_is_not_there(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "nowhere/out.nq", *BASE)
    assert ran.code == 1
    assert ran.err.startswith("nowhere/out.nq: GG403 cannot be written: No such file or directory\n  hint: ")


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize("name", ["", "folder", "fifo"])
def test_what_is_no_file_is_not_replaced(cli: Cli, folder: Path, name: str, on_error: str) -> None:
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    ran = cli("map", "mapping.yml", "-o", name, "--on-error", on_error, *BASE)
    assert (ran.code, ran.err) == (
        1,
        f"{name or '.'}: GG403 is not a file, and cannot be replaced\n"
        "  hint: name a file; - is standard output\n",
    )
    assert sorted(p.name for p in folder.iterdir()) == ["fifo", "folder", "mapping.yml", "rows.csv"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs resource limits of POSIX")
def test_no_room_for_the_output_leaves_the_last_one(folder: Path) -> None:
    (folder / "out.nq").write_text("what was there before\n", encoding="utf-8")
    (folder / "rows.csv").write_text("id\n" + "".join(f"{i}\n" for i in range(20_000)), encoding="utf-8")
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from govgraph.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "map", "mapping.yml", "-o", "out.nq", *BASE],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "out.nq: GG403 cannot be written: File too large\n" in ran.stderr
    assert "hint: is there room on the disk" in ran.stderr
    assert (folder / "out.nq").read_text(encoding="utf-8") == "what was there before\n"
    assert sorted(p.name for p in folder.iterdir()) == ["mapping.yml", "out.nq", "rows.csv"]


def test_the_same_quads_whatever_the_number_of_threads(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").write_text("id\n" + "".join(f"{i}\n" for i in range(300_000)), encoding="utf-8")
    outputs = []
    for arguments in (["--threads", "1"], ["--threads", "4"], ["--threads", "4", "--sort"]):
        assert cli("map", "mapping.yml", "-o", "out.nq", *arguments, *BASE).code == 0
        outputs.append((folder / "out.nq").read_bytes())
    assert outputs[2].count(b"\n") == 300_000
    for output in outputs[:2]:
        assert b"".join(sorted(output.splitlines(keepends=True))) == outputs[2]


def test_a_file_of_another_kind(cli: Cli, folder: Path) -> None:
    (folder / "mapping.txt").write_text("x", encoding="utf-8")
    ran = cli("map", "mapping.txt", "-o", "-")
    assert (ran.code, ran.err) == (
        2,
        "GG015 'mapping.txt' is neither a YARRRML nor an RML file\n"
        "  hint: YARRRML files end in .yml, .yaml or .yarrrml, RML files in .ttl or .nt\n",
    )


def test_compile_shows_the_functions_on_request(cli: Cli, folder: Path) -> None:
    plain = cli("compile", "mapping.yml", *BASE)
    full = cli("compile", "mapping.yml", "--macros", *BASE)
    assert "\n-- row (mapping.yml:2:12)\nSELECT" in plain.out
    assert full.out.startswith("CREATE MACRO IRI_SAFE(value)")
    assert full.out.endswith(plain.out)


def test_data_errors_name_the_source_from_where_the_mapping_is_named(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mappings").mkdir()
    (folder / "mapping.yml").rename(folder / "mappings" / "mapping.yml")
    text = (folder / "mappings" / "mapping.yml").read_text(encoding="utf-8")
    (folder / "mappings" / "mapping.yml").write_text(
        text.replace("rows.csv", "../rows.csv"), encoding="utf-8"
    )
    (folder / "rows.csv").write_text("id\n1\n2,3\n", encoding="utf-8")
    ran = cli("map", "mappings/mapping.yml", "-o", "-", *BASE)
    assert ran.code == 1
    assert ran.err.startswith("rows.csv:3: GG402 Expected Number of Columns: 1 Found: 2\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            b"mappings:\n\trow: 1\n",
            "mapping.yml:2:1: GG001 not valid YAML: .*indent with spaces, not with tabs",
        ),
        (b"mappings: {}\n---\na: 1\n", "mapping.yml:2:1: GG001 not valid YAML: found another document\n"),
        (b"mappings: [[a, b]\nx: 1\n", "mapping.yml:2:1: GG001 .* what begins in line 1, column 11 wants"),
        (b"mappings:\n  a: b: c\n", "mapping.yml:2:7: GG001 .* stands in quotes\n"),
        (b"\xff", r"mapping.yml: GG001 not UTF-8 \(byte 0\)\n  hint: save the file as UTF-8\n"),
        (
            b"mappings: {a: {sources: rows.csv, s: 'ex:$(id)'}}\n",
            "mapping.yml:1:25: GG008 unknown source 'rows.csv'\n  hint: a file has its formulation: ",
        ),
        (b"- a\n", "mapping.yml:1:1: GG003 .*\n  hint: such as `key: value` lines\n"),
    ],
)
def test_a_mapping_that_cannot_be_read(cli: Cli, folder: Path, text: bytes, told: str) -> None:
    (folder / "mapping.yml").write_bytes(text)
    ran = cli("map", "mapping.yml", "-o", "-", *BASE)
    assert ran.code == 2
    assert re.match(told, ran.err, re.S), ran.err


@pytest.mark.parametrize(
    ("name", "text", "template"),
    [
        (
            "a.yml",
            "mappings: {m: {sources: [[rows.csv~csv]], s: $(id), po: [[rdfs:label, x]]}}\n",
            "id/$(column)",
        ),
        (
            "a.ttl",
            "@prefix rml: <http://w3id.org/rml/> .\n<http://a.example/m> "
            'rml:logicalSource [ rml:source "rows.csv" ];'
            ' rml:subjectMap [ rml:reference "id"; rml:class rml:Source ] .\n',
            "id/{column}",
        ),
    ],
)
def test_hints_are_in_the_language_of_the_mapping(
    cli: Cli, folder: Path, name: str, text: str, template: str
) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    hint = f"a template such as {template} makes an IRI of any value\n"
    (folder / "rows.csv").write_text("id\na b\n", encoding="utf-8")
    assert cli("map", name, "-o", "-").err.endswith(f"  hint: {hint}")


def test_a_relative_iri_of_the_data_without_a_base(cli: Cli, folder: Path) -> None:
    text = "mappings: {m: {sources: [[rows.csv~csv]], s: $(id), po: [[rdfs:label, x]]}}\n"
    (folder / "a.yml").write_text(text, encoding="utf-8")
    hint = "  hint: it is relative, and there is no base: use --base IRI; or "
    assert hint in cli("map", "a.yml", "-o", "-").err


def test_the_default_base_of_rml(cli: Cli, folder: Path) -> None:
    """RML-Core, "Base IRI": http://example.org/ where no other is given; not that of the document."""
    text = """@prefix rml: <http://w3id.org/rml/> .
@base <http://example.com/map/> .
<#M> rml:logicalSource [ rml:source "rows.csv" ] ;
  rml:subjectMap [ rml:template "id/{id}" ; rml:class rml:Source ] .
"""
    (folder / "a.ttl").write_text(text, encoding="utf-8")
    (folder / "rows.csv").write_text("id\na\n", encoding="utf-8")
    assert cli("map", "a.ttl", "-o", "-").out.startswith("<http://example.org/id/a> ")
    assert cli("map", "a.ttl", "-o", "-", "--base", "http://a.example/").out.startswith(
        "<http://a.example/id/a> "
    )


def test_a_source_with_a_slip_in_its_name(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").rename(folder / "row.csv")
    ran = cli("map", "mapping.yml", "-o", "-", *BASE)
    assert ran.err.endswith("paths are relative to the mapping's folder; did you mean 'row.csv'?\n")


@pytest.mark.parametrize("name", ["mapping.yml", "rows.csv"])
def test_what_is_read_is_not_overwritten(cli: Cli, folder: Path, name: str) -> None:
    before = (folder / name).read_bytes()
    ran = cli("map", "mapping.yml", "-o", name, *BASE)
    assert ran.code == 1
    assert ran.err.startswith(f"{name}: GG403 is read by this mapping, and would be overwritten\n")
    assert (folder / name).read_bytes() == before


def test_a_source_that_is_not_a_file(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").unlink()
    os.mkfifo(folder / "rows.csv")
    ran = cli("map", "mapping.yml", "-o", "-", *BASE)
    assert (ran.code, ran.err) == (
        2,
        "mapping.yml:1:18: GG016 source 'rows.csv' is not a file\n  hint: name a file\n",
    )


def test_a_table_of_text_that_was_not_extracted(cli: Cli, folder: Path) -> None:
    text = (folder / "mapping.yml").read_text(encoding="utf-8")
    (folder / "mapping.yml").write_text(
        text.replace("rows.csv", ".govgraph/text/town/rows.csv"), encoding="utf-8"
    )
    ran = cli("map", "mapping.yml", "-o", "-", *BASE)
    assert ran.code == 2
    assert ran.err.splitlines()[1] == "  hint: make it: govgraph extract DATASET FILE --text"


def test_problems_as_json(cli: Cli, folder: Path) -> None:
    (folder / "rows.csv").unlink()
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--json", *BASE)
    assert (ran.code, ran.err) == (2, "")
    assert [p["code"] for p in json.loads(ran.out)["problems"]] == ["GG016"]


def test_a_full_device_on_standard_output(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which this system does not have")
    (folder / "rows.csv").write_text("id\n" + "".join(f"{i}\n" for i in range(20_000)), encoding="utf-8")
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [
                sys.executable,
                "-c",
                "from govgraph.cli import main; main()",
                "map",
                "mapping.yml",
                "-o",
                "-",
                *BASE,
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-2:] == [
        "GG403 standard output: No space left on device",
        "  hint: is there room on the disk?",
    ]


def test_an_interrupt_ends_without_a_traceback(folder: Path) -> None:
    with (folder / "rows.csv").open("w", encoding="utf-8") as rows:
        rows.write("id\n")
        rows.writelines(f"{i}\n" for i in range(3_000_000))
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from govgraph.cli import main; main()",
            "map",
            "mapping.yml",
            "-o",
            "out.nq",
            *BASE,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(folder.glob(".out.nq-*")):
        time.sleep(0.01)
    time.sleep(0.2)  # into the work: the file is made a moment before it is known
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.strip() == "Aborted!"
    assert sorted(p.name for p in folder.iterdir()) == ["mapping.yml", "rows.csv"]


def test_a_record_may_be_long_but_not_endless(cli: Cli, folder: Path) -> None:
    (folder / "mapping.yml").write_text(MAPPING.replace("[a, 'ex/A']", "[ex/v, $(v)]"), encoding="utf-8")
    long = "x" * 4_000_000
    (folder / "rows.csv").write_text(f'id,v\n1,{long}\n2,"{long}\n"\n', encoding="utf-8")
    assert cli("map", "mapping.yml", "-o", "out.nq", *BASE).code == 0
    assert sum(map(len, (folder / "out.nq").read_text(encoding="utf-8").split('"')[1::2])) == 8_000_002
    (folder / "rows.csv").write_text(f"id,v\n1,y\n2,{long * 9}\n", encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "none.nq", *BASE)
    assert (ran.code, ran.err.splitlines()[0]) == (
        1,
        "rows.csv:3: GG402 Maximum line size of 33554432 bytes exceeded. Actual Size:36000002 bytes.",
    )
    assert not (folder / "none.nq").exists()


@pytest.mark.skipif(os.name != "posix", reason="TMPDIR names the folder of temporary files on POSIX alone")
def test_the_program_ends_with_all_printed_and_nothing_left_behind(folder: Path) -> None:
    """Its process ends at once, without Python's usual taking apart."""
    (folder / "temporary").mkdir()
    (folder / "rows.csv.gz").write_bytes(gzip.compress(b"id\n2\n1\n"))
    (folder / "mapping.yml").write_text(MAPPING.replace("rows.csv", "rows.csv.gz"), encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "from govgraph.cli import main; main()",
            "map",
            "mapping.yml",
            "-o",
            "-",
            *BASE,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "TMPDIR": str(folder / "temporary")},
    )
    assert ran.returncode == 0
    assert sorted(ran.stdout.splitlines(keepends=True)) == QUADS.splitlines(keepends=True)
    assert list((folder / "temporary").iterdir()) == []
