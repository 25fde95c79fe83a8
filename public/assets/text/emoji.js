// Emoji by name: name -> character. The table is loaded when a text first has a `:name:`, or one is being written.

export const EMOJI = new Map();
export const NAMES = new Map(); // character -> its names; without skin tones, in Unicode's order
export const TONED = new Set(); // characters that come in five skin tones
const NAMED = /:[a-z0-9_+-]{2}/;
let loading = null;

/** Load the table if a text may name an emoji; null if there is nothing to wait for. */
export function learnEmoji(text) {
  return EMOJI.size || !NAMED.test(text) ? null : loadEmoji();
}

export function loadEmoji() {
  loading ??= import("./emoji_table.js").then(({TABLE}) => {
    let character;
    for (const word of TABLE.match(/\S+/g)) {
      if (/[^!-~]/.test(word)) NAMES.set((character = word), []);
      else if (word === "*") TONED.add(character);
      else {
        NAMES.get(character).push(word);
        EMOJI.set(word, character);
      }
    }
  });
  loading.catch(() => (loading = null)); // no connection: next time
  return loading;
}

const SIGN = /\ufe0f/g; // asks for a picture
const TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;

/** An emoji in a skin tone, 1 to 5; 0: in none. */
export function toned(character, tone) {
  if (!tone || !TONED.has(character)) return character;
  const [first, ...rest] = character;
  return first + String.fromCodePoint(0x1f3fa + tone) + rest.join("").replace(/^\ufe0f/, "");
}

/** A character without skin tone and sign: the same for all ways to spell an emoji. */
export const bare = (character) => character.replace(TONES, "").replace(SIGN, "");
