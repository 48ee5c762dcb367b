"""The graph of this repository, built from its records: every query answers, and what it says is right."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Ask, Cli, expected_answer, folded

QUERIES = sorted((REPOSITORY / "queries").glob("*.rq"))


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.stem)
def test_every_query_answers(query: Path, ask: Ask) -> None:
    assert ask(query.stem)


def test_counts_by_dataset(ask: Ask) -> None:
    counts = {
        (row["graph"].rpartition("/")[2], row["class"].rpartition("#")[2]): int(row["count"])
        for row in ask("counts")
    }
    hiratsuka, kyodo = "hiratsuka-covid-2020", "yokohama-kyodo-2020"
    assert counts[hiratsuka, "Listing"] == 85
    assert counts[hiratsuka, "Measure"] == 82
    assert counts[hiratsuka, "Plan"] == 3
    assert counts[kyodo, "CollaborationProject"] == 203
    assert counts[kyodo, "Article"] == 22
    assert counts[kyodo, "Paragraph"] == 45
    assert counts[kyodo, "Item"] == 12
    assert counts[kyodo, "SupplementaryProvision"] == 3
    assert counts["reference", "AdministrativeWard"] == 18


def test_contracts(ask: Ask) -> None:
    rows = ask("contract-projects")
    assert len(rows) == 31
    assert sum(int(row["contracts"]) for row in rows) == 77
    assert {row["office"] for row in rows if "保土ヶ谷" in row["name"]} == {"保土ケ谷区"}
    assert [row["number"] for row in rows if row["proposedBy"] == "市民等"] == ["⑨", "⑯", "㉕", "㉙"]


def test_every_completed_measure_leads_to_a_line_that_says_so(ask: Ask, seeds: Path) -> None:
    lines = (seeds / "001_85e053cce591c320.txt").read_text(encoding="utf-8").split("\n")
    rows = ask("completed-measures")
    assert [row["number"] for row in rows] == ["3", "7", "11", "13", "25", "41", "58"]
    for row in rows:
        line = lines[int(row["line"]) - 1]
        assert line.split("\t")[0] == row["number"]
        assert line.rstrip().endswith("完了")


def test_citations_between_articles(ask: Ask) -> None:
    rows = ask("citations")
    pairs = [(int(row["citing"]), int(row["cited"])) for row in rows]
    assert pairs == [(2, 8), (8, 13), (10, 9), (12, 9), (12, 10), (19, 18)]
    parts = {row["citing"]: row["parts"] for row in rows}
    assert parts["8"].endswith("/art_8/para_1/item_3")


def test_a_dash_is_an_amount_without_a_value_and_a_blank_is_none(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "amounts.rq"
    query.write_text(
        """
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX schema: <https://schema.org/>
        SELECT ?number ?stated ?yen WHERE {
          ?measure a gg:Measure ; dcterms:identifier ?number .
          FILTER STRSTARTS(STR(?measure), "https://w3id.org/govgraph/id/measure/hiratsuka-covid-2020/")
          VALUES ?number { "1" "3" "29" "27" }
          OPTIONAL { ?measure gg:amount ?amount . ?amount gg:statedValue ?stated
            OPTIONAL { ?amount schema:value ?yen } }
        }""",
        encoding="utf-8",
    )
    assert {(r["number"], r["stated"], r["yen"]) for r in ask(str(query))} == {
        ("1", "100,000", "100000000"),
        ("3", "-", ""),
        ("27", "15", "15000"),
        ("29", "", ""),
    }


def test_what_the_descriptions_state_is_kept(ask: Ask) -> None:
    limits = {(r["name"], r["what"]): (r["scope"], r["yen"], r["per"], r["line"]) for r in ask("limits")}
    rent = "小規模事業者に対する事業所賃借料相当額の補助"
    assert limits[rent, "30万円を上限"] == ("limit", "300000", "", "65")
    assert limits[rent, "1月あたり上限15万円"] == ("limit", "150000", "月", "65")
    parents = "ひとり親世帯への支援"
    assert limits[parents, "1世帯あたり5万円"] == ("unit", "50000", "世帯", "161")
    assert limits[parents, "第2子以降一人につき3万円"] == ("unit", "30000", "人", "161")
    figures = {(r["name"], r["what"]) for r in ask("measure-figures")}
    assert figures >= {
        ("避難所における感染防止", "市内避難所53か所"),
        ("避難所における感染防止", "地区公民館25館"),
        ("感染症に関する情報発信", "7か国語"),
        ("キャッシュレス決済の普及推進", "プレミアム率30%"),
        ("小学校の給食費の無償化（9月まで）", "9月まで"),
    }
    dates = {(r["name"], r["what"]): (r["start"], r["end"]) for r in ask("measure-dates")}
    birth = "令和2年4月28日から令和3年4月1日まで"
    assert dates["新生児特別給付金の支給", birth] == ("2020-04-28", "2021-04-01")
    assert dates["小学校の給食費の無償化（9月まで）", "9月まで"] == ("", "2020-09")


def test_money_by_municipality(ask: Ask) -> None:
    """A city whose amounts stand in one document: the sum of its records."""
    with (REPOSITORY / "records/hiratsuka-covid-2020/measures.csv").open(encoding="utf-8") as file:
        listed = [row for row in csv.DictReader(file) if row["cost_yen"] and not row["original"]]
    yen = {row["municipality"].rpartition("/")[2]: int(row["yen"]) for row in ask("money-by-municipality")}
    assert yen["142034"] == sum(int(row["cost_yen"]) for row in listed)


@pytest.mark.parametrize(
    ("question", "query", "columns"),
    [
        ("CQ03", "prefectural-funds", ("name", "millionYen")),
        ("CQ06", "completed-measures", ("number",)),
        ("CQ07", "relistings", ("number", "original")),
        ("CQ28", "izumi-sections", ("section", "projects")),
        ("CQ19", "citations", ("citing", "cited")),
        ("CQ24", "projects-by-ward", ("ward", "projects")),
    ],
)
def test_questions_with_known_answers(question: str, query: str, columns: tuple[str, ...], ask: Ask) -> None:
    wanted = {tuple(map(folded, e if isinstance(e, list) else [e])) for e in expected_answer(question)}
    assert {tuple(folded(row[c]) for c in columns) for row in ask(query)} == wanted


def test_building_again_gives_the_same_bytes(built: Path, cli: Cli) -> None:
    before = json.loads(cli("build", "--json", "--project", built).out)
    quads = built / ".govgraph" / "snapshots" / before["id"] / "quads.nq.gz"
    first = quads.read_bytes()
    shutil.rmtree(built / ".govgraph")
    after = json.loads(cli("build", "--json", "--project", built).out)
    assert after["id"] == before["id"]
    assert quads.read_bytes() == first


def test_partners_are_found_by_any_spelling_and_consortia_by_their_members(ask: Ask) -> None:
    partners = {row["name"]: row for row in ask("names-of-partners")}
    sector = partners["認定特定非営利活動法人市民セクターよこはま"]
    assert sector["legalForm"] == "認定特定非営利活動法人"
    assert {"市民セクターよこはま", "認定NPO法人市民セクターよこはま"} <= set(
        sector["spellings"].split(" | ")
    )
    members = [(row["member"], row["legalForm"]) for row in ask("consortium-members")]
    assert len(members) == 9
    assert ("凸版印刷株式会社", "株式会社") in members


def test_sections_stand_below_their_office(ask: Ask) -> None:
    rows = ask("sections-by-office")
    assert len(rows) == len({row["section"] for row in rows}) == 129
    assert len([row for row in rows if row["office"] == "泉区"]) == 6
    assert len([row for row in rows if row["name"].endswith("図書館")]) == 10


def test_partners_by_agreement(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "partners.rq"
    query.write_text(
        """
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?partner WHERE {
          <https://w3id.org/govgraph/id/measure/hiratsuka-covid-2020/42> gg:partner/rdfs:label ?partner .
          FILTER (LANG(?partner) = "ja")
        }""",
        encoding="utf-8",
    )
    assert {row["partner"] for row in ask(str(query))} == {
        "平塚信用金庫",
        "平塚商工会議所",
        "神奈川県信用保証協会",
    }


def test_a_measure_belongs_to_every_pillar_above_it(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "levels.rq"
    query.write_text(
        """
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        SELECT ?measure ?above WHERE {
          ?measure a gg:Measure ; dcterms:isPartOf ?node .
          ?node dcterms:isPartOf ?above .
          FILTER NOT EXISTS { ?node a gg:Measure }
          FILTER NOT EXISTS { ?measure dcterms:isPartOf ?above }
        }""",
        encoding="utf-8",
    )
    assert ask(str(query)) == []


def test_english_names_are_of_things_with_a_japanese_name(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "english.rq"
    query.write_text(
        """
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?thing ?name WHERE {
          GRAPH <https://w3id.org/govgraph/graph/reference> { ?thing rdfs:label ?name }
          FILTER (LANG(?name) = "en")
          FILTER NOT EXISTS { ?thing rdfs:label ?japanese FILTER (LANG(?japanese) = "ja") }
        }""",
        encoding="utf-8",
    )
    assert ask(str(query)) == []
    query.write_text(
        """
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?thing WHERE {
          VALUES ?class { gg:SourceDocument gg:Plan gg:PolicyPillar gg:Ordinance gg:Meeting gg:Committee }
          ?thing a ?class
          FILTER NOT EXISTS { ?thing rdfs:label ?name FILTER (LANG(?name) = "en") }
        }""",
        encoding="utf-8",
    )
    assert ask(str(query)) == []


def test_fiscal_years_by_their_number(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "years.rq"
    query.write_text(
        """
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        PREFIX schema: <https://schema.org/>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?year ?start ?end WHERE {
          ?fy a gg:FiscalYear ; rdf:value ?year ; schema:startDate ?start ; schema:endDate ?end .
          FILTER (?year > "2018"^^xsd:gYear && ?year < "2020"^^xsd:gYear)
        }""",
        encoding="utf-8",
    )
    assert [tuple(row.values()) for row in ask(str(query))] == [("2019", "2019-04-01", "2020-03-31")]


@pytest.mark.parametrize(
    ("query", "parameter", "entity", "column", "value"),
    [
        ("ward-courses", "ward", "lg/141011", "ward", "鶴見区"),
        ("projects-by-section", "office", "lg/141011", "office", "鶴見区"),
        ("measures-by-phase", "city", "lg/142018", "city", "横須賀市"),
        ("new-budget-measures", "year", "fy/2020", "year", "令和2年度"),
    ],
)
def test_a_parameter_leaves_the_rows_that_it_is_about(
    query: str, parameter: str, entity: str, column: str, value: str, ask: Ask
) -> None:
    every = ask(query)
    some = ask(query, "--param", f"{parameter}=https://w3id.org/govgraph/id/{entity}")
    assert 0 < len(some) < len(every)
    assert some == [row for row in every if row[column] == value]
