// While there is no connection: what is happening, and when the next try is.

import {html, useEffect, useState} from "../html.js";
import {t} from "../language.js";

/** Why the connection has ended for good; who never came in was kept out. */
export function ending({code, reason, neverIn}) {
  if (!reason) return t("banner.ended");
  return t(neverIn && code === 4403 ? "banner.banned" : "banner.ended-because", {reason});
}

export function Banner({chat}) {
  const {kind, retryAt} = chat.state;
  const [, tick] = useState(0);
  useEffect(() => {
    if (kind !== "waiting") return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [kind, retryAt]);

  if (kind === "open" || (kind === "connecting" && !chat.user)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status">${t("banner.connecting")}</div>`;
  const ended = kind === "ended";
  const words = ended ? ending(chat.state) : t("banner.waiting", {count: Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))});
  return html`<div class="banner" role="status">
    <span>${words} ${!ended && chat.current && t("banner.kept")}</span>
    <button onClick=${() => chat.connection.connect()}>${t(ended ? "banner.again" : "banner.now")}</button>
  </div>`;
}
