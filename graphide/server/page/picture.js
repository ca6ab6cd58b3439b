// The picture of a graph: taken from the server as a drawing, moved and made larger here, and lit up while a run goes on.

import { el, svg } from "./dom.js";
import { key } from "./key.js";
import { iconButton } from "./parts.js";

const ELEMENTS = new Set(["g", "rect", "path", "circle", "text", "title"]);
const ATTRIBUTES = [
  "class", "transform", "data-node", "data-width", "data-height", "data-source", "data-target", "x", "y", "width", "height",
  "rx", "cx", "cy", "r", "d", "fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight",
];
const LEAST = 0.1;
const MOST = 4;
const READABLE = 0.4;
const MANY = 300; // nodes; more have no shadows, which take a browser long
const STEP = 1.3;
const WORDS = { running: "running", done: "done", cached: "cached", failed: "failed", skipped: "skipped" };

/** Return a picture of the drawing at `path`: its element, and `show(run)`, which lights up how nodes fare. */
export async function picture(path, title) {
  const drawing = copied(await drawingAt(path));
  const box = drawing.viewBox.baseVal;
  const area = { x: box.x, y: box.y, width: box.width, height: box.height };
  const label = `Picture of the graph ${title}`;
  const view = el("div", { class: "canvas", tabindex: "0", role: "img", "aria-label": label }, drawing);
  const camera = new Camera(view, drawing, area);
  const many = drawing.querySelectorAll("g.node").length > MANY;
  const element = el("div", { class: many ? "picture card many" : "picture card" }, view);
  // As high as the graph is at the width there is, within what the style sheet lets it be: known before it is shown.
  const sized = () => {
    const width = element.parentElement?.clientWidth ?? 800;
    element.style.setProperty("--height", Math.round((width * area.height) / area.width));
  };
  const tools = el("div", { class: "canvas-tools" },
    iconButton("smaller", "Smaller", () => camera.zoom(1 / STEP)),
    iconButton("larger", "Larger", () => camera.zoom(STEP)),
    iconButton("fit", "Show all", () => camera.fit()));
  element.append(tools);
  const watch = new ResizeObserver(sized);
  return {
    element, wide: area.width > 2 * area.height, show: (run) => lightUp(drawing, run),
    open: () => { sized(); watch.observe(element.parentElement); },
    close: () => { camera.close(); watch.disconnect(); },
  };
}

/** Ask for the drawing as a document: nothing in it runs, and nothing of it is shown as it came. */
function drawingAt(path) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.responseType = "document";
    request.overrideMimeType("image/svg+xml");
    if (key()) request.setRequestHeader("Authorization", `Bearer ${key()}`);
    request.onload = () => {
      const root = request.status === 200 && request.responseXML?.documentElement;
      if (root && root.localName === "svg") resolve(root);
      else reject(new Error("The picture of this graph cannot be drawn"));
    };
    request.onerror = () => reject(new Error("The server cannot be reached"));
    request.send();
  });
}

/** Return a drawing made anew of the plain shapes of another. */
function copied(root) {
  const made = svg("svg", { viewBox: root.getAttribute("viewBox"), "aria-hidden": "true" });
  const waiting = [[root, made]];
  while (waiting.length) {
    const [from, to] = waiting.pop();
    for (const child of from.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (from.localName === "text") to.append(child.data);
      } else if (ELEMENTS.has(child.localName) && child.localName !== "title" && child.getAttribute("class") !== "canvas") {
        const twin = svg(child.localName);
        for (const name of ATTRIBUTES) if (child.hasAttribute(name)) twin.setAttribute(name, child.getAttribute(name));
        to.append(twin);
        waiting.push([child, twin]);
      }
    }
  }
  return made;
}

