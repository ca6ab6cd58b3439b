// The chats of this page: kept for this tab, so that a reload loses nothing, and gone with it.

const PLACE = "graphide.chats";
const MOST = 50;

let chats = read();
const listeners = new Set();

/** Return the chats, the newest first. */
export function allChats() {
  return [...chats].sort((one, other) => other.changed - one.changed);
}

/** Return a chat, null if there is none of this id. */
export function chatOf(id) {
  return chats.find((chat) => chat.id === id) ?? null;
}

/** Return a new chat, which is kept with its first message. */
export function newChat(model, messages = [], title = "") {
  return { id: crypto.getRandomValues(new Uint32Array(2)).join("-"), model, messages, title, changed: Date.now() };
}

/** Keep a chat as it is now. */
export function keepChat(chat) {
  chat.changed = Date.now();
  chat.title ||= titleOf(chat);
  if (!chats.includes(chat)) chats.push(chat);
  chats = allChats().slice(0, MOST);
  write();
}

/** Forget a chat. */
export function forgetChat(id) {
  chats = chats.filter((chat) => chat.id !== id);
  write();
}

/** Call a listener when the list changes; returns what ends that. */
export function onChats(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function titleOf(chat) {
  const first = chat.messages.find((message) => message.role === "user")?.content ?? "";
  const line = first.trim().split("\n")[0].replace(/[*_`#>]+/g, "").trim();
  return line.length > 60 ? `${line.slice(0, 58)}…` : line || "New chat";
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");
  } catch {
    return [];
  }
}

function write() {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(chats));
  } catch { /* the tab has no room for more: they stay until it is closed */ }
  for (const listener of listeners) listener();
}
