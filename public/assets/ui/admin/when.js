// Times past in the words of whoever reads them.

import {clock, format, t} from "../../i18n/index.js";

const DAY = 86_400_000; // ms

/** The midnight before a time. */
const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);

/** When something was: 3 minutes ago, 14:02, yesterday 14:02, 24 Nov 11:04. */
export function since(time, now = Date.now()) {
  const relative = format("RelativeTimeFormat", "relative", {numeric: "auto"});
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return t("when.now");
  if (minutes < 60) return relative.format(-minutes, "minute");
  const days = Math.round((midnight(now) - midnight(time)) / DAY);
  if (days === 0) return clock(time);
  if (days === 1) return `${relative.format(-1, "day")} ${clock(time)}`;
  const year = new Date(time).getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  const date = format("DateTimeFormat", `since ${year}`, {day: "numeric", month: "short", year}).format(time);
  return year ? date : `${date} ${clock(time)}`;
}
