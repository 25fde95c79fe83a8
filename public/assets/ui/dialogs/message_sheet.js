// What can be done with a message: a menu beside the button that opens it, or a sheet after a long press.

import {html, useLayoutEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {react} from "../../state/changes.js";
import {options, quick} from "../messages/options.js";
import {Dialog} from "./dialog.js";
import {Icon} from "../icons.js";

const GAP = 4; // px between the button and the menu
const QUICK = 6; // emoji
const EDGE = 8; // px to the edge of the window

/** at: the button, whose bar has the first few. told: see options. */
export function MessageSheet({chat, channel, line, show, at, told, close}) {
  const list = useRef();
  const view = chat.view(channel, line);
  const all = options({chat, channel, show, told}, line);
  const [sheet] = useState(() => !at || !matchMedia("(min-width: 719.95px)").matches);
  const more = sheet && all.find(({name}) => name === "react"); // beside the emoji
  const taken = (run) => {
    close();
    setTimeout(run); // the page can have the focus again
  };
  useLayoutEffect(() => {
    const dialog = list.current.closest("dialog");
    if (!sheet) place(dialog, at.getBoundingClientRect());
  }, []);
  function key(event) {
    const buttons = [...list.current.querySelectorAll("button")];
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
    event.preventDefault();
  }
  return html`<${Dialog} title=${view.sender?.name ?? chat.session.name} close=${close} bare>
    <div class="actions on-message" ref=${list} onKeyDown=${key}>
      ${more && html`<div class="quick" role="group" aria-label=${t("message.react")}>${quick(chat, QUICK).map((one) => html`<button key=${one} class="quiet"
        aria-label=${t("message.react-with", {key: one})} aria-pressed=${chat.reacted(channel, view, one)} onClick=${() => taken(() => react(chat, channel, line, one))}>${one}</button>`)}<button class="quiet" aria-label=${more.words} onClick=${() => taken(more.run)}><${Icon} name="plus" /></button></div>`}
      ${all.filter((one) => one !== more).map(({name, keys, words, icon, run, why}) => html`<button key=${name} class=${name === "delete" ? "quiet danger" : "quiet"} aria-disabled=${Boolean(why)} onClick=${why ? undefined : () => taken(run)}>
        <${Icon} ...${icon} /><span class="name">${words}${why && html`<small>${why}</small>`}</span>${keys[0] && html`<kbd aria-hidden="true">${keys[0].slice(0, 3)}</kbd>`}
      </button>`)}
    </div>
  <//>`;
}

/** Put a menu below a button, or above it where there is more room. */
function place(dialog, {top, bottom, left, right}) {
  dialog.classList.add("placed");
  const {width, height} = dialog.getBoundingClientRect();
  const rtl = getComputedStyle(dialog).direction === "rtl";
  const below = bottom + GAP + height <= innerHeight - EDGE;
  const x = Math.max(EDGE, Math.min(rtl ? left : right - width, innerWidth - EDGE - width));
  const y = below ? bottom + GAP : Math.max(EDGE, top - GAP - height);
  dialog.style.insetInlineStart = `${rtl ? innerWidth - x - width : x}px`;
  dialog.style.insetBlockStart = `${y}px`;
}
