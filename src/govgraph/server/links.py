"""Where an IRI of the graph is found on this server."""

from __future__ import annotations

from urllib.parse import quote

_SAFE = "/:@!$&'()*+,;=~%"
"""What a path may hold as it is (RFC 3986, section 3.3), and the escapes that the IRI has already."""


def local_path(iri: str, base: str) -> str | None:
    """The path on this server, with its fragment, of an IRI below `base`; None for others.

    >>> local_path("https://example.org/id/fy/2020", "https://example.org/")
    '/id/fy/2020'
    >>> local_path("https://example.org/id/a#line=1,2", "https://example.org/")
    '/id/a#line=1,2'
    >>> local_path("https://other.org/id", "https://example.org/") is None
    True
    """
    if not base or not iri.startswith(base) or iri == base:
        return None
    path, hash_, fragment = iri[len(base) :].partition("#")
    return f"/{quote(path, _SAFE)}{hash_}{quote(fragment, _SAFE)}"
