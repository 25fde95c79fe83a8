// How long ago something was.

import {format} from "../../i18n/index.js";

/** A time that is over, as short as it can be said: "2 hours ago", "yesterday". */
export function ago(time, now = Date.now()) {
  const seconds = Math.max(0, now - time) / 1_000;
  const [unit, size] = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]].find(([, one]) => seconds >= one) ?? ["second", 1];
  return format("RelativeTimeFormat", "ago", {numeric: "auto"}).format(-Math.floor(seconds / size), unit);
}
