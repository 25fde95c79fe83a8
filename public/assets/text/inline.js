// Markup inside a text: emphasis, code, links and emoji. No DOM. Time is linear in the length of the text.

import {EMOJI} from "./emoji.js";
import {DENSE, linkEnd, nextLink} from "./links.js";

const DEEPEST = 8; // levels of emphasis; what is deeper is text
const WAITING = 100; // marks that can wait for their other half
const SPECIAL = /[\\[:`*_~]/g;
const ESCAPED = /[\\`*_~[\]:]/;
const SYMBOL = /(?![`~])[\p{S}:/]/u;
const NAMED_LINK =
  /\[((?:[^[\]\\]|\\.|\[[^[\]]*\])+)\]\(((?:https?:\/\/|mailto:)[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)\)/iy;
const NAMED_EMOJI = /:([a-z0-9_+-]{1,40}):/y;
const RUN = /\*+|_+|~+|`+/y;
const WORD = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The pieces of a text. budget: {left}: how many more of them may be markup. */
export function inline(text, budget, links = true) {
  return new Inline(text, budget, links).read();
}

class Inline {
  constructor(text, budget, links) {
    this.text = text;
    this.budget = budget;
    this.links = links;
    this.out = [];
    this.open = []; // runs of * _ ~ that wait: {at (in out), from (in the text), mark, left, length, both, depth (of what is inside)}
    this.word = -1; // where the last letter, number or picture was
    this.path = false; // inside a path such as C:\some\a_word, whose backslashes are literal
    this.ticks = null; // length of a run of ` -> where the runs of that length are
  }

  read() {
    const {text, out, budget} = this;
    let link = this.links ? nextLink(text, 0) : null;
    let at = 0;
    while (at < text.length && budget.left > 0) {
      if (link && link.at < at) link = nextLink(text, at);
      if (link?.at === at) {
        const end = linkEnd(text, link, new Set(this.open.map((one) => one.mark)));
        const address = text.slice(at, end);
        const href = link.href === "mailto:" ? link.href + address.replaceAll("%", "%25") : link.href + address;
        at = this.add({kind: "link", href, inside: [address]}, at, end);
        continue;
      }
      SPECIAL.lastIndex = at;
      const next = Math.min(SPECIAL.exec(text)?.index ?? text.length, link?.at ?? text.length);
      if (next > at) {
        const words = text.slice(at, next);
        if (WORD.test(words)) this.word = at;
        if (/\s/.test(words)) this.path = false;
        out.push(words);
        at = next;
      } else at = this.special(at);
    }
    out.push(text.slice(at));
    return join(out);
  }

  /** Add a piece of markup; return where the text goes on. */
  add(piece, at, end) {
    this.out.push(piece);
    this.budget.left--;
    this.word = at;
    return end;
  }

  special(at) {
    const {text} = this;
    const letter = text[at];
    let found;
    if (letter === "\\" && this.escapes(at)) {
      this.out.push(text[at + 1]);
      return at + 2;
    }
    if (letter === "[" && this.links && (found = matchAt(NAMED_LINK, text, at))) {
      return this.add({kind: "link", href: found[2], inside: inline(found[1], this.budget, false)}, at, at + found[0].length);
    }
    if (letter === ":" && (found = matchAt(NAMED_EMOJI, text, at)) && EMOJI.has(found[1])) {
      return this.add({kind: "emoji", text: EMOJI.get(found[1]), name: found[1]}, at, at + found[0].length);
    }
    if ((found = matchAt(RUN, text, at))) return letter === "`" ? this.code(at, found[0].length) : this.emphasis(at, found[0]);
    if (letter === "\\") this.path = true;
    this.out.push(letter);
    return at + 1;
  }

  /** Whether a backslash escapes the character after it; in ¯\_(ツ)_/¯ and C:\_x it is literal. */
  escapes(at) {
    const {text} = this;
    const [before, after, beyond] = [text[at - 1] ?? "", text[at + 1] ?? "", text[at + 2] ?? ""];
    return !this.path && ESCAPED.test(after) && (after === "\\" ? ESCAPED.test(beyond) : !SYMBOL.test(before));
  }

  code(at, length) {
    const {text} = this;
    if (!this.ticks) {
      this.ticks = new Map();
      for (const {index, 0: {length}} of text.matchAll(/`+/g)) {
        if (!this.ticks.has(length)) this.ticks.set(length, []);
        this.ticks.get(length).push(index);
      }
      for (const places of this.ticks.values()) places.reverse(); // the next is the last
    }
    const begin = at + length;
    const places = this.ticks.get(length) ?? [];
    while (places.at(-1) < begin) places.pop();
    const end = places.at(-1);
    if (end === undefined) {
      this.out.push(text.slice(at, begin));
      return begin;
    }
    const inside = text.slice(begin, end);
    return this.add({kind: "code", text: /^ .*[^ ].* $/s.test(inside) ? inside.slice(1, -1) : inside}, at, end + length);
  }

  // Emphasis, as CommonMark has it, but for these: beside the letters of languages that write no blanks a mark may stand
  // behind punctuation, as in **你好。**再见; 2*3*4 is a sum; a _ has words or blanks around it, not the rest of a path or of a
  // emoticon such as (-_-); and there is a word inside.

  emphasis(at, run) {
    const {text, out, open} = this;
    const end = at + run.length;
    const before = at ? String.fromCodePoint(text.codePointAt(at - (/[\udc00-\udfff]/.test(text[at - 1]) ? 2 : 1))) : "";
    const after = end < text.length ? String.fromCodePoint(text.codePointAt(end)) : "";
    const {opens, closes} = flanks(run, before, after, text[end + 1] ?? "");
    let length = run.length;
    if (run[0] === "~" && length !== 2) {
      out.push(run);
      return end;
    }
    while (closes && length && this.budget.left > 0) {
      const place = open.findLastIndex((one) =>
        one.mark === run[0] && !((one.both || opens) && (one.length + run.length) % 3 === 0 && (one.length % 3 || run.length % 3)));
      if (place < 0) break;
      const opener = open[place];
      const depth = 1 + Math.max(...open.slice(place).map((one) => one.depth));
      open.length = place + 1;
      if (depth > DEEPEST || this.word < opener.from) {
        this.drop(depth - 1);
        break;
      }
      const two = length > 1 && opener.left > 1;
      const inside = join(out.splice(opener.at + 1));
      out.push({kind: run[0] === "~" ? "del" : two ? "strong" : "em", inside});
      this.budget.left--;
      length -= two ? 2 : 1;
      opener.left -= two ? 2 : 1;
      opener.depth = depth;
      out[opener.at] = run[0].repeat(opener.left);
      if (!opener.left) this.drop(depth);
    }
    if (length) {
      if (opens && open.length < WAITING) {
        open.push({at: out.length, from: at, mark: run[0], left: length, length: run.length, both: closes, depth: 0});
      }
      out.push(run[0].repeat(length));
    }
    return end;
  }

  /** Give up on the newest run. depth: of what is after it. */
  drop(depth) {
    this.open.pop();
    const before = this.open.at(-1);
    if (before) before.depth = Math.max(before.depth, depth);
  }
}

const space = (letter) => letter === "" || /\s/.test(letter);
const mark = (letter) => /[\p{P}\p{S}]/u.test(letter);
const dense = (letter) => DENSE_LETTER.test(letter);
const DENSE_LETTER = new RegExp(`[${DENSE}]`, "u");
const BEFORE = /[\p{Ps}\p{Pi}"'*_~]|(?![\x00-\x7f])\p{P}/u; // a _ that opens
const AFTER = /[\p{Pe}\p{Pf}"'*_~.,;:!?]|(?![\x00-\x7f])\p{P}/u; // a _ that closes

/** Whether a run can open emphasis, and close it, between these characters; beyond: what stands behind `after`. */
function flanks(run, before, after, beyond) {
  const left = before !== "@" && !space(after) && (!mark(after) || space(before) || mark(before) || dense(before));
  const right = !space(before) && (!mark(before) || space(after) || mark(after) || dense(after));
  if (run[0] === "_") {
    const file = after === "." && WORD.test(beyond); // __init__.py
    return {opens: left && (space(before) || BEFORE.test(before)), closes: right && !file && (space(after) || AFTER.test(after))};
  }
  const within = run === "*" && /\w/.test(before) && /\w/.test(after);
  return {opens: left && (!within || !right || mark(before)), closes: right && (!within || !left || mark(after))};
}

/** Join adjacent strings. */
export function join(pieces) {
  const joined = [];
  for (const piece of pieces) {
    if (piece === "") continue;
    if (typeof piece === "string" && typeof joined.at(-1) === "string") joined.push(joined.pop() + piece);
    else joined.push(piece);
  }
  return joined;
}
