"""The eight cities in the graph: meetings, agreements, figures and an ordinance."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Ask, Cli, expected_answer
from tests.test_extract_seeds import rows

CITIES = "eight-cities-2021"


def test_elderly_share_above_a_quarter(ask: Ask) -> None:
    found = {(r["city"], Decimal(r["share"])) for r in ask("cities-by-elderly-share", "--param", "above=25")}
    assert found == {(city, Decimal(str(share))) for city, share in expected_answer("CQ12")}


def test_populations_add_up_to_the_printed_total() -> None:
    population = rows(CITIES, "population")
    total = population.pop("2015-eight-cities")
    assert sum(int(row["population"]) for row in population.values()) == int(total["population"])
    assert len(population) == 8


def test_days_of_the_directors_general_meetings(ask: Ask) -> None:
    meetings = [row for row in ask("meetings-of-the-cities") if "部局長級" in row["series"]]
    assert {row["date"] for row in meetings} == set(expected_answer("CQ14"))
    years = [(row["fiscalYear"], row["ordinal"]) for row in meetings]
    assert years == [
        ("平成30年度", "1"),
        *[("令和元年度", n) for n in "123"],
        *[("令和2年度", n) for n in "123"],
    ]


def test_the_ordinance_of_yamato(ask: Ask) -> None:
    (row,) = ask("ordinances", "--param", "since=2020-04-01")
    expected = expected_answer("CQ16")
    assert [row["title"], row["date"], row["number"], int(row["articles"])] == expected
    assert row["passedBy"] == "大和市"


def test_attendees(ask: Ask) -> None:
    attendees = {row["city"]: (row["role"], row["name"]) for row in ask("attendees")}
    assert len(attendees) == 8
    assert attendees["川崎市"] == ("副市長", "伊藤弘")
    assert attendees["逗子市"] == ("市長", "桐ヶ谷覚")


def test_library_agreements(ask: Ask) -> None:
    assert [(row["start"], set(row["cities"].split("・"))) for row in ask("library-agreements")] == [
        ("2019-05", {"大和市", "逗子市"}),
        ("2020-11", {"横浜市", "町田市"}),
        ("2021-04", {"横浜市", "逗子市"}),
    ]


def test_survey_responses_add_up(ask: Ask) -> None:
    answers = ask("survey-responses")
    total = next(int(row["answers"]) for row in answers if row["area"] == "8市")
    cities = {row["area"]: int(row["answers"]) for row in answers if not row["partOf"]}
    assert total == 3500 == sum(n for area, n in cities.items() if area != "8市")
    for city in ("横浜市", "川崎市"):
        assert sum(int(row["answers"]) for row in answers if row["partOf"] == city) == cities[city]


@pytest.mark.parametrize("table", ["articles", "attendances", "meetings", "population", "agreements"])
def test_anchors_lead_to_the_printed_lines(table: str, seeds: Path) -> None:
    lines = (seeds / "002_38b6795e8be736d3.txt").read_text(encoding="utf-8").split("\n")
    column = {"articles": "caption", "attendances": "name_printed", "meetings": "date_printed"}
    column |= {"population": "population_printed", "agreements": "start_printed"}
    for row in rows(CITIES, table).values():
        printed = "\n".join(lines[int(row["first_line"]) - 1 : int(row["last_line"])])
        assert row[column[table]] in printed


def test_years_of_yokosukas_priority_measures(ask: Ask) -> None:
    years: dict[tuple[str, str], list[str]] = {}
    for row in ask("priority-measures"):
        years.setdefault((row["policyNumber"], row["number"]), []).append(row["fiscalYear"])
    assert years["方針1", "①"] == ["令和2年度", "令和3年度", "令和4年度"]
    assert years["方針4", "②"] == ["令和2年度", "令和3年度", "令和4年度", "令和元年度"]
    assert years["方針2", "④"] == ["令和2年度"]
    assert ("方針1", "④") not in years
    assert len(rows(CITIES, "priorities")) == 18


def test_activities_of_yokosuka_by_phase() -> None:
    phases = [(row["fiscal_year"], row["phase"]) for row in rows(CITIES, "activities").values()]
    assert phases.count(("2020", "past")) == 19
    assert phases.count(("2021", "planned")) == 17


def test_figures_and_amounts_of_measures(ask: Ask) -> None:
    found = {(r["city"], r["about"], Decimal(r["value"]), r["unit"]) for r in ask("figures-of-measures")}
    assert {
        ("川崎市", "押印を求めている申請書等", Decimal(4508), "件"),
        ("川崎市", "押印を廃止", Decimal(3928), "件"),
        ("川崎市", "押印が必要", Decimal(580), "件"),
        ("川崎市", "ネット窓口かわさき", Decimal(150), "申請手続等"),
        ("川崎市", "小学校", Decimal(83000), "台"),
        ("藤沢市", "サテライトオフィス等の整備に対する補助金（事業者）", Decimal(2000000), "万円"),
        ("大和市", "介護保険事業者等へのPCR検査費用の一部助成（助成金額）", Decimal(2144748), "円"),
        ("町田市", "シンクライアントシステム", Decimal(3135), "台"),
        ("横須賀市", "手続き", Decimal(51), "手続き"),
        ("横須賀市", "登録数", Decimal(3500), "ユーザ"),
        ("横須賀市", "会議室他", Decimal(50), "ヶ所"),
        ("横須賀市", "介護/国保/番号連携/税系", Decimal(4), "事業"),
    } <= found
    assert len(rows(CITIES, "activity_figures")) == 10


def test_phases_are_those_that_are_printed(ask: Ask) -> None:
    phases = {(row["city"], row["measure"]): (row["phase"], row["start"]) for row in ask("measures-by-phase")}
    assert phases["川崎市", "窓口におけるキャッシュレスの推進"] == ("planned", "2021-10")
    assert phases["藤沢市", "海岸でのドローンパトロール"] == ("past", "2020-07-18")
    assert phases["町田市", "窓口申請支援システムの導入"] == ("planned", "2021-11")
    assert phases["大和市", "こども宅食やまと"] == ("planned", "")
    assert ("大和市", "大和市おもいやりマスク着用条例の制定") not in phases
    assert ("町田市", "チャットシステム") not in phases


def test_shares_that_rounding_moved_off_the_whole_and_a_misspelt_name() -> None:
    found = rows(CITIES, "discrepancies").values()
    told = {(row["first_line"], row["kind"], row["stated"], row["computed"]) for row in found}
    trials = "窓口案内ロボット、AI相談の実証"
    assert told == {
        ("260", "rounding", "100", "100.1"),
        ("263", "rounding", "100", "99.9"),
        ("266", "rounding", "100", "100.1"),
        ("841", "spelling", f"{trials}事件", f"{trials}実験"),
    }


def test_headings_of_the_directors_general_meetings() -> None:
    held = {row["date"]: row["heading"] for row in rows(CITIES, "meetings").values()}
    assert held["2019-01-23"] == "平成30年度"
    assert held["2019-09-03"] == held["2020-01-27"] == "令和元年度"


def test_what_the_areas_are_made_of() -> None:
    members = [(row["area"], row["name"]) for row in rows(CITIES, "area_members").values()]
    assert [area for area, _ in members].count("nagoya-and-16-neighbours") == 17
    assert [name for area, name in members if area == "osaka-and-11-neighbours"][0::11] == [
        "大阪市",
        "尼崎市",
    ]


def test_laws_that_are_cited() -> None:
    cited = {(row["law"], row["article"]) for row in rows(CITIES, "cited_laws").values()}
    assert cited == {("322AC0000000067", ""), ("2000-144", "11"), ("1999-224", "1")}


def test_reading_again_changes_nothing(cli: Cli, seeds: Path, tmp_path: Path) -> None:
    here, records = REPOSITORY / "records" / CITIES, tmp_path / "records" / CITIES
    records.mkdir(parents=True)
    shutil.copy(REPOSITORY / "govgraph.yml", tmp_path)
    shutil.copytree(REPOSITORY / "mappings" / CITIES, tmp_path / "mappings" / CITIES)
    for curated in ("keys.csv", "corrections.csv"):
        shutil.copy(here / curated, records)
    document = seeds / "002_38b6795e8be736d3.txt"
    ran = cli("extract", CITIES, document, "--project", tmp_path, "--report", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["report"]["share_not_understood"] <= 0.15
    assert {p.name: p.read_bytes() for p in records.iterdir()} == {
        p.name: p.read_bytes() for p in here.glob("*.csv")
    }


def test_municipalities_of_an_area(ask: Ask) -> None:
    found = ask("area-members")
    members = [row["municipality"] for row in found if row["area"].startswith("名古屋市")]
    assert len(members) == 17
    assert {"名古屋市", "飛島村", "あま市"} <= set(members)
    assert {row["squareKilometres"] for row in found} == {"835.95", "676.54"}


def test_figures_of_what_yokosuka_did(ask: Ask) -> None:
    lines = {row["first_line"] for row in rows(CITIES, "activity_figures").values()}
    found = [row for row in ask("figures-of-measures") if row["line"] in lines]
    assert {(row["stated"], row["unit"]) for row in found} >= {
        ("3,500", "ユーザ"),
        ("51", "手続き"),
        ("約50", "ヶ所"),
    }
    assert {row["city"] for row in found} == {"横須賀市"}
