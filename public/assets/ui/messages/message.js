// A message, a notice, a message that is being sent.

import {html, memo} from "../../html.js";
import {clock, fullDate, rich, t} from "../../i18n/index.js";
import {mentionsMe, namesIn} from "../../text/mentions.js";
import {Avatar, Name} from "../avatar.js";
import {insert} from "../input.js";
import {Icon} from "../icons.js";
import {Markup} from "./markup.js";

export function Time({time}) {
  return html`<time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${clock(time)}</time>`;
}

/** follows: grouped with the message before it. names: see Markup. Bar: its actions, while it is active. box: see Channel.drawn. */
export const Message = memo(({line, follows, twin, names, Bar, box}) => {
  const {sender} = line;
  const text = html`<${Markup} text=${line.message} names=${names} />`;
  const forMe = names && mentionsMe(line.message, names);
  return html`<article class=${["message", follows && "follows", forMe && "for-me"].filter(Boolean).join(" ")} data-id=${line.id} tabindex="-1">
    ${follows ? html`<span class="aside"><${Time} time=${line.time} /></span>` : html`<${Avatar} user=${sender} />`}
    <div class="body">
      ${follows
        ? html`<span class="hidden">${sender.name}</span>`
        : html`<header><${Name} user=${sender} twin=${twin} /> <${Time} time=${line.time} /></header>`}
      ${box ? html`<${box.view} line=${box}>${text}<//>` : text}
    </div>
    ${Bar && html`<${Bar} line=${line} />`}
  </article>`;
});

const IS_NOW = " is now "; // the server's words

/** names: see Markup. */
export const Notice = memo(({line, names}) => {
  const own = (name) => html`<bdi>${name}</bdi>`;
  const name = line.event === "rename" && line.user.name;
  const words = name && line.message.endsWith(IS_NOW + name)
    ? rich("notice.rename", {old: own(line.message.slice(0, -(IS_NOW + name).length)), name: own(name)})
    : namesIn(line.message, names).map((piece) => (piece.name ? own(piece.name) : piece));
  return html`<p class="notice" data-id=${line.id}><span dir="auto">${words}</span> <${Time} time=${line.time} /></p>`;
});

/** follows: as in Message; then its clock stands in the margin. */
export function Pending({chat, item, follows}) {
  const name = chat.session.name;
  const state = t(item.error ? "message.failed" : "message.pending");
  const clock = !item.error && html`<${Icon} name="clock" />`;
  function edit() {
    const field = document.querySelector(".composer textarea");
    insert(field, item.message + (field.value && "\n\n"), 0, 0);
    chat.discard(item);
  }
  return html`<article class=${["message", item.error ? "failed" : "pending", follows && "follows"].filter(Boolean).join(" ")} data-id=${item.ref}>
    ${follows ? html`<span class="aside state">${clock}</span>` : html`<${Avatar} user=${chat.user ?? {id: "", name}} />`}
    <div class="body">
      ${follows
        ? html`<span class="hidden">${name} (${state})</span>`
        : html`<header><span class="name" dir="auto">${name}</span> ${clock && html`<span class="state">${clock}${state}</span>`}</header>`}
      <${Markup} text=${item.message} />
      ${item.error && html`<p class="fate" role="alert"><span class="alert"><${Icon} name="alert" />${state}</span> <span>${item.error}</span>
        <button class="link" onClick=${() => chat.outbox.retry(item)}>${t("message.again")}</button>
        <button class="link" onClick=${edit}>${t("message.edit")}</button>
        <button class="link" onClick=${() => chat.discard(item)}>${t("message.discard")}</button>
      </p>`}
    </div>
  </article>`;
}
