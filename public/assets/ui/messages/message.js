// A message, a notice, a message that is being sent.

import {html, memo} from "../../html.js";
import {clock, fullDate, rich, t} from "../../i18n/index.js";
import {mentionsMe, namesIn} from "../../text/mentions.js";
import {Avatar, Name} from "../avatar.js";
import {Icon} from "../icons.js";
import {Markup} from "./markup.js";

export function Time({time}) {
  return html`<time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${clock(time)}</time>`;
}

/** follows: grouped with the message before it. names: see Markup. bar: its actions, while it is active. box: see Channel.drawn. */
export const Message = memo(({line, follows, twin, names, bar, box}) => {
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
    ${bar && html`<div class="bar">
      <button class="quiet" onClick=${() => bar.quote(line)} aria-label=${t("message.quote")} title=${t("message.quote")}><${Icon} name="quote" /></button>
      ${bar.copy && html`<button class="quiet" onClick=${() => bar.copy(line)} aria-label=${t("message.copy")} title=${t("message.copy")}><${Icon} name="copy" /></button>`}
    </div>`}
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
  return html`<p class=${line.private ? "notice own" : "notice"} data-id=${line.id}>
    ${line.private && html`<span class="only"><${Icon} name="eyeOff" />${t("notice.own")}</span>`}
    <span dir="auto">${words}</span> <${Time} time=${line.time} />
  </p>`;
});

/** follows: as in Message; then its state stands in the margin. */
export function Pending({chat, item, follows}) {
  const name = chat.session.name;
  const state = t(item.error ? "message.failed" : "message.pending");
  const icon = html`<${Icon} name=${item.error ? "alert" : "clock"} />`;
  return html`<article class=${["message", item.error ? "failed" : "pending", follows && "follows"].filter(Boolean).join(" ")} data-id=${item.ref}>
    ${follows ? html`<span class="aside state">${icon}</span>` : html`<${Avatar} user=${chat.user ?? {id: "", name}} />`}
    <div class="body">
      ${follows
        ? html`<span class="hidden">${name} (${state})</span>`
        : html`<header><span class="name" dir="auto">${name}</span> <span class="state">${icon}${state}</span></header>`}
      <${Markup} text=${item.message} />
      ${item.error && html`<p class="alert" role="alert">${item.error}
        <button class="link" onClick=${() => chat.outbox.retry(item)}>${t("message.again")}</button>
        <button class="link" onClick=${() => chat.discard(item)}>${t("message.discard")}</button>
      </p>`}
    </div>
  </article>`;
}
