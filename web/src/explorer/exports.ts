import Graph from "graphology";
import gexf from "graphology-gexf";
import type Sigma from "sigma";
import type { EdgeData, Model, NodeData } from "./model";

export type Export = "png" | "svg" | "graphml" | "gexf" | "json" | "nodes.csv" | "edges.csv";

export const EXPORTS: Export[] = ["png", "svg", "graphml", "gexf", "json", "nodes.csv", "edges.csv"];

type Row = Record<string, string | number>;
type Drawn = Pick<Sigma, "graphToViewport" | "scaleSize" | "getDimensions">;

/** What is shown, as a file. */
export async function write(
  kind: Export,
  model: Model,
  sigma: Drawn,
  colors: { back: string; text: string },
): Promise<Blob> {
  const shown = visible(model);
  switch (kind) {
    case "png":
      return rasterize(svg(shown, sigma, colors), sigma.getDimensions());
    case "svg":
      return new Blob([svg(shown, sigma, colors)], { type: "image/svg+xml" });
    case "graphml":
      return new Blob([graphml(shown)], { type: "application/graphml+xml" });
    case "gexf":
      return new Blob([gexf.write(shown, { formatNode, formatEdge })], { type: "application/gexf+xml" });
    case "json":
      return new Blob([JSON.stringify(cytoscape(shown))], { type: "application/json" });
    case "nodes.csv":
      return new Blob([csv(shown.mapNodes(nodeRow))], { type: "text/csv" });
    case "edges.csv":
      return new Blob([csv(shown.mapEdges(edgeRow))], { type: "text/csv" });
  }
}

/** The graph of what is shown. */
function visible(model: Model): Graph<NodeData, EdgeData> {
  const shown = new Graph<NodeData, EdgeData>({ type: "directed", multi: true });
  model.graph.forEachNode((node, data) => {
    if (model.isShown(node)) shown.addNode(node, data);
  });
  model.graph.forEachEdge((edge, data, s, o) => {
    if (shown.hasNode(s) && shown.hasNode(o)) shown.addDirectedEdgeWithKey(edge, s, o, data);
  });
  return shown;
}

function nodeRow(id: string, data: NodeData): Row {
  return {
    id,
    label: data.label,
    label_ja: data.labels.ja ?? "",
    label_en: data.labels.en ?? "",
    class: data.class,
    municipality: data.government,
    amount_yen: data.yen,
    x: data.x,
    y: data.y,
  };
}

function edgeRow(
  _: string,
  data: EdgeData,
  source: string,
  target: string,
): Row & { source: string; target: string } {
  return { source, target, predicate: data.property };
}

function formatNode(id: string, data: NodeData): object {
  const { x, y, label, id: _, ...attributes } = nodeRow(id, data);
  return { label, attributes, viz: { color: data.color, size: data.size, x, y } };
}

function formatEdge(_: string, data: EdgeData): object {
  return { label: data.property, attributes: { predicate: data.property } };
}

function cytoscape(graph: Graph<NodeData, EdgeData>): object {
  return {
    elements: {
      nodes: graph.mapNodes((node, data) => {
        const { x, y, ...rest } = nodeRow(node, data);
        return { data: rest, position: { x, y } };
      }),
      edges: graph.mapEdges((edge, data, s, o) => ({ data: { id: edge, ...edgeRow(edge, data, s, o) } })),
    },
  };
}

function csv(rows: Row[]): string {
  const quote = (value: string | number | undefined): string => {
    const text = String(value ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((cells) => `${cells.map(quote).join(",")}\r\n`)
    .join("");
}

function escaped(value: unknown): string {
  return (
    String(value)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no place for them
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
  );
}

/** GraphML, with a key for each attribute. */
function graphml(graph: Graph<NodeData, EdgeData>): string {
  const nodes = graph.mapNodes(nodeRow);
  const edges = graph.mapEdges((edge, data, s, o) => ({ id: edge, ...edgeRow(edge, data, s, o) }));
  const keys = (rows: Row[], of: string, but: string[]): [string, string][] =>
    Object.entries(rows[0] ?? {})
      .filter(([name]) => !but.includes(name))
      .map(([name, value]) => [
        name,
        `<key id="${of}-${name}" for="${of}" attr.name="${name}" attr.type="${typeof value === "number" ? "double" : "string"}"/>`,
      ]);
  const ofNodes = keys(nodes, "node", ["id"]);
  const ofEdges = keys(edges, "edge", ["id", "source", "target"]);
  const data = (row: Row, of: string, names: [string, string][]): string =>
    names.map(([name]) => `<data key="${of}-${name}">${escaped(row[name])}</data>`).join("");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...ofNodes.map(([, key]) => key),
    ...ofEdges.map(([, key]) => key),
    '<graph edgedefault="directed">',
    ...nodes.map((row) => `<node id="${escaped(row.id)}">${data(row, "node", ofNodes)}</node>`),
    ...edges.map(
      (row) =>
        `<edge id="${escaped(row.id)}" source="${escaped(row.source)}" target="${escaped(row.target)}">${data(row, "edge", ofEdges)}</edge>`,
    ),
    "</graph>",
    "</graphml>",
  ].join("\n");
}

/** The picture as it is seen. */
function svg(graph: Graph<NodeData, EdgeData>, sigma: Drawn, colors: { back: string; text: string }): string {
  const { width, height } = sigma.getDimensions();
  const place = (node: string): { x: number; y: number } =>
    sigma.graphToViewport(graph.getNodeAttributes(node));
  const lines = graph.mapEdges((_, data, s, o) => {
    const [a, b] = [place(s), place(o)];
    return `<line x1="${a.x.toFixed(1)}" y1="${a.y.toFixed(1)}" x2="${b.x.toFixed(1)}" y2="${b.y.toFixed(1)}" stroke="${data.color}"/>`;
  });
  const dots = graph.mapNodes((node, data) => {
    const { x, y } = place(node);
    const radius = sigma.scaleSize(data.size);
    return (
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="${data.color}"/>` +
      `<text x="${(x + radius + 3).toFixed(1)}" y="${(y + 4).toFixed(1)}">${escaped(data.label)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" fill="${colors.back}"/>`,
    `<g font-family="sans-serif" font-size="12" fill="${colors.text}">`,
    ...lines,
    ...dots,
    "</g></svg>",
  ].join("\n");
}

async function rasterize(
  picture: string,
  { width, height }: { width: number; height: number },
): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}
