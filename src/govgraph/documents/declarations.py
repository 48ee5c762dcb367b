"""What `dataset.yml` says of tables, held against the layouts: templates that load, names that exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from govgraph.documents.citations import CITATION_FIELDS
from govgraph.documents.columns import FIELD
from govgraph.documents.layout import Template
from govgraph.documents.mentions import MENTION_FIELDS
from govgraph.documents.tables import MADE_TABLES
from govgraph.errors import DocumentError, Problem, did_you_mean
from govgraph.project import Dataset
from govgraph.records import KEY
from govgraph.settings import Column, Reference, TableLayout, Total


def check_layouts(dataset: Dataset) -> list[Problem]:
    """What is wrong in `regions` and `tables` of dataset.yml and in the layouts, without a document.

    GG204 for layouts, and what `check_declarations` finds.
    """
    templates, problems = load_templates(dataset)
    return [*check_declarations(dataset, templates), *problems]


def load_templates(dataset: Dataset) -> tuple[dict[str, Template], list[Problem]]:
    """The templates of the tables that have a layout, by table; GG204 for each that is missing or broken."""
    templates, problems = {}, []
    for name, table in dataset.settings.tables.items():
        if table.layout is None:
            continue
        path = dataset.folder / table.layout
        if not path.is_file():
            beside = [p.name for p in dataset.folder.glob("*.textfsm")]
            span = dataset.span("tables", name, "layout")
            hint = did_you_mean(table.layout, beside)
            problems.append(Problem("GG204", f"there is no layout '{table.layout}'", span, hint))
            continue
        try:
            templates[name] = Template.load(path, dataset.project.shown(path))
        except DocumentError as e:
            problems += e.problems
    return templates, problems


def correctable_columns(dataset: Dataset, name: str, templates: Mapping[str, Template]) -> set[str] | None:
    """The columns and values of a table that a correction can name; None where they are not known."""
    given = _Checker(dataset, templates).given(name)
    return None if given is None else given | definitions(dataset.settings.tables[name]).keys()


def check_declarations(dataset: Dataset, templates: Mapping[str, Template]) -> list[Problem]:
    """What is wrong in `tables`, each problem at its place in dataset.yml.

    GG008 an unknown region or table, GG012 an unknown column or value, GG003 a column that is made of itself,
    GG014 a table that extract makes itself, GG204 a value that a column of the same name hides.
    Values of a table whose template is not in `templates` are not known, and so not checked.
    """
    checker = _Checker(dataset, templates)
    for name in checker.tables:
        if name in MADE_TABLES:
            message = f"'{name}' is the table that extract makes itself"
            checker.problems.append(Problem("GG014", message, dataset.span("tables", name)))
        checker.check_origin(name)
        checker.check_columns(name)
    for name, total in dataset.settings.totals.items():
        checker.check_total(name, total)
    return checker.problems


class _Checker:
    def __init__(self, dataset: Dataset, templates: Mapping[str, Template]) -> None:
        self.dataset = dataset
        self.tables = dataset.settings.tables
        self.templates = templates
        self.problems: list[Problem] = []

    def given(self, name: str) -> set[str] | None:
        """The values that the columns of a table can be made from; None where they are not known."""
        table = self.tables[name]
        if table.citations is not None:
            return set(CITATION_FIELDS)
        if table.found is not None:
            return {*re.compile(table.found.pattern).groupindex, *table.found.carry}
        if table.mentions is not None:
            return set(MENTION_FIELDS)
        if table.distinct is not None:
            levels = [n for level in table.distinct.levels for pair in level.items() for n in pair]
            return {*table.distinct.within, *levels}
        return set(self.templates[name].values) if name in self.templates else None

    def settled(self, name: str) -> set[str] | None:
        """The same with the columns and values that hold no key, or only that of the record above."""
        given = self.given(name)
        own = {n for n, c in definitions(self.tables[name]).items() if c.under or not c.is_link}
        return None if given is None else given | own

    def expect(
        self, what: str, name: str, known: Collection[str] | None, *place: str, code: str = "GG012"
    ) -> None:
        """Notes a problem where `name` is not `known`."""
        if known is not None and name not in known:
            span = self.dataset.span(*(place if place[0] == "totals" else ("tables", *place)))
            hint = did_you_mean(name, sorted(known))
            self.problems.append(Problem(code, f"unknown {what} '{name}'", span, hint))

    def check_origin(self, name: str) -> None:
        table = self.tables[name]
        layouts = [n for n, t in self.tables.items() if t.layout is not None]
        if table.region is not None:
            regions = self.dataset.settings.regions
            self.expect("region", table.region, regions, name, "region", code="GG008")
        if table.distinct is not None:
            of = table.distinct.of
            self.expect("table with a layout", of, layouts, name, "distinct", "of", code="GG008")
            there = self.settled(of) if of in layouts else None
            for number, level in enumerate(table.distinct.levels):
                for here, used in level.items():
                    self.expect("column", used, there, name, "distinct", "levels", str(number), here)
            for number, used in enumerate(table.distinct.within):
                self.expect("column", used, there, name, "distinct", "within", str(number))
        if table.found is not None:
            of = table.found.of
            self.expect("table with a layout", of, layouts, name, "found", "of", code="GG008")
            there = self.settled(of) if of in layouts else None
            self.expect("column", table.found.column, there, name, "found", "column")
            for number, used in enumerate(table.found.carry):
                self.expect("column", used, there, name, "found", "carry", str(number))
        if table.mentions is not None:
            of = table.mentions.of
            self.expect("table with a layout", of, layouts, name, "mentions", "of", code="GG008")
            there = self.settled(of) if of in layouts else None
            self.expect("value or column", table.mentions.value, there, name, "mentions", "value")
        if table.citations is not None:
            keyed = [n for n in layouts if self.tables[n].key]
            for number, part in enumerate(table.citations.parts):
                place = (name, "citations", "parts", str(number))
                self.expect("table with printed keys", part, keyed, *place, code="GG008")

    def check_columns(self, name: str) -> None:
        table = self.tables[name]
        given, settled = self.given(name), self.settled(name)
        for hidden in (n for n in table.values if table.columns.get(n) is not None):
            message = f"value '{hidden}' is hidden by the column of the same name"
            span = self.dataset.span("tables", name, "values", hidden)
            hint = "give the value another name, and let the column take it `from` there"
            self.problems.append(Problem("GG204", message, span, hint))
        for column_name, column in definitions(table).items():
            place = (name, "columns" if column_name in table.columns else "values", column_name)
            if column.group is not None:
                self.expect(
                    "table of groups", column.group, self._groups(name), *place, "group", code="GG008"
                )
            elif column.refers is not None:
                self._check_reference(column.refers, settled, *place, "refers")
            elif column.under is not None:
                self.expect(
                    "table above with a layout",
                    column.under,
                    self._above(name),
                    *place,
                    "under",
                    code="GG008",
                )
            elif column.ordinal:
                for number, used in enumerate(column.ordinal):
                    self.expect("column", used, settled, *place, "ordinal", str(number))
            elif column.format is not None:
                for used in FIELD.findall(column.format):
                    self.expect("column", used, settled, *place, "format")
            elif column.parent and table.distinct is None:
                message = f"column '{column_name}': only a `distinct` table has parents"
                self.problems.append(Problem("GG003", message, self.dataset.span("tables", *place)))
            elif not column.parent:
                source = column.from_ or column_name
                known = given if source == column_name else settled
                self.expect("value or column", source, known, *place, "from")
            if cycle := _cycle(table, column_name):
                message = f"column '{column_name}' is made of itself: {' <- '.join(cycle)}"
                self.problems.append(Problem("GG003", message, self.dataset.span("tables", *place)))
        for number, used in enumerate(table.identify):
            self.expect("column", used, settled, name, "identify", str(number))
        for used in FIELD.findall(table.key or ""):
            self.expect("column", used, settled, name, "key")
        if table.page is not None:
            self.expect("column", table.page, definitions(table), name, "page")
        if table.text is not None:
            self.expect("value or column", table.text, settled, name, "text")
        for number, template in enumerate(table.printed):
            for used in FIELD.findall(template):
                self.expect("column", used, settled, name, "printed", str(number))
        for used in FIELD.findall(table.iri or ""):
            self.expect("column", used, self.stated(name, "dataset"), name, "iri")

    def stated(self, name: str, *more: str) -> set[str] | None:
        """All that a finished record of the table holds, its key too."""
        settled = self.settled(name)
        return None if settled is None else {*settled, *definitions(self.tables[name]), KEY, *more}

    def check_total(self, name: str, total: Total) -> None:
        place = ("totals", name)
        self.expect("table", total.table, self.tables, *place, "table", code="GG008")
        here = self.stated(total.table) if total.table in self.tables else None
        self.expect("column", total.stated, here, *place, "stated")
        for used in total.where:
            self.expect("column", used, here, *place, "where", used)
        for used in FIELD.findall(total.target or ""):
            self.expect("column", used, None if here is None else {*here, "dataset"}, *place, "target")
        there = total.counterpart
        comparison = next(n for n in ("sum", "count", "equal") if getattr(total, n))
        self.expect("table", there.of, self.tables, *place, comparison, "of", code="GG008")
        theirs = self.stated(there.of) if there.of in self.tables else None
        for used in there.column:
            self.expect("column", used, theirs, *place, comparison, "column")
        for used, own in there.by.items():
            self.expect("column", used, theirs, *place, comparison, "by", used)
            self.expect("column", own, here, *place, comparison, "by", used)
        for used in there.where:
            self.expect("column", used, theirs, *place, comparison, "where", used)

    def _check_reference(self, reference: Reference, settled: Collection[str] | None, *place: str) -> None:
        self.expect("table", reference.to, self.tables, *place, "to", code="GG008")
        there = self.settled(reference.to) if reference.to in self.tables else None
        for used in reference.by:
            if used != KEY:
                self.expect("column", used, settled, *place, "by")
                self.expect("column", used, there, *place, "by")
        for used in reference.where:
            self.expect("column", used, there, *place, "where", used)
        for used in reference.when:
            self.expect("column", used, settled, *place, "when", used)
        if reference.take and reference.to in self.tables:
            known = {*definitions(self.tables[reference.to]), *(there or ())}
            self.expect("column", reference.take, known, *place, "take")
            self._check_order(reference, *place)
        if reference.otherwise:
            self.expect("column", reference.otherwise, settled, *place, "otherwise")

    def _check_order(self, reference: Reference, *place: str) -> None:
        """Links are filled in table by table, column by column: one that another takes comes before it."""
        table, _, column, *_ = place
        taken = definitions(self.tables[reference.to]).get(str(reference.take))
        order = [(n, c) for n, t in self.tables.items() for c in definitions(t)]
        if taken is None or not taken.is_link or (reference.to, reference.take) not in order:
            return
        if order.index((reference.to, str(reference.take))) > order.index((table, column)):
            message = f"column '{reference.take}' of '{reference.to}' is filled in after '{column}'"
            span = self.dataset.span("tables", *place, "take")
            what = "the column" if table == reference.to else f"the table {reference.to}"
            hint = f"put {what} before this one"
            self.problems.append(Problem("GG204", message, span, hint))

    def _above(self, name: str) -> list[str]:
        """The tables with keys whose records are read before those of the table."""
        tables = list(self.tables)
        before = tables[: tables.index(name)] if self.tables[name].layout else tables
        return [n for n in before if self.tables[n].layout and not self.tables[n].internal and n != name]

    def _groups(self, name: str) -> list[str]:
        """The tables of groups that a row of the table belongs to."""
        distinct = self.tables[name].distinct
        source = distinct.of if distinct else name
        return [n for n, t in self.tables.items() if t.distinct and t.distinct.of == source and n != name]


def definitions(table: TableLayout) -> dict[str, Column]:
    """The columns and values of `table`; one that says nothing is the printed value of its name."""
    return {n: c or Column() for n, c in (*table.columns.items(), *table.values.items())}


def _cycle(table: TableLayout, name: str, above: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The columns through which `name` is made of itself; empty where it is not."""
    column = definitions(table).get(name)
    if name in above:
        return (*above, name) if above[0] == name else ()
    if column is None:
        return ()
    given = [*FIELD.findall(column.format or ""), *column.ordinal]
    used = given or ([column.from_] if column.from_ else [])
    sources = (u for u in used if given or u != name)
    return next(filter(None, (_cycle(table, u, (*above, name)) for u in sources)), ())
