import { element } from "../dom";

export interface Tab {
  name: string;
  label: string;
  draw: () => HTMLElement;
}

/** Tabs (ARIA Authoring Practices, with automatic activation); a panel is drawn when it is chosen. */
export function tabs(
  label: string,
  all: Tab[],
  first: string,
  onChange: (name: string) => void,
): HTMLElement {
  const panel = element("div", { role: "tabpanel", id: "answer-panel", tabindex: "-1" });
  const buttons = all.map((tab) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${tab.name}`,
        "aria-controls": panel.id,
        click: () => choose(tab.name),
      },
      tab.label,
    ),
  );
  function choose(name: string, focus = false): void {
    for (const [n, tab] of all.entries()) {
      const button = buttons[n];
      const chosen = tab.name === name;
      button?.setAttribute("aria-selected", String(chosen));
      if (button) button.tabIndex = chosen ? 0 : -1;
      if (!chosen) continue;
      panel.setAttribute("aria-labelledby", `tab-${name}`);
      panel.replaceChildren(tab.draw());
      if (focus) button?.focus();
    }
    onChange(name);
  }
  const list = element("div", { role: "tablist", "aria-label": label, keydown: move }, ...buttons);
  function move(event: KeyboardEvent): void {
    const at = buttons.findIndex((button) => button.getAttribute("aria-selected") === "true");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to =
      event.key === "Home"
        ? 0
        : event.key === "End"
          ? all.length - 1
          : step
            ? (at + step + all.length) % all.length
            : -1;
    const tab = all[to];
    if (!tab) return;
    event.preventDefault();
    choose(tab.name, true);
  }
  choose(all.some((tab) => tab.name === first) ? first : (all[0]?.name ?? ""));
  return element("div", { class: "answer-tabs" }, list, panel);
}
