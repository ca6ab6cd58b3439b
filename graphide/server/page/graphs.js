// The list of graphs: those that are served, and the templates to start from.

import { ask } from "./api.js";
import { announce, el, fill } from "./dom.js";
import { icon } from "./icons.js";
import { empty, head, loading, searchField } from "./parts.js";

/** Show the graphs. */
export async function graphsView(main, still) {
  const list = el("div", {});
  const search = searchField("Search graphs", (words) => show(words));
  fill(main, el("div", { class: "view" }, head("Graphs", search.element), list));
  fill(list, loading());
  const { graphs } = await ask("/api/graphs");
  if (!still()) return;
  const show = (words) => {
    const found = graphs.filter((graph) => matches(graph, words));
    fill(list, found.length ? groups(found) : nothing(words));
    if (words) announce(`${found.length} graphs`);
  };
  show(search.input.value.trim().toLowerCase());
}

function matches(graph, words) {
  const text = `${graph.name} ${graph.title} ${graph.about}`.toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

function groups(graphs) {
  const served = graphs.filter((graph) => graph.source !== "template");
  const templates = graphs.filter((graph) => graph.source === "template");
  const group = (title, list) =>
    list.length > 0 && [el("h2", { class: "group", text: title }), el("ul", { class: "graphs" }, list.map(card))];
  return [group("Served here", served), group(served.length ? "Templates" : "Starter templates", templates)].flat();
}

function card(graph) {
  const inputs = graph.inputs.length;
  const tags = !graph.problem && [
    el("span", { class: "tag", text: inputs === 1 ? "1 input" : `${inputs} inputs` }),
    graph.chat && el("span", { class: "tag" }, icon("chat"), "chat"),
  ];
  return el("li", {}, el("a", { class: "card", href: `#/graphs/${encodeURIComponent(graph.name)}` },
    el("h3", { text: graph.title || graph.name }),
    el("p", { class: graph.problem ? "bad" : null, text: graph.problem || graph.about }),
    el("div", { class: "tags" }, tags)));
}

function nothing(words) {
  return words ? empty("Nothing found", `No graph has “${words}” in its name or description.`)
    : empty("No graphs are served", "Start the server with graph files or a folder: graphide serve my_graphs/");
}
