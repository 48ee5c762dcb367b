"""Named queries: each file of `queries/` is `GET /api/{name}` with parameters (grlc's conventions). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from govgraph.errors import ConfigError, QueryError, did_you_mean
from govgraph.parameters import Placeholder, bind_values
from govgraph.queries import QueryFile
from govgraph.server.binding import bind_terms
from govgraph.server.evaluate import Query
from govgraph.server.formats import BY_FORM, GRAPH, HTML, SOLUTIONS, TURTLE, Format
from govgraph.server.frames import Work
from govgraph.server.guard import Form, examine
from govgraph.server.protocol import Asked, RequestError, read_pairs, read_seconds
from govgraph.server.site import Site

PATH: Final = "/api/"
RESERVED: Final = ("format", "lang", "page", "timeout")
"""Parameters of every named query."""
_MOST_PAGES: Final = 10**9
_SUFFIXES: Final[Mapping[str, str]] = {
    **{f.name: f.name for f in (*SOLUTIONS, *GRAPH, HTML)},
    "ttl": TURTLE.name,
}
"""What may stand after the name of a query -> the short name of the format that it asks for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A page of an answer: `size` rows, pages counted from 1, and the address that each page is asked at."""

    size: int
    page: int
    address: str

    def on(self, query: Query) -> Query:
        """The query for this page alone."""
        return self._cut(query, self.size, (self.page - 1) * self.size)

    def beyond(self, query: Query) -> Query:
        """The query for the row after this page."""
        return self._cut(query, 1, self.page * self.size)

    def links(self, *, has_next: bool) -> dict[str, str]:
        """Relation (RFC 8288; IANA's registry) -> address of the first, the previous and the next page."""
        pages = {"first": 1}
        if self.page > 1:
            pages["prev"] = self.page - 1
        if has_next:
            pages["next"] = self.page + 1
        return {relation: f"{self.address}page={number}" for relation, number in pages.items()}

    def _cut(self, query: Query, limit: int, offset: int) -> Query:
        return query._replace(text=f"{query.text.rstrip()}\nLIMIT {limit} OFFSET {offset}\n")


@dataclass(frozen=True, slots=True)
class Call:
    """A named query as it is called: what it asks, and the page of it that is wanted, None for all."""

    asked: Asked
    window: Window | None = None


def read_call(site: Site, work: Work) -> Call:
    """What a request for a named query asks for.

    A suffix of the name is the format, as in `/api/measures.csv`; a parameter without text, as a form sends
    it, is not given. Raises RequestError GG704: 404 for an unknown name, 400 for parameters that are unknown,
    given twice, missing, or have no value of their type.
    """
    queries = {query.name: query for query in site.queries}
    name, format_name = work.path.removeprefix(PATH), None
    if name not in queries:
        stem, _, suffix = name.rpartition(".")
        name, format_name = (stem, _SUFFIXES[suffix]) if suffix in _SUFFIXES else (name, None)
    query = queries.get(name)
    if query is None:
        raise RequestError(404, f"no query '{name}'", did_you_mean(name, [*queries]) or "GET /api lists them")
    known = query.placeholders
    taken = {*known, *(placeholder.variable for placeholder in known.values())}
    given = [
        (n, value) for n, value in read_pairs(work.query_string) if value or n not in (*taken, *RESERVED)
    ]
    about = {n: value for n, value in reversed(given) if n in RESERVED and n not in taken}
    try:
        values = bind_values([(n, value) for n, value in given if n not in about], known)
    except ConfigError as e:
        hints = sorted((p.hint for p in e.problems if p.hint), key=lambda hint: not hint.startswith("did"))
        raise RequestError(400, "; ".join(p.message for p in e.problems), hints[0] if hints else None) from e
    others = urlencode([(n, value) for n, value in given if n != "page"])
    address = f"{work.address}{quote(work.path)}?{others}{'&' * bool(others)}"
    asked = Asked(
        Query(bind_terms(query.body, values), name=query.name),
        format_name or about.get("format"),
        about.get("lang"),
        read_seconds(about.get("timeout")),
    )
    return Call(asked, _window(query, about.get("page"), address))


def _window(query: QueryFile, page: str | None, address: str) -> Window | None:
    size = query.header.pagination
    if size is None:
        if page is not None:
            raise RequestError(400, f"query '{query.name}' is not divided into pages")
        return None
    page = page or "1"
    if not page.isascii() or not page.isdigit() or not 0 < int(page) < _MOST_PAGES:
        raise RequestError(400, f"page: '{page}' is no page", "pages count from 1")
    return Window(size, int(page), address)


def describe_queries(site: Site, address: str) -> list[dict[str, object]]:
    """The named queries, for JSON: name, address, what each answers in both languages, and its parameters."""
    kept = {"summary", "summary_ja", "description", "description_ja", "tags", "pagination"}
    return [
        {
            "name": query.name,
            "url": f"{address}{PATH}{quote(query.name)}",
            "form": form_of(query),
            "query": _with_defaults(query),
            **query.header.model_dump(exclude_defaults=True, include=kept),
            "parameters": {name: _describe(placeholder) for name, placeholder in query.placeholders.items()},
        }
        for query in site.queries
    ]


def _with_defaults(query: QueryFile) -> str:
    """The text of a query in which parameters have their default values, where all that need one have it."""
    known = query.placeholders
    if any(placeholder.required and placeholder.default is None for placeholder in known.values()):
        return query.body
    return bind_terms(query.body, bind_values([], known))


def _describe(placeholder: Placeholder) -> dict[str, object]:
    about = {
        "summary": placeholder.summary,
        "summary_ja": placeholder.summary_ja,
        "language": placeholder.language,
        "enum": placeholder.enum,
        "default": placeholder.default,
    }
    told = {name: value for name, value in about.items() if value not in (None, "", ())}
    return {"type": placeholder.type, "required": placeholder.required, **told}


def form_of(query: QueryFile) -> Form | None:
    """The form of a query, None where it cannot be read."""
    try:
        return examine(query.body, query.name, federated=True).form
    except QueryError:
        return None


def formats_of(query: QueryFile) -> tuple[Format, ...]:
    """The formats that a query is answered in, the default first; none where it cannot be read."""
    form = form_of(query)
    return BY_FORM[form] if form else ()
