// What can be seen of a text, and what two names have in common that look the same: the server's names.py in short.

const NOTHING = "\\p{DI}\\u2800\\ufff9-\\ufffc\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}"; // has no glyph, or an empty one
const HIDDEN = new RegExp(`(?![\\u{e0020}-\\u{e007f}])[${NOTHING}]`, "gu"); // the tags of flags are seen
const SEEN = new RegExp(`[^\\s\\p{Cc}\\ufdd0-\\ufdef\\ufffe\\uffff${NOTHING}]`, "u");

/** The letters of a name, whatever their case, width and way of writing accents. */
export const fold = (name) => name.replace(HIDDEN, "").normalize("NFKC").toUpperCase().toLowerCase().replace(/ς/g, "σ").normalize("NFKC");

/** Whether there is anything in a text that can be seen. */
export const canSee = (text) => SEEN.test(text);

/** How many characters a text has for the server, which counts code points: an emoji of one is one. */
export const length = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** The first characters of a text. */
export const shorten = (text, most) => Array.from(text.slice(0, 2 * most)).slice(0, most).join("");
