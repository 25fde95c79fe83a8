// A connection that has ended for good, or cannot be made: why, and what to do. Loaded when it is needed.

import {html, useEffect} from "../html.js";
import {t} from "../i18n/index.js";
import {comingTime, fullTime} from "../text/times.js";
import {banOf} from "./banner.js";
import {StateCard} from "./state_card.js";

const LONGEST = 2 ** 31 - 1; // ms that a timer can be set for

/** level: of the heading. */
export function Ended({chat, level}) {
  const {state} = chat.session;
  const ban = banOf(state);
  const over = ban && ban.until <= Date.now();
  useEffect(() => {
    if (!ban || over) return;
    const timer = setTimeout(chat.changed, Math.min(LONGEST, ban.until - Date.now()));
    return () => clearTimeout(timer);
  }, [ban?.until, over]);
  const again = html`<button class=${over ? "primary" : ""} onClick=${() => chat.connection.connect()}>${t("banner.again")}</button>`;
  if (state.foreign) return html`<${StateCard} icon="link" level=${level} title=${t("login.foreign")}><p>${t("login.foreign-why", {host: location.host})}</p>${again}<//>`;
  if (!ban) return html`<${StateCard} icon="leave" level=${level} title=${t("banner.ended")}>${state.reason && html`<p dir="auto">${state.reason}</p>`}${again}<//>`;
  return html`<${StateCard} icon=${over ? "clock" : "ban"} level=${level} title=${over ? t("banned.over") : t("banned.title", {until: comingTime(ban.until)})}>
    ${ban.why && html`<p dir="auto">${t("banned.why", {reason: ban.why})}</p>`}
    ${!over && html`<p>${t("banned.until", {until: fullTime(ban.until)})}</p>`}
    ${again}
  <//>`;
}
