"""The eight cities in the graph: meetings, agreements, figures and an ordinance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from govgraph.documents.normalize import fold_label
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
        (
            "藤沢市",
            "テレワークの導入とサテライトオフィス等の整備に対する補助金（中小企業者）",
            Decimal(300000),
            "万円",
        ),
        ("藤沢市", "売上高", Decimal(20), "%以上"),
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
    assert phases["大和市", "介護保険事業者等へのPCR検査費用の一部助成"][0] == "past"
    assert phases["川崎市", "首脳会議でのオンライン会議実施"][0] == "past"
    assert ("大和市", "大和市おもいやりマスク着用条例の制定") not in phases
    assert ("町田市", "チャットシステム") not in phases


def test_shares_that_rounding_moved_off_the_whole_and_slips_of_number_and_name() -> None:
    found = rows(CITIES, "discrepancies").values()
    told = {(row["first_line"], row["kind"], row["stated"], row["computed"]) for row in found}
    trials = "窓口案内ロボット、AI相談の実証"
    assert told == {
        ("260", "rounding", "100", "100.1"),
        ("263", "rounding", "100", "99.9"),
        ("266", "rounding", "100", "100.1"),
        ("426", "numbering", "⑬", "⑯"),
        ("841", "spelling", f"{trials}事件", f"{trials}実験"),
        ("931", "spelling", "こども青少年課窓口改革WG", "こども青少年給付課窓口改革WG"),
        ("967", "spelling", "生活保護・医療兼ペーパーレス", "生活保護・医療券ペーパーレス"),
        ("1023", "spelling", "既存の基幹系システム機器公開", "既存の基幹系システム機器更改"),
        ("1155", "spelling", "Soceity5.0", "Society5.0"),
    }


def test_what_is_misspelt_is_published_as_printed(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "misspelt.rq"
    query.write_text(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX gg: <https://w3id.org/govgraph/ns#>"
        " PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX oa: <http://www.w3.org/ns/oa#>"
        " SELECT ?stated ?label ?meant WHERE { ?d a gg:SourceDiscrepancy ; oa:hasTarget ?m ;"
        ' gg:stated ?stated ; gg:discrepancyKind "spelling" .'
        " ?m a gg:Measure ; rdfs:label ?label ; skos:altLabel ?meant"
        ' FILTER(CONTAINS(STR(?m), "eight-cities")) }',
        encoding="utf-8",
    )
    found = ask(str(query))
    assert len(found) == 4
    assert all(row["label"] == row["stated"] != row["meant"] for row in found)


def test_slides_in_their_order() -> None:
    slides = list(rows(CITIES, "slides").values())
    assert [row["number"] for row in slides] == list("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯")
    assert [row["first_line"] for row in slides if row["number_printed"] == "⑬"] == ["382", "426"]


def test_what_cities_do_together(ask: Ask) -> None:
    found = {
        row["measure"]: (set(row["cities"].split("・")), row["line"])
        for row in ask("joint-measures-of-cities")
    }
    assert found == {
        "サイクルスタンプラリー": ({"横浜市", "横須賀市"}, "142"),
        "音楽イベントへの相互参加": ({"横浜市", "横須賀市"}, "143"),
        "横浜市と鎌倉市の市境のハイキングコースに案内看板を共同設置": ({"横浜市", "鎌倉市"}, "156"),
        "藤沢市、町田市の職員・市民向け研修会への参加": ({"藤沢市", "町田市"}, "158"),
    }
    seminars = [row for row in rows(CITIES, "cooperations").values() if row["parent"] == "yokohama-seminars"]
    assert [row["first_line"] for row in seminars] == ["147", "148", "149", "150", "151", "152"]


def test_partners_of_fujisawa(ask: Ask) -> None:
    partners: dict[str, set[str]] = {}
    for row in ask("partners-of-cities"):
        assert row["city"] == "藤沢市"
        partners.setdefault(row["measure"], set()).add(row["partner"])
    assert partners == {
        "飲食店への「つなぎ融資」": {"藤沢商工会議所", "かながわ信用金庫"},
        "DX ENOTOWN": {"株式会社テンアップ"},
        "海岸でのドローンパトロール": {
            "慶應義塾大学SFC研究所ドローン社会共創コンソーシアム",
            "FLYING BEACH GUARDIANS",
        },
        "新型コロナワクチン接種藤沢モデル": {"藤沢市医師会", "藤沢市薬剤師会", "藤沢商工会議所"},
    }


def test_groups_of_yokosuka_and_their_priorities(ask: Ask) -> None:
    groups = {row["group"]: row for row in ask("priorities-of-the-year")}
    assert len(groups) == 16
    assert {row["fiscalYear"] for row in groups.values()} == {"令和3年度"}
    assert {group for group, row in groups.items() if row["priority"] == "true"} == {
        "福祉部業務研究WG",
        "電子申請（e-kanagawa）導入",
        "デジタル・ガバメント広域研究会",
        "全庁系システム導入による最適化",
        "押印省略の推進",
        "自治体システムの標準化の推進",
    }
    assert set(groups["住民異動窓口研究WG"]["sections"].split("・")) == {
        "窓口サービス課",
        "デジタルガバメント推進室",
    }
    assert set(groups["オフィス改革の推進"]["sections"].split("・")) == {
        "人材育成担当課",
        "総務課",
        "情報システム課",
    }
    entries = [row["task"].rsplit("-", 2)[-2:] for row in rows(CITIES, "task_entries").values()]
    assert len(entries) == 21
    assert entries.count(["5", "4"]) == 4


def test_years_of_fujisawas_guideline(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "guidelines.rq"
    query.write_text(
        "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        " SELECT ?plan ?year WHERE { ?p a gg:Plan ; rdfs:label ?plan ; gg:period ?period ;"
        ' gg:fiscalYear/gg:eraLabel ?year FILTER(LANG(?plan) = "ja") } ORDER BY ?year',
        encoding="utf-8",
    )
    assert [(row["plan"], row["year"]) for row in ask(str(query))] == [
        ("藤沢市市政運営の総合指針2024", f"令和{n}年度") for n in (3, 4, 5, 6)
    ]


def test_the_guideline_by_which_the_prefecture_sends_staff(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "dispatch.rq"
    query.write_text(
        "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        " PREFIX cv: <http://data.europa.eu/m8g/>"
        " SELECT ?measure ?rule WHERE { ?guideline a gg:Guideline . ?m cv:hasLegalResource ?guideline, ?law ;"
        ' rdfs:label ?measure . ?law rdfs:label ?rule FILTER(LANG(?rule) = "ja") } ORDER BY ?rule',
        encoding="utf-8",
    )
    name = "神奈川県市町村専門職員派遣要綱"
    assert {(row["measure"], row["rule"]) for row in ask(str(query))} == {
        (f"{name}による職員派遣", "地方自治法"),
        (f"{name}による職員派遣", name),
    }


def test_sections_of_other_offices_with_the_same_name_are_not_meant(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "sections.rq"
    query.write_text(
        "PREFIX prov: <http://www.w3.org/ns/prov#> SELECT DISTINCT ?section WHERE {"
        " GRAPH <https://w3id.org/govgraph/graph/eight-cities-2021> { ?m prov:wasAssociatedWith ?section } }",
        encoding="utf-8",
    )
    found = {row["section"].partition("/id/")[2] for row in ask(str(query))}
    assert found == {
        "lg/142018/unit/sogyo-shin-sangyo-shien",
        "lg/142018/unit/toshi-senryaku",
        "lg/142018/unit/somu/somu",
    }


def test_each_measures_printed_name_stands_in_the_lines_of_its_source(
    ask: Ask, seeds: Path, tmp_path: Path
) -> None:
    query = tmp_path / "names.rq"
    query.write_text(
        "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        " PREFIX prov: <http://www.w3.org/ns/prov#>"
        " SELECT ?m ?label ?first ?last WHERE { GRAPH <https://w3id.org/govgraph/graph/eight-cities-2021> {"
        " ?m a gg:Measure ; rdfs:label ?label } ?m prov:wasDerivedFrom ?anchor ."
        ' ?anchor gg:firstLine ?first ; gg:lastLine ?last FILTER(LANG(?label) = "ja") }',
        encoding="utf-8",
    )
    lines = (seeds / "002_38b6795e8be736d3.txt").read_text(encoding="utf-8").split("\n")
    stands: dict[tuple[str, str], bool] = {}
    for row in ask(str(query)):
        printed = fold_label(" ".join(lines[int(row["first"]) - 1 : int(row["last"])]))
        name = (row["m"], row["label"])
        stands[name] = stands.get(name, False) or row["label"] in printed
    assert len(stands) == 226
    assert [name for name, found in stands.items() if not found] == []


def test_new_infections_in_yamato(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "infections.rq"
    query.write_text(
        "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        " PREFIX dim: <http://purl.org/linked-data/sdmx/2009/dimension#>"
        " PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#>"
        " SELECT ?area ?period ?age ?cases WHERE { ?o a gg:StatisticObservation ; measure:obsValue ?cases ;"
        " gg:indicator <https://w3id.org/govgraph/concept/indicator/covid-19-cases> ; dim:refPeriod ?period ;"
        ' dim:refArea/rdfs:label ?area OPTIONAL { ?o dim:age ?age } FILTER(LANG(?area) = "ja") }',
        encoding="utf-8",
    )
    found = {
        (row["period"], row["age"]): int(row["cases"]) for row in ask(str(query)) if row["area"] == "大和市"
    }
    assert len(found) == 19
    assert found["2021-01", ""] == 795
    ages = [cases for (period, age), cases in found.items() if age and period == "2020-12-01/2021-02-04"]
    assert len(ages) == 9
    # The two whole months of those days have some fewer.
    assert sum(ages) - found["2020-12", ""] - found["2021-01", ""] == 27


PREFIXES = (
    "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
    " PREFIX schema: <https://schema.org/> PREFIX dcterms: <http://purl.org/dc/terms/>"
    " PREFIX prov: <http://www.w3.org/ns/prov#>"
    " PREFIX indicator: <https://w3id.org/govgraph/concept/indicator/>"
    " PREFIX dim: <http://purl.org/linked-data/sdmx/2009/dimension#>"
    " PREFIX measure: <http://purl.org/linked-data/sdmx/2009/measure#> "
)


@pytest.fixture
def told(ask: Ask, tmp_path: Path) -> Callable[[str], set[tuple[str, ...]]]:
    """Runs a query of text and gives its distinct rows."""

    def run(query: str) -> set[tuple[str, ...]]:
        path = tmp_path / "told.rq"
        path.write_text(PREFIXES + query, encoding="utf-8")
        return {tuple(row.values()) for row in ask(str(path))}

    return run


Told = Callable[[str], set[tuple[str, ...]]]


def test_staff_that_yamato_sent_to_the_health_centre(told: Told) -> None:
    found = told(
        "SELECT ?label ?value ?unit WHERE { ?m rdfs:label '市職員11人を緊急派遣'@ja ;"
        " gg:figure ?f . ?f rdfs:label ?label ; schema:value ?value ; gg:statedUnit ?unit }"
    )
    assert found == {("職員", "11", "人"), ("保健師", "5", "人"), ("事務職員", "6", "人")}
    nurses = told(
        "SELECT ?area ?year ?value WHERE { ?o gg:indicator indicator:public-health-nurses ;"
        " dim:refArea/rdfs:label ?area ; dim:refPeriod ?year ; measure:obsValue ?value"
        " FILTER(LANG(?area) = 'ja') }"
    )
    assert nurses == {("大和市", "2020", "21.8")}
    reach = told(
        "SELECT ?label ?value ?stated WHERE { ?m rdfs:label 'チラシ、ポスターによる情報発信'@ja ;"
        " gg:figure ?f . ?f rdfs:label ?label ; schema:value ?value ; gg:statedValue ?stated }"
    )
    assert reach == {("全戸", "110000", "約11万"), ("広報PRボード（掲示板）", "244", "244")}


def test_terms_of_the_vouchers(told: Told) -> None:
    amounts = told(
        "SELECT ?label ?yen ?per WHERE { ?m rdfs:label ?name ; gg:amount ?a . ?a rdfs:label ?label ;"
        " schema:value ?yen ; gg:scope 'unit' OPTIONAL { ?a schema:unitText ?per }"
        " FILTER(?name IN ('ふじさわ元気回復プレミアム商品券'@ja, 'ひとり親家庭等生活支援事業'@ja)) }"
    )
    assert amounts == {
        ("ふじさわ元気回復プレミアム商品券（1冊の購入価格）", "5000", "冊"),
        ("ふじさわ元気回復プレミアム商品券（1冊の利用額）", "6500", "冊"),
        ("ひとり親家庭等生活支援事業（8月の給付金）", "30000", ""),
        ("ひとり親家庭等生活支援事業（8月の商品券）", "5000", ""),
        ("ひとり親家庭等生活支援事業（10月の給付金）", "30000", ""),
    }
    assert ("1人が購入できる冊数の上限", "4", "冊") in told(
        "SELECT ?label ?value ?unit WHERE { ?m rdfs:label 'ふじさわ元気回復プレミアム商品券'@ja ;"
        " gg:figure ?f . ?f rdfs:label ?label ; schema:value ?value ; gg:statedUnit ?unit }"
    )


def test_days_of_disasters_and_periods_of_vouchers(told: Told) -> None:
    found = told(
        "SELECT ?label ?start ?end WHERE { GRAPH <https://w3id.org/govgraph/graph/eight-cities-2021>"
        " { ?m dcterms:temporal ?p . ?p rdfs:label ?label ; schema:startDate ?start ; schema:endDate ?end } }"
    )
    assert found == {
        ("令和元年5月21日被災", "2019-05-21", "2019-05-21"),
        ("令和2年7月19日再被災", "2020-07-19", "2020-07-19"),
        ("令和2年2月5日被災", "2020-02-05", "2020-02-05"),
        ("購入申込（2020年 9月1日~10月3日）", "2020-09-01", "2020-10-03"),
        ("利用期間（2020年11月1日(日)~2021年2月28日(日)）", "2020-11-01", "2021-02-28"),
    }


def test_landslides_in_the_rest_of_the_prefecture_and_in_one_year(told: Told) -> None:
    found = told(
        "SELECT ?area ?period ?value WHERE { ?o gg:indicator indicator:landslides ; dim:refPeriod ?period ;"
        " measure:obsValue ?value ; dim:refArea/rdfs:label ?area FILTER(LANG(?area) = 'ja') }"
    )
    assert {("その他", "1974/2017", "682"), ("神奈川県", "2017", "134")} <= found
    assert ("神奈川県", "1974/2017", "4034") in found
    assert len(found) == 7


def test_marks_of_yokosuka(told: Told) -> None:
    starred = (
        "?m gg:printedMark '★' ; gg:fiscalYear/gg:eraLabel ?year ; prov:wasDerivedFrom/gg:firstLine ?line"
    )
    found = told(f"SELECT ?year ?line WHERE {{ {starred} }}")
    assert {line for year, line in found if year == "令和2年度"} == {"811", "812", "818", "822", "834", "837"}
    assert {line for year, line in found if year == "令和3年度"} == {"847", "857", "863", "877", "885", "888"}
    assert told(
        "SELECT ?policy ?audience WHERE { ?p gg:mainAudience ?audience ; dcterms:identifier ?policy }"
    ) == {
        ("方針1", "市民"),
        ("方針2", "職員"),
        ("方針4", "職員"),
        ("方針4", "地域"),
        ("方針5", "職員"),
    }
    assert ("その他", "官民連携と実証実験の推進") in told(
        "SELECT ?number ?name WHERE { ?p a gg:PolicyPillar ; dcterms:identifier ?number ; rdfs:label ?name }"
    )


def test_each_observation_of_the_cities_has_a_label_of_its_own(told: Told) -> None:
    assert (
        told(
            "SELECT ?label WHERE { GRAPH <https://w3id.org/govgraph/graph/eight-cities-2021>"
            " { ?a a gg:StatisticObservation ; rdfs:label ?label . ?b a gg:StatisticObservation ;"
            " rdfs:label ?label } FILTER(?a != ?b) }"
        )
        == set()
    )


def test_the_areas_have_no_date(told: Told) -> None:
    found = told(
        "SELECT ?o ?period WHERE { ?o gg:indicator indicator:area OPTIONAL { ?o dim:refPeriod ?period } }"
    )
    assert [period for _, period in found] == ["", "", "", ""]


def test_goals_and_pillars_of_yokosukas_digital_government(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "pillars.rq"
    query.write_text(
        "PREFIX gg: <https://w3id.org/govgraph/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        " PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX schema: <https://schema.org/>"
        " SELECT ?number ?start ?name { ?p a gg:PolicyPillar ; rdfs:label ?name ; dcterms:isPartOf ?plan ;"
        ' dcterms:identifier ?number . ?plan rdfs:label "デジタル・ガバメント推進方針"@ja ;'
        ' schema:startDate ?start FILTER(LANG(?name) = "ja") }'
        " ORDER BY ?number",
        encoding="utf-8",
    )
    found = ask(str(query))
    assert [row["number"] for row in found] == [*(f"4つの柱{n}" for n in "1234"), "基本目標1", "基本目標2"]
    assert {row["start"] for row in found} == {"2020-04"}
    assert found[2]["name"] == "官民連携の強化"


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
    assert json.loads(ran.out)["report"]["share_not_understood"] <= 0.05
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
