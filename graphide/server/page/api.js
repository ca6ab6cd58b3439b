// What the server is asked: JSON with the key in a header, and streams of server-sent events read as they come.

import { key } from "./key.js";

/** An answer that is no success: its sentence, what to do, and the status (0: the server cannot be reached). */
export class Refusal extends Error {
  constructor(message, { status = 0, hint = "" } = {}) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** Ask and return the JSON of the answer. */
export async function ask(path, { method = "GET", body = null, signal = null } = {}) {
  const answer = await sent(path, { method, body, signal, accept: "application/json" });
  return answer.status === 204 ? null : answer.json();
}

/** Ask by POST and yield the data of each event, as text, until the stream ends. */
export async function* stream(path, body, signal) {
  const answer = await sent(path, { method: "POST", body, signal, accept: "text/event-stream" });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split(/\r?\n\r?\n/);
      rest = parts.pop();
      for (const part of parts) {
        const data = dataOf(part);
        if (data !== null) yield data;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Return a refusal for what an event calls an error. */
export function refusalOf(error, status = 500) {
  if (typeof error === "string") return new Refusal(error, { status });
  return new Refusal(error?.message ?? "The server could not answer", { status, hint: error?.hint ?? "" });
}

function dataOf(part) {
  const lines = part.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.length ? lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n") : null;
}

async function sent(path, { method = "GET", body = null, signal = null, accept }) {
  const headers = { Accept: accept };
  if (key()) headers.Authorization = `Bearer ${key()}`;
  if (body !== null) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const text = body === null ? null : JSON.stringify(body);
    answer = await fetch(path, { method, headers, signal, body: text, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("The server cannot be reached", { hint: "Is graphide serve still running?" });
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw refusalOf(said?.error ?? said?.detail ?? `The server answered ${answer.status}`, answer.status);
}
