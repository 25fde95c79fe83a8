// The state of a lost connection.

import {html, useEffect, useState} from "../html.js";
import {t} from "../i18n/index.js";
import {Mark} from "./icons.js";

/** Why the connection has ended for good. neverIn: the user was never let in. */
export function ending({code, reason, neverIn}) {
  if (!reason) return t("banner.ended");
  return t(neverIn && code === 4403 ? "banner.banned" : "banner.ended-because", {reason});
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
