// The list of chats in the sidebar: those of this tab, and those that the server keeps.

import { allChats, forgetChat, onChats } from "./chats.js";
import { el, fill } from "./dom.js";
import { historyList } from "./kept.js";
import { iconButton, rowLink } from "./parts.js";

/** Return the list, which follows what is said. */
export function chatList() {
  const own = el("div", {});
  const show = () => {
    if (own.childNodes.length && !own.isConnected) return stop();
    const chats = allChats();
    return fill(own, chats.length > 0 && [el("h2", { text: "In this tab" }), el("ul", {}, chats.map(row))]);
  };
  const stop = onChats(show);
  show();
  const fresh = rowLink("#/chat", "New chat", { icon: "plus" });
  fresh.addEventListener("click", beginAnew);
  return el("nav", { class: "chats", "aria-label": "Chats" }, fresh, own, historyList());
}

/** Begin a new chat where the address is that of one already, so that following it would do nothing. */
export function beginAnew() {
  if (location.hash === "#/chat") dispatchEvent(new HashChangeEvent("hashchange"));
}

function row(chat) {
  const href = `#/chat/${chat.id}`;
  const forget = () => {
    forgetChat(chat.id);
    if (location.hash === href) location.hash = "#/chat";
  };
  return el("li", {}, rowLink(href, chat.title), iconButton("trash", `Delete ${chat.title}`, forget));
}
