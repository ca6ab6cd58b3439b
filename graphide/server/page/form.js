// The inputs of a graph as a form: a field for each kind, checked while it is filled in. What the server says counts in the end.

import { el, setAttribute } from "./dom.js";

/** Return a form of inputs: its `element`, `values()` (null while something is wrong), and what `before` had is kept. */
export function inputForm(inputs, models = [], before = {}) {
  const fields = inputs.map((input) => inputField(input, models, before[input.name]));
  return {
    elements: fields.map((field) => field.element),
    values: () => valuesOf(fields),
    raw: () => Object.fromEntries(fields.map((field) => [field.name, field.raw()])),
  };
}

function valuesOf(fields) {
  const values = {};
  let first = null;
  for (const field of fields) {
    const { problem, value } = field.read();
    field.blame(problem);
    if (problem) first ??= field;
    else if (value !== undefined) values[field.name] = value;
  }
  first?.focus();
  return first ? null : values;
}

function inputField(input, models, before) {
  const id = `input-${input.name}`;
  const start = before ?? shown(input);
  const control = controlFor(input, id, models, start);
  const problem = el("p", { class: "problem", id: `${id}-problem`, role: "alert", hidden: true });
  const help = input.help ? el("p", { class: "help", id: `${id}-help`, text: input.help }) : null;
  const label = el("label", { for: id, text: input.title ?? input.name });
  setAttribute(control.main, "aria-describedby", `${help ? help.id : ""} ${problem.id}`.trim());
  setAttribute(control.main, "aria-required", input.required ? "true" : null);
  const head = input.kind === "toggle" ? [el("div", { class: "toggle" }, control.element, label)] : [label, control.element];
  const blame = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
    setAttribute(control.main, "aria-invalid", text ? "true" : null);
  };
  control.main.addEventListener("change", () => blame(read(input, control.get()).problem));
  return {
    name: input.name, element: el("div", { class: "field" }, head, help, problem), blame,
    raw: control.get, read: () => read(input, control.get()), focus: () => control.main.focus(),
  };
}

/** Return the text (of a toggle, the truth) that a field begins with. */
function shown({ kind, required, default: value }) {
  if (kind === "toggle") return value === true;
  if (required || value === null || value === undefined) return "";
  if (kind === "list" && value.length && value.every(isLine)) return value.join("\n");
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Whether an item of a list can be written as a line of its own. */
function isLine(item) {
  return typeof item === "string" && /^[^[\s][^\n]*$/.test(item);
}

/** Return what edits an input: the element, the control in it that has the label, and what gives its text. */
function controlFor(input, id, models, start) {
  switch (input.kind) {
    case "toggle": {
      const box = el("input", { type: "checkbox", id });
      box.checked = start === true;
      return { element: box, main: box, get: () => box.checked };
    }
    case "choice": return plain(choiceBox(input, id, start));
    case "number":
    case "integer": return numberBox(input, id, start);
    case "longtext": return plain(area(id, start, { rows: 4 }));
    case "list": return plain(area(id, start, { rows: 3, placeholder: "One item a line, or JSON" }));
    case "json": return plain(area(id, start, { rows: 3, class: "json", spellcheck: "false", placeholder: "JSON" }));
    case "model": return modelBox(id, start, models);
    default: {
      const line = el("input", { id, type: "text", autocomplete: "off" });
      line.value = start;
      return plain(line);
    }
  }
}

function plain(control) {
  return { element: control, main: control, get: () => control.value };
}

function area(id, start, props) {
  const made = el("textarea", { id, ...props });
  made.value = start;
  return made;
}

function choiceBox({ choices = [], required }, id, start) {
  const box = el("select", { id });
  if (!choices.includes(start)) box.append(el("option", { value: "", text: required ? "Choose…" : "" }));
  box.append(...choices.map((choice) => el("option", { value: choice, text: choice })));
  box.value = choices.includes(start) ? start : "";
  return box;
}

function numberBox({ kind, low = null, high = null, step = null }, id, start) {
  const every = step ?? (kind === "integer" ? 1 : "any");
  const line = el("input", { id, type: "text", inputmode: kind === "integer" ? "numeric" : "decimal", autocomplete: "off" });
  line.value = start;
  const control = (...parts) => ({ element: el("div", { class: "number" }, parts), main: line, get: () => line.value });
  if (low === null || high === null) return control(line);
  const fine = every === "any" ? (high - low) / 200 : every;
  const slider = el("input", { type: "range", min: low, max: high, step: fine, tabindex: "-1", "aria-hidden": "true" });
  slider.value = start === "" ? low : start;
  slider.addEventListener("input", () => {
    line.value = slider.value;
    line.dispatchEvent(new Event("change"));
  });
  line.addEventListener("input", () => {
    if (line.value !== "" && !Number.isNaN(Number(line.value))) slider.value = line.value;
  });
  return control(slider, line);
}

function modelBox(id, start, models) {
  const list = el("datalist", { id: `${id}-models` }, models.map((name) => el("option", { value: name })));
  const line = el("input", { id, type: "text", list: list.id, autocomplete: "off", spellcheck: "false" });
  line.value = start;
  return { element: el("div", {}, line, list), main: line, get: () => line.value };
}

/** Return the value that a field stands for (undefined: leave it out), or the sentence that says what is wrong. */
function read(input, raw) {
  if (input.kind === "toggle") return { value: raw, problem: "" };
  if (raw.trim() === "" && !["text", "longtext"].includes(input.kind)) {
    return { value: undefined, problem: input.required ? "Needs a value" : "" };
  }
  switch (input.kind) {
    case "number":
    case "integer": return readNumber(input, raw);
    case "json": return readJson(raw);
    case "list": return readList(raw);
    default: return raw === "" && input.required ? { problem: "Needs a text" } : { value: raw, problem: "" };
  }
}

function readNumber({ kind, low = null, high = null }, raw) {
  const value = Number(raw.trim().replace(",", "."));
  const noun = kind === "integer" ? "a whole number" : "a number";
  const whole = kind !== "integer" || Number.isInteger(value);
  const inside = value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  return Number.isFinite(value) && whole && inside ? { value, problem: "" } : { problem: `Needs ${noun}${bounds(low, high)}` };
}

function bounds(low, high) {
  if (low !== null && high !== null) return ` from ${low} to ${high}`;
  if (low !== null) return ` of at least ${low}`;
  return high !== null ? ` of at most ${high}` : "";
}

function readJson(raw) {
  try {
    return { value: JSON.parse(raw), problem: "" };
  } catch (error) {
    return { problem: `Is not JSON: ${error.message}` };
  }
}

function readList(raw) {
  if (!raw.trim().startsWith("[")) return { value: raw.split("\n").filter((line) => line.trim()), problem: "" };
  return readJson(raw);
}