/** What part of the drawing is seen: moved by dragging, made larger by the wheel, by two fingers and by keys. */
class Camera {
  constructor(view, drawing, area) {
    Object.assign(this, { view, drawing, area, pointers: new Map(), touched: false });
    this.seen = { ...area };
    this.watch = new ResizeObserver(() => (this.touched ? this.keepScale() : this.fit()));
    this.watch.observe(view);
    view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.onDown(event));
    view.addEventListener("pointermove", (event) => this.onMove(event));
    view.addEventListener("pointerup", (event) => this.pointers.delete(event.pointerId));
    view.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    view.addEventListener("dblclick", () => this.fit());
    view.addEventListener("keydown", (event) => this.onKey(event));
  }

  close() {
    this.watch.disconnect();
  }

  /** Show everything, but nothing larger than in the window; of what would be too small to see, the beginning. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.view;
    if (!width || !height) return;
    const whole = Math.min(width / this.area.width, height / this.area.height, 1);
    this.scale = whole < LEAST ? READABLE : whole;
    this.touched = false;
    const { area, scale } = this;
    this.look(first(area.x, area.width, width / scale), first(area.y, area.height, height / scale));
  }

  keepScale() {
    this.look(this.seen.x, this.seen.y);
  }

  look(x, y) {
    const { clientWidth, clientHeight } = this.view;
    const width = clientWidth / this.scale;
    const height = clientHeight / this.scale;
    const held = (at, room, start, size) => Math.min(Math.max(at, start - room * 0.8), start + size - room * 0.2);
    const left = held(x, width, this.area.x, this.area.width);
    const top = held(y, height, this.area.y, this.area.height);
    this.seen = { x: left, y: top, width, height };
    this.drawing.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  }

  /** Make everything larger or smaller around a point of the view, its middle if none is given. */
  zoom(by, x = this.view.clientWidth / 2, y = this.view.clientHeight / 2) {
    const scale = Math.min(Math.max(this.scale * by, LEAST), MOST);
    const at = { x: this.seen.x + x / this.scale, y: this.seen.y + y / this.scale };
    this.scale = scale;
    this.touched = true;
    this.look(at.x - x / scale, at.y - y / scale);
  }

  move(dx, dy) {
    this.touched = true;
    this.look(this.seen.x - dx / this.scale, this.seen.y - dy / this.scale);
  }

  onWheel(event) {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== this.view) return; // the page scrolls by it
    event.preventDefault();
    const box = this.view.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
  }

  onDown(event) {
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.view.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (!other) return this.move(now.x - before.x, now.y - before.y);
    const box = this.view.getBoundingClientRect();
    const apart = (point) => Math.hypot(point.x - other.x, point.y - other.y);
    this.zoom(apart(now) / Math.max(apart(before), 1), (now.x + other.x) / 2 - box.left, (now.y + other.y) / 2 - box.top);
  }

  onKey(event) {
    const step = 60;
    const acts = {
      ArrowLeft: () => this.move(step, 0), ArrowRight: () => this.move(-step, 0),
      ArrowUp: () => this.move(0, step), ArrowDown: () => this.move(0, -step),
      "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.fit(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }
}

/** Return where a view of some room begins that shows something of a size in its middle, or its beginning. */
function first(at, size, room) {
  return size > room ? at : at - (room - size) / 2;
}

/** Show in the drawing how the nodes of a run fare, and where something flows. */
function lightUp(drawing, run) {
  for (const group of drawing.querySelectorAll("g.node")) {
    const state = run.nodes.get(group.dataset.node)?.state ?? "";
    if ((group.dataset.state ?? "") === state) continue;
    group.dataset.state = state;
    group.querySelector(":scope > .word")?.remove();
    if (WORDS[state]) group.append(word(group, WORDS[state]));
  }
  for (const wire of drawing.querySelectorAll("path.wire")) {
    const source = run.nodes.get(wire.dataset.source)?.state;
    const target = run.nodes.get(wire.dataset.target)?.state;
    const given = source === "done" || source === "cached";
    wire.dataset.state = target === "running" && given ? "flowing" : given ? "done" : "";
  }
}

function word(group, text) {
  const wide = text.length * 6.6 + 16;
  const x = Number(group.dataset.width) - wide - 8;
  const print = { class: "sans", x: wide / 2, y: 12.8, "text-anchor": "middle", "font-size": 11.5, "font-weight": 500, text };
  const ground = svg("rect", { width: wide, height: 18, rx: 9 });
  return svg("g", { class: "word", transform: `translate(${x} -9)` }, ground, svg("text", print));
}
