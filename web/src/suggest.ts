/** A suggestion of `/suggest`. */
export interface Suggestion {
  iri: string;
  label: string;
  path: string;
  type: string;
}

/** Milliseconds without a key before the server is asked. */
const WAIT = 120;

function isSuggestion(value: unknown): value is Suggestion {
  const said = value as Partial<Suggestion> | null;
  return (
    typeof said?.iri === "string" &&
    typeof said.label === "string" &&
    typeof said.path === "string" &&
    said.path.startsWith("/")
  );
}

/** Goes to the page of what is suggested. */
function follow({ path }: Suggestion): void {
  const url = new URL(path, location.origin);
  url.searchParams.set("lang", document.documentElement.lang);
  location.assign(url);
}

/** Makes `input` a combobox with a list of suggestions (ARIA Authoring Practices, combobox with listbox). */
export function suggest(input: HTMLInputElement, choose: (suggestion: Suggestion) => void = follow): void {
  const list = document.createElement("ul");
  list.id = `${input.id}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggest ?? "");
  list.hidden = true;
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.autocomplete = "off";

  let shown: Suggestion[] = [];
  let active = -1;
  let timer = 0;
  let asked: AbortController | undefined;

  const close = (): void => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (suggestion: Suggestion): void => {
    close();
    choose(suggestion);
  };
  const mark = (index: number): void => {
    active = index;
    for (const [n, option] of [...list.children].entries())
      option.setAttribute("aria-selected", String(n === index));
    const option = list.children[index];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const show = (found: Suggestion[]): void => {
    shown = found;
    list.replaceChildren(
      ...found.map((suggestion, n) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${n}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const type = document.createElement("span");
        type.className = "note";
        type.textContent = suggestion.type;
        option.append(suggestion.label, " ", type);
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the input keeps the focus until the page changes
          take(suggestion);
        });
        return option;
      }),
    );
    active = -1;
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    input.removeAttribute("aria-activedescendant");
  };
  const ask = async (): Promise<void> => {
    asked?.abort();
    const text = input.value.trim();
    if (!text) return close();
    asked = new AbortController();
    const query = new URLSearchParams({ q: text, lang: document.documentElement.lang });
    try {
      const response = await fetch(`/suggest?${query}`, { signal: asked.signal });
      const found: unknown = response.ok ? await response.json() : [];
      if (document.activeElement === input) show(Array.isArray(found) ? found.filter(isSuggestion) : []);
    } catch {
      // A newer question, or no network: the form works as it did.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), WAIT);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return; // Enter ends the conversion of kana first
    const last = shown.length - 1;
    const chosen = shown[active];
    if (event.key === "ArrowDown") mark(active >= last ? 0 : active + 1);
    else if (event.key === "ArrowUp") mark(active <= 0 ? last : active - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen) take(chosen);
    else return;
    event.preventDefault();
  });
}
