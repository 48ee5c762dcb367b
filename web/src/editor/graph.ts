import Graph from "graphology";
import type { Answer } from "../ask";
import { element } from "../dom";
import { arrange, canDraw, view } from "../graph_view";
import { type Given, say } from "../page";
import { address, readTerm, shorten } from "../terms";
import { labelsOf, pick } from "../vocabulary";

const MOST_NODES = 2000;
const LOOKED_AT = 100;

/** An answer as a graph of its IRIs: triples, or rows with two columns of IRIs. */
export function graph(answer: Answer, page: Given): HTMLElement {
  const { texts } = page;
  const sample = answer.rows.slice(0, LOOKED_AT).map((row) => answer.cut(row));
  const columns = answer.columns
    .map((_, n) => n)
    .filter((n) => sample.some((cells) => cells[n]?.startsWith("<")));
  const ends = answer.triples ? [0, 2] : columns;
  if (ends.length < 2) return element("p", {}, say(texts, "editor_no_links"));
  if (!canDraw()) return element("p", {}, say(texts, "editor_no_webgl"));
  const choose = (name: string, chosen: number | undefined): HTMLSelectElement =>
    element(
      "select",
      { "aria-label": say(texts, name), change: () => draw() },
      ...ends.map((n) =>
        element("option", { value: String(n), selected: n === chosen }, answer.columns[n] ?? ""),
      ),
    );
  const from = choose("editor_from", ends[0]);
  const to = choose("editor_to", ends[1]);
  const box = element("div", {
    class: "canvas graph-view",
    role: "img",
    "aria-label": say(texts, "editor_graph"),
  });
  const note = element("p", { class: "note", role: "status" });
  const chosen = element("p", { role: "status" });
  let end: () => void = () => undefined;

  function draw(): void {
    end();
    const made = build(answer, Number(from.value), Number(to.value), page);
    note.textContent = say(texts, made.cut ? "editor_graph_cut" : "editor_graph_size", {
      nodes: made.graph.order.toLocaleString(page.language),
      edges: made.graph.size.toLocaleString(page.language),
      most: MOST_NODES.toLocaleString(page.language),
    });
    if (!made.graph.order) return;
    const stopLayout = arrange(made.graph);
    const sigma = view(made.graph, box);
    const labels = new AbortController();
    end = () => {
      stopLayout();
      labels.abort();
      sigma.kill();
    };
    sigma.on("clickNode", ({ node }) => {
      const href = address(node, page.base, page.language);
      const label = String(made.graph.getNodeAttribute(node, "label"));
      chosen.replaceChildren(href ? element("a", { href, rel: "noreferrer" }, label) : label);
    });
    labelsOf(made.graph.nodes(), labels.signal)
      .then((found) => {
        for (const [iri, names] of found)
          made.graph.setNodeAttribute(iri, "label", pick(names, page.language) ?? iri);
      })
      .catch(() => undefined); // without labels the IRIs stay
  }
  queueMicrotask(draw);
  const chooser =
    answer.triples || ends.length === 2 ? [] : [element("p", { class: "actions" }, from, "→", to)];
  return element("div", {}, ...chooser, note, box, chosen);
}

function build(answer: Answer, from: number, to: number, page: Given): { graph: Graph; cut: boolean } {
  const made = new Graph({ type: "directed" });
  let cut = false;
  for (const row of answer.rows) {
    const cells = answer.cut(row);
    const [a, b] = [readTerm(cells[from] ?? ""), readTerm(cells[to] ?? "")];
    if (a?.kind !== "iri" || b?.kind !== "iri" || a.value === b.value) continue;
    const added = Number(!made.hasNode(a.value)) + Number(!made.hasNode(b.value));
    if (made.order + added > MOST_NODES) {
      cut = true;
      continue;
    }
    for (const term of [a, b])
      made.mergeNode(term.value, { label: shorten(term, page.prefixes), size: 4, color: "#3b78d8" });
    made.mergeEdge(a.value, b.value, { size: 1, color: "#9aa4b2" });
  }
  made.forEachNode((node) => {
    made.setNodeAttribute(node, "size", 3 + 2 * Math.sqrt(made.degree(node)));
  });
  return { graph: made, cut };
}
