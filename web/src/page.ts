/** What the server hands to a script of a page, in a block of JSON. */
export interface Given {
  language: string;
  base: string;
  prefixes: Record<string, string>;
  texts: Record<string, string>;
  /** Rows of an answer that are kept. */
  maxRows: number;
}

function isGiven(value: unknown): value is Given {
  return typeof value === "object" && value !== null && "texts" in value && "prefixes" in value;
}

/** The block of JSON of this page. */
export function given(): Given {
  const value: unknown = JSON.parse(document.getElementById("given")?.textContent ?? "null");
  if (!isGiven(value)) throw new Error("the page has no block of JSON");
  return value;
}

/** A text of the page with its `{places}` filled in. */
export function say(
  texts: Record<string, string>,
  name: string,
  values: Record<string, unknown> = {},
): string {
  const text = texts[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
}
