"""What Yokohama's report says of activities, courses, events and itself, and where its names are printed."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from govgraph.documents.normalize import fold_label
from tests.conftest import REPOSITORY, Ask, Rows

RECORDS = REPOSITORY / "records" / "yokohama-kyodo-2020"
LINES = "003_b2e81d190be0c110.txt"
PREFIXES = """
PREFIX gg: <https://w3id.org/govgraph/ns#>
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX eli: <http://data.europa.eu/eli/ontology#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sdmx: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX measured: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX measure: <https://w3id.org/govgraph/id/measure/yokohama-kyodo-2020/>
"""
ANCHOR = """
  ?thing prov:wasDerivedFrom ?anchor .
  ?anchor oa:hasSource <https://w3id.org/govgraph/id/doc/yokohama-kyodo-2020> ;
    gg:firstLine ?first ; gg:lastLine ?last .
"""
Select = Callable[[str], Rows]


@pytest.fixture
def select(ask: Ask, tmp_path: Path) -> Select:
    """Runs the text of a query, without its prefixes."""

    def run(query: str) -> Rows:
        path = tmp_path / "query.rq"
        path.write_text(PREFIXES + query, encoding="utf-8")
        return ask(str(path))

    return run


def not_in_their_lines(rows: Rows, seeds: Path, whose: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The things, told apart by the columns `whose`, whose names stand in no lines of their anchors."""
    lines = (seeds / LINES).read_text(encoding="utf-8").split("\n")
    printed: defaultdict[tuple[str, ...], bool] = defaultdict(bool)
    for row in rows:
        text = fold_label("".join(lines[int(row["first"]) - 1 : int(row["last"])]))
        printed[tuple(row[column] for column in whose)] |= fold_label(row["name"]) in text
    assert printed
    return {thing for thing, found in printed.items() if not found}


def test_a_measure_has_its_printed_name_as_label(select: Select, seeds: Path) -> None:
    rows = select(f"""
        SELECT ?thing ?name ?first ?last WHERE {{
          ?thing a gg:Measure ; rdfs:label ?name . {ANCHOR} FILTER (LANG(?name) = "ja")
        }}""")
    assert len({row["thing"] for row in rows}) > 350
    assert not_in_their_lines(rows, seeds, ("thing",)) == set()


def test_a_meeting_is_printed_where_it_says(select: Select, seeds: Path) -> None:
    rows = select(f"""
        SELECT ?thing ?name ?first ?last WHERE {{
          ?thing a gg:Meeting ; gg:printedLabel ?name . {ANCHOR}
        }}""")
    assert len({row["thing"] for row in rows}) == 13
    assert not_in_their_lines(rows, seeds, ("thing", "name")) == set()


def test_each_party_of_a_contract_stands_in_its_lines(select: Select, seeds: Path) -> None:
    rows = select(f"""
        SELECT ?thing ?party ?name ?first ?last WHERE {{
          ?thing a gg:CollaborationContract ; cv:hasEconomicOperator ?party .
          ?party rdfs:label|skos:altLabel ?name . {ANCHOR}
        }}""")
    assert len({row["thing"] for row in rows}) == 78
    assert not_in_their_lines(rows, seeds, ("thing", "party")) == set()


def test_an_article_of_a_national_law_stands_where_it_is_cited(select: Select) -> None:
    rows = select(f"""
        SELECT ?name ?first WHERE {{
          ?thing a gg:Article ; rdfs:label ?name ; eli:is_part_of/a gg:NationalLaw . {ANCHOR}
          FILTER (LANG(?name) = "ja")
        }}""")
    assert {(row["name"], row["first"]) for row in rows} == {
        ("地方自治法第260条の2", "1922"),
        ("公職選挙法第3条", "1950"),
    }


