"""Tables of what repeats in the rows of another table, such as the plans and pillars above measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from govgraph.settings import Distinct


class Row(Protocol):
    """Column -> cell."""

    def __getitem__(self, name: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Group:
    """A value that rows share: its cells, the rows (their positions), and the group a level above."""

    cells: dict[str, str]
    members: list[int]
    parent: int | None


def group_rows(distinct: Distinct, rows: Sequence[Row]) -> tuple[list[Group], list[int | None]]:
    """The groups in the order of their first row, the outer before the inner; for each row, its innermost.

    A row whose columns of a level are all empty has no group there, nor further in; a group has "" in the
    columns of levels further in.

    >>> by = Distinct(of="measures", levels=({"name": "plan"}, {"name": "pillar"}))
    >>> rows = [{"plan": "A", "pillar": "1"}, {"plan": "A", "pillar": ""}, {"plan": "B", "pillar": "1"}]
    >>> groups, innermost = group_rows(by, rows)
    >>> [(g.cells["name"], g.members, g.parent) for g in groups], innermost
    ([('A', [0, 1], None), ('1', [0], 0), ('B', [2], None), ('1', [2], 2)], [1, 0, 3])
    """
    groups: list[Group] = []
    positions: dict[tuple[str, ...], int] = {}
    innermost: list[int | None] = []
    blank = dict.fromkeys((n for level in distinct.levels for pair in level.items() for n in pair), "")
    for number, row in enumerate(rows):
        path = tuple(row[name] for name in distinct.within)
        cells = {**blank, **{name: row[name] for name in distinct.within}}
        parent: int | None = None
        for level in distinct.levels:
            own = {here: row[there] for here, there in level.items()}
            if not any(own.values()):
                break
            path += tuple(own.values())
            cells = {**cells, **{there: row[there] for there in level.values()}}
            if path not in positions:
                positions[path] = len(groups)
                groups.append(Group({**cells, **own}, [], parent))
            parent = positions[path]
            groups[parent].members.append(number)
        innermost.append(parent)
    return groups, innermost
