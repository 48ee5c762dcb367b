import { element } from "../dom";
import { type Given, say } from "../page";

/** A query of the project, as `/api` tells of it. */
interface Example {
  name: string;
  summary: string;
  summary_ja?: string;
  description?: string;
  description_ja?: string;
  tags?: string[];
  query: string;
}

function isExample(value: unknown): value is Example {
  const said = value as Partial<Example> | null;
  return typeof said?.name === "string" && typeof said.query === "string" && typeof said.summary === "string";
}

/** The queries of the project to choose from; nothing where it has none. */
export async function gallery(page: Given, choose: (query: string) => void): Promise<HTMLElement | null> {
  const response = await fetch("/api", { headers: { Accept: "application/json" } });
  const told: unknown = response.ok ? await response.json() : [];
  const examples = Array.isArray(told) ? told.filter(isExample) : [];
  if (!examples.length) return null;
  const { texts, language } = page;
  const inLanguage = (english?: string, japanese?: string): string =>
    (language === "ja" && japanese) || english || "";
  const items = examples.map((example) => {
    const summary = inLanguage(example.summary, example.summary_ja);
    const description = inLanguage(example.description, example.description_ja);
    const item = element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "link", click: () => choose(`# ${summary}\n${example.query.trim()}\n`) },
        summary,
      ),
      element("p", { class: "note" }, description),
    );
    const said = Object.values({ ...example, query: "" })
      .flat()
      .join(" ")
      .toLowerCase();
    return { item, said };
  });
  const narrow = element("input", {
    type: "search",
    "aria-label": say(texts, "editor_filter_queries"),
    placeholder: say(texts, "editor_filter_queries"),
  });
  const count = element("span", { class: "note", role: "status" });
  const filter = (): void => {
    const words = narrow.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { item, said } of items) {
      item.hidden = !words.every((word) => said.includes(word));
      shown += Number(!item.hidden);
    }
    count.textContent = say(texts, "found", { count: shown });
  };
  narrow.addEventListener("input", filter);
  filter();
  return element(
    "details",
    { class: "gallery" },
    element("summary", {}, say(texts, "editor_gallery", { count: examples.length })),
    element("p", { class: "actions" }, narrow, count),
    element("ul", {}, ...items.map(({ item }) => item)),
  );
}
