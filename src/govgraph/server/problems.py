"""Errors over HTTP: RFC 9457 problem details."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from govgraph.errors import CODES, GovGraphError
from govgraph.server.protocol import RequestError

MEDIA_TYPE = "application/problem+json"
TYPE = "https://w3id.org/govgraph/problem/"

Details = Mapping[str, Any]

_STATUS = {
    "GG701": 400,
    "GG702": 406,
    "GG704": 400,
    "GG705": 400,
    "GG601": 503,
    "GG604": 503,
    "GG706": 504,
    "GG707": 507,
    "GG708": 413,
    "GG709": 503,
    "GG710": 507,
    "GG711": 500,
    "GG712": 403,
    "GG713": 502,
    "GG714": 404,
    "GG715": 503,
}


def status_of(error: Exception) -> int:
    """The status of the answer: of the client's making 4xx, else 503 (no snapshot, stopping) or 500."""
    if isinstance(error, RequestError):
        return error.status
    return _STATUS.get(error.problems[0].code, 500) if isinstance(error, GovGraphError) else 500


def of_status(status: int) -> Details:
    """The members of a problem that its status says all about (RFC 9457, section 4.2.1)."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}


def details(error: Exception) -> Details:
    """The members of the problem: type, title, status, detail, code, and line, column and hint where known;
    `nearest` are IRIs that may be meant.

    An error that is not made for users tells nothing of itself.
    """
    status = status_of(error)
    if not isinstance(error, GovGraphError):
        return {
            **of_status(status),
            "detail": "this is a fault of the server; its log has the details",
        }
    problem = error.problems[0]
    span, title = problem.span, CODES[problem.code]
    members: dict[str, Any] = {
        "type": TYPE + problem.code,
        "title": title,
        "status": status,
        "detail": problem.message.removeprefix(f"{title}: "),
        "code": problem.code,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "hint": problem.hint,
        "nearest": list(error.nearest) if isinstance(error, RequestError) else None,
    }
    return {name: value for name, value in members.items() if value}


def facts(error: Exception) -> Mapping[str, str]:
    """What the log tells of a request that failed: its outcome, and the traceback of a fault of ours."""
    if isinstance(error, GovGraphError):
        return {"outcome": error.problems[0].code}
    return {"outcome": "fault", "fault": "".join(traceback.format_exception(error)).rstrip()}
