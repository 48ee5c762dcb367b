"""A query and a store -> the bytes of the answer.

Everything that touches Oxigraph's results happens in one call and one thread: results that another thread
uses abort the process.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

import pyoxigraph as ox

from govgraph.errors import QueryError, SnapshotError, SourceSpan
from govgraph.queries import Value
from govgraph.server.explain import explain
from govgraph.server.formats import JSON, JSON_LD, RDF_XML, XML, Format
from govgraph.server.guard import Facts
from govgraph.server.tokens import prefixes

STACK = 64 * 1024 * 1024
"""Bytes of stack of a query's thread: four times what the largest query that the guard lets through needs."""

_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""What XML 1.0, section 2.2 (Char), leaves out of UTF-8: XML has no way at all to write it."""

_NO_NAME = re.compile(rb"<[^\s<>/:]*:[\s/>]")
"""An element whose name ends at the colon: Oxigraph writes it for a property that RDF/XML cannot name."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """A query as asked: its text, the graphs of its dataset (section 2.1.4 of the SPARQL 1.1 Protocol; none:
    the query's own FROM, else the union of all graphs), values of variables, and its name in messages.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    values: tuple[tuple[str, Value], ...] = ()
    name: str = "query"


def evaluate(store: ox.Store, query: Query, facts: Facts, format: Format) -> bytes:  # noqa: A002
    """The answer to `query`, which `examine` let through, in `format`.

    Raises QueryError: GG701 where the query is malformed, GG702 where the format has no way to write what the
    answer holds, GG705 where it fails while it runs; SnapshotError GG604 where the store cannot
    be read.
    """
    answer = _serialize(store, query, facts, format)
    if format in (XML, RDF_XML) and (reason := _why_no_xml(answer)):
        instead = JSON if format is XML else JSON_LD
        hint = f"ask for JSON: {instead.media_type} ({instead.name})"
        raise QueryError(f"the answer holds {reason}", "GG702", SourceSpan(query.name), hint)
    return answer


def _why_no_xml(answer: bytes) -> str | None:
    """What the answer, written as XML, holds that XML or RDF/XML cannot."""
    if forbidden := _NOT_XML.search(answer):
        return f"U+{ord(forbidden[0].decode()):04X}, which XML cannot hold"
    if _NO_NAME.search(answer):
        return "a property whose IRI ends in no name, which RDF/XML cannot write"
    return None


def _serialize(store: ox.Store, query: Query, facts: Facts, format: Format) -> bytes:  # noqa: A002
    own_dataset = bool(query.default_graphs or query.named_graphs)
    try:
        results = store.query(
            query.text,
            use_default_graph_as_union=not own_dataset and not facts.names_dataset,
            default_graph=[ox.NamedNode(iri) for iri in query.default_graphs] if own_dataset else None,
            named_graphs=[ox.NamedNode(iri) for iri in query.named_graphs] if own_dataset else None,
            substitutions={ox.Variable(name): value for name, value in query.values} or None,
        )
        if not isinstance(results, ox.QueryTriples):
            return results.serialize(format=ox.QueryResultsFormat.from_media_type(format.media_type)) or b""
        rdf = ox.RdfFormat.from_media_type(format.media_type)
        if format.prefixed:
            return ox.serialize(results, format=rdf, prefixes=prefixes(query.text)) or b""
        return results.serialize(format=rdf) or b""
    except SyntaxError as e:
        raise explain(query.text, str(e), query.name) from e
    except OSError as e:
        raise SnapshotError(
            f"the snapshot's store cannot be read: {e}",
            "GG604",
            hint="build it again: `govgraph build --force`",
        ) from e
    except (RuntimeError, ValueError) as e:
        raise QueryError(f"the query failed: {e}", "GG705", SourceSpan(query.name)) from e


_starting = threading.Lock()


def in_own_thread(function: Callable[[], T]) -> Future[T]:
    """Runs `function` in a new thread with a stack of `STACK` bytes; the future gives what it returns.

    The thread is a daemon: a query that is still running does not keep the process from ending.
    """
    future: Future[T] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(function())
        except Exception as e:
            future.set_exception(e)
        except BaseException as e:  # a panic of Oxigraph, which is no Exception
            future.set_exception(RuntimeError(f"the query engine failed: {e}"))

    with _starting:
        before = threading.stack_size(STACK)
        try:
            threading.Thread(target=run, name="query", daemon=True).start()
        finally:
            threading.stack_size(before)
    return future
