"""The only place where an IRI is minted, checked or escaped.

Templates of mappings make most IRIs; the compiler takes the rules for that from here (`IUNRESERVED`), so
that Python and SQL agree.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote, unquote

GG = "https://w3id.org/govgraph/ns#"
CONCEPT = "https://w3id.org/govgraph/concept/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"
SKOS = "http://www.w3.org/2004/02/skos/core#"

IUNRESERVED = (
    *((ord(c), ord(c)) for c in "-._~"),
    (0x30, 0x39),
    (0x41, 0x5A),
    (0x61, 0x7A),
    (0xA0, 0xD7FF),
    (0xF900, 0xFDCF),
    (0xFDF0, 0xFFEF),
    *((plane << 16, plane << 16 | 0xFFFD) for plane in range(1, 14)),
    (0xE1000, 0xEFFFD),
)
"""First and last code point of each range of `iunreserved` (RFC 3987, section 2.2)."""

INVALID_IN_IRI = r"[\x00-\x20<>\"{}|\\^`]"
"""Regular expression of a character that no IRI has (N-Triples 1.1, IRIREF)."""

SCHEME = r"^[A-Za-z][A-Za-z0-9+.\-]*:"
"""Regular expression of an absolute IRI's beginning (RFC 3986, section 3.1)."""

_INVALID = re.compile(INVALID_IN_IRI)
_SCHEME = re.compile(SCHEME)


def iri_safe(value: str) -> str:
    """`value` with every character outside `iunreserved` percent-encoded as UTF-8 (RML-Core, "IRI-safe").

    >>> iri_safe("横浜市 12/3")
    '横浜市%2012%2F3'
    """
    return _unsafe().sub(lambda m: quote(m[0], safe=""), value)


@cache
def _unsafe() -> re.Pattern[str]:
    """A character outside `iunreserved`; compiled late, because Python takes long for such large sets."""
    return re.compile("[^" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in IUNRESERVED) + "]")


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


def ontology_graph_iri(base: str) -> str:
    """The named graph of classes, properties, concepts and shapes: `{base}graph/ontology`."""
    return graph_iri(base, "ontology")


def anchor_iri(base: str, dataset: str, table: str, key: str) -> str:
    """The anchor of a record: `{base}id/anchor/{dataset}/{table}/{key}`, the key IRI-safe."""
    return f"{base}id/anchor/{dataset}/{table}/{iri_safe(key)}"


def parse_anchor_iri(base: str, iri: str) -> tuple[str, str, str] | None:
    """Dataset, table and key of an anchor's IRI, or None where it is not one.

    >>> parse_anchor_iri("https://example.org/", "https://example.org/id/anchor/covid/measures/a%20b")
    ('covid', 'measures', 'a b')
    """
    path = iri.removeprefix(f"{base}id/anchor/")
    if path == iri or path.count("/") != 2:
        return None
    dataset, table, key = path.split("/")
    return dataset, table, unquote(key)
