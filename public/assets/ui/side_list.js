// A list beside the conversation, or over it in a narrow window: its heading, what went wrong, and the way through it by keys.
// Loaded with the dialogs.

import {html} from "../html.js";
import {t} from "../i18n/index.js";
import {boxOf} from "./input.js";
import {Icon} from "./icons.js";
import {BACK} from "./pins.js";

const NEAR = 300; // px from the end, where more come in

/** box: a ref of the list. kind: its class. near(): the end is near. words: what went wrong. children: the entries; each has a button `.open`. */
export function SideList({box, kind = "", title, about, over, close, near, words, children}) {
  function key(event) {
    const places = [...box.current.querySelectorAll(".open")];
    const to = places[places.indexOf(document.activeElement) + ({ArrowDown: 1, ArrowUp: -1}[event.key] ?? NaN)];
    if (to) to.focus();
    else if (event.key === "Escape" && !over) {
      close();
      boxOf()?.focus();
    } else return;
    event.preventDefault();
  }
  const scrolled = ({currentTarget: {scrollTop, scrollHeight, clientHeight}}) => scrollHeight - scrollTop - clientHeight < NEAR && near();
  return html`<aside class=${`pins threads ${kind}`} ref=${box} tabindex="-1" aria-label=${title} onKeyDown=${key} onScroll=${scrolled}>
    <header>
      <button class="quiet back" onClick=${close} aria-label=${t("dialog.close")}><${Icon} path=${BACK} /></button>
      <div><h2>${title}</h2><p class="muted">${about}</p></div>
      <button class="quiet" onClick=${close} aria-label=${t("dialog.close")} title=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    <p class="alert" role="alert">${words}</p>
    ${children}
  </aside>`;
}
