import Graph from "graphology";
import type { Triple } from "./data";

export type Sizing = "degree" | "money";
export type Layout = "force" | "circle" | "class" | "government";

export interface NodeData {
  label: string;
  labels: Record<string, string>;
  class: string;
  government: string;
  yen: number;
  x: number;
  y: number;
  size: number;
  color: string;
  onPath: boolean;
}

export interface EdgeData {
  property: string;
  size: number;
  color: string;
  onPath: boolean;
}

/** What is seen: the graph, the classes that are not shown, and how it is drawn. */
export interface State {
  graph: ReturnType<Graph["export"]>;
  hidden: string[];
  sizing: Sizing;
  layout: Layout;
}

/** Nodes of a view. */
export const MOST_NODES = 5000;
const MOST_STATES = 50;
export const EDGE_COLOR = "#8b95a5";
export const PATH_COLOR = "#d9480f";

/** The graph that is walked, with its former states. */
export class Model {
  readonly graph = new Graph<NodeData, EdgeData>({ type: "directed", multi: true });
  hidden = new Set<string>();
  sizing: Sizing = "degree";
  layout: Layout = "force";
  private before: State[] = [];
  private after: State[] = [];

  /** Keeps the state as it is now, for `undo`. */
  keep(): void {
    this.before = [...this.before.slice(1 - MOST_STATES), this.state()];
    this.after = [];
  }

  get canUndo(): boolean {
    return this.before.length > 0;
  }

  get canRedo(): boolean {
    return this.after.length > 0;
  }

  undo(): void {
    this.swap(this.before, this.after);
  }

  redo(): void {
    this.swap(this.after, this.before);
  }

  private swap(from: State[], to: State[]): void {
    const state = from.pop();
    if (!state) return;
    to.push(this.state());
    this.restore(state);
  }

  state(): State {
    return {
      graph: structuredClone(this.graph.export()),
      hidden: [...this.hidden],
      sizing: this.sizing,
      layout: this.layout,
    };
  }

  restore(state: State): void {
    this.graph.clear();
    this.graph.import(structuredClone(state.graph) as unknown as Parameters<typeof this.graph.import>[0]);
    this.hidden = new Set(state.hidden);
    this.sizing = state.sizing;
    this.layout = state.layout;
  }

  /** Adds a resource near another one, where it is not there yet; returns whether it is new. */
  addNode(iri: string, near?: string): boolean {
    if (this.graph.hasNode(iri) || this.graph.order >= MOST_NODES) return false;
    const [x, y] = near && this.graph.hasNode(near) ? this.place(near) : [this.graph.order, 0];
    const turn = this.graph.order * 2.4;
    this.graph.addNode(iri, {
      label: iri,
      labels: {},
      class: "",
      government: "",
      yen: 0,
      x: x + Math.cos(turn) * (1 + Math.random()),
      y: y + Math.sin(turn) * (1 + Math.random()),
      size: 5,
      color: "#868e96",
      onPath: false,
    });
    return true;
  }

  private place(node: string): [number, number] {
    const { x, y } = this.graph.getNodeAttributes(node);
    return [x, y];
  }

  /** Adds a link between resources that are there; returns whether it is new. */
  addEdge({ subject, property, object }: Triple): boolean {
    const key = `${subject} ${property} ${object}`;
    if (subject === object || !this.graph.hasNode(subject) || !this.graph.hasNode(object)) return false;
    if (this.graph.hasEdge(key)) return false;
    this.graph.addDirectedEdgeWithKey(key, subject, object, {
      property,
      size: 1,
      color: EDGE_COLOR,
      onPath: false,
    });
    return true;
  }

  /** Gives nodes their sizes. */
  resize(): void {
    const most = Math.max(1, ...this.graph.mapNodes((_, { yen }) => yen));
    this.graph.forEachNode((node, { yen }) => {
      const size =
        this.sizing === "money"
          ? 4 + 22 * Math.sqrt(yen / most)
          : 4 + 1.6 * Math.sqrt(this.graph.degree(node));
      this.graph.setNodeAttribute(node, "size", Math.min(size, 28));
    });
  }

  /** Class -> how many nodes have it, the most first. */
  classes(): [string, number][] {
    const counts = new Map<string, number>();
    this.graph.forEachNode((_, { class: name }) => counts.set(name, (counts.get(name) ?? 0) + 1));
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }

  isShown(node: string): boolean {
    return !this.hidden.has(this.graph.getNodeAttribute(node, "class"));
  }

  /** The nodes that are shown, by their labels. */
  shown(language: string): string[] {
    const nodes = this.graph.filterNodes((node) => this.isShown(node));
    const label = (node: string): string => this.graph.getNodeAttribute(node, "label");
    return nodes.sort((a, b) => label(a).localeCompare(label(b), language));
  }
}
