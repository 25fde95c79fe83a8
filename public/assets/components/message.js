// One message, one notice, one that is on its way.

import {html} from "../html.js";
import {clock, fullDate, rich, t} from "../language.js";
import {pieces} from "../text.js";
import {Avatar, Name} from "./avatar.js";

/** A text with its links, which open elsewhere and do not tell where they were. */
function Text({text}) {
  return html`<div class="text" dir="auto">${pieces(text).map((piece) =>
    typeof piece === "string" ? piece : html`<a href=${piece.href} target="_blank" rel="noopener noreferrer">${piece.href}</a>`,
  )}</div>`;
}

function Time({time}) {
  return html`<time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${clock(time)}</time>`;
}

export function Message({line, follows, users, me}) {
  const {sender} = line;
  return html`<article class=${follows ? "message follows" : "message"} data-id=${line.id}>
    ${follows ? html`<span class="aside"><${Time} time=${line.time} /></span>` : html`<${Avatar} user=${sender} />`}
    <div class="body">
      <header class=${follows ? "hidden" : ""}><${Name} user=${sender} users=${me ? [...users, me] : users} /> <${Time} time=${line.time} /></header>
      <${Text} text=${line.message} />
    </div>
  </article>`;
}

const PLAIN = {join: " joined the channel", leave: " left the channel"};

/** The words of a notice: ours for what the server says of itself, else as they came (a plugin greets in its own way). */
function words({message, event, user}) {
  if (!user || message !== user.name + PLAIN[event]) return message;
  return rich(`notice.${event}`, {name: html`<bdi>${user.name}</bdi>`});
}

export function Notice({line}) {
  return html`<p class=${line.own ? "notice own" : "notice"} data-id=${line.id}>
    <span dir="auto">${words(line)}</span> <${Time} time=${line.time} />
  </p>`;
}

export function Pending({chat, item}) {
  return html`<article class=${item.error ? "message failed" : "message pending"} data-id=${item.ref}>
    <${Avatar} user=${chat.user ?? {id: "", name: chat.name}} />
    <div class="body">
      <header><span class="name" dir="auto">${chat.name}</span> <span class="state">${t(item.error ? "message.failed" : "message.pending")}</span></header>
      <${Text} text=${item.message} />
      ${item.error && html`<p class="alert" role="alert">${item.error}
        <button onClick=${() => chat.again(item)}>${t("message.again")}</button>
        <button onClick=${() => chat.discard(item)}>${t("message.discard")}</button>
      </p>`}
    </div>
  </article>`;
}
