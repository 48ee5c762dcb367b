"""The cells of a record, made from what its layout read by the declarations of `dataset.yml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from govgraph.documents import normalize
from govgraph.settings import Column, TableLayout

FIELD = re.compile(r"\{([^{}]*)\}")
"""A column's name in a `format` or `key`."""


def fill(template: str, cell: Callable[[str], str]) -> str:
    """`template` with each `{column}` as its cell; empty where one of them is.

    >>> fill("{year}-{number}", {"year": "2012", "number": "34"}.__getitem__)
    '2012-34'
    """
    if not all(cell(name) for name in FIELD.findall(template)):
        return ""
    return FIELD.sub(lambda m: cell(m[1]), template)


def find_all(pattern: str, text: str) -> list[dict[str, str]]:
    """What the named groups of `pattern` hold, for each place in `text` where it is found.

    >>> find_all("(?P<who>[^0-9、]+)(?P<sum>[0-9]+円)", "大人20円、小人10円")
    [{'who': '大人', 'sum': '20円'}, {'who': '小人', 'sum': '10円'}]
    """
    return [m.groupdict(default="") for m in re.finditer(pattern, text)]


@dataclass(slots=True)
class Cells:
    """The cells of one record, each made when it is first asked for.

    `corrections` (column -> printed, corrected) take effect before other columns are made of the cell.
    `faults` (code, message) and `mismatches` (what stands there) gather the cells that could not be made, and
    the corrections that do not fit.
    """

    layout: TableLayout
    printed: Mapping[str, str]
    corrections: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    mismatches: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            text = self._make(name)
            if name in self.corrections:
                stands, corrected = self.corrections[name]
                if text != stands:
                    self.mismatches[name] = text
                text = corrected
                self.faults.pop(name, None)
            self._made[name] = text
        return self._made[name]

    def link(self, name: str, key: str, fault: str = "") -> None:
        """Fills in a column that needs other records; a `fault` (GG303) says why there is no key."""
        self._made.pop(name, None)
        self._keys[name] = key
        if fault:
            self.faults[name] = ("GG303", fault)

    def uncorrected(self) -> Cells:
        """The cells as they are without corrections; those that need other records are empty."""
        return Cells(self.layout, self.printed)

    def taken(self, name: str) -> str:
        """What a column takes from where it is made from, before that is converted; empty for a key."""
        column = self._column(name)
        if column is None:
            return self.printed[name]
        return "" if column.is_link or column.ordinal else keep(self._source(name, column), column)

    def _column(self, name: str) -> Column | None:
        return self.layout.columns.get(name) or self.layout.values.get(name)

    def _source(self, name: str, column: Column) -> str:
        if column.format is not None:
            return fill(column.format, self.__getitem__)
        return self.printed[name] if column.from_ in (None, name) else self[str(column.from_)]

    def _make(self, name: str) -> str:
        column = self._column(name)
        if column is None:
            return self.printed[name]
        if column.is_link or column.ordinal:
            return self._keys.get(name, "")
        try:
            return convert(self._source(name, column), column)
        except ValueError as e:
            self.faults[name] = ("GG301", str(e))
            return ""


def count_equals(layout: TableLayout, rows: Sequence[Cells]) -> None:
    """Fills in the `ordinal` columns of the `rows` of a table, which stand in print order."""
    for name, column in {**layout.columns, **layout.values}.items():
        if column is None or not column.ordinal:
            continue
        seen: Counter[tuple[str, ...]] = Counter()
        for cells in rows:
            equal = tuple(normalize.fold_label(cells[other]) for other in column.ordinal)
            seen[equal] += 1
            cells.link(name, str(seen[equal]))


def keep(text: str, column: Column) -> str:
    """What the steps match and remove of `column` leave of `text`."""
    if column.match is not None:
        found = re.search(column.match, text)
        text = "" if found is None else (found[1] or "") if found.re.groups else found[0]
    for pattern in column.remove:
        text = re.sub(pattern, "", text)
    return text


def convert(text: str, column: Column) -> str:
    """`text` after the steps of `column`, in the order match, remove, has, as, map, default.

    Raises ValueError where a step cannot take it.

    >>> convert("（１）子育て", Column(match="^（(.)）", **{"as": "number"}))
    '1'
    """
    text = keep(text, column)
    if column.has is not None:
        return "true" if re.search(column.has, text) else "false"
    if text and column.as_ is not None:
        text = _CONVERSIONS[column.as_](text, column)
    text = text.strip()
    if text and column.map and text not in column.map:
        raise ValueError(f"'{text}' is none of {', '.join(column.map)}")
    return column.map.get(text, text) or column.default


def _yen(text: str, column: Column) -> str:
    amount = normalize.parse_amount(text, column.unit)
    return "" if amount is None else str(amount)


def _last_date(text: str) -> str:
    dates = normalize.find_dates(text)
    if not dates:
        raise ValueError(f"'{text}' holds no date")
    return dates[-1]


_CONVERSIONS: Mapping[str, Callable[[str, Column], str]] = {
    "fold": lambda text, _: normalize.fold(text),
    "label": lambda text, _: normalize.fold_label(text),
    "number": lambda text, _: str(normalize.parse_number(text)),
    "provision": lambda text, _: normalize.provision_number(text),
    "yen": _yen,
    "date": lambda text, _: normalize.parse_era_date(text),
    "last_date": lambda text, _: _last_date(text),
    "year": lambda text, _: _last_date(text)[:4],
    "fiscal_year": lambda text, _: str(normalize.fiscal_year(text)),
}
