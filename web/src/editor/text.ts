import Yasqe from "@zazuko/yasqe";
import "@zazuko/yasqe/build/yasqe.min.css";
import "./editor.css";
import type { Form, Problem } from "../ask";
import { type Given, say } from "../page";
import { loadVocabulary, type VocabularyTerm } from "../vocabulary";
import { hintsFor, written } from "./hints";

interface Position {
  line: number;
  ch: number;
}

/** What of Yasqe, which is an editor of CodeMirror 5, is used here. */
interface Editor {
  getValue(): string;
  setValue(text: string): void;
  getCursor(): Position;
  setCursor(at: Position): void;
  getLine(line: number): string;
  getRange(from: Position, to: Position): string;
  lineCount(): number;
  focus(): void;
  refresh(): void;
  markText(from: Position, to: Position, options: { className: string; title: string }): { clear(): void };
  scrollIntoView(at: Position, margin: number): void;
  addKeyMap(map: Record<string, (() => void) | false>): void;
  showHint(config: object): void;
  closeHint(): void;
  getQueryType(): string;
  getInputField(): HTMLElement;
  on(event: string, handler: (editor: unknown, change: { origin?: string }) => void): void;
}

/** The text of the query. */
export interface QueryText {
  get(): string;
  set(query: string): void;
  form(): Form;
  focus(): void;
  /** Marks the place of a problem, until the text changes. */
  mark(problem: Problem): void;
  clear(): void;
}

/** Puts an editor in the place of `area`. */
export function queryText(area: HTMLTextAreaElement, page: Given, run: () => void): QueryText {
  const place = document.createElement("div");
  place.className = "query-editor";
  area.before(place);
  area.hidden = true;
  area.disabled = true;
  // Its own completers ask other hosts, and an empty list among the options would not replace them.
  Yasqe.defaults.autocompleters = [];
  const editor = new Yasqe(place, {
    value: area.value,
    persistenceId: null,
    consumeShareLink: null,
    createShareableLink: null,
    showQueryButton: false,
    resizeable: false,
    lineWrapping: true,
    // The server says what is wrong, and knows the prefixes that need no declaration.
    syntaxErrorCheck: false,
    screenReaderLabel: say(page.texts, "query"),
  } as object) as unknown as Editor;

  let vocabulary: Promise<VocabularyTerm[]> | undefined;
  const suggest = async (asked: boolean): Promise<void> => {
    vocabulary ??= loadVocabulary().catch(() => []);
    const terms = await vocabulary;
    const cursor = editor.getCursor();
    const at = written(editor.getRange({ line: 0, ch: 0 }, cursor));
    if (!asked && !at.text && at.place !== "class") return;
    const list = hintsFor(at, editor.getValue(), terms, page.prefixes, page.language);
    const from = { line: cursor.line, ch: cursor.ch - at.text.length };
    if (list.length)
      editor.showHint({
        hint: () => ({ list, from, to: cursor }),
        completeSingle: false,
        closeCharacters: /[\s{}();>,]/,
      });
  };
  editor.addKeyMap({
    // Tab leaves the editor, as it does a text area.
    Tab: false,
    "Shift-Tab": false,
    "Ctrl-Enter": run,
    "Cmd-Enter": run,
    "Ctrl-Space": () => void suggest(true),
  });
  let timer = 0;
  let marks: { clear(): void }[] = [];
  const clear = (): void => {
    for (const mark of marks) mark.clear();
    marks = [];
  };
  editor.on("changes", () => clear());
  editor.on("inputRead", (_, change) => {
    clearTimeout(timer);
    if (change.origin === "+input") timer = window.setTimeout(() => void suggest(false), 150);
  });

  return {
    get: () => editor.getValue(),
    set: (query) => {
      editor.setValue(query);
      editor.refresh();
    },
    form: () => {
      const form = editor.getQueryType();
      return form === "ASK" || form === "CONSTRUCT" || form === "DESCRIBE" ? form : "SELECT";
    },
    focus: () => editor.focus(),
    mark: ({ line, column, detail }) => {
      clear();
      if (!line || line > editor.lineCount()) return;
      const text = editor.getLine(line - 1);
      const start = Math.min(Math.max((column ?? 1) - 1, 0), Math.max(text.length - 1, 0));
      const word = /^[\w:?$<>/#.-]+/u.exec(text.slice(start))?.[0] ?? text[start] ?? "";
      const from = { line: line - 1, ch: start };
      const to = { line: line - 1, ch: start + Math.max(word.length, 1) };
      marks.push(editor.markText(from, to, { className: "marked-problem", title: detail ?? "" }));
      editor.scrollIntoView(from, 60);
      editor.setCursor(from);
    },
    clear: () => {
      clearTimeout(timer);
      editor.closeHint();
      clear();
    },
  };
}
