import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartType,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PieController,
  PointElement,
  Tooltip,
} from "chart.js";
import type { Answer } from "../ask";
import { element } from "../dom";
import { type Given, say } from "../page";
import { numberOf, readTerm, shorten } from "../terms";

Chart.register(
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PieController,
  PointElement,
  Tooltip,
);

const MOST = 200;
const LOOKED_AT = 100;
const HUES = [212, 24, 140, 280, 48, 340, 180, 90];

/** An answer as a chart of a column of numbers; a note where it has none. */
export function chart(answer: Answer, page: Given): HTMLElement {
  const { texts } = page;
  const sample = answer.rows.slice(0, LOOKED_AT).map((row) => answer.cut(row).map(readTerm));
  const numeric = answer.columns
    .map((_, n) => n)
    .filter((n) => sample.some((cells) => numberOf(cells[n] ?? null) !== null));
  if (!numeric.length) return element("p", {}, say(texts, "editor_no_numbers"));
  const others = answer.columns.map((_, n) => n).filter((n) => !numeric.includes(n));
  const choose = (name: string, among: number[], chosen: number): HTMLSelectElement =>
    element(
      "select",
      { "aria-label": say(texts, name), change: () => draw() },
      ...among.map((n) =>
        element("option", { value: String(n), selected: n === chosen }, answer.columns[n] ?? ""),
      ),
    );
  const all = answer.columns.map((_, n) => n);
  const kind = element(
    "select",
    { "aria-label": say(texts, "editor_chart_kind"), change: () => draw() },
    ...(["bar", "line", "pie"] as const).map((type) =>
      element("option", { value: type }, say(texts, `editor_${type}`)),
    ),
  );
  const labels = choose("editor_labels", all, others[0] ?? 0);
  const values = choose("editor_values", numeric, numeric.at(-1) ?? 0);
  const canvas = element("canvas", { role: "img" });
  let drawn: Chart | undefined;

  function draw(): void {
    drawn?.destroy();
    const [at, of] = [Number(labels.value), Number(values.value)];
    const points = answer.rows
      .map((row) => answer.cut(row))
      .map((cells) => ({
        label: shorten(readTerm(cells[at] ?? ""), page.prefixes),
        value: numberOf(readTerm(cells[of] ?? "")),
      }))
      .filter((point) => point.value !== null)
      .slice(0, MOST);
    const style = getComputedStyle(document.body);
    const type = kind.value as ChartType;
    Chart.defaults.color = style.color;
    canvas.setAttribute(
      "aria-label",
      say(texts, "editor_chart_of", { labels: answer.columns[at], values: answer.columns[of] }),
    );
    drawn = new Chart(canvas, {
      type,
      data: {
        labels: points.map((point) => point.label),
        datasets: [
          {
            label: answer.columns[of] ?? "",
            data: points.map((point) => point.value),
            backgroundColor:
              type === "pie"
                ? points.map((_, n) => `hsl(${HUES[n % HUES.length]} 60% ${45 + 8 * (n % 3)}%)`)
                : "hsl(212 70% 50%)",
            borderColor: type === "line" ? "hsl(212 70% 50%)" : style.backgroundColor,
          },
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: type === "pie", position: "right" } },
      },
    });
  }
  // The canvas has a size once it stands on the page.
  queueMicrotask(draw);
  const note =
    answer.rows.length > MOST
      ? [element("p", { class: "note" }, say(texts, "editor_first_points", { count: MOST }))]
      : [];
  return element(
    "div",
    {},
    element("p", { class: "actions" }, kind, labels, values),
    ...note,
    element("div", { class: "canvas" }, canvas),
  );
}
