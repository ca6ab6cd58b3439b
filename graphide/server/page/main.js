// Where the page begins: the key, the frame, and which view an address (`#/graphs`, `#/chat`, …) stands for.

import { ask, Refusal } from "./api.js";
import { chatView } from "./chat.js";
import { chatList } from "./chat_list.js";
import { el, fill } from "./dom.js";
import { graphView } from "./graph.js";
import { graphsView } from "./graphs.js";
import { icon } from "./icons.js";
import { forgetKey, keepKey, key, takeKeyFromAddress } from "./key.js";
import { modelsView } from "./models.js";
import { notice, rowLink } from "./parts.js";
import { themeSwitch } from "./theme.js";

const VIEWS = [
  { name: "graphs", title: "Graphs", icon: "graph" },
  { name: "chat", title: "Chat", icon: "chat" },
  { name: "models", title: "Models", icon: "chip" },
];
const byId = (id) => document.getElementById(id);
let leaveView = null;
let visit = 0;

/** Show the view of the address. */
async function route() {
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = VIEWS.find((each) => each.name === name) ?? VIEWS[0];
  leaveView?.();
  leaveView = null;
  showDrawer(false);
  showNav(view.name);
  byId("leave").hidden = !key();
  const own = ++visit;
  const still = () => own === visit;
  document.title = `${view.title} · graphide`;
  try {
    const left = await shown(view.name, rest[0] ?? "", still);
    if (still()) leaveView = left ?? null;
    else left?.();
  } catch (error) {
    if (still()) failed(error);
  }
}

function shown(name, what, still) {
  const main = byId("main");
  fill(byId("aside"), name === "chat" ? chatList() : null);
  if (name === "chat") return chatView(main, what, still);
  if (name === "models") return modelsView(main, still);
  return what ? graphView(main, what, still) : graphsView(main, still);
}

function failed(error) {
  if (error instanceof Refusal && error.status === 401) return askForKey(key() ? "The server does not know this key." : "");
  if (!(error instanceof Refusal)) console.error(error);
  fill(byId("main"), el("div", { class: "view" }, notice(error, route)));
}

function showNav(current) {
  const row = (view) => rowLink(`#/${view.name}`, view.title, { icon: view.icon, current: view.name === current });
  fill(byId("nav"), VIEWS.map(row));
}

/** Ask for the key, which every question to the server needs. */
function askForKey(problem) {
  forgetKey();
  byId("leave").hidden = true;
  const input = el("input", {
    type: "password", id: "key", required: true, autocomplete: "off", spellcheck: "false", "aria-describedby": "key-help key-problem",
  });
  const said = el("p", { id: "key-problem", class: "problem", role: "alert", text: problem });
  const submit = (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    route();
  };
  const form = el("form", { class: "card", on: { submit } },
    el("h1", { class: "brand" }, icon("key"), "The key of this server"),
    el("p", { class: "muted", id: "key-help" }, "It is asked for once in each tab. On the machine that serves, ",
      el("code", { text: "graphide serve --show-key" }), " shows it."),
    el("label", { class: "unseen", for: "key", text: "Key" }), input, said,
    el("button", { class: "button primary" }, "Open"));
  fill(byId("main"), el("div", { class: "door" }, form));
  fill(byId("aside"));
  input.focus();
}

function showDrawer(open) {
  byId("side").classList.toggle("open", open);
  byId("shade").hidden = !open;
  byId("menu").setAttribute("aria-expanded", String(open));
}

async function showAbout() {
  const health = await ask("/api/system/health").catch(() => null);
  byId("about").textContent = health?.version ? `graphide ${health.version}` : "";
}

function begin() {
  takeKeyFromAddress();
  themeSwitch(byId("theme"));
  fill(byId("menu"), icon("menu"));
  fill(byId("leave"), icon("leave"), el("span", { text: "Forget the key" }));
  byId("leave").addEventListener("click", () => askForKey(""));
  byId("menu").addEventListener("click", () => showDrawer(!byId("side").classList.contains("open")));
  byId("shade").addEventListener("click", () => showDrawer(false));
  byId("side").addEventListener("click", (event) => event.target.closest("a") && showDrawer(false));
  addEventListener("keydown", (event) => event.key === "Escape" && showDrawer(false));
  addEventListener("hashchange", () => (takeKeyFromAddress(), route()));
  addEventListener("graphide:key", (event) => failed(event.detail));
  showAbout();
  route();
}

begin();
