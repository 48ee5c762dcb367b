import { suggest } from "./suggest";
import { themeSwitch } from "./theme";

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-switch]")) themeSwitch(button);
for (const input of document.querySelectorAll<HTMLInputElement>("input[data-suggest]")) suggest(input);
