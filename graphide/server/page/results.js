// What a run gives: its outputs while they are written, what went wrong, what each step did, and what it all cost.

import { copyButton } from "./copy.js";
import { el, fill } from "./dom.js";
import { showMarkdown } from "./markdown.js";
import { empty, notice } from "./parts.js";
import { count, ended, figures, seconds } from "./run.js";

const STATES = {
  starting: ["Waiting for its turn", ""], running: ["Running", ""], stopping: ["Stopping", ""], ok: ["Done", "ok"],
  partial: ["Done in part", "bad"], failed: ["Failed", "bad"], cancelled: ["Stopped", ""],
};
const REASONS = { failed: "what it needs failed", cancelled: "stopped", not_taken: "branch not taken", muted: "muted" };

/** The results of one graph, run after run. */
export class ResultsPanel {
  constructor(graph) {
    this.graph = graph;
    this.element = el("section", { class: "results", "aria-label": "Results" });
    this.cost = el("div", { class: "cost", role: "status" });
    this.troubles = el("div", {});
    this.outputs = el("div", { class: "results", "aria-live": "polite" });
    this.steps = new Steps(graph);
    fill(this.element, empty("No run yet", "Fill in the inputs and press Run: the results appear here while they are written."));
  }

  /** Make room for a new run. */
  begin(run) {
    this.cards = new Map();
    this.said = "";
    fill(this.outputs);
    fill(this.troubles);
    this.steps.begin();
    fill(this.element, this.cost, this.troubles, this.outputs, this.steps.element);
    this.show(run);
  }

  /** Show a run as it is now. */
  show(run) {
    this.showCost(run);
    for (const name of this.graph.outputs) this.showOutput(run, name);
    if (ended(run)) this.showTroubles(run);
    this.steps.show(run);
  }

  showCost(run) {
    const [word, tone] = STATES[run.status] ?? [run.status, ""];
    const live = ended(run) ? figures(run) : progress(run);
    const key = `${word} ${live}`;
    if (key === this.said) return;
    this.said = key;
    const wheel = ended(run) ? null : el("span", { class: "wait", "aria-hidden": "true" });
    fill(this.cost, el("span", { class: `state ${tone}` }, wheel, word), live && el("span", { text: live }),
      ended(run) && run.seed !== null && el("span", { text: `seed ${run.seed}` }));
  }

  showTroubles(run) {
    const failed = [...run.nodes.values()].filter((node) => node.error);
    const said = failed.map(({ id, error: { message, hint } }) => notice({ message: `${this.steps.titleOf(id)}: ${message}`, hint }));
    fill(this.troubles, run.error && notice(run.error), run.status === "ok" ? null : said);
  }

  /** Show one output: its value if it has one, else what the node that feeds it has written so far. */
  showOutput(run, name) {
    const whole = Object.hasOwn(run.outputs, name);
    const value = whole ? run.outputs[name] : liveText(run, this.graph, name);
    if (value === null || value === undefined || (value === "" && !whole)) return;
    if (!this.cards.has(name)) {
      const card = new OutputCard(name);
      this.cards.set(name, card);
      this.outputs.append(card.element);
    }
    this.cards.get(name).show(value, { whole, writing: !whole && !ended(run) });
  }
}

class OutputCard {
  constructor(name) {
    this.value = "";
    this.body = el("div", { class: "prose", "data-output": name });
    const header = el("header", {}, el("h2", { text: name }), copyButton(() => asText(this.value), `Copy ${name}`));
    this.element = el("article", { class: "result card", "aria-label": `Output ${name}` }, header, this.body);
  }

  show(value, { whole, writing }) {
    this.element.classList.toggle("whole", whole);
    this.body.classList.toggle("writing", writing);
    this.element.setAttribute("aria-busy", String(writing)); // read out when it is whole
    const text = asText(value);
    if (text === asText(this.value) && this.body.childNodes.length) return;
    this.value = value;
    if (typeof value === "string") showMarkdown(this.body, text);
    else fill(this.body, el("pre", { text }));
  }
}

/** The steps of a run as a list: for whoever cannot see the picture, and to look into each of them. */
class Steps {
  constructor(graph) {
    this.nodes = graph.nodes ?? {};
    this.list = el("ol", {});
    this.element = el("section", { class: "steps card", "aria-label": "Steps" }, el("h2", { text: "Steps" }), this.list);
    this.begin();
  }

  begin() {
    this.rows = new Map();
    fill(this.list);
    this.element.hidden = true;
  }

  titleOf(id) {
    return this.nodes[id]?.title || id;
  }

  show(run) {
    const inside = new Map(); // how many steps are done in the graphs that nodes run inside themselves
    for (const { id, state } of run.nodes.values()) {
      const around = id.split("/")[0];
      if (around !== id && state !== "running") inside.set(around, (inside.get(around) ?? 0) + 1);
    }
    for (const node of run.nodes.values()) {
      if (node.state === "idle" || node.id.includes("/")) continue;
      this.element.hidden = false;
      const row = this.rows.get(node.id) ?? this.rowFor(node);
      this.showRow(row, node, inside.get(node.id) ?? 0);
    }
  }

  rowFor(node) {
    const row = { item: el("li", {}), said: el("span", { class: "said" }), inside: null, key: "" };
    const lamp = el("span", { class: "lamp", "aria-hidden": "true" });
    const name = el("span", { class: "name", text: this.titleOf(node.id) });
    row.parts = [lamp, name, el("span", { class: "type", text: this.nodes[node.id]?.type ?? node.type ?? "" }), row.said];
    row.item.append(el("div", {}, row.parts));
    this.rows.set(node.id, row);
    this.list.append(row.item);
    return row;
  }

  showRow(row, node, inside) {
    const said = node.state === "running" && inside ? `${count(inside)} steps inside` : saidOf(node);
    const text = node.error ? [node.error.message, node.error.hint].filter(Boolean).join("\n") : node.text;
    const key = `${node.state}|${said}|${text.length}`;
    if (key === row.key) return;
    row.key = key;
    row.item.dataset.state = node.state;
    row.said.textContent = said;
    if (!text) return;
    if (!row.inside) {
      row.inside = el("div", { class: "inside plain", tabindex: "0" });
      fill(row.item, el("details", {}, el("summary", {}, row.parts), row.inside));
    }
    row.inside.classList.toggle("error", Boolean(node.error));
    row.inside.textContent = text;
  }
}

function saidOf(node) {
  switch (node.state) {
    case "running":
      if (node.progress?.label) return progressWords(node.progress);
      return node.chunks ? `${count(node.chunks)} pieces` : "running";
    case "done": return node.seconds >= 0.05 ? seconds(node.seconds) : "done";
    case "skipped": return REASONS[node.reason] ?? "skipped";
    default: return node.state;
  }
}

function progressWords({ label, done, total }) {
  return total ? `${label} ${Math.round((100 * done) / total)} %` : label;
}

/** What a run does now, in words. */
function progress(run) {
  const running = [...run.nodes.values()].filter((node) => node.state === "running");
  const label = running.map((node) => node.progress).find((found) => found?.label);
  const written = running.reduce((sum, node) => sum + node.chunks, 0);
  if (written) return `${count(written)} pieces`;
  return label ? progressWords(label) : "";
}

/** Return what an output has so far: text of the node behind it that is still being written. */
function liveText(run, graph, name) {
  const source = graph.feeds?.[name];
  const node = source ? run.nodes.get(source) : null;
  return node?.text || null;
}

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
