"""Every example of every function, through a real mapping; and the page that lists them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyoxigraph import Literal, RdfFormat, parse

from govgraph.mapping.functions import REFUSED, Function
from govgraph.mapping.functions.registry import MEMBER, Example
from tests.conftest import Cli
from tests.functions_page import PAGE, every, short, text

EXAMPLES = [(f, e) for f in every() for e in f.examples]


def test_the_page_lists_every_function_with_its_examples() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "`python -m tests.functions_page` writes it"


def test_every_function_has_an_example() -> None:
    assert [f.iri for f in every() if not f.examples] == []


@pytest.mark.parametrize("number", range(0, len(EXAMPLES), 30), ids=lambda n: f"from-{n + 1}")
@pytest.mark.parametrize("from_data", [False, True], ids=["constants", "data"])
def test_examples(
    number: int, from_data: bool, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one JSON record; with arguments that are constants, and with those that are its fields."""
    monkeypatch.chdir(tmp_path)
    some = list(enumerate(EXAMPLES))[number : number + 30]
    record: dict[str, object] = {"id": "1"}
    objects = [object_map(n, f, e, record, data=from_data) for n, (f, e) in some]
    (tmp_path / "rows.json").write_text(json.dumps([record]), encoding="utf-8")
    (tmp_path / "mapping.ttl").write_text(HEAD + "".join(objects) + ".", encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert ran.code == 0, ran.err
    found: dict[str, set[str]] = {}
    for quad in parse((tmp_path / "out.nq").read_bytes(), RdfFormat.N_QUADS):
        assert isinstance(quad.object, Literal)
        found.setdefault(quad.predicate.value.rpartition("/")[2], set()).add(quad.object.value)
    for n, (function, (*_, result)) in some:
        results = () if result is None else (result,) if isinstance(result, str) else result
        assert found.get(f"e{n}", set()) == set(results), f"{short(function.iri)} {EXAMPLES[n][1]}"


HEAD = """@prefix rml: <http://w3id.org/rml/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
[] rml:logicalSource [
    rml:source "rows.json" ; rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]"
  ] ;
  rml:subjectMap [ rml:template "http://example.com/{id}" ] """


def object_map(
    number: int, function: Function, example: Example, record: dict[str, object], *, data: bool
) -> str:
    """A predicate and an object that the function gives for the example."""
    inputs = []
    *given, _ = example
    for place, (parameter, value) in enumerate(zip(function.parameters, given, strict=True)):
        if value is None and not parameter.required:
            continue
        values = value if isinstance(value, tuple) else (value,)
        if data and parameter.many and None not in values:
            record[f"v{number}_{place}"] = list(values)
            inputs.append(f'<{parameter.iri}> ; rml:inputValueMap [ rml:reference "v{number}_{place}[*]" ]')
            continue
        for n, one in enumerate(values, 1):
            iri = f"rdf:_{n}" if parameter.iri == MEMBER else f"<{parameter.iri}>"
            field = f"v{number}_{place}_{n}"
            record[field] = one
            held = f'rml:inputValueMap [ rml:reference "{field}" ]'
            constant = one is not None and not data
            inputs.append(
                f"{iri} ; " + (f"rml:inputValue {json.dumps(one, ensure_ascii=False)}" if constant else held)
            )
    written = ", ".join(f"[ rml:parameter {text} ]" for text in inputs)
    execution = f"[ rml:function <{function.iri}> ; rml:input {written} ]"
    predicate = f"<http://example.com/e{number}>"
    return (
        f" ;\n  rml:predicateObjectMap [ rml:predicate {predicate} ; "
        f"rml:objectMap [ rml:functionExecution {execution} ] ]"
    )


@pytest.mark.parametrize("iri", REFUSED)
def test_a_function_that_is_refused_says_why(
    iri: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.json").write_text('[{"id": "1"}]', encoding="utf-8")
    execution = f"rml:functionExecution [ rml:function <{iri}> ]"
    pom = f"; rml:predicateObjectMap [ rml:predicate rdf:value ; rml:objectMap [ {execution} ] ] ."
    (tmp_path / "mapping.ttl").write_text(HEAD + pom, encoding="utf-8")
    ran = cli("map", "mapping.ttl", "-o", "out.nq")
    assert ran.code == 2
    assert "GG015" in ran.err
    assert f"hint: {REFUSED[iri]}" in ran.err


LISTS = """
prefixes: {ex: "http://example.com/"}
mappings:
  row:
    sources: [['rows.csv~csv']]
    s: ex:$(id)
    condition:
      function: idlab-fn:listContainsElement
      parameters: [[idlab-fn:list, {function: "grel:string_split($(kinds), |)"}], [idlab-fn:str, a]]
    po: [[ex:part, {function: "grel:string_splitByLengths($(name), $(length), 1)"}]]
"""


def test_wrong_data_of_lists_are_told_once_and_only_where_the_condition_holds(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mapping.yml").write_text(LISTS, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("id,kinds,name,length\np,b,abd,x\nq,a|b,abc,2\nr,a,abc,x\n")
    ran = cli("map", "mapping.yml", "-o", "out.nq")
    assert (ran.code, ran.err) == (1, "rows.csv:4: GG401 'x' is not a whole number\n")
    ran = cli("map", "mapping.yml", "-o", "out.nq", "--sort", "--on-error", "skip")
    assert ran.code == 0, ran.err
    quad = '<http://example.com/q> <http://example.com/part> "{}" .\n'
    assert (tmp_path / "out.nq").read_text(encoding="utf-8") == quad.format("ab") + quad.format("c")
    rejected = (tmp_path / "out.nq.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[1:] == ["rows.csv,4,row,abc,'x' is not a whole number"]
