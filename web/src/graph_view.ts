import type Graph from "graphology";
import circular from "graphology-layout/circular";
import forceAtlas2 from "graphology-layout-forceatlas2";
import Sigma from "sigma";
import { EdgeArrowProgram, EdgeLineProgram, NodePointProgram } from "sigma/rendering";

const MOST_ARROWS = 600;
const STEPS = 300;
/** Milliseconds of a frame that a layout may take. */
const SLICE = 12;

/** How links are drawn: arrows are three times as much work as lines, which shows where there is no GPU. */
export function edgeType(graph: Graph): "arrow" | "line" {
  return graph.size <= MOST_ARROWS ? "arrow" : "line";
}

/** Whether the browser can draw graphs. */
export function canDraw(): boolean {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

/** Draws `graph` into `container`; its nodes have `label`, `size` and `color`. */
export function view(graph: Graph, container: HTMLElement): Sigma {
  const style = getComputedStyle(document.body);
  return new Sigma(graph, container, {
    labelColor: { color: style.color },
    labelFont: style.fontFamily,
    labelRenderedSizeThreshold: 5,
    labelDensity: 0.6,
    labelGridCellSize: 140,
    edgeProgramClasses: { arrow: EdgeArrowProgram, line: EdgeLineProgram },
    nodeProgramClasses: { circle: NodePointProgram },
    defaultEdgeType: edgeType(graph),
    hideLabelsOnMove: true,
    minEdgeThickness: 1.2,
    zIndex: true,
    allowInvalidContainer: true,
  });
}

/** Moves the nodes of `graph` so that linked ones are near, a little in each frame; returns what stops it. */
export function arrange(graph: Graph, done: () => void = () => undefined): () => void {
  if (graph.order && graph.someNode((_, { x }) => typeof x !== "number"))
    circular.assign(graph, { scale: 100 });
  const settings = {
    ...forceAtlas2.inferSettings(graph),
    barnesHutOptimize: graph.order > 300,
    adjustSizes: false,
  };
  let left = STEPS;
  let frame = 0;
  const step = (): void => {
    const end = performance.now() + SLICE;
    do {
      forceAtlas2.assign(graph, { iterations: 1, settings });
      left -= 1;
    } while (left > 0 && performance.now() < end);
    if (left > 0) frame = requestAnimationFrame(step);
    else done();
  };
  if (graph.order > 1) frame = requestAnimationFrame(step);
  else done();
  return () => cancelAnimationFrame(frame);
}
