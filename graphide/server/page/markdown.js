// Markdown as elements. Models write it, so nothing in it is trusted: every piece of text becomes a text node, links lead to
// http, https and mail only, and pictures become links, because showing one would ask another server for it.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { inline } from "./markdown_inline.js";

const DEEPEST = 8;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*))?$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(\s+|$)/;
const TABLE_RULE = /^ *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

/** Show a text that may still grow in an element: blocks that are there already stay as they are. */
export function showMarkdown(element, text) {
  const blocks = blocksOf(text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n"));
  const shown = [...element.childNodes];
  blocks.forEach((block, number) => {
    const mark = JSON.stringify(block);
    if (shown[number]?.graphideMark === mark) return;
    const made = drawn(block);
    made.graphideMark = mark;
    if (shown[number]) shown[number].replaceWith(made);
    else element.append(made);
  });
  shown.slice(blocks.length).forEach((node) => node.remove());
}

/** Return the blocks of lines: what kind each is, and its text or the blocks in it. */
function blocksOf(lines, depth = 0) {
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = nextBlock(lines, at, depth);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function nextBlock(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const fence = FENCE.exec(line);
  if (fence) return codeBlock(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1].length, text: (heading[2] ?? "").replace(/\s+#+\s*$/, "") }, at + 1];
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) return quoteBlock(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return listBlock(lines, at, depth);
  if (isTable(lines, at)) return tableBlock(lines, at);
  return paragraphBlock(lines, at, depth);
}

function codeBlock(lines, at, [, mark, language]) {
  const inside = [];
  const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}\\s*$`);
  let next = at + 1;
  while (next < lines.length && !closing.test(lines[next])) inside.push(lines[next++]);
  return [{ kind: "code", language, text: inside.join("\n") }, next + 1];
}

function quoteBlock(lines, at, depth) {
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next])) next += 1;
  const inside = lines.slice(at, next).map((line) => line.replace(QUOTE, ""));
  return [{ kind: "quote", blocks: blocksOf(inside, depth + 1) }, next];
}

function listBlock(lines, at, depth) {
  const [, margin, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const items = [];
  let next = at;
  while (next < lines.length) {
    const found = ITEM.exec(lines[next]);
    const same = found && found[1].length < margin.length + 2 && /\d/.test(found[2]) === ordered && !RULE.test(lines[next]);
    if (!same) break;
    const [item, after] = itemLines(lines, next, found);
    items.push(blocksOf(item, depth + 1));
    next = after;
  }
  return [{ kind: "list", ordered, first: ordered ? parseInt(mark, 10) : 1, items }, next];
}

/** Return the lines of one item without its margin, and where the next block begins. */
function itemLines(lines, at, [all, margin, mark]) {
  const inside = [lines[at].slice(all.length)];
  const least = margin.length + Math.min(mark.length + 1, all.length - margin.length);
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    const deep = line.length - line.trimStart().length;
    if (!line.trim()) {
      const after = lines[next + 1] ?? "";
      if (!after.trim() || after.length - after.trimStart().length < Math.min(least, margin.length + 2)) break;
      inside.push("");
    } else if (deep >= Math.min(least, margin.length + 2)) inside.push(line.slice(Math.min(deep, least)));
    else if (startsBlock(line)) break;
    else inside.push(line);
  }
  while (next < lines.length && !lines[next].trim() && ITEM.test(lines[next + 1] ?? "")) next += 1;
  return [inside, next];
}

function isTable(lines, at) {
  const rule = lines[at + 1] ?? "";
  return lines[at].includes("|") && rule.includes("-") && rule.includes("|") && TABLE_RULE.test(rule);
}

function tableBlock(lines, at) {
  const aligns = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "end") : "start"));
  let next = at + 2;
  while (next < lines.length && lines[next].trim() && lines[next].includes("|")) next += 1;
  return [{ kind: "table", aligns, head: cells(lines[at]), rows: lines.slice(at + 2, next).map(cells) }, next];
}

function cells(line) {
  const inside = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraphBlock(lines, at, depth) {
  let next = at + 1;
  while (next < lines.length && lines[next].trim() && !(depth < DEEPEST && startsBlock(lines[next])) && !isTable(lines, next)) next += 1;
  return [{ kind: "paragraph", text: lines.slice(at, next).map((line) => line.trimStart()).join("\n") }, next];
}

function startsBlock(line) {
  return FENCE.test(line) || /^ {0,3}#{1,6}\s/.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}

function drawn(block) {
  switch (block.kind) {
    case "heading": return el(`h${Math.min(block.level + 2, 6)}`, { class: `level${block.level}` }, inline(block.text));
    case "rule": return el("hr");
    case "code": return drawnCode(block);
    case "quote": return el("blockquote", {}, block.blocks.map(drawn));
    case "list": return drawnList(block);
    case "table": return drawnTable(block);
    default: return el("p", {}, inline(block.text));
  }
}

function drawnCode({ language, text }) {
  const head = el("div", { class: "code-head" }, el("span", { text: language || "text" }), copyButton(() => text, "Copy the code"));
  return el("div", { class: "code" }, head, el("pre", { tabindex: "0" }, el("code", { text })));
}

function drawnList({ ordered, first, items }) {
  const drawnItem = (blocks) => {
    const [head, ...rest] = blocks;
    if (head?.kind !== "paragraph") return el("li", {}, blocks.map(drawn));
    const task = /^\[([ xX])\]\s+/.exec(head.text);
    const box = task && el("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": "done" });
    return el("li", { class: task ? "task" : null }, box, inline(task ? head.text.slice(task[0].length) : head.text), rest.map(drawn));
  };
  return el(ordered ? "ol" : "ul", { start: ordered && first !== 1 ? first : null }, items.map(drawnItem));
}

function drawnTable({ aligns, head, rows }) {
  const cell = (name) => (text, column) => el(name, { class: aligns[column] ?? "start" }, inline(text));
  const body = rows.map((row) => el("tr", {}, row.slice(0, head.length).map(cell("td"))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, head.map(cell("th")))), el("tbody", {}, body));
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, table);
}
