import { element } from "../dom";
import { type Given, say } from "../page";
import type { Model } from "./model";

const MOST = 300;

/** The nodes that are shown as a list: what the picture is for those who see it, for those who do not. */
export function nodeList(
  place: HTMLElement,
  model: Model,
  page: Given,
  choose: (iri: string) => void,
): { draw: (chosen: string | null) => void } {
  const list = element("ul", {
    class: "nodes",
    "aria-label": say(page.texts, "explorer_nodes"),
    keydown: move,
  });
  const note = element("p", { class: "note" });
  place.append(list, note);

  function move(event: KeyboardEvent): void {
    const buttons = [...list.querySelectorAll<HTMLButtonElement>("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -buttons.length, End: buttons.length }[event.key];
    if (!step || at < 0) return;
    event.preventDefault();
    const to = buttons[Math.max(0, Math.min(at + step, buttons.length - 1))];
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
    to?.focus();
  }

  return {
    draw: (chosen) => {
      const focused = list.contains(document.activeElement);
      const shown = model.shown(page.language);
      const first = chosen && shown.includes(chosen) ? chosen : shown[0];
      const part = shown.slice(0, MOST);
      if (chosen && shown.includes(chosen) && !part.includes(chosen)) part.push(chosen);
      list.replaceChildren(
        ...part.map((iri) => {
          const label = model.graph.getNodeAttribute(iri, "label");
          const button = element(
            "button",
            { type: "button", class: "node", click: () => choose(iri) },
            label,
          );
          button.setAttribute("aria-pressed", String(iri === chosen));
          button.tabIndex = iri === first ? 0 : -1;
          return element("li", {}, button);
        }),
      );
      note.textContent =
        shown.length > MOST ? say(page.texts, "explorer_nodes_cut", { most: MOST, count: shown.length }) : "";
      if (focused) list.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus();
    },
  };
}
