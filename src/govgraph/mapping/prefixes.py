"""Prefixed names in mappings: expansion, and what to say of a prefix that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.iri import RDF, RDFS, XSD

GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
IDLAB = "https://w3id.org/imec/idlab/function#"

DEFAULT_PREFIXES: Mapping[str, str] = {
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "rr": "http://www.w3.org/ns/r2rml#",
    "rml": "http://semweb.mmlab.be/ns/rml#",
    "ql": "http://semweb.mmlab.be/ns/ql#",
    "fnml": "http://semweb.mmlab.be/ns/fnml#",
    "fno": "https://w3id.org/function/ontology#",
    "grel": GREL,
    "idlab-fn": IDLAB,
    "d2rq": "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#",
    "void": "http://rdfs.org/ns/void#",
    "dc": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
}
"""Prefixes that YARRRML processors know without a declaration; a mapping's own go before."""

_PREFIXED = re.compile(r"([A-Za-z][\w.\-]*)?:(?!//)")
_SCHEMES = frozenset(
    ("urn", "mailto", "tel", "tag", "info", "doi", "data", "geo", "did", "ni", "news", "about", "file")
)


def expand(name: str, prefixes: Mapping[str, str], span: SourceSpan, problems: list[Problem]) -> str:
    """`name` with its prefix expanded; a name without a prefix, or an absolute IRI, as it is.

    An undeclared prefix is added to `problems` (GG005, with a suggestion).

    >>> expand("ex:a", {"ex": "http://example.com/"}, SourceSpan("m.yml"), [])
    'http://example.com/a'
    """
    match = _PREFIXED.match(name)
    if not match:
        return name
    prefix = match[1] or ""
    if prefix in prefixes:
        return prefixes[prefix] + name[match.end() :]
    if prefix.lower() not in _SCHEMES:
        hint = did_you_mean(prefix, [p for p in prefixes if p]) if prefix else None
        problems.append(
            Problem(
                "GG005", f"unknown prefix '{prefix}' in '{name}'", span, hint or "declare it in 'prefixes'"
            )
        )
    return name
