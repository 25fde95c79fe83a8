// Markup in a message: text -> a tree, which is drawn node by node; HTML is never made of it. No DOM.
//
// Blocks: {kind: "text", inside}, {kind: "code", language, text}, {kind: "quote", inside: [block]},
// {kind: "list", start (a number, or null for bullets), items: [[block]]}.
// Inside a text: strings, {kind: "em" | "strong" | "del", inside}, {kind: "code", text}, {kind: "link", href, inside},
// {kind: "emoji", text, name}. Line breaks stand as they were typed. Time is linear in all but made-up cases.

import {EMOJI} from "./emoji.js";

const DEEPEST = 8; // levels of blocks, and of emphasis; what is deeper is text
const FENCE = /^ {0,3}(`{3,}|~{3,}) *([\w+#.-]*) *$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3}(?:[-*]|(\d{1,9})[.)]) +)(?=\S)/;

export function parse(text) {
  return blocks(text.split("\n"), 0);
}

/** Whether what is written behind a text stands in a fence that it leaves open. */
export function inFence(text) {
  let closes = null;
  for (const line of text.split("\n")) {
    const fence = !closes && line.match(FENCE);
    if (fence) closes = closing(fence[1]);
    else if (closes?.test(line)) closes = null;
  }
  return closes !== null;
}

/** What closes a fence that began with these marks. */
const closing = (marks) => new RegExp(`^ {0,3}${marks[0]}{${marks.length},} *$`);

function blocks(lines, depth) {
  const found = [];
  let words = [];
  function endText() {
    while (words.length && !words[0].trim()) words.shift();
    while (words.length && !words.at(-1).trim()) words.pop();
    if (words.length) found.push({kind: "text", inside: paragraphs(words.join("\n"))});
    words = [];
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = at + 1 < lines.length && line.match(FENCE); // with nothing behind it, it is none
    const item = depth < DEEPEST && line.match(ITEM);
    if (fence) {
      endText();
      const closes = closing(fence[1]);
      let end = at + 1;
      while (end < lines.length && !closes.test(lines[end])) end++;
      found.push({kind: "code", language: fence[2].toLowerCase(), text: lines.slice(at + 1, end).join("\n")});
      at = end + 1;
    } else if (depth < DEEPEST && QUOTE.test(line)) {
      endText();
      const inner = [];
      while (at < lines.length && QUOTE.test(lines[at])) inner.push(lines[at++].replace(QUOTE, ""));
      found.push({kind: "quote", inside: blocks(inner, depth + 1)});
    } else if (item) {
      endText();
      const list = {kind: "list", start: item[2] === undefined ? null : Number(item[2]), items: []};
      for (let next = item; next && (next[2] === undefined) === (list.start === null); next = lines[at]?.match(ITEM)) {
        const inner = [lines[at++].slice(next[1].length)];
        const belongs = new RegExp(`^ {${Math.min(next[1].length, 2)},}(?=\\S)`);
        while (at < lines.length && belongs.test(lines[at])) inner.push(dedent(lines[at++], next[1].length));
        list.items.push(blocks(inner, depth + 1));
      }
      found.push(list);
    } else {
      words.push(line);
      at++;
    }
  }
  endText();
  return found;
}

/** Take away a line's blanks, at most so many. */
function dedent(line, most) {
  return line.slice(Math.min(most, line.length - line.trimStart().length));
}

/** Emphasis does not reach over a blank line, which stands as it was typed. */
function paragraphs(text) {
  return join(text.split(/(\n\s*\n)/).flatMap((piece, at) => (at % 2 ? [piece] : inline(piece))));
}

// Inside a text

const LINK = /\bhttps?:\/\/[^\s<>"]+/y;
const NAMED_LINK =
  /\[((?:[^[\]\\]|\\.|\[[^[\]]*\])+)\]\(((?:https?:\/\/|mailto:)[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)\)/y;
const NAMED_EMOJI = /:([a-z0-9_+-]{1,30}):/y;
const RUN = /\*+|_+|~+|`+/y;
const PLAIN = /(?:[^\\[:`*_~hH]|(?<=[\p{L}\p{N}_])[hH])+/uy;

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function inline(text, links = true) {
  if (!/[\\[`*_~:]/.test(text)) return [text];
  const out = [];
  const open = []; // runs of * _ ~ that wait for their other half: {at (in out), mark, left, both}
  let found;
  for (let at = 0; at < text.length; ) {
    const letter = text[at];
    if (letter === "\\" && /[\\`*_~[\]:]/.test(text[at + 1] ?? "")) {
      out.push(text[at + 1]);
      at += 2;
    } else if (links && letter === "[" && (found = matchAt(NAMED_LINK, text, at))) {
      out.push({kind: "link", href: found[2], inside: inline(found[1], false)});
      at += found[0].length;
    } else if (links && (found = matchAt(LINK, text, at))) {
      const href = ends(found[0]);
      out.push({kind: "link", href, inside: [href]});
      at += href.length;
    } else if (letter === ":" && (found = matchAt(NAMED_EMOJI, text, at)) && EMOJI.has(found[1])) {
      out.push({kind: "emoji", text: EMOJI.get(found[1]), name: found[1]});
      at += found[0].length;
    } else if ((found = matchAt(RUN, text, at))) {
      at = letter === "`" ? code(text, at, found[0], out) : emphasis(text, at, found[0], out, open);
    } else {
      found = matchAt(PLAIN, text, at) ?? [letter];
      out.push(found[0]);
      at += found[0].length;
    }
  }
  return join(out);
}

/** An address without the punctuation of the sentence around it. */
function ends(address) {
  let href = address.replace(/[.,;:!?'*_~]+$/, "");
  while (/[)\]]$/.test(href) && count(href, href.at(-1)) > count(href, href.at(-1) === ")" ? "(" : "[")) href = href.slice(0, -1);
  return href.replace(/[.,;:!?'*_~]+$/, "");
}

const count = (text, letter) => text.split(letter).length - 1;

function code(text, at, ticks, out) {
  const rest = text.slice(at + ticks.length);
  const end = rest.search(new RegExp(`(?<!\`)\`{${ticks.length}}(?!\`)`));
  if (end < 0) {
    out.push(ticks);
    return at + ticks.length;
  }
  const inside = rest.slice(0, end);
  out.push({kind: "code", text: /^ .*[^ ].* $/s.test(inside) ? inside.slice(1, -1) : inside});
  return at + end + 2 * ticks.length;
}

// Emphasis, as CommonMark has it, but for two things: beside the letters of languages that write no blanks a mark
// may stand behind punctuation, as in **你好。**再见; and 2*3*4 is a sum.

const space = (letter) => letter === "" || /\s/.test(letter);
const mark = (letter) => /[\p{P}\p{S}]/u.test(letter);
const dense = (letter) => /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u.test(letter);

function emphasis(text, at, run, out, open) {
  const before = at ? String.fromCodePoint(text.codePointAt(at - (/[\udc00-\udfff]/.test(text[at - 1]) ? 2 : 1))) : "";
  const end = at + run.length;
  const after = end < text.length ? String.fromCodePoint(text.codePointAt(end)) : "";
  const left = !space(after) && (!mark(after) || space(before) || mark(before) || dense(before));
  const right = !space(before) && (!mark(before) || space(after) || mark(after) || dense(after));
  const within = run[0] === "_" || (run === "*" && /\w/.test(before) && /\w/.test(after));
  const opens = left && (!within || !right || mark(before));
  const closes = right && (!within || !left || mark(after));
  let length = run.length;
  if (run[0] === "~" && length !== 2) {
    out.push(run);
    return end;
  }
  while (closes && length) {
    const at = open.findLastIndex((one) =>
      one.mark === run[0] && !((one.both || opens) && (one.length + run.length) % 3 === 0 && (one.length % 3 || run.length % 3)));
    if (at < 0) break;
    const opener = open[at];
    const inside = join(out.slice(opener.at + 1));
    const depth = 1 + Math.max(0, ...inside.map((one) => one.depth ?? 0));
    if (depth > DEEPEST) break;
    open.length = at + 1;
    const two = length > 1 && opener.left > 1;
    out.length = opener.at + 1;
    out.push({kind: run[0] === "~" ? "del" : two ? "strong" : "em", inside, depth});
    length -= two ? 2 : 1;
    opener.left -= two ? 2 : 1;
    out[opener.at] = run[0].repeat(opener.left);
    if (!opener.left) open.pop();
  }
  if (length) {
    if (opens && open.length < 100) open.push({at: out.length, mark: run[0], left: length, length: run.length, both: closes});
    out.push(run[0].repeat(length));
  }
  return end;
}

/** Strings that stand side by side become one. */
function join(pieces) {
  const joined = [];
  for (const piece of pieces) {
    if (piece === "") continue;
    if (typeof piece === "string" && typeof joined.at(-1) === "string") joined.push(joined.pop() + piece);
    else joined.push(piece);
  }
  return joined;
}
