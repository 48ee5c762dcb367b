"""Where the rows of a session's tables come from."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from govgraph.engines.places import Place, record_places
from govgraph.engines.session import Session, shown
from govgraph.mapping.plan import RECORD, ROW, Source


def row_places(session: Session, source: Source, without: Collection[Place] = ()) -> list[Place]:
    """The place of each row of a numbered table, in the order of the numbers.

    Rows of a view stand where the record does that they are made of. `without`: records that are no rows.
    """
    table = source
    while table.parts:
        table = table.parts[0]
    every = record_places(table, session.folder, shown(session.plan, table.logical))
    places = [place for place in every if place not in without]
    if table is source:
        return places
    return [places[number - 1] for _, number in view_rows(session, source)]


def view_rows(session: Session, source: Source) -> list[tuple[int, int]]:
    """The numbers of a view's rows, in order, each with that of the record that it is made of."""
    query = exp.select(*(exp.column(name, quoted=True) for name in (ROW, RECORD))).order_by(
        exp.column(ROW, quoted=True)
    )
    rows = session.rows(query.from_(exp.Table(this=exp.to_identifier(source.table, quoted=True))))
    return [(int(str(row)), int(str(record))) for row, record in rows]
