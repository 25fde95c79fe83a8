// For the eye: links in a text, initials, the hue of a person.

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
