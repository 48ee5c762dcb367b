import { stepsFrom, type Triple } from "./data";

/** Links on a path. */
const MOST_STEPS = 6;
/** Resources of a side that are looked at. */
const MOST_SEEN = 5000;

/** What is known of one side: resource -> the link that led there, null for where it began. */
type Side = Map<string, Triple | null>;

/** The links of a shortest path between two resources, null where there is none within bounds. */
export async function shortestPath(from: string, to: string, signal: AbortSignal): Promise<Triple[] | null> {
  if (from === to) return [];
  const sides: [Side, Side] = [new Map([[from, null]]), new Map([[to, null]])];
  const edges: [string[], string[]] = [[from], [to]];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const side = edges[0].length <= edges[1].length ? 0 : 1;
    const [here, there] = [sides[side], sides[1 - side] as Side];
    const frontier = edges[side];
    if (!frontier.length || here.size > MOST_SEEN) return null;
    const next: string[] = [];
    const met: string[] = [];
    const inside = new Set(frontier);
    for (const link of await stepsFrom(frontier, signal))
      for (const [a, b] of [
        [link.subject, link.object],
        [link.object, link.subject],
      ] as const) {
        if (!inside.has(a) || here.has(b)) continue;
        here.set(b, link);
        next.push(b);
        if (there.has(b)) met.push(b);
      }
    const meeting = met.sort()[0];
    if (meeting) return [...back(meeting, sides[0]).reverse(), ...back(meeting, sides[1])];
    edges[side] = next;
  }
  return null;
}

/** The links from `node` back to where a side began. */
function back(node: string, side: Side): Triple[] {
  const links: Triple[] = [];
  for (let link = side.get(node); link; link = side.get(node)) {
    links.push(link);
    node = link.subject === node ? link.object : link.subject;
  }
  return links;
}
