"""The functions of govgraph for Japanese data: dates, amounts, names, codes of local governments."""

from __future__ import annotations

import re
import unicodedata

from govgraph.documents import normalize
from govgraph.iri import GG
from govgraph.mapping.functions.registry import Library, Parameter, Result

LIBRARY = Library(
    GG,
    "gg",
    dict.fromkeys(Result, (f"{GG}result",)),
)

VALUE = Parameter(f"{GG}value")
UNIT = Parameter(f"{GG}unit")
DOCUMENT = Parameter(f"{GG}document")
FIRST_LINE, LAST_LINE = Parameter(f"{GG}firstLine"), Parameter(f"{GG}lastLine")

_LINE_RANGE = "'line=' || (CAST({first} AS BIGINT) - 1) || ',' || {last}"
"""RFC 5147, section 2.3: positions between lines, so line 6 alone is `line=5,6`."""

_sql, _text = LIBRARY.sql, LIBRARY.python


@_text(
    "yen",
    (VALUE, UNIT.optional()),
    "an amount as printed, with the unit of its table (`千円`, `百万円` …) where it names none, as whole "
    "yen; nothing for a dash",
    ("１００,０００", "千円", "100000000"),
    ("1.5", "百万円", "1500000"),
    ("３億２，０００万円", None, "320000000"),
    ("-", "千円", None),
)
def yen(value: str, unit: str | None) -> str | None:
    """An amount as printed, as whole yen; None for a dash or nothing."""
    if unit is not None and unit not in normalize.UNITS:
        raise ValueError(f"'{unit}' is no unit of yen: one of {', '.join(normalize.UNITS)}")
    amount = normalize.parse_amount(value, unit=unit)
    return None if amount is None else str(amount)


@_text(
    "number",
    (VALUE,),
    "a whole number in ASCII, full-width, circled or kanji digits",
    ("１，２００", "1200"),
    ("二百三", "203"),
    ("⑫", "12"),
)
def _number(value: str) -> str:
    return str(normalize.parse_number(value))


@_text(
    "eraDate",
    (VALUE,),
    "a date of the Japanese calendar as an ISO date, as precise as it is printed",
    ("平成24年6月25日", "2012-06-25"),
    ("令和元年5月", "2019-05"),
    ("R2.9.1", "2020-09-01"),
)
def _era_date(value: str) -> str:
    return normalize.parse_era_date(value)


@_text(
    "toEraDate",
    (VALUE,),
    "an ISO date as one of the Japanese calendar",
    ("2012-06-25", "平成24年6月25日"),
    ("2019-05", "令和元年5月"),
    ("1926-12-25", "昭和元年12月25日"),
)
def _to_era_date(value: str) -> str:
    return normalize.to_era_date(value)


@_text(
    "fiscalYear",
    (VALUE,),
    "the fiscal year (April to March) of a date, or the one that is named",
    ("2019-03-31", "2018"),
    ("令和2年度", "2020"),
)
def _fiscal_year(value: str) -> str:
    return str(normalize.fiscal_year(value))


@_text(
    "toEraFiscalYear",
    (VALUE,),
    "a fiscal year in the Japanese calendar: the era of its first of April, but 令和元年度 for 2019",
    ("2020", "令和2年度"),
    ("2018", "平成30年度"),
    ("2019", "令和元年度"),
)
def _to_era_fiscal_year(value: str) -> str:
    year = normalize.parse_number(value)
    return (
        "令和元年度"
        if year == 2019
        else normalize.to_era_date(f"{year:04}-04-01").partition("年")[0] + "年度"
    )


@_text(
    "fold",
    (VALUE,),
    "CJK radicals as ideographs, letters, digits and spaces of full width as ASCII; brackets stay",
    ("⺠間の⼾籍　ＩＣＴ（第２次）", "民間の戸籍 ICT（第2次）"),
)
def _fold(value: str) -> str:
    return normalize.fold(value)


@_text(
    "foldKey",
    (VALUE,),
    "a name without differences of width, radicals and spaces",
    ("ＮＰＯ 法人　横浜", "NPO法人横浜"),
)
def fold_key(value: str) -> str:
    """A name reduced to what identifies it: widths, radicals and spaces do not matter."""
    return normalize.fold_label(value)


