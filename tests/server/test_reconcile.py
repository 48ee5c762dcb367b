"""The Reconciliation Service API 0.2 over HTTP, by the sections of its specification."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from govgraph.project import Project
from govgraph.server.app import create_app

BASE = "https://w3id.org/govgraph/"
GG = f"{BASE}ns#"
HODOGAYA = f"{BASE}id/lg/141062"
YOKOHAMA = f"{BASE}id/lg/141003"
SAKONYAMA = f"{BASE}id/org/all-sakonyama"
ARTICLE = f"{BASE}id/eli/jp-141003/ordinance/2012/34/art_12"
UNIT_OF = "http://www.w3.org/ns/org#unitOf"
FISCAL_YEAR = f"{GG}fiscalYear"
IDENTIFIER = "http://purl.org/dc/terms/identifier"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

TEXT = {"type": "string", "minLength": 1}
NAMED = {
    "type": "object",
    "required": ["id", "name"],
    "additionalProperties": False,
    "properties": {"id": TEXT, "name": TEXT, "description": {"type": "string"}},
}
ADDRESS = {"type": "object", "required": ["service_url", "service_path"], "additionalProperties": False}
ADDRESS |= {"properties": {"service_url": TEXT, "service_path": TEXT}}
TEMPLATE = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}
MANIFEST = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace"],
    "additionalProperties": False,
    "properties": {
        "versions": {"type": "array", "items": TEXT, "contains": {"const": "0.2"}},
        **dict.fromkeys(("name", "identifierSpace", "schemaSpace", "serviceVersion"), TEXT),
        "defaultTypes": {"type": "array", "items": NAMED, "uniqueItems": True, "minItems": 1},
        "view": {"type": "object", "required": ["url"], "properties": {"url": TEMPLATE}},
        "preview": {
            "type": "object",
            "required": ["url", "width", "height"],
            "properties": {"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}},
        },
        "suggest": {
            "type": "object",
            "required": ["entity", "property", "type"],
            "properties": dict.fromkeys(("entity", "property", "type"), ADDRESS),
        },
        "extend": {
            "type": "object",
            "properties": {"propose_properties": ADDRESS, "property_settings": {"const": []}},
        },
        "batchSize": {"type": "integer", "minimum": 1},
    },
}
FEATURE = {
    "type": "object",
    "required": ["id", "value"],
    "properties": {"id": TEXT, "value": {"type": ["number", "boolean"]}},
}
CANDIDATE = {
    "type": "object",
    "required": ["id", "name", "score"],
    "additionalProperties": False,
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "type": {"type": "array", "items": NAMED},
        "score": {"type": "number", "minimum": 25, "maximum": 100},
        "features": {"type": "array", "items": FEATURE},
        "match": {"type": "boolean"},
    },
}
RESULTS = {
    "type": "object",
    "required": ["result"],
    "properties": {"result": {"type": "array", "items": CANDIDATE}},
}
BATCH = {"type": "object", "additionalProperties": RESULTS}
SUGGESTED = {
    "type": "object",
    "required": ["result"],
    "properties": {
        "result": {
            "type": "array",
            "items": {
                **NAMED,
                "properties": {**NAMED["properties"], "notable": {"type": "array", "items": NAMED}},  # type: ignore[dict-item]
            },
        }
    },
}
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"
VALUE = {
    "oneOf": [
        {"type": "object", "additionalProperties": False},
        NAMED,
        *(
            {"type": "object", "required": [key], "properties": {key: of}, "additionalProperties": False}
            for key, of in {
                "str": {"type": "string"},
                "int": {"type": "integer"},
                "float": {"type": "number"},
                "date": {"type": "string", "pattern": DATE},
            }.items()
        ),
    ]
}
EXTENSION = {
    "type": "object",
    "required": ["meta", "rows"],
    "properties": {
        "meta": {"type": "array", "items": NAMED},
        "rows": {
            "additionalProperties": {
                "additionalProperties": {"type": "array", "items": VALUE},
                "type": "object",
            }
        },
    },
}


@pytest.fixture(scope="module")
def service(built: Path) -> Iterator[TestClient]:
    """A server of the repository's own graph."""
    with TestClient(create_app(Project.load(built))) as client:
        yield client


