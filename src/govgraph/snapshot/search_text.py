"""What names and the words of a search look like where they are compared (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from govgraph.documents.normalize import fold, parse_number, western_years

_KANA = {c: c - 0x60 for c in range(0x30A1, 0x30F7)} | {
    ord(c): ord(d) for c, d in ("ヵか", "ヶけ", "ゕか", "ゖけ")
}
"""Katakana -> hiragana; the small ヵ and ヶ of counters and place names as the large ones."""
_ORDINAL = re.compile(r"第([一二三四五六七八九十百千]+)")
_YEAR = re.compile(r"([0-9]{4})年度?")


def folded(text: str) -> str:
    """`text` as letters and digits alone: of one width, one case and one kana, radicals as ideographs.

    >>> folded("保土ヶ谷区（ＮＰＯ）"), folded("ｻﾎﾟｰﾄ  Center")
    ('保土け谷区npo', 'さぽーとcenter')
    """
    return "".join(filter(str.isalnum, _one_form(text)))


def canonical(text: str) -> str:
    """As `folded`, with years of eras as western ones, and the numbers of 第十二条 in digits.

    >>> canonical("令和5年度 第十二条"), canonical("Ｒ５")
    ('2023年度第12条', '2023')
    """
    return "".join(filter(str.isalnum, _one_number(_one_form(text))))


def words(text: str) -> list[str]:
    """The words of a search: what stands between spaces, canonical; a year without the 年度 after it.

    >>> words("防災　令和5年度 ・")
    ['防災', '2023']
    """
    found = (canonical(word) for word in _one_number(_one_form(text)).split())
    return list(dict.fromkeys(m[1] if (m := _YEAR.fullmatch(word)) else word for word in found if word))


def grams(key: str) -> Iterator[str]:
    """Each letter of `key` with the one after it, and the last one alone, so that it is found by itself.

    >>> list(grams("防災課"))
    ['防災', '災課', '課']
    """
    return (key[i : i + 2] for i in range(len(key)))


def _one_form(text: str) -> str:
    return unicodedata.normalize("NFKC", fold(text)).casefold().translate(_KANA)


def _one_number(text: str) -> str:
    return _ORDINAL.sub(lambda m: f"第{parse_number(m[1])}", western_years(text))
