"""Named queries: each file of `queries/` is `GET /api/{name}` with parameters (grlc's conventions). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from govgraph.errors import ConfigError, QueryError, did_you_mean
from govgraph.queries import QueryFile, bind_placeholders
from govgraph.server.evaluate import Query
from govgraph.server.formats import GRAPH, SOLUTIONS
from govgraph.server.frames import Work
from govgraph.server.guard import examine
from govgraph.server.protocol import Asked, RequestError, read_pairs, read_seconds
from govgraph.server.site import Site

PATH = "/api/"
RESERVED = ("format", "lang", "page", "timeout")
"""Parameters of every named query."""


@dataclass(frozen=True, slots=True)
class Call:
    """A named query as it is called, and links to other pages of its answer (RFC 8288)."""

    asked: Asked
    links: tuple[str, ...] = ()


def read_call(site: Site, work: Work) -> Call:
    """What a request for a named query asks for.

    A suffix of the name is the format, as in `/api/measures.csv`. Raises RequestError GG704: 404 for an
    unknown name, 400 for parameters that are unknown, are missing, or have no value of their type.
    """
    name, format_name = _split(work.path.removeprefix(PATH))
    query = next((query for query in site.queries if query.name == name), None)
    if query is None:
        hint = did_you_mean(name, [query.name for query in site.queries])
        raise RequestError(404, f"no query '{name}'", hint or "GET /api lists them")
    known = query.placeholders
    given = read_pairs(work.query_string)
    about = {n: value for n, value in reversed(given) if n in RESERVED and n not in known}
    values = [(n, value) for n, value in given if n not in about]
    try:
        bound = bind_placeholders(values, known)
    except ConfigError as e:
        hints = sorted((p.hint for p in e.problems if p.hint), key=lambda hint: not hint.startswith("did"))
        hint = hints[0] if hints else None
        raise RequestError(400, "; ".join(p.message for p in e.problems), hint) from e
    text = query.body
    links: tuple[str, ...] = ()
    page = _page(about, query)
    if page is not None and query.header.pagination:
        size = query.header.pagination
        text = f"{text.rstrip()}\nLIMIT {size} OFFSET {(page - 1) * size}\n"
        links = _links(work, given, page)
    asked = Asked(
        Query(text, values=bound, prefixes=site.prefixes, name=query.name),
        format_name or about.get("format") or None,
        about.get("lang"),
        read_seconds(about.get("timeout")),
    )
    return Call(asked, links)


def _split(name: str) -> tuple[str, str | None]:
    """The name of the query, and the format that its suffix asks for."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, suffix) if dot and suffix in {f.name for f in (*SOLUTIONS, *GRAPH)} else (name, None)


def _page(about: Mapping[str, str], query: QueryFile) -> int | None:
    given = about.get("page")
    if query.header.pagination is None:
        if given is not None:
            raise RequestError(400, f"query '{query.name}' is not divided into pages")
        return None
    if given is None:
        return 1
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 10**9:
        raise RequestError(400, f"page: '{given}' is no page", "pages count from 1")
    return int(given)


def _links(work: Work, given: Sequence[tuple[str, str]], page: int) -> tuple[str, ...]:
    others = [(name, value) for name, value in given if name != "page"]
    pages = {"first": 1, "next": page + 1, **({"prev": page - 1} if page > 1 else {})}
    return tuple(
        f'<{work.address}{work.path}?{urlencode([*others, ("page", str(number))])}>; rel="{rel}"'
        for rel, number in pages.items()
    )


def describe_queries(site: Site, address: str) -> list[dict[str, object]]:
    """The named queries, for JSON: name, address, what each answers in both languages, and its parameters."""
    return [
        {
            "name": query.name,
            "url": f"{address}{PATH}{query.name}",
            "form": form_of(query),
            **query.header.model_dump(exclude_defaults=True, exclude={"parameters"}),
            "parameters": {
                placeholder.name: {
                    "type": placeholder.type,
                    "required": placeholder.required,
                    **({"language": placeholder.language} if placeholder.language else {}),
                    **(placeholder.about.model_dump(exclude_defaults=True) if placeholder.about else {}),
                }
                for placeholder in query.placeholders.values()
            },
        }
        for query in site.queries
    ]


def form_of(query: QueryFile) -> str:
    """The form of a query, "" where it cannot be read."""
    try:
        return examine(query.body, query.name).form
    except QueryError:
        return ""
