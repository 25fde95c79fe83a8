// The choice of notifications.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {choice, choose, possible} from "../../state/notifications.js";
import {Pick} from "./setting.js";

export function NotificationChoice({chat}) {
  const denied = globalThis.Notification?.permission === "denied";
  if (!possible() && !denied) return null; // this browser has none here
  return html`<${Pick} name="notify" title=${t("notify.label")} help=${t(denied ? "notify.denied" : "notify.help")} label=${(value) => t(`notify.${value}`)}
    values=${["off", "mentions", "all"]} chosen=${choice(chat)} change=${(wanted) => choose(chat, wanted)} disabled=${denied} />`;
}