def valid(value: Any, schema: Mapping[str, Any]) -> Any:
    """`value`, once it is as the specification wants it."""
    Draft202012Validator(schema).validate(value)
    return value


def reconcile(service: TestClient, **queries: Mapping[str, Any]) -> Any:
    answer = service.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    batch = valid(answer.json(), BATCH)
    assert [*batch] == [*queries]
    for results in batch.values():
        scores = [candidate["score"] for candidate in results["result"]]
        assert scores == sorted(scores, reverse=True)
        assert sum(candidate["match"] for candidate in results["result"]) <= 1
    return batch


def candidates(service: TestClient, query: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = reconcile(service, q0=query)["q0"]["result"]
    return found


def test_3_1_manifest(service: TestClient) -> None:
    answer = service.get("/reconcile")
    manifest = valid(answer.json(), MANIFEST)
    assert manifest["identifierSpace"] == BASE
    assert answer.headers["access-control-allow-origin"] == "*"
    for suggest in manifest["suggest"].values():
        url = suggest["service_url"] + suggest["service_path"]
        assert service.get(url, params={"prefix": "a"}).status_code == 200
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        page = service.get(
            template.replace("{{id}}", quote(HODOGAYA, safe="")), headers={"Accept": "text/html"}
        )
        assert page.status_code == 200
        assert "保土ケ谷区" in page.text


def test_3_3_cross_origin_access(service: TestClient) -> None:
    answer = service.options("/reconcile", headers={"Origin": "https://a.example"})
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]
    called = service.get("/reconcile", params={"callback": "jQuery_1.done"})
    assert called.headers["content-type"] == "application/javascript"
    body = called.text.removeprefix("/**/jQuery_1.done(").removesuffix(");")
    assert json.loads(body) == service.get("/reconcile").json()
    refused = service.get("/reconcile", params={"callback": "alert(1)//"})
    assert (refused.status_code, refused.json()["detail"]) == (400, "callback: no name of a function")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("保土ヶ谷区", HODOGAYA),
        ("保土ケ谷区", HODOGAYA),
        ("ほどがやく", HODOGAYA),
        ("Hodogaya  ward", HODOGAYA),
        ("141062", HODOGAYA),
        (HODOGAYA, HODOGAYA),
        ("NPO法人オールさこんやま", SAKONYAMA),
        ("ＮＰＯ法人　オールさこんやま", SAKONYAMA),
        ("特定非営利活動法人オールさこんやま", SAKONYAMA),
        ("横浜市市民協働条例第12条", ARTICLE),
        ("横浜市市民協働条例第十二条", ARTICLE),
        ("横浜市市民協働条例第12条（協働契約）", ARTICLE),
    ],
)
def test_4_matches(service: TestClient, query: str, expected: str) -> None:
    first = candidates(service, {"query": query})[0]
    assert (first["id"], first["match"]) == (expected, True)
    assert first["score"] >= 95


@pytest.mark.parametrize(
    ("query", "expected"),
    [("オールさこんやまNPO", SAKONYAMA), ("保土谷区", HODOGAYA), ("横浜市市民協働条令第12条", ARTICLE)],
)
def test_4_slips_are_no_matches(service: TestClient, query: str, expected: str) -> None:
    found = candidates(service, {"query": query})
    assert expected in [candidate["id"] for candidate in found[:5]]
    assert not any(candidate["match"] for candidate in found)


def test_4_namesakes_are_no_matches(service: TestClient) -> None:
    """Each ward has a section of that name: what is above it tells which one is meant."""
    found = candidates(service, {"query": "区政推進課", "limit": 30})
    assert len([c for c in found if c["score"] == 100]) > 2
    assert not any(c["match"] for c in found)
    totsuka = f"{BASE}id/lg/141101"
    for value in ({"id": totsuka, "name": "戸塚区"}, "戸塚区", totsuka):
        first, second = candidates(
            service, {"query": "区政推進課", "properties": [{"pid": UNIT_OF, "v": value}]}
        )[:2]
        assert first["match"], value
        assert first["score"] == 100 > second["score"] + 5
        assert "戸塚" in first["description"] or totsuka in first["id"]


