// The state of a lost connection.

import {html, useEffect, useState} from "../html.js";
import {fullDate, t} from "../i18n/index.js";
import {Mark} from "./icons.js";

const BAN = /^banned until (\S+Z)(?:: (.*))?$/s;

/** Why the connection has ended for good. */
export function ending({reason}) {
  if (!reason) return t("banner.ended");
  const [, until, why] = BAN.exec(reason) ?? [];
  if (until) return t(why ? "banner.banned" : "banner.banned-until", {until: fullDate(Date.parse(until)), reason: why});
  return t("banner.ended-because", {reason});
}

/** Whether there is nothing to say. */
export const silent = ({session: {state: {kind}}, user}) => kind === "open" || (kind === "connecting" && !user);

export function Banner({chat}) {
  const {kind, retryAt} = chat.session.state;
  const [, tick] = useState(0);
  useEffect(() => {
    if (kind !== "waiting") return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [kind, retryAt]);

  if (silent(chat)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status"><${Mark} moves /><span>${t("banner.connecting")}</span></div>`;
  const ended = kind === "ended";
  const words = ended ? ending(chat.session.state) : t("banner.waiting", {count: Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))});
  return html`<div class="banner" role="status">
    <${Mark} moves=${!ended} />
    <span>${words} ${!ended && chat.current && html`<span class="kept">${t("banner.kept")}</span>`}</span>
    <button class="pill" onClick=${() => chat.connection.connect()}>${t(ended ? "banner.again" : "banner.now")}</button>
  </div>`;
}
