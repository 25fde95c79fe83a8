// Times and days in words, for what is loaded later.

import {clock, format} from "../i18n/index.js";

export const fullTime = (time) => format("DateTimeFormat", "exact", {dateStyle: "full", timeStyle: "short"}).format(time);

/** A time to come, as short as it can be said: 17:30, Friday, 3 March. */
export function comingTime(time, now = Date.now()) {
  const date = new Date(time);
  if (date.toDateString() === new Date(now).toDateString()) return clock(time);
  if (time - now < 6 * 86_400_000) return format("DateTimeFormat", "weekday", {weekday: "long"}).format(date);
  return format("DateTimeFormat", "date", {dateStyle: "long"}).format(date);
}

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** About how long some seconds are, in the words of the language: "1 hour", "1.5 minutes". */
export function roughly(seconds) {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one) ?? UNITS.at(-1);
  return format("NumberFormat", `about ${unit}`, {style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1}).format(seconds / size);
}

/** Seconds in the words of the language: "5 minutes". Another unit is used only where nothing is lost: 90 s are seconds. */
export function lasting(seconds) {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one && seconds % one === 0);
  return format("NumberFormat", `unit ${unit}`, {style: "unit", unit, unitDisplay: "long"}).format(seconds / size);
}
