"""Files of sources: the same ten records in any encoding, compression and dialect give the same quads."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest

from govgraph.engines import fetching
from tests.conftest import Cli

WARDS = ["鶴見", "神奈川", "西", "中", "南", "保土ケ谷", "磯子", "金沢", "港北", "戸塚"]
NOTES = [
    "",
    'a "quoted", note',
    "二行\nの 備考",
    "x;y\tz",
    " space ",
    "表",
    "ソ",
    "―",
    "NULL",
    "ｺｳﾎｸ",
]
MAPPING = """\
prefixes: {{ex: "http://example.com/"}}
sources:
  rows: {source}
mappings:
  ward: {{sources: rows, s: "ex:$({id})", po: [[ex:name, $({name})], [ex:note, "$({note})"]]}}
"""


def table(delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    rows = csv.writer(text, delimiter=delimiter, lineterminator=end)
    rows.writerow(("id", "name", "note"))
    rows.writerows((i, *row) for i, row in enumerate(zip(WARDS, NOTES, strict=True), 1))
    return text.getvalue()


def document(tag: str) -> str:
    texts = (n.replace("&", "&amp;") for n in NOTES)
    rows = (
        f"<row><id>{i}</id><name>{w}</name>{f'<note>{n}</note>' if n else ''}</row>"
        for i, (w, n) in enumerate(zip(WARDS, texts, strict=True), 1)
    )
    return f"<?xml version='1.0' encoding='{tag}'?>\n<rows>{''.join(rows)}</rows>"


def zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/wards.csv", text)
    return file.getvalue()


def tarred(text: str, kind: str) -> bytes:
    file, data = io.BytesIO(), text.encode()
    with tarfile.open(fileobj=file, mode=f"w:{kind}") as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo("wards.csv")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def zstd(text: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text.encode())
    return bytes(sink.getvalue())


XPATH = "referenceFormulation: xpath, iterator: /rows/row"
FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "utf-8": ("wards.csv", lambda: table().encode(), "[FILE]"),
    "byte order mark": ("wards.csv", lambda: table().encode("utf-8-sig"), "[FILE]"),
    "CR LF": ("wards.csv", lambda: table(end="\r\n").encode(), "[FILE]"),
    "cp932": ("wards.csv", lambda: table().encode("cp932"), "{access: FILE, encoding: CP932}"),
    "euc-jp": ("wards.csv", lambda: table().encode("euc-jp"), "{access: FILE, encoding: EUC-JP}"),
    "utf-16": ("wards.csv", lambda: table().encode("utf-16"), "{access: FILE, encoding: UTF-16}"),
    "utf-16be": ("wards.csv", lambda: table().encode("utf-16-be"), "{access: FILE, encoding: UTF-16BE}"),
    "tsv": ("wards.tsv", lambda: table("\t").encode(), "[FILE]"),
    "semicolon": ("wards.csv", lambda: table(";").encode(), "{access: FILE, delimiter: ;}"),
    "delimiter of three bytes": ("wards.csv", lambda: table("、").encode(), "{access: FILE, delimiter: 、}"),
    "gzip": ("wards.csv.gz", lambda: gzip.compress(table().encode()), "[FILE]"),
    "gzip without ending": (
        "wards.csv",
        lambda: gzip.compress(table().encode()),
        "{access: FILE, compression: gzip}",
    ),
    "no compression with ending": (
        "wards.csv.gz",
        lambda: table().encode(),
        "{access: FILE, compression: none}",
    ),
    "zip": ("wards.csv.zip", lambda: zipped(table()), "[FILE]"),
    "xz": ("wards.csv.xz", lambda: lzma.compress(table().encode()), "[FILE]"),
    "zstd": ("wards.csv.zst", lambda: zstd(table()), "[FILE]"),
    "tar.gz": ("wards.csv.tar.gz", lambda: tarred(table(), "gz"), "[FILE]"),
    "tar.xz": ("wards.data", lambda: tarred(table(), "xz"), "{access: FILE~csv, compression: tarxz}"),
    "cp932 in gzip with tabs": (
        "wards.tsv.gz",
        lambda: gzip.compress(table("\t").encode("cp932")),
        "{access: FILE, encoding: cp932}",
    ),
    "xml that says its encoding": (
        "wards.xml",
        lambda: document("cp932").encode("cp932"),
        "[FILE, /rows/row]",
    ),
    "xml that says another one": (
        "wards.xml",
        lambda: document("utf-8").encode("utf-16"),
        f"{{access: FILE, encoding: utf-16, {XPATH}}}",
    ),
    "xml in gzip": (
        "wards.xml.gz",
        lambda: gzip.compress(document("utf-8").encode()),
        "[FILE, /rows/row]",
    ),
}


def write(folder: Path, source: str) -> None:
    text = MAPPING.format(source=source, id="id", name="name", note="note")
    (folder / "mapping.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def expected(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The quads of the records as CSV in UTF-8; the test is then in their folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.csv").write_text(table(), encoding="utf-8", newline="")
    write(tmp_path, "[plain.csv]")
    assert cli("map", "mapping.yml", "-o", "out.nq", "--sort").code == 0
    quads = (tmp_path / "out.nq").read_text(encoding="utf-8")
    assert len(quads.splitlines()) == 19
    return quads


@pytest.mark.parametrize("name", FILES)
def test_the_same_records_give_the_same_quads(cli: Cli, tmp_path: Path, expected: str, name: str) -> None:
    file, data, source = FILES[name]
    (tmp_path / file).write_bytes(data())
    write(tmp_path, source.replace("FILE", file))
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out.nq").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("name", ["cp932", "semicolon", "zip", "cp932 in gzip with tabs"])
def test_the_same_after_conversion_to_rml_and_back(
    cli: Cli, tmp_path: Path, expected: str, name: str
) -> None:
    file, data, source = FILES[name]
    (tmp_path / file).write_bytes(data())
    write(tmp_path, source.replace("FILE", file))
    assert cli("convert", "mapping.yml", "mapping.ttl").code == 0
    assert cli("convert", "mapping.ttl", "again.yml").code == 0
    for mapping in ("mapping.ttl", "again.yml"):
        ran = cli("map", mapping, "-o", "out.nq", "--sort")
        assert (ran.code, (tmp_path / "out.nq").read_text(encoding="utf-8")) == (0, expected), ran.err


@pytest.mark.parametrize(
    ("source", "data", "code", "message"),
    [
        (
            "[a.csv.zip]",
            b"id,name\n",
            2,
            "mapping.yml:3:10: GG016 source 'a.csv.zip' is not zip: File is not a zip file",
        ),
        (
            "[a.csv.gz]",
            gzip.compress(b"id,name,note\n" * 1000)[:-20],
            2,
            "mapping.yml:3:10: GG016 source 'a.csv.gz' cannot be unpacked: "
            "Compressed file ended before the end-of-stream marker was reached",
        ),
        (
            "{access: a.csv, encoding: utf-16}",
            "id,name,note\n1,a".encode("utf-16")[:-1],
            1,
            "a.csv:2:3: GG402 0x61 at byte 32 is no character of utf-16",
        ),
        (
            "[a.csv]",
            "id,name,note\n1,横浜,a\n".encode("cp932"),
            1,
            "a.csv:2:3: GG402 0x89 at byte 15 is no character of utf-8",
        ),
        (
            "[a.csv]",
            "id,name,note,備考\n1,a,b,c\n".encode("cp932"),
            1,
            "a.csv:1:14: GG402 0x94 at byte 13 is no character of utf-8",
        ),
        (
            "{access: a.csv, dialect: {trim: true}}",
            b"id,name,note\n" + b"1,a,b\n" * 5000 + "1,横浜,a\n".encode("cp932"),
            1,
            "a.csv:5002:3: GG402 0x89 at byte 30,015 is no character of utf-8",
        ),
        (
            "{access: a.csv, dialect: {skipColumns: 1}}",
            b'x,id,name,note\nx,1,"a,b\nx,2,c,d\n',
            1,
            "a.csv:2: GG402 the row is not in the table's dialect: unexpected end of data",
        ),
        (
            "{access: a.csv, dialect: {trim: true}}",
            b'id,name,note\n1,a,b\n2, "a,b\n',
            1,
            "a.csv:3: GG402 the row is not in the table's dialect: a quote is not closed",
        ),
    ],
)
def test_a_file_that_is_not_what_the_mapping_says(
    cli: Cli, tmp_path: Path, expected: str, source: str, data: bytes, code: int, message: str
) -> None:
    (tmp_path / source.strip("{}[]").removeprefix("access: ").partition(",")[0]).write_bytes(data)
    write(tmp_path, source)
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert (ran.code, ran.err.splitlines()[0]) == (code, message)


def test_an_archive_of_several_files(cli: Cli, tmp_path: Path, expected: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        for number in range(7):
            archive.writestr(f"{number}.csv", table())
    write(tmp_path, "[a.csv.zip]")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert (ran.code, ran.err) == (
        2,
        "mapping.yml:3:10: GG016 source 'a.csv.zip' is an archive of 7 files, and it is not said which: "
        "0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 2 more\n",
    )


def test_rows_that_are_left_out_are_told_where_they_stand_in_the_file(
    cli: Cli, tmp_path: Path, expected: str
) -> None:
    text = "# a comment\nid;name;note\n1;平塚;a\n# another\n2;横浜;b;c\n3; 川崎 ;d\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp932"))
    write(
        tmp_path, '{access: a.csv, encoding: cp932, delimiter: ;, dialect: {commentPrefix: "#", trim: true}}'
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    assert len((tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()) == 4
    side = (tmp_path / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert side[1].startswith("a.csv,5,,")
    ran = cli("trace", "http://example.com/3", "--mapping", "mapping.yml", "--on-error", "skip")
    assert "a.csv:6" in ran.out, ran.err


def test_rows_that_are_not_in_utf8_are_left_out(cli: Cli, tmp_path: Path, expected: str) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,name,note\n1,a,b\n" + "2,横浜,a\n".encode("cp932") + b"3,c,d\n")
    write(tmp_path, "[a.csv]")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip")
    assert ran.code == 0, ran.err
    assert len((tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()) == 4
    side = (tmp_path / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in side[1:]] == [["a.csv", "3"]]


def test_a_table_of_very_many_columns(cli: Cli, tmp_path: Path, expected: str) -> None:
    names = [f"c{number}" for number in range(3_000)]
    rows = "".join(
        ",".join([str(i), w, *["x"] * 2_997, n]) + "\n"
        for i, (w, n) in enumerate(zip("ab", "cd", strict=True))
    )
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + rows + "8,e\n", encoding="utf-8")
    text = MAPPING.format(source="[wide.csv]", id="c0", name="c1", note="c2999")
    (tmp_path / "mapping.yml").write_text(text, encoding="utf-8")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out.nq").read_text(encoding="utf-8").splitlines() == [
        f'<http://example.com/{i}> <http://example.com/{p}> "{o}" .'
        for i, p, o in ((0, "name", "a"), (0, "note", "c"), (1, "name", "b"), (1, "note", "d"))
    ]
    side = (tmp_path / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert side[1].startswith('wide.csv,4,,"8,e",')


# -- the web ---------------------------------------------------------------------------------------------


class _Server(BaseHTTPRequestHandler):
    """Serves the records, and takes updates."""

    updates: list[str]

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header(
                "Location", "file:///etc/hostname" if "away" in self.path else "/wards.csv?a=b.c"
            )
            self.end_headers()
            return
        known = self.path.startswith("/wards.csv")
        data = table().encode() if known else b"gone"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(data) + ("short" in self.path)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        update = self.rfile.read(int(self.headers["Content-Length"])).decode()
        wrong = self.headers["Content-Type"] != "application/sparql-update; charset=utf-8"
        self.send_response(400 if wrong or self.path != "/update" else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.updates.append(update)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    _Server.updates = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["wards.csv", "wards.csv?year=2020", "moved.csv"])
def test_a_source_on_the_web(cli: Cli, tmp_path: Path, expected: str, server: str, path: str) -> None:
    write(tmp_path, f"['{server}/{path}~csv']")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort")
    assert (ran.code, (tmp_path / "out.nq").read_text(encoding="utf-8")) == (0, expected), ran.err
    assert cli("convert", "mapping.yml", "web.ttl").code == 0
    ran = cli("map", "web.ttl", "-o", "out.nq", "--sort")
    assert (ran.code, (tmp_path / "out.nq").read_text(encoding="utf-8")) == (0, expected), ran.err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone.csv", "the server answers 404 Not Found"),
        (
            "moved-away.csv",
            "the server answers 302 Found - Redirection to url 'file:///etc/hostname' is not allowed",
        ),
        ("wards.csv?short", f"it was cut off after {len(table().encode())} bytes"),
    ],
)
def test_a_source_that_cannot_be_fetched(
    cli: Cli, tmp_path: Path, expected: str, server: str, path: str, said: str
) -> None:
    write(tmp_path, f"['{server}/{path}~csv']")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    assert ran.err.startswith(
        f"mapping.yml:3:10: GG016 source '{server}/{path}' cannot be fetched: {said}"
    ), ran.err


def test_a_source_on_the_web_that_is_too_large(
    cli: Cli, tmp_path: Path, expected: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 100)
    write(tmp_path, f"['{server}/wards.csv?large~csv']")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert (ran.code, ran.err.partition(": it is")[2]) == (2, " larger than 100 bytes\n")


def test_nothing_is_fetched_for_a_mapping_with_mistakes(
    cli: Cli, tmp_path: Path, expected: str, server: str
) -> None:
    write(tmp_path, f"['{server}/gone.csv~csv']\n  other: {{acces: a.csv}}")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    assert "GG002" in ran.err
    assert "GG016" not in ran.err


@pytest.mark.parametrize("blank", [False, True])
def test_a_target_that_is_an_endpoint(
    cli: Cli, tmp_path: Path, expected: str, server: str, blank: bool
) -> None:
    import pyoxigraph

    subject = "_:$(id)" if blank else "ex:$(id)"
    (tmp_path / "mapping.yml").write_text(
        'prefixes: {ex: "http://example.com/"}\n'
        f"targets: {{there: ['{server}/update~sparql']}}\n"
        "mappings:\n"
        f"  ward: {{sources: plain.csv~csv, s: {{value: '{subject}', targets: there}}, g: 'ex:g$(id)',"
        " po: [[ex:name, $(name)], [ex:note, $(note)]]}\n"
        "  plain: {sources: plain.csv~csv, s: {value: 'ex:p', targets: there}, po: [[ex:name, $(name)]]}\n",
        encoding="utf-8",
    )
    assert cli("convert", "mapping.yml", "mapping.ttl").code == 0
    for mapping in ("mapping.yml", "mapping.ttl"):
        _Server.updates.clear()
        ran = cli("map", mapping, "-o", "out.nq")
        assert (ran.code, ran.err.splitlines()[1:]) == (0, [f"29 quads to {server}/update"]), ran.err
        assert (tmp_path / "out.nq").read_text(encoding="utf-8") == ""
        store = pyoxigraph.Store()
        for update in _Server.updates:
            store.update(update)
        assert len(store) == 29
        assert len(list(store.named_graphs())) == 10
        assert sorted(q.object.value for q in store if "p" in str(q.subject)[-2:]) == sorted(WARDS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mapping.ttl", "mapping.yml", "out.nq", "plain.csv"]


def test_an_endpoint_that_does_not_take_quads(cli: Cli, tmp_path: Path, expected: str, server: str) -> None:
    (tmp_path / "mapping.yml").write_text(
        'prefixes: {ex: "http://example.com/"}\n'
        "mappings:\n"
        f"  ward: {{sources: plain.csv~csv, s: {{value: 'ex:$(id)', targets: [['{server}/other~sparql']]}},"
        " po: [[ex:name, $(name)]]}\n",
        encoding="utf-8",
    )
    (tmp_path / "out.nq").unlink()
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 1
    assert "GG403 the endpoint" in ran.err
    assert "does not take the quads: it answers 400 Bad Request" in ran.err
    assert not (tmp_path / "out.nq").exists()
