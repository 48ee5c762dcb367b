"""Networks as files: GraphML, GEXF 1.3, Cytoscape JSON, and tables, node by node and edge by edge."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TextIO
from xml.sax.saxutils import escape, quoteattr

from govgraph.export.network import Edge, Network, Node

_EDGE: Final = ("predicate", "label", "dataset", "fiscal_year")
_NUMBERS: Final = frozenset(("amount_yen", "line"))
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 has no place for (section 2.2)."""


def write_graphml(network: Network, out: TextIO) -> None:
    """GraphML with a key for each attribute; ids of nodes are their IRIs."""
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    )
    for name in network.attributes:
        kind = "long" if name in _NUMBERS else "string"
        out.write(f'<key id="n-{name}" for="node" attr.name="{name}" attr.type="{kind}"/>\n')
    for name in _EDGE:
        out.write(f'<key id="e-{name}" for="edge" attr.name="{name}" attr.type="string"/>\n')
    out.write('<graph edgedefault="directed">\n')
    for node in network.nodes():
        data = "".join(
            f'<data key="n-{n}">{_text(v)}</data>' for n, v in node.attributes.items() if v is not None
        )
        out.write(f"<node id={_attribute(node.iri)}>{data}</node>\n")
    for number, edge in enumerate(network.edges()):
        data = "".join(f'<data key="e-{n}">{_text(v)}</data>' for n in _EDGE if (v := getattr(edge, n)))
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        out.write(f'<edge id="e{number}" {ends}>{data}</edge>\n')
    out.write("</graph>\n</graphml>\n")


def write_gexf(network: Network, out: TextIO) -> None:
    """GEXF 1.3."""
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
        '<graph defaultedgetype="directed" mode="static">\n'
    )
    for kind, names in (("node", network.attributes), ("edge", _EDGE)):
        out.write(f'<attributes class="{kind}">\n')
        for name in names:
            type_ = "long" if name in _NUMBERS else "string"
            out.write(f'<attribute id="{name}" title="{name}" type="{type_}"/>\n')
        out.write("</attributes>\n")
    out.write("<nodes>\n")
    for node in network.nodes():
        values = "".join(_value(n, v) for n, v in node.attributes.items() if v is not None)
        label = _attribute(_label(network, node))
        out.write(f"<node id={_attribute(node.iri)} label={label}><attvalues>{values}</attvalues></node>\n")
    out.write("</nodes>\n<edges>\n")
    for number, edge in enumerate(network.edges()):
        values = "".join(_value(n, v) for n in _EDGE if (v := getattr(edge, n)))
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        label = _attribute(edge.label)
        out.write(f'<edge id="{number}" {ends} label={label}><attvalues>{values}</attvalues></edge>\n')
    out.write("</edges>\n</graph>\n</gexf>\n")


def write_cytoscape(network: Network, out: TextIO) -> None:
    """Cytoscape JSON: `elements` with `nodes` and `edges`."""
    out.write('{"elements": {"nodes": [')
    _items(
        out,
        (
            {"data": {"id": n.iri, "label": _label(network, n), **_told(n.attributes)}}
            for n in network.nodes()
        ),
    )
    out.write('], "edges": [')
    edges = (
        {
            "data": {
                "id": f"e{number}",
                "source": e.source,
                "target": e.target,
                **{n: getattr(e, n) for n in _EDGE},
            }
        }
        for number, e in enumerate(network.edges())
    )
    _items(out, edges)
    out.write("]}}\n")


def write_nodes(network: Network, out: TextIO, *, neo4j: bool = False) -> None:
    """The nodes as CSV (RFC 4180); with `neo4j`, headers as neo4j-admin reads them."""
    table = csv.writer(out, lineterminator="\r\n")
    names = network.attributes
    types = {name: f"{name}:long" if name in _NUMBERS else name for name in names}
    table.writerow(["iri:ID", *(types[n] for n in names), ":LABEL"] if neo4j else ["iri", *names])
    for node in network.nodes():
        row = [node.iri, *(node.attributes[name] for name in names)]
        table.writerow([*row, node.attributes["class"]] if neo4j else row)


def write_edges(network: Network, out: TextIO, *, neo4j: bool = False) -> None:
    """The edges as CSV (RFC 4180); with `neo4j`, headers as neo4j-admin reads them."""
    table = csv.writer(out, lineterminator="\r\n")
    ends = [":START_ID", ":END_ID"] if neo4j else ["source", "target"]
    table.writerow([*ends, *_EDGE, ":TYPE"] if neo4j else [*ends, *_EDGE])
    for edge in network.edges():
        row = [edge.source, edge.target, *(getattr(edge, name) for name in _EDGE)]
        table.writerow([*row, _type(edge)] if neo4j else row)


WRITERS: Final[Mapping[str, Callable[[Network, TextIO], None]]] = {
    "graphml": write_graphml,
    "gexf": write_gexf,
    "json": write_cytoscape,
}
"""Suffix of a file that holds all -> what writes it."""


def _type(edge: Edge) -> str:
    return edge.predicate.replace("#", "/").rpartition("/")[2]


def _label(network: Network, node: Node) -> str:
    labels = (node.attributes[f"label_{language}"] for language in network.languages)
    return str(next((label for label in labels if label), node.iri))


def _told(attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if value is not None}


def _items(out: TextIO, items: Iterable[object]) -> None:
    for number, item in enumerate(items):
        out.write(",\n" if number else "\n")
        out.write(json.dumps(item, ensure_ascii=False))
    out.write("\n")


def _value(name: str, value: object) -> str:
    return f'<attvalue for="{name}" value={_attribute(value)}/>'


def _text(value: object) -> str:
    return escape(_NOT_IN_XML.sub("", str(value)))


def _attribute(value: object) -> str:
    return quoteattr(_NOT_IN_XML.sub("", str(value)))
