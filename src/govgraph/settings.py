"""What `govgraph.yml` and `dataset.yml` may say: frozen models; an unknown key is an error."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from govgraph.errors import ConfigError, Problem, did_you_mean
from govgraph.iri import is_absolute

DefaultGraph = Literal["union", "own"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


def _exists(value: str) -> str:
    try:
        date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        raise ValueError(f"there is no such date: '{value}'") from None
    return value


IsoDate = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), AfterValidator(_exists)
]


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as e:
        raise ValueError(f"not a regular expression: {e}") from None
    return value


Regex = Annotated[str, AfterValidator(_compiles)]


class Strict(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Bilingual(Strict):
    """A text in Japanese and English."""

    ja: str
    en: str


class Limits(Strict):
    """`limits` of `govgraph.yml`: what a server spends on strangers' queries."""

    workers: int = Field(
        default_factory=lambda: min(32, 4 * (os.cpu_count() or 1)),
        ge=1,
        le=256,
        description="queries at once; default: four a processor, at most 32",
    )
    time: float = Field(default=30, gt=0, description="seconds of a query")
    memory: ByteSize = Field(
        default=ByteSize(1024**3), ge=1024**2, description="memory of a query beside the opened store"
    )
    result: ByteSize | None = Field(default=None, ge=1, description="size of an answer; none: no limit")
    queue: int = Field(default=64, ge=0, description="queries that may wait for a worker")
    wait: float = Field(default=10, ge=0, description="seconds that a query may wait for a worker")
    service_time: float = Field(default=10, gt=0, description="seconds of another endpoint")
    service_result: ByteSize = Field(
        default=ByteSize(8 * 1024**2), ge=1, description="size of the answer of another endpoint"
    )
    cache: ByteSize = Field(
        default=ByteSize(64 * 1024**2), ge=0, description="answers kept in memory; 0: none"
    )

    def changed(self, assignments: Sequence[str]) -> Limits:
        """These limits with each `name=value` of `assignments`; `result=none` lifts that limit.

        Raises ConfigError GG104 with all that are wrong.
        """
        values: dict[str, object] = self.model_dump()
        problems: list[Problem] = []
        for assignment in assignments:
            name, equals, value = assignment.partition("=")
            if not equals or name not in values:
                hint = did_you_mean(name, list(values)) if equals else "write NAME=VALUE"
                problems.append(Problem("GG104", f"--limit: '{assignment}' is no limit", hint=hint))
            else:
                values[name] = None if value == "none" else value
        try:
            changed = Limits.model_validate(values)
        except ValidationError as e:
            problems += [Problem("GG104", f"--limit: {x['loc'][0]}: {x['msg']}") for x in e.errors()]
        if problems:
            raise ConfigError.collect(problems)
        return changed


