// The pinned messages of a channel, beside it, and the button that opens them where there are some. Loaded with the dialogs.

import {html, useEffect, useRef, useState} from "../html.js";
import {explain, fullDate, t} from "../i18n/index.js";
import {can, goTo, pin, pins} from "../state/changes.js";
import {gist} from "../text/files.js";
import {Avatar} from "./avatar.js";
import {Icon} from "./icons.js";
import {byKeys} from "./input.js";
import {PATHS, pinnedBy} from "./messages/living.js";
import {StateCard} from "./state_card.js";
import {when} from "./when.js";

const FIRST_WORDS = 300; // characters of a message
export const BACK = "m12 19-7-7 7-7M19 12H5";

/** Keep the pinned messages of a channel: asked for when it is joined, and when one of them changes that is not in memory. */
async function learnPins(chat, channel) {
  const {session} = chat.connection;
  if (chat.wire < 2 || !channel.joined || channel.pinsOf === session) return;
  channel.pinsOf = session;
  try {
    channel.pins = await pins(chat, channel);
    channel.pinsRefused = "";
  } catch (error) {
    channel.pinsRefused = explain(error); // asked again when they are opened
  }
  chat.changed();
}

/** The pinned messages, the newest pin first, as they are drawn. */
export function pinned(chat, channel) {
  const found = new Map((channel.pins ?? []).map((line) => [line.seq, chat.view(channel, line)]));
  for (const line of channel.lines) {
    const view = chat.view(channel, line); // newer than the answer was
    if (view.pinned || found.has(line.seq)) found.set(line.seq, view);
  }
  return [...found.values()].filter((line) => line.pinned).sort((one, other) => other.pinned.time - one.pinned.time || other.seq - one.seq);
}

/** open: whether they are shown. toggle(event): show them, or show them no more. */
export function PinsButton({chat, channel, open, toggle}) {
  useEffect(() => void learnPins(chat, channel), [channel, channel.joined, chat.connection.session, channel.pinsOf]);
  const count = pinned(chat, channel).length;
  return (count > 0 || open) && html`<button class="quiet pins-button" onClick=${toggle} aria-expanded=${open} title=${t("pins.title")}>
    <${Icon} path=${PATHS.pin} /><span class="hidden">${t("pins.title")}</span> ${count || ""}
  </button>`;
}

/** close(): show them no more. over: whether they lie over the room, which is to be seen once one is chosen. */
export function Pins({chat, channel, close, over}) {
  const box = useRef();
  useEffect(() => {
    if (channel.pinsRefused) channel.pinsOf = null;
    learnPins(chat, channel);
    if (byKeys() && !over) (box.current.querySelector(".open") ?? box.current).focus();
    const wide = matchMedia("(min-width: 1100px)"); // in which it is no drawer
    wide.addEventListener("change", close);
    return () => wide.removeEventListener("change", close);
  }, []);
  const lines = pinned(chat, channel);
  function go(line) {
    if (over) close();
    goTo(chat, channel, line.seq);
  }
  function unpin({currentTarget}, line) {
    const row = currentTarget.closest("li");
    ((row.nextElementSibling ?? row.previousElementSibling)?.querySelector(".open") ?? box.current).focus(); // this row goes
    pin(chat, channel, line);
  }
  function key(event) {
    if (event.key !== "Escape" || over) return; // that is the drawer's
    close();
    document.querySelector(lines.length ? ".pins-button" : ".composer textarea").focus(); // without any the button goes
  }
  return html`<aside class="pins" ref=${box} tabindex="-1" aria-label=${t("pins.title")} onKeyDown=${key}>
    <header>
      <button class="quiet back" onClick=${close} aria-label=${t("dialog.close")}><${Icon} path=${BACK} /></button>
      <div><h2>${t("pins.title")}</h2><p class="muted" dir="auto">${channel.called}</p></div>
      <button class="quiet" onClick=${close} aria-label=${t("dialog.close")} title=${t("dialog.close")}><${Icon} name="close" /></button>
    </header>
    ${channel.pinsRefused && html`<p class="alert" role="alert">${channel.pinsRefused}</p>`}
    ${lines.length === 0 && html`<${StateCard} path=${PATHS.pin} title=${t("pins.none")}><p>${t("pins.none-hint")}</p><//>`}
    <ul>
      ${lines.map((line) => html`<li key=${line.id}>
        ${line.sender ? html`<${Avatar} user=${line.sender} />` : html`<span />`}
        <button class="open" aria-current=${channel.jump?.seq === line.seq} onClick=${() => go(line)}><span class="head">${line.sender && html`<b class="name" dir="auto">${line.sender.name}</b>`} <time datetime=${new Date(line.time).toISOString()} title=${fullDate(line.time)}>${when(line.time)}</time></span>
          <span class="excerpt" dir="auto">${gist(line, FIRST_WORDS)}</span></button>
        <p class="fate"><span>${pinnedBy(chat, channel, line.pinned)}</span>
          ${can(chat, channel, "pin", line) && html`<button class="link" onClick=${(event) => unpin(event, line)}>${t("message.unpin")}</button>`}</p>
      </li>`)}
    </ul>
  </aside>`;
}
