// Above the conversation: the state of a lost connection, and the channel that was just left.

import {html, useEffect, useRef, useState} from "../html.js";
import {t} from "../i18n/index.js";

/** Why the connection has ended for good. neverIn: the user was never let in. */
export function ending({code, reason, neverIn}) {
  if (!reason) return t("banner.ended");
  return t(neverIn && code === 4403 ? "banner.banned" : "banner.ended-because", {reason});
}

export function Banner({chat}) {
  const {kind, retryAt} = chat.session.state;
  const [, tick] = useState(0);
  useEffect(() => {
    if (kind !== "waiting") return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [kind, retryAt]);

  if (kind === "open" || (kind === "connecting" && !chat.user)) return null;
  if (kind === "connecting") return html`<div class="banner" role="status">${t("banner.connecting")}</div>`;
  const ended = kind === "ended";
  const words = ended ? ending(chat.session.state) : t("banner.waiting", {count: Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))});
  return html`<div class="banner" role="status">
    <span>${words} ${!ended && chat.current && t("banner.kept")}</span>
    <button onClick=${() => chat.connection.connect()}>${t(ended ? "banner.again" : "banner.now")}</button>
  </div>`;
}

/** The channel that was just left, with Undo. */
export function Left({chat}) {
  const button = useRef();
  const name = chat.sync.left.at(-1)?.channel.name;
  useEffect(() => {
    if (document.activeElement === document.body) button.current?.focus(); // the button that was pressed may be gone
  }, [name]);
  return html`<div role="status">${name !== undefined && html`<div class="left">
    <span dir="auto">${t("channels.left", {name})}</span>
    <button ref=${button} onClick=${() => chat.sync.undoLeave()}>${t("channels.undo")}</button>
  </div>`}</div>`;
}
