// A message that is being written: that it is, and how it is stopped; in its row and in the strip.

import {html, useState} from "../../html.js";
import {rich, t} from "../../i18n/index.js";
import {stop} from "../../state/changes.js";
import {Mark} from "../icons.js";

/** Whether a message is being stopped, and how that is asked for. */
function useStop(chat, channel, line) {
  const [asked, ask] = useState(0); // its seq
  function end() {
    ask(line.seq);
    stop(chat, channel, line).then(() => ask(0));
  }
  return [asked === line.seq, end];
}

/** Beside the name. */
export function Writing({chat, channel, line}) {
  const [waits, end] = useStop(chat, channel, line);
  return html`<span class="writing"><${Mark} moves /><span>${t("message.growing")}</span></span>
    ${chat.connection.open && html`<button class="stop" onClick=${end} aria-disabled=${waits} aria-label=${t("growing.stop-of", {name: line.sender?.name ?? ""})}>${t(waits ? "growing.stopping" : "growing.stop")}</button>`}`;
}

/** In the strip. */
export function Growth({chat, channel, line}) {
  const [waits, end] = useStop(chat, channel, line);
  return html`<p class="typing">${rich("growing.by", {name: html`<bdi>${line.sender?.name}</bdi>`})}</p>
    <button class="pill stop" onClick=${end} aria-disabled=${waits}>${t(waits ? "growing.stopping" : "growing.stop")}</button>`;
}
