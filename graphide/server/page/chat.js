// Talking with a model or a graph: messages that are streamed, stopped, asked for again and gone on with.

import { ask, refusalOf, stream } from "./api.js";
import { beginAnew } from "./chat_list.js";
import { chatOf, keepChat, newChat } from "./chats.js";
import { announce, el, fill, oncePerFrame } from "./dom.js";
import { icon } from "./icons.js";
import { keptChat } from "./kept.js";
import { empty, loading } from "./parts.js";
import { count, seconds } from "./run.js";
import { nameOf, showTurns, showWriting } from "./turn.js";

const LAST = "graphide.model";
const NEAR = 60; // pixels from the end in which the text is followed while it grows

/**
 * Show a chat: that of an id, one that the server keeps (`kept:ID`), or a new one, with a model if one is named
 * (`with:NAME`).
 */
export async function chatView(main, what, still) {
  fill(main, loading());
  const { data: models } = await ask("/v1/models");
  const chat = what.startsWith("kept:") ? await keptChat(what.slice(5)) : chatOf(what);
  if (!still()) return null;
  if (!models.length && !chat) {
    fill(main, empty("No models yet", "Get one on the machine that serves: graphide models pull"));
    return null;
  }
  const wanted = what.startsWith("with:") ? what.slice(5) : localStorage.getItem(LAST);
  const model = models.find(({ id }) => id === wanted) ?? models[0];
  const view = new ChatView(chat ?? newChat(model.id), models);
  fill(main, view.element);
  view.open();
  return () => view.close();
}

class ChatView {
  constructor(chat, models) {
    this.chat = chat;
    this.abort = null;
    this.turns = el("div", { role: "log", "aria-live": "polite", "aria-label": "Messages" });
    this.talk = el("div", { class: "talk", tabindex: "-1" }, this.turns);
    this.models = this.modelBox(models);
    this.input = el("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message", enterkeyhint: "send" });
    this.action = el("button", { class: "round" });
    this.element = this.made();
    this.draw = oncePerFrame(() => this.showWriting());
    this.onKey = (event) => event.key === "Escape" && this.abort?.abort();
    addEventListener("keydown", this.onKey);
  }

  made() {
    const submit = (event) => {
      event.preventDefault();
      if (this.abort) this.abort.abort();
      else this.send();
    };
    const keydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.abort) this.send();
    };
    this.input.addEventListener("keydown", keydown);
    this.input.addEventListener("input", () => this.showAction());
    const fresh = { class: "ghost", href: "#/chat", "aria-label": "New chat", title: "New chat", on: { click: beginAnew } };
    return el("div", { class: "chat" },
      el("div", { class: "chat-head" }, this.models, el("a", fresh, icon("plus"))),
      this.talk,
      el("div", { class: "composer" }, el("form", { on: { submit } }, this.input, this.action)));
  }

  modelBox(models) {
    const option = (model) => el("option", { value: model.id, text: nameOf(model.id) });
    const group = (label, list) => list.length > 0 && el("optgroup", { label }, list.map(option));
    const graphs = models.filter((model) => model.owned_by === "graph");
    const others = models.filter((model) => model.owned_by !== "graph");
    const box = el("select", { "aria-label": "Model or graph" }, group("Models", others), group("Graphs", graphs));
    if (models.some((model) => model.id === this.chat.model)) box.value = this.chat.model;
    else this.chat.model = box.value;
    box.addEventListener("change", () => {
      this.chat.model = box.value;
      if (!this.chat.messages.length) this.show();
    });
    return box;
  }

  open() {
    this.show();
    this.talk.scrollTop = this.talk.scrollHeight;
    if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  close() {
    this.closed = true;
    removeEventListener("keydown", this.onKey);
    this.abort?.abort();
  }

  send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    localStorage.setItem(LAST, this.chat.model);
    this.chat.messages.push({ role: "user", content: text });
    if (!chatOf(this.chat.id)) history.replaceState(null, "", `#/chat/${this.chat.id}`);
    keepChat(this.chat);
    this.answer();
  }

  /** Ask for an answer to the last message of the user; one that is there already makes room. */
  async answer() {
    const { chat } = this;
    if (chat.messages.at(-1)?.role === "assistant") chat.messages.pop();
    const messages = chat.messages.filter((turn) => turn.content).map(({ role, content }) => ({ role, content }));
    const turn = { role: "assistant", model: chat.model, content: "", figures: "", error: null };
    chat.messages.push(turn);
    this.abort = new AbortController();
    this.show();
    this.talk.scrollTop = this.talk.scrollHeight;
    try {
      await this.follow(turn, messages);
    } catch (error) {
      if (error.name === "AbortError") turn.figures = "stopped";
      else turn.error = { message: error.message, hint: error.hint ?? "" };
      if (error.status === 401) dispatchEvent(new CustomEvent("graphide:key", { detail: error }));
    }
    this.abort = null;
    keepChat(chat);
    if (this.closed) return;
    this.show();
    announce(turn.error ? "The answer failed" : "The answer is complete");
  }

  /** Take an answer into a turn as it comes; raises what ended it early. */
  async follow(turn, messages) {
    const body = { model: turn.model, messages, stream: true, stream_options: { include_usage: true } };
    const began = performance.now();
    let usage = null;
    for await (const data of stream("/v1/chat/completions", body, this.abort.signal)) {
      if (data === "[DONE]") {
        turn.figures = figuresOf(usage, (performance.now() - began) / 1000);
        return;
      }
      const part = JSON.parse(data);
      if (part.error) throw refusalOf(part.error);
      const choice = part.choices?.[0];
      usage = part.usage ?? usage;
      turn.content += choice?.delta?.content ?? "";
      if (choice?.finish_reason === "length") turn.cut = true;
      this.draw();
    }
    throw refusalOf("The connection to the server was lost before the end");
  }

  show() {
    const follow = this.isAtEnd();
    const { messages } = this.chat;
    this.turns.querySelector(".welcome")?.remove();
    showTurns(this.turns, messages, this.abort !== null, () => this.answer());
    if (!messages.length) fill(this.turns, this.welcome());
    this.showAction();
    if (follow) this.talk.scrollTop = this.talk.scrollHeight;
  }

  welcome() {
    return el("div", { class: "welcome" }, icon("spark"), el("h2", { text: `Talk with ${nameOf(this.chat.model)}` }),
      el("p", { text: "Enter sends, Shift+Enter begins a new line, Esc stops." }));
  }

  showWriting() {
    if (this.closed || !this.abort) return;
    const follow = this.isAtEnd();
    showWriting(this.turns, this.chat.messages.at(-1));
    if (follow) this.talk.scrollTop = this.talk.scrollHeight;
  }

  isAtEnd() {
    return this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < NEAR;
  }

  showAction() {
    const busy = this.abort !== null;
    const name = busy ? "Stop" : "Send";
    this.action.disabled = !busy && !this.input.value.trim();
    this.action.title = name;
    this.action.setAttribute("aria-label", name);
    fill(this.action, icon(busy ? "stop" : "send"));
  }
}

function figuresOf(usage, took) {
  const written = usage?.completion_tokens ?? 0;
  return written ? `${count(written)} tokens · ${seconds(took)}` : seconds(took);
}
