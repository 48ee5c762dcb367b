"""Prefixed names in mappings: expansion, and what to say of a prefix that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.iri import PROV, RDF, RDFS, SKOS, XSD

GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
IDLAB = "https://w3id.org/imec/idlab/function#"

DEFAULT_PREFIXES: Mapping[str, str] = {
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "as": "https://www.w3.org/ns/activitystreams#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dqv": "http://www.w3.org/ns/dqv#",
    "duv": "https://www.w3.org/ns/duv#",
    "grddl": "http://www.w3.org/2003/g/data-view#",
    "jsonld": "http://www.w3.org/ns/json-ld#",
    "ldp": "http://www.w3.org/ns/ldp#",
    "ma": "http://www.w3.org/ns/ma-ont#",
    "oa": "http://www.w3.org/ns/oa#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": PROV,
    "qb": "http://purl.org/linked-data/cube#",
    "rdfa": "http://www.w3.org/ns/rdfa#",
    "rif": "http://www.w3.org/2007/rif#",
    "rr": "http://www.w3.org/ns/r2rml#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "skos": SKOS,
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "ssn": "http://www.w3.org/ns/ssn/",
    "time": "http://www.w3.org/2006/time#",
    "void": "http://rdfs.org/ns/void#",
    "wdr": "http://www.w3.org/2007/05/powder#",
    "wdrs": "http://www.w3.org/2007/05/powder-s#",
    "xhv": "http://www.w3.org/1999/xhtml/vocab#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "cc": "http://creativecommons.org/ns#",
    "ctag": "http://commontag.org/ns#",
    "dc": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "dc11": "http://purl.org/dc/elements/1.1/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gr": "http://purl.org/goodrelations/v1#",
    "ical": "http://www.w3.org/2002/12/cal/icaltzd#",
    "og": "http://ogp.me/ns#",
    "rev": "http://purl.org/stuff/rev#",
    "sioc": "http://rdfs.org/sioc/ns#",
    "v": "http://rdf.data-vocabulary.org/#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "schema": "http://schema.org/",
    "rml": "http://semweb.mmlab.be/ns/rml#",
    "ql": "http://semweb.mmlab.be/ns/ql#",
    "fnml": "http://semweb.mmlab.be/ns/fnml#",
    "fno": "https://w3id.org/function/ontology#",
    "grel": GREL,
    "idlab-fn": IDLAB,
    "d2rq": "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#",
}
"""The prefixes of the RDFa initial context, which YARRRML predefines, and those that its processors add.

A mapping's own go before.
"""

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
