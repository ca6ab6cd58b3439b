// The models of the machine: what each is, whether it is in memory, and what the machine has.

import { ask, refusalOf, stream } from "./api.js";
import { announce, el, fill } from "./dom.js";
import { icon } from "./icons.js";
import { bytes, empty, head, loading, notice, searchField } from "./parts.js";
import { count } from "./run.js";

/** Show the models. */
export async function modelsView(main, still) {
  const view = new ModelsView();
  fill(main, view.element);
  await view.load();
  return still() ? () => view.close() : null;
}

class ModelsView {
  constructor() {
    this.words = "";
    this.busy = new Map(); // by the id of a model: what is being done with it
    this.troubles = new Map();
    this.list = el("div", {}, loading());
    this.system = el("div", {});
    const search = searchField("Search models", (words) => { this.words = words; this.show(); });
    this.element = el("div", { class: "view" }, head("Models", search.element), this.list, this.system);
  }

  close() {
    this.closed = true;
  }

  async load() {
    const [models, loaded] = await Promise.all([ask("/api/models"), ask("/api/models/loaded")]);
    if (this.closed) return;
    this.models = models.models;
    this.loaded = loaded.models;
    this.show();
    const system = await ask("/api/system/info").catch(() => null); // small print: the models are there without it
    if (system) fill(this.system, systemCard(system));
  }

  show() {
    const words = this.words.split(/\s+/);
    const found = this.models.filter((model) => words.every((word) => nameOf(model).toLowerCase().includes(word)));
    if (found.length) fill(this.list, el("ul", { class: "models card" }, found.map((model) => this.row(model))));
    else if (this.models.length) fill(this.list, empty("Nothing found", "No model has that in its name."));
    else fill(this.list, empty("No models yet", "Get one on the machine that serves: graphide models pull"));
  }

  row(model) {
    const loaded = this.loaded.find((each) => each.id === model.id);
    const trouble = this.troubles.get(model.id);
    const facts = factsOf(model).map((text) => el("span", { text }));
    const held = loaded?.bytes ? `in memory · ${bytes(loaded.bytes)}` : "in memory";
    const state = loaded && el("span", { class: "tag on", text: held });
    const why = el("span", { class: "faint", text: model.problem ? "cannot be used" : "not alone" });
    return el("li", {}, el("h3", { text: nameOf(model) }), el("div", { class: "about" }, state, facts),
      el("div", { class: "act" }, runs(model) ? this.button(model, loaded) : why),
      trouble && el("div", { class: "trouble" }, notice(trouble)));
  }

  button(model, loaded) {
    const doing = this.busy.get(model.id);
    const name = loaded ? "Unload" : "Load";
    const act = () => this.change(model, loaded ? "unload" : "load");
    const label = `${name} ${nameOf(model)}`;
    const props = { type: "button", class: "button low", disabled: Boolean(doing), "aria-label": label, on: { click: act } };
    return el("button", props, doing ? el("span", { class: "wait", "aria-hidden": "true" }) : icon(loaded ? "eject" : "play"), doing ?? name);
  }

  async change(model, what) {
    this.busy.set(model.id, what === "load" ? "Loading…" : "Closing…");
    this.troubles.delete(model.id);
    this.show();
    try {
      if (what === "load") await this.loadModel(model);
      else await ask("/api/models/unload", { method: "POST", body: { model: model.id } });
      announce(`${nameOf(model)} is ${what === "load" ? "loaded" : "closed"}`);
    } catch (error) {
      this.troubles.set(model.id, error);
    }
    this.busy.delete(model.id);
    if (!this.closed) await this.load().catch(() => this.show());
  }

  async loadModel(model) {
    for await (const data of stream("/api/models/load", { model: model.id, stream: true })) {
      const { fraction, error } = JSON.parse(data);
      if (error) throw refusalOf(error);
      if (fraction === undefined) continue;
      this.busy.set(model.id, `Loading ${Math.round(100 * fraction)} %`);
      if (!this.closed) this.show();
    }
  }
}

function nameOf(model) {
  return model.id.replace(/\.gguf$/, "");
}

/** Whether a model can be loaded: parts of others cannot. */
function runs(model) {
  return !model.problem && (model.facts?.kind ?? "model") === "model";
}

function factsOf(model) {
  const { architecture = "", quantisation = "", context_length: most = 0, kind = "" } = model.facts ?? {};
  const context = most ? `${count(most)} tokens of context` : "";
  return [model.problem, kind === "model" ? "" : kind, architecture, quantisation, bytes(model.size), context].filter(Boolean);
}

function systemCard({ cpu, ram, devices, disks, versions }) {
  const processor = devices.find((device) => device.kind === "cpu");
  const graphics = devices.filter((device) => device.kind !== "cpu");
  const room = (place) => `${bytes(place.free)} free of ${bytes(place.total)}`;
  const rows = [
    ["Memory", `${bytes(ram.available)} free of ${bytes(ram.total)}`, 1 - ram.available / ram.total],
    ["Processor", [processor?.description, `${cpu.physical_cores} cores`].filter(Boolean).join(" · ")],
    ...graphics.map((device) => ["Graphics", `${device.description} · ${room(device)}`, 1 - device.free / device.total]),
    ...disks.filter((disk) => disk.total).map((disk) => [`Disk of ${disk.folder}`, room(disk), 1 - disk.free / disk.total]),
    ["Engine", [versions.engine, versions.os].filter(Boolean).join(" · ")],
  ];
  const cell = ([name, text, share]) => {
    const bar = share !== undefined && el("div", { class: "meter", "aria-hidden": "true" }, meter(share));
    return text && el("div", {}, el("dt", { text: name }), el("dd", {}, text, bar));
  };
  const title = "The machine that serves";
  return el("section", { "aria-label": title }, el("h2", { class: "group", text: title }),
    el("dl", { class: "system card" }, rows.map(cell)));
}

function meter(share) {
  const made = el("span", {});
  made.style.width = `${Math.round(share * 100)}%`; // set by script, which the policy lets; not as text
  return made;
}
