// Markup in a message: parses a text into a tree, which is drawn node by node, without HTML. No DOM.
//
// Blocks: {kind: "text", inside}, {kind: "code", language, text}, {kind: "quote", inside: [block]},
// {kind: "list", start (a number, or null for bullets), items: [[block]]}.
// Inside a text: strings, {kind: "em" | "strong" | "del", inside}, {kind: "code", text}, {kind: "link", href, inside},
// {kind: "emoji", text, name}. Line breaks stand as they were typed. Time is linear in the length of the text.
//
// The server reads texts in the same way for plugins (tornado_chat/chat/markup/); tests/markup.json is for both.

import {inline, join} from "./inline.js";

const DEEPEST = 8; // levels of blocks; what is deeper is text
const MOST = 500; // pieces of markup in a text; what follows is text
const FENCE = /^ {0,3}(`{3,}|~{3,})(?: *([\w+#.-]+))? *$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3}(?:[-*]|(\d{1,9})[.)]) +)(?=\S)/;

export function parse(text) {
  return blocks(text.split("\n"), 0, {left: MOST});
}

/** The line that opens the code fence in which a text ends, or "". */
export function openFence(text) {
  let open = "";
  let closes = null;
  for (const line of text.split("\n")) {
    const fence = !open && line.match(FENCE);
    if (fence) [open, closes] = [line, closing(fence[1])];
    else if (open && closes.test(line)) open = "";
  }
  return open;
}

/** A pattern for the line that closes a fence. */
const closing = (marks) => new RegExp(`^ {0,3}${marks[0]}{${marks.length},} *$`);

function blocks(lines, depth, budget) {
  const found = [];
  let words = [];
  function endText() {
    let [from, to] = [0, words.length];
    while (from < to && !words[from].trim()) from++;
    while (to > from && !words[to - 1].trim()) to--;
    if (to > from) found.push({kind: "text", inside: paragraphs(words.slice(from, to).join("\n"), budget)});
    words = [];
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = budget.left > 0 && at + 1 < lines.length && line.match(FENCE); // on the last line it is text
    const nests = budget.left > 0 && depth < DEEPEST;
    const item = nests && line.match(ITEM);
    if (fence) {
      endText();
      budget.left--;
      const closes = closing(fence[1]);
      let end = at + 1;
      while (end < lines.length && !closes.test(lines[end])) end++;
      found.push({kind: "code", language: (fence[2] ?? "").toLowerCase(), text: lines.slice(at + 1, end).join("\n")});
      at = end + 1;
    } else if (nests && QUOTE.test(line)) {
      endText();
      budget.left--;
      const inner = [];
      while (at < lines.length && QUOTE.test(lines[at])) inner.push(lines[at++].replace(QUOTE, ""));
      found.push({kind: "quote", inside: blocks(inner, depth + 1, budget)});
    } else if (item) {
      endText();
      const list = {kind: "list", start: item[2] === undefined ? null : Number(item[2]), items: []};
      for (let next = item; next && budget.left > 0 && (next[2] === undefined) === (list.start === null); next = lines[at]?.match(ITEM)) {
        budget.left--;
        const inner = [lines[at++].slice(next[1].length)];
        const belongs = new RegExp(`^ {${Math.min(next[1].length, 2)},}(?=\\S)`);
        while (at < lines.length && belongs.test(lines[at])) inner.push(dedent(lines[at++], next[1].length));
        list.items.push(blocks(inner, depth + 1, budget));
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

/** Remove at most so many blanks from the start of a line. */
function dedent(line, most) {
  return line.slice(Math.min(most, line.length - line.trimStart().length));
}

/** Emphasis ends at blank lines, which stay as they were typed. */
function paragraphs(text, budget) {
  return join(text.split(/(\n\s*\n)/).flatMap((piece, at) => (at % 2 ? [piece] : inline(piece, budget))));
}
