"""Functions that users write: in a file named on the command line or in govgraph.yml."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.projects import copy_town, edit

FUNCTIONS = """
from decimal import Decimal

import govgraph

FN = "https://example.org/fn#"


@govgraph.function(FN + "shout", description="in upper case, with exclamation marks")
def shout(text: str, times: int = 1) -> str:
    return text.upper() + "!" * times


@govgraph.function(FN + "vowels", parameters=["https://example.org/p#word"])
def vowels(word: str) -> list[str]:
    return [c for c in word if c in "aeiou"]


@govgraph.function(FN + "longest")
def longest(words: list[str]) -> str | None:
    return max(words, key=len, default=None)


@govgraph.function(FN + "isCheap")
def is_cheap(price: Decimal, limit: Decimal = Decimal(10)) -> bool:
    return price < limit


@govgraph.function(FN + "halves", outputs=[FN + "left", FN + "right"])
def halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    return text[:middle], text[middle:]


@govgraph.function(FN + "unless")
def unless(flag: bool, text: str) -> str | None:
    return None if flag else text
"""

YARRRML = """
prefixes: {ex: "http://example.com/", fn: "https://example.org/fn#"}
mappings:
  word:
    sources: [['words.csv~csv']]
    s: ex:$(id)
    po:
      - {p: ex:shout, o: {function: "fn:shout(fn:text = $(word), fn:times = $(times))"}}
      - {p: ex:once, o: {function: "fn:shout($(word))"}}
      - {p: ex:vowel, o: {function: "fn:vowels($(word))"}}
      - {p: ex:loud, o: {function: fn:shout, parameters: [[fn:text, {function: "fn:vowels($(word))"}]]}}
      - {p: ex:longest, o: {function: fn:longest, parameters: [[fn:words, $(word)], [fn:words, $(other)]]}}
      - {p: ex:cheap, o: {value: $(word), condition: {function: "fn:isCheap($(price))"}}}
      - p: ex:dear
        o:
          function: fn:unless
          parameters: [[fn:flag, {function: "fn:isCheap($(price))"}], [fn:text, $(word)]]