@_text("nfkc", (VALUE,), "Unicode's normal form NFKC", ("ｶﾞｽ㈱①", "ガス(株)1"))
def _nfkc(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


_PAIRS = (
    "髙高 﨑崎 嵜崎 濵浜 濱浜 邊辺 邉辺 齋斎 齊斉 嶋島 嶌島 廣広 澤沢 櫻桜 國国 學学 藪薮 冨富 眞真 圓円 "
    "壽寿 惠恵 榮栄 鐵鉄 藏蔵 瀧滝 龍竜 靜静 豐豊 區区 縣県 廳庁 會会 圖図 總総 條条 號号 佛仏 舊旧 德徳 "
    "曾曽 𠮷吉 栁柳 桒桑 淸清 瀨瀬 賴頼 鷗鴎 檜桧"
)
_VARIANTS = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
"""Letters of names and their common form: of JIS X 0213's variants and of the forms before 1946."""


@_text(
    "foldVariants",
    (VALUE,),
    "NFKC, with variant and old forms of letters in names as the common ones",
    ("髙﨑　邉", "高崎 辺"),
    ("𠮷澤", "吉沢"),
)
def _fold_variants(value: str) -> str:
    composed = unicodedata.normalize("NFKC", re.sub("[\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", value))
    return composed.translate(_VARIANTS)


@_text("toHiragana", (VALUE,), "katakana as hiragana; other letters stay", ("ヨコハマ市ｶﾞ", "よこはま市が"))
def _to_hiragana(value: str) -> str:
    import jaconv  # seldom called, so that it is not read at each start

    return str(jaconv.kata2hira(jaconv.h2z(value, kana=True)))


@_text("toKatakana", (VALUE,), "hiragana as katakana; other letters stay", ("ひらつか市ﾊﾟ", "ヒラツカ市パ"))
def _to_katakana(value: str) -> str:
    import jaconv

    return str(jaconv.hira2kata(jaconv.h2z(value, kana=True)))


@_text("toFullWidthKana", (VALUE,), "katakana of half width in full width", ("ｶﾞｽ ABC", "ガス ABC"))
def _to_full_width(value: str) -> str:
    import jaconv

    return str(jaconv.h2z(value, kana=True))


@_text("toHalfWidthKana", (VALUE,), "katakana in half width", ("ガス ABC", "ｶﾞｽ ABC"))
def _to_half_width(value: str) -> str:
    import jaconv

    return str(jaconv.z2h(value, kana=True))


@_text(
    "localGovernmentCode",
    (VALUE,),
    "a code of a local government with its check digit, which is made for five digits and checked for six",
    ("14100", "141003"),
    ("142034", "142034"),
    ("１４２０３", "142034"),
)
def _code(value: str) -> str:
    return normalize.local_government_code(value)


@_text(
    "isLocalGovernmentCode",
    (VALUE,),
    "true where it is six digits of a local government, the last of which checks the others",
    ("141003", "true"),
    ("141004", "false"),
    returns=Result.BOOLEAN,
)
def _is_code(value: str) -> bool:
    try:
        return len(value) == 6 and normalize.local_government_code(value) == value
    except ValueError:
        return False


@_text(
    "prefectureCode",
    (VALUE,),
    "the code (01 to 47) of the prefecture of a local government's code",
    ("141003", "14"),
    ("01100", "01"),
)
def _prefecture(value: str) -> str:
    return normalize.local_government_code(value)[:2]


_sql(
    "isPresent",
    (VALUE,),
    ":a IS NOT NULL",
    "true where there is a value",
    ("a", "true"),
    (None, "false"),
    returns=Result.BOOLEAN,
)
_sql(
    "isAbsent",
    (VALUE,),
    ":a IS NULL",
    "true where there is none",
    (None, "true"),
    returns=Result.BOOLEAN,
)
_sql(
    "lineRange",
    (FIRST_LINE, LAST_LINE),
    _LINE_RANGE.format(first=":a", last=":b"),
    "a range of lines after RFC 5147",
    ("6", "6", "line=5,6"),
)
_sql(
    "lineFragment",
    (DOCUMENT, FIRST_LINE, LAST_LINE),
    ":a || '#' || " + _LINE_RANGE.format(first=":b", last=":c"),
    "the same as a fragment of a document's IRI",
    ("http://example.com/d", "6", "9", "http://example.com/d#line=5,9"),
)
