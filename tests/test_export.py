"""`govgraph export`: the network of the repository's own graph, opened by the tools that it is for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pandas
import pytest

from tests.conftest import Ask, Cli

GG = "https://w3id.org/govgraph/ns#"
CITY = "https://w3id.org/govgraph/id/lg/141003"
MEASURE = "https://w3id.org/govgraph/id/measure/hiratsuka-covid-2020/1"
NAMES = ("nodes.csv", "edges.csv")
ARTICLE = "https://w3id.org/govgraph/id/eli/jp-141003/ordinance/2012/34/art_"


@pytest.fixture
def counts(ask: Ask) -> dict[str, int]:
    """How many nodes and edges there must be, by SPARQL."""
    return {row["kind"]: int(row["count"]) for row in ask("network-counts")}


@pytest.mark.parametrize("suffix", ["graphml", "gexf"])
def test_networkx_opens_it(
    built: Path, cli: Cli, tmp_path: Path, counts: dict[str, int], suffix: str
) -> None:
    networkx = pytest.importorskip("networkx", reason="needs networkx, which is not here")
    path = tmp_path / f"graph.{suffix}"
    assert cli("export", "-o", path, "--project", built).code == 0
    graph = {"graphml": networkx.read_graphml, "gexf": lambda p: networkx.read_gexf(p, version="1.3")}[
        suffix
    ](path)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (counts["nodes"], counts["edges"])
    measure = graph.nodes[MEASURE]
    told = [measure[name] for name in ("class", "municipality", "fiscal_year")]
    assert told == ["Measure", "平塚市", "2020"]
    assert (measure["document"], measure["line"]) == ("hiratsuka-covid-2020", 6)
    links = graph.out_edges(f"{ARTICLE}12", data=True)
    cited = {b for _, b, data in links if data["predicate"].endswith("cites")}
    assert cited == {f"{ARTICLE}9", f"{ARTICLE}10"}


def test_tables(built: Path, cli: Cli, tmp_path: Path, counts: dict[str, int]) -> None:
    assert cli("export", "--format", "csv", "-o", tmp_path, "--lang", "en", "--project", built).code == 0
    nodes, edges = (pandas.read_csv(tmp_path / f"{name}.csv") for name in ("nodes", "edges"))
    assert (len(nodes), len(edges)) == (counts["nodes"], counts["edges"])
    assert "label_ja" not in nodes and nodes.set_index("iri").loc[CITY, "label_en"] == "Yokohama City"
    query = f"FROM '{tmp_path}/edges.csv' e ANTI JOIN '{tmp_path}/nodes.csv' n ON n.iri = e.target"
    with duckdb.connect() as database:
        assert database.execute(query).fetchall() == []
    with (tmp_path / "edges.csv").open(encoding="utf-8", newline="") as file:
        keys = [(r["source"], r["predicate"], r["target"], r["dataset"]) for r in csv.DictReader(file)]
    assert keys == sorted(set(keys))


def test_tables_for_neo4j(built: Path, cli: Cli, tmp_path: Path) -> None:
    assert cli("export", "--format", "neo4j", "-o", tmp_path, "--project", built).code == 0
    heads = [
        (tmp_path / name).read_text(encoding="utf-8").split("\n")[0] for name in ("nodes.csv", "edges.csv")
    ]
    assert heads[0].startswith("iri:ID,label_ja,label_en,class,") and heads[0].rstrip().endswith(",:LABEL")
    assert "amount_yen:long" in heads[0]
    assert heads[1].rstrip() == ":START_ID,:END_ID,predicate,label,dataset,fiscal_year,:TYPE"


def test_a_class_alone(built: Path, cli: Cli, ask: Ask) -> None:
    ran = cli(
        "export", "--format", "json", "-o", "-", "--class", f"{GG}CollaborationContract", "--project", built
    )
    told = json.loads(ran.out)["elements"]
    classes = [node["data"].get("class") for node in told["nodes"]]
    assert classes.count("CollaborationContract") == 78
    nodes = {node["data"]["id"]: node["data"].get("class") for node in told["nodes"]}
    for edge in told["edges"]:
        ends = {nodes[edge["data"]["source"]], nodes[edge["data"]["target"]]}
        assert "CollaborationContract" in ends


def test_the_same_snapshot_gives_the_same_bytes(built: Path, cli: Cli, tmp_path: Path) -> None:
    for name in ("a.graphml", "b.graphml"):
        cli("export", "-o", tmp_path / name, "--project", built)
    assert (tmp_path / "a.graphml").read_bytes() == (tmp_path / "b.graphml").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.graphml", "b.graphml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "graph.xyz"], "the format of 'graph.xyz' is not known\n  hint: --format: graphml, gexf"),
        (["-o", "-"], "the format of '-' is not known"),
        (["-o", "-", "--format", "csv"], "two tables do not go to standard output\n  hint: name a folder"),
        (
            ["-o", "g.gexf", "--class", f"{GG}Paragraph"],
            f"--class: no <{GG}Paragraph> is a node of the network\n  hint: nodes are governments, ",
        ),
        (["-o", "none/g.gexf"], "there is no folder 'none'\n  hint: make it"),
        (["-o", "g.gexf", "--lang", "jp"], "--lang: 'jp' is no language of the project"),
        (
            ["-o", "g.gexf", "--class", f"{GG}Mesure"],
            f"<{GG}Mesure>\n  hint: did you mean '{GG}Measure'",
        ),
    ],
)
def test_mistakes(
    built: Path, cli: Cli, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("export", *arguments, "--project", built)
    assert ran.code == 2
    assert "GG104" in ran.err and message in ran.err
