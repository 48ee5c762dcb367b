"""The HTTP server: SPARQL 1.1 Protocol at `/sparql`, and pages for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from importlib.resources import files

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govgraph import __version__
from govgraph.errors import GovGraphError, QueryError, SnapshotError
from govgraph.project import Project
from govgraph.queries import load_queries
from govgraph.server import problems
from govgraph.server.current import Current, Opened
from govgraph.server.description import describe_service
from govgraph.server.evaluate import Query, evaluate
from govgraph.server.formats import BY_FORM, GRAPH, HTML, Format, by_name, choose, choose_language
from govgraph.server.guard import examine
from govgraph.server.pages import Page, Pages
from govgraph.server.protocol import MAX_BODY, METHODS, Asked, read_request
from govgraph.server.rows import tabulate
from govgraph.server.runner import Runner

SECURITY_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
REVALIDATE = {"Cache-Control": "no-cache"}


def create_app(project: Project) -> Starlette:
    """The ASGI application that serves the current snapshot of `project`, also one that is promoted later.

    Raises ConfigError where a dataset.yml or a query file is wrong. There need not be a snapshot yet.
    `app.state.runner` is the `Runner` of its queries.
    """
    server = _Server(project)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=list(METHODS),
        allow_headers=["*"],
        expose_headers=["ETag", "Link"],
    )
    app = Starlette(
        routes=[
            Route("/", server.home),
            Route("/sparql", server.sparql, methods=list(METHODS), middleware=[cors]),
            Route("/health", server.health),
            Route("/style.css", server.style),
        ],
        middleware=[Middleware(_SecurityHeaders)],
        exception_handlers={HTTPException: server.http_error, Exception: server.error},
    )
    app.state.runner = server.runner
    return app


class _Server:
    """The endpoints, and what they share."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._current = Current(project)
        self._pages = Pages(project, load_queries(project))
        self._titles: dict[str, str] = project.settings.title.model_dump()
        self.runner = Runner()
        self._style = files("govgraph.server").joinpath("templates/style.css").read_bytes()
        assert project.datasets is not None  # loaded now, so that a broken dataset.yml is told at the start

    async def home(self, request: Request) -> Response:
        """The first page."""
        try:
            html = self._pages.home(
                self._page(request), self._current.get(), request.query_params.get("example")
            )
        except SnapshotError as e:
            return self._refuse(request, e)
        return _html(html)

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """Whether there is a snapshot to answer from, and which."""
        try:
            opened = self._current.get()
        except SnapshotError as e:
            return JSONResponse({"status": "unavailable", "detail": e.problems[0].message}, 503)
        return JSONResponse({"status": "ok", "snapshot": opened.snapshot.id})

    async def style(self, request: Request) -> Response:  # noqa: ARG002
        """The style sheet of all pages."""
        return Response(self._style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    async def sparql(self, request: Request) -> Response:
        """The SPARQL endpoint."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
        asked = Asked(None)
        try:
            body = await _body(request)
            content_type = request.headers.get("content-type")
            asked = read_request(request.method, request.scope["query_string"], content_type, body)
            opened = self._current.get()
            if asked.query is None:
                return self._describe(request, asked, opened)
            return await self._answer(request, asked, asked.query, opened)
        except GovGraphError as e:
            return self._refuse(request, e, asked)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def _answer(self, request: Request, asked: Asked, query: Query, opened: Opened) -> Response:
        facts = await to_thread.run_sync(examine, query.text)
        offered = (*BY_FORM[facts.form], HTML)
        chosen, media_type = _negotiate(request, asked, offered)
        if chosen is HTML:
            result = await self.runner.run(partial(tabulate, opened.store, query, facts))
            page = self._page(request, asked)
            return _html(self._pages.answer(page, opened, query.text, result, BY_FORM[facts.form]))
        headers = {**REVALIDATE, "Vary": "Accept"}
        if facts.repeatable and request.method != "POST":
            headers["ETag"] = _entity_tag(opened, query, media_type)
            if _is_known(request, headers["ETag"]):
                return Response(status_code=304, headers=headers)
        answer = await self.runner.run(partial(evaluate, opened.store, query, facts, chosen))
        return Response(answer, media_type=media_type, headers=headers)

    def _describe(self, request: Request, asked: Asked, opened: Opened) -> Response:
        try:
            chosen, media_type = _negotiate(request, asked, (*GRAPH, HTML))
        except QueryError as e:
            hint = "send one as 'query', or accept an RDF format for the description of the service"
            raise QueryError("no query", "GG704", hint=hint) from e
        if chosen is HTML:
            return _html(self._pages.form(self._page(request, asked), opened))
        settings = self._project.settings
        endpoint = f"{self._address(request)}/sparql"
        described = describe_service(endpoint, opened.snapshot, self._titles, settings.licence, chosen)
        return Response(described, media_type=media_type, headers={**REVALIDATE, "Vary": "Accept"})

    def _page(self, request: Request, asked: Asked | None = None) -> Page:
        settings = self._project.settings
        asked_for = asked.language if asked else request.query_params.get("lang")
        accepted = request.headers.get("accept-language")
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        if asked and asked.query and request.method == "POST":
            kept = [("query", asked.query.text)]
        return Page(
            choose_language(asked_for, accepted, settings.languages),
            settings.languages,
            self._address(request),
            request.url.path,
            tuple(kept),
        )

    def _address(self, request: Request) -> str:
        """Where this server answers, without a slash at the end."""
        return (self._project.settings.public_url or str(request.base_url)).rstrip("/")

    def _refuse(self, request: Request, error: Exception, asked: Asked | None = None) -> Response:
        return self._tell(request, problems.details(error), {}, asked)

    def _tell(
        self, request: Request, problem: problems.Details, headers: Mapping[str, str], asked: Asked | None
    ) -> Response:
        """The answer to a request that failed: a page for who prefers one, else problem details."""
        status = int(problem["status"])
        headers = {**headers, "Cache-Control": "no-store", "Vary": "Accept"}
        if not _prefers_page(request, asked):
            return Response(json.dumps(problem, ensure_ascii=False), status, headers, problems.MEDIA_TYPE)
        try:
            opened = self._current.get()
        except SnapshotError:
            opened = None
        text = asked.query.text if asked and asked.query else ""
        return _html(self._pages.problem(self._page(request, asked), opened, text, problem), status, headers)

    async def http_error(self, request: Request, error: Exception) -> Response:
        """No such page, or no such method."""
        assert isinstance(error, HTTPException)
        members: problems.Details = {
            "type": "about:blank",
            "title": error.detail,
            "status": error.status_code,
        }
        return self._tell(request, members, error.headers or {}, None)

    async def error(self, request: Request, error: Exception) -> Response:
        """A fault of the server: the log has it, the client is told that there was one."""
        response = self._refuse(request, error)
        response.raw_headers.extend(SECURITY_HEADERS)  # this answer is made outside all middleware
        return response


class _SecurityHeaders:
    """Adds `SECURITY_HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURITY_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


async def _body(request: Request) -> bytes:
    """The body of the request, read no further than a little beyond what the protocol allows."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            break
    return bytes(body)


def _negotiate(request: Request, asked: Asked, offered: tuple[Format, ...]) -> tuple[Format, str]:
    if asked.format:
        named = by_name(asked.format, offered)
        return named, named.media_type
    return choose(_accept(request), offered)


def _accept(request: Request) -> str:
    return ", ".join(request.headers.getlist("accept"))


def _prefers_page(request: Request, asked: Asked | None) -> bool:
    if asked and asked.format:
        return asked.format == HTML.name
    try:
        return choose(_accept(request), (Format("problem", problems.MEDIA_TYPE), HTML))[0] is HTML
    except QueryError:
        return False


def _html(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    vary = {"Vary": "Accept, Accept-Language"}
    return Response(html, status, {**REVALIDATE, **(headers or {}), **vary}, "text/html")


def _entity_tag(opened: Opened, query: Query, media_type: str) -> str:
    """A strong ETag: the answer depends on the snapshot, the query, the format and this program alone."""
    graphs = (query.default_graphs, query.named_graphs)
    parts = (__version__, opened.snapshot.id, media_type, query.text, graphs)
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _is_known(request: Request, entity_tag: str) -> bool:
    """Whether the client has the answer already (RFC 9110, section 13.1.2)."""
    given = ", ".join(request.headers.getlist("if-none-match"))
    return any(tag.strip().removeprefix("W/") in (entity_tag, "*") for tag in given.split(","))
