// One graph: its picture, its inputs as a form, and a run of it that is shown while it goes on.

import { ask, refusalOf, stream } from "./api.js";
import { announce, el, fill, oncePerFrame } from "./dom.js";
import { inputForm } from "./form.js";
import { icon } from "./icons.js";
import { loading, notice } from "./parts.js";
import { picture } from "./picture.js";
import { ResultsPanel } from "./results.js";
import { ended, newRun, takeEvent } from "./run.js";

const PATIENCE = 4000; // milliseconds that a run has to end by itself after it was stopped
const typed = new Map(); // what was typed into the form of each graph, until the page is closed

/** Show a graph. */
export async function graphView(main, name, still) {
  fill(main, el("div", { class: "view" }, loading()));
  const path = `/api/graphs/${encodeURIComponent(name)}`;
  const drawn = picture(`${path}/drawing`, name).catch(noPicture);
  const [{ graphs }, file, models] = await Promise.all([ask("/api/graphs"), ask(path), modelNames()]);
  const made = await drawn;
  if (!still()) return made.close();
  const listed = graphs.find((each) => each.name === name);
  if (!listed) throw refusalOf(`There is no graph "${name}"`, 404);
  const inputs = inPlace(listed.inputs.map((input) => fieldOf(input, file)), file);
  const graph = { ...listed, inputs, nodes: file.nodes, feeds: feedsOf(file) };
  document.title = `${graph.title || graph.name} · graphide`;
  const view = new GraphView(graph, models, made);
  fill(main, view.element);
  made.open();
  return () => view.close();
}

function noPicture(error) {
  return { element: notice(error), open() {}, show() {}, close() {} };
}

async function modelNames() {
  const { data } = await ask("/v1/models").catch(() => ({ data: [] }));
  return data.map((model) => model.id);
}

/** Return an input as the form wants it: what its JSON Schema says about choices and bounds is beside the rest. */
function fieldOf({ schema, ...input }, { nodes = {} }) {
  const own = schema.anyOf?.[0] ?? schema;
  const title = nodes[input.name]?.title || input.name;
  return { ...input, title, choices: own.enum ?? [], low: own.minimum ?? null, high: own.maximum ?? null };
}

/** Return inputs in the order in which they lie in the graph: from the left, and from the top. */
function inPlace(inputs, { view = {} }) {
  const at = ({ name }) => (Array.isArray(view[name]) ? view[name] : [Infinity, Infinity]);
  const column = (input) => Math.round(at(input)[0] / 200);
  return inputs.sort((one, other) => column(one) - column(other) || at(one)[1] - at(other)[1] || 0);
}

/** Return the node that feeds each output of a graph file, by the name of the output. */
function feedsOf({ nodes = {}, edges = [] }) {
  const feeds = {};
  for (const edge of edges) {
    const found = /^(.+)\.[^.]+ -> (.+)\.[^.]+$/.exec(edge);
    const target = found && nodes[found[2]];
    if (target?.type === "output") feeds[target.name || "result"] = found[1];
  }
  return feeds;
}

class GraphView {
  constructor(graph, models, made) {
    this.graph = graph;
    this.run = null;
    this.picture = made;
    this.form = inputForm(graph.inputs, models, typed.get(graph.name));
    const seed = { type: "text", inputmode: "numeric", id: "seed", placeholder: "by chance", autocomplete: "off" };
    this.seed = el("input", seed);
    this.seedProblem = el("p", { class: "problem", role: "alert" });
    this.action = el("button", { type: "submit", class: "button primary" });
    this.results = new ResultsPanel(graph);
    this.place = el("div", { class: "place" }, made.element);
    this.element = this.made();
    this.draw = oncePerFrame(() => this.show());
    this.onKey = (event) => { if (event.key === "Escape" && this.running) this.stop(); };
    addEventListener("keydown", this.onKey);
    this.showAction();
  }

  get running() {
    return this.run !== null && !ended(this.run);
  }