class Settings(Strict):
    """`govgraph.yml`."""

    base: str = Field(description="IRI under which the project mints its own; ends in '/' or '#'")
    title: Bilingual = Field(description="what the graph is called, in both languages")
    licence: str | None = Field(default=None, description="IRI of the licence of the published graph")
    languages: tuple[Literal["ja", "en"], ...] = Field(
        default=("ja", "en"), description="languages of the graph's labels"
    )
    public_url: str | None = Field(default=None, description="where pages answer; default: the host asked")
    host: str = Field(default="127.0.0.1", description="address that `serve` listens on")
    port: int = Field(default=7878, ge=0, le=65535, description="port that `serve` listens on")
    max_document_bytes: int | None = Field(
        default=None, ge=1, description="bytes of JSON or XML that mappings hold in memory; default: 512 MiB"
    )
    functions: tuple[str, ...] = Field(
        default=(), description="Python files (`.py`) and modules with functions for mappings"
    )

    default_graph: DefaultGraph = Field(
        default="union",
        description="what a query sees without FROM: the union of all graphs, or the `own` one",
    )
    services: tuple[str, ...] = Field(
        default=(), description="IRIs of endpoints that queries may ask by SERVICE"
    )
    query_log: str | None = Field(
        default=None, description="file that each query is logged to, as JSON lines"
    )
    query_log_text: bool = Field(default=False, description="whether that log holds the queries' texts")
    limits: Limits = Field(default_factory=Limits, description="limits of the endpoint")

    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="what `build` maps with")
    spark: Mapping[str, str] = Field(
        default_factory=dict, description="settings of Spark, such as spark.master; --spark-conf goes before"
    )

    @field_validator("base")
    @classmethod
    def _absolute_base(cls, value: str) -> str:
        if not is_absolute(value) or value[-1] not in "/#":
            raise ValueError("expected an absolute IRI that ends in '/' or '#'")
        return value

    @field_validator("services")
    @classmethod
    def _of_http(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.match(r"https?://", iri) or not is_absolute(iri) for iri in value):
            raise ValueError("expected absolute IRIs of http or https")
        return value

    @field_validator("licence", "public_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is not None and not is_absolute(value):
            raise ValueError("expected an absolute IRI")
        return value


class Document(Strict):
    """What a dataset knows of the document that it is read from."""

    title: str = Field(description="as printed")
    issued: IsoDate | None = Field(default=None, description="date printed on the document, ISO 8601")
    encoding: str = Field(default="utf-8", description="encoding of a text file, by Python's name")


_PROBES = ("甲", "乙 1,234", "12\t丙\t5.6%", "　※ 丁")
"""Lines with nothing in common: a pattern that matches all of them says nothing."""


def _is_specific(value: str) -> str:
    if all(re.search(_compiles(value), probe) for probe in _PROBES):
        raise ValueError("matches any line, and would hide what is not read: say what such lines look like")
    return value


SpecificRegex = Annotated[str, AfterValidator(_is_specific)]


class RunningText(Strict):
    """Lines of running text; a pattern alone is one `from` which each line matches."""

    from_: SpecificRegex = Field(alias="from", description="a paragraph's first line")
    to: Regex | None = Field(
        default=None,
        description="its last line, or none for one line; a blank line, a heading or a row ends it too",
    )

    over_blanks: bool = Field(
        default=False, description="whether blank lines and headings are within, as in a picture of a leaflet"
    )

    @model_validator(mode="before")
    @classmethod
    def _pattern_alone(cls, value: object) -> object:
        return {"from": value} if isinstance(value, str) else value


class Region(Strict):
    """Lines of the document that tables are read from, and how they are prepared.

    The steps are taken in the order of the keys; `documents.regions` says what each does.
    """

    start: Regex = Field(description="the region's first line")
    end: Regex | None = Field(default=None, description="the line after its last; none: to the end")
    remove: tuple[Regex, ...] = Field(default=(), description="markup that is taken off each line")
    split: Regex | None = Field(default=None, description="what begins a new line within a line")
    furniture: tuple[SpecificRegex, ...] = Field(
        default=(), description="lines of layout only: column heads, totals"
    )
    text: tuple[RunningText, ...] = Field(
        default=(), description="lines of running text: a pattern of such lines, or the edges of a paragraph"
    )
    headings: tuple[Regex, ...] = Field(default=(), description="headings by level, the outermost first")
    join_brackets: bool = Field(default=False, description="join a line to the next while a bracket is open")
    starts: Regex | None = Field(
        default=None, description="what begins a row; any other line continues the row above it"
    )


class Reference(Strict):
    """A column that holds the key of another record, found by equal columns, or what stands there."""

    to: str = Field(description="table that is referred to")
    by: tuple[str, ...] = Field(
        min_length=1, description="columns that are equal in both records; `key` is the record's key"
    )
    where: Mapping[str, str] = Field(default_factory=dict, description="what the other record must hold")
    when: Mapping[str, str] = Field(
        default_factory=dict, description="what this record must hold, else empty"
    )
    take: str | None = Field(
        default=None, description="column of the other record to take instead of its key"
    )
    otherwise: str | None = Field(
        default=None, description="column of this record to take where there is no other; none: a problem"
    )


class Column(Strict):
    """How a column comes about; without any key, it is the layout's value of that name as printed.

    A value is taken `from` where it stands, and then goes through the keys that follow, in their order.
    """

    from_: str | None = Field(
        default=None, alias="from", description="value or column to take; default: the one of the same name"
    )
    match: Regex | None = Field(
        default=None, description="keep what is found, its first group where it has one; else nothing"
    )
    remove: tuple[Regex, ...] = Field(default=(), description="patterns to take out")
    has: Regex | None = Field(default=None, description="`true` where it is found, else `false`")
    as_: (
        Literal["fold", "label", "number", "provision", "yen", "date", "last_date", "year", "fiscal_year"]
        | None
    ) = Field(default=None, alias="as", description="convert to a label, a number, yen or a date")
    unit: Literal["円", "千円", "万円", "百万円", "億円"] | None = Field(
        default=None, description="unit of `as: yen` where none is printed; without, it must be printed"
    )
    map: Mapping[str, str] = Field(default_factory=dict, description="printed form -> code")
    default: str = Field(default="", description="what stands where nothing is left")
    format: str | None = Field(default=None, description="compose: text with {column} in it")
    group: str | None = Field(default=None, description="key of the record of that `distinct` table")
    parent: bool = Field(default=False, description="key of the record a level above, in a `distinct` table")
    refers: Reference | None = Field(default=None, description="key of another record")
    under: str | None = Field(default=None, description="key of the nearest record above, of that table")
    ordinal: tuple[str, ...] = Field(
        default=(), description="which one it is (1, 2, …) of the records with these columns equal"
    )

    @property
    def is_link(self) -> bool:
        """Whether it holds a key, so that it is filled in only when all records have theirs."""
        return bool(self.group or self.parent or self.refers or self.under)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = ("from", "format", "group", "parent", "refers", "under", "ordinal")
        given = [n for n in origins if getattr(self, "from_" if n == "from" else n)]
        if len(given) > 1:
            raise ValueError(f"give one of {', '.join(given)}")
        return self


class Distinct(Strict):
    """A table of what repeats in the rows of another one, such as the plans and pillars of measures."""

    of: str = Field(description="table whose rows are grouped")
    within: tuple[str, ...] = Field(default=(), description="columns that keep equal names apart")
    levels: tuple[Mapping[str, str], ...] = Field(
        min_length=1, description="column here -> column there, a mapping a level, the outermost first"
    )


class Found(Strict):
    """A table of what a pattern finds in another table, such as the figures in an outline."""

    of: str = Field(description="table with a layout that is searched")
    column: str = Field(description="value or column of it that is searched")
    pattern: Regex = Field(description="what is found; its named groups are the values of a record")
    carry: tuple[str, ...] = Field(default=(), description="values or columns that are taken over")


class Citations(Strict):
    """A table of what the parts of a statute cite, found in their text; see documents.citations."""

    parts: tuple[str, ...] = Field(
        description="tables of the statute's parts, whose keys say where each stands"
    )
    statute: str = Field(description="IRI of the statute, relative to the base")
    laws: Mapping[str, str] = Field(
        default_factory=dict, description="name of another law as printed -> its IRI, relative to the base"
    )


class Mentions(Strict):
    """A table of the entities that a text names, by the reference data; see documents.mentions."""

    of: str = Field(description="table whose records hold the text")
    value: str = Field(description="value or column there that is searched")
    entities: str = Field(description="what the IRIs of the entities begin with, relative to the base")


class TableLayout(Strict):
    """How one table of records is read from the document: by a layout, or out of other tables."""

    region: str | None = Field(default=None, description="region that the layout reads")
    layout: str | None = Field(default=None, description="TextFSM template beside dataset.yml")
    distinct: Distinct | None = Field(default=None, description="made of what repeats in another table")
    citations: Citations | None = Field(default=None, description="made of what a statute's parts cite")
    mentions: Mentions | None = Field(default=None, description="made of the entities that a text names")
    found: Found | None = Field(default=None, description="made of what a pattern finds in another table")
    internal: bool = Field(default=False, description="only read for other tables: without keys, not written")
    key: str | None = Field(
        default=None, description="key as {column}, where it is printed; else keys.csv assigns it"
    )
    identify: tuple[str, ...] = Field(
        default=(), description="columns by which a record is known again; default: its key"
    )
    columns: Mapping[str, Column | None] = Field(min_length=1, description="what is written, in this order")
    values: Mapping[str, Column] = Field(
        default_factory=dict, description="what columns are made from; not written"
    )
    text: str | None = Field(default=None, description="value of running text, written only with --text")
    page: str | None = Field(default=None, description="column that holds the page as printed")
    printed: tuple[str, ...] = Field(
        default=(), description="what the lines of each record must hold, such as 第{number}条"
    )
    iri: str | None = Field(
        default=None, description="IRI of the record's resource, relative to the base; default: its anchor's"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = (self.layout, self.distinct, self.citations, self.mentions, self.found)
        if sum(x is not None for x in origins) != 1:
            raise ValueError("give one of layout, distinct, citations, mentions, found")
        if bool(self.layout) != bool(self.region):
            raise ValueError("a layout needs a region, and only a layout has one")
        if self.internal and not self.layout:
            raise ValueError("only a table with a layout can be internal")
        if not (self.key or self.identify or self.internal):
            raise ValueError("give a key, or columns to identify a record by")
        return self


class Counterpart(Strict):
    """Records that a stated number is held against."""

    of: str = Field(description="table of the records")
    column: tuple[str, ...] = Field(
        default=(), description="column of their numbers, or several that are added; none for `count`"
    )
    by: Mapping[str, str] = Field(
        default_factory=dict, description="column there -> column of the stating record, equal in both"
    )
    where: Mapping[str, str] = Field(default_factory=dict, description="what those records must hold")

    @field_validator("column", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Total(Strict):
    """A number that the document states, and what it should be by other records of the document."""

    table: str = Field(description="table whose records state the number")
    stated: str = Field(description="column of the stated number")
    where: Mapping[str, str] = Field(default_factory=dict, description="what a stating record must hold")
    sum: Counterpart | None = Field(default=None, description="records whose numbers add up to it")
    count: Counterpart | None = Field(default=None, description="records that it is the number of")
    equal: Counterpart | None = Field(default=None, description="records that state the same number")
    target: str | None = Field(
        default=None, description="IRI of what is wrong, relative to the base; default: that of the record"
    )

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        given = [n for n in ("sum", "count", "equal") if getattr(self, n)]
        if len(given) != 1:
            raise ValueError("give one of sum, count, equal")
        if bool(self.counterpart.column) == bool(self.count):
            raise ValueError("sum and equal need a column; count has none")
        if self.equal and len(self.equal.column) > 1:
            raise ValueError("equal compares one column")
        return self

    @property
    def counterpart(self) -> Counterpart:
        """The records that it is held against."""
        found = self.sum or self.count or self.equal
        assert found is not None
        return found


class DatasetSettings(Strict):
    """`dataset.yml`."""

    title: Bilingual = Field(description="what the dataset is called, in both languages")
    description: Bilingual | None = Field(default=None, description="what it holds, in both languages")
    publisher: str | None = Field(
        default=None,
        pattern=r"^[0-9]{6}$",
        description="local government code of the documents' publisher; none for curated tables",
    )
    licence: str | None = Field(default=None, description="IRI of the source's licence; none where unknown")
    fiscal_year: int | None = Field(default=None, description="fiscal year that the document is about")
    document: Document | None = Field(default=None, description="the document; none for curated tables")
    regions: Mapping[str, Region] = Field(default_factory=dict, description="parts that tables are read from")
    tables: Mapping[str, TableLayout] = Field(default_factory=dict, description="tables of records to read")
    totals: Mapping[Slug, Total] = Field(
        default_factory=dict, description="numbers of the document that other records must agree with"
    )
    expected: Mapping[str, int] = Field(
        default_factory=dict, description="class -> instances that the dataset's graph must hold"
    )
