"""SPARQL 1.1 Graph Store HTTP Protocol, its reading side: graphs as RDF documents (sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from govgraph.errors import QueryError, did_you_mean
from govgraph.iri import is_absolute
from govgraph.server.conditional import begin, entity_tag
from govgraph.server.evaluate import Dataset, Query, dump, evaluate
from govgraph.server.formats import GRAPH, negotiate
from govgraph.server.frames import Work
from govgraph.server.guard import examine
from govgraph.server.opened import Opened
from govgraph.server.output import Output
from govgraph.server.protocol import READ_ONLY, RequestError, read_pairs
from govgraph.server.site import Site

STORE: Final = "/graph-store"
"""Where graphs are named by a parameter (section 4.2)."""
GRAPHS: Final = "/graph/"
"""What the paths of graphs begin with that are named by the request itself (section 4.1)."""
READS: Final = ("GET", "HEAD", "OPTIONS")
WRITES: Final = ("PUT", "POST", "DELETE", "PATCH")

_ALLOW: Final = ("allow", ", ".join(READS))
_CLOSE: Final = ("connection", "close")
"""The body of a refused request is not read."""


class GraphStore:
    """Answers requests for graphs of one snapshot."""

    def __init__(self, site: Site, opened: Opened, dataset: Dataset, prefixes: Mapping[str, str]) -> None:
        """`prefixes` abbreviate IRIs where the format can."""
        self._site = site
        self._snapshot = opened.snapshot
        self._dataset = dataset
        self._prefixes = prefixes
        prologue = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in prefixes.items())
        self._default = Query(
            f"{prologue}CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", name="default graph"
        )

    def answer(self, work: Work, out: Output) -> Mapping[str, object]:
        """Writes the graph that `work` asks for into `out`; returns facts for the log.

        Raises RequestError (GG704) with status 400 for a request that names no graph or several, 403 for one
        that writes, and 405 for one that does both; QueryError GG702 where no format is acceptable, GG714
        where there is no such graph; and what `evaluate` raises.
        """
        try:
            pairs = read_pairs(work.query_string)
            graph = self._named(pairs) if work.path == STORE else self._addressed(work, pairs)
        except RequestError as e:
            if work.method not in WRITES:
                raise
            problem = e.problems[0]
            raise RequestError(405, problem.message, problem.hint, (_ALLOW, _CLOSE)) from e
        self._require(graph, work)
        if work.method in WRITES:
            raise RequestError(403, "graphs are only read here", READ_ONLY, (_CLOSE,))
        named = next((value for name, value in pairs if name == "format"), None)
        chosen, media_type = negotiate(work.accept, named or None, GRAPH)
        tag = entity_tag(work, self._snapshot.id, media_type, graph, self._site.default_graph)
        if not begin(out, work, media_type, tag, [("query-time-limit", f"{self._site.limits.time:g}")]):
            return {}
        if graph is None:
            rows = evaluate(self._dataset, self._default, examine(self._default.text), chosen, out)
        else:
            rows = dump(self._dataset, graph, chosen, self._prefixes, out)
        return {"rows": rows} if self._site.query_log else {}

    def _require(self, graph: str | None, work: Work) -> None:
        """Raises QueryError GG714 where a graph is not there, but needs to be (sections 5.3 and 5.5)."""
        graphs = self._snapshot.manifest.graphs
        if graph is not None and graph not in graphs and work.method not in ("PUT", "POST"):
            hint = (
                did_you_mean(graph, list(graphs)) or f"{work.address}/sparql lists the {len(graphs)} graphs"
            )
            raise QueryError(f"there is no graph <{graph}>", "GG714", hint=hint)

    def _named(self, pairs: list[tuple[str, str]]) -> str | None:
        """The graph that the parameters name."""
        found = [(name, value) for name, value in pairs if name in ("graph", "default")]
        hint = "send 'graph' with the IRI of a graph, or 'default'"
        if not found:
            raise RequestError(400, "no graph is named", hint)
        if len(found) > 1:
            raise RequestError(400, "more than one graph is named", hint)
        name, value = found[0]
        if name == "default":
            if value:
                raise RequestError(400, "'default' has no value", "send 'graph' with the IRI of a graph")
            return None
        if not is_absolute(value):
            raise RequestError(400, f"graph: '{value}' is no absolute IRI", f"such as {self._example()}")
        return value

    def _addressed(self, work: Work, pairs: list[tuple[str, str]]) -> str:
        """The graph whose IRI is that of the request, or the same path under the project's base IRI."""
        if any(name in ("graph", "default") for name, _ in pairs):
            raise RequestError(400, "the path names a graph already", f"ask {STORE} for another one")
        base = self._site.base or f"{work.address}/"
        asked = (f"{work.address}{work.path}", f"{base}{work.path[1:]}")
        found = (graph for iri in asked for graph in self._snapshot.manifest.graphs if unquote(graph) == iri)
        return next(found, asked[1])

    def _example(self) -> str:
        return min(self._snapshot.manifest.graphs, default="http://example.org/graph")
