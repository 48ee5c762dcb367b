"""Policy 2 of Izumi Ward: its records, and what the graph says of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from govgraph.documents import read_table
from tests.conftest import REPOSITORY, Ask

RECORDS = REPOSITORY / "records" / "izumi-budget-2021"


def test_sums() -> None:
    (policy,) = read_table(RECORDS / "policies.csv")
    projects, parts = read_table(RECORDS / "projects.csv"), read_table(RECORDS / "subprojects.csv")
    assert len(projects) == int(policy["projects"]) == 12
    assert (policy["total_yen"], policy["prior_yen"]) == ("26397000", "23967000")
    assert sum(int(row["amount_yen"]) for row in projects) == 26_397_000
    assert sum(int(row["amount_yen"]) for row in parts) == 23_397_000
    of_project = Counter[str]()
    for row in parts:
        of_project[row["project"]] += int(row["amount_yen"])
    assert of_project == {r["key"]: int(r["amount_yen"]) for r in projects if r["key"] != "12"}


def test_a_name_over_two_lines_and_marks_apart() -> None:
    projects = {row["key"]: row for row in read_table(RECORDS / "projects.csv")}
    assert projects["2"]["name"] == "地域を支えるICT活用推進事業"
    assert (projects["2"]["first_line"], projects["2"]["amount_printed"]) == ("84", "２，９００")
    marks = {r["key"]: (r["first_flag"], r["second_flag"]) for r in read_table(RECORDS / "marks.csv")}
    assert marks == {"1": ("priority", ""), "2": ("priority", "new"), "12": ("expanded", "")}


def test_projects(ask: Ask) -> None:
    rows = ask("izumi-projects")
    assert [row["number"] for row in rows] == [str(n) for n in range(1, 13)]
    assert sum(int(row["yen"]) for row in rows) == 26_397_000
    assert sum(int(row["sum"]) for row in rows) == 23_397_000
    assert sum(int(row["parts"]) for row in rows) == 27
    assert (rows[-1]["name"], rows[-1]["parts"]) == ("泉区民ふれあいまつり支援事業", "0")


def test_parts_with_a_title_of_their_own(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "parts.rq"
    query.write_text(
        """
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?above ?name ?line WHERE {
          GRAPH <https://w3id.org/govgraph/graph/izumi-budget-2021> {
            ?part dcterms:isPartOf ?measure ; rdfs:label ?name . ?measure a gg:Measure ; rdfs:label ?above
          }
          FILTER NOT EXISTS { ?part gg:amount ?amount }
          ?part prov:wasDerivedFrom/gg:firstLine ?line
        } ORDER BY ?line""",
        encoding="utf-8",
    )
    assert [tuple(row.values()) for row in ask(str(query))] == [
        ("地域向け支援", "地域活動ICT環境整備助成事業", "112"),
        ("地域向け支援", "講座開催・開催支援", "118"),
        ("元気な地域づくり推進事業", "人財バンク事業", "377"),
        ("元気な地域づくり推進事業", "区民活動支援事業", "385"),
    ]


def test_figures(ask: Ask) -> None:
    found = {(r["name"], r["what"], r["value"]) for r in ask("measure-figures")}
    assert found >= {
        ("ごみ減量化活動支援事業", "連合自治会町内会12地区", "12"),
        ("地域の子ども交流支援事業", "5方面", "5"),
    }


def test_year_on_year(ask: Ask) -> None:
    (row,) = ask("year-on-year")
    assert (row["year"], row["yen"], row["yearBefore"], row["yenBefore"], row["change"]) == (
        "令和3年度",
        "26397000",
        "令和2年度",
        "23967000",
        "2430000",
    )


def test_projects_of_other_budgets(ask: Ask) -> None:
    rows = ask("outside-amounts")
    assert Counter((r["source"], r["office"]) for r in rows) == {
        ("区配", "市民局"): 6,
        ("区配", "経済局"): 1,
        ("区配", "国際局"): 1,
        ("統合事業費", "泉区"): 3,
    }
    assert {r["name"]: r["yen"] for r in rows if r["yen"]} == {
        "スポーツ推進委員支援事業": "3324000",
        "クリーンタウン横浜事業": "838000",
        "青少年指導員事業": "1671000",
    }


def test_marks(ask: Ask) -> None:
    rows = {r["name"]: r for r in ask("marked-measures") if r["year"] == "令和3年度"}
    assert {
        "地域力支援事業": "重点",
        "地域を支えるICT活用推進事業": "新規・重点",
        "地域活動継続のための取組支援": "新規",
        "泉区民ふれあいまつり支援事業": "拡充",
    }.items() <= {name: row["marks"] for name, row in rows.items()}.items()
    assert set(rows["地域力支援事業"]["offices"].split("、")) == {"区政推進課", "福祉保健課", "地域振興課"}


def test_a_project_of_another_budget_stands_after_a_project(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "after.rq"
    query.write_text(
        """
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        SELECT ?number (COUNT(?other) AS ?others) WHERE {
          GRAPH <https://w3id.org/govgraph/graph/izumi-budget-2021> {
            ?project a gg:Measure ; dcterms:identifier ?number ; gg:relatedMeasure ?other
          }
        } GROUP BY ?number""",
        encoding="utf-8",
    )
    counts = {row["number"]: row["others"] for row in ask(str(query))}
    assert counts == {"1": "1", "4": "3", "5": "1", "7": "4", "9": "1", "12": "1"}
