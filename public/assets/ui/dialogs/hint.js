// What a newcomer may want to know; gone for good when it has been used or dismissed.

import {html, useEffect} from "../../html.js";
import {rich, t} from "../../i18n/index.js";

export function Hint({chat}) {
  const used = [...chat.channels.values()].some(({draft}) => draft.startsWith("/"));
  function dismiss() {
    chat.storage.write("hinted", true);
    chat.changed();
  }
  useEffect(() => used && dismiss(), [used]);
  if (used || chat.storage.read("hinted", false)) return null;
  const touch = matchMedia("(pointer: coarse)").matches;
  const stroke = (keys) => html`<kbd>${keys}</kbd>`;
  return html`<aside class="hint" aria-label=${t("hint.title")}>
    <b>${t("hint.title")}</b>
    <p>${rich(touch ? "hint.touch" : "hint.keys", {jump: stroke("Ctrl K"), slash: stroke("/"), keys: stroke("?"), at: stroke("@")})}</p>
    <button class="small" onClick=${dismiss}>${t("hint.done")}</button>
  </aside>`;
}
