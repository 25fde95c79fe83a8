// What the box is about, in a bar above its words: a message that is edited or answered. And the keys that begin and end it.

import {html} from "../../html.js";
import {rich, t} from "../../i18n/index.js";
import {begin, edited, end, keepWords, problem, removeEdited} from "../../state/editing.js";
import {lastOwn} from "../../state/changes.js";
import {quote} from "../../state/quotes.js";
import {shorten} from "../../text/characters.js";
import {gist} from "../../text/files.js";
import {plain} from "../../text/plain.js";
import {Icon} from "../icons.js";
import {boxOf} from "../input.js";

const REPLY = "M20 18v-2a4 4 0 0 0-4-4H4M9 17l-5-5 5-5";
const FIRST = 160; // characters of a message

const first = (text) => shorten(plain(text).replace(/\s+/g, " "), FIRST);

/** Edit a message in the box; return whether that can be. line: of the channel, or a message on its way. */
export function beginEdit(chat, channel, line) {
  if (!begin(chat, channel, line)) return false;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    // The words are in it by then.
    boxOf(channel)?.focus();
    boxOf(channel)?.setSelectionRange(channel.draft.length, channel.draft.length);
  }));
  return true;
}

/** Keys of the box: ↑ in an empty one edits the last own message, Escape ends what it is about. Return whether it was one of them. */
export function aboutByKey({key, shiftKey, altKey, ctrlKey, metaKey}, chat, channel) {
  if (shiftKey || altKey || ctrlKey || metaKey) return false;
  if (key === "ArrowUp" && !channel.draft && !channel.editing) {
    const line = lastOwn(chat, channel);
    return Boolean(line) && beginEdit(chat, channel, line);
  }
  if (key !== "Escape" || (!channel.editing && channel.replyTo === null)) return false;
  cancel(chat, channel);
  return true;
}

function cancel(chat, channel) {
  if (channel.editing) end(chat, channel);
  else chat.setReply(channel, null);
  boxOf(channel)?.focus();
}

/** id: what the box's ids begin with. */
export function About({chat, channel, id}) {
  const bar = channel.editing ? html`<${Editing} chat=${chat} channel=${channel} />` : channel.replyTo !== null && html`<${Reply} chat=${chat} channel=${channel} />`;
  return html`<div id=${`${id}-about`}>${bar}</div>`;
}

function Bar({icon, path, name, words, label, stop, stroke}) {
  return html`<div class="about">
    <${Icon} name=${icon} path=${path} /><b dir="auto">${name}</b><span class="cut" dir="auto">${words}</span>
    ${stroke && html`<kbd>${stroke}</kbd>`}<button class="quiet" onClick=${stop} aria-label=${label} title=${label}><${Icon} name="close" /></button>
  </div>`;
}

function Editing({chat, channel}) {
  const {line} = edited(chat, channel);
  const why = problem(chat, channel);
  const act = (name, run) => html`<button class="link" onClick=${() => (run(chat, channel), boxOf(channel)?.focus())}>${t(`edit.${name}`)}</button>`;
  return html`<${Bar} icon="pencil" name=${t("edit.title")} words=${first(channel.editing.was)} label=${t("edit.cancel")} stop=${() => cancel(chat, channel)} stroke="Esc" />
    <p role="alert" class="refusal alert">${why && html`<${Icon} name="alert" /><span>
      ${why === "clash" ? rich("edit.clash", {text: html`<q dir="auto">${line ? first(line.message) : "…"}</q>`, again: channel.editing.clash ? t("edit.again") : ""}) : t(`edit.${why}`)} ${why === "empty" ? act("delete", removeEdited) : why !== "clash" && act("keep", keepWords)}
    </span>`}</p>`;
}

function Reply({chat, channel}) {
  const {line, missing} = quote(chat, channel, channel.replyTo);
  const gone = missing || line?.deleted;
  return html`<${Bar} path=${REPLY} name=${line?.sender?.name ?? t("reply.title")} words=${gone ? t("reply.gone") : line ? gist(line, FIRST).replace(/\s+/g, " ") : "…"}
    label=${t("reply.cancel")} stop=${() => cancel(chat, channel)} />`;
}

