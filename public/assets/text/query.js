// What people type to search: words, and filters such as from:ann. The server parses the words; days are the reader's. No DOM.

import {fold} from "./characters.js";

const TERM = /(?:[^\s"“”„＂]|["“”„＂][^"“”„＂]*(?:["“”„＂]|$))+/g; // no blank outside of quotes
const FILTER = /^(from|in|before|after|on|has|is)[:：](.*)$/is; // an input method may write the wide colon
const QUOTES = /["“”„＂]/g;

/** The values of filters that have a few. */
export const VALUES = {has: ["link", "file", "image"], is: ["pinned", "thread"]};
export const DATES = ["after", "before", "on"];

/** The terms of a text: {from, to} (where it stands), and of a filter {key, value}. */
export function terms(text) {
  return [...text.matchAll(TERM)].map(({0: term, index: from}) => {
    const [, key, value] = term.match(FILTER) ?? [];
    return {from, to: from + term.length, key: key?.toLowerCase(), value: value?.replace(QUOTES, "")};
  });
}

/** The filter that is being typed where the caret stands, if any. */
export const typedAt = (text, caret) => terms(text).find(({key, from, to}) => key && from < caret && caret <= to);

/** A text without one of its terms, and where the caret is then. */
export function without(text, {from, to}) {
  const [before, after] = [text.slice(0, from), text.slice(to)];
  return {text: /^\s/.test(after) && (!before || /\s$/.test(before)) ? before + after.slice(1) : before + after, caret: from};
}

// Filters that have been chosen: [{key, value, label}]; `value` is a channel's address, a user's id, or a day

/** Filters with another one, in the place of those that say something else of the same. */
export function withFilter(filters, filter) {
  const {key} = filter;
  const replaced = key in VALUES ? [] : key === "on" ? DATES : DATES.includes(key) ? ["on", key] : [key];
  const others = filters.filter((one) => !replaced.includes(one.key) && !(one.key === key && one.value === filter.value));
  return [...others, filter];
}

/** What is asked of the server: filters first, so that the last word remains what may go on. names: see dayOf. */
export function asked(text, filters, names, now) {
  const typed = terms(text);
  const chosen = filters.filter(({key}) => key !== "in" || !typed.some((one) => one.key === "in")); // what is typed says more
  const parts = chosen.flatMap(({key, value}) => (DATES.includes(key) ? spans(key, value) : `${key}:${quoted(value)}`));
  let said = "";
  let at = 0;
  for (const {key, value, from, to} of typed) {
    const day = DATES.includes(key) && dayOf(value, names, now);
    said += text.slice(at, from) + (day ? spans(key, day).join(" ") : text.slice(from, to));
    at = to;
  }
  return [...parts, said + text.slice(at)].join(" ").trimStart();
}

const quoted = (value) => (/\s/.test(value) ? `"${value.replace(QUOTES, "")}"` : value);

// Days: YYYY-MM-DD

const two = (number) => String(number).padStart(2, "0");
const written = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** The day some days before or after another one, or a time. */
export function dayAfter(day, count) {
  const date = dateOf(day);
  return written(new Date(date.getFullYear(), date.getMonth(), date.getDate() + count));
}

/** When a day begins, as a Date; a Date is returned as it is. */
export function dateOf(day) {
  if (day instanceof Date) return day;
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

/** The day that words mean, or "". names: [words, days ago], such as ["yesterday", 1]. */
export function dayOf(words, names, now = new Date()) {
  const [, ...found] = words.match(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/) ?? [];
  if (found.length) {
    const day = `${found[0]}-${two(found[1])}-${two(found[2])}`;
    return found[0] >= "1970" && written(dateOf(day)) === day ? day : "";
  }
  const named = names.find(([name]) => fold(name) === fold(words.trim()));
  return named ? dayAfter(now, -named[1]) : "";
}

/** A filter of a day as the server takes it: instants, so that the day is the reader's. */
function spans(key, day) {
  if (key !== "on") return [`${key}:${instant(day)}`];
  return [`after:${instant(day)}`, `before:${instant(dayAfter(day, 1))}`];
}

/** When a day begins: 2026-11-27T00:00+01:00. */
export function instant(day) {
  const date = dateOf(day);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.floor(Math.abs(offset) % 60))}`;
  return `${written(date)}T${two(date.getHours())}:${two(date.getMinutes())}${zone}`;
}
