"""Targets of a mapping: files beside the main output, each in its serialization."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyoxigraph
import pytest
from lxml import etree

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


def _zip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["people.nq"]
        return archive.read("people.nq")


def _tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["people.nq"]
        member = archive.extractfile("people.nq")
        assert member
        return member.read()


@pytest.mark.parametrize(
    ("compression", "ending", "read"),
    [
        ("zip", ".zip", _zip),
        ("targzip", ".tar.gz", _tar),
        ("tarxz", ".tar.xz", _tar),
        ("xz", ".xz", lzma.decompress),
        ("zstd", ".zst", lambda data: pa.input_stream(io.BytesIO(data), compression="zstd").read()),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp932"])
def test_a_target_in_another_compression_and_encoding(
    cli: Cli, folder: Path, compression: str, ending: str, read: Callable[[bytes], bytes], encoding: str
) -> None:
    (folder / "rows.csv").write_text("id,name\n1,a\n2,日本\n", encoding="utf-8")
    path = f"people.nq{ending}"
    write(folder, f"{{access: {path}, compression: {compression}, encoding: {encoding}}}")
    assert cli("convert", "mapping.yml", "mapping.ttl").code == 0
    written = []
    for mapping in ("mapping.yml", "mapping.ttl"):
        assert cli("map", mapping, "-o", "out/out.nq", "--sort").code == 0
        written.append((folder / "out" / path).read_bytes())
    assert written[0] == written[1], "the same quads are the same bytes"
    lines = read(written[0]).decode(encoding).splitlines()
    assert len(lines) == 4
    assert '<http://example.com/2> <http://example.com/name> "日本" .' in lines


def test_xml_tells_its_encoding(cli: Cli, folder: Path) -> None:
    write(folder, "{access: people.rdf, serialization: rdfxml, encoding: utf-16}")
    assert cli("map", "mapping.yml", "-o", "out/out.nq").code == 0
    root = etree.parse(str(folder / "out" / "people.rdf"))
    assert (root.docinfo.encoding, len(root.getroot())) == ("UTF-16", 2)


def test_a_character_that_the_encoding_lacks(cli: Cli, folder: Path) -> None:
    write(folder, "{access: people.nq, encoding: cp932}")
    ran = cli("map", "mapping.yml", "-o", "out/out.nq", "--sort")
    assert (ran.code, ran.err) == (
        1,
        "mapping.yml:3:11: GG403 'people.nq': 'é' is no character of cp932\n"
        "  hint: utf-8 and utf-16 have all characters\n",
    )
    assert list((folder / "out").iterdir()) == []


def test_roots_of_targets(cli: Cli, folder: Path) -> None:
    (folder / "maps").mkdir()
    (folder / "maps" / "rows.csv").write_text("id\n1\n", encoding="utf-8")
    roots = {"a": "rml:MappingDirectory", "b": "rml:CurrentWorkingDirectory", "c": f'"{folder}/else"'}
    (folder / "else").mkdir()
    targets = " , ".join(
        f'[ rml:target [ a rml:Target ; rml:root {root} ; rml:path "{name}.nt" ;'
        " rml:serialization <http://www.w3.org/ns/formats/N-Triples> ] ]"
        for name, root in roots.items()
    )
    (folder / "maps" / "mapping.ttl").write_text(
        "@prefix rml: <http://w3id.org/rml/> .\n<#a> rml:logicalSource [ rml:source "
        '[ rml:root rml:MappingDirectory ; rml:path "rows.csv" ] ] ;\n'
        f'rml:subjectMap [ rml:template "http://example.com/{{id}}" ; rml:logicalTarget {targets} ;'
        " rml:class <http://example.com/C> ] .\n",
        encoding="utf-8",
    )
    ran = cli("map", "maps/mapping.ttl", "-o", "out/out.nq")
    assert ran.code == 0, ran.err
    for path in ("maps/a.nt", "out/b.nt", "else/c.nt"):
        assert len((folder / path).read_text(encoding="utf-8").splitlines()) == 1


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
        (
            "[../rows.csv/people.nq]",
            1,
            "mapping.yml:3:11: GG403 the folder of '../rows.csv/people.nq' cannot be made: File exists",
        ),
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


RML = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.com/> .
@prefix formats: <http://www.w3.org/ns/formats/> .
@prefix grel: <http://users.ugent.be/~bjdmeest/function/grel.ttl#> .

<#rows> rml:logicalSource [ rml:source "rows.csv" ] ;
  rml:subjectMap [ rml:template "http://example.com/{id}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:name ; rml:object "n" ],
    [ rml:predicate ex:loud ; rml:objectMap [ rml:functionExecution <#loud> ] ] .
<#loud> rml:function grel:toUpperCase ; TARGET_OF_FUNCTION
  rml:input [ rml:parameter grel:valueParameter ; rml:inputValueMap [ rml:reference "id" TARGET_OF_INPUT ] ] .
<#target> rml:target [ a rml:FilePath ; rml:path "new/folder/PATH" ; MODE ] ;
  rml:serialization formats:FORMAT .
"""
TARGET = "rml:logicalTarget <#target> ;"


