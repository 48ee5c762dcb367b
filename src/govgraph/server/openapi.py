"""A description of the named queries and of the endpoint: OpenAPI 3.1. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from govgraph import __version__
from govgraph.queries import Kind, Language, Placeholder, QueryFile
from govgraph.server.api import PATH, form_of
from govgraph.server.formats import BY_FORM, GRAPH, SOLUTIONS, Format
from govgraph.server.problems import MEDIA_TYPE
from govgraph.server.protocol import FORM, SPARQL_QUERY
from govgraph.server.site import Site

_SCHEMAS: Mapping[Kind, Mapping[str, Any]] = {
    "iri": {"type": "string", "format": "iri"},
    "string": {"type": "string"},
    "integer": {"type": "string", "pattern": r"^[+-]?[0-9]+$"},
    "decimal": {"type": "string", "pattern": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"},
    "boolean": {"type": "string", "enum": ["true", "false", "1", "0"]},
    "date": {"type": "string", "format": "date"},
    "gYear": {"type": "string", "pattern": "^-?[0-9]{4,}$"},
    "gYearMonth": {"type": "string", "pattern": "^-?[0-9]{4,}$"},
}
"""Kind of a parameter -> its schema: strings, since that is what they are in an address."""

_FAILURES: Mapping[str, str] = {
    "400": "A parameter, or the query, is wrong; the problem tells where",
    "403": "An update, or a SERVICE clause that is not allowed",
    "404": "No such query",
    "406": "No acceptable format; the problem tells what is offered",
    "413": "The request or the answer is too large",
    "415": "A body of another type",
    "500": "A fault of the server",
    "503": "The server is busy; Retry-After tells when to ask again",
    "504": "The query took too long",
    "507": "The query needed too much memory",
}


def describe_api(site: Site, address: str) -> dict[str, Any]:
    """The OpenAPI document of a site that answers at `address`."""
    titles = " / ".join(site.titles[language] for language in site.languages)
    info: dict[str, Any] = {"title": titles, "version": __version__}
    if site.licence:
        info["license"] = {"name": site.licence, "url": site.licence}
    tags = sorted({tag for query in site.queries for tag in query.header.tags})
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": address}],
        "tags": [{"name": tag} for tag in (*tags, "SPARQL")],
        "paths": {
            **{f"{PATH}{query.name}": {"get": _operation(query, site.languages)} for query in site.queries},
            "/sparql": _sparql(),
        },
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


def _operation(query: QueryFile, languages: Sequence[Language]) -> dict[str, Any]:
    summaries = dict.fromkeys(query.summary(language) for language in languages)
    descriptions = dict.fromkeys(filter(None, (query.description(language) for language in languages)))
    formats = next((offered for form, offered in BY_FORM.items() if form == form_of(query)), SOLUTIONS)
    parameters = [*map(_parameter, query.placeholders.values()), _format(formats), _TIMEOUT]
    if query.header.pagination:
        parameters.append(_PAGE)
    return {
        "operationId": query.name,
        "summary": " / ".join(summaries),
        **({"description": "\n\n".join(descriptions)} if descriptions else {}),
        "tags": list(query.header.tags),
        "parameters": parameters,
        "responses": _responses(formats, ("400", "404", "406", "413", "500", "503", "504", "507")),
    }


def _parameter(placeholder: Placeholder) -> dict[str, Any]:
    about = placeholder.about
    schema = dict(_SCHEMAS[placeholder.type])
    if about and about.enum:
        schema["enum"] = list(about.enum)
    if about and about.default is not None:
        schema["default"] = about.default
    texts = [text for text in ((about.summary, about.summary_ja) if about else ()) if text]
    return {
        "name": placeholder.name,
        "in": "query",
        "required": placeholder.required,
        **({"description": " / ".join(texts)} if texts else {}),
        "schema": schema,
    }


def _format(formats: Sequence[Format]) -> dict[str, Any]:
    names = [f.name for f in formats]
    said = "Format of the answer, before what Accept says"
    return {"name": "format", "in": "query", "description": said, "schema": {"type": "string", "enum": names}}


_TIMEOUT: Mapping[str, Any] = {
    "name": "timeout",
    "in": "query",
    "description": "Seconds that the query may take, where these are fewer than the server allows",
    "schema": {"type": "string", "pattern": r"^(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,6})?$"},
}
_PAGE: Mapping[str, Any] = {
    "name": "page",
    "in": "query",
    "description": "Page of the answer, from 1",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,7}$", "default": "1"},
}
_PROBLEM: Mapping[str, Any] = {
    "description": "Problem details (RFC 9457)",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^GG[0-9]{3}$"},
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "hint": {"type": "string"},
    },
}


def _responses(formats: Sequence[Format], failures: Sequence[str]) -> dict[str, Any]:
    bodies: dict[str, Any] = {media_type: {} for f in formats for media_type in (f.media_type, *f.also)}
    page = {"text/html": {"schema": {"type": "string"}}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}, **page}
    return {
        "200": {"description": "The answer", "content": {**bodies, **page}},
        "304": {"description": "The client has the answer already"},
        **{status: {"description": _FAILURES[status], "content": problem} for status in failures},
    }


def _sparql() -> dict[str, Any]:
    formats = (*SOLUTIONS, *GRAPH)
    failures = ("400", "403", "406", "413", "415", "500", "503", "504", "507")
    about = {"tags": ["SPARQL"], "responses": _responses(formats, failures)}
    query = {"name": "query", "in": "query", "schema": {"type": "string"}}
    graphs = [
        {
            "name": name,
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string", "format": "iri"}},
        }
        for name in ("default-graph-uri", "named-graph-uri")
    ]
    form = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
    body = {FORM: {"schema": form}, SPARQL_QUERY: {"schema": {"type": "string"}}}
    return {
        "get": {
            "operationId": "sparql-get",
            "summary": "SPARQL 1.1 Protocol, query; without a query, the description of the service",
            "parameters": [query, *graphs, _format(formats), _TIMEOUT],
            **about,
        },
        "post": {
            "operationId": "sparql-post",
            "summary": "SPARQL 1.1 Protocol, query",
            "parameters": [*graphs, _format(formats), _TIMEOUT],
            "requestBody": {"required": True, "content": body},
            **about,
        },
    }
