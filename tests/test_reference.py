"""The curated tables of `records/reference`: codes are right, and the tables agree with each other."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from frictionless import Package

from govgraph.documents.normalize import fold_label
from govgraph.project import Project
from tests.conftest import REPOSITORY, SHARED

RECORDS = REPOSITORY / "records" / "reference"


def read(table: str) -> list[dict[str, str]]:
    with (RECORDS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_digit(code: str) -> str:
    """The sixth digit of a local government code, from its first five (JIS X 0401 and 0402, modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(code[:5], range(6, 1, -1), strict=True))
    return str((11 - total % 11) % 10)


def test_the_check_digit_is_that_of_known_codes() -> None:
    # Chiyoda-ku and Hokkaido: a remainder of the two-digit kind, and a sum below 11.
    assert check_digit("13101") == "6"
    assert check_digit("01000") == "6"


def test_the_package_and_all_its_tables_are_valid() -> None:
    report = Package(str(RECORDS / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])


def test_the_package_describes_every_table_and_titles_every_column_twice() -> None:
    package = Package(str(RECORDS / "datapackage.json"))
    assert sorted(r.path or "" for r in package.resources) == sorted(p.name for p in RECORDS.glob("*.csv"))
    for resource in package.resources:
        for field in resource.schema.fields:
            assert field.title and field.custom.get("title_en"), f"{resource.name}.{field.name}"


@pytest.mark.parametrize("table", ["municipalities", "wards"])
def test_codes_have_the_right_check_digit_and_agree(table: str) -> None:
    for row in read(table):
        code = row["key"]
        assert code[5] == check_digit(code), row["name"]
        assert row["jis_code"] == code[:5]
        assert row["sac"] == f"C{code[:5]}"


def test_a_municipality_lies_in_the_prefecture_of_its_code() -> None:
    for row in read("municipalities"):
        inside = row["kind"] == "municipality"
        assert bool(row["prefecture"]) == inside
        assert not inside or row["prefecture"][:2] == row["key"][:2]


def test_the_tables_hold_what_the_documents_speak_of() -> None:
    counts = {t: len(read(t)) for t in ("municipalities", "wards", "units", "fiscal_years", "statutes")}
    assert counts == {"municipalities": 11, "wards": 18, "units": 25, "fiscal_years": 31, "statutes": 5}
    izumi = {row["name"] for row in read("sections") if row["owner"] == "id/lg/141160"}
    assert {
        "地域振興課",
        "区政推進課",
        "福祉保健課",
        "総務課",
        "高齢・障害支援課",
        "こども家庭支援課",
    } == izumi
    promotion = [row["owner"] for row in read("sections") if row["name"] == "地域振興課"]
    assert sorted(promotion) == sorted(f"id/lg/{row['key']}" for row in read("wards"))


def test_codes_and_wikidata_items_are_those_of_the_design() -> None:
    design = SHARED / "design" / "ontology.md"
    if not design.is_file():
        pytest.skip(f"the design is not here: {design}")
    codes = design.read_text(encoding="utf-8").partition("\n## Codes\n")[2].partition("\n## ")[0]
    words = codes.replace("·", " ").replace(",", " ").split()
    for row in read("municipalities"):
        at = words.index(row["key"])
        assert words[at + 1 : at + 3] == [row["name"], row["kana"]]
        assert words[at + 3] == row["name_en"].split()[0]
        assert words[at + 4].rstrip(".") == (row["wikidata"] or "(none")
    for row in read("wards"):
        at = words.index(row["key"])
        assert [words[at + 1] + "区", words[at + 2].rstrip(".") + " Ward"] == [row["name"], row["name_en"]]
    for row in read("statutes"):
        if row["kind"] == "national-law" and row["title"] in words:
            assert words[words.index(row["title"]) + 1].rstrip(".") == row["key"]


def labels() -> dict[str, str]:
    """IRI, relative to the base -> label, of all that names lead to."""
    found = {f"id/lg/{row['key']}": row["name"] for row in (*read("municipalities"), *read("wards"))}
    found |= {f"id/lg/{row['municipality']}/unit/{row['key']}": row["name"] for row in read("units")}
    found |= {row["iri"]: row["name"] for row in read("sections")}
    found |= {f"id/org/{row['key']}": row["name"] for row in read("organisations")}
    return found | {f"id/person/{row['key']}": row["name"] for row in read("persons")}


