import circlepack from "graphology-layout/circlepack";
import circular from "graphology-layout/circular";
import type Sigma from "sigma";
import { arrange, edgeType, view } from "../graph_view";
import { type Model, PATH_COLOR } from "./model";

const LONGEST = 24;
const COLORS = [
  "#1c7ed6",
  "#e8590c",
  "#2f9e44",
  "#9c36b5",
  "#c92a2a",
  "#0c8599",
  "#f08c00",
  "#5f3dc4",
  "#66a80f",
  "#a61e4d",
  "#846358",
  "#495057",
];

/** The color of a class, by its place among those that were seen. */
export class Palette {
  private readonly seen = new Map<string, string>();

  of(name: string): string {
    const color = this.seen.get(name) ?? COLORS[this.seen.size % COLORS.length] ?? "#495057";
    this.seen.set(name, color);
    return color;
  }
}

/** A label that leaves room for others; the list has it whole. */
function cut(label: string): string {
  const letters = [...label];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : label;
}

/** The picture of the model. */
export interface Drawing {
  sigma: Sigma;
  /** Draws what has changed, and lays it out where `again`. */
  draw: (chosen: string | null, again: boolean) => void;
  zoom: (by: number) => void;
  fit: () => void;
}

/** Draws the model into `box`; nodes can be chosen, opened and moved. */
export function drawing(
  box: HTMLElement,
  model: Model,
  palette: Palette,
  on: { choose: (iri: string) => void; open: (iri: string) => void },
): Drawing {
  let chosen: string | null = null;
  let stop: () => void = () => undefined;
  const sigma = view(model.graph, box);
  sigma.setSetting("nodeReducer", (node, data) => ({
    ...data,
    hidden: !model.isShown(node),
    label: cut(String(data.label)),
    color: data.onPath ? PATH_COLOR : palette.of(String(data.class)),
    highlighted: node === chosen,
    forceLabel: node === chosen || data.onPath === true,
    zIndex: node === chosen ? 2 : data.onPath ? 1 : 0,
  }));
  sigma.setSetting("edgeReducer", (_, data) => ({
    ...data,
    color: data.onPath ? PATH_COLOR : String(data.color),
    size: data.onPath ? 4 : 1,
    type: data.onPath ? "arrow" : edgeType(model.graph),
  }));
  sigma.on("clickNode", ({ node }) => on.choose(node));
  sigma.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
    preventSigmaDefault();
    on.open(node);
  });

  let moved: string | null = null;
  sigma.on("downNode", ({ node }) => {
    moved = node;
    stop();
    if (!sigma.getCustomBBox()) sigma.setCustomBBox(sigma.getBBox());
  });
  sigma.on("moveBody", ({ event }) => {
    if (!moved || !model.graph.hasNode(moved)) return;
    model.graph.mergeNodeAttributes(moved, sigma.viewportToGraph(event));
    event.preventSigmaDefault();
  });
  for (const end of ["upNode", "upStage"] as const)
    sigma.on(end, () => {
      moved = null;
    });

  function layOut(): void {
    stop();
    sigma.setCustomBBox(null);
    if (model.layout === "circle") circular.assign(model.graph, { scale: 100 });
    else if (model.layout === "force") stop = arrange(model.graph);
    else circlepack.assign(model.graph, { hierarchyAttributes: [model.layout], scale: 1 });
  }

  box.addEventListener("keydown", (event) => {
    const camera = sigma.getCamera();
    const { x, y } = camera.getState();
    const step = 0.1 * camera.getState().ratio;
    const to = {
      ArrowLeft: { x: x - step },
      ArrowRight: { x: x + step },
      ArrowUp: { y: y + step },
      ArrowDown: { y: y - step },
    }[event.key];
    if (to) camera.setState(to);
    else if (event.key === "+") zoom(1 / 1.5);
    else if (event.key === "-") zoom(1.5);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  const zoom = (by: number): void => {
    const camera = sigma.getCamera();
    camera.setState({ ratio: camera.getState().ratio * by });
  };
  const fit = (): void => {
    sigma.setCustomBBox(null);
    sigma.getCamera().setState({ x: 0.5, y: 0.5, ratio: 1, angle: 0 });
    sigma.refresh();
  };
  return {
    sigma,
    draw: (now, again) => {
      chosen = now && model.graph.hasNode(now) ? now : null;
      model.resize();
      if (again) layOut();
      sigma.resize(); // the box has no size before there are nodes
      sigma.refresh();
    },
    zoom,
    fit,
  };
}
