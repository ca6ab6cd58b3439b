// The theme: that of the system, until the switch says otherwise.

import { fill } from "./dom.js";
import { icon } from "./icons.js";

const PLACE = "graphide.theme";

/** Make a button switch between dark and light. */
export function themeSwitch(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => {
    const other = dark() ? "Light theme" : "Dark theme";
    fill(button, icon(dark() ? "sun" : "moon"), Object.assign(document.createElement("span"), { textContent: other }));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem(PLACE, root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();
}
