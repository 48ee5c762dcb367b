"""Printed names against the curated table of names: which lead nowhere, and which look alike.

Which columns hold names, the mappings say themselves: a join on `records/reference/names.csv` looks a printed
name up. Nothing is merged here: a person adds a row to that table, or leaves two names apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from govgraph.documents.normalize import fold_label
from govgraph.engines.loading import load_mapping, load_plan
from govgraph.errors import SourceSpan
from govgraph.mapping.model import Mapping, Reference, RefObjectMap
from govgraph.project import REFERENCE, Dataset, Project
from govgraph.records import read_rows

NAMES_FILE = "names.csv"
NAME, SCOPE, ENTITY = "name", "scope", "entity"
"""Columns of the table of names: a spelling, within what it is unique, and the IRI that it leads to."""

PAIR_SCORE = 90
"""How alike two names of a pair are at least, in percent."""

_NEAR_SCORE = 60
_NEAR_NAMES = 3

_LEGAL_FORM = re.compile(
    r"(認定)?(特定非営利活動|npo)法人|(一般|公益)(社団|財団)法人|(国立|公立)大学法人|(社会福祉|学校)法人"
    r"|株式会社|有限会社|合同会社|\([株有]\)"
)
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Name:
    """A spelling; `scope` is a government's code, a unit's IRI or empty; `entity` is empty where unknown."""

    name: str
    scope: str
    entity: str


@dataclass(frozen=True, slots=True)
class Near:
    """A known name, and how alike another one is, in percent."""

    name: Name
    score: float


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A printed name that the table of names lacks: its column, its rows, and known names near it."""

    column: str
    name: Name
    places: tuple[SourceSpan, ...]
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names that look alike, in percent; 100: they differ only in legal form, width or punctuation."""

    first: Name
    second: Name
    score: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found: `looked_up` counts the different names of all columns, known and unknown."""

    looked_up: int
    unmatched: tuple[Unmatched, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A join on the table of names: table of records, its column of names, and that of scopes, if any."""

    records: Path
    column: str
    scope_column: str | None


@dataclass(frozen=True, slots=True)
class _Use:
    """A name in a row of a table of records."""

    records: Path
    column: str
    line: int
    name: str


def reconcile(
    project: Project, datasets: Iterable[Dataset], pair_score: float = PAIR_SCORE
) -> Reconciliation:
    """Looks up the printed names of `datasets` in the project's table of names, and compares names.

    Pairs are of one scope: names of different entities, each in the scope of its first row, and names that
    are both unknown. Raises MappingError with all problems of the first mapping that cannot be compiled.
    """
    table = project.root / "records" / REFERENCE / NAMES_FILE
    known = _known_names(table) if table.is_file() else []
    index = {(n.name, scope) for n in known for scope in (n.scope or None, None)}
    looked_up = 0
    unmatched: list[Unmatched] = []
    for dataset in datasets:
        printed = _printed_names(_lookups(dataset, table))
        looked_up += len({(use.records, use.column, use.name) for use in printed})
        missing: dict[tuple[Path, str, Name], list[int]] = defaultdict(list)
        for use, scopes in printed.items():
            if not any((use.name, scope) in index for scope in scopes):
                name = Name(use.name, next(filter(None, scopes), ""), "")
                missing[use.records, use.column, name].append(use.line)
        for (path, column, name), lines in missing.items():
            places = tuple(project.span(path, line) for line in lines)
            unmatched.append(Unmatched(column, name, places, _near(name, known)))
    unknown_names = dict.fromkeys(u.name for u in unmatched)
    home = {n.entity: n.scope for n in reversed(known)}
    pairs = [
        *_pairs([n for n in known if n.scope == home[n.entity]], pair_score),
        *_pairs(list(unknown_names), pair_score),
    ]
    pairs.sort(key=lambda p: (-p.score, p.first.name, p.second.name))
    return Reconciliation(looked_up, tuple(unmatched), tuple(pairs))


def _known_names(table: Path) -> list[Name]:
    return [Name(row.cells[NAME], row.cells[SCOPE], row.cells[ENTITY]) for row in read_rows(table)]


def comparable(name: str) -> str:
    """What is compared of a name: without legal form, width, case, spaces, punctuation; ヶ as ケ.

    >>> [comparable(n) for n in ("認定NPO法人 市民の会", "㈱ＡＢＣ", "保土ヶ谷区", "株式会社")]
    ['市民の会', 'abc', '保土ケ谷区', '株式会社']
    """
    folded = unicodedata.normalize("NFKC", fold_label(name)).casefold().replace("ヶ", "ケ")
    return _NO_LETTER.sub("", _LEGAL_FORM.sub("", folded)) or folded


def _lookups(dataset: Dataset, table: Path) -> Iterator[_Lookup]:
    """The joins on `table` in the dataset's mappings; compiling them first tells every mistake."""
    for path in dataset.mappings:
        shown = dataset.project.shown(path)
        load_plan(path, base=dataset.project.settings.base, shown=shown)
        yield from _joins_on(load_mapping(path, shown=shown), path.parent, table)


def _joins_on(mapping: Mapping, folder: Path, table: Path) -> Iterator[_Lookup]:
    for triples_map in mapping.triples_maps:
        for value in (o.value for po in triples_map.predicate_objects for o in po.objects):
            if not isinstance(value, RefObjectMap) or not (parent := mapping.get(value.parent)):
                continue
            children = {
                j.parent.name: j.child.name
                for j in value.joins
                if isinstance(j.parent, Reference) and isinstance(j.child, Reference)
            }
            if (folder / parent.source.path).resolve() == table.resolve() and NAME in children:
                records = (folder / triples_map.source.path).resolve()
                yield _Lookup(records, children[NAME], children.get(SCOPE))


def _printed_names(lookups: Iterable[_Lookup]) -> dict[_Use, list[str | None]]:
    """Each use of a name -> the scopes that it is looked up in, None for any.

    One column may be looked up in several ways; one that finds the name is enough.
    """
    found: dict[_Use, list[str | None]] = defaultdict(list)
    for lookup in dict.fromkeys(lookups):
        for row in read_rows(lookup.records):
            if name := row.cells[lookup.column]:
                use = _Use(lookup.records, lookup.column, row.line, name)
                found[use].append(row.cells[lookup.scope_column] if lookup.scope_column else None)
    return found


def _near(unknown: Name, known: Sequence[Name]) -> tuple[Near, ...]:
    """The nearest known names, one an entity; within the scope of the unknown one, where it has one."""
    within = [n for n in known if not unknown.scope or n.scope == unknown.scope]
    found = process.extract(
        comparable(unknown.name),
        [comparable(n.name) for n in within],
        scorer=fuzz.ratio,
        score_cutoff=_NEAR_SCORE,
        limit=None,
    )
    best: dict[str, Near] = {}
    for _, score, at in found:
        best.setdefault(within[at].entity, Near(within[at], round(score, 1)))
    return tuple(best.values())[:_NEAR_NAMES]


def _pairs(names: Sequence[Name], least: float) -> Iterator[Pair]:
    """Names of one scope that look alike, the most alike pair of two entities."""
    by_scope: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        by_scope[name.scope].append(name)
    for group in by_scope.values():
        compared = [comparable(n.name) for n in group]
        best: dict[tuple[str, str], Pair] = {}
        for i, first in enumerate(group):
            rest = compared[i + 1 :]
            for _, score, at in process.extract(
                compared[i], rest, scorer=fuzz.ratio, score_cutoff=least, limit=None
            ):
                second = group[i + 1 + at]
                one, other = sorted((first.entity or first.name, second.entity or second.name))
                if one != other and score > best.get((one, other), Pair(first, second, -1)).score:
                    best[one, other] = Pair(first, second, round(score, 1))
        yield from best.values()
