"""References between the parts of a statute, as Japanese drafting writes them; the texts are made up."""

from __future__ import annotations

import pytest

from govgraph.documents.citations import Statute

PATHS = [
    *((f"art_{a}", f"para_{p}") for a in ("1", "2", "2-2", "3", "10") for p in (1, 2, 3)),
    *(("art_3", "para_2", f"item_{i}") for i in (1, 2, 3)),
    ("art_2", "para_1", "item_1"),
    ("art_3", "para_3", "item_1"),
    ("art_4", "para_1", "item_1"),
    ("chp_1",),
    ("chp_2", "sec_1"),
    ("chp_2", "sec_2"),
    ("suppl_1",),
    ("suppl_2",),
]


def cited(text: str, here: str = "art_3/para_2") -> tuple[list[str], list[str]]:
    statute = Statute(PATHS, ("地方自治法", "民法"))
    found, faults = statute.find_citations(text, tuple(here.split("/")))
    return ["/".join((*([c.law] if c.law else []), *c.path)) for c in found], faults


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("第1条の規定", ["art_1"]),
        ("第２条の２第３項の規定", ["art_2-2/para_3"]),
        ("第三条の一部を改める", ["art_3"]),
        ("第2条及び第10条第1項", ["art_2", "art_10/para_1"]),
        ("第2条第1項又は第3項", ["art_2/para_1", "art_2/para_3"]),
        ("第3条第2項第1号及び第3号", ["art_3/para_2/item_1", "art_3/para_2/item_3"]),
        ("第4条第1号", ["art_4/para_1/item_1"]),
        ("第1条から第3条まで", ["art_1", "art_2", "art_2-2", "art_3"]),
        ("第1項から第3項まで", ["art_3/para_1", "art_3/para_3"]),
        ("前条第1項、第2項", ["art_2-2/para_1", "art_2-2/para_2"]),
        ("前2条", ["art_2", "art_2-2"]),
        ("次条", ["art_10"]),
        ("前項", ["art_3/para_1"]),
        ("次項第1号", ["art_3/para_3/item_1"]),
        ("第2条を除き、同条第2項", ["art_2", "art_2/para_2"]),
        ("第2条第1項とし、同項第1号", ["art_2/para_1", "art_2/para_1/item_1"]),
        ("第1章及び附則第2項", ["chp_1", "suppl_2"]),
        ("第2章第1節及び第2節", ["chp_2/sec_1", "chp_2/sec_2"]),
        ("この条例第1条", ["art_1"]),
        ("地方自治法第2条及び第3条第1項", ["地方自治法/art_2", "地方自治法/art_3/para_1"]),
        ("地方自治法第2条から第5条まで", [f"地方自治法/art_{n}" for n in (2, 3, 4, 5)]),
        (
            "民法（明治29年法律第89号。以下「新法」という。）第1条、新法第2条又は同法第3条",
            ["民法/art_1", "民法/art_2", "民法/art_3"],
        ),
        ("民法第9条とし、同条第2項", ["民法/art_9", "民法/art_9/para_2"]),
        ("民法第9条及びこの条例第1条", ["民法/art_9", "art_1"]),
        ("平成25年2月規則第13号、条例第34号、昭和22年法律第67号、告示第1号", []),
        ("委員10人以内、前年度、次の各号、第1号様式、様式第1号、第1号被保険者、第2項目、第3条件", []),
    ],
)
def test_resolved(text: str, paths: list[str]) -> None:
    found, faults = cited(text)
    assert faults == []
    assert sorted(found) == sorted(paths)


@pytest.mark.parametrize(
    ("text", "here", "paths"),
    [
        ("前2号", "art_3/para_2/item_3", ["art_3/para_2/item_1", "art_3/para_2/item_2"]),
        ("前各号", "art_3/para_2/item_3", ["art_3/para_2/item_1", "art_3/para_2/item_2"]),
        ("次号", "art_3/para_2/item_2", ["art_3/para_2/item_3"]),
        ("前項第3号", "art_3/para_3", ["art_3/para_2/item_3"]),
        ("前各項", "art_3/para_3", ["art_3/para_1", "art_3/para_2"]),
        ("前条第2項", "art_10/para_1", ["art_3/para_2"]),
        ("前項", "suppl_2", ["suppl_1"]),
    ],
)
def test_resolved_from_where_it_stands(text: str, here: str, paths: list[str]) -> None:
    assert cited(text, here) == (paths, [])


@pytest.mark.parametrize(
    ("text", "here", "fault"),
    [
        ("第99条", "art_3/para_1", "'第99条' leads to art_99, which the statute does not have"),
        ("前項", "art_3/para_1", "'前項' leads nowhere from art_3/para_1"),
        ("前2項", "art_3/para_2", "'前2項' leads nowhere from art_3/para_2"),
        ("前号", "art_3/para_2", "'前号' leads nowhere from art_3/para_2"),
        ("同条", "art_3/para_2", "'同条' leads nowhere from art_3/para_2"),
        ("前条", "art_1/para_1", "'前条' leads nowhere from art_1/para_1"),
        ("景観法第8条", "art_3/para_1", "'景観法第8条' cites a law that is not declared under `laws`"),
        ("同法第8条", "art_3/para_1", "'同法第8条' cites a law that is not declared under `laws`"),
    ],
)
def test_not_resolved(text: str, here: str, fault: str) -> None:
    assert cited(text, here) == ([], [fault])


def test_short_name_of_a_law_holds_in_later_texts_and_is_no_part_of_another_name() -> None:
    statute = Statute(PATHS, ("地方自治法",))
    statute.find_citations("地方自治法（昭和22年法律第67号。以下「法」という。）第1条", ("art_1", "para_1"))
    found, faults = statute.find_citations("法第2条並びに景観法第3条", ("art_2", "para_1"))
    assert [(c.printed, c.law, c.path) for c in found] == [("法第2条", "地方自治法", ("art_2",))]
    assert faults == ["'景観法第3条' cites a law that is not declared under `laws`"]
