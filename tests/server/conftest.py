"""A small project with a snapshot, and the server on it, asked through its HTTP door."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tests.servers import running

from govgraph.project import Project
from govgraph.server.app import App, create_app
from govgraph.server.evaluate import Dataset, Query, evaluate
from govgraph.server.formats import BY_FORM
from govgraph.server.guard import examine
from govgraph.server.stack import with_stack
from govgraph.snapshot.manifest import Manifest

BASE = "https://w3id.org/govgraph/"
GG = f"{BASE}ns#"
HIRATSUKA = f"{BASE}graph/hiratsuka-covid-2020"
YOKOHAMA = f"{BASE}graph/yokohama-kyodo-2020"
PREFIXES = f"@prefix gg: <{GG}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."

TRIG = f"""{PREFIXES}
<{HIRATSUKA}> {{
  <{BASE}id/measure/hiratsuka-covid-2020/3> a gg:Measure ; rdfs:label "特別支援学校"@ja ; gg:amount 1500 .
  <{BASE}id/measure/hiratsuka-covid-2020/7> a gg:Measure ; rdfs:label "<b>&\\"市民\\"</b>"@ja ; gg:amount 20 .
}}
<{YOKOHAMA}> {{ <{BASE}id/measure/yokohama-kyodo-2020/x> a gg:Measure ; rdfs:label "Library"@en . }}
<{BASE}graph/ontology> {{ gg:Measure rdfs:label "取組"@ja, "measure"@en . }}
"""

Promote = Callable[..., None]
Refresh = Callable[[TestClient], None]


def promote(project: Project, snapshot: str, trig: str = TRIG) -> None:
    """Writes a snapshot with the quads of `trig`, and makes it the current one, as a build does."""
    folder = project.state / "snapshots" / snapshot
    folder.mkdir(parents=True)
    store = ox.Store(str(folder / "store"))
    store.bulk_load(trig.encode(), format=ox.RdfFormat.TRIG)
    store.flush()
    graphs: dict[str, int] = {}
    classes: dict[str, dict[str, int]] = {}
    properties: dict[str, dict[str, int]] = {}
    for quad in store:
        assert isinstance(quad.graph_name, ox.NamedNode)
        graph = quad.graph_name.value
        graphs[graph] = graphs.get(graph, 0) + 1
        uses = properties.setdefault(graph, {})
        uses[quad.predicate.value] = uses.get(quad.predicate.value, 0) + 1
        if quad.predicate.value.endswith("#type") and isinstance(quad.object, ox.NamedNode):
            counts = classes.setdefault(graph, {})
            counts[quad.object.value] = counts.get(quad.object.value, 0) + 1
    del store
    Manifest(
        id=snapshot,
        tool="0",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        previous=None,
        inputs={},
        graphs=graphs,
        classes=classes,
        properties=properties,
        durations={},
    ).write(folder)
    link = project.state / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(f"snapshots/{snapshot}")


def make_project(root: Path) -> Project:
    """A project without a snapshot, in the folder `root`."""
    (root / "govgraph.yml").write_text(
        f"base: {BASE}\ntitle: {{ja: 試験のグラフ, en: Trial graph}}\nlicence: https://example.org/licence\n"
        "limits: {workers: 2}\n"
    )
    queries = root / "queries"
    queries.mkdir()
    (queries / "measures.rq").write_text(
        "#+ summary: All measures\n#+ summary_ja: すべての取組\n#+ tags: [measures]\n\n"
        f"PREFIX gg: <{GG}>\nSELECT ?measure WHERE {{ ?measure a gg:Measure }} ORDER BY ?measure\n"
    )
    (queries / "amounts.rq").write_text(
        "#+ summary: Amounts\n#+ parameters:\n#+   amount: {summary: Yen, type: integer}\n"
        f"PREFIX gg: <{GG}>\nSELECT ?measure ?amount {{ ?measure gg:amount ?amount }} ORDER BY ?amount\n"
    )
    return Project.load(root)


@pytest.fixture
def empty_project(tmp_path: Path) -> Project:
    """A project without a snapshot."""
    return make_project(tmp_path)


@pytest.fixture
def project(empty_project: Project) -> Project:
    """The project with snapshot `first`."""
    promote(empty_project, "first")
    return empty_project


@pytest.fixture(name="promote")
def promote_fixture() -> Promote:
    """`promote(project, id, trig)`."""
    return promote


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server of such a project, which the tests of a module share: its snapshot stays as it is."""
    project = make_project(tmp_path_factory.mktemp("shared"))
    promote(project, "first")
    with TestClient(create_app(project)) as client:
        yield client


@pytest.fixture(scope="module", params=["in process", "over a socket"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A client of a server of such a project, within this process and as a process of its own."""
    project = make_project(tmp_path_factory.mktemp("door"))
    promote(project, "first")
    if request.param == "in process":
        with TestClient(create_app(project)) as client:
            yield client
    else:
        with running(project.root) as server, httpx2.Client(base_url=server.address) as client:
            yield client


@pytest.fixture
def own_client(project: Project) -> Iterator[TestClient]:
    """The server of `project`, for a test that changes what is served."""
    with TestClient(create_app(project)) as client:
        yield client


def refresh(client: TestClient) -> None:
    """Has the server look for a new snapshot now, as it does by itself four times a second."""
    assert client.portal is not None and isinstance(client.app, App) and client.app.serving is not None
    client.portal.call(client.app.serving.refresh)


@pytest.fixture(name="refresh")
def refresh_fixture() -> Refresh:
    """`refresh(client)`."""
    return refresh


@pytest.fixture
def broken_workers(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every query fail in the workers of servers that are started now, by an error that none expects."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "sitecustomize.py").write_text(
        "from govgraph.server import answering\n"
        "def fail(*arguments, **keywords):\n"
        "    raise ZeroDivisionError('secret')\n"
        "answering.evaluate = answering.tabulate = fail\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)


@pytest.fixture
def run() -> Callable[[str], bytes]:
    """Answers a query as the server and the command line do, on a store of one triple."""

    def run(query: str) -> bytes:
        facts = examine(query)
        store = ox.Store()
        node = ox.NamedNode("x:a")
        store.add(ox.Quad(node, node, ox.Literal(1), ox.NamedNode("x:g")))
        chosen = BY_FORM[facts.form][0]
        answer = BytesIO()
        with_stack(lambda: evaluate(Dataset(store), Query(query), facts, chosen, answer))
        return answer.getvalue()

    return run
