/** An RDF term as it stands in TSV answers and N-Triples: both write terms as Turtle does. */
export type Term =
  | { kind: "iri"; value: string }
  | { kind: "literal"; value: string; language?: string; datatype?: string }
  | { kind: "other"; value: string };

const ESCAPES: Record<string, string> = {
  t: "\t",
  n: "\n",
  r: "\r",
  b: "\b",
  f: "\f",
  '"': '"',
  "'": "'",
  "\\": "\\",
};
const LITERAL = /^"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?$/s;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NUMERIC =
  /#(integer|decimal|double|float|int|long|short|byte|nonNegativeInteger|positiveInteger|gYear)$/;

function withoutEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs, (_, u4, u8, one: string) => {
    const code: string | undefined = u4 ?? u8;
    return code ? String.fromCodePoint(Number.parseInt(code, 16)) : (ESCAPES[one] ?? one);
  });
}

/** The term that `text` writes, null for an empty cell. */
export function readTerm(text: string): Term | null {
  if (!text) return null;
  if (text.startsWith("<") && !text.startsWith("<<"))
    return { kind: "iri", value: withoutEscapes(text.slice(1, -1)) };
  const literal = LITERAL.exec(text);
  if (literal) {
    const [, value = "", language, datatype] = literal;
    return {
      kind: "literal",
      value: withoutEscapes(value),
      ...(language ? { language } : {}),
      ...(datatype ? { datatype } : {}),
    };
  }
  if (NUMBER.test(text) || text === "true" || text === "false")
    return { kind: "literal", value: text, datatype: NUMBER.test(text) ? "#decimal" : "#boolean" };
  return { kind: "other", value: text };
}

/** The number that a term is, null where it is none. */
export function numberOf(term: Term | null): number | null {
  if (term?.kind !== "literal" || !NUMERIC.test(term.datatype ?? "")) return null;
  const value = Number(term.value);
  return Number.isFinite(value) ? value : null;
}

/** Where `iri` is described on this server, or itself where that is elsewhere; null for what is no link. */
export function address(iri: string, base: string, language: string): string | null {
  const home = base || `${location.origin}/`;
  if (iri.startsWith(home) && iri !== home) {
    const [path = "", hash] = iri.slice(home.length).split("#", 2);
    const at = encodeURI(decodeSafely(path)).replace(/[?#]/g, encodeURIComponent);
    return `/${at}?lang=${language}${hash ? `#${encodeURIComponent(hash)}` : ""}`;
  }
  return /^https?:/.test(iri) ? iri : null;
}

function decodeSafely(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** A term as people read it: IRIs in short where a prefix fits. */
export function shorten(term: Term | null, prefixes: Record<string, string>): string {
  if (!term) return "";
  if (term.kind !== "iri") return term.value;
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    const local = term.value.slice(namespace.length);
    if (namespace && term.value.startsWith(namespace) && /^[\p{L}\p{N}_-]+$/u.test(local))
      return `${prefix}:${local}`;
  }
  return term.value;
}
