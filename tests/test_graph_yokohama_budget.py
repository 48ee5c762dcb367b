"""The supplementary budget of Yokohama: its records, and what the graph says of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from govgraph.documents import read_table
from tests.conftest import REPOSITORY, Ask

RECORDS = REPOSITORY / "records" / "yokohama-budget-2020"
GRAPH = "https://w3id.org/govgraph/graph/yokohama-budget-2020"


def test_measures() -> None:
    measures = read_table(RECORDS / "measures.csv")
    assert len(measures) == 39
    assert Counter(row["pillar"] for row in measures) == {"1": 18, "2": 14, "3": 7}
    assert len({row["heading_key"] for row in measures}) == 10
    # No radical is left, and the number of the page before the nurseries is no amount.
    assert not {c for row in measures for c in row["name"] + row["programme"] if "\u2e80" <= c < "\u2fe0"}
    assert "45" not in {row["amount_printed"] for row in measures}
    flags = Counter(
        row[c] for row in measures for c in ("change_flag", "national", "prefectural", "donation")
    )
    assert {f: n for f, n in flags.items() if f} == {
        "new": 24,
        "national": 8,
        "prefectural": 7,
        "donation": 1,
    }


def test_a_title_over_two_lines_is_one_name_and_a_programme() -> None:
    (nurseries,) = (r for r in read_table(RECORDS / "measures.csv") if r["key"] == "nurseries")
    assert (nurseries["first_line"], nurseries["last_line"]) == ("196", "205")
    assert nurseries["name"] == "保育所等における感染症拡大防止対策事業"
    assert nurseries["programme"] == "保育所等新型コロナウイルス感染症対策事業"
    assert nurseries["other_programmes"] == "1"


def test_pillars(ask: Ask) -> None:
    rows = ask("budget-pillars")
    assert [(r["number"], r["measures"], r["stated"], r["sum"]) for r in rows] == [
        ("1", "18", "4744000000", "4745000000"),
        ("2", "14", "9242000000", "9242000000"),
        ("3", "7", "2898000000", "2898000000"),
    ]


def test_programmes(ask: Ask) -> None:
    first = ask("budget-programmes")[0]
    assert (first["programme"], first["measures"], first["sum"]) == (
        "感染症・食中毒対策事業",
        "4",
        "1412000000",
    )


def test_new_measures(ask: Ask) -> None:
    rows = [row for row in ask("new-budget-measures") if row["year"] == "令和2年度"]
    assert ("地域のデジタル化を支援します", "自治会町内会新しい活動スタイル応援事業", "76000000") in {
        (r["heading"], r["name"], r["yen"]) for r in rows
    }


def test_every_measure_stands_where_its_anchor_says(ask: Ask, tmp_path: Path, seeds: Path) -> None:
    query = tmp_path / "titles.rq"
    query.write_text(
        f"""
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        SELECT ?printed ?first ?last WHERE {{
          GRAPH <{GRAPH}> {{ ?measure a gg:Measure ; gg:printedLabel ?printed }}
          ?measure prov:wasDerivedFrom ?anchor .
          ?anchor gg:firstLine ?first ; gg:lastLine ?last .
        }}""",
        encoding="utf-8",
    )
    lines = (seeds / "000_665b31972403b70d.txt").read_text(encoding="utf-8").split("\n")
    rows = ask(str(query))
    assert len(rows) > 30
    for row in rows:
        block = "".join(lines[int(row["first"]) - 1 : int(row["last"])])
        assert row["printed"] in block


def test_limits_and_unit_prices(ask: Ask) -> None:
    rows = ask("limits")
    limits = {(r["name"], r["what"]): r["yen"] for r in rows if r["scope"] == "limit"}
    assert limits["MICE誘致・開催支援事業", "補助率：上限10,000千円"] == "10000000"
    assert limits["生活困窮者自立支援事業", "支給額（上限）：2人世帯6.2万円"] == "62000"
    small = "中小企業の「新しい生活様式」対応支援事業"
    assert {yen for (name, _), yen in limits.items() if name == small} == {"300000", "150000"}
    (clinics, low) = (r for r in rows if r["name"] == "患者受入医療機関支援事業")
    assert {clinics["yen"], low["yen"]} == {"300000", "100000"}
    assert (clinics["scope"], clinics["per"], clinics["line"]) == ("unit", "月", "14")


def test_a_breakdown_is_part_of_the_amount() -> None:
    sums = {r["key"]: r for r in read_table(RECORDS / "sums.csv") if r["measure"] == "emergency-jobs"}
    assert {(r["label"], r["value_yen"], r["scope"]) for r in sums.values()} == {
        ("①一般会計での事業実施分", "473000000", "part"),
        ("②特別会計への繰出分", "28000000", "part"),
        ("合計", "500000000", ""),
    }
    assert "②特別会計への繰出分：28百万円" in {r["caption"] for r in sums.values()}


def test_what_the_paragraphs_say_is_kept_too(ask: Ask) -> None:
    name = "新型コロナウイルス感染症対応信用保証料助成事業"
    limits = {(r["what"], r["yen"], r["line"]) for r in ask("limits") if r["name"] == name}
    assert limits == {
        ("概要：国制度に基づき実施している上限40百万円", "40000000", "269"),
        ("概要：6月15日付で30百万円上限", "30000000", "269"),
    }
    figures = {(r["name"], r["what"], r["value"]) for r in ask("measure-figures")}
    assert figures >= {
        (name, "概要：据置期間最大5年", "5"),
        ("WEB合同就職面接会事業", "対象者：一般求職者約400名", "400"),
        ("緊急雇用創出事業", "想定雇用創出数：一般会計分19事業・414名", "414"),
        ("生活困窮者自立支援事業", "支給期間：最大9か月", "9"),
    }


def test_dates_are_days_or_months(ask: Ask) -> None:
    found = {(r["name"], r["what"]): (r["start"], r["end"], r["line"]) for r in ask("measure-dates")}
    donations = "医療従事者支援事業"
    assert found[donations, "寄附申込状況：8月18日時点"] == ("2020-08-18", "2020-08-18", "122")
    assert found[donations, "寄附申込状況：申込開始日5月1日"] == ("2020-05-01", "", "122")
    centre = "消防訓練センター感染拡大防止事業"
    assert found[centre, "スケジュール：9〜10月契約"] == ("2020-09", "2020-10", "224")
    assert found[centre, "スケジュール：令和3年3月完了"] == ("2021-03", "2021-03", "224")
    calls = "感染症コールセンター等設置・運営事業"
    assert found[calls, "設置期限：令和3年3月31日まで"] == ("", "2021-03-31", "52")
    associations = "自治会町内会新しい活動スタイル応援事業"
    assert found[associations, "スケジュール：9月〜事業者募集"][:2] == ("2020-09", "")
    assert found[associations, "スケジュール：11月〜令和3年3月事業実施"][:2] == ("2020-11", "2021-03")


def test_who_takes_part_in_a_measure(ask: Ask) -> None:
    rows = ask("involved-organisations")
    found = Counter(r["name"] for r in rows)
    assert found["新たな広域連携促進事業"] == 8
    assert {r["organisation"] for r in rows if r["name"] == "Y-CERT強化事業"} == {
        "医療局",
        "総務局",
        "健康福祉局",
        "消防局",
    }
    assert ("外国人相談対応強化事業", "公益財団法人横浜市国際交流協会", "364") in {
        tuple(r.values()) for r in rows
    }


def test_figures_and_periods(ask: Ask) -> None:
    rows = ask("measure-figures")
    found = {(r["what"], r["value"], r["unit"]) for r in rows if r["name"] == "MICE誘致・開催支援事業"}
    assert {r["stated"] for r in rows if r["what"] == "補助率：2／3"} == {"２／３"}
    assert found == {
        ("補助率：2／3", "", ""),
        ("想定件数：430件", "430", "件"),
        ("想定件数：大型ホール・展示場等30件", "30", "件"),
        ("想定件数：ホテル・貸会議室等400件", "400", "件"),
        ("対象期間：10月〜令和3年3月", "", ""),
        ("スケジュール：9月募集開始", "", ""),
        ("スケジュール：10月交付開始予定", "", ""),
    }
    assert {(r["what"], r["value"]) for r in rows if r["name"] == "業務継続用感染症対策物資確保事業"} == {
        ("対象物資：サージカルマスク112万枚", "112"),
        ("対象物資：アルコール消毒液8,970リットル", "8970"),
    }


def test_the_measure_that_the_collaboration_report_has_too(ask: Ask) -> None:
    rows = {r["other"].rpartition("/measure/")[2]: r for r in ask("same-measures")}
    own = rows["yokohama-budget-2020/neighbourhood-associations"]
    theirs = rows["yokohama-kyodo-2020/jichikai-new-activity-style-support"]
    assert (own["measure"], theirs["measure"]) == (theirs["other"], own["other"])
    assert (own["match"], own["yen"], own["line"]) == ("same", "76000000", "464")


def test_sums_that_differ_are_said_to(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "discrepancies.rq"
    query.write_text(
        f"""
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX oa: <http://www.w3.org/ns/oa#>
        SELECT ?kind ?stated ?computed WHERE {{
          GRAPH <{GRAPH}> {{
            ?d a gg:SourceDiscrepancy ; gg:discrepancyKind ?kind ; gg:stated ?stated ; gg:computed ?computed ;
              oa:hasTarget ?amount .
            ?owner gg:amount ?amount
          }}
        }} ORDER BY ?stated""",
        encoding="utf-8",
    )
    assert [tuple(row.values()) for row in ask(str(query))] == [
        ("rounding", "4744000000", "4745000000"),
        ("rounding", "500000000", "501000000"),
    ]


def test_a_rate_and_a_limit_are_of_one_recipient(ask: Ask, tmp_path: Path) -> None:
    query = tmp_path / "recipients.rq"
    query.write_text(
        f"""
        PREFIX gg: <https://w3id.org/govgraph/ns#>
        PREFIX schema: <https://schema.org/>
        SELECT ?recipient ?rate ?yen WHERE {{
          GRAPH <{GRAPH}> {{
            ?measure gg:amount ?amount ; gg:figure ?figure .
            ?amount gg:scope "limit" ; gg:appliesTo ?recipient ; schema:value ?yen .
            ?figure gg:appliesTo ?recipient ; gg:statedValue ?rate
            FILTER NOT EXISTS {{ ?figure schema:value ?number }}
          }}
        }} ORDER BY ?recipient""",
        encoding="utf-8",
    )
    assert [tuple(row.values()) for row in ask(str(query))] == [
        ("中小企業", "９／10", "300000"),
        ("個人事業主", "９／10", "150000"),
    ]


def test_what_a_sum_is_paid_for() -> None:
    sums = {row["key"]: row for row in read_table(RECORDS / "sums.csv")}
    assert sums["route-buses-payment"]["per"] == "車両1台"
    assert sums["nurseries-rate-limit"]["per"] == "1事業"
    assert {
        (r["per"], r["applies_to"]) for k, r in sums.items() if k.startswith("housing-security-benefit")
    } == {
        ("世帯", "単身世帯"),
        ("世帯", "2人世帯"),
        ("世帯", "3人世帯"),
    }
    jobs = {
        r["applies_to"]: r["number"]
        for r in read_table(RECORDS / "figures.csv")
        if r["key"].startswith("emergency-jobs-expected")
    }
    assert jobs == {"一般会計分": "414", "特別会計分": "12"}