def test_activities_have_the_offices_of_their_project(ask: Ask, select: Select) -> None:
    rows = ask("project-activities")
    with (RECORDS / "activities.csv").open(encoding="utf-8", newline="") as file:
        listed = {(row["page_name"], row["name"], row["first_line"]) for row in csv.DictReader(file)}
    assert len(listed) == 116
    assert listed <= {(row["project"], row["activity"], row["line"]) for row in rows}
    web = next(row for row in rows if row["activity"] == "Web展示会")
    assert (web["project"], web["office"]) == ("港北水と緑の学校事業", "区政推進課")
    assert (web["period"], web["day"], web["line"]) == ("3月1日～31日", "2021-03-01", "818")
    week = next(row for row in rows if row["activity"].startswith("「花端会議ウイーク」"))
    assert (week["period"], week["venue"]) == ("11/7～11/15", "青葉区内の公園等")
    assert not select("""
        SELECT ?part WHERE {
          ?part dcterms:isPartOf ?whole ; cv:hasCompetentAuthority ?office .
          ?whole gg:contractCount ?contracts ; cv:hasCompetentAuthority ?any .
          FILTER (CONTAINS(STR(?part), "-activity-"))
          FILTER NOT EXISTS { ?whole cv:hasCompetentAuthority ?office }
        }""")


def test_achievements_belong_to_the_activity_that_names_them(ask: Ask) -> None:
    rows = ask("activity-achievements")
    courses = [row for row in rows if row["line"] == "489"]
    assert [(row["activity"], row["value"], row["unit"]) for row in courses] == [
        ("連携会議の開催", "1", "回"),
        ("連携による養成講座の開催", "2", "回"),
    ]
    rates = {(row["activity"][:4], row["stated"]) for row in rows if row["stated"] in ("9/10", "90")}
    assert rates == {("Aコース", "9/10"), ("Bコース", "9/10"), ("Aコース", "90"), ("Bコース", "90")}
    assert len(rows) == 47


def test_days_of_a_course(ask: Ask) -> None:
    rows = ask("course-days")
    assert [row["number"] for row in rows] == [f"第{n}講" for n in range(1, 7)]
    assert {(row["ward"], row["course"]) for row in rows} == {("緑区", "みどり「ひと・まち」スクール")}
    assert (rows[0]["day"], rows[-1]["day"]) == ("2020-07-18", "2020-11-14")


def test_what_a_note_counts_to_a_cost(ask: Ask) -> None:
    (row,) = ask("course-cost-parts")
    assert (row["ward"], row["total"], row["yen"]) == ("瀬谷区", "1057717", "523358")
    assert "区づくり推進費" in row["part"]


def test_contracts_that_the_introduction_states(ask: Ask) -> None:
    rows = {(row["what"], row["initiative"]): int(row["number"]) for row in ask("contract-totals")}
    projects, contracts = "協働契約を締結した事業数", "協働契約件数"
    assert rows == {
        (projects, ""): 31,
        (projects, "市"): 27,
        (projects, "市民等"): 4,
        (contracts, ""): 77,
        (contracts, "市"): 73,
        (contracts, "市民等"): 4,
    }


def test_events_with_their_organisers(ask: Ask) -> None:
    rows = ask("collaboration-events")
    assert Counter(row["event"] for row in rows) == {"パブリックアクション": 2, "対話&創造ラボ": 2}
    assert {row["organiser"] for row in rows} == {"市民協働推進課", "横浜市市民協働推進センター"}
    assert {(row["begin"], row["end"]) for row in rows} == {("2020-12", "2021-03")}
    assert {(row["sessions"], row["participants"]) for row in rows} == {("6", "157"), ("5", "260")}


def test_the_letter_says_whence_the_report_came_and_whither(select: Select) -> None:
    (report,) = select("""
        SELECT ?number ?date ?bureau ?committee ?day WHERE {
          ?report dcterms:identifier ?number ; dcterms:date ?date ; dcterms:creator/rdfs:label ?bureau .
          ?meeting dcterms:subject ?report ; gg:heldOn ?day ; prov:wasAssociatedWith/rdfs:label ?committee .
          FILTER (LANG(?bureau) = "ja" && LANG(?committee) = "ja")
        }""")
    assert list(report.values()) == [
        "市市協第566号",
        "2021-09-16",
        "市民局",
        "市民・文化観光・消防委員会",
        "2021-09-21",
    ]
    offices = select("""
        SELECT ?name ?role WHERE {
          ?membership org:organization <https://w3id.org/govgraph/id/lg/141003> ; org:role/rdfs:label ?role ;
            org:member/rdfs:label ?name ; prov:wasDerivedFrom/gg:firstLine ?line .
          FILTER (?line < 20 && CONTAINS(STR(?membership), "kyodo") && LANG(?role) = "ja")
        }""")
    assert {(row["name"], row["role"]) for row in offices} == {
        ("清水富雄", "横浜市会議長"),
        ("山中竹春", "市長"),
    }


