// What a newcomer may want to know; gone for good when it has been used or dismissed.

import {html, useEffect, useLayoutEffect} from "../../html.js";
import {rich, t} from "../../i18n/index.js";

export function Hint({chat}) {
  const used = [...chat.channels.values()].some(({draft}) => draft.startsWith("/"));
  function dismiss() {
    chat.storage.write("hinted", true);
    chat.changed();
  }
  useEffect(() => used && dismiss(), [used]);
  const gone = used || chat.storage.read("hinted", false);
  useLayoutEffect(() => {
    if (!gone) document.querySelector(".sidebar .here")?.scrollIntoView({block: "nearest"}); // the list has become shorter
  }, []);
  if (gone) return null;
  const touch = matchMedia("(pointer: coarse)").matches;
  const stroke = (keys) => html`<kbd>${keys}</kbd>`;
  return html`<aside class="hint" aria-label=${t("hint.title")}>
    <b>${t("hint.title")}</b>
    <p>${rich(touch ? "hint.touch" : "hint.keys", {jump: stroke("Ctrl K"), slash: stroke("/"), keys: stroke("?"), at: stroke("@")})}</p>
    <button class="small" onClick=${dismiss}>${t("hint.done")}</button>
  </aside>`;
}
