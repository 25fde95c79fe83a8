// What can be taken back for some seconds: a channel that was left, a message that was deleted. In the strip.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {silent} from "../banner.js";
import {Icon} from "../icons.js";

const LONGEST = 8; // s, also where the clock was set back meanwhile

/**
 * What was done last and can still be taken back: {words, until (ms), undo()}; undefined if there is nothing. Without a
 * connection the way back to a channel stays open, and is shown afterwards.
 */
export function undoable(chat) {
  const left = (silent(chat) ? chat.left : []).map(({channel: {name, called}, until}) => ({words: t("channels.left", {name: called}), until, undo: () => chat.open(name)}));
  const deleted = chat.outbox.held.map(({until, keep}) => ({words: t("strip.deleted"), until, undo: keep}));
  return [...left, ...deleted].sort((one, other) => one.until - other.until).at(-1);
}

/** It, with the seconds in which that can be done. */
export function Undo({words, until, undo}) {
  const button = useRef();
  const [, tick] = useState(0);
  useEffect(() => {
    if (!until) return;
    if (document.activeElement === document.body) button.current?.focus(); // the button that was pressed may be gone
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [until]);
  return html`<div role="status">${words && html`<div class="left">
    <span dir="auto">${words}</span>
    <button class="pill" ref=${button} onClick=${undo}>
      <${Icon} name="undo" />${t("channels.undo")} <span class="seconds" aria-hidden="true">${Math.max(1, Math.min(LONGEST, Math.ceil((until - Date.now()) / 1000)))}</span>
    </button>
  </div>`}</div>`;
}