def test_4_1_full_query(service: TestClient) -> None:
    """All fields of a query, several values of a property, and one query without a name."""
    batch = reconcile(
        service,
        full={
            "query": "戸塚区",
            "type": [f"{GG}AdministrativeWard", f"{GG}Partner"],
            "type_strict": "should",
            "limit": 2,
            "properties": [{"pid": UNIT_OF, "v": ["川崎市", {"id": YOKOHAMA, "name": "横浜市"}]}],
        },
        unnamed={"properties": [{"pid": IDENTIFIER, "v": 141062}]},
        unknown={"query": "ゑゑゑゑ"},
        one_type={"query": "戸塚", "type": f"{GG}AdministrativeWard"},
    )
    (first, *rest) = batch["full"]["result"]
    assert (first["id"], first["score"], first["match"]) == (f"{BASE}id/lg/141101", 100, True)
    assert len(rest) <= 1
    features = {feature["id"]: feature["value"] for feature in first["features"]}
    assert features["name_similarity"] == features["property_similarity"] == 100
    assert [c["id"] for c in batch["unnamed"]["result"]] == [HODOGAYA]
    assert batch["unknown"] == {"result": []}
    types = {t["id"] for c in batch["one_type"]["result"] for t in c["type"]}
    assert types == {f"{GG}AdministrativeWard"}


def test_4_1_types_may_all_be_needed(service: TestClient) -> None:
    types = [f"{GG}NonProfit", f"{GG}Company"]
    query = {"query": "NPO法人オールさこんやま", "type": types}
    assert candidates(service, query)[0]["id"] == SAKONYAMA
    assert candidates(service, {**query, "type_strict": "all"}) == []
    both = [f"{GG}NonProfit", f"{GG}Partner"]
    assert candidates(service, {**query, "type": both, "type_strict": "all"})[0]["id"] == SAKONYAMA


def test_4_3_by_get_and_in_english(service: TestClient) -> None:
    queries = json.dumps({"a": {"query": "保土ヶ谷区"}})
    found = service.get("/reconcile", params={"queries": queries, "lang": "en"}).json()["a"]["result"][0]
    assert found["name"] == "Hodogaya Ward"
    assert found["type"][0]["name"] == "administrative ward"


def test_5_preview(service: TestClient) -> None:
    """In a frame on another site, without scripts."""
    answer = service.get("/reconcile/preview", params={"id": SAKONYAMA})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "特定非営利活動法人オールさこんやま" in answer.text
    assert "<script" not in answer.text
    unknown = service.get("/reconcile/preview", params={"id": "http://a.example/<x>"})
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        "nothing with a label is <http://a.example/<x>>",
    )


def suggested(service: TestClient, kind: str, **parameters: object) -> list[Any]:
    answer = service.get(f"/reconcile/suggest/{kind}", params={k: str(v) for k, v in parameters.items()})
    assert answer.status_code == 200, answer.text
    found: list[Any] = valid(answer.json(), SUGGESTED)["result"]
    return found


def test_6_suggestions(service: TestClient) -> None:
    assert suggested(service, "entity", prefix="保土")[0]["id"] == HODOGAYA
    assert suggested(service, "entity", prefix=HODOGAYA)[0]["id"] == HODOGAYA
    assert suggested(service, "type", prefix="行政")[0]["id"] == f"{GG}AdministrativeWard"
    assert suggested(service, "type", prefix=f"{GG}Measure")[0]["id"] == f"{GG}Measure"
    assert suggested(service, "property", prefix="fiscalYear")[0]["id"] == FISCAL_YEAR
    assert suggested(service, "property", prefix="会計年度")[0]["id"] == FISCAL_YEAR
    for kind in ("entity", "type", "property"):
        first, more = suggested(service, kind, prefix="i"), suggested(service, kind, prefix="i", cursor=10)
        assert len(first) == 10
        assert {f["id"] for f in first}.isdisjoint(f["id"] for f in more)


