// Emoji by name: name -> character. The table is loaded when a text first has a `:name:`, or one is being written.

export const EMOJI = new Map();
const NAMED = /:[a-z0-9_+-]{2}/;
let loading = null;

/** Load the table if a text may name an emoji; null if there is nothing to wait for. */
export function learnEmoji(text) {
  return EMOJI.size || !NAMED.test(text) ? null : loadEmoji();
}

export function loadEmoji() {
  loading ??= import("./emoji_table.js").then(({TABLE}) => {
    for (const [, name, character] of TABLE.matchAll(/(\S+) (\S+)/g)) EMOJI.set(name, character);
  });
  return loading;
}
