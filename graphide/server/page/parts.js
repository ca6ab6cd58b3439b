// Parts that several views have: notices of what went wrong, an empty place, something that is being waited for.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** Return a notice of an error, with what to do about it, and a button to try again if there is something to try. */
export function notice(error, again = null) {
  const hint = error.hint ? el("p", { text: error.hint }) : null;
  const button = { type: "button", class: "button low", on: { click: again } };
  return el("div", { class: "notice", role: "alert" }, icon("alert"),
    el("div", {}, el("p", { text: error.message }), hint, again && el("button", button, icon("again"), "Try again")));
}

/** Return a small button that shows an icon and has a name for who cannot see that. */
export function iconButton(name, label, act) {
  const button = { type: "button", class: "ghost small", "aria-label": label, title: label, on: { click: act } };
  return el("button", button, icon(name));
}

/** Return a link as a row of the sidebar; `current` marks the one that is shown. */
export function rowLink(href, text, { icon: name = "", current = location.hash === href } = {}) {
  return el("a", { class: "row", href, "aria-current": current ? "page" : null }, name && icon(name), el("span", { text }));
}

/** Return what a place without anything in it says. */
export function empty(title, text) {
  return el("div", { class: "empty" }, el("h2", { text: title }), el("p", { text }));
}

/** Return what is shown while something is on its way, and only when that takes a moment. */
export function loading(text = "Loading") {
  return el("div", { class: "empty loading", role: "status" }, el("span", { class: "unseen", text }));
}

/** Return the head of a view: its title, and what stands beside it. */
export function head(title, ...beside) {
  return el("div", { class: "head" }, el("h1", { text: title }), ...beside);
}

/** Return a field to search in, which tells what is typed. */
export function searchField(label, changed) {
  const props = { type: "search", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false" };
  const input = el("input", props);
  input.addEventListener("input", () => changed(input.value.trim().toLowerCase()));
  return { element: el("div", { class: "search" }, icon("search"), input), input };
}

/** Bytes in words. */
export function bytes(number) {
  if (!number) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(number) / 3), units.length - 1);
  const value = number / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