"""

QUADS = """\
<http://example.com/1> <http://example.com/cheap> "tea" .
<http://example.com/1> <http://example.com/longest> "green" .
<http://example.com/1> <http://example.com/loud> "A!" .
<http://example.com/1> <http://example.com/loud> "E!" .
<http://example.com/1> <http://example.com/once> "TEA!" .
<http://example.com/1> <http://example.com/shout> "TEA!!" .
<http://example.com/1> <http://example.com/vowel> "a" .
<http://example.com/1> <http://example.com/vowel> "e" .
<http://example.com/2> <http://example.com/dear> "rum" .
<http://example.com/2> <http://example.com/longest> "rum" .
<http://example.com/2> <http://example.com/loud> "U!" .
<http://example.com/2> <http://example.com/once> "RUM!" .
<http://example.com/2> <http://example.com/shout> "RUM!" .
<http://example.com/2> <http://example.com/vowel> "u" .
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "my_functions.py", FUNCTIONS)
    write(tmp_path / "mapping.yml", YARRRML)
    write(tmp_path / "words.csv", "id,word,times,other,price\n1,tea,2,green,3.50\n2,rum,,,20\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def test_a_file_of_functions(cli: Cli, folder: Path) -> None:
    own = ("--functions", "my_functions.py")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", *own)
    assert ran.code == 0, ran.err
    assert (folder / "out.nq").read_text(encoding="utf-8") == QUADS
    assert cli("convert", "mapping.yml", "rml.ttl", *own).code == 0
    assert cli("map", "rml.ttl", "-o", "rml.nq", "--sort", *own).code == 0
    assert (folder / "rml.nq").read_text(encoding="utf-8") == QUADS
    assert "fn#shout" not in cli("compile", "mapping.yml", *own).err
    assert cli("explain", "mapping.yml", *own).code == 0
    traced = cli("trace", "http://example.com/2", "--mapping", "mapping.yml", *own)
    assert (traced.code, traced.out.count("words.csv:3")) == (0, 6)


def test_without_the_file_the_functions_are_unknown(cli: Cli, folder: Path) -> None:
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    assert ran.err.startswith("mapping.yml:8:")
    assert ran.err.count("GG010 unknown function 'fn:") == 7


def test_functions_of_a_project(cli: Cli, folder: Path) -> None:
    mappings = folder / "mappings" / "words"
    mappings.mkdir(parents=True)
    for name in ("mapping.yml", "words.csv"):
        shutil.move(folder / name, mappings / name)
    settings = "base: https://example.org/\ntitle: {ja: 語, en: words}\nfunctions: [my_functions.py]\n"
    write(folder / "govgraph.yml", settings)
    ran = cli("map", "mappings/words/mapping.yml", "-o", "out.nq", "--sort")
    assert ran.code == 0, ran.err
    assert (folder / "out.nq").read_text(encoding="utf-8") == QUADS
    assert cli("explain", "mappings/words/mapping.yml").code == 0
    write(
        folder / "govgraph.yml", settings.replace("my_functions.py", "gone.py, no_such_module_of_functions")
    )
    ran = cli("map", "mappings/words/mapping.yml", "-o", "out.nq")
    assert ran.code == 2
    assert ran.err.startswith(
        "govgraph.yml:3:13: GG022 there is no file of functions 'gone.py'\ngovgraph.yml:3:22: GG022"
    )


def test_a_build_depends_on_its_functions(cli: Cli, tmp_path: Path) -> None:
    town = copy_town(tmp_path)
    edit(town / "govgraph.yml", ("base:", "functions: [own/names.py]\nbase:"))
    edit(
        town / "mappings" / "reference" / "mapping.yml",
        (
            "[rdfs:label, $(name), ja~lang]",
            '{p: rdfs:label, o: {function: "fn:name($(name))", language: ja}}',
        ),
        ("prefixes:", "prefixes:\n  fn: https://example.org/fn#"),
    )
    (town / "own").mkdir()
    text = """\
        import govgraph
        @govgraph.function("https://example.org/fn#name")
        def name(text: str) -> str:
            return text + "庁"
    """
    write(town / "own" / "names.py", text)
    ids = set()
    for ending in ("庁", "役場"):
        edit(town / "own" / "names.py", ("庁", ending))
        assert cli("--project", town, "check").code == 0
        ran = cli("--project", town, "build", "--json")
        assert ran.code == 0, ran.err
        ids.add(json.loads(ran.out)["id"])
        query = "SELECT ?label {GRAPH ?g {?x <http://www.w3.org/2000/01/rdf-schema#label> ?label}}"
        write(town / "labels.rq", query)
        assert f"{ending}" in cli("--project", town, "query", town / "labels.rq").out
    assert len(ids) == 2


def test_several_outputs(cli: Cli, folder: Path) -> None:
    rml = """\
        @prefix ex: <http://example.com/> .
        @prefix rml: <http://w3id.org/rml/> .
        @prefix fn: <https://example.org/fn#> .
        [] rml:logicalSource [ rml:source "words.csv" ] ;
          rml:subjectMap [ rml:template "http://example.com/{id}" ] ;
          rml:predicateObjectMap
            [ rml:predicate ex:first ; rml:objectMap [ rml:functionExecution <#h> ] ] ,
            [ rml:predicate ex:left ; rml:objectMap [ rml:functionExecution <#h> ; rml:return fn:left ] ] ,
            [ rml:predicate ex:right ; rml:objectMap [ rml:functionExecution <#h> ; rml:return fn:right ] ] .
        <#h> rml:function fn:halves ;
          rml:input [ rml:parameter fn:text ; rml:inputValueMap [ rml:reference "word" ] ] .
    """
    write(folder / "mapping.ttl", rml)
    own = ("--functions", "my_functions.py")
    assert cli("map", "mapping.ttl", "-o", "out.nq", "--sort", *own).code == 0
    lines = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
    assert [line.split("/")[-1] for line in lines if "/1>" in line] == [
        'first> "t" .',
        'left> "t" .',
        'right> "ea" .',
    ]
    assert "GG015 YARRRML cannot say which result" in cli("convert", "mapping.ttl", "-", *own).err
    assert cli("convert", "mapping.ttl", "-", "--to", "rml", *own).out.count("rml:return fn:right") == 1


def test_an_exception_is_an_error_of_the_data(cli: Cli, folder: Path) -> None:
    write(
        folder / "words.csv", "id,word,times,other,price\n1,tea,2,,1\n2,tea,two,,1\n3,tea,1,,1\n4,tea,,,x\n"
    )
    own = ("--functions", "my_functions.py")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--threads", "1", *own)
    assert ran.code == 1
    assert ran.err in (
        "words.csv:3: GG401 'two' is not a whole number (times)\n",
        "words.csv:5: GG401 'x' is not a number (price)\n",
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--on-error", "skip", *own)
    assert ran.code == 0, ran.err
    rejected = (folder / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert [line.rpartition(",")[2] for line in rejected[1:]] == [
        "'two' is not a whole number (times)",
        "'x' is not a number (price)",
    ]
    assert [line.split(",")[1] for line in rejected[1:]] == ["3", "5"]
    subjects = {line.split()[0] for line in (folder / "out.nq").read_text(encoding="utf-8").splitlines()}
    assert subjects == {"<http://example.com/1>", "<http://example.com/3>"}


def test_what_a_function_raises_is_told(cli: Cli, folder: Path) -> None:
    text = """\
        import govgraph
        @govgraph.function("https://example.org/fn#shout")
        def shout(text: str) -> str:
            return {"tea": "TEA"}[text]
    """
    write(folder / "my_functions.py", text)
    write(
        folder / "mapping.yml",
        YARRRML.partition("      - {p: ex:shout")[0] + '      - [ex:x, {function: "fn:shout($(word))"}]\n',
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--functions", "my_functions.py")
    assert (ran.code, ran.err) == (1, "words.csv:3: GG401 shout: KeyError: 'rum'\n")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("Iterator[str]:\n    yield 'a'\n    raise KeyError('late')", "KeyError: 'late'"),
        ("list[str]:\n    return text", "TypeError: it gives 'tea', which is no list"),
        ("list[str]:\n    return 5", "TypeError: it gives 5, which is no list"),
        ("bool:\n    return 'no'", "TypeError: it gives 'no', which is not true or false"),
        ("str:\n    return b'a'", "TypeError: it gives b'a', which is no text or number"),
        ("str:\n    return '\\ud842'", r"TypeError: it gives '\ud842', with what is no character of RDF"),
        ("str:\n    return '\\0a'", r"TypeError: it gives '\x00a', with what is no character of RDF"),
        ("str:\n    raise SystemExit('bye')", "SystemExit: bye"),
        ("str:\n    raise ValueError('a\\nb\\0\\ud842')", r"ValueError: a b\0\ud842"),
    ],
    ids=["generator", "text", "number", "condition", "bytes", "surrogate", "nul", "exit", "message"],
)
def test_what_a_function_should_not_give_is_told(body: str, told: str, cli: Cli, folder: Path) -> None:
    text = "import govgraph\nfrom collections.abc import Iterator\n\n"
    text += "@govgraph.function('https://example.org/fn#shout')\n"
    (folder / "my_functions.py").write_text(f"{text}def shout(text: str) -> {body}\n", encoding="utf-8")
    write(
        folder / "mapping.yml",
        YARRRML.partition("      - {p: ex:shout")[0] + '      - [ex:x, {function: "fn:shout($(word))"}]\n',
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--functions", "my_functions.py")
    assert (ran.code, ran.err) == (1, f"words.csv:2: GG401 shout: {told}\n")


@pytest.mark.parametrize(
    ("returns", "value", "written"),
    [
        ("float", "float('nan')", "NaN"),
        ("float", "float('-inf')", "-INF"),
        ("float", "0.5", "0.5"),
        ("'Decimal'", "Decimal('1E+5')", "100000"),
        ("bool", "[1]", "true"),
    ],
)
def test_numbers_are_written_as_xml_schema_does(
    returns: str, value: str, written: str, cli: Cli, folder: Path
) -> None:
    text = "import govgraph\nfrom decimal import Decimal\n\n"
    text += "@govgraph.function('https://example.org/fn#shout')\n"
    text += f"def shout(text: str) -> {returns}:\n    return {value}\n"
    (folder / "my_functions.py").write_text(text, encoding="utf-8")
    write(
        folder / "mapping.yml",
        YARRRML.partition("      - {p: ex:shout")[0] + '      - [ex:x, {function: "fn:shout($(word))"}]\n',
    )
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--functions", "my_functions.py")
    assert ran.code == 0, ran.err
    lines = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
    assert {line.partition("/x> ")[2] for line in lines} == {f'"{written}" .'}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x = 1\n", "my_functions.py: GG022 'my_functions.py' holds no functions\n  hint: "),
        ("import govgraph\n\n1 / 0\n", "my_functions.py:3: GG022 ZeroDivisionError: division by zero\n"),
        ("def f(:\n", "my_functions.py:1: GG022 SyntaxError: "),
        (
            "import govgraph\n\n@govgraph.function('https://e.org/f')\ndef f(x: dict) -> str: ...\n",
            "my_functions.py:3: GG022 f: 'x' has a type that no value has\n",
        ),
        (
            "import govgraph\n\n@govgraph.function('f')\ndef f(x: str) -> str: ...\n",
            "my_functions.py:3: GG022 f: 'f' is not an absolute IRI\n",
        ),
        (
            "import govgraph\n\n@govgraph.function('https://e.org/f', parameters=[])\n"
            "def f(x: str) -> str: ...\n",
            "my_functions.py:3: GG022 f: it has 1 parameters, and 0 IRIs for them\n",
        ),
        (
            "import govgraph\n\n@govgraph.function('https://w3id.org/govgraph/ns#yen')\n"
            "def f(x: str) -> str: ...\n",
            "my_functions.py:3: GG014 there are two functions <https://w3id.org/govgraph/ns#yen>\n",
        ),
    ],
    ids=["none", "fails", "syntax", "type", "iri", "parameters", "taken"],
)
def test_a_file_that_is_wrong(text: str, error: str, cli: Cli, folder: Path) -> None:
    write(folder / "my_functions.py", text)
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--functions", "my_functions.py")
    assert ran.code == 2
    assert ran.err.startswith(error)
