const KEY = "theme";
type Theme = "light" | "dark";

/** What the visitor chose before, else what the system prefers. */
function current(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function apply(theme: Theme, button: HTMLButtonElement): void {
  document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-pressed", String(theme === "dark"));
}

/** Lets `button`, which is hidden without scripts, switch between light and dark. */
export function themeSwitch(button: HTMLButtonElement): void {
  button.hidden = false;
  if (localStorage.getItem(KEY)) apply(current(), button);
  else button.setAttribute("aria-pressed", String(current() === "dark"));
  button.addEventListener("click", () => {
    const next: Theme = current() === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    apply(next, button);
  });
}
