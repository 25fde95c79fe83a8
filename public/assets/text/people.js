// How people appear: initials, a hue, and which names look alike.

const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter();

/** One or two letters (or an emoji) for a name. */
export function initials(name) {
  const first = (word) => (segmenter ? [...segmenter.segment(word)][0].segment : [...word][0]);
  const letters = (name.match(/\S+/g) ?? []).map(first);
  return letters.filter((_, at) => at === 0 || at === letters.length - 1).join("").toUpperCase();
}

/** The hue of an id, 0 to 359: the same for a person everywhere. */
export function hue(id) {
  let sum = 7;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 360_007;
  return sum % 360;
}

// Letters that look like others in one of their cases: Cyrillic and Greek ones, and digits
const ALIKE = Object.fromEntries(
  ("аa вb еe зe кk мm нh оo рp сc тt уy хx іl јj ѕs ԁd һh ԛq ԝw αa βb εe ιl κk νv οo ρp τt υu χx γy ηn ωw " +
    "0o 1l il |l 5s").split(" ").map((pair) => Array.from(pair)),
);
const shapes = new Map(); // of the names that were asked for

/** The shape of a name: names of the same shape look alike. */
function shape(name) {
  if (shapes.size > 2_000) shapes.clear();
  if (!shapes.has(name)) {
    const plain = name.normalize("NFKD").toLowerCase().replace(/[\p{M}\s]/gu, "");
    shapes.set(name, Array.from(plain, (letter) => ALIKE[letter] ?? letter).join("").replaceAll("rn", "m"));
  }
  return shapes.get(name);
}

/** The ids of users whose names look like another user's. */
export function twins(users) {
  const bearers = new Map();
  for (const {id, name} of users) {
    const look = shape(name);
    bearers.set(look, (bearers.get(look) ?? new Set()).add(id));
  }
  return new Set([...bearers.values()].filter((ids) => ids.size > 1).flatMap((ids) => [...ids]));
}
