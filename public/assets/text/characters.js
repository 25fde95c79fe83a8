// Which characters are visible, and which names are equal: a short form of the server's chat/characters.py.

const NOTHING = "\\p{DI}\\u2800\\ufff9-\\ufffc\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}"; // has no glyph, or an empty one
const HIDDEN = new RegExp(`(?![\\u{e0020}-\\u{e007f}])[${NOTHING}]`, "gu"); // except the tags of flags
const SEEN = new RegExp(`[^\\s\\p{Cc}\\ufdd0-\\ufdef\\ufffe\\uffff${NOTHING}]`, "u");

/** A name in the form by which names are compared: without case, width or ways of writing accents. */
export const fold = (name) => name.replace(HIDDEN, "").normalize("NFKC").toUpperCase().toLowerCase().replace(/ς/g, "σ").normalize("NFKC");

/** Whether a text has anything visible. */
export const canSee = (text) => SEEN.test(text);

/** The length of a text as the server counts it: in code points. */
export const length = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** The first characters of a text. */
export const shorten = (text, most) => Array.from(text.slice(0, 2 * most)).slice(0, most).join("");
