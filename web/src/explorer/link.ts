import type { Triple } from "./data";
import type { Layout, Model, Sizing } from "./model";

/** A view as an address holds it: resources with places, links by the numbers of these, options. */
interface Packed {
  n: [iri: string, x: number, y: number][];
  p: string[];
  e: [subject: number, property: number, object: number][];
  h: string[];
  s: Sizing;
  l: Layout;
}

function isPacked(value: unknown): value is Packed {
  const said = value as Partial<Packed> | null;
  return Array.isArray(said?.n) && Array.isArray(said.p) && Array.isArray(said.e) && Array.isArray(said.h);
}

/** The view as letters that may stand in an address. */
export async function pack(model: Model): Promise<string> {
  const round = (number: number): number => Math.round(number * 100) / 100;
  const nodes = model.graph.nodes();
  const at = new Map(nodes.map((node, n) => [node, n]));
  const properties = [...new Set(model.graph.mapEdges((_, { property }) => property))];
  const packed: Packed = {
    n: nodes.map((node) => {
      const { x, y } = model.graph.getNodeAttributes(node);
      return [node, round(x), round(y)];
    }),
    p: properties,
    e: model.graph.mapEdges((_, { property }, s, o) => [
      at.get(s) ?? 0,
      properties.indexOf(property),
      at.get(o) ?? 0,
    ]),
    h: [...model.hidden],
    s: model.sizing,
    l: model.layout,
  };
  const text = new Blob([JSON.stringify(packed)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(text).arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Puts the view of `letters` into the model; returns whether they hold one. */
export async function unpack(letters: string, model: Model): Promise<boolean> {
  try {
    const bytes = Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const packed: unknown = await new Response(text).json();
    if (!isPacked(packed)) return false;
    for (const [iri, x, y] of packed.n) {
      model.addNode(String(iri));
      if (model.graph.hasNode(iri)) model.graph.mergeNodeAttributes(iri, { x: Number(x), y: Number(y) });
    }
    for (const [s, p, o] of packed.e) {
      const link: Partial<Triple> = {
        subject: packed.n[s]?.[0] ?? "",
        property: packed.p[p] ?? "",
        object: packed.n[o]?.[0] ?? "",
      };
      model.addEdge(link as Triple);
    }
    model.hidden = new Set(packed.h.map(String));
    if (packed.s === "money") model.sizing = "money";
    if (["force", "circle", "class", "government"].includes(packed.l)) model.layout = packed.l;
    return packed.n.length > 0;
  } catch {
    return false;
  }
}
