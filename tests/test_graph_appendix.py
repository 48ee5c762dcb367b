"""The 203 collaboration projects of Yokohama's report in the graph: owners, fields, partners, lines."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from govgraph.documents.normalize import fold_label
from tests.conftest import REPOSITORY, Ask

RECORDS = REPOSITORY / "records" / "yokohama-kyodo-2020"
PREFIXES = """
PREFIX gg: <https://w3id.org/govgraph/ns#>
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX concept: <https://w3id.org/govgraph/concept/>
PREFIX project: <https://w3id.org/govgraph/id/measure/yokohama-kyodo-2020/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def records(table: str) -> dict[str, dict[str, str]]:
    with (RECORDS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


@pytest.fixture
def select(ask: Ask, tmp_path: Path) -> Ask:
    """Runs the text of a query, without its prefixes."""

    def run(query: str) -> list[dict[str, str]]:
        path = tmp_path / "query.rq"
        path.write_text(PREFIXES + query, encoding="utf-8")
        return ask(str(path))

    return run


def test_contract_projects_are_entries_of_the_appendix() -> None:
    entries = records("entries")
    assert len(entries) == 203
    assert Counter(row["owner_kind"] for row in entries.values()) == {"ward": 118, "bureau": 85}
    listed = [key for key, row in entries.items() if row["has_contracts"] == "true"]
    assert set(listed) == set(records("projects")) == set(records("pages"))
    assert list(records("overviews")) == list(entries)


def test_pages_that_the_list_names_are_those_of_the_projects() -> None:
    pages = {key: row["body_pages"] for key, row in records("entries").items() if row["body_pages"]}
    assert len(pages) == 31
    assert pages["nishi-citizen-activity-support-center"] == "11"
    assert pages["genki-community-building-local-talent"] == "24～25"
    assert pages["yokohama-machibushin"] == "42"


def test_owners(select: Ask) -> None:
    rows = select(
        """SELECT ?class (COUNT(DISTINCT ?project) AS ?projects) WHERE {
             ?project a gg:CollaborationProject ; cv:hasCompetentAuthority/a ?class .
             VALUES ?class { gg:AdministrativeWard gg:Bureau gg:Section }
           } GROUP BY ?class"""
    )
    counts = {row["class"].rpartition("#")[2]: int(row["projects"]) for row in rows}
    assert counts == {"AdministrativeWard": 118, "Bureau": 85, "Section": 203}


def test_contracts_add_up(select: Ask) -> None:
    (row,) = select(
        """SELECT (COUNT(?project) AS ?projects) (SUM(?count) AS ?contracts) WHERE {
             ?project a gg:CollaborationProject ; gg:contractCount ?count }"""
    )
    assert (row["projects"], row["contracts"]) == ("31", "77")


def test_every_project_has_one_label_and_one_field(select: Ask) -> None:
    rows = select(
        """SELECT ?project (COUNT(DISTINCT ?label) AS ?labels) (COUNT(DISTINCT ?field) AS ?fields) WHERE {
             ?project a gg:CollaborationProject ; rdfs:label ?label ; gg:field ?field
             FILTER (LANG(?label) = "ja")
           } GROUP BY ?project"""
    )
    assert len(rows) == 203
    assert {(row["labels"], row["fields"]) for row in rows} == {("1", "1")}


def test_other_spellings_lead_to_the_same_project(select: Ask) -> None:
    rows = select(
        """SELECT ?project ?other WHERE {
             VALUES ?project { project:konan-furusato-konan project:minami-toshokan-koenkai-kodomo-no-hon
                               project:hodogaya-chiiki-unei-hojokin project:seya-it-koryu-corner }
             ?project skos:altLabel ?other }"""
    )
    assert {(row["project"].rpartition("/")[2], row["other"]) for row in rows} == {
        ("konan-furusato-konan", "みんなで作るふるさと港南事業"),
        ("minami-toshokan-koenkai-kodomo-no-hon", "読書活動推進(講演会)"),
        ("hodogaya-chiiki-unei-hojokin", "保土ケ谷区地域運営補助金"),
    }


def test_library_projects_that_differ_only_by_their_partner(select: Ask) -> None:
    rows = select(
        """SELECT ?project ?partner WHERE {
             ?project gg:partner/rdfs:label ?partner ; cv:hasCompetentAuthority/rdfs:label "南図書館"@ja
             FILTER (LANG(?partner) = "ja") }"""
    )
    assert {(row["project"].rpartition("/")[2], row["partner"]) for row in rows} == {
        ("minami-toshokan-koenkai-kodomo-no-hon", "子どもの本&クーベルチップ"),
        ("minami-toshokan-koenkai-kyodo-no-rekishi", "南区郷土の歴史研究会"),
    }


def test_partners_that_are_only_described_are_no_organisations(select: Ask) -> None:
    rows = select(
        """SELECT ?project ?partner WHERE {
             VALUES ?project { project:kanazawa-campus-town-support project:kinen-shien-yakkyoku
                               project:tsurumi-genki-up project:tsurumi-daigaku-renkei }
             ?project gg:partner/rdfs:label ?partner FILTER (LANG(?partner) = "ja") }"""
    )
    assert {row["partner"] for row in rows} == {"鶴見大学", "横浜商科大学"}


def test_fields_are_counted_and_the_wrong_totals_stand_beside_them(ask: Ask) -> None:
    rows = {row["number"]: row for row in ask("projects-by-field")}
    counted = [(r["wards"], r["bureaus"]) for r in rows.values()]
    assert counted == [
        (row["wards"], row["bureaus"]) for row in sorted(records("field_counts").values(), key=_number)
    ]
    wrong = {n: (r["projects"], r["stated"]) for n, r in rows.items() if r["projects"] != r["stated"]}
    assert wrong == {"4": ("23", "22"), "6": ("15", "16")}


def _number(row: dict[str, str]) -> int:
    return int(row["number"])


def test_wrong_totals_are_discrepancies(ask: Ask) -> None:
    found = {(r["line"], r["kind"], r["stated"], r["computed"]) for r in ask("source-discrepancies")}
    assert {("2095", "arithmetic", "22", "23"), ("2097", "arithmetic", "16", "15")} <= found


def test_stated_numbers_of_projects(select: Ask) -> None:
    rows = select(
        """SELECT ?label ?count WHERE {
             ?observation a gg:StatisticObservation ; rdfs:label ?label ; sdmx-measure:obsValue ?count
             FILTER REGEX(STR(?observation), "/(stated_counts|totals)/")
           }"""
    )
    assert sorted(int(row["count"]) for row in rows) == [85, 85, 118, 118, 203]


def test_sections(ask: Ask) -> None:
    joint = {row["name"]: set(row["names"].split("、")) for row in ask("joint-projects")}
    assert joint["旭区きらっとあさひ地域支援補助金"] == {"区政推進課", "福祉保健課", "高齢・障害支援課"}
    assert joint["図書館の環境整備"] == {"旭図書館", "栄図書館"}
    sections = {(row["office"], row["section"]): int(row["projects"]) for row in ask("projects-by-section")}
    assert sections["都筑区", "地域振興課"] == 9
    assert sections["教育委員会事務局", "市立図書館"] == 3


def test_partners_of_several_projects(ask: Ask) -> None:
    rows = {row["partner"]: row["names"].split(" / ") for row in ask("project-partners")}
    assert len(rows["港南区社会福祉協議会"]) >= 3
    assert "“かなざわ八携協定”の推進" in rows["京浜急行電鉄株式会社"]


@pytest.mark.parametrize("table", ["entries", "overviews"])
def test_lines_hold_the_names(table: str, select: Ask, seeds: Path) -> None:
    lines = (seeds / "003_b2e81d190be0c110.txt").read_text(encoding="utf-8").split("\n")
    rows = select(
        f"""SELECT ?project ?first ?last ?page WHERE {{
              ?project a gg:CollaborationProject ; prov:wasDerivedFrom ?anchor .
              ?anchor gg:firstLine ?first ; gg:lastLine ?last .
              OPTIONAL {{ ?anchor gg:printedPage ?page }}
              FILTER CONTAINS(STR(?anchor), "/{table}/") }}"""
    )
    assert len(rows) == 203
    for row in rows:
        record = records(table)[row["project"].rpartition("/")[2]]
        text = "".join(lines[int(row["first"]) - 1 : int(row["last"])])
        assert fold_label(record["name_printed"]).replace(" ", "") in fold_label(text).replace(" ", "")
        assert row["page"].startswith("資-") == (table == "overviews")
