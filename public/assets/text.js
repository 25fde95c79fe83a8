// Words for the eye: links in a text, times, initials, the hue of a person.

const LINK = /\bhttps?:\/\/[^\s<>"]+/g;

/** Cut a text into pieces: strings, and {href} for links; punctuation behind a link is not a part of it. */
export function pieces(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    let href = match[0].replace(/[.,;:!?'*]+$/, "");
    while (href.endsWith(")") && href.split("(").length < href.split(")").length) href = href.slice(0, -1);
    if (match.index > at) found.push(text.slice(at, match.index));
    found.push({href});
    at = match.index + href.length;
  }
  if (at < text.length) found.push(text.slice(at));
  return found;
}

const TIME = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit"});
const FULL = new Intl.DateTimeFormat(undefined, {dateStyle: "full", timeStyle: "medium"});
const DAY = new Intl.DateTimeFormat(undefined, {weekday: "long", day: "numeric", month: "long"});
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, {dateStyle: "long"});

export const clock = (time) => TIME.format(time);
export const fullDate = (time) => FULL.format(time);

/** The day of a time in words: Today, Yesterday, Monday, 3 March. */
export function day(time, now = Date.now()) {
  const date = new Date(time);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}

/** One or two letters (or an emoji) for a name. */
export function initials(name) {
  const letters = name.split(/\s+/).map((word) => Array.from(new Intl.Segmenter().segment(word), (one) => one.segment)[0]);
  return (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0]).toUpperCase();
}

/** The hue of an id, 0 to 359: the same for a person everywhere. */
export function hue(id) {
  let sum = 7;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 360_007;
  return sum % 360;
}

/** What tells two people of one name apart: the beginning of the id, where it is needed. */
export function distinct(user, users) {
  const twin = users.some((other) => other.id !== user.id && other.name.toLowerCase() === user.name.toLowerCase());
  return twin ? user.id.slice(0, 4) : "";
}
