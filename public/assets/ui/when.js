// When something was said, in a list.

import {clock, format} from "../i18n/index.js";

const WEEK = 6 * 86_400_000; // ms in which a day is named by its weekday

/** As short as it can be said: 17:30, Monday, 3 Nov, 3 Nov 2025. */
export function when(time, now = Date.now()) {
  const [date, today] = [new Date(time), new Date(now)];
  if (date.toDateString() === today.toDateString()) return clock(time);
  if (now - time < WEEK) return format("DateTimeFormat", "weekday", {weekday: "long"}).format(time);
  if (date.getFullYear() === today.getFullYear()) return format("DateTimeFormat", "date, short", {day: "numeric", month: "short"}).format(time);
  return format("DateTimeFormat", "date, year", {day: "numeric", month: "short", year: "numeric"}).format(time);
}
