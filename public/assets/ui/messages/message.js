// A message, a notice, a message that is being sent.

import {html, memo} from "../../html.js";
import {clock, fullDate, rich, t} from "../../i18n/index.js";
import {mentionsMe, namesIn} from "../../text/mentions.js";
import {Avatar, Name} from "../avatar.js";
import {boxOf, byKeys, insert} from "../input.js";
import {Icon} from "../icons.js";
import {Markup} from "./markup.js";

export function Time({time}) {
  return html`<time datetime=${new Date(time).toISOString()} title=${fullDate(time)}>${clock(time)}</time>`;
}

function arrived(chat, channel, jump) {
  channel.arrivedAt = jump;
  chat.changed();
}

/** Who came to a row by keys, from another one, goes on from there. */
function found(row) {
  if (row && byKeys() && document.activeElement.matches("body, .messages *")) row.focus({preventScroll: true});
}

/** The class of pictures side by side, and the style of one alone. */
export const columns = ({length}) => `pictures ${length < 2 ? "" : length === 2 || length === 4 ? "two" : "three"}`;
export function shape({width, height}) {
  const ratio = Math.min(4, Math.max(0.4, width / height));
  return `inline-size:${Math.min(26, 22 * ratio, Math.max(6, width / 16))}rem;aspect-ratio:${ratio}`;
}

/** The place of files, until what draws them is loaded. */
function Room({files}) {
  const pictures = files.filter(({width}) => width);
  return html`<div class="files"><div class=${columns(pictures)}>${pictures.map((one) => html`<i class="picture" style=${pictures[1] ? "" : shape(one)} />`)}</div>${files.map(({width, type}) => !width && html`<i class=${/^video/.test(type) ? "film" : "file"} />`)}</div>`;
}

/**
 * line: as it is drawn. follows: grouped with the message before it. names: see Markup. Bar: its actions, while it is active.
 * box: see Channel.drawn. living: see living.js. quoted: what it answers. news: whether its thread has something unread. jump: counts how often it was jumped to. extra: what plugins add, if anything; show: see Shell.
 */
export const Message = memo(({chat, channel, line, follows, twin, names, Bar, box, living = {}, quoted, news, jump, answered, extra, show}) => {
  const {sender, deleted} = line;
  const {Files = Room, Marks, Quote, Under} = living;
  const text = deleted
    ? html`<p class="text gone">${t(deleted.by === chat.user?.id ? "message.deleted-own" : "message.deleted")}</p>`
    : line.message && html`<${Markup} text=${line.message} names=${names} mentions=${line.mentions} />`;
  const forMe = names && mentionsMe(line.message, names, line.mentions);
  const waits = line.waits?.some((what) => what === "edited" || what === "deleted");
  const marks = Marks && (line.edited || line.pinned || line.waits || line.growing || line.stopped) && html`<${Marks} chat=${chat} channel=${channel} line=${line} short=${follows} />`;
  const kinds = {follows, "for-me": forMe, growing: line.growing && !deleted, pending: waits, answered, marked: jump > 0, again: jump > 0 && jump % 2};
  return html`<article class=${["message", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" ")} data-id=${line.id} tabindex="-1"
    ref=${jump ? found : undefined} onAnimationEnd=${jump ? () => arrived(chat, channel, jump) : undefined}>
    ${follows ? html`<span class="aside"><${Time} time=${line.time} />${marks}</span>` : html`<${Avatar} user=${sender} />`}
    <div class="body">
      ${follows
        ? html`<span class="hidden">${sender.name}</span>`
        : html`<header><${Name} user=${sender} twin=${twin} /> <${Time} time=${line.time} />${marks}</header>`}
      ${Quote && !deleted && html`<${Quote} chat=${chat} channel=${channel} line=${line} quoted=${quoted} />`}
      ${box && !deleted ? html`<${box.view} line=${box}>${text}<//>` : text}
      ${line.files && !deleted && html`<${Files} chat=${chat} line=${line} show=${show} files=${line.files} />`}
      ${extra && !deleted && html`<${extra.view} ...${extra} />`}
      ${Under && html`<${Under} chat=${chat} channel=${channel} line=${line} news=${news} show=${show} />`}
    </div>
    ${Bar && html`<${Bar} chat=${chat} channel=${channel} line=${line} show=${show} />`}
  </article>`;
});

const IS_NOW = " is now "; // the server's words

/** names: see Markup. */
export const Notice = memo(({line, names}) => {
  const own = (name) => html`<bdi>${name}</bdi>`;
  const name = line.event === "rename" && line.user.name;
  const words = name && line.message.endsWith(IS_NOW + name)
    ? rich("notice.rename", {old: own(line.message.slice(0, -(IS_NOW + name).length)), name: own(name)})
    : line.deleted ? t("message.deleted") : namesIn(line.message, names).map((piece) => (piece.name ? own(piece.name) : piece));
  return html`<p class="notice" data-id=${line.id}><span dir="auto">${words}</span> <${Time} time=${line.time} /></p>`;
});

/** item: of the outbox. The others are as in Message; if it follows, its clock stands in the margin. */
export function Pending({chat, channel, item, follows, Bar, living = {}, quoted, show}) {
  const name = chat.session.name;
  const {message, deleted} = chat.view({name: item.target}, item);
  if (deleted) return null;
  const state = t(item.error ? "message.failed" : "message.pending");
  const clock = !item.error && html`<${Icon} name="clock" />`;
  function edit() {
    const field = boxOf(channel);
    insert(field, item.message + (field.value && "\n\n"), 0, 0);
    chat.attachments?.giveBack(channel, item);
    chat.discard(item);
  }
  return html`<article class=${["message", item.error ? "failed" : "pending", follows && "follows"].filter(Boolean).join(" ")} data-id=${item.ref} tabindex="-1">
    ${follows ? html`<span class="aside state">${clock}</span>` : html`<${Avatar} user=${chat.user ?? {id: "", name}} />`}
    <div class="body">
      ${follows
        ? html`<span class="hidden">${name} (${state})</span>`
        : html`<header><span class="name" dir="auto">${name}</span> ${clock && html`<span class="state">${clock}${state}</span>`}</header>`}
      ${living.Quote && html`<${living.Quote} chat=${chat} channel=${channel} line=${item} quoted=${quoted} />`}
      ${message && html`<${Markup} text=${message} />`}
      ${living.Files && item.files && html`<${living.Files} chat=${chat} line=${item} />`}
      ${item.error && html`<p class="fate" role="alert"><span class="alert"><${Icon} name="alert" />${state}</span> <span>${item.error}</span>
        <button class="link" onClick=${() => chat.outbox.retry(item)}>${t("message.again")}</button>
        <button class="link" onClick=${edit}>${t("message.edit")}</button>
        <button class="link" onClick=${() => chat.discard(item)}>${t("message.discard")}</button>
      </p>`}
    </div>
    ${Bar && html`<${Bar} chat=${chat} channel=${channel} line=${item} show=${show} />`}
  </article>`;
}
