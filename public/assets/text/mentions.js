// Whom and which channels a text mentions: for the conversation, the unread count and notifications alike.

import {fold} from "./characters.js";
import {DENSE} from "./links.js";
import {parse} from "./markdown.js";

const MOST = 100; // names that are found in a text
const LETTER = `(?![${DENSE}])[\\p{L}\\p{N}]`; // of a script with blanks between its words
const SIGN = /[@#]/g;
const JOINED = new RegExp(`${LETTER}|[\\p{M}_/&@#]`, "u"); // before a sign: it is part of a word
const DENSE_LETTER = new RegExp(`^[${DENSE}]`, "u");
const CLUSTER = /[^\p{M}\u200c\u200d\ufe0e\ufe0f][\p{M}\u200c\u200d\ufe0e\ufe0f]{0,8}/uy; // a letter with its marks
const CHANNEL = new RegExp(`${LETTER}(?:${LETTER}|[\\p{M}_-]){0,63}|[${DENSE}][\\p{L}\\p{N}\\p{M}_-]{0,63}`, "uy");
const COLOUR = /^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i;

/** Names by their letters: a lookup takes the same time however many there are. */
class Trie {
  constructor(names) {
    this.root = new Map();
    for (const name of names) {
      let node = this.root;
      for (const letter of fold(name)) {
        if (!node.has(letter)) node.set(letter, new Map());
        node = node.get(letter);
      }
      node.set("", fold(name));
    }
  }

  /** The longest whole name at a position in a text: {name (folded), end}, or null. */
  find(text, at) {
    let longest = null;
    let node = this.root;
    for (let end = at; ; ) {
      CLUSTER.lastIndex = end;
      const cluster = CLUSTER.exec(text)?.[0];
      for (const letter of cluster ? fold(cluster) : " ") node = node?.get(letter);
      if (!node || !cluster) return longest;
      end += cluster.length;
      if (node.has("") && ends(text, end)) longest = {name: node.get(""), end};
    }
  }
}

/** Whether a name that ends here is whole: Ann is not in Anna, ann_b, Ann-Katrin, ann.de or ann@example.org, but in Ann—look. */
function ends(text, at) {
  const after = text.slice(at, at + 3);
  if (/^(?:[\p{M}\u200c\u200d\ufe0e\ufe0f_]|[-\u2010\u2011.@][\p{L}\p{N}])/u.test(after)) return false;
  if (!/^[\p{L}\p{N}]/u.test(after)) return true;
  return DENSE_LETTER.test(text[at - 1]) !== DENSE_LETTER.test(after); // @Ann你好, but not @小明明
}

/** The words that mean all, and what the line of a message has for them. */
const WORDS = {here: "@here", channel: "@channel", 在线成员: "@here", 所有人: "@channel"};
const ALL = new Trie(Object.keys(WORDS));

/** Who is here, and which channels are known. */
class Names {
  constructor(people, channels, me) {
    this.people = new Trie(people);
    this.channels = new Trie(channels);
    this.me = fold(me);
  }
}

/** The names that texts in a channel may mention: the same object until they change. */
export function namesOf(chat, channel) {
  const me = chat.user?.name ?? "";
  const channels = chat.named ?? [...chat.channels.keys()];
  const key = JSON.stringify([channel.changes, me, channels]);
  if (channel.names?.key !== key) {
    const people = [...channel.users.values(), ...Array.from(channel.ranks?.values() ?? [], ({user}) => user)].map((user) => user.name);
    channel.names = Object.assign(new Names([...people, ...(me ? [me] : [])], channels, me), {key});
  }
  return channel.names;
}

export const makeNames = (people, channels = [], me = "") => new Names(people, channels, me);

/** Whether a text can name anything. */
export const canName = (text) => /[@#]/.test(text);

/** Whether a text mentions the user, outside code and links. */
export function mentionsMe(text, names, mentions) {
  if (!text.includes("@")) return false;
  const speaks = (piece) => piece.mine || [piece.inside ?? [], piece.items ?? []].flat(2).some(speaks);
  return withNames(parse(text), names, mentions).some(speaks);
}

/**
 * A parsed text in which {kind: "person", text, mine, all} and {kind: "channel", text, name} stand where it names someone or a
 * channel. An unknown channel is one word, and not a colour such as #fff.
 * mentions: those of the line; a word that means all (`all`) is marked if it is among them.
 */
export function withNames(blocks, names, mentions = []) {
  const budget = {left: MOST};
  const block = (one) => ({
    ...one,
    inside: one.inside?.flatMap((piece) => (typeof piece === "string" ? cut(piece, names, budget, mentions) : piece.kind === "link" ? piece : block(piece))),
    items: one.items?.map((item) => item.map(block)),
  });
  return blocks.map(block);
}

/** A line of the server in pieces: strings, and {name} for people who are here. */
export function namesIn(text, names) {
  const found = [];
  let from = 0;
  for (const {index} of text.matchAll(/\S+/g)) {
    const end = index >= from && found.length < MOST && names.people.find(text, index)?.end;
    if (!end) continue;
    found.push(text.slice(from, index), {name: text.slice(index, end)});
    from = end;
  }
  return [...found, text.slice(from)];
}

function cut(text, names, budget, mentions) {
  const found = [];
  let from = 0;
  SIGN.lastIndex = 0;
  for (let sign; budget.left > 0 && (sign = SIGN.exec(text)); ) {
    const at = sign.index;
    if (JOINED.test(text[at - 1] ?? "")) continue;
    const person = sign[0] === "@" && (all(text, at + 1, names, mentions) ?? names.people.find(text, at + 1));
    const channel = sign[0] === "#" && (names.channels.find(text, at + 1) ?? word(text, at + 1));
    const {end} = person || channel || {};
    if (!end) continue;
    if (at > from) found.push(text.slice(from, at));
    const said = text.slice(at, end);
    const mine = person?.all !== undefined || person?.name === names.me;
    found.push(person ? {kind: "person", text: said, mine, all: person.all} : {kind: "channel", text: said, name: said.slice(1)});
    budget.left--;
    SIGN.lastIndex = from = end;
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

/** The word at a position by which a message mentions all, unless somebody is called so. */
function all(text, at, {people}, mentions) {
  const found = ALL.find(text, at);
  const all = found && WORDS[found.name];
  return mentions.includes(all) && !(people.find(text, at)?.end >= found.end) ? {end: found.end, all} : null;
}

function word(text, at) {
  CHANNEL.lastIndex = at;
  const found = CHANNEL.exec(text)?.[0];
  return found && !/^\p{N}/u.test(found) && !COLOUR.test(found) ? {end: at + found.length} : null;
}
