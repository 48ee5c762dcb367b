"""What the pure functions refuse, and the forms that their doctests leave out."""

from __future__ import annotations

import pytest

from govgraph.documents import normalize


@pytest.mark.parametrize(
    ("printed", "folded"),
    [
        ("⺠⻑⼾⿊⾭⿈⾏⽅", "民長戸黒青黄行方"),
        ("Ａｚ０９", "Az09"),
        ("−１", "-1"),
        ("　", " "),
        ("（）【】〔〕「」～〜①⑳㉑㉟㊱㊿％／，．", "（）【】〔〕「」～〜①⑳㉑㉟㊱㊿％／，．"),
        ("ヶヵー々〆髙﨑", "ヶヵー々〆髙﨑"),
    ],
)
def test_fold(printed: str, folded: str) -> None:
    assert normalize.fold(printed) == folded


def test_every_radical_folds_to_one_ideograph_and_no_other_letter_changes_length() -> None:
    radicals = [chr(c) for c in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6)) if c not in (0x2E80, 0x2E9A)]
    for radical in radicals:
        folded = normalize.fold(radical)
        assert len(folded) == 1
        assert folded != radical, f"U+{ord(radical):04X}"
    for code in range(0x20, 0x30000):
        assert len(normalize.fold(chr(code))) == 1


@pytest.mark.parametrize(
    ("printed", "unit", "yen"),
    [
        ("1,424,746", "千円", 1_424_746_000),
        ("22,033,000円", "円", 22_033_000),
        ("15", "百万円", 15_000_000),
        ("1億", "円", 100_000_000),
        ("1兆2,000億円", "千円", 1_200_000_000_000),
        ("5千円", "円", 5_000),
        ("0.5", "千円", 500),
        ("▲３", "千円", -3_000),
        ("-3", "円", -3),
        ("¥1,000", "円", 1_000),
        ("¥1,000", "千円", 1_000),
        ("¥1,000", None, 1_000),
        ("3億2,000万円", None, 320_000_000),
        ("0", None, 0),
        ("-", None, None),
        ("0", "千円", 0),
        ("1 , 200", "円", 1_200),
        ("", "千円", None),
        ("　", "千円", None),
        ("－", "千円", None),
        ("…", "千円", None),
    ],
)
def test_amount(printed: str, unit: str | None, yen: int | None) -> None:
    assert normalize.parse_amount(printed, unit) == yen


@pytest.mark.parametrize("printed", ["1,200", "3", "▲5.5"])
def test_amount_whose_unit_nobody_names(printed: str) -> None:
    with pytest.raises(ValueError, match="names no unit of yen: declare the column's `unit`"):
        normalize.parse_amount(printed)


@pytest.mark.parametrize(
    "printed", ["約3万円", "12x", "1,00", "3億2", "億", "2万3億", "1.5", "1万2万", "--", "①", "千円"]
)
def test_no_amount(printed: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        normalize.parse_amount(printed, "円")


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("明治22年4月1日", "1889-04-01"),
        ("大正元年", "1912"),
        ("昭和64年1月7日", "1989-01-07"),
        ("平成３１年４月", "2019-04"),
        ("平成35年3月", "2023-03"),
        ("令和 2 年 9 月 1 日", "2020-09-01"),
        ("R元.5.1", "2019-05-01"),
        ("H30/4", "2018-04"),
        ("2020年9月", "2020-09"),
        ("2020-09-01", "2020-09-01"),
        ("令和二年二月二十九日", "2020-02-29"),
    ],
)
def test_date(printed: str, iso: str) -> None:
    assert normalize.parse_era_date(printed) == iso


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "令和2年度",
        "令和0年1月1日",
        "平成31年2月29日",
        "令和2年13月",
        "9月1日",
        "令和2年9月1日時点",
        "X2.1.1",
    ],
)
def test_no_date(printed: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date|has no"):
        normalize.parse_era_date(printed)


def test_dates_in_running_text() -> None:
    text = "令和2年4月28日から同年5月まで、同月31日及び2021年。同年度は除く。"
    assert normalize.find_dates(text) == ["2020-04-28", "2020-05", "2020-05-31", "2021"]
    assert normalize.find_dates("同年4月1日") == []


@pytest.mark.parametrize("printed", ["令和2年", "2020"])
def test_year_alone_has_no_fiscal_year(printed: str) -> None:
    with pytest.raises(ValueError, match=r"names no month|is not a date"):
        normalize.fiscal_year(printed)


@pytest.mark.parametrize("printed", ["", "百円", "１２a", "①②", "-1"])
def test_no_number(printed: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        normalize.parse_number(printed)


def test_circled_numbers() -> None:
    circled = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿"
    assert [normalize.parse_number(c) for c in circled] == list(range(1, 51))
