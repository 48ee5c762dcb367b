"""The pages that people visit, by a name for each."""

from __future__ import annotations

from urllib.parse import quote

_QUERY = (
    "SELECT ?ward ?label { ?ward a <https://w3id.org/govgraph/ns#AdministrativeWard> ; rdfs:label ?label }"
)

PAGES = {
    "home": "/",
    "question": "/?example=projects-by-ward",
    "ward": "/id/lg/141101.html",
    "article": "/id/eli/jp-141003/ordinance/2012/34/art_12.html",
    "statute": "/id/eli/jp-141003/ordinance/2012/34.html",
    "measure": "/id/measure/hiratsuka-covid-2020/62.html",
    "links": "/id/lg/141003.html?inverse=http%3A%2F%2Fdata.europa.eu%2Fm8g%2FhasCompetentAuthority",
    "search": "/search?q=防災",
    "datasets": "/datasets",
    "dataset": "/datasets/yokohama-kyodo-2020",
    "ontology": "/ns",
    "queries": "/api",
    "endpoint": "/sparql?format=html",
    "explore": "/explore",
    "answer": f"/sparql?format=html&query={quote(_QUERY)}",
}
"""Name -> path."""

_CHARTED = (
    "SELECT ?ward (COUNT(?project) AS ?projects) {\n  ?project a gg:CollaborationProject ; "
    "cv:hasCompetentAuthority ?by .\n  ?by a gg:AdministrativeWard ; rdfs:label ?ward\n"
    '  FILTER(LANG(?ward) = "ja")\n}\nGROUP BY ?ward\nORDER BY DESC(?projects)'
)

TOOLS = {
    "editor": f"/sparql?format=html#query={quote(_CHARTED)}&view=chart",
    "explorer": "/explore?iri=https%3A%2F%2Fw3id.org%2Fgovgraph%2Fid%2Flg%2F141101",
}
"""Name -> path of what needs scripts, in use."""

REFUSED = {
    "malformed": ("/sparql?format=html&query=SELECT%20COUNT(*)%20%7B%7D", 400),
    "nowhere": ("/id/lg/000000", 404),
}
"""Name -> path and status of a page that tells of a problem."""
