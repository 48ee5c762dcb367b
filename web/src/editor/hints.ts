import type { VocabularyTerm } from "../vocabulary";

/** A suggestion as CodeMirror's show-hint takes it. */
export interface Hint {
  text: string;
  className: string;
  render: (row: HTMLElement) => void;
}

/** What is being written before the cursor: its letters, where they begin, and what may stand there. */
export interface Written {
  text: string;
  start: number;
  place: "class" | "property" | "any";
}

const MOST = 50;
const WORD = /(?:<[^<>\s]*|[\p{L}\p{N}_-]*:[\p{L}\p{N}_-]*|[?$]?[\p{L}\p{N}_-]*)$/u;

/** What stands before the cursor, which is at the end of `before`. */
export function written(before: string): Written {
  const text = WORD.exec(before)?.[0] ?? "";
  const start = before.length - text.length;
  const clause = before.slice(0, start).replace(/"[^"]*"|<[^<>\s]*>/g, "x");
  const pattern = clause.slice(
    Math.max(clause.lastIndexOf("{"), clause.lastIndexOf("."), clause.lastIndexOf("}")) + 1,
  );
  if (/(^|[\s;])(a|rdf:type)\s+([^\s;,]+\s*,\s*)*$/.test(pattern)) return { text, start, place: "class" };
  const tokens = (pattern.split(";").pop() ?? "").trim().split(/\s+/).filter(Boolean);
  const first = pattern.includes(";") ? 0 : 1;
  return { text, start, place: tokens.length === first && /\s$/.test(clause) ? "property" : "any" };
}

/** The suggestions for what is being written, the most used first. */
export function hintsFor(
  at: Written,
  query: string,
  vocabulary: VocabularyTerm[],
  prefixes: Record<string, string>,
  language: string,
): Hint[] {
  const typed = at.text.toLowerCase();
  if (/^[?$]/.test(at.text)) {
    const names = new Set([...query.matchAll(/[?$]([\p{L}\p{N}_]+)/gu)].map((match) => `?${match[1]}`));
    return [...names]
      .filter((name) => name !== at.text && name.startsWith(at.text))
      .map((name) => ({ text: name, className: "hint", render: (row) => row.append(name) }));
  }
  const found: Hint[] = [];
  for (const term of vocabulary) {
    if (found.length >= MOST) break;
    if (at.place !== "any" && term.kind !== at.place) continue;
    const text = inShort(term.iri, prefixes);
    const names = [
      text,
      text.split(":").pop() ?? "",
      term.iri,
      `<${term.iri}`,
      ...Object.values(term.labels),
    ];
    if (
      typed &&
      !names.some(
        (name) =>
          name.toLowerCase().startsWith(typed) || (typed.length > 1 && name.toLowerCase().includes(typed)),
      )
    )
      continue;
    found.push({ text, className: "hint", render: (row) => draw(row, text, term, language) });
  }
  if (at.place === "any" && typed && !typed.includes(":"))
    for (const prefix of Object.keys(prefixes))
      if (prefix.startsWith(typed))
        found.push({
          text: `${prefix}:`,
          className: "hint",
          render: (row) => row.append(`${prefix}: ${prefixes[prefix]}`),
        });
  return found;
}

function draw(row: HTMLElement, text: string, term: VocabularyTerm, language: string): void {
  const other = language === "ja" ? "en" : "ja";
  const labels = [term.labels[language], term.labels[other]].filter(Boolean).join(" / ");
  const note = document.createElement("span");
  note.className = "hint-note";
  note.textContent = `${labels} ${term.count.toLocaleString(language)}`.trim();
  row.append(text, " ", note);
}

/** An IRI as a query writes it. */
export function inShort(iri: string, prefixes: Record<string, string>): string {
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    const local = iri.slice(namespace.length);
    if (namespace && iri.startsWith(namespace) && /^[\p{L}\p{N}_]([\p{L}\p{N}_-]*)$/u.test(local))
      return `${prefix}:${local}`;
  }
  return `<${iri}>`;
}
