"""The only place where an IRI is minted, checked or escaped.

Templates of mappings make most IRIs; the compiler takes the rules for that from here (`IUNRESERVED`), so
that Python and SQL agree.
"""

from __future__ import annotations

import re
from urllib.parse import quote

GG = "https://w3id.org/govgraph/ns#"
CONCEPT = "https://w3id.org/govgraph/concept/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"

IUNRESERVED = (
    r"A-Za-z0-9\-._~"
    "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    + "".join(f"{chr(p << 16)}-{chr((p << 16) | 0xFFFD)}" for p in range(1, 0xE))
    + "\U000e1000-\U000efffd"
)
"""The characters of `iunreserved` (RFC 3987, section 2.2) as the inside of a regular expression's class."""

_UNSAFE = re.compile(f"[^{IUNRESERVED}]")
_INVALID = re.compile('[\x00-\x20<>"{}|\\\\^`]')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def iri_safe(value: str) -> str:
    """`value` with every character outside `iunreserved` percent-encoded as UTF-8 (RML-Core, "IRI-safe").

    >>> iri_safe("横浜市 12/3")
    '横浜市%2012%2F3'
    """
    return _UNSAFE.sub(lambda m: quote(m[0], safe=""), value)


def is_absolute(iri: str) -> bool:
    """Whether `iri` has a scheme and no character that an IRI may not have (RFC 3987, N-Triples IRIREF).

    >>> is_absolute("https://example.com/横浜"), is_absolute("a b"), is_absolute("id/lg/141003")
    (True, False, False)
    """
    return bool(_SCHEME.match(iri)) and not _INVALID.search(iri)


def graph_iri(base: str, dataset: str) -> str:
    """The named graph of a dataset: `{base}graph/{dataset}`."""
    return f"{base}graph/{dataset}"


def provenance_graph_iri(base: str, dataset: str) -> str:
    """The named graph of a dataset's anchors: `{base}graph/{dataset}/provenance`."""
    return f"{graph_iri(base, dataset)}/provenance"
