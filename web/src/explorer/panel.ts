import { element } from "../dom";
import { type Given, say } from "../page";
import { address, shorten } from "../terms";
import { AT_ONCE, type Links, linksOf, literalsOf } from "./data";
import type { Model } from "./model";

/** What can be done with the node that is chosen. */
export interface Acts {
  add: (iri: string, links: Links, offset: number) => Promise<number>;
  remove: (iri: string) => void;
  path: (iri: string) => void;
  fail: (error: unknown) => void;
  /** Label of a property. */
  label: (iri: string) => Promise<string>;
}

const MOST_LITERALS = 20;

/** The panel of a node: what it is, what is said of it, and its links by property with their counts. */
export function panel(iri: string, model: Model, page: Given, acts: Acts, signal: AbortSignal): HTMLElement {
  const { texts, language } = page;
  const data = model.graph.getNodeAttributes(iri);
  const href = address(iri, page.base, language);
  const kind = element("p", { class: "note" });
  void acts.label(data.class).then((label) => kind.append(label));
  const links = element("ul", { class: "links" });
  const literals = element("dl", { class: "literals" });
  const made = element(
    "div",
    {},
    element("h2", { tabindex: "-1" }, data.label),
    kind,
    element(
      "p",
      { class: "actions" },
      ...(href ? [element("a", { href, rel: "noreferrer" }, say(texts, "explorer_page"))] : []),
      element("button", { type: "button", click: () => acts.path(iri) }, say(texts, "explorer_path_to")),
      element("button", { type: "button", click: () => acts.remove(iri) }, say(texts, "explorer_remove")),
    ),
    element("h3", {}, say(texts, "explorer_links")),
    links,
    literals,
  );
  const list = async (): Promise<void> => {
    links.append(element("li", { class: "note" }, say(texts, "editor_asking")));
    const found = await linksOf(iri, signal);
    const items = await Promise.all(found.map((l) => item(iri, l, page, acts)));
    links.replaceChildren(...(items.length ? items : [element("li", {}, say(texts, "explorer_no_links"))]));
    for (const { property, term } of (await literalsOf(iri, signal)).slice(0, MOST_LITERALS)) {
      const text = element(
        "dd",
        term.kind === "literal" && term.language ? { lang: term.language } : {},
        shorten(term, page.prefixes),
      );
      literals.append(element("dt", {}, await acts.label(property)), text);
    }
  };
  list().catch((error: unknown) => {
    if (!signal.aborted) acts.fail(error);
  });
  return made;
}

async function item(iri: string, links: Links, page: Given, acts: Acts): Promise<HTMLElement> {
  const { texts, language } = page;
  const label = await acts.label(links.property);
  const arrow = links.direction === "out" ? "→" : "←";
  let asked = 0;
  const more = (): string => {
    if (asked >= links.count) return say(texts, "explorer_all_added");
    return say(texts, asked ? "explorer_add_more" : "explorer_add", {
      count: Math.min(AT_ONCE, links.count - asked).toLocaleString(language),
    });
  };
  const button = element("button", { type: "button", click: () => void add() }, more());
  button.setAttribute("aria-label", `${more()}: ${arrow} ${label}`);
  async function add(): Promise<void> {
    button.disabled = true;
    asked += await acts.add(iri, links, asked);
    button.disabled = asked >= links.count;
    button.textContent = more();
    button.setAttribute("aria-label", `${more()}: ${arrow} ${label}`);
  }
  return element(
    "li",
    {},
    element("span", {}, `${arrow} ${label} `),
    element("span", { class: "number" }, links.count.toLocaleString(language)),
    button,
  );
}
