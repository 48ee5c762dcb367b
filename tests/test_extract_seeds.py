"""The published documents, read again: the records of this repository, unchanged and right."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from govgraph.documents import read_table
from govgraph.project import Project
from tests.conftest import REPOSITORY, Cli

HIRATSUKA, YOKOHAMA = "hiratsuka-covid-2020", "yokohama-kyodo-2020"
SEEDS = {
    HIRATSUKA: "001_85e053cce591c320.txt",
    YOKOHAMA: "003_b2e81d190be0c110.txt",
    "yokohama-budget-2020": "000_665b31972403b70d.txt",
    "izumi-budget-2021": "004_7ffb0f3d48ac125a.txt",
}
LEDGERS = ("keys.csv", "corrections.csv")


def rows(dataset: str, table: str) -> dict[str, Mapping[str, str]]:
    found = read_table(REPOSITORY / "records" / dataset / f"{table}.csv")
    by_key = {row["key"]: row for row in found}
    assert len(by_key) == len(found)
    return by_key


@pytest.mark.parametrize("dataset", SEEDS)
def test_reading_again_changes_nothing(dataset: str, cli: Cli, seeds: Path, tmp_path: Path) -> None:
    records = tmp_path / "records" / dataset
    records.mkdir(parents=True)
    shutil.copy(REPOSITORY / "govgraph.yml", tmp_path)
    shutil.copytree(REPOSITORY / "mappings" / dataset, tmp_path / "mappings" / dataset)
    shutil.copytree(REPOSITORY / "records" / "reference", tmp_path / "records" / "reference")
    here = REPOSITORY / "records" / dataset
    for name in LEDGERS:
        if (here / name).is_file():
            shutil.copy(here / name, records)
    ran = cli("extract", dataset, seeds / SEEDS[dataset], "--project", tmp_path)
    assert ran.code == 0
    warnings = [line for line in ran.err.splitlines() if not line.startswith("  hint: ")]
    assert warnings == []
    assert " 0 not understood" in ran.out
    assert {p.name: p.read_bytes() for p in records.iterdir()} == {
        p.name: p.read_bytes() for p in here.glob("*.csv")
    }


def test_hiratsuka() -> None:
    measures = rows(HIRATSUKA, "measures")
    assert list(measures) == [str(n) for n in range(1, 86)]
    plans = Counter(row["plan"] for row in measures.values())
    assert plans == {"emergency": 42, "emergency-2": 6, "comprehensive": 37}
    assert {k: row["name"] for k, row in rows(HIRATSUKA, "plans").items()} == {
        "emergency": "緊急対策",
        "emergency-2": "第2次緊急対策",
        "comprehensive": "総合対策",
    }
    completed = [int(key) for key, row in measures.items() if row["status"] == "completed"]
    assert completed == [3, 7, 11, 13, 25, 41, 58]
    relisted = {key: row["original"] for key, row in measures.items() if row["relisting"] == "true"}
    assert relisted == {"32": "28", "35": "10", "75": "67"}
    assert [key for key, row in measures.items() if row["cost_printed"] == ""] == ["29"]
    assert [int(key) for key, row in measures.items() if row["cost_printed"] == "-"] == [
        *(3, 6, 14, 20, 28, 32, 34, 39, 40, 47, 48, 65, 70),
    ]
    assert measures["1"]["name"] == "平塚市民病院における感染症対策資器材等の整備"
    assert measures["78"]["cost_yen"] == "1424746000"
    assert {key: measures[key]["first_line"] for key in ("1", "43", "85")} == {
        "1": "6",
        "43": "84",
        "85": "162",
    }


def test_pillars_of_hiratsuka() -> None:
    pillars, measures = rows(HIRATSUKA, "pillars"), rows(HIRATSUKA, "measures")
    assert len(pillars) == 27
    assert sum(not row["parent"] for row in pillars.values()) == 10
    for row in measures.values():
        pillar = pillars[row["pillar"]]
        above = pillars[pillar["parent"]] if pillar["parent"] else pillar
        assert pillar["plan"] == above["plan"] == row["plan"]
        assert above["name"] == row["pillar_name"]
        assert above["number"] == row["pillar_number"]
        assert pillar["name"] == (row["subpillar_name"] or row["pillar_name"])
    assert [p["name"] for p in pillars.values() if p["plan"] == "emergency-2"] == [
        "市民の生命と健康を守る緊急対策",
        "市民の暮らしを支える緊急対策",
        "そのほかの国の施策",
    ]
    assert measures["52"]["pillar"] == "comprehensive-pillar-1-2"
    assert measures["84"]["pillar"] == "comprehensive-pillar-national"


def test_projects_of_yokohama() -> None:
    projects = rows(YOKOHAMA, "projects")
    assert len(projects) == 31
    assert sorted(row["number"] for row in projects.values()) == sorted(
        "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛"
    )
    contracts: Counter[str] = Counter()
    for row in projects.values():
        contracts[row["initiative"]] += int(row["contracts"])
    assert contracts == {"city": 73, "citizen": 4}
    citizen = [row["number"] for row in projects.values() if row["initiative"] == "citizen"]
    assert citizen == ["⑨", "⑯", "㉕", "㉙"]
    station = projects["hoshikawa-station-area"]
    assert station["name"] == "星川駅周辺等の魅力づくりに関する事業"
    assert (station["first_line"], station["change_flag"], station["owner_name"]) == (
        "166",
        "new",
        "保土ヶ谷区",
    )
    assert sum(row["change_flag"] == "new" for row in projects.values()) == 11
    scopes = {row["number"]: row["owner_scope"] for row in projects.values() if row["owner_scope"]}
    assert scopes == {"⑭": "各区", "㉔": "全区"}


def test_every_owner_has_a_name_in_the_reference_data() -> None:
    names = {row["name"] for row in read_table(REPOSITORY / "records" / "reference" / "names.csv")}
    assert {row["owner_name"] for row in rows(YOKOHAMA, "projects").values()} <= names


def test_ordinance_of_yokohama() -> None:
    (statute,) = rows(YOKOHAMA, "statutes").values()
    assert statute["key"] == "2012-34"
    assert (statute["title"], statute["date"], statute["in_force"], statute["repeals"]) == (
        "横浜市市民協働条例",
        "2012-06-25",
        "2013-04-01",
        "id/eli/jp-141003/ordinance/2000/26",
    )
    articles, paragraphs = rows(YOKOHAMA, "articles"), rows(YOKOHAMA, "paragraphs")
    assert list(articles) == [f"art_{n}" for n in range(1, 23)]
    assert Counter(row["article"] for row in paragraphs.values()) == Counter(
        {str(n): 1 for n in range(1, 23)}
        | {"2": 5, "3": 2, "4": 2, "6": 5, "7": 4, "9": 2, "10": 2, "11": 2, "12": 2}
        | {"15": 2, "16": 2, "17": 3, "18": 2, "19": 2}
    )
    assert len(paragraphs) == 45
    assert Counter(row["article"] for row in rows(YOKOHAMA, "items").values()) == {"5": 4, "8": 5, "18": 3}
    assert [row["title"] for row in rows(YOKOHAMA, "chapters").values()] == [
        "総則",
        "市民協働",
        "市民協働推進委員会",
        "雑則",
    ]
    assert [row["title"] for row in rows(YOKOHAMA, "sections").values()] == [
        "市民公益活動",
        "市民協働事業",
        "中間支援組織",
    ]
    assert [row["caption"] for row in rows(YOKOHAMA, "supplementary").values()] == [
        "施行期日",
        "適用",
        "見直し",
    ]
    twelve = articles["art_12"]
    assert (twelve["caption"], twelve["chapter"], twelve["section"]) == ("協働契約", "2", "2")
    assert (twelve["first_line"], twelve["last_line"]) == ("1994", "1998")
    assert paragraphs["art_12-para_1"]["printed_number"] == ""
    assert paragraphs["art_12-para_2"]["printed_number"] == "2"


def test_citations_of_the_ordinance() -> None:
    citations = rows(YOKOHAMA, "citations").values()
    statute = "id/eli/jp-141003/ordinance/2012/34/"
    between = {
        (row["citing_article"], row["cited_article"])
        for row in citations
        if row["cited_article"] not in ("", row["citing_article"])
    }
    assert between == {("2", "8"), ("8", "13"), ("10", "9"), ("12", "9"), ("12", "10"), ("19", "18")}
    within = {row["citing_article"] for row in citations if row["cited_article"] == row["citing_article"]}
    assert within == {"7", "10", "12", "15", "18"}
    assert {
        (row["citing"].removeprefix(statute), row["cited"].removeprefix(statute))
        for row in citations
        if not row["cited_article"]
    } == {
        ("art_2/para_1", "id/eli/jp/act/322AC0000000067/art_260-2/para_1"),
        ("art_5/para_1/item_3", "id/eli/jp/act/325AC1000000100/art_3"),
        ("art_21/para_1", "chp_3"),
        ("art_21/para_1", "suppl_1"),
    }
    (ten,) = (row for row in citations if row["printed"] == "前条第2項" and row["citing_article"] == "10")
    assert (ten["citing"], ten["cited"]) == (f"{statute}art_10/para_2", f"{statute}art_9/para_2")


def test_declared_laws_are_those_of_the_reference_data() -> None:
    citations = Project.load(REPOSITORY).dataset(YOKOHAMA).settings.tables["citations"].citations
    assert citations is not None
    statutes = {row["key"]: row["title"] for row in read_table(REPOSITORY / "records/reference/statutes.csv")}
    for name, iri in citations.laws.items():
        assert statutes[iri.rpartition("/")[2]] == name


@pytest.mark.parametrize("dataset", [HIRATSUKA, YOKOHAMA])
def test_running_text_stands_apart(dataset: str, cli: Cli, seeds: Path, tmp_path: Path) -> None:
    """What --text writes stands outside of git, a row for each record that has text; no table repeats it."""
    shutil.copytree(REPOSITORY / "mappings", tmp_path / "mappings")
    for records in (dataset, "reference"):
        shutil.copytree(REPOSITORY / "records" / records, tmp_path / "records" / records)
    shutil.copy(REPOSITORY / "govgraph.yml", tmp_path)
    ran = cli("extract", dataset, seeds / SEEDS[dataset], "--project", tmp_path, "--text")
    assert ran.code == 0
    folder = tmp_path / ".govgraph" / "text" / dataset
    counts = {path.stem: len(read_table(path)) for path in folder.iterdir()}
    assert (
        counts
        == {
            HIRATSUKA: {"measures": 63},
            YOKOHAMA: {"statutes": 1, "paragraphs": 45, "items": 12, "supplementary": 3, "overviews": 172},
        }[dataset]
    )
    written = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "records" / dataset).glob("*.csv"))
    texts = [row["text"] for path in folder.iterdir() for row in read_table(path)]
    assert not [text for text in texts if len(text) > 20 and text in written]
