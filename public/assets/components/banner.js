// While there is no connection: what is happening, and when the next try is.

import {html, useEffect, useState} from "../html.js";

export function Banner({chat}) {
  const {kind, retryAt, reason} = chat.state;
  const [, tick] = useState(0);
  useEffect(() => {
    if (kind !== "waiting") return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [kind, retryAt]);

  if (kind === "open" || (kind === "connecting" && !chat.user)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status">Connecting…</div>`;
  const words =
    kind === "ended"
      ? reason ? `The server ended the connection: ${reason}.` : "The server ended the connection."
      : `Not connected. Next try in ${Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))} s.`;
  return html`<div class="banner" role="status">
    <span>${words} What you write is kept and goes out later.</span>
    <button onClick=${() => chat.retryNow()}>${kind === "ended" ? "Connect again" : "Now"}</button>
  </div>`;
}