def write_rml(folder: Path, path: str, form: str, mode: str, *, of_input: bool = False) -> None:
    text = RML.replace("TARGET_OF_FUNCTION", "" if of_input else TARGET)
    text = text.replace("TARGET_OF_INPUT", f"; {TARGET}" if of_input else "")
    text = text.replace("PATH", path).replace("MODE", mode).replace("FORMAT", form)
    (folder / "mapping.ttl").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("of_input", [False, True])
def test_the_target_of_a_function_is_that_of_its_term(cli: Cli, folder: Path, *, of_input: bool) -> None:
    """RML-IO, "Function Map"."""
    write_rml(folder, "loud.nq", "N-Quads", "", of_input=of_input)
    ran = cli("map", "mapping.ttl", "-o", "out/out.nq")
    assert ran.code == 0, ran.err
    loud = (folder / "out" / "new" / "folder" / "loud.nq").read_bytes()
    assert {q.split()[1] for q in quads(loud, FORMATS["nquads"])} == {"<http://example.com/loud>"}
    assert "loud" not in (folder / "out" / "out.nq").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "form", "beside"),
    [
        ("a.nq", "N-Quads", ""),
        ("a.ttl", "Turtle", ""),
        ("a.rdf.zip", "RDF_XML", "rml:compression rml:zip ; rml:encoding rml:UTF-16"),
        ("a.jsonld.tar.gz", "JSON-LD", "rml:compression rml:targz"),
    ],
)
@pytest.mark.parametrize("mode", ["Write", "WriteRead", "Append", "AppendRead"])
def test_modes_of_a_target(cli: Cli, folder: Path, path: str, form: str, beside: str, mode: str) -> None:
    """RML-IO, "Mode": the third run has no rows."""
    write_rml(folder, path, form, f"rml:mode rml:{mode} ; {beside}")
    for rows in ("id\n1\n", "id\n2\n", "id\n"):
        (folder / "rows.csv").write_text(rows, encoding="utf-8")
        ran = cli("map", "mapping.ttl", "-o", "out/out.nq")
        assert ran.code == 0, ran.err
    data = (folder / "out" / "new" / "folder" / path).read_bytes()
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read("a.rdf").decode("utf-16").replace("UTF-16", "UTF-8").encode()
    elif path.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            member = tar.extractfile("a.jsonld")
            assert member
            data = member.read()
    words = {"N-Quads": "nquads", "Turtle": "turtle", "RDF_XML": "rdfxml", "JSON-LD": "jsonld"}
    assert quads(data, FORMATS[words[form]]) == {
        f'<http://example.com/{n}> <http://example.com/loud> "{n}"' for n in (1, 2) if mode.startswith("A")
    }


def test_no_words_for_a_mode_in_yarrrml(cli: Cli, folder: Path) -> None:
    write_rml(folder, "a.nq", "N-Quads", "rml:mode rml:Append")
    ran = cli("convert", "mapping.ttl", "again.yml")
    assert (ran.code, "GG015" in ran.err, "that a target is added to" in ran.err) == (2, True, True)


@pytest.mark.parametrize(
    ("mode", "code", "message"),
    [
        ("Read", 2, "GG015 a target in the mode rml:Read is not supported"),
        ("Apend", 2, "GG013 unknown mode 'rml:Apend'"),
        ("Append", 1, "GG403 'new/folder/a.ttl' cannot be added to: "),
    ],
)
def test_a_mode_that_cannot_be(cli: Cli, folder: Path, mode: str, code: int, message: str) -> None:
    write_rml(folder, "a.ttl", "Turtle", f"rml:mode rml:{mode}")
    (folder / "out" / "new" / "folder").mkdir(parents=True)
    (folder / "out" / "new" / "folder" / "a.ttl").write_text("no Turtle", encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out/out.nq")
    assert ran.code == code
    assert message in ran.err.splitlines()[0]
    assert [p.name for p in (folder / "out" / "new" / "folder").iterdir()] == ["a.ttl"]


@pytest.mark.parametrize("path", ["", "a\\u0000.nq"])
def test_a_path_that_is_none(cli: Cli, folder: Path, path: str) -> None:
    write_rml(folder, "a.nq", "N-Quads", "")
    text = (folder / "mapping.ttl").read_text(encoding="utf-8").replace("new/folder/a.nq", path)
    (folder / "mapping.ttl").write_text(text, encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out/out.nq")
    assert (ran.code, ran.err) == (2, "mapping.ttl:12:50: GG003 'rml:path': expected a path\n")


def test_the_same_target_in_two_spellings(cli: Cli, folder: Path) -> None:
    """RML-IO, "Target": targets are the same if they are effectively equal."""
    write_rml(folder, "a.nq", "N-Quads", "")
    text = (folder / "mapping.ttl").read_text(encoding="utf-8")
    text = text.replace('rml:object "n"', 'rml:objectMap [ rml:constant "n" ; rml:logicalTarget <#same> ]')
    text += '<#same> rml:target [ rml:path "./new//folder/a.nq" ] .\n'
    (folder / "mapping.ttl").write_text(text, encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out/out.nq")
    assert (ran.code, ran.err.splitlines()[1]) == (0, "4 quads to out/new/folder/a.nq")
