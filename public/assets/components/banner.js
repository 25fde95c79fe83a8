// While there is no connection: what is happening, and when the next try is.

import {html, useEffect, useState} from "../html.js";
import {t} from "../language.js";

export function Banner({chat}) {
  const {kind, retryAt, reason} = chat.state;
  const [, tick] = useState(0);
  useEffect(() => {
    if (kind !== "waiting") return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [kind, retryAt]);

  if (kind === "open" || (kind === "connecting" && !chat.user)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status">${t("banner.connecting")}</div>`;
  const words =
    kind === "ended"
      ? reason ? t("banner.ended-because", {reason}) : t("banner.ended")
      : t("banner.waiting", {count: Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))});
  return html`<div class="banner" role="status">
    <span>${words} ${chat.current && t("banner.kept")}</span>
    <button onClick=${() => chat.connection.connect()}>${t(kind === "ended" ? "banner.again" : "banner.now")}</button>
  </div>`;
}
