import "./tools.css";
import { type Answer, askBoolean, askRows, type Form, Refused } from "./ask";
import { element, save } from "./dom";
import { gallery } from "./editor/gallery";
import { table } from "./editor/table";
import { type Tab, tabs } from "./editor/tabs";
import { queryText } from "./editor/text";
import { given, say } from "./page";

const LONGEST_ADDRESS = 6000;
const LONGEST_LINK = 500_000;
const ROWS = ["csv", "json", "tsv", "xml"];
const TRIPLES = ["turtle", "ntriples", "jsonld"];

const page = given();
const { texts } = page;

/** A place for what has to be loaded first. */
function later(loaded: Promise<HTMLElement>): HTMLElement {
  const place = element("div");
  loaded.then(
    (made) => place.replaceChildren(made),
    () => place.replaceChildren(say(texts, "editor_no_answer")),
  );
  return place;
}

function start(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  const text = queryText(area, page, () => void run());
  const runner = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const stopper = element(
    "button",
    { type: "button", disabled: true, click: () => asked?.abort() },
    say(texts, "editor_stop"),
  );
  const sharer = element("button", { type: "button", click: () => void share() }, say(texts, "editor_share"));
  const status = element("span", { role: "status", class: "note" });
  runner?.after(stopper, sharer, status);
  const answers = element("section", { class: "answers", "aria-label": say(texts, "result") });
  form.after(answers);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void run();
  });

  let asked: AbortController | undefined;
  let viewed = new URLSearchParams(location.hash.slice(1)).get("view") ?? "table";

  async function run(): Promise<void> {
    asked?.abort();
    const asking = new AbortController();
    asked = asking;
    const query = text.get();
    const form = text.form();
    text.clear();
    stopper.disabled = false;
    document.querySelector("[data-server-answer]")?.remove();
    answers.replaceChildren();
    status.textContent = say(texts, "editor_asking");
    remember();
    const begun = performance.now();
    const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1);
    try {
      if (form === "ASK") {
        const yes = await askBoolean(query, asking.signal);
        answers.replaceChildren(element("p", { class: "answer" }, say(texts, yes ? "yes" : "no")));
        status.textContent = say(texts, "editor_done", { seconds: seconds() });
      } else {
        const answer = await askRows(query, form, page.maxRows, asking.signal, (count) => {
          status.textContent = say(texts, "editor_rows", { count: count.toLocaleString(page.language) });
        });
        show(answer, query, form);
        status.textContent = say(texts, "editor_done_rows", {
          count: answer.rows.length.toLocaleString(page.language),
          seconds: seconds(),
        });
      }
    } catch (error) {
      if (asking !== asked) return; // another query took its place
      status.textContent = say(texts, asking.signal.aborted ? "editor_stopped" : "error");
      if (!asking.signal.aborted) tell(error);
    } finally {
      if (asking === asked) stopper.disabled = true;
    }
  }

  function show(answer: Answer, query: string, form: Form): void {
    const all: Tab[] = [
      { name: "table", label: say(texts, "editor_table"), draw: () => table(answer, page) },
      {
        name: "chart",
        label: say(texts, "editor_chart"),
        draw: () => later(import("./editor/chart").then(({ chart }) => chart(answer, page))),
      },
      {
        name: "graph",
        label: say(texts, "editor_graph"),
        draw: () => later(import("./editor/graph").then(({ graph }) => graph(answer, page))),
      },
    ];
    const large = answer.more
      ? [
          element(
            "p",
            { role: "alert", class: "note" },
            say(texts, "editor_large", { count: page.maxRows.toLocaleString(page.language) }),
          ),
        ]
      : [];
    const shown = tabs(say(texts, "editor_views"), all, viewed, (name) => {
      viewed = name;
      remember();
    });
    answers.replaceChildren(...large, shown, downloads(query, form));
  }

  function downloads(query: string, form: Form): HTMLElement {
    const offered = form === "SELECT" ? ROWS : TRIPLES;
    return element(
      "p",
      { class: "actions" },
      `${say(texts, "editor_download")} `,
      ...offered.map((name) =>
        element(
          "button",
          { type: "button", "data-download": name, click: () => void download(query, name) },
          name,
        ),
      ),
    );
  }

  async function download(query: string, name: string): Promise<void> {
    const parameters = new URLSearchParams({ query, format: name });
    const address = `/sparql?${parameters}`;
    status.textContent = say(texts, "editor_asking");
    const asking =
      address.length < LONGEST_ADDRESS
        ? fetch(address)
        : fetch("/sparql", { method: "POST", body: parameters });
    try {
      const response = await asking;
      if (!response.ok) throw new Refused(await response.json());
      save(await response.blob(), `answer.${name === "turtle" ? "ttl" : name}`);
      status.textContent = say(texts, "saved");
    } catch (error) {
      tell(error);
    }
  }

  function tell(error: unknown): void {
    const problem = error instanceof Refused ? error.problem : { title: say(texts, "editor_no_answer") };
    const lines = [element("p", {}, problem.detail ?? problem.title)];
    if (problem.hint) lines.push(element("p", {}, `${say(texts, "hint")}: ${problem.hint}`));
    if (problem.line) {
      const place = say(texts, "place", { line: problem.line, column: problem.column });
      const jump = (): void => {
        text.mark(problem);
        text.focus();
      };
      lines.push(element("p", {}, element("button", { type: "button", click: jump }, place)));
      text.mark(problem);
    }
    if (problem.code) lines.push(element("p", { class: "note" }, `${problem.code} · ${problem.title}`));
    answers.replaceChildren(element("div", { class: "problem", role: "alert" }, ...lines));
  }

  /** Keeps the query and the view in the address, so that it can be shared and reloaded; not where it is
   * longer than browsers take.
   */
  function remember(): boolean {
    const kept = new URLSearchParams({ query: text.get(), view: viewed });
    if (kept.toString().length > LONGEST_LINK) return false;
    const url = new URL(location.href);
    url.searchParams.delete("query");
    url.hash = kept.toString();
    history.replaceState(null, "", url);
    return true;
  }

  async function share(): Promise<void> {
    if (!remember()) {
      status.textContent = say(texts, "editor_too_long");
      return;
    }
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = say(texts, "editor_copied");
    } catch {
      status.textContent = say(texts, "editor_copy_address");
    }
  }

  void gallery(page, (query) => {
    text.set(query);
    remember();
    text.focus();
    status.textContent = say(texts, "editor_loaded");
  }).then((list) => list && form.before(list));

  const shared = new URLSearchParams(location.hash.slice(1)).get("query");
  if (shared) {
    text.set(shared);
    void run();
  }
}

const form = document.querySelector<HTMLFormElement>("form[data-editor]");
const area = form?.querySelector("textarea");
if (form && area) start(form, area);
