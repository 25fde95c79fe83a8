// Splits a text that is too long for one message at the end of a paragraph, a line or a word. Nothing but the
// blanks between them is lost, and code stays code.

import {canSee, length} from "./characters.js";
import {openFence} from "./markdown.js";

const MOST = 25; // messages that a text is offered as
const SPARE = 10; // letters to close a fence with

let last = {}; // asked for in each frame
const GOES_ON = /^[\p{M}\u200d\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}\udc00-\udfff]/u;

/** The messages to offer for a text that is too long for one; none if it is short, or very long. */
export function offer(text, limit) {
  if (text.length <= limit || text.length > 2 * MOST * limit || length(text) <= limit) return [];
  if (text !== last.text || limit !== last.limit) last = {text, limit, messages: split(text, limit)};
  return last.messages.length <= MOST ? last.messages : [];
}

/** Split a text into messages of at most `limit` characters. */
export function split(text, limit) {
  const messages = [];
  let head = ""; // opens the fence again that the message before left open
  for (let rest = text; rest; ) {
    let end = head.length + rest.length <= limit || length(head + rest) <= limit ? rest.length : cut(rest, limit - length(head) - SPARE, head);
    let open = end < rest.length ? openFence(head + rest.slice(0, end)) : "";
    const begin = end - open.length;
    if (open && rest.slice(0, end).endsWith(open) && canSee(rest.slice(0, begin))) {
      end = begin; // code begins in the next one
      open = "";
    }
    const mark = open.match(/[`~]+/)?.[0] ?? "";
    const closes = open && mark.length < SPARE; // a longer one stays open
    messages.push(head + rest.slice(0, end) + (closes ? `\n${mark}` : ""));
    rest = rest.slice(end).replace(open ? /^\n/ : /^(?: ?\n+| )/, "");
    head = closes ? `${open.length < limit / 4 ? open.trim() : mark}\n` : "";
  }
  return messages.filter(canSee);
}

/** Where to cut a text of more than `room` characters. */
function cut(text, room, inCode) {
  let most = 0;
  for (let count = 0; count < room; count++) most += text.codePointAt(most) > 0xffff ? 2 : 1;
  const part = text.slice(0, most);
  for (const [separator, least] of inCode ? [["\n", 0]] : [["\n\n", most / 2], ["\n", most / 4], [" ", most / 4]]) {
    const at = part.lastIndexOf(separator);
    if (at > least) return at;
  }
  let at = most; // within a word, but not within a visible character
  while (at > most - 40 && (GOES_ON.test(text.slice(at, at + 2)) || text[at - 1] === "\u200d")) at--;
  return at > most - 40 ? at : most;
}