def test_7_2_proposals(service: TestClient) -> None:
    ward = f"{GG}AdministrativeWard"
    answer = service.get("/reconcile/properties", params={"type": ward, "limit": 5}).json()
    assert (answer["type"], answer["limit"], len(answer["properties"])) == (ward, 5, 5)
    everything = service.get("/reconcile/properties", params={"type": ward}).json()
    assert {UNIT_OF, IDENTIFIER} <= {p["id"] for p in everything["properties"]}


def test_7_3_extension(service: TestClient) -> None:
    asked = {
        "ids": [HODOGAYA, f"{BASE}id/none"],
        "properties": [{"id": p} for p in (UNIT_OF, IDENTIFIER, LABEL)],
    }
    answer = service.post("/reconcile", data={"extend": json.dumps(asked)})
    extension = valid(answer.json(), EXTENSION)
    assert [meta["id"] for meta in extension["meta"]] == [UNIT_OF, IDENTIFIER, LABEL]
    assert extension["rows"] == {
        HODOGAYA: {
            UNIT_OF: [{"id": YOKOHAMA, "name": "横浜市"}],
            IDENTIFIER: [{"str": "141062"}],
            LABEL: [{"str": "保土ケ谷区"}],
        },
        f"{BASE}id/none": {UNIT_OF: [], IDENTIFIER: [], LABEL: []},
    }
    assert service.get("/reconcile", params={"extend": json.dumps(asked)}).json() == extension


def test_7_4_every_value_is_of_a_kind(service: TestClient) -> None:
    """Numbers, dates and resources of amounts, days, meetings and contracts."""
    kinds: set[str] = set()
    own = ("Meeting", "Measure", "CollaborationContract", "StatisticObservation")
    for iri in (
        "https://schema.org/MonetaryAmount",
        "http://www.w3.org/2006/time#Instant",
        *(f"{GG}{name}" for name in own),
    ):
        proposed = service.get("/reconcile/properties", params={"type": iri, "limit": 20}).json()
        found = service.get("/search", params={"type": iri, "format": "json"}).json()["results"]
        asked = {
            "ids": [result["iri"] for result in found],
            "properties": [{"id": p["id"]} for p in proposed["properties"]],
        }
        answer = service.post("/reconcile", data={"extend": json.dumps(asked)})
        rows = valid(answer.json(), EXTENSION)["rows"]
        kinds |= {
            key for row in rows.values() for values in row.values() for value in values for key in value
        }
    assert kinds == {"id", "name", "str", "int", "float", "date"}


def form(**fields: Any) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


