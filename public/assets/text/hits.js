// Marks words in a text, where the server's marks are of another state of it. No DOM.

import {shorten} from "./characters.js";
import {terms} from "./query.js";

const MOST = 200; // characters that are shown
const BEFORE = 60; // of them before the first hit

const APART = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u; // scripts in which no blank ends a word
const SIGNS = /[\p{M}\u0640]/gu; // accents, Arabic vowels and the line that lengthens a word
const flat = (text) => text.normalize("NFKD").replace(SIGNS, "").toLowerCase();

/** The words of a query that are to be found, without its filters and what it excludes. */
function wanted(query) {
  const words = terms(query).filter(({key, from}) => !key && query[from] !== "-");
  return words.map(({from, to}) => flat(query.slice(from, to)).replace(/[^\p{L}\p{N}]+/gu, " ").trim()).filter(Boolean);
}

/** About 200 characters of a text around what a query finds in it: [{text, hit}]. */
export function snippet(text, query) {
  const places = []; // of each flat character, where it stands in the text
  let even = "";
  for (const {0: one, index} of text.matchAll(/\P{M}\p{M}*|\p{M}+/gu)) {
    const letters = /[\p{L}\p{N}]/u.test(one) ? flat(one) : " ";
    for (let at = 0; at < letters.length; at++) places.push([index, index + one.length]);
    even += letters;
  }
  const hits = [];
  for (const word of wanted(query)) {
    const alone = APART.test(word);
    for (let at = even.indexOf(word); at >= 0; at = even.indexOf(word, at + word.length)) {
      if (!alone && at > 0 && even[at - 1] !== " ") continue; // within a word
      const rest = alone ? 0 : even.slice(at + word.length).search(/ |$/);
      hits.push([places[at][0], places[at + word.length + rest - 1][1]]);
    }
  }
  hits.sort(([one], [other]) => one - other);
  const from = hits.length && hits[0][0] > BEFORE * 1.5 ? text.lastIndexOf(" ", hits[0][0] - BEFORE) + 1 || hits[0][0] : 0;
  const pieces = from ? [{text: "…", hit: false}] : [];
  let at = from;
  for (const [start, end] of hits) {
    if (start < at || end > from + MOST) continue; // overlaps the last one
    pieces.push({text: text.slice(at, start), hit: false}, {text: text.slice(start, end), hit: true});
    at = end;
  }
  pieces.push({text: shorten(text.slice(at), Math.max(0, MOST - (at - from))), hit: false});
  return pieces.filter((piece) => piece.text);
}
