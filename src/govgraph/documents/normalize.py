"""What the same word, number, amount or date looks like once the accidents of printing are gone (pure).

The folding is narrower than NFKC, which would turn ⑬ into 13 and ⼾ into 戶, and wider, because NFKC leaves
most CJK radicals as they are.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal

_RADICALS = (
    "⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇𠘨 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 ⺑𡯂 ⺒巳 ⺓幺 "
    "⺔彑 ⺕彐 ⺖忄 ⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺟母 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺧牛 "
    "⺨犭 ⺩王 ⺪𤴔 ⺫目 ⺬示 ⺭礻 ⺮𥫗 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳㓁 ⺴冗 ⺵𦉫 ⺶羊 ⺷𦍌 ⺸𦍋 ⺹耂 ⺺肀 "
    "⺻聿 ⺼肉 ⺽𦥑 ⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇𧢲 ⻈讠 ⻉贝 ⻊𧾷 ⻋车 ⻌辶 ⻍辶 "
    "⻎辶 ⻏邑 ⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕𨸏 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞𩙿 ⻟飠 ⻠饣 "
    "⻡𩠐 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ⻳龟 "
    "⼾戸 ⾭青 ⿈黄 ⿊黒"
)
"""CJK Radicals Supplement as Unicode's EquivalentUnifiedIdeograph has it; then the four Kangxi radicals whose
NFKC form is not in JIS X 0208, as the letter that Japanese fonts show for them."""


def _folding() -> dict[int, str]:
    table = {c: unicodedata.normalize("NFKC", chr(c)) for c in range(0x2F00, 0x2FD6)}
    table |= {ord(pair[0]): pair[1:] for pair in _RADICALS.split()}
    for first, last in ("０９", "ＡＺ", "ａｚ"):
        table |= {c: chr(c - 0xFEE0) for c in range(ord(first), ord(last) + 1)}
    return table | {0x2212: "-", 0x3000: " "}


_FOLDING = _folding()
_JAPANESE = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BREAK = re.compile(rf"(?<=[{_JAPANESE}])\s+|\s+(?=[{_JAPANESE}])")
_SPACED_OUT = re.compile(r"(?<=(?<![A-Za-z])[A-Z])\s(?=[A-Z](?![A-Za-z]))")


def fold(text: str) -> str:
    """`text` with CJK radicals as ideographs, full-width letters, digits and spaces as ASCII, U+2212 as "-".

    Brackets, ～ and circled digits stay.

    >>> fold("⺠間の⼾籍　ＩＣＴ（第２次）⑬～㊿ −５")
    '民間の戸籍 ICT（第2次）⑬～㊿ -5'
    """
    return text.translate(_FOLDING)


def mend_breaks(text: str) -> str:
    """`text` without the white space that a line break left next to a Japanese letter.

    >>> mend_breaks("平塚市民病院における 感染症対策"), mend_breaks("SDGs biz サポート")
    ('平塚市民病院における感染症対策', 'SDGs bizサポート')
    """
    return _BREAK.sub("", text)


def fold_label(text: str) -> str:
    """`text` as a label: folded, breaks mended, spaced-out capitals joined, one space at most between words.

    >>> fold_label(" ＮＰＯ 組織  基盤  Smart  City "), fold_label("庁内 I C T 基盤")
    ('NPO組織基盤Smart City', '庁内ICT基盤')
    """
    return _SPACED_OUT.sub("", mend_breaks(" ".join(fold(text).split())))


def parse_number(text: str) -> int:
    """A whole number in ASCII, full-width, circled or kanji digits; raises ValueError for anything else.

    >>> [parse_number(t) for t in ("12", "１，２００", "㉛", "十二", "二百三", "二〇二〇", "3万")]
    [12, 1200, 31, 12, 203, 2020, 30000]
    """
    folded = re.sub(r"[\s,，]", "", fold(text))
    if re.fullmatch(r"[0-9]+", folded):
        return int(folded)
    if re.fullmatch(r"[⓪①-⑳㉑-㉟㊱-㊿]", folded):
        return int(unicodedata.numeric(folded))
    if re.fullmatch(r"[〇一二三四五六七八九]+", folded):
        return int("".join(str(int(unicodedata.numeric(c))) for c in folded))
    if re.fullmatch(r"[0-9一二三四五六七八九十百千万億]+", folded):
        return _add_up(folded)
    raise ValueError(f"'{text}' is not a number")


def to_kanji(number: int) -> str:
    """A whole number from 1 to 9,999 as statutes write it.

    >>> [to_kanji(n) for n in (1, 10, 11, 224, 1999, 2021)]
    ['一', '十', '十一', '二百二十四', '千九百九十九', '二千二十一']
    """
    places = zip(("千", "百", "十", ""), f"{number:04d}", strict=True)
    return "".join(
        ("" if digit == "1" and place else "〇一二三四五六七八九"[int(digit)]) + place
        for place, digit in places
        if digit != "0"
    )


def _add_up(text: str) -> int:
    """A number written with 十, 百, 千, 万 and 億."""
    total = section = digit = 0
    for token in re.findall(r"[0-9]+|.", text):
        value = int(token) if token.isdecimal() else int(unicodedata.numeric(token))
        if token in "万億":
            total += ((section + digit) or 1) * value
            section = digit = 0
        elif token in "十百千":
            section += (digit or 1) * value
            digit = 0
        else:
            digit = value
    return total + section + digit


def provision_number(text: str) -> str:
    """The number of a part of a statute; raises ValueError where there is none.

    >>> provision_number("第十二条の二"), provision_number("前2項")
    ('12-2', '2')
    """
    numbers = re.findall(r"[0-9]+|[一二三四五六七八九十百千]+", fold(text))
    if not numbers:
        raise ValueError(f"'{text}' holds no number")
    return "-".join(str(parse_number(n)) for n in numbers)


UNITS = {"円": 1, "千円": 10**3, "万円": 10**4, "百万円": 10**6, "億円": 10**8}
"""Unit of an amount -> yen."""

_SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8, "兆": 10**12, "": 1}
_NO_AMOUNT = frozenset("-－ー―‐–—…")
_PART = re.compile(r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)(兆|億|百万|万|千)?")


def parse_amount(text: str, unit: str | None = None) -> int | None:
    """An amount in whole yen, or None for a blank and a dash, which are no amount.

    `unit` (a key of `UNITS`) counts where the text names none. Raises ValueError for anything else, and where
    neither names a unit.

    >>> parse_amount("100,000", "千円"), parse_amount("３億２，０００万円"), parse_amount("△1.5百万円")
    (100000000, 320000000, -1500000)
    >>> parse_amount("-"), parse_amount("10,000円", "千円")
    (None, 10000)
    """
    folded = re.sub(r"\s", "", fold(text)).replace("，", ",")
    if not folded or folded in _NO_AMOUNT:
        return None
    negative = folded[0] in "-△▲"
    number = folded[1:] if negative else folded
    bare = number.lstrip("¥￥").removesuffix("円")
    parts = _PART.findall(bare)
    scales = [_SCALES[scale] for _, scale in parts]
    if not parts or "".join(map("".join, parts)) != bare or scales != sorted(set(scales), reverse=True):
        raise ValueError(f"'{text}' is not an amount")
    names_unit = bare != number or scales != [1]
    if len(parts) > 1 and scales[-1] == 1 and bare == number:
        raise ValueError(f"'{text}' is not an amount: it ends without a unit")
    yen = sum((Decimal(n.replace(",", "")) * s for (n, _), s in zip(parts, scales, strict=True)), Decimal(0))
    if not names_unit and unit is None and yen:
        raise ValueError(f"'{text}' names no unit of yen: declare the column's `unit`")
    yen *= UNITS[unit] if unit and not names_unit else 1
    if yen != int(yen):
        raise ValueError(f"'{text}' is not a whole number of yen")
    return -int(yen) if negative else int(yen)


def amount_step(text: str, unit: str | None = None) -> Decimal:
    """The least difference in yen that an amount printed like `text` can show.

    Raises ValueError where `text` is no amount; a blank and a dash are none either.

    >>> [int(amount_step(t, "百万円")) for t in ("4,744", "1.5", "3億2,000万円", "1,200円")]
    [1000000, 100000, 10000, 1]
    """
    folded = re.sub(r"\s", "", fold(text)).replace("，", ",")
    if parse_amount(text, unit) is None:
        raise ValueError(f"'{text}' is not an amount")
    number, scale = _PART.findall(folded)[-1]
    names_unit = bool(scale) or folded.endswith("円") or folded.lstrip("-△▲")[0] in "¥￥"
    decimals = Decimal(1).scaleb(-len(number.partition(".")[2]))
    return decimals * (_SCALES[scale] if names_unit or unit is None else UNITS[unit])


_ERAS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
_ERAS |= {letter: _ERAS[era] for letter, era in zip("MTSHR", list(_ERAS), strict=True)}
_N = "[0-9一二三四五六七八九十百〇]+"
_ERA = "明治|大正|昭和|平成|令和"
_DATE = re.compile(
    rf"(?:(?P<era>{_ERA})(?P<year>元|{_N})|(?P<ad>[0-9]{{4}}))年(?!度)(?:(?P<month>{_N})月(?:(?P<day>{_N})日)?)?"
    rf"|(?P<same>同年)(?P<same_month>{_N})月(?:(?P<same_day>{_N})日)?|同月(?P<only_day>{_N})日"
)
_SHORT = re.compile(rf"([MTSHR]|{_ERA})(元|[0-9]+)[./-]([0-9]+)(?:[./-]([0-9]+))?")
_ISO = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})(?:[/-]([0-9]{1,2}))?")


def parse_era_date(text: str) -> str:
    """An ISO 8601 date, as precise as printed: `2020-09-01`, `2021-09` or `2020`.

    Raises ValueError where `text` is not just one date, or a day that the calendar does not have.

    >>> [parse_era_date(t) for t in ("平成24年6月25日", "R2.9.1", "令和元年5月", "昭和二十二年", "2020/4/1")]
    ['2012-06-25', '2020-09-01', '2019-05', '1947', '2020-04-01']
    """
    folded = re.sub(r"\s", "", fold(text))
    if m := _SHORT.fullmatch(folded):
        return _iso(_era_year(m[1], m[2]), m[3], m[4])
    if m := _ISO.fullmatch(folded):
        return _iso(int(m[1]), m[2], m[3])
    dates = find_dates(folded)
    if len(dates) != 1 or not (m := _DATE.fullmatch(folded)):
        raise ValueError(f"'{text}' is not a date")
    return dates[0]


def find_dates(text: str) -> list[str]:
    """All dates in running text as ISO 8601; 同年 and 同月 are those of the date before.

    >>> find_dates("平成25年2月規則第13号により同年4月1日から施行")
    ['2013-02', '2013-04-01']
    """
    found: list[str] = []
    for m in _DATE.finditer(re.sub(r"\s", "", fold(text))):
        if m["era"] or m["ad"]:
            year = int(m["ad"]) if m["ad"] else _era_year(m["era"], m["year"])
            found.append(_iso(year, m["month"], m["day"]))
        elif m["same"] and found:
            found.append(_iso(int(found[-1][:4]), m["same_month"], m["same_day"]))
        elif m["only_day"] and found and len(found[-1]) > len("2020"):
            found.append(_iso(int(found[-1][:4]), found[-1][5:7], m["only_day"]))
    return found


def fiscal_year(text: str) -> int:
    """The fiscal year (April to March) of a date, or the one that is named.

    Raises ValueError where the month is not known.

    >>> fiscal_year("平成31年1月23日"), fiscal_year("2019-04"), fiscal_year("令和2年度")
    (2018, 2019, 2020)
    """
    folded = re.sub(r"\s", "", fold(text))
    if m := re.fullmatch(rf"(?:({_ERA})(元|{_N})|([0-9]{{4}}))年度", folded):
        return int(m[3]) if m[3] else _era_year(m[1], m[2])
    date = parse_era_date(folded)
    if len(date) == len("2020"):
        raise ValueError(f"'{text}' names no month: its fiscal year is not known")
    return int(date[:4]) - (int(date[5:7]) < 4)


def _era_year(era: str, year: str) -> int:
    number = 1 if year == "元" else parse_number(year)
    if number < 1:
        raise ValueError(f"an era has no year {number}")
    return _ERAS[era] + number - 1


def _iso(year: int, month: str | None, day: str | None) -> str:
    """A checked date, as precise as what is given."""
    if month is None:
        return f"{year:04}"
    try:
        date = datetime.date(year, parse_number(month), parse_number(day) if day else 1)
    except ValueError:
        raise ValueError(f"the calendar has no {year}-{month}-{day or 1}") from None
    return date.isoformat() if day else f"{date:%Y-%m}"


_ERA_YEAR = re.compile(
    rf"({_ERA})(?:([0-9]+)|(元|[一二三四五六七八九十〇]+)(?=年))|(?<![A-Za-z0-9])([SHRshr])([0-9]{{1,2}})(?![A-Za-z0-9])"
)


def western_years(text: str) -> str:
    """`text` with the years of Japanese eras as those of the Christian era; eras since 1926 also as letters.

    >>> western_years("令和5年度、平成元年、R5、昭和四十年4月、H30.4、昭和通り")
    '2023年度、1989年、2023、1965年4月、2018.4、昭和通り'
    """

    def western(m: re.Match[str]) -> str:
        era, year = (m[1], m[2] or m[3]) if m[1] else (m[4].upper(), m[5])
        return str(_era_year(era, year)) if year.strip("0〇") else m[0]

    return _ERA_YEAR.sub(western, text)


_FIRST_DAYS = (("令和", "2019-05-01"), ("平成", "1989-01-08"), ("昭和", "1926-12-25"), ("大正", "1912-07-30"))
_GREGORIAN = "1873-01-01"
"""From this day on, days of the Japanese calendar are those of the Gregorian one."""


def to_era_date(text: str) -> str:
    """A date of the Japanese calendar for an ISO 8601 date, as precise as that is.

    Raises ValueError for what is no such date, for a year or month that is in two eras, and for what is
    before 1873, when months began on other days.

    >>> [to_era_date(t) for t in ("2020-09-01", "1989-01-07", "2019-05", "2018")]
    ['令和2年9月1日', '昭和64年1月7日', '令和元年5月', '平成30年']
    """
    folded = fold(text).strip()
    m = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", folded)
    if not m:
        raise ValueError(f"'{text}' is not a date of ISO 8601")
    date = _iso(int(m[1]), m[2], m[3])
    if date < _GREGORIAN[: len(date)]:
        raise ValueError(f"'{text}' is before 1873, when the calendar was another")
    era, first = next(((e, d) for e, d in _FIRST_DAYS if date >= d[: len(date)]), ("明治", "1868-10-23"))
    if date == first[: len(date)] and first.removeprefix(date) not in ("", "-01"):
        raise ValueError(f"'{text}' is in two eras: {era} began on {first}")
    year = int(m[1]) - int(first[:4]) + 1
    rest = "".join(f"{int(n)}{unit}" for n, unit in ((m[2], "月"), (m[3], "日")) if n)
    return f"{era}{'元' if year == 1 else year}年{rest}"


def local_government_code(text: str) -> str:
    """The code of a local government in six digits, made of five or six; raises ValueError.

    The sixth digit checks the others (JIS X 0401 and 0402 with the check digit of the ministry's table).

    >>> local_government_code("14100"), local_government_code("011002")
    ('141003', '011002')
    """
    code = fold(text).strip()
    if not re.fullmatch(r"(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{3,4}", code):
        raise ValueError(f"'{text}' is not a code of a local government: five or six digits, from 01 to 47")
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=False))
    whole = code[:5] + str((11 - total % 11) % 10)
    if len(code) == 6 and code != whole:
        raise ValueError(f"'{text}' has a wrong check digit: the code of {code[:5]} is {whole}")
    return whole