def test_places_and_sites_of_projects(select: Select) -> None:
    (row,) = select("""
        SELECT ?venue ?site ?consultations WHERE {
          measure:venture-growth-support gg:venue ?venue .
          measure:innovation-city-yokohama-council schema:url ?site .
          measure:public-interest-activity-emergency-support gg:figure ?figure .
          ?figure schema:value ?consultations ; prov:wasDerivedFrom/gg:firstLine 413 .
        }""")
    assert row["venue"].endswith("ICON 関内 (1 階)")
    assert (row["site"], row["consultations"]) == ("https://yoxo.city.yokohama.lg.jp/", "117")


def test_handbooks(ask: Ask) -> None:
    rows = ask("handbooks")
    assert [row["line"] for row in rows] == ["2937", "2942", "2947", "2951", "2955"]
    assert Counter(row["site"].rsplit("/", 2)[1] for row in rows) == {"jourei": 3, "kyodokeiyaku": 2}


def test_the_leaflet_states_another_limit(ask: Ask) -> None:
    told = {
        (row["stated"], row["computed"]) for row in ask("source-discrepancies") if row["kind"] == "arithmetic"
    }
    assert ("200000", "1000000") in told


def test_terms_of_a_proposal(select: Select) -> None:
    (row,) = select("""
        SELECT ?limit ?proposals WHERE {
          measure:collaboration-proposal-support gg:amount ?amount ; gg:figure/schema:value ?proposals .
          ?amount gg:scope "limit" ; schema:value ?limit ; prov:wasDerivedFrom/gg:firstLine 220 .
        }""")
    assert (row["limit"], row["proposals"]) == ("300000", "2")


def test_the_summary_repeats_what_the_fund_received(select: Select) -> None:
    found = select("""
        SELECT ?yen WHERE {
          ?amount a schema:MonetaryAmount ; schema:value ?yen ; prov:wasDerivedFrom ?anchor .
          ?anchor gg:firstLine 55 ; oa:hasSource <https://w3id.org/govgraph/id/doc/yokohama-kyodo-2020> .
        }""")
    assert {row["yen"] for row in found} == {"36046827", "23852179"}


def figures(select: Select) -> dict[tuple[str, str], tuple[int, str]]:
    rows = select("""
        SELECT ?name ?what ?value ?unit WHERE {
          ?project gg:figure ?figure ; rdfs:label ?name .
          ?figure rdfs:label ?what ; schema:value ?value ; gg:statedUnit ?unit .
        }""")
    return {(row["name"], row["what"]): (int(float(row["value"])), row["unit"]) for row in rows}


def test_figures_that_sentences_state(select: Select) -> None:
    told = figures(select)
    walking = "よこはまウォーキングポイント事業"
    assert told[walking, "令和2年度末の参加者（以上）"] == (340_000, "人")
    assert told[walking, "平成29年度末に達成した参加者の目標"] == (300_000, "人")
    hodogaya = "保土ヶ谷区の「住み良いまちづくり活動」"
    assert told[hodogaya, "地域の課題等についての意見・要望"] == (773, "件")
    assert told[hodogaya, "区役所に提出した提言・要望"] == (25, "件")
    assert told[hodogaya, "専門分野別の分科会"] == (5, "つ")
    assert told["動画（30本）作成", "動画の本数"] == (30, "本")
    assert told["冊子（5,000部）作成", "冊子の部数"] == (5_000, "部")
    assert told["食品ロス削減プロモーション協働事業", "取り組んだ企業・団体"] == (34, "者")


def test_figures_of_the_appendix(select: Select) -> None:
    told = figures(select)
    assert told["おはなし会の実施", "おはなし会の実施回数"] == (339, "回")
    assert told["図書修理", "年間に修理した図書館資料（以上）"] == (9_811, "冊")
    assert told["書架整理", "延べ活動人数"] == (1_218, "人")
    assert told["小型家電リサイクル事業", "市施設の回収拠点"] == (61, "箇所")


