// One turn of a chat as it is shown: what was said, by whom, what it cost, and what can be done with it.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { showMarkdown } from "./markdown.js";
import { iconButton, notice } from "./parts.js";

/** Show turns in an element: those that are there as they are now stay. `busy` says that the last one is being written. */
export function showTurns(element, turns, busy, again) {
  const shown = [...element.children];
  turns.forEach((turn, number) => {
    const last = number === turns.length - 1;
    const state = JSON.stringify([turn, last, last && busy]);
    if (shown[number]?.graphideState === state) return;
    const made = turn.role === "user" ? asked(turn) : answered(turn, last && busy, last ? again : null);
    made.graphideState = state;
    if (shown[number]) shown[number].replaceWith(made);
    else element.append(made);
  });
  shown.slice(turns.length).forEach((child) => child.remove());
}

/** Show the text of the last turn as far as it is written. */
export function showWriting(element, turn) {
  const body = element.lastElementChild?.querySelector(".prose");
  if (body) showMarkdown(body, turn.content);
}

/** Return the name of a model as people read it: graphs are models too, by their name. */
export function nameOf(model) {
  return model.replace(/^graph\//, "");
}

function asked(turn) {
  return el("article", { class: "turn user plain", "aria-label": "You", text: turn.content });
}

function answered(turn, busy, again) {
  const name = nameOf(turn.model ?? "") || "assistant";
  const body = el("div", { class: busy ? "prose writing" : "prose" });
  showMarkdown(body, turn.content);
  const head = el("header", {}, icon("spark"), el("b", { text: name }), el("span", { text: busy ? "writing…" : turn.figures }));
  const trouble = turn.error && notice(turn.error, again);
  return el("article", { class: "turn assistant", "aria-label": name, "aria-busy": busy ? "true" : null },
    head, body, trouble, el("div", { class: "acts" }, busy ? null : acts(turn, again)));
}

function acts(turn, again) {
  return [
    turn.content && copyButton(() => turn.content, "Copy the answer"),
    again && !turn.error && iconButton("again", "Answer again", again),
    turn.cut && el("span", { class: "faint", text: "Cut off at the longest reply" }),
  ].filter(Boolean);
}
