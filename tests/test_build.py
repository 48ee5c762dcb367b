"""`govgraph build`: what it makes of a project, and what it says of a project that is wrong.

The wrong ones are data: each file of `tests/cases/projects/town-cases` edits the town, and holds the exit
code and all that is printed on standard error.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyoxigraph import NamedNode, Store

from govgraph.iri import RDF, SKOS
from govgraph.project import Project
from govgraph.snapshot.history import Snapshot, current_snapshot
from govgraph.snapshot.inputs import collect_inputs
from tests.conftest import Cli
from tests.projects import PROJECTS, copy_town, edit, leftovers

BASE = "https://example.org/"
GG = "https://w3id.org/govgraph/ns#"
CASES = sorted((PROJECTS / "town-cases").glob("*.yml"))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return copy_town(tmp_path)


def current(project: Path) -> Snapshot:
    return current_snapshot(Project.load(project))


def built(cli: Cli, project: Path, *options: str) -> Any:
    ran = cli("--project", project, "build", "--json", *options)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.mark.parametrize("case", CASES, ids=[c.stem for c in CASES])
def test_wrong_projects_are_refused_and_change_nothing(case: Path, cli: Cli, town: Path) -> None:
    wanted = yaml.safe_load(case.read_text(encoding="utf-8"))
    id_ = built(cli, town)["id"]
    original = {name: (town / name).read_text(encoding="utf-8") for name in wanted["edit"]}
    for name, changes in wanted["edit"].items():
        edit(town / name, *map(tuple, changes))

    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (wanted["exit"], wanted["problems"])
    assert (current(town).id == id_) is (ran.code != 0)
    assert leftovers(town) == []

    for name, text in original.items():
        (town / name).write_text(text, encoding="utf-8", newline="\n")
    again = built(cli, town)
    assert again["id"] == id_
    assert again["status"] == ("promoted" if wanted["exit"] == 0 else "up to date")


def test_summary(cli: Cli, town: Path) -> None:
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (0, "")
    id_ = current(town).id
    assert re.sub(r"\d+\.\d", "0.0", ran.out) == (
        f"snapshot {id_}: built, 108 quads\n"
        "  https://example.org/graph/ontology                     55\n"
        "  https://example.org/graph/reference                     4\n"
        "  https://example.org/graph/town-2020                    29\n"
        "  https://example.org/graph/town-2020/provenance         20\n"
        "mapped: reference, town-2020\n"
        "seconds: records 0.0, load 0.0, derive 0.0, sort 0.0, validate 0.0, index 0.0\n"
    )
    again = cli("--project", town, "build")
    assert (again.code, again.out) == (0, f"snapshot {id_}: up to date, 108 quads\n")


def test_result_as_json(cli: Cli, town: Path) -> None:
    result = built(cli, town)
    assert list(result) == ["id", "status", "quads", "graphs", "durations", "datasets", "findings"]
    assert (result["status"], result["quads"], result["findings"]) == ("built", 108, [])
    assert result["graphs"] == {
        f"{BASE}graph/ontology": 55,
        f"{BASE}graph/reference": 4,
        f"{BASE}graph/town-2020": 29,
        f"{BASE}graph/town-2020/provenance": 20,
    }


def test_manifest(cli: Cli, town: Path) -> None:
    first = built(cli, town)["id"]
    edit(town / "govgraph.yml", ("Measures of a town", "Measures of the town"))
    second = built(cli, town)["id"]
    manifest = current(town).manifest
    assert (manifest.id, manifest.previous) == (second, first)
    assert manifest.created.utcoffset() == timedelta(0)
    assert list(manifest.durations) == ["records", "load", "derive", "sort", "validate", "index"]
    assert manifest.classes[f"{BASE}graph/town-2020"] == {
        "http://www.w3.org/ns/prov#Entity": 4,
        "https://schema.org/MonetaryAmount": 3,
        f"{GG}CollaborationProject": 1,
        f"{GG}Measure": 4,
    }
    counted = manifest.properties[f"{BASE}graph/town-2020"]
    assert counted["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"] == 4 + 3 + 1 + 4
    for graph, quads in manifest.graphs.items():
        assert sum(manifest.properties[graph].values()) == quads
    report = json.loads((town / ".govgraph" / "report.json").read_text(encoding="utf-8"))
    assert report == {"conforms": True, "findings": []}


def test_queries_may_use_the_prefixes_of_the_ontology(cli: Cli, town: Path) -> None:
    built(cli, town)
    (town / "q.rq").write_text("ASK { field: ?p ?o }")
    ran = cli("query", town / "q.rq", "--project", town, "--format", "json")
    assert (ran.code, json.loads(ran.out)["boolean"]) == (0, False)
    (town / "q.rq").write_text("ASK { fields: ?p ?o }")
    assert cli("query", town / "q.rq", "--project", town).code == 2


def test_the_report_of_a_failed_check_holds_warnings_too(cli: Cli, town: Path) -> None:
    edit(town / "records" / "town-2020" / "measures.csv", (",1200000,", ",-5,予定"))
    assert cli("--project", town, "build").code == 1
    report = json.loads((town / ".govgraph" / "report.json").read_text(encoding="utf-8"))
    assert report["conforms"] is False
    assert report["findings"] == [
        {
            "severity": "violation",
            "code": "GG501",
            "message": "id/measure/town-2020/1/amount/2020 schema:value: breaks sh:minInclusive '0' "
            "(value '-5') (document line 20)",
            "file": "records/town-2020/measures.csv",
            "line": 2,
            "column": None,
            "hint": "shape shape:Amount-value in ontology/shapes.ttl",
            "focus": f"{BASE}id/measure/town-2020/1/amount/2020",
            "document_lines": [20, 20],
        },
        {
            "severity": "warning",
            "code": "GG501",
            "message": "warning: id/measure/town-2020/1 gg:note: has a note (document line 20)",
            "file": "records/town-2020/measures.csv",
            "line": 2,
            "column": None,
            "hint": "shape shape:Measure-note in ontology/shapes.ttl",
            "focus": f"{BASE}id/measure/town-2020/1",
            "document_lines": [20, 20],
        },
    ]


def test_only_the_first_problems_are_printed(cli: Cli, town: Path) -> None:
    records = town / "records" / "town-2020" / "measures.csv"
    rows = "".join(f"{n},{n},{n},,名前,名前,{GG}Measure,x,\n" for n in range(100, 160))
    records.write_text(records.read_text(encoding="utf-8") + rows, encoding="utf-8")
    ran = cli("--project", town, "build")
    lines = ran.err.splitlines()
    assert (ran.code, len(lines)) == (1, 101)
    assert lines[0] == (
        "records/town-2020/measures.csv:7:57: GG301 record '100', column 'cost_yen': "
        "expected an integer of ASCII digits (64 bits), not 'x' (document line 100)"
    )
    assert lines[-1] == "and 10 more; `govgraph check` prints all"

    edit(records, (",x,", ",-1,"))
    edit(town / "mappings" / "town-2020" / "dataset.yml", ("Measure: 4", "Measure: 64"))
    edit(town / "mappings" / "town-2020" / "dataset.yml", ("Amount: 3", "Amount: 63"))
    assert cli("--project", town, "build").err.endswith("\nand 10 more; .govgraph/report.json holds all\n")


def test_what_a_mapping_finds_wrong_in_the_data(cli: Cli, town: Path) -> None:
    edit(town / "records" / "town-2020" / "measures.csv", (f"{GG}Measure,1200000", "a measure,1200000"))
    ran = cli("--project", town, "build")
    assert ran.code == 1
    assert "measures.csv:2: GG401 'a measure' is not an IRI" in ran.err
    assert leftovers(town) == []


def test_no_dataset(cli: Cli, town: Path) -> None:
    shutil.rmtree(town / "mappings")
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (
        2,
        "GG105 the project has no dataset\n"
        "  hint: a dataset is a folder mappings/<dataset> with a dataset.yml and a mapping.yml\n",
    )


# -- what is in the graph ------------------------------------------------------------------------------


def test_superclasses_stand_in_the_graph_of_the_type(cli: Cli, town: Path) -> None:
    built(cli, town)
    store = current(town).open_store()
    assert types(store, "id/measure/town-2020/2") == {
        ("http://www.w3.org/ns/prov#Entity", "graph/town-2020"),
        (f"{GG}CollaborationProject", "graph/town-2020"),
        (f"{GG}Measure", "graph/town-2020"),
    }
    assert types(store, "id/lg/999992") == {
        ("http://www.w3.org/ns/org#Organization", "graph/reference"),
        ("http://www.w3.org/ns/org#FormalOrganization", "graph/reference"),
        (f"{GG}Municipality", "graph/reference"),
    }
    assert types(store, "id/anchor/town-2020/measures/1") == {
        ("http://www.w3.org/ns/oa#SpecificResource", "graph/town-2020/provenance"),
        (f"{GG}SourceAnchor", "graph/town-2020/provenance"),
    }


def types(store: Store, resource: str) -> set[tuple[str, str]]:
    quads = store.quads_for_pattern(NamedNode(BASE + resource), NamedNode(f"{RDF}type"), None, None)
    return {(iri(q.object), iri(q.graph_name).removeprefix(BASE)) for q in quads}


def iri(term: object) -> str:
    assert isinstance(term, NamedNode)
    return term.value


def test_classes_in_a_circle(cli: Cli, town: Path) -> None:
    edit(
        town / "ontology" / "terms.ttl",
        ("org:FormalOrganization rdfs:subClassOf", "org:Organization rdfs:subClassOf gg:Municipality ."),
        (" org:Organization .", " org:FormalOrganization rdfs:subClassOf org:Organization ."),
    )
    built(cli, town)
    assert {c.rpartition("#")[2] for c, _ in types(current(town).open_store(), "id/lg/999992")} == {
        "Municipality",
        "FormalOrganization",
        "Organization",
    }


def test_inverses_of_the_concepts(cli: Cli, town: Path) -> None:
    built(cli, town)
    store = current(town).open_store()
    graph = NamedNode(f"{BASE}graph/ontology")
    names = ("broader", "narrower", "topConceptOf", "hasTopConcept")
    found = {
        (iri(q.subject).rpartition("/")[2], name, iri(q.object).rpartition("/")[2])
        for name in names
        for q in store.quads_for_pattern(None, NamedNode(SKOS + name), None, graph)
    }
    assert found == {
        ("children", "broader", "welfare"),
        ("welfare", "narrower", "children"),
        ("field", "hasTopConcept", "welfare"),
        ("welfare", "topConceptOf", "field"),
    }


# -- the same inputs, the same bytes ---------------------------------------------------------------------


def test_the_quads_are_sorted_and_those_of_the_store(cli: Cli, town: Path) -> None:
    built(cli, town)
    snapshot = current(town)
    lines = gzip.decompress(snapshot.quads_file.read_bytes()).splitlines(keepends=True)
    assert lines == sorted(set(lines))
    assert {line.decode().removesuffix(" .\n") for line in lines} == {str(q) for q in snapshot.open_store()}


def test_two_builds_of_the_same_inputs_are_the_same_bytes(cli: Cli, town: Path, tmp_path: Path) -> None:
    first = built(cli, town)["id"]
    bytes_ = current(town).quads_file.read_bytes()
    assert bytes_[4:8] == b"\0\0\0\0", "no time in the header"

    forced = built(cli, town, "--force")
    assert (forced["id"], forced["status"]) == (first, "built")
    assert current(town).quads_file.read_bytes() == bytes_
    assert leftovers(town) == []

    elsewhere = copy_town(tmp_path / "elsewhere")
    assert built(cli, elsewhere)["id"] == first
    assert current(elsewhere).quads_file.read_bytes() == bytes_


def test_the_id_is_the_hash_of_the_listing_of_the_inputs(cli: Cli, town: Path) -> None:
    id_ = built(cli, town)["id"]
    inputs = current(town).manifest.inputs
    for name, digest in inputs.items():
        if "/" in name:
            assert hashlib.sha256((town / name).read_bytes()).hexdigest() == digest
    assert sorted(n for n in inputs if "/" not in n) == ["settings", "tool"]
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(inputs.items()))
    assert hashlib.sha256(listing.encode()).hexdigest()[:16] == id_


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("govgraph.yml", "base:", "host: 0.0.0.0\nport: 80\npublic_url: https://example.net/\nbase:", False),
        ("govgraph.yml", "町の施策", "町の事業", True),
        ("govgraph.yml", "by/4.0", "by-sa/4.0", True),
        ("govgraph.yml", "base:", "languages: [ja]\nbase:", True),
        ("records/town-2020/measures.csv", "350000", "350001", True),
        ("records/town-2020/datapackage.json", '"minimum": 1', '"minimum": 2', True),
        ("records/reference/municipalities.csv", "例町", "見本町", True),
        ("mappings/town-2020/mapping.yml", "JPY", "EUR", True),
        ("mappings/town-2020/dataset.yml", "fiscal_year: 2020", "fiscal_year: 2021", True),
        ("ontology/shapes.ttl", "# Looks", "# It looks", True),
    ],
)
def test_inputs(town: Path, file: str, old: str, new: str, changes: bool) -> None:
    before = collect_inputs(Project.load(town)).id
    edit(town / file, (old, new))
    assert (collect_inputs(Project.load(town)).id != before) is changes


def test_other_files_are_no_inputs(town: Path) -> None:
    before = collect_inputs(Project.load(town))
    (town / "queries").mkdir()
    for name in ("queries/all.rq", "records/town-2020/measures.csv~", "mappings/town-2020/measures.textfsm"):
        (town / name).write_text("x", encoding="utf-8")
    assert collect_inputs(Project.load(town)) == before


def test_text_is_an_input_where_it_is_present(cli: Cli, town: Path) -> None:
    (town / "mappings" / "town-2020" / "text.yml").write_text(
        "mappings:\n"
        "  text:\n"
        "    sources: [['../../.govgraph/text/town-2020/measures.csv~csv']]\n"
        "    s: id/measure/town-2020/$(key)\n"
        "    g: graph/town-2020\n"
        "    po: [[rdfs:comment, $(description), ja~lang]]\n",
        encoding="utf-8",
    )
    assert built(cli, town)["quads"] == 108
    text = town / ".govgraph" / "text" / "town-2020"
    text.mkdir(parents=True)
    (text / "measures.csv").write_text("key,description\n1,舗装\n", encoding="utf-8")
    result = built(cli, town)
    assert (result["quads"], result["datasets"]) == (109, {"reference": "reused", "town-2020": "mapped"})
    assert ".govgraph/text/town-2020/measures.csv" in current(town).manifest.inputs


# -- what did not change is not mapped again ----------------------------------------------------------------


def test_only_datasets_whose_inputs_changed_are_mapped(cli: Cli, town: Path) -> None:
    assert built(cli, town)["datasets"] == {"reference": "mapped", "town-2020": "mapped"}
    edit(town / "records" / "town-2020" / "measures.csv", ("350000", "360000"))
    assert built(cli, town)["datasets"] == {"reference": "reused", "town-2020": "mapped"}
    edit(town / "mappings" / "reference" / "dataset.yml", ("ja: 参照", "ja: 参照表"))
    assert built(cli, town)["datasets"] == {"reference": "reused", "town-2020": "reused"}
    assert built(cli, town, "--force")["datasets"] == {"reference": "mapped", "town-2020": "mapped"}
    edit(town / "govgraph.yml", ("https://example.org/", "https://example.net/"))
    assert built(cli, town)["datasets"] == {"reference": "mapped", "town-2020": "mapped"}
    kept = sorted(p.name for p in (town / ".govgraph" / "quads").iterdir())
    assert kept == sorted(f"{h}.nq.gz" for h in collect_inputs(Project.load(town)).datasets.values())


def test_what_was_mapped_before_a_failure_is_reused(cli: Cli, town: Path) -> None:
    edit(town / "mappings" / "town-2020" / "dataset.yml", ("gg:Measure: 4", "gg:Measure: 5"))
    assert cli("--project", town, "build").code == 1
    edit(town / "mappings" / "town-2020" / "dataset.yml", ("gg:Measure: 5", "gg:Measure: 4"))
    assert built(cli, town)["datasets"] == {"reference": "reused", "town-2020": "reused"}


def test_several_mappings_of_a_dataset_give_each_quad_once(cli: Cli, town: Path) -> None:
    folder = town / "mappings" / "town-2020"
    (town / ".govgraph" / "text" / "town-2020").mkdir(parents=True)
    shutil.copy(folder / "mapping.yml", folder / "text.yml")
    assert built(cli, town)["quads"] == 108


def test_going_back_to_earlier_inputs_promotes_their_snapshot(cli: Cli, town: Path) -> None:
    first = built(cli, town)
    edit(town / "records" / "town-2020" / "measures.csv", ("350000", "360000"))
    second = built(cli, town)
    edit(town / "records" / "town-2020" / "measures.csv", ("360000", "350000"))
    third = built(cli, town)
    assert (third["id"], third["status"]) == (first["id"], "promoted")
    assert second["id"] != first["id"] == current(town).id
