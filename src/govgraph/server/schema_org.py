"""A resource in the terms of schema.org, for search engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from govgraph.iri import SKOS
from govgraph.server.resource import DCTERMS, Resource

_TYPES: Final[Mapping[str, str]] = {
    "Municipality": "City",
    "Prefecture": "AdministrativeArea",
    "LocalGovernment": "GovernmentOrganization",
    "AdministrativeWard": "GovernmentOrganization",
    "Bureau": "GovernmentOrganization",
    "Section": "GovernmentOrganization",
    "NonProfit": "NGO",
    "Company": "Corporation",
    "University": "CollegeOrUniversity",
    "Partner": "Organization",
    "Consortium": "Organization",
    "ResidentAssociation": "Organization",
    "Measure": "Project",
    "CollaborationProject": "Project",
    "Ordinance": "Legislation",
    "NationalLaw": "Legislation",
    "Statute": "Legislation",
    "Article": "Legislation",
    "Meeting": "Event",
    "SourceDocument": "Report",
}
"""Local name of a class of the ontology -> the type of schema.org nearest to it."""
_DESCRIPTION: Final = f"{DCTERMS}description"
_MATCHES: Final = (f"{SKOS}exactMatch",)


def describe(resource: Resource, address: str) -> dict[str, object]:
    """JSON-LD with what schema.org has terms for; `address` is the page's."""
    classes = [c.href or "" for c in resource.classes]
    kind = next((_TYPES[name] for c in classes if (name := c.rpartition("#")[2]) in _TYPES), "Thing")
    said: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": resource.iri,
        "name": resource.title,
        "alternateName": list(dict.fromkeys(name.text for name in resource.names)),
        "mainEntityOfPage": address,
        "description": next((p.values[0].text for p in resource.properties if p.iri == _DESCRIPTION), None),
        "sameAs": [v.href for p in resource.properties if p.iri in _MATCHES for v in p.values if v.external],
    }
    return {name: value for name, value in said.items() if value}
