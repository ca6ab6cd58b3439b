// What stands within a line of Markdown: code, emphasis, links. One pass from left to right; what is not closed is text.

import { el } from "./dom.js";

const DEEPEST = 6;
const SPANS = [["***", "strong"], ["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]];
const ADDRESS = /https?:\/\/[^\s<>"'`\])}]*[^\s<>"'`\])}.,;:!?]/y;
const SPECIAL = /[\\`*_~[!<\n]|https?:\/\//g;

/** Return the nodes of a text. */
export function inline(text, depth = 0) {
  const nodes = [];
  const hopeless = new Set(); // delimiters that have no end any more: looked for once
  let plain = 0;
  let at = 0;
  const take = (node, length) => {
    if (plain < at) nodes.push(text.slice(plain, at));
    if (node !== null) nodes.push(...[node].flat());
    at += length;
    plain = at;
  };
  for (;;) {
    SPECIAL.lastIndex = at;
    const found = SPECIAL.exec(text);
    if (!found) break;
    at = found.index;
    const [node, length] = special(text, at, depth, hopeless);
    if (length) take(node, length);
    else at += 1;
  }
  if (plain < text.length) nodes.push(text.slice(plain));
  return nodes;
}

/** Return what begins at a place and how long it is; a length of 0 says that it is text. */
function special(text, at, depth, hopeless) {
  switch (text[at]) {
    case "\n": return [el("br"), 1];
    case "\\": return /[!-/:-@[-`{-~\n]/.test(text[at + 1] ?? "") ? [text[at + 1] === "\n" ? el("br") : text[at + 1], 2] : [null, 0];
    case "`": return code(text, at, hopeless);
    case "!": return text[at + 1] === "[" ? link(text, at + 1, depth, hopeless, 1) : [null, 0];
    case "[": return link(text, at, depth, hopeless, 0);
    case "<": return bracketed(text, at);
    case "h": return address(text, at);
    default: return depth < DEEPEST ? span(text, at, depth, hopeless) : [null, 0];
  }
}

function code(text, at, hopeless) {
  let length = 1;
  while (text[at + length] === "`") length += 1;
  const mark = "`".repeat(length);
  if (hopeless.has(mark)) return [mark, length];
  for (let end = text.indexOf(mark, at + length); end >= 0; ) {
    let after = end + length;
    if (text[after] !== "`") {
      const inside = text.slice(at + length, end).replaceAll("\n", " ");
      return [el("code", { text: inside.replace(/^ (.*\S.*) $/, "$1") }), after - at];
    }
    while (text[after] === "`") after += 1;
    end = text.indexOf(mark, after);
  }
  hopeless.add(mark);
  return [mark, length];
}

function span(text, at, depth, hopeless) {
  for (const [mark, name] of SPANS) {
    if (!text.startsWith(mark, at) || hopeless.has(mark)) continue;
    const start = at + mark.length;
    if (/[\s]|^$/.test(text[start] ?? "") || (mark[0] === "_" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? ""))) continue;
    const end = closing(text, start, mark);
    if (end < 0) {
      hopeless.add(mark);
      continue;
    }
    const inside = el(name, {}, inline(text.slice(start, end), depth + 1));
    return [mark === "***" ? el("em", {}, inside) : inside, end + mark.length - at];
  }
  let length = 1;
  while (text[at + length] === text[at]) length += 1;
  return [text.slice(at, at + length), length];
}

function closing(text, start, mark) {
  for (let end = text.indexOf(mark, start + 1); end >= 0; end = text.indexOf(mark, end + 1)) {
    let after = end + mark.length;
    if (mark.length === 1 && text[after] === mark) { // two of them belong to something inside
      while (text[after] === mark) after += 1;
      end = after - 1;
      continue;
    }
    if (/\s/.test(text[end - 1]) || text[end - 1] === "\\") continue;
    if (mark[0] === "_" && /[\p{L}\p{N}]/u.test(text[after] ?? "")) continue;
    return end;
  }
  return -1;
}

function link(text, at, depth, hopeless, before) {
  if (hopeless.has("](")) return [null, 0];
  const middle = text.indexOf("](", at);
  if (middle < 0) hopeless.add("](");
  if (middle < 0 || middle - at > 1000 || text.slice(at + 1, middle).includes("\n\n")) return [null, 0];
  const target = /^\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+["'(][^\n]*?["')])?\s*\)/.exec(text.slice(middle + 1, middle + 3000));
  if (!target) return [null, 0];
  const words = text.slice(at + 1, middle);
  const shown = depth < DEEPEST && !before ? inline(words, DEEPEST) : [words || "picture"];
  return [anchor(target[1], shown), middle + 1 + target[0].length - at + before];
}

function bracketed(text, at) {
  const found = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/.exec(text.slice(at, at + 2000));
  return found ? [anchor(found[1], [found[1]]), found[0].length] : [null, 0];
}

function address(text, at) {
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) return [null, 0];
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(text);
  return found ? [anchor(found[0], [found[0]]), found[0].length] : [null, 0];
}

/** Return a link, or only its words where it leads to something that a page should not open. */
function anchor(target, words) {
  let parsed;
  try {
    parsed = new URL(target);
  } catch {
    return words;
  }
  if (!["http:", "https:", "mailto:"].includes(parsed.protocol)) return words;
  return el("a", { href: parsed.href, target: "_blank", rel: "noopener noreferrer" }, words);
}