  made() {
    const { graph } = this;
    const title = el("div", { class: "title" },
      el("a", { class: "ghost back", href: "#/graphs", "aria-label": "All graphs", title: "All graphs" }, icon("back")),
      el("h1", { text: graph.title || graph.name }));
    const chat = `#/chat/with:${encodeURIComponent(`graph/${graph.name}`)}`;
    const talk = graph.chat && el("a", { class: "button low", href: chat }, icon("chat"), "Chat with it");
    const top = [el("div", { class: "head" }, title, talk), graph.about && el("p", { class: "lead", text: graph.about })];
    const parts = [this.place, this.formElement(), this.results.element];
    return el("div", { class: "view" }, top, el("div", { class: this.picture.wide ? "graph wide" : "graph" }, parts));
  }

  formElement() {
    const more = el("details", {}, el("summary", { text: "Seed" }),
      el("div", { class: "field" }, el("label", { class: "unseen", for: "seed", text: "Seed" }), this.seed,
        el("p", { class: "help", text: "The same seed gives the same answer again, where the model can." }), this.seedProblem));
    const submit = (event) => {
      event.preventDefault();
      if (this.running) this.stop();
      else this.start();
    };
    const keydown = (event) => {
      const line = event.target.matches("input") || event.ctrlKey || event.metaKey;
      if (event.key !== "Enter" || !line || event.isComposing) return;
      event.preventDefault();
      if (!this.running) this.start();
    };
    const none = this.graph.inputs.length ? null : el("p", { class: "muted", text: "This graph has no inputs." });
    return el("form", { class: "form card", novalidate: true, "aria-label": "Inputs", on: { submit, keydown } },
      none, this.form.elements, more, el("div", { class: "act" }, this.action));
  }

  /** Run the graph with what is in the form. */
  async start() {
    const inputs = this.form.values();
    const seed = this.seedValue();
    if (inputs === null || seed === null) return;
    const run = newRun();
    this.run = run;
    this.abort = new AbortController();
    this.results.begin(run);
    this.showAction();
    announce("The graph runs");
    try {
      await this.follow(run, { graph: this.graph.name, inputs, stream: true, ...seed });
    } catch (error) {
      this.failed(run, error);
    }
    clearTimeout(this.patience);
    if (this.closed || this.run !== run) return;
    this.show();
    this.showAction();
    announce(run.status === "ok" ? "The run is finished" : `The run ended: ${run.status}`);
  }

  async follow(run, body) {
    for await (const data of stream("/api/runs", body, this.abort.signal)) {
      const event = JSON.parse(data);
      if (event.error && !event.event) throw refusalOf(event.error);
      takeEvent(run, event);
      this.draw();
    }
    if (!ended(run)) throw refusalOf("The connection to the server was lost before the end");
  }

  failed(run, error) {
    run.status = error.name === "AbortError" ? "cancelled" : "failed";
    for (const node of run.nodes.values()) if (["running", "queued"].includes(node.state)) node.state = "skipped";
    if (error.name !== "AbortError") run.error = error;
    if (error.status === 401) dispatchEvent(new CustomEvent("graphide:key", { detail: error }));
  }

  seedValue() {
    const text = this.seed.value.trim();
    const fits = text === "" || (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32);
    this.seedProblem.textContent = fits ? "" : "Needs a whole number below 4294967296";
    if (!fits) this.seed.closest("details").open = true;
    return fits ? (text === "" ? {} : { seed: Number(text) }) : null;
  }

  /** Stop the run: the server ends it and says what was made; if it does not, the page leaves. */
  stop() {
    const { run, abort } = this;
    if (run.status === "stopping") return abort.abort();
    if (!run.id) return abort.abort();
    run.status = "stopping";
    this.showAction();
    ask(`/api/runs/${encodeURIComponent(run.id)}`, { method: "DELETE" }).catch(() => abort.abort());
    this.patience = setTimeout(() => abort.abort(), PATIENCE);
  }

  show() {
    if (this.closed) return;
    this.picture.show(this.run);
    this.results.show(this.run);
  }

  showAction() {
    const stopping = this.run?.status === "stopping";
    this.action.className = `button ${this.running ? "danger" : "primary"}`;
    fill(this.action, icon(this.running ? "stop" : "play"), stopping ? "Stopping…" : this.running ? "Stop" : "Run");
  }

  close() {
    this.closed = true;
    typed.set(this.graph.name, this.form.raw());
    removeEventListener("keydown", this.onKey);
    if (this.running) this.stop();
    this.picture.close();
  }
}