def test_what_is_counted_is_named_whole(select: Select) -> None:
    what = {what.partition("（")[0] for _, what in figures(select)}
    assert {
        "情報紙「KOTOBUKI TERRACE」：Twitter 投稿の件数",
        "市民活動団体支援機能：スペースA Bの利用の人数",
        "相談事業の件数",
        "サポート対応件数",
    } <= what
    assert not [name for name in what if name.endswith(("：実績", "：全", "：連続", "：投稿"))]


def test_projects_that_were_called_off(select: Select) -> None:
    rows = select("""
        SELECT ?line WHERE {
          ?project a gg:CollaborationProject ; prov:wasDerivedFrom ?anchor ;
            gg:status <https://w3id.org/govgraph/concept/status/cancelled> .
          ?anchor gg:firstLine ?line . FILTER (?line > 2340)
        }""")
    assert {row["line"] for row in rows} == {"2348", "2466", "2468", "2469", "2893", "2917"}


def test_sessions_without_a_name_are_meetings(select: Select) -> None:
    rows = select("""
        SELECT ?begin ?end ?participants WHERE {
          ?meeting a gg:Meeting ; dcterms:subject measure:npo-capacity-building-workshop ;
            prov:startedAtTime ?begin ; prov:endedAtTime ?end ; gg:participantCount ?participants .
        } ORDER BY ?begin""")
    assert [tuple(row.values()) for row in rows] == [
        ("2021-02-26T18:30:00+09:00", "2021-02-26T21:00:00+09:00", "12"),
        ("2021-03-04T09:30:00+09:00", "2021-03-04T12:00:00+09:00", "26"),
    ]


def test_a_contract_leads_to_its_ward(select: Select) -> None:
    rows = select("""
        SELECT ?contract ?ward WHERE {
          ?contract a gg:CollaborationContract ; dcterms:subject/cv:hasCompetentAuthority ?office .
          ?office a gg:AdministrativeWard ; rdfs:label ?ward . FILTER (LANG(?ward) = "ja")
        }""")
    assert Counter(row["contract"].rsplit("/", 1)[1].rsplit("-", 1)[0] for row in rows) == {
        "genki-community-building-local-talent": 14,
        "community-childcare-support-hubs": 18,
    }
    assert "保土ケ谷区" in {row["ward"] for row in rows}


def test_yearly_tables_have_indicator_and_unit(select: Select) -> None:
    rows = select("""
        SELECT ?indicator ?unit ?value WHERE {
          ?observation a gg:StatisticObservation ; gg:indicator ?indicator ; gg:statedUnit ?unit ;
            sdmx:refPeriod <https://w3id.org/govgraph/id/fy/2020> ; measured:obsValue ?value .
          FILTER (CONTAINS(STR(?observation), "kyodo"))
        }""")
    assert {(row["indicator"].rsplit("/", 1)[1], row["unit"], row["value"]) for row in rows} == {
        ("subsidised-districts", "地区", "70"),
        ("subsidised-groups", "団体", "49"),
        ("supported-households", "世帯", "37"),
        ("living-class-uses", "回", "1322"),
        ("day-support-uses", "回", "1341"),
    }


def test_the_report_rests_on_an_article(select: Select) -> None:
    (row,) = select("""
        SELECT ?number WHERE {
          <https://w3id.org/govgraph/id/doc/yokohama-kyodo-2020> cv:hasLegalResource/eli:number ?number
        }""")
    assert row["number"] == "20"


def test_a_limit_says_for_what_it_is(select: Select) -> None:
    (row,) = select("""
        SELECT ?what ?per ?yen WHERE {
          measure:jichikai-new-activity-style-support gg:amount ?amount .
          ?amount gg:scope "limit" ; rdfs:label ?what ; schema:unitText ?per ; schema:value ?yen .
        }""")
    assert (row["per"], row["yen"]) == ("1地区", "300000")
    assert row["what"].endswith("の1地区あたりの人件費の上限（2020年度）")
