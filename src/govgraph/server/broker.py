"""The only way out for a query with SERVICE: asks the endpoints that the project trusts, within limits.

Workers have no network. What they want to know of another endpoint they ask the server for, and the server
asks only the endpoints of its list, follows no redirect, and reads no more than it allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial
from time import monotonic
from typing import Final
from urllib.parse import urlencode

from govgraph.server.frames import Call, Reply
from govgraph.settings import Limits

RESULTS_JSON: Final = "application/sparql-results+json"
PART_OF_MEMORY: Final = 4
"""The part of a query's memory that all answers to it may take together: they are held more than once."""
_BLOCK: Final = 1 << 16


async def ask_others(calls: Sequence[Call], trusted: Collection[str], limits: Limits) -> list[Reply]:
    """The replies to `calls`, in their order; an endpoint that is not `trusted` is not asked."""
    replies: list[Reply] = []
    left = limits.memory // PART_OF_MEMORY
    for iri, query in calls:
        if iri not in trusted:
            replies.append((False, b"it may not be asked"))
            continue
        try:
            async with asyncio.timeout(limits.service_time):
                most = min(limits.service_result, left)
                answer = await _in_thread(partial(_ask, iri, query, limits.service_time, most))
            left -= len(answer)
            replies.append((True, answer))
        except TimeoutError:
            replies.append((False, f"it took longer than {limits.service_time:g} seconds".encode()))
        except _RefusedError as e:
            replies.append((False, str(e).encode()))
    return replies


async def _in_thread(ask: Callable[[], bytes]) -> bytes:
    """What `ask` returns, in a thread that the end of the server does not wait for."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def tell(body: bytes, error: Exception | None) -> None:
        if answer.done():
            return  # nobody waits for it any more
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(body)

    def run() -> None:
        body, error = b"", None
        try:
            body = ask()
        except Exception as e:
            error = e
        with contextlib.suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(tell, body, error)

    threading.Thread(target=run, name="other endpoint", daemon=True).start()
    return await answer


class _RefusedError(Exception):
    """The endpoint gave no answer that can be used."""


def _ask(iri: str, query: str, seconds: float, most: int) -> bytes:
    from urllib import request
    from urllib.error import HTTPError, URLError

    opener = request.OpenerDirector()  # no redirects, no proxies, no other schemes
    for handler in (request.HTTPHandler, request.HTTPSHandler, request.HTTPDefaultErrorHandler):
        opener.add_handler(handler())
    opener.add_handler(request.HTTPErrorProcessor())
    deadline = monotonic() + seconds
    about = {"Accept": RESULTS_JSON, "User-Agent": "govgraph"}
    asked = request.Request(iri, urlencode({"query": query}).encode(), about, method="POST")
    try:
        with opener.open(asked, timeout=seconds) as answer:
            media_type = answer.headers.get_content_type()
            if media_type not in (RESULTS_JSON, "application/json"):
                raise _RefusedError(f"it answered in {media_type}, not in {RESULTS_JSON}")
            body = bytearray()
            while block := answer.read1(_BLOCK):
                body += block
                if len(body) > most:
                    raise _RefusedError(f"its answer has more than {most:,} bytes")
                if monotonic() > deadline:
                    raise _RefusedError(f"it took longer than {seconds:g} seconds")
            if answer.length:
                raise _RefusedError("its answer was cut off")
            return bytes(body)
    except HTTPError as e:
        with e:
            raise _RefusedError(f"it answered {e.code} {e.reason}") from e
    except URLError as e:
        raise _RefusedError(str(getattr(e.reason, "strerror", None) or e.reason)) from e
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise _RefusedError(str(e) or type(e).__name__) from e