def test_every_name_leads_to_a_record_and_every_label_is_a_name() -> None:
    names = {(row["entity"], row["name"]) for row in read("names")}
    assert {entity for entity, _ in names} == set(labels())
    assert set(labels().items()) <= names
    assert {(f"id/lg/{w['key']}", w["alias"]) for w in read("wards") if w["alias"]} <= names


def test_another_spelling_is_no_label_and_leads_nowhere_else() -> None:
    leads_to: dict[str, set[str]] = {}
    for row in read("names"):
        leads_to.setdefault(row["name"], set()).add(row["entity"])
    for row in read("aliases"):
        assert row["name"] != labels()[row["entity"]]
        assert leads_to.get(row["name"], {row["entity"]}) == {row["entity"]}


def test_a_section_stands_below_its_owner() -> None:
    owners = {*labels(), *(row["iri"] for row in read("sections"))}
    for row in read("sections"):
        assert row["owner"] in owners
        parent, _, slug = row["iri"].rpartition("/")
        assert parent in (row["owner"], f"{row['owner']}/unit")
        assert row["key"].endswith(slug)


def test_names_are_folded() -> None:
    for table in ("names", "aliases", "sections", "organisations", "persons"):
        for row in read(table):
            assert fold_label(row["name"]) == row["name"]


def test_consortia_have_members() -> None:
    consortia = {row["key"] for row in read("organisations") if row["class"] == "Consortium"}
    assert {row["consortium"] for row in read("members")} == consortia
    venture = [r["member"] for r in read("members") if r["consortium"] == "kyodo-jigyosha-jv"]
    assert venture == ["kanagawa-shimbunsha", "toppan-insatsu", "ex-toshi-kenkyujo"]


def test_a_name_means_one_thing_within_its_scope() -> None:
    spellings = [(row["scope"], row["name"]) for row in read("names")]
    assert len(spellings) == len(set(spellings))


def test_fiscal_years_run_from_april_to_march_under_the_right_era() -> None:
    rows = read("fiscal_years")
    assert [int(row["key"]) for row in rows] == list(range(2000, 2031))
    for row in rows:
        year = int(row["key"])
        assert dt.date.fromisoformat(row["begin"]) == dt.date(year, 4, 1)
        assert dt.date.fromisoformat(row["end"]) == dt.date(year + 1, 3, 31)
        era, start = ("平成", 1988) if year < 2019 else ("令和", 2018)
        number = "元" if year - start == 1 else str(year - start)
        assert row["era_label"] == f"{era}{number}年度"
        assert row["alias"] == ("平成31年度" if year == 2019 else "")
        assert row["name_en"] == f"FY{year}"


def test_the_key_of_a_law_is_its_identifier_or_its_year_and_number() -> None:
    # 3 is the era 昭和, which began in 1926, 4 is 平成.
    before = {"3": 1925, "4": 1988}
    for row in read("statutes"):
        if row["kind"] == "national-law" and "-" in row["key"]:
            assert row["key"] == f"{row['year']}-{row['number']}"
        elif row["kind"] == "national-law":
            assert int(row["key"][1:3]) == int(row["year"]) - before[row["key"][0]]
            assert int(row["key"][6:]) == int(row["number"])
        assert row["number_printed"].endswith(f"第{row['number']}号")


def test_the_expected_counts_of_the_dataset_are_those_of_its_tables() -> None:
    expected = Project.load(REPOSITORY).dataset("reference").settings.expected
    kinds = [row["kind"] for t in ("municipalities", "statutes", "statute_parts") for row in read(t)]
    counts = {
        "gg:Prefecture": kinds.count("prefecture"),
        "gg:Municipality": kinds.count("municipality"),
        "gg:AdministrativeWard": len(read("wards")),
        "gg:Bureau": len(read("units")),
        "gg:Section": len(read("sections")),
        "foaf:Person": len(read("persons")),
        "gg:FiscalYear": len(read("fiscal_years")),
        "gg:NationalLaw": kinds.count("national-law"),
        "gg:Ordinance": kinds.count("ordinance"),
    }
    for row in read("organisations"):
        if row["class"] != "Partner":
            counts[f"gg:{row['class']}"] = counts.get(f"gg:{row['class']}", 0) + 1
    assert counts.items() <= expected.items()
