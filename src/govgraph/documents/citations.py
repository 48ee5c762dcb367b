"""What the parts of a Japanese statute cite, found in their text.

A part is known by its path, such as `art_8/para_1/item_3`; the names of the steps are those of Akoma Ntoso.
前条, 前項, 前2号, 同条 and their kind are resolved from where they stand; 第1項及び第2項 share what stands
before the first, and 第2条から第5条まで means all between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from govgraph.documents.normalize import fold, parse_number, provision_number

Path = tuple[str, ...]

_KANJI = "[一二三四五六七八九十百千]+"
_N = f"(?:[0-9]+|{_KANJI})"
_REFERENCE = re.compile(
    rf"(?P<suppl>附則)?(?P<chp>第{_N}章)?(?P<sec>第{_N}節)?"
    rf"(?P<art>(?:第[0-9]+条(?:の[0-9]+)*|第{_KANJI}条(?:の{_KANJI}(?![部般定]))*|前{_N}?条|次条|同条)(?![件例約文]))?"
    rf"(?P<para>(?:第{_N}項|前(?:{_N}|各)?項|次項|同項)(?!目))?"
    rf"(?P<item>(?:(?<![律例則令示式])第{_N}号(?:の[0-9]+)*|前(?:{_N}|各)?号|次号|同号)(?![様議被事]))?"
)
"""A letter behind 条, 項 or 号 may make another word of it: 条例, 項目, 第1号様式, 第1号被保険者."""

_LEVELS = ("chp", "sec", "art", "para", "item")
_CHAIN = re.compile(r"(?:まで)?(?:、|及び|並びに|又は|若しくは|から)")
_PROMULGATION = re.compile(rf"[(（](?P<inside>[^()（）]*第{_N}号[^()（）]*)[)）]$")
_SHORT_NAME = re.compile(r"以下「([^」]+)」という")
_THIS_STATUTE = re.compile(r"(?:この|本)(?:条例|法律|規則|政令|省令)$")
_SAME_LAW = re.compile(r"同(?:法|条例|規則|令)$")
_ANY_LAW = re.compile(r"[一-鿿々ァ-ヶー]*(?:法|法律|条例|規則|令)$")
_STEP = re.compile(r"-(?=(?:chp|sec|art|para|item|suppl)_)")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a part cites: the text as printed, the law (None: the statute itself), the path in it."""

    printed: str
    law: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a reference leads: a declared law, the statute itself (None), or, with "", an unknown law."""

    law: str | None
    path: Path


def path_of(key: str) -> Path:
    """The path of the part with that key.

    >>> path_of("art_12-2-para_1")
    ('art_12-2', 'para_1')
    """
    return tuple(_STEP.split(key))


class Statute:
    """The parts of a statute, and the other laws that it may name; reads its texts in their order."""

    def __init__(self, paths: Iterable[Path], laws: Iterable[str] = ()) -> None:
        self.parts = dict.fromkeys(path[:depth] for path in paths for depth in range(1, len(path) + 1))
        self.laws = tuple(laws)
        self.short_names: dict[str, str] = {}

    def find_citations(self, text: str, here: Path) -> tuple[list[Citation], list[str]]:
        """The citations in the text of the part `here`, and what could not be resolved, each as a message.

        >>> statute = Statute([("art_9", "para_1"), ("art_9", "para_2"), ("art_10", "para_1")])
        >>> statute.find_citations("前条第1項及び第2項の規定", ("art_10", "para_1"))[0][1]
        Citation(printed='第2項', law=None, path=('art_9', 'para_2'))
        """
        folded = fold(text)
        found: list[Citation] = []
        faults: list[str] = []
        last: _Target | None = None
        end = 0
        for m in _REFERENCE.finditer(folded):
            if not any(m[level] for level in _LEVELS):
                continue
            gap = folded[end : m.start()]
            chained = last if _CHAIN.fullmatch(gap) else None
            start, law = m.start(), None
            if m[0][0] == "同":
                law = last.law if last else None
            elif m[0][0] in "第附":
                start, law = self._law_before(folded, start, last)
                if chained and start == m.start():
                    law = chained.law
            targets = self._resolve(m, here, last, chained)
            if gap.endswith("から") and chained and targets:
                targets = self._between(_Target(law, chained.path), targets[-1]) + targets
            printed = text[start : m.end()]
            if law == "":
                faults.append(f"'{printed}' cites a law that is not declared under `laws`")
            for path in targets:
                if law is None and path not in self.parts:
                    faults.append(f"'{printed}' leads to {'/'.join(path)}, which the statute does not have")
                elif law != "" and (law is not None or path != here):
                    found.append(Citation(printed, law, path))
            if not targets:
                faults.append(f"'{printed}' leads nowhere from {'/'.join(here)}")
            else:
                last = _Target(law, targets[-1])
            end = m.end()
        return found, faults

    def _law_before(self, text: str, start: int, last: _Target | None) -> tuple[int, str | None]:
        """The law named right before `start`, and where its name begins; learns its short name."""
        before = text[:start]
        promulgation = _PROMULGATION.search(before)
        name_end = promulgation.start() if promulgation else start
        before = before[:name_end]
        if _THIS_STATUTE.search(before):
            return start, None
        if same := _SAME_LAW.search(before):
            return same.start(), last.law if last and last.law else ""
        named = _ANY_LAW.search(before)
        known = [name for name in self.laws if before.endswith(name)]
        if named and named[0] in self.short_names:
            law, name = self.short_names[named[0]], named[0]
        elif known:
            law = name = max(known, key=len)
        else:
            return (named.start(), "") if named else (start, None)
        if promulgation and (short_name := _SHORT_NAME.search(promulgation["inside"])):
            self.short_names[short_name[1]] = law
        return name_end - len(name), law

    def _resolve(
        self, m: re.Match[str], here: Path, last: _Target | None, chained: _Target | None
    ) -> list[Path]:
        """The paths that one reference leads to; none where it leads nowhere."""
        if m["chp"] or m["sec"]:
            steps = [f"{level}_{provision_number(m[level])}" for level in ("chp", "sec") if m[level]]
            within = chained.path[:1] if chained and not m["chp"] else ()
            return [(*within, *steps)]
        if m["suppl"]:
            return [(f"suppl_{provision_number(m['para'] or m['art'])}",)] if m["para"] or m["art"] else []
        bases: list[Path]
        if m["art"]:
            bases = self._step(m["art"], "art", (), here, last)
        elif chained:
            bases = [chained.path]
        else:
            bases = [here]
        if m["para"]:
            outer = [b[:1] if b[0].startswith("art_") else () for b in bases]
            kind = "para" if outer and outer[0] else "suppl"
            bases = [p for o in dict.fromkeys(outer) for p in self._step(m["para"], kind, o, here, last)]
        if m["item"]:
            paragraphs = [(*b, "para_1") if _kind(b) == "art" else b[:2] for b in bases]
            bases = [
                p for o in dict.fromkeys(paragraphs) for p in self._step(m["item"], "item", o, here, last)
            ]
        return bases

    def _step(self, word: str, kind: str, within: Path, here: Path, last: _Target | None) -> list[Path]:
        """The parts of `kind` that `word` (第2項, 前2項, 次項, 同項) names."""
        depth = len(within)
        if word.startswith("第"):
            return [(*within, f"{kind}_{provision_number(word)}")]
        if word.startswith("同"):
            return [last.path[: depth + 1]] if last and len(last.path) > depth else []
        own = here[: depth + 1]
        if len(here) <= depth or not own[-1].startswith(f"{kind}_") or own not in self.parts:
            return []
        siblings = [p for p in self.parts if len(p) == len(own) and p[:-1] == own[:-1] and _kind(p) == kind]
        at = siblings.index(own)
        if word.startswith("次"):
            return siblings[at + 1 : at + 2]
        how_many = word[1:-1]
        count = at if how_many == "各" else parse_number(how_many) if how_many else 1
        return siblings[at - count : at] if 0 < count <= at else []

    def _between(self, first: _Target, last: Path) -> list[Path]:
        """The parts after `first` and before `last`, both of one kind; for another law, by their numbers."""
        kind = _kind(last)
        if first.path[:-1] != last[:-1] or _kind(first.path) != kind:
            return []
        if first.law is None:
            siblings = [p for p in self.parts if p[:-1] == last[:-1] and _kind(p) == kind]
            if first.path in siblings and last in siblings:
                return siblings[siblings.index(first.path) + 1 : siblings.index(last)]
            return []
        numbers = [p[-1].partition("_")[2] for p in (first.path, last)]
        if not all(n.isdecimal() for n in numbers):
            return []
        return [(*last[:-1], f"{kind}_{n}") for n in range(int(numbers[0]) + 1, int(numbers[1]))]


def _kind(path: Path) -> str:
    return path[-1].partition("_")[0]


CITATION_FIELDS = (
    "citing",
    "citing_article",
    "citing_part",
    "cited",
    "cited_article",
    "cited_part",
    "printed",
)
"""What columns of a table of citations can be made from."""


def citation_cells(here: Path, citation: Citation, statute: str, laws: Mapping[str, str]) -> dict[str, str]:
    """The fields of a citation by the part `here`; `statute` and `laws` are IRIs relative to the base."""
    iri = laws[citation.law] if citation.law else statute
    outside = [iri.rpartition("/")[2]] if citation.law else []
    return {
        "citing": "/".join((statute, *here)),
        "citing_article": _article(here),
        "citing_part": "-".join(here),
        "cited": "/".join((iri, *citation.path)),
        "cited_article": "" if citation.law else _article(citation.path),
        "cited_part": "-".join((*outside, *citation.path)),
        "printed": citation.printed,
    }


def _article(path: Sequence[str]) -> str:
    return path[0].removeprefix("art_") if path[0].startswith("art_") else ""
