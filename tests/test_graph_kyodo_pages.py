"""Contracts, costs, committee and fund of Yokohama's report, as the graph of this repository tells them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, SHARED, Ask

RECORDS = REPOSITORY / "records" / "yokohama-kyodo-2020"
LINES = "003_b2e81d190be0c110.txt"


def read(table: str) -> list[dict[str, str]]:
    with (RECORDS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_page_belongs_to_the_project_of_its_number_and_keeps_its_key() -> None:
    projects = {row["key"]: row for row in read("projects")}
    pages = read("pages")
    assert [row["number"] for row in pages] == list("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛")
    for row in pages:
        assert row["key"] == row["project"]
        assert row["number"] == projects[row["key"]]["number"]
    assert [row["page"] for row in pages[:3]] == ["11", "12", "13"]
    assert next(row["page"] for row in pages if row["number"] == "⑭") == "24～25"


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("parties", ("name_printed",)),
        ("costs", ("cost_printed", "kind_printed")),
        ("lectures", ("ward_printed", "name_printed", "cost_printed", "participants")),
        ("lecture_parties", ("name_printed",)),
        ("bases", ("name_printed", "party_printed")),
        ("affiliations", ("organisation_printed", "role_printed")),
        ("fund_amounts", ("count_printed", "amount_printed")),
        ("fund_statements", ("amount_printed",)),
        ("trainings", ("name_printed", "participants_printed")),
        ("usage_counts", ("count", "measure_printed")),
    ],
)
def test_what_a_record_prints_stands_in_its_lines(table: str, columns: tuple[str, ...], seeds: Path) -> None:
    lines = (seeds / LINES).read_text(encoding="utf-8").split("\n")
    for row in read(table):
        text = squeezed("".join(lines[int(row["first_line"]) - 1 : int(row["last_line"])]))
        for column in columns:
            assert squeezed(row[column]) in text, (table, row["key"], column)


def test_contracts_and_their_parties(ask: Ask) -> None:
    rows = ask("contract-parties")
    by_project = Counter(row["project"] for row in rows)
    assert len(rows) == 78
    assert len(by_project) == 31
    assert by_project["横浜市自治会町内会新しい活動スタイル応援事業"] == 17
    assert by_project["地域子育て支援拠点事業"] == 18
    assert by_project["瀬谷区寄り添い型生活支援事業"] == 2
    (station,) = (row for row in rows if row["project"].startswith("星川駅"))
    assert set(station["parties"].split("、")) == {
        "株式会社相鉄アーバンクリエイツ",
        "株式会社相鉄ビルマネジメント",
    }
    assert {frozenset(row["articles"].split()) for row in rows} == {
        frozenset({"9", "12"}),
        frozenset({"10", "12"}),
    }
    assert sum("10" in row["articles"].split() for row in rows) == 4


def test_costs_with_the_kind_that_is_printed(ask: Ask) -> None:
    rows = ask("contract-costs")
    assert len({row["name"] for row in rows}) == 30, "⑭ prints no cost of its own"
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["負担金"], kinds["補助金"]) == (6, 2)
    (walking,) = (row for row in rows if "ウォーキング" in row["name"])
    assert (walking["yen"], walking["kind"], walking["printed"]) == (
        "336327205",
        "事業費",
        "負担金等事業全体",
    )


def test_projects_with_a_cost_sharing_contribution_alone(ask: Ask) -> None:
    path = SHARED / "design" / "questions.json"
    if not path.is_file():
        pytest.skip("needs the questions in ../shared/design, which are not here")
    questions = json.loads(path.read_text(encoding="utf-8"))
    expected = next(q for q in questions if q["id"] == "CQ21")["expected"]
    rows = ask("cost-sharing-contributions")
    assert {(row["name"], int(row["yen"])) for row in rows} == {(name, yen) for name, yen in expected}


def test_a_contract_type_stands_only_where_it_is_printed() -> None:
    assert [row["name"] for row in read("parties") if row["contract_type"]] == ["株式会社ウィルパートナーズ"]


def test_what_the_wards_did(ask: Ask) -> None:
    rows = {row["ward"]: row for row in ask("ward-courses")}
    assert len(rows) == 18
    assert {ward for ward, row in rows.items() if row["status"]} == {"保土ケ谷区", "金沢区", "栄区"}
    assert rows["栄区"]["yen"] == ""
    assert (rows["鶴見区"]["yen"], rows["鶴見区"]["sessions"], rows["鶴見区"]["participants"]) == (
        "906000",
        "6",
        "16",
    )


def test_committee_and_its_meetings(ask: Ask) -> None:
    members = ask("committee")
    assert len({row["member"] for row in members}) == 8
    assert [row["member"] for row in members if row["role"] == "委員長"] == ["中島智人"]
    assert {row["organisation"] for row in members if row["member"] == "林重克"} == {
        "特定非営利活動法人オールさこんやま",
        "旭区連合自治会町内会連絡協議会",
    }
    days = Counter(row["day"] for row in ask("committee-meetings"))
    assert days == {"2020-07-02": 1, "2020-09-17": 3, "2020-12-22": 3, "2021-03-23": 1}


def test_donations_and_grants(ask: Ask) -> None:
    rows = {(row["measure"], row["giver"]): row for row in ask("fund-donations-and-grants")}
    fund = "横浜市市民活動推進基金への寄附"
    assert (rows[fund, ""]["cases"], rows[fund, ""]["yen"]) == ("721", "36046827")
    givers = [row for (measure, giver), row in rows.items() if measure == fund and giver]
    assert sum(int(row["yen"]) for row in givers) == 36046827
    registered = rows["よこはま夢ファンド登録団体助成金", ""]
    assert (registered["cases"], registered["yen"]) == ("40", "23852179")
    assert len(rows) == 8


def test_slips_of_the_document_are_told(ask: Ask) -> None:
    rows = ask("source-discrepancies")
    told = {(row["kind"], row["stated"], row["computed"]) for row in rows}
    assert ("numbering", "⑬", "⑯") in told
    assert ("spelling", "みんな", "みんかな") in told
    assert ("spelling", "株式会社相鉄アーバンクリエイティブ", "株式会社相鉄アーバンクリエイツ") in told
    assert ("arithmetic", "13", "14") in told
    assert ("numbering", "⑳", "㉛") in told
    assert ("spelling", "ホテルの舞う里づくり", "ホタルの舞う里づくり") in told
    assert sum(row["kind"] == "numbering" for row in rows if "協働" in row["document"]) == 14
