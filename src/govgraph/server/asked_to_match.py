"""What clients of the Reconciliation Service API ask for, read from JSON and bounded. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from govgraph.server.candidates import Wanted
from govgraph.server.protocol import RequestError
from govgraph.server.resource import node
from govgraph.server.search import bounded

BATCH: Final = 50
"""Queries of a batch."""
MOST_CANDIDATES: Final = 100
_CANDIDATES: Final = 10
MOST_PROPERTIES: Final = 20
"""Properties of a query, and values of a property; properties that a request for data asks for."""
MOST_TYPES: Final = 20
MOST_ENTITIES: Final = 1000
"""Entities of a request for data."""


@dataclass(frozen=True, slots=True)
class DataWanted:
    """A data extension query (section 7.3): the values of some properties of some entities."""

    ids: tuple[str, ...]
    properties: tuple[str, ...]


def read_batch(text: str) -> dict[str, Wanted]:
    """A reconciliation query batch (section 4.1): id -> query.

    Raises RequestError (GG704): 413 for more than `BATCH` queries, 400 for what is no batch.
    """
    queries = _object("queries", _json("queries", text))
    if len(queries) > BATCH:
        raise RequestError(413, f"queries: more than {BATCH} in a batch", "send them in several batches")
    return {id_: _query(f"queries: {id_[:40]}", query) for id_, query in queries.items()}


def read_data_wanted(text: str) -> DataWanted:
    """A data extension query (section 7.3); raises RequestError (GG704) as `read_batch` does."""
    asked = _object("extend", _json("extend", text))
    ids = _list("extend: ids", asked.get("ids"), MOST_ENTITIES)
    properties = _list("extend: properties", asked.get("properties"), MOST_PROPERTIES)
    named = [_object("extend: properties", p).get("id") for p in properties]
    return DataWanted(
        tuple(_iri("extend: ids", iri) for iri in ids),
        tuple(_iri("extend: properties", iri) for iri in named),
    )


def _query(place: str, given: Any) -> Wanted:
    query = _object(place, given)
    text = query.get("query", "")
    if not isinstance(text, str):
        raise RequestError(400, f"{place}: 'query' is no text")
    bounded(place, text)
    properties = _list(f"{place}: properties", query.get("properties", []), MOST_PROPERTIES)
    if not text.strip() and not properties:
        raise RequestError(400, f"{place}: neither 'query' nor 'properties'")
    types = query.get("type", [])
    types = _list(f"{place}: type", [types] if isinstance(types, str) else types, MOST_TYPES)
    if query.get("type_strict", "any") not in ("any", "should", "all"):
        raise RequestError(400, f"{place}: 'type_strict' is none of any, should, all")
    return Wanted(
        text.strip(),
        tuple(_iri(f"{place}: type", iri) for iri in types if iri),
        query.get("type_strict") == "all",
        _limit(place, query.get("limit", _CANDIDATES)),
        tuple(_property(place, p) for p in properties),
    )


def _limit(place: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or not given >= 1 or given % 1:
        raise RequestError(400, f"{place}: 'limit' is no positive whole number")
    return int(min(given, MOST_CANDIDATES))


def _property(place: str, given: Any) -> tuple[str, tuple[str, ...]]:
    place = f"{place}: properties"
    property_ = _object(place, given)
    if "v" not in property_:
        raise RequestError(400, f"{place}: a property without 'v'")
    values = property_["v"]
    values = _list(place, values if isinstance(values, list) else [values], MOST_PROPERTIES)
    return _iri(place, property_.get("pid")), tuple(_value(place, value) for value in values)


def _value(place: str, value: Any) -> str:
    """A property value (section 2.4) as text: an entity is its identifier."""
    if isinstance(value, dict):
        value = value.get("id")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise RequestError(400, f"{place}: a value that is no text, number, boolean or entity")
    return bounded(place, str(value)).strip()


def _json(place: str, text: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError as e:
        raise RequestError(400, f"{place}: half of a surrogate pair, which is no letter") from e
    except (ValueError, RecursionError) as e:
        reason = (
            e.msg if isinstance(e, json.JSONDecodeError) else "it nests too deep, or holds too long a number"
        )
        raise RequestError(400, f"{place}: no JSON: {reason}") from e


def _object(place: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(400, f"{place}: no JSON object")
    return value


def _list(place: str, value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise RequestError(400, f"{place}: no JSON array")
    if len(value) > most:
        raise RequestError(413, f"{place}: more than {most}")
    return value


def _iri(place: str, value: Any) -> str:
    """An identifier of this service, which all are IRIs."""
    if not isinstance(value, str) or node(value) is None:
        shown = value[:80] if isinstance(value, str) else "what is no text"
        raise RequestError(400, f"{place}: '{shown}' is no absolute IRI", f"such as {_EXAMPLE}")
    return value


_EXAMPLE: Final = "http://www.w3.org/2000/01/rdf-schema#label"
