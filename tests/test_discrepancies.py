"""What a build says of a source that contradicts itself, and that it is no reason to fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.projects import copy_town, edit

RECORDS = """\
key,first_line,last_line,page,heading,target,kind,stated,computed,table,record,column
cost-2,21,22,,,id/measure/town-2020/2,arithmetic,350000,340000,measures,2,cost_yen
measures-1-name,20,20,,,id/measure/town-2020/1,spelling,道路の捕修,,measures,1,name
"""
SOURCE = "../../records/town-2020/discrepancies.csv~csv"
MAPPING = """\
  discrepancy:
    sources: discrepancies
    s: id/discrepancy/town-2020/$(key)
    g: graph/town-2020
    po:
      - [a, gg:SourceDiscrepancy]
      - [rdfs:label, 出典の不整合 $(key), ja~lang]
      - [oa:hasTarget, $(target)~iri]
      - [gg:discrepancyKind, $(kind)]
      - [gg:stated, $(stated)]
      - [gg:computed, $(computed)]
  discrepancy-anchor:
    sources: discrepancies
    s: id/anchor/town-2020/discrepancies/$(key)
    g: graph/town-2020/provenance
    po:
      - [a, gg:SourceAnchor]
      - [gg:firstLine, $(first_line), xsd:integer]
      - [gg:lastLine, $(last_line), xsd:integer]
  discrepancy-source:
    sources: discrepancies
    s: id/discrepancy/town-2020/$(key)
    g: graph/town-2020/provenance
    po:
      - [prov:wasDerivedFrom, id/anchor/town-2020/discrepancies/$(key)~iri]
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    town = copy_town(tmp_path)
    (town / "records/town-2020/discrepancies.csv").write_text(RECORDS, encoding="utf-8")
    package = town / "records/town-2020/datapackage.json"
    described = json.loads(package.read_text(encoding="utf-8"))
    fields = [{"name": name, "type": "string"} for name in RECORDS.partition("\n")[0].split(",")]
    schema = {"primaryKey": ["key"], "fields": fields}
    described["resources"].append({"name": "discrepancies", "path": "discrepancies.csv", "schema": schema})
    package.write_text(json.dumps(described), encoding="utf-8")
    edit(
        town / "mappings/town-2020/mapping.yml",
        ("prefixes:\n", "prefixes:\n  oa: http://www.w3.org/ns/oa#\n"),
        ("sources:\n  measures", f"sources:\n  discrepancies: ['{SOURCE}']\n  measures"),
        ("mappings:\n", f"mappings:\n{MAPPING}\n"),
    )
    with (town / "ontology/terms.ttl").open("a", encoding="utf-8") as terms:
        terms.write("gg:SourceDiscrepancy a owl:Class .\n")
    return town


def test_the_summary_lists_them(town: Path, cli: Cli) -> None:
    ran = cli("--project", town, "build")
    assert (ran.code, ran.err) == (0, "")
    assert (
        "sources contradict themselves in 2 places:\n"
        "  arithmetic: id/measure/town-2020/2 states 350000, but 340000 follows from the rest "
        "(document lines 21-22)\n"
        "  spelling: id/measure/town-2020/1 states 道路の捕修 (document line 20)\n"
    ) in ran.out


def test_the_report_holds_them(town: Path, cli: Cli) -> None:
    ran = cli("--project", town, "build", "--json")
    findings = json.loads(ran.out)["findings"]
    assert [(f["code"], f["severity"], f["document_lines"]) for f in findings] == [
        ("GG507", "info", [21, 22]),
        ("GG507", "info", [20, 20]),
    ]
    assert findings[0]["file"] == "records/town-2020/discrepancies.csv"
    assert findings[0]["line"] == 2
    assert findings[0]["focus"].endswith("id/discrepancy/town-2020/cost-2")
    report = json.loads((town / ".govgraph/report.json").read_text(encoding="utf-8"))
    assert report == {"conforms": True, "findings": findings}


def test_a_wrong_count_of_ours_fails(town: Path, cli: Cli) -> None:
    edit(town / "mappings/town-2020/dataset.yml", ("gg:Measure: 4", "gg:Measure: 5"))
    ran = cli("--project", town, "build")
    assert ran.code == 1
    assert "GG502 expected 5 gg:Measure" in ran.err
