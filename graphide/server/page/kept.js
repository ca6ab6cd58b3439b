// Chats that the server keeps, those of the window and of the terminal: listed, searched, and gone on with in this page.

import { ask } from "./api.js";
import { newChat } from "./chats.js";
import { el, fill } from "./dom.js";
import { rowLink, searchField } from "./parts.js";
import { count, seconds } from "./run.js";

const MOST = 60;
const PAUSE = 200; // milliseconds after the last letter

/** Return a list of the kept chats with a search in all that was said, which fills itself; nothing where none are kept. */
export function historyList() {
  const place = el("div", {});
  const list = el("ul", {});
  const search = searchField("Search chats", (words) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(words), PAUSE);
  });
  let waiting = 0;
  let asked = 0;
  const show = async (words) => {
    const own = ++asked;
    const { chats } = await ask(`/api/chat/history?limit=${MOST}&q=${encodeURIComponent(words)}`);
    if (own !== asked) return;
    if (chats.length && !list.isConnected) fill(place, el("h2", { text: "Kept by graphide" }), search.element, list);
    fill(list, chats.length ? once(chats).map(row) : el("li", { class: "faint", text: "Nothing found" }));
  };
  show("").catch(() => {}); // chats that cannot be read take nothing from those of this page
  return place;
}

/** Return chats without those that are there already: a search finds each place in them. */
function once(chats) {
  return [...new Map(chats.map((chat) => [chat.id, chat])).values()];
}

/** Return a kept chat as one of this page: what is said from here on stays here. */
export async function keptChat(id) {
  const chat = await ask(`/api/chat/history/${encodeURIComponent(id)}`);
  const said = chat.messages.filter(({ role }) => role === "user" || role === "assistant");
  const turn = ({ role, content, answer }) => ({ role, content, model: answer?.model ?? "", figures: figuresOf(answer) });
  return newChat("", said.map(turn), chat.title);
}

function figuresOf(answer) {
  const { tokens = 0, seconds: took = 0 } = answer ?? {};
  return [tokens && `${count(tokens)} tokens`, took && seconds(took)].filter(Boolean).join(" · ");
}

function row(chat) {
  const href = `#/chat/kept:${encodeURIComponent(chat.id)}`;
  return el("li", {}, rowLink(href, chat.title || "Untitled"));
}
