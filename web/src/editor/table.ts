import type { Answer } from "../ask";
import { element } from "../dom";
import { type Given, say } from "../page";
import { address, numberOf, readTerm, shorten, type Term } from "../terms";

const ON_PAGE = 100;

/** An answer as a table: pages of 100 rows, sorted by a column, narrowed down by letters. */
export function table(answer: Answer, page: Given): HTMLElement {
  const { texts, language } = page;
  let shown = answer.rows;
  let number = 0;
  let order: { column: number; down: boolean } | null = null;
  const body = element("tbody");
  const where = element("span", { role: "status" });
  const heads = answer.columns.map((name, column) => {
    const head = element("th", { scope: "col" });
    head.append(element("button", { type: "button", class: "sort", click: () => sort(column) }, name));
    return head;
  });
  const narrow = element("input", {
    type: "search",
    "aria-label": say(texts, "editor_filter"),
    placeholder: say(texts, "editor_filter"),
  });
  const before = element("button", { type: "button", click: () => turn(-1) }, say(texts, "page_prev"));
  const after = element("button", { type: "button", click: () => turn(1) }, say(texts, "page_next"));

  function turn(by: number): void {
    number += by;
    draw();
  }
  function sort(column: number): void {
    order = { column, down: order?.column === column ? !order.down : false };
    const keyed = shown.map((row) => ({ row, term: readTerm(answer.cut(row)[column] ?? "") }));
    const sign = order.down ? -1 : 1;
    keyed.sort((a, b) => sign * compare(a.term, b.term, language));
    shown = keyed.map(({ row }) => row);
    number = 0;
    draw();
  }
  function draw(): void {
    const rows = shown.slice(number * ON_PAGE, (number + 1) * ON_PAGE);
    body.replaceChildren(
      ...rows.map((row) => {
        const cells = answer.cut(row);
        return element("tr", {}, ...answer.columns.map((_, n) => cell(readTerm(cells[n] ?? ""), page)));
      }),
    );
    for (const [n, head] of heads.entries())
      if (order?.column === n) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    const first = shown.length ? number * ON_PAGE + 1 : 0;
    where.textContent = say(texts, "editor_rows_shown", {
      first: first.toLocaleString(language),
      last: (number * ON_PAGE + rows.length).toLocaleString(language),
      count: shown.length.toLocaleString(language),
    });
    before.disabled = number === 0;
    after.disabled = (number + 1) * ON_PAGE >= shown.length;
  }
  let timer = 0;
  narrow.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const words = narrow.value.toLowerCase();
      shown = words ? answer.rows.filter((row) => row.toLowerCase().includes(words)) : answer.rows;
      order = null;
      number = 0;
      draw();
    }, 150);
  });
  draw();
  return element(
    "div",
    { class: "answer-table" },
    element("p", { class: "actions" }, narrow, before, after, where),
    element(
      "div",
      { class: "scroll", role: "region", "aria-label": say(texts, "editor_table"), tabindex: "0" },
      element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body),
    ),
  );
}

function compare(a: Term | null, b: Term | null, language: string): number {
  if (!a || !b) return Number(!a) - Number(!b);
  const [m, n] = [numberOf(a), numberOf(b)];
  if (m !== null && n !== null) return m - n;
  return a.value.localeCompare(b.value, language, { numeric: true });
}

function cell(term: Term | null, page: Given): HTMLElement {
  const made = element("td");
  const text = shorten(term, page.prefixes);
  if (term?.kind === "iri") {
    const href = address(term.value, page.base, page.language);
    made.append(href ? element("a", { href, title: term.value, rel: "noreferrer" }, text) : text);
  } else made.append(text);
  if (numberOf(term) !== null) made.className = "number";
  if (term?.kind === "literal" && term.language) made.lang = term.language;
  return made;
}
