// Addresses in a text: where a link begins, and where it ends. No DOM. Time is linear in the length of the text.
//
// An address is a host, perhaps a port, and a tail that begins with / ? or #. What else follows the host is the sentence's.

/** Scripts without blanks between words. */
export const DENSE = "\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}";

const DENSE_LETTER = new RegExp(`[${DENSE}]`, "u");
const START = /https?:\/\/|mailto:|www\.|@/gi;
const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}\\p{M}_-]*[\\p{L}\\p{N}\\p{M}])?";
const NAME = new RegExp(`${LABEL}(?:\\.${LABEL})*`, "uy");
const WWW = new RegExp(`${LABEL}(?:\\.${LABEL})+`, "uy");
const USER = /[\w.~%+-]{1,80}(?::[\w.~%+-]{0,80})?@/y; // before a host
const IPV6 = /\[[0-9a-f:.]{2,45}\]/iy;
const PORT = /:\d{1,5}(?!\d)/y;
const LATIN_THEN_DENSE = new RegExp(`^[a-z0-9-]+(?=[${DENSE}])`, "iu");
const LOCAL = new RegExp(`(?![${DENSE}])[\\p{L}\\p{N}._%+-]`, "u"); // what stands before the @ of a mail address
const MAILTO = /[\p{L}\p{N}._%+-]{1,64}@/uy;

// What ends an address: blanks, quotes, the punctuation of other scripts, invisible characters.
const STOP = new RegExp(
  "[\\s<>\"`\\p{Pi}\\p{Pf}\\p{Cc}\\u2014\\u2026\\u201a\\u201e\\u3001-\\u3003\\u3008-\\u3020\\u3030\\uff01-\\uff0f\\uff1a-\\uff20" +
    "\\uff3b-\\uff40\\uff5b-\\uff65\\u060c\\u061b\\u061f\\u06d4\\u0964\\u0965\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]",
  "u",
);
const CLOSES = {")": "(", "]": "[", "}": "{"};
const SENTENCE = /[.,;:!?'*|\\^([{]|(?![\x00-\x7f])\p{P}/u; // at the end, it belongs to the sentence

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The next link at or behind `from`, or null: {at, host: where its tail could begin, href: what stands before the text, tail}. */
export function nextLink(text, from) {
  START.lastIndex = from;
  for (let found; (found = START.exec(text)); ) {
    const link = found[0] === "@" ? mail(text, found.index, from) : address(text, found.index, found[0]);
    if (link) return link;
  }
  return null;
}

function address(text, at, sign) {
  if (/[a-z0-9]/i.test(text[at - 1] ?? "")) return null;
  const begin = at + sign.length;
  if (/^m/i.test(sign)) {
    const local = matchAt(MAILTO, text, begin);
    const host = local ? domain(text, begin + local.length) : 0;
    return host ? {at, host, href: "", tail: /[?]/} : null;
  }
  if (/^w/i.test(sign)) {
    const host = !/[./@_-]/.test(text[at - 1] ?? "") && matchAt(WWW, text, begin) ? hostEnd(text, begin) : 0;
    return host ? {at, host, href: "https://", tail: /[/?#]/} : null;
  }
  const host = hostEnd(text, begin + (matchAt(USER, text, begin)?.length ?? 0));
  return host ? {at, host, href: "", tail: /[/?#]/} : null;
}

/** The end of a host and its port, or 0 if there is none. */
function hostEnd(text, begin) {
  const host = matchAt(NAME, text, begin) ?? matchAt(IPV6, text, begin);
  if (!host) return 0;
  const last = host.lastIndexOf(".") + 1;
  const cut = host[0] !== "[" && host.slice(last).match(LATIN_THEN_DENSE); // example.com看
  if (cut) return begin + last + cut[0].length;
  const end = begin + host.length;
  const port = end + (matchAt(PORT, text, end)?.length ?? 0);
  return text[port] === "." && /[/?#]/.test(text[port + 1] ?? "") ? port + 1 : port;
}

/** The end of the host of a mail address, which has a dot and ends in letters, or 0. */
function domain(text, begin) {
  if (!matchAt(WWW, text, begin)) return 0;
  const host = matchAt(NAME, text, begin);
  const last = host.lastIndexOf(".") + 1;
  const label = host.slice(last).match(LATIN_THEN_DENSE)?.[0] ?? host.slice(last);
  const end = begin + last + label.length;
  return /^(?:\p{L}[\p{L}\p{M}]+|xn--[a-z0-9-]+)$/iu.test(label) && text[end] !== "@" ? end : 0;
}

function mail(text, sign, from) {
  let at = sign;
  while (at > from && LOCAL.test(text[at - 1])) at--;
  const before = text[at - 1] ?? "";
  while (at < sign && /[._%+-]/.test(text[at])) at++;
  if (at === sign || text[sign - 1] === "." || /[/@]/.test(before)) return null;
  const host = domain(text, sign + 1);
  return host ? {at, host, href: "mailto:"} : null;
}

/** Where a link ends. marks: those of * _ ~ that wait for their other half, which ends an address. */
export function linkEnd(text, {host, tail}, marks) {
  if (!tail?.test(text[host] ?? "")) return host;
  const open = {"(": 0, "[": 0, "{": 0};
  let end = host;
  let latin = true; // so far
  for (; end < text.length; end++) {
    const letter = text[end];
    if (latin && /[a-z0-9]/i.test(text[end - 1]) && DENSE_LETTER.test(letter)) break; // …/a看, but …/wiki/中文
    latin &&= letter < "\x80";
    if (letter in open) open[letter]++;
    else if (letter in CLOSES && open[CLOSES[letter]]-- === 0) break;
    else if (STOP.test(letter) || (letter === "*" && marks.has("*"))) break;
    else if (letter === "~" && text[end + 1] === "~" && marks.has("~")) break;
  }
  while (end > host && (SENTENCE.test(text[end - 1]) || ("_~".includes(text[end - 1]) && marks.has(text[end - 1])))) end--;
  return end;
}
