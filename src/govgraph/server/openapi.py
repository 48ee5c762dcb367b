"""A description of the named queries and of the endpoint: OpenAPI 3.1. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from urllib.parse import quote

from govgraph import __version__
from govgraph.parameters import Placeholder
from govgraph.queries import Language, QueryFile
from govgraph.server.api import PATH, formats_of
from govgraph.server.formats import CSV, GRAPH, HTML, JSON, SOLUTIONS, TSV, Format
from govgraph.server.problems import MEDIA_TYPE
from govgraph.server.protocol import FORM, SPARQL_QUERY
from govgraph.server.search import MAX_SEARCH, SEARCH, SUGGEST
from govgraph.server.site import Site

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
    tags = {tag for query in site.queries for tag in query.header.tags}
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": address}],
        "tags": [{"name": tag} for tag in sorted({*tags, "search", "SPARQL"})],
        "paths": {
            **{
                f"{PATH}{quote(query.name)}": {"get": _operation(query, site.languages)}
                for query in site.queries
            },
            "/sparql": _sparql(),
            SEARCH: {"get": _SEARCHING},
            SUGGEST: {"get": _SUGGESTING},
        },
        "components": {"schemas": _SCHEMAS},
    }


def _operation(query: QueryFile, languages: Sequence[Language]) -> dict[str, Any]:
    summaries = dict.fromkeys(query.summary(language) for language in languages)
    descriptions = dict.fromkeys(filter(None, (query.description(language) for language in languages)))
    formats = formats_of(query) or SOLUTIONS
    common = [_format(formats), _LANGUAGE, _TIMEOUT, *([_PAGE] if query.header.pagination else ())]
    own = list(query.placeholders.values())
    taken = {placeholder.name for placeholder in own}
    parameters = [*map(_parameter, own), *(about for about in common if about["name"] not in taken)]
    return {
        "operationId": query.name,
        "summary": " / ".join(summaries),
        **({"description": "\n\n".join(descriptions)} if descriptions else {}),
        "tags": list(query.header.tags),
        "parameters": parameters,
        "responses": _responses(formats, ("400", "404", "406", "413", "500", "503", "504", "507")),
    }


def _parameter(placeholder: Placeholder) -> dict[str, Any]:
    texts = filter(None, (placeholder.summary, placeholder.summary_ja))
    return {
        "name": placeholder.name,
        "in": "query",
        "required": placeholder.required,
        "description": " / ".join(texts) or f"The value of ?{placeholder.variable}",
        "schema": _schema(placeholder),
    }


def _schema(placeholder: Placeholder) -> dict[str, Any]:
    """What the values of a parameter look like; where they are listed, they are texts."""
    default = placeholder.default
    if placeholder.enum:
        schema: dict[str, Any] = {"type": "string", "enum": list(placeholder.enum)}
        return schema if default is None else {**schema, "default": default}
    match placeholder.type:
        case "integer":
            schema = {"type": "integer"}
            return schema if default is None else {**schema, "default": int(default)}
        case "boolean":
            schema = {"type": "boolean"}
            return schema if default is None else {**schema, "default": default in ("true", "1")}
        case "iri" | "date":
            schema = {"type": "string", "format": placeholder.type}
        case "dateTime":
            schema = {"type": "string", "format": "date-time", "pattern": f"^({placeholder.pattern})$"}
        case _ if placeholder.pattern:
            schema = {"type": "string", "pattern": f"^({placeholder.pattern})$"}
        case _:
            schema = {"type": "string", "minLength": 1}
    return schema if default is None else {**schema, "default": default}


def _format(formats: Sequence[Format]) -> dict[str, Any]:
    names = [f.name for f in (*formats, HTML)]
    said = "Format of the answer, before what Accept says"
    return {"name": "format", "in": "query", "description": said, "schema": {"type": "string", "enum": names}}


_LANGUAGE: Mapping[str, Any] = {
    "name": "lang",
    "in": "query",
    "description": "Language of the page, where the answer is one",
    "schema": {"type": "string", "enum": list(get_args(Language))},
}
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
_TERM: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "value"],
    "properties": {
        "type": {"enum": ["uri", "literal", "bnode", "triple"]},
        "value": {},
        "xml:lang": {"type": "string"},
        "datatype": {"type": "string"},
    },
}
_SOLUTIONS: Mapping[str, Any] = {
    "description": "SPARQL 1.1 Query Results JSON Format, section 3",
    "type": "object",
    "required": ["head", "results"],
    "properties": {
        "head": {
            "type": "object",
            "required": ["vars"],
            "properties": {"vars": {"type": "array", "items": {"type": "string"}}},
        },
        "results": {
            "type": "object",
            "required": ["bindings"],
            "properties": {
                "bindings": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": {"$ref": "#/components/schemas/Term"},
                    },
                }
            },
        },
    },
}
_BOOLEAN: Mapping[str, Any] = {
    "description": "SPARQL 1.1 Query Results JSON Format, section 4",
    "type": "object",
    "required": ["head", "boolean"],
    "properties": {"head": {"type": "object"}, "boolean": {"type": "boolean"}},
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


_SCHEMAS: Mapping[str, Any] = {
    "Term": _TERM,
    "Solutions": _SOLUTIONS,
    "Boolean": _BOOLEAN,
    "Problem": _PROBLEM,
}


def _body(formats: Sequence[Format], of: Format) -> dict[str, Any]:
    """What an answer in a format looks like, as far as JSON Schema can say so."""
    if of is JSON:
        names = ["Solutions"] * (CSV in formats) + ["Boolean"] * (tuple(formats) != SOLUTIONS)
        schemas = [{"$ref": f"#/components/schemas/{name}"} for name in names]
        return {"schema": {"anyOf": schemas} if len(schemas) > 1 else schemas[0]}
    return {"schema": {"type": "string"}} if of in (CSV, TSV) else {}


def _responses(formats: Sequence[Format], failures: Sequence[str]) -> dict[str, Any]:
    bodies = {media_type: _body(formats, f) for f in formats for media_type in (f.media_type, *f.also)}
    page = {"text/html": {"schema": {"type": "string"}}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}, **page}
    return {
        "200": {"description": "The answer", "content": {**bodies, **page}},
        "304": {"description": "The client has the answer already"},
        **{status: {"description": _FAILURES[status], "content": problem} for status in failures},
    }


_WORDS: Mapping[str, Any] = {
    "name": "q",
    "in": "query",
    "description": "Words of a name, all of which must be there; a reading, an identifier, or an IRI",
    "schema": {"type": "string", "maxLength": MAX_SEARCH},
}
_SUGGESTION: Mapping[str, Any] = {
    "type": "object",
    "required": ["iri", "path", "label", "language", "type"],
    "properties": {
        "iri": {"type": "string"},
        "path": {"type": "string"},
        "label": {"type": "string"},
        "language": {"type": "string"},
        "type": {"type": ["string", "null"]},
    },
}
_FOUND: Mapping[str, Any] = {
    "type": "object",
    "required": ["query", "total", "page", "results", "facets"],
    "properties": {
        "query": {"type": "string"},
        "total": {"type": "integer", "minimum": 0},
        "page": {"type": "integer", "minimum": 1},
        "results": {"type": "array", "items": _SUGGESTION},
        "facets": {"type": "object"},
    },
}


def _search_operation(
    name: str, summary: str, parameters: Sequence[Any], content: Mapping[str, Any]
) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    page = {"text/html": {"schema": {"type": "string"}}}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["search"],
        "parameters": [_WORDS, _LANGUAGE, *parameters],
        "responses": {
            "200": {"description": "What was found, the best first", "content": content},
            "304": {"description": "The client has the answer already"},
            **{
                status: {"description": _FAILURES[status], "content": {**problem, **page}}
                for status in ("400", "406", "500", "503", "504", "507")
            },
        },
    }


def _narrowing(name: str, description: str) -> Mapping[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}


_SEARCHING: Mapping[str, Any] = _search_operation(
    "search",
    "Resources by what they are called",
    [
        _narrowing("type", "IRI of a class that they are of"),
        _narrowing("municipality", "IRI of the local government that they belong to"),
        _narrowing("year", "Fiscal year, as 2020 or 令和2年度"),
        _PAGE,
        {"name": "format", "in": "query", "schema": {"type": "string", "enum": ["json", "html"]}},
    ],
    {"application/json": {"schema": _FOUND}, "text/html": {"schema": {"type": "string"}}},
)
_SUGGESTING: Mapping[str, Any] = _search_operation(
    "suggest",
    "Up to ten resources, while a name is typed",
    [],
    {"application/json": {"schema": {"type": "array", "items": _SUGGESTION}}},
)


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
