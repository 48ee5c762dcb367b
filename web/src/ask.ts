/** A problem as the server tells it (RFC 9457). */
export interface Problem {
  title: string;
  detail?: string;
  code?: string;
  hint?: string;
  line?: number;
  column?: number;
}

/** The answer to a query was a problem. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

/** A table of terms, each as Turtle writes it; rows are read when they are shown. */
export interface Answer {
  columns: string[];
  rows: string[];
  /** What separates the cells of a row. */
  cut: (row: string) => string[];
  /** Whether more rows came than were kept. */
  more: boolean;
  /** Whether the rows are triples. */
  triples: boolean;
}

export type Form = "SELECT" | "ASK" | "CONSTRUCT" | "DESCRIBE";

const TSV = "text/tab-separated-values";
const NT = "application/n-triples";
const JSON_RESULTS = "application/sparql-results+json";
const TRIPLE = /^(\S+) (\S+) (.*) \.$/s;

/** Asks the endpoint; raises Refused for a problem, and AbortError where `signal` ends it. */
export async function send(query: string, accept: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch("/sparql", {
    method: "POST",
    headers: { Accept: `${accept}, application/problem+json;q=0.1` },
    body: new URLSearchParams({ query }),
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return response;
  const text = await response.text();
  throw new Refused(problemOf(text, `${response.status} ${response.statusText}`));
}

function problemOf(text: string, otherwise: string): Problem {
  try {
    const told: unknown = JSON.parse(text);
    if (typeof told === "object" && told !== null && "title" in told) return told as Problem;
  } catch {
    // a proxy's answer may be no JSON
  }
  return { title: otherwise };
}

/** The answer to an ASK query. */
export async function askBoolean(query: string, signal?: AbortSignal): Promise<boolean> {
  const told: unknown = await (await send(query, JSON_RESULTS, signal)).json();
  return typeof told === "object" && told !== null && "boolean" in told && told.boolean === true;
}

/** The answer to a query as rows, at most `most` of them; `onRows` hears how many there are, as they come. */
export async function askRows(
  query: string,
  form: Form,
  most: number,
  signal: AbortSignal,
  onRows: (count: number) => void = () => undefined,
): Promise<Answer> {
  const triples = form === "CONSTRUCT" || form === "DESCRIBE";
  const response = await send(query, triples ? NT : TSV, signal);
  const rows: string[] = [];
  const found: Answer = {
    columns: triples ? ["subject", "predicate", "object"] : [],
    rows,
    cut: triples ? (row) => TRIPLE.exec(row)?.slice(1) ?? [row] : (row) => row.split("\t"),
    more: false,
    triples,
  };
  let headed = triples;
  let rest = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) break;
    const lines = (rest + read.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (headed) rows.push(line);
      else {
        found.columns = line ? line.split("\t").map((name) => name.replace(/^\?/, "")) : [];
        headed = true;
      }
    }
    onRows(rows.length);
    if (rows.length > most) {
      found.more = true;
      rows.length = most;
      await reader?.cancel();
      return found;
    }
  }
  if (rest && headed) rows.push(rest);
  return found;
}
