"""Sources on the web: fetched once, within limits of time and size (RML-IO-Registry, "DCAT")."""

from __future__ import annotations

import http.client
from pathlib import Path
from time import monotonic

SECONDS = 60
"""How long a server may be silent."""

TOTAL_SECONDS = 600
"""How long a source may take as a whole."""

MOST_BYTES = 1 << 30
"""How large a source may be."""

_BLOCK = 1 << 16


class FetchError(Exception):
    """A source that could not be fetched."""


def fetch(url: str, to: Path) -> None:
    """Writes what a URL of http or https answers; redirects are followed, but to no other scheme.

    Raises FetchError for what is not there, takes too long or is too large.
    """
    from urllib import request
    from urllib.error import HTTPError, URLError

    opener = request.OpenerDirector()  # without the handlers of files and FTP, which a server could lead to
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPRedirectHandler,
        request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    deadline = monotonic() + TOTAL_SECONDS
    try:
        asked = request.Request(url, headers={"User-Agent": "govgraph"})
        with opener.open(asked, timeout=SECONDS) as answer, to.open("wb") as file:
            size = 0
            while block := answer.read(_BLOCK):
                size += len(block)
                if size > MOST_BYTES:
                    raise FetchError(f"it is larger than {MOST_BYTES:,} bytes")
                if monotonic() > deadline:
                    raise FetchError(f"it takes longer than {TOTAL_SECONDS} seconds")
                file.write(block)
            if answer.length:
                raise FetchError(f"it was cut off after {size:,} bytes")
    except HTTPError as e:
        with e:
            raise FetchError(f"the server answers {e.code} {e.reason}") from e
    except URLError as e:
        raise FetchError(str(getattr(e.reason, "strerror", None) or e.reason)) from e
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise FetchError(str(e) or type(e).__name__) from e
