// The rows of the conversation: messages, notices, days, and the line above what is new.

import {html, useState} from "../../html.js";
import {day, fullDay, spelling, t} from "../../i18n/index.js";
import {canName} from "../../text/mentions.js";
import {continues, isComing, sameDay} from "../../state/channel.js";
import {twins} from "../../text/people.js";
import {Icon, Tile} from "../icons.js";
import {Message, Notice} from "./message.js";

/** before: the line above the first that is shown. later: dialogs/index.js, once it is loaded. */
export function rows({chat, channel, names, active, later: {Comings, Own = Notice, fold}, before}, shown) {
  const senders = shown.flatMap((line) => line.sender ?? []);
  const alike = twins([...channel.users.values(), ...senders, chat.user ?? []].flat());
  const days = []; // each with its rows
  let drawn;
  let marked = channel.mark === null || (before?.seq ?? 0) > channel.mark;
  const comings = chat.storage.read("comings", ""); // "all", "none" or folded
  const wanted = comings === "none" ? shown.filter((line) => !isComing(line)) : shown;
  for (const line of fold?.(wanted, sameDay, comings === "all") ?? wanted) {
    if (!before || !sameDay(line.time, before.time)) {
      drawn = [];
      days.push({time: line.time, drawn, begins: true});
      before = null;
    } else if (!drawn) {
      drawn = [];
      days.push({time: line.time, drawn});
    }
    if (!marked && line.seq > channel.mark && line.sender?.id !== chat.user?.id) {
      marked = true;
      drawn.push(html`<div class="new" key="new" role="separator" aria-label=${t("messages.mark")}><span>${t("messages.mark")}</span></div>`);
      before = null;
    }
    const isActive = active.id === line.id;
    const box = channel.drawn.get(line.id);
    drawn.push(
      line.sender
        ? html`<${Message}
            key=${line.id} line=${line} follows=${continues(line, before)} twin=${alike.has(line.sender.id)}
            names=${canName(line.message) ? names : undefined} spelling=${spelling()} Bar=${isActive ? active.Bar : undefined} box=${box}
          />`
        : html`<${(box ?? line).view ?? (line.comings ? Comings : line.private ? Own : Notice)}
            key=${line.id} line=${box ? {...line, ...box} : line} names=${names} spelling=${spelling()} dismiss=${line.private && active.dismiss}
          />`,
    );
    before = line;
  }
  return days.map(({time, drawn, begins}) => html`<section key=${new Date(time).toDateString()} class="day">
    ${begins && html`<time datetime=${new Date(time).toISOString().slice(0, 10)} title=${fullDay(time)}>${day(time)}</time>`}
    ${drawn}
  </section>`);
}

export function Beginning({channel}) {
  const empty = channel.lines.length === 0;
  return html`<div class="beginning">
    <${Tile} name="hash" kind=${empty ? "large warm" : "large"} />
    <h2 dir="auto">${t("messages.this-is", {name: channel.name})}</h2>
    <p>${t(empty ? "messages.empty" : "messages.beginning")}</p>
    ${empty && html`<${Invitation} />`}
  </div>`;
}

/** One thing to do in an empty channel. */
function Invitation() {
  const [copied, setCopied] = useState(false);
  return html`<div>
    <button class="primary" onClick=${() => document.querySelector(".composer textarea").focus()}><${Icon} name="hand" />${t("messages.hello")}</button>
    ${navigator.clipboard && html`<button onClick=${() => navigator.clipboard.writeText(location.href).then(() => setCopied(true), () => {})}>
      <${Icon} name="link" /><span role="status">${t(copied ? "messages.link-copied" : "messages.copy-link")}</span>
    </button>`}
  </div>`;
}
