import { askRows } from "./ask";
import { readTerm } from "./terms";

/** A class or property of the dataset: how often it is used, and language -> label. */
export interface VocabularyTerm {
  iri: string;
  kind: "class" | "property";
  count: number;
  labels: Record<string, string>;
}

const VOID = "http://rdfs.org/ns/void#";
const PARTITIONS: Record<string, { kind: "class" | "property"; count: string }> = {
  [`${VOID}class`]: { kind: "class", count: `${VOID}entities` },
  [`${VOID}property`]: { kind: "property", count: `${VOID}triples` },
};
const MOST_LABELLED = 2000;

/** The classes and properties that the dataset's own description (VoID) tells, the most used first. */
export async function loadVocabulary(): Promise<VocabularyTerm[]> {
  const response = await fetch("/.well-known/void", { headers: { Accept: "application/n-triples" } });
  if (!response.ok) return [];
  const named = new Map<string, { iri: string; kind: "class" | "property" }>();
  const counts = new Map<string, number>();
  for (const line of (await response.text()).split("\n")) {
    const [subject = "", predicate = "", object = ""] = line.split(" ", 3);
    const property = predicate.slice(1, -1);
    const partition = PARTITIONS[property];
    if (partition) named.set(subject, { iri: object.slice(1, -1), kind: partition.kind });
    else if (property === `${VOID}entities` || property === `${VOID}triples`)
      counts.set(subject, Number(/^"(\d+)"/.exec(object)?.[1] ?? 0));
  }
  const terms = new Map<string, VocabularyTerm>();
  for (const [partition, { iri, kind }] of named) {
    const key = `${kind} ${iri}`;
    const term = terms.get(key) ?? { iri, kind, count: 0, labels: {} };
    // Partitions of the whole and of its graphs stand beside each other.
    term.count = Math.max(term.count, counts.get(partition) ?? 0);
    terms.set(key, term);
  }
  const sorted = [...terms.values()].sort((a, b) => b.count - a.count || (a.iri < b.iri ? -1 : 1));
  await label(sorted);
  return sorted;
}

async function label(terms: VocabularyTerm[]): Promise<void> {
  const labels = await labelsOf(terms.slice(0, MOST_LABELLED).map((term) => term.iri));
  for (const term of terms) term.labels = labels.get(term.iri) ?? {};
}

/** IRI -> language ("" for none) -> label. */
export async function labelsOf(
  iris: string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  const safe = [...new Set(iris)].filter((iri) => !/[\s<>"{}|\\^`]/.test(iri));
  if (!safe.length) return found;
  const query = `SELECT ?iri ?label { VALUES ?iri { ${safe.map((iri) => `<${iri}>`).join(" ")} }
    ?iri <http://www.w3.org/2000/01/rdf-schema#label>|<http://www.w3.org/2004/02/skos/core#prefLabel> ?label }`;
  const answer = await askRows(query, "SELECT", 50_000, signal);
  for (const row of answer.rows) {
    const [iri, text] = answer.cut(row).map(readTerm);
    if (iri?.kind !== "iri" || text?.kind !== "literal") continue;
    const labels = found.get(iri.value) ?? {};
    labels[text.language ?? ""] ??= text.value;
    found.set(iri.value, labels);
  }
  return found;
}

/** The label in `language`, else in another one. */
export function pick(labels: Record<string, string>, language: string): string | undefined {
  return labels[language] ?? labels.ja ?? labels.en ?? labels[""] ?? Object.values(labels)[0];
}