REFUSED = [
    (form(queries="{"), 400, "queries: no JSON: Expecting property name enclosed in double quotes"),
    (form(queries="[" * 200_000), 400, "queries: no JSON: it nests too deep, or holds too long a number"),
    (form(queries="9" * 5000), 400, "queries: no JSON: it nests too deep, or holds too long a number"),
    (form(queries=[]), 400, "queries: no JSON object"),
    (form(queries={"q": []}), 400, "queries: q: no JSON object"),
    (form(queries={"q": {}}), 400, "queries: q: neither 'query' nor 'properties'"),
    (form(queries={"q": {"query": " "}}), 400, "queries: q: neither 'query' nor 'properties'"),
    (form(queries={"q": {"query": 1}}), 400, "queries: q: 'query' is no text"),
    (form(queries={"q": {"query": "x" * 201}}), 400, "queries: q: more than 200 letters"),
    (form(queries={"q": {"query": "x", "limit": 0}}), 400, "queries: q: 'limit' is no positive whole number"),
    (
        form(queries={"q": {"query": "x", "limit": "3"}}),
        400,
        "queries: q: 'limit' is no positive whole number",
    ),
    (
        form(queries='{"q": {"query": "x", "limit": NaN}}'),
        400,
        "queries: q: 'limit' is no positive whole number",
    ),
    (form(queries={"q": {"query": "x", "type": 3}}), 400, "queries: q: type: no JSON array"),
    (form(queries={"q": {"query": "x", "type": "Ward"}}), 400, "queries: q: type: 'Ward' is no absolute IRI"),
    (form(queries={"q": {"query": "x", "type": ["x:y"] * 21}}), 413, "queries: q: type: more than 20"),
    (
        form(queries={"q": {"query": "x", "type_strict": "some"}}),
        400,
        "queries: q: 'type_strict' is none of any, should, all",
    ),
    (
        form(queries={"q": {"properties": [{"pid": "x:y"}]}}),
        400,
        "queries: q: properties: a property without 'v'",
    ),
    (
        form(queries={"q": {"properties": [{"pid": "x:y", "v": None}]}}),
        400,
        "queries: q: properties: a value that is no text, number, boolean or entity",
    ),
    (form(queries={str(n): {"query": "x"} for n in range(51)}), 413, "queries: more than 50 in a batch"),
    (form(extend={"ids": [HODOGAYA]}), 400, "extend: properties: no JSON array"),
    (form(extend={"ids": ["x y"], "properties": []}), 400, "extend: ids: 'x y' is no absolute IRI"),
    (form(extend={"ids": ["x:y"] * 1001, "properties": []}), 413, "extend: ids: more than 1000"),
    (
        form(extend={"ids": ["http://[x"], "properties": []}),
        400,
        "extend: ids: 'http://[x' is no absolute IRI",
    ),
    (
        form(queries='{"q": {"query": "\\ud800"}}'),
        400,
        "queries: half of a surrogate pair, which is no letter",
    ),
    (form(query="x"), 400, "neither queries nor extend"),
    (form(queries="x" * 1024 * 1024), 413, "the body has more than 1,048,576 bytes"),
]


@pytest.mark.parametrize(("fields", "status", "detail"), REFUSED, ids=range(len(REFUSED)))
def test_refused(service: TestClient, fields: dict[str, str], status: int, detail: str) -> None:
    answer = service.post("/reconcile", data=fields)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "GG704"


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/reconcile/suggest/nothing?prefix=x", 404, "no /reconcile/suggest/nothing"),
        ("/reconcile/suggest/entity?prefix=" + "x" * 201, 400, "prefix: more than 200 letters"),
        ("/reconcile/suggest/type?prefix=x&cursor=-1", 400, "cursor: no whole number"),
        ("/reconcile/properties?type=http://[x", 400, "type: 'http://[x' is no absolute IRI"),
        ("/reconcile/properties?type=x", 400, "type: 'x' is no absolute IRI"),
        ("/reconcile/properties?type=x:y&limit=no", 400, "limit: no positive whole number"),
    ],
)
def test_refused_by_get(service: TestClient, path: str, status: int, detail: str) -> None:
    answer = service.get(path)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)


@pytest.mark.parametrize("value", ["http://[x", "\0", '"; DROP TABLE doc', "x" * 200, -1.5e300, True])
def test_values_that_are_nowhere(service: TestClient, value: object) -> None:
    assert candidates(service, {"properties": [{"pid": UNIT_OF, "v": value}]}) == []
    assert candidates(service, {"query": '\0"*', "properties": [{"pid": UNIT_OF, "v": value}]}) == []


def test_other_bodies_are_refused(service: TestClient) -> None:
    answer = service.post("/reconcile", json={"queries": {}})
    assert (answer.status_code, answer.json()["detail"]) == (
        415,
        "queries cannot be posted with 'application/json'",
    )


def test_a_full_batch_of_long_names(service: TestClient) -> None:
    """The most that is asked at once, with names that share letters with much: answered, none a match."""
    names = {f"q{n}": {"query": ("横浜市民協働" * 40)[n : n + 200], "limit": 100} for n in range(50)}
    batch = reconcile(service, **names)
    assert not any(c["match"] for results in batch.values() for c in results["result"])
