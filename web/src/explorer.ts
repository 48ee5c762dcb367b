import "./tools.css";
import "./explorer/explorer.css";
import { Refused } from "./ask";
import { element, save } from "./dom";
import {
  classesOf,
  governmentsOf,
  type Links,
  linksFrom,
  moneyOf,
  neighbours,
  type Triple,
} from "./explorer/data";
import { type Drawing, drawing, Palette } from "./explorer/drawing";
import { EXPORTS, write } from "./explorer/exports";
import { pack, unpack } from "./explorer/link";
import { nodeList } from "./explorer/list";
import { type Layout, MOST_NODES, Model, type Sizing } from "./explorer/model";
import { panel } from "./explorer/panel";
import { shortestPath } from "./explorer/path";
import { canDraw } from "./graph_view";
import { given, say } from "./page";
import { suggest } from "./suggest";
import { shorten } from "./terms";
import { labelsOf, loadVocabulary, pick } from "./vocabulary";

const page = given();
const { texts, language } = page;

function part<T extends HTMLElement>(name: string): T {
  const found = document.querySelector<T>(`[data-explorer="${name}"]`);
  if (!found) throw new Error(`the page has no ${name}`);
  return found;
}

function start(): void {
  const model = new Model();
  const palette = new Palette();
  const box = part("canvas");
  const status = part("status");
  const problem = part("problem");
  const beside = part("panel");
  const legend = part("legend");
  let chosen: string | null = null;
  let drawn: Drawing | null = null;
  let open = new AbortController();
  const properties = new Map<string, Promise<string>>();
  let specific: Promise<Map<string, number>> | undefined;

  if (canDraw())
    drawn = drawing(box, model, palette, { choose: (iri) => choose(iri), open: (iri) => void unfold(iri) });
  else tell(say(texts, "explorer_no_webgl"));
  const list = nodeList(part("nodes"), model, page, (iri) => choose(iri, true));

  function tell(text: string): void {
    status.textContent = text;
  }
  function fail(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const said = error instanceof Refused ? error.problem : { title: say(texts, "editor_no_answer") };
    problem.replaceChildren(
      element("p", {}, [said.detail ?? said.title, said.hint].filter(Boolean).join(" — ")),
    );
    problem.hidden = false;
  }

  /** Runs one act of the visitor: what was said of a former one goes, what goes wrong is told. */
  async function act<T>(work: () => Promise<T>): Promise<T | undefined> {
    problem.hidden = true;
    try {
      return await work();
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  function draw(again: boolean): void {
    for (const element of document.querySelectorAll<HTMLElement>("[data-needs-nodes]"))
      element.hidden = !model.graph.order;
    drawn?.draw(chosen, again);
    list.draw(chosen);
    drawLegend();
    part<HTMLButtonElement>("undo").disabled = !model.canUndo;
    part<HTMLButtonElement>("redo").disabled = !model.canRedo;
    part<HTMLSelectElement>("layout").value = model.layout;
    part<HTMLSelectElement>("size").value = model.sizing;
  }

  function drawLegend(): void {
    legend.replaceChildren(
      ...model.classes().map(([name, count]) => {
        const box = element("input", {
          type: "checkbox",
          checked: !model.hidden.has(name),
          change: () => toggle(name),
        });
        const dot = element("span", { class: "dot", "aria-hidden": "true" });
        dot.style.background = palette.of(name);
        const label = name
          ? shorten({ kind: "iri", value: name }, page.prefixes)
          : say(texts, "explorer_no_class");
        const text = element("span", {}, label);
        void propertyLabel(name).then((found) => found && text.replaceChildren(found));
        return element(
          "li",
          {},
          element("label", {}, box, dot, text, " ", element("span", { class: "number" }, String(count))),
        );
      }),
    );
  }

  function toggle(name: string): void {
    model.keep();
    if (!model.hidden.delete(name)) model.hidden.add(name);
    draw(false);
  }

  /** The label of a property or class. */
  function propertyLabel(iri: string): Promise<string> {
    const short = shorten({ kind: "iri", value: iri }, page.prefixes);
    if (!iri) return Promise.resolve("");
    const known =
      properties.get(iri) ??
      labelsOf([iri])
        .then((found) => pick(found.get(iri) ?? {}, language) ?? short)
        .catch(() => short);
    properties.set(iri, known);
    return known;
  }

  /** What new nodes are called, and what they are. */
  async function describe(iris: string[], signal: AbortSignal): Promise<void> {
    specific ??= loadVocabulary()
      .then((terms) => new Map(terms.filter((t) => t.kind === "class").map((t) => [t.iri, t.count])))
      .catch(() => new Map<string, number>());
    const [labels, classes, governments, money, counts] = await Promise.all([
      labelsOf(iris, signal),
      classesOf(iris, signal),
      governmentsOf(iris, signal),
      moneyOf(iris, signal),
      specific,
    ]);
    for (const iri of iris) {
      if (!model.graph.hasNode(iri)) continue;
      // Of several classes the one with the fewest instances says most.
      const [best = ""] = (classes.get(iri) ?? []).sort(
        (a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0),
      );
      const known = labels.get(iri) ?? {};
      model.graph.mergeNodeAttributes(iri, {
        label: pick(known, language) ?? shorten({ kind: "iri", value: iri }, page.prefixes),
        labels: known,
        class: best,
        government: governments.get(iri) ?? "",
        yen: money.get(iri) ?? 0,
      });
    }
  }

  /** Adds resources with the links to them, and those among the nodes that are there. */
  async function add(iris: string[], links: Triple[], near?: string): Promise<number> {
    const signal = open.signal;
    const fresh = [...new Set(iris)].filter((iri) => !model.graph.hasNode(iri));
    const among = fresh.length ? await linksFrom(fresh, signal) : [];
    model.keep();
    const added = fresh.filter((iri) => model.addNode(iri, near));
    for (const link of [...links, ...among]) model.addEdge(link);
    await describe(added, signal);
    draw(true);
    tell(
      model.graph.order >= MOST_NODES
        ? say(texts, "explorer_full", { most: MOST_NODES.toLocaleString(language) })
        : say(texts, "explorer_added", {
            count: added.length,
            total: model.graph.order.toLocaleString(language),
          }),
    );
    return added.length;
  }

  async function begin(iri: string): Promise<void> {
    await act(() => add([iri], []));
    choose(iri, true);
  }

  function choose(iri: string, focus = false): void {
    if (!model.graph.hasNode(iri)) return;
    open.abort();
    open = new AbortController();
    chosen = iri;
    const made = panel(
      iri,
      model,
      page,
      {
        add: (from, links, offset) => expand(from, links, offset),
        remove,
        path: (to) => askForPath(to),
        fail,
        label: propertyLabel,
      },
      open.signal,
    );
    beside.replaceChildren(made);
    draw(false);
    if (focus) made.querySelector("h2")?.focus();
  }

  /** Adds the next resources of some links; returns how many there were. */
  async function expand(iri: string, links: Links, offset: number): Promise<number> {
    const done = await act(async () => {
      const found = await neighbours(iri, links, offset, open.signal);
      const triples = found.map((other) =>
        links.direction === "out"
          ? { subject: iri, property: links.property, object: other }
          : { subject: other, property: links.property, object: iri },
      );
      await add(found, triples, iri);
      return found.length;
    });
    return done ?? 0;
  }

  /** Chooses a node and goes to its links. */
  function unfold(iri: string): void {
    choose(iri);
    const first = new MutationObserver(() => {
      const button = beside.querySelector<HTMLButtonElement>(".links button");
      if (!button) return;
      first.disconnect();
      button.focus();
    });
    first.observe(beside, { childList: true, subtree: true });
  }

  function remove(iri: string): void {
    model.keep();
    model.graph.dropNode(iri);
    chosen = null;
    beside.replaceChildren();
    draw(false);
    tell(say(texts, "explorer_removed"));
  }

  let end: string | null = null;
  function askForPath(iri: string): void {
    if (!end || end === iri || !model.graph.hasNode(end)) {
      end = iri;
      tell(say(texts, "explorer_path_from", { label: model.graph.getNodeAttribute(iri, "label") }));
      return;
    }
    const from = end;
    end = null;
    tell(say(texts, "explorer_path_asking"));
    void act(async () => {
      const path = await shortestPath(from, iri, open.signal);
      if (!path) return tell(say(texts, "explorer_no_path"));
      const on = new Set(path.flatMap(({ subject, object }) => [subject, object]));
      await add([...on], path, from);
      model.graph.forEachNode((node) => model.graph.setNodeAttribute(node, "onPath", on.has(node)));
      const keys = new Set(path.map(({ subject, property, object }) => `${subject} ${property} ${object}`));
      model.graph.forEachEdge((edge) => model.graph.setEdgeAttribute(edge, "onPath", keys.has(edge)));
      draw(false);
      tell(say(texts, "explorer_path", { count: path.length }));
    });
  }

  function change(work: () => void, again: boolean): void {
    model.keep();
    work();
    draw(again);
  }

  const back = (work: () => void): void => {
    work();
    if (chosen && !model.graph.hasNode(chosen)) {
      chosen = null;
      beside.replaceChildren();
    }
    draw(false);
    tell(say(texts, "explorer_total", { total: model.graph.order.toLocaleString(language) }));
  };
  part("undo").addEventListener("click", () => back(() => model.undo()));
  part("redo").addEventListener("click", () => back(() => model.redo()));
  part("zoom-in").addEventListener("click", () => drawn?.zoom(1 / 1.5));
  part("zoom-out").addEventListener("click", () => drawn?.zoom(1.5));
  part("fit").addEventListener("click", () => drawn?.fit());
  const layout = part<HTMLSelectElement>("layout");
  layout.addEventListener("change", () => change(() => (model.layout = layout.value as Layout), true));
  const size = part<HTMLSelectElement>("size");
  size.addEventListener("change", () => change(() => (model.sizing = size.value as Sizing), false));

  const file = part<HTMLSelectElement>("export");
  file.append(...EXPORTS.map((kind) => element("option", { value: kind }, kind)));
  part("save").addEventListener("click", () => {
    const kind = EXPORTS.find((one) => one === file.value) ?? "png";
    const style = getComputedStyle(document.body);
    const plain = {
      graphToViewport: (at: { x: number; y: number }) => at,
      scaleSize: (n = 1) => n,
      getDimensions: () => ({ width: 800, height: 600 }),
    };
    void act(async () => {
      const blob = await write(kind, model, drawn?.sigma ?? plain, {
        back: style.backgroundColor,
        text: style.color,
      });
      save(blob, kind.includes(".") ? kind : `graph.${kind}`);
      tell(say(texts, "saved"));
    });
  });

  part("link").addEventListener("click", () => {
    void act(async () => {
      const url = new URL(location.href);
      url.searchParams.delete("iri");
      url.hash = `view=${await pack(model)}`;
      history.replaceState(null, "", url);
      try {
        await navigator.clipboard.writeText(location.href);
        tell(say(texts, "editor_copied"));
      } catch {
        tell(say(texts, "editor_copy_address"));
      }
    });
  });

  const input = part<HTMLInputElement>("start");
  suggest(input, ({ iri }) => {
    input.value = "";
    void begin(iri);
  });
  input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) void begin(text);
    else if (text) void first(text);
  });

  /** Begins with the best result of a search. */
  async function first(text: string): Promise<void> {
    await act(async () => {
      const response = await fetch(`/suggest?${new URLSearchParams({ q: text, lang: language })}`);
      const found: unknown = response.ok ? await response.json() : [];
      const [best] = Array.isArray(found) ? found : [];
      if (best && typeof best.iri === "string") await begin(best.iri);
      else tell(say(texts, response.ok ? "found_nothing" : "explorer_no_search"));
    });
  }

  async function restore(): Promise<void> {
    const letters = /^#view=(.+)$/.exec(location.hash)?.[1];
    if (letters && (await unpack(letters, model))) {
      await act(() => describe(model.graph.nodes(), open.signal));
      draw(false);
      tell(say(texts, "explorer_total", { total: model.graph.order.toLocaleString(language) }));
      return;
    }
    const iri = new URLSearchParams(location.search).get("iri");
    if (iri) await begin(iri);
  }
  draw(false);
  void restore();
}

start();
