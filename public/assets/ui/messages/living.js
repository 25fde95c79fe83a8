// What people have made of a message: the message that it answers, reactions, and that it was edited or pinned. Loaded with the dialogs.

import {html, useRef, useState} from "../../html.js";
import {fullDate, listed, rich, t} from "../../i18n/index.js";
import {goTo, react} from "../../state/changes.js";
import {quote} from "../../state/quotes.js";
import {gist} from "../../text/files.js";
import {Files} from "../files/files.js";
import {Icon, Mark} from "../icons.js";
import {byKeys} from "../input.js";
import {nameOf, seen, usePeopleOf} from "../names.js";
import {Replies} from "../threads/replies.js";
import {Writing} from "./growth.js";
import {press} from "./press.js";

const FIRST_WORDS = 160; // characters of a quoted message
const MOST = 20; // different reactions on a message; the server allows no more
const PIN = "M12 17v5M9 10.76a2 2 0 0 1-1.11 1.79l-1.78.9A2 2 0 0 0 5 15.24V16a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-.76a2 2 0 0 0-1.11-1.79l-1.78-.9A2 2 0 0 1 15 10.76V7a1 1 0 0 1 1-1 2 2 0 0 0 0-4H8a2 2 0 0 0 0 4 1 1 0 0 1 1 1z";
const SMILE = "M22 11v1a10 10 0 1 1-9-9.95M8 14s1.5 2 4 2 4-2 4-2M9 9h.01M15 9h.01M16 5h6M19 2v6";
const STOP = "M7 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z";
export const PATHS = {pin: PIN, react: SMILE, stop: STOP};

/** Who has reacted, this user first: {me, names, others}; `others` have no name here. */
export function reactors(chat, channel, line, {key, count, users}) {
  const me = chat.reacted(channel, line, key);
  const names = users.filter((id) => id !== chat.user?.id).flatMap((id) => nameOf(chat, channel, id) ?? []);
  return {me, names, others: count - names.length - (me ? 1 : 0)};
}

/** Who has pinned a message, in words. */
export function pinnedBy(chat, channel, {by}) {
  if (by === chat.user?.id) return t("pins.own");
  const name = nameOf(chat, channel, by);
  return name ? t("pins.by", {name}) : t("pins.pinned");
}

/** "You, Ann Becker and 3 others with 👍". */
function namesOf(chat, channel, line, reaction) {
  const {me, names, others} = reactors(chat, channel, line, reaction);
  const all = [...(me ? [t("reaction.you")] : []), ...names, ...(others > 0 ? [t("notice.others", {count: others})] : [])];
  const people = listed(all).map(({type, value}) => (type === "element" ? html`<bdi>${value}</bdi>` : value));
  return rich("reaction.names", {names: people, key: reaction.key});
}

/** Where names find room beside a pill: below it, unless that is out of the log. */
function room(pill) {
  const log = pill.closest(".messages")?.getBoundingClientRect();
  if (!log) return "names";
  const {bottom, left, right} = pill.getBoundingClientRect();
  const rtl = getComputedStyle(pill).direction === "rtl";
  const short = (rtl ? right - log.left : log.right - left) < 240;
  return ["names", bottom + 64 > log.bottom && "above", short && "back"].filter(Boolean).join(" ");
}

function Reactions({chat, channel, line, show}) {
  const [told, tell] = useState(null); // {key, place}: the reaction whose names are shown
  const held = useRef(false); // by a finger, for long: that is no press
  function down(event, key) {
    held.current = false;
    if (event.pointerType !== "touch") return;
    press(event, () => {
      held.current = true;
      show({about: "reacted", line, first: key});
    });
  }
  usePeopleOf(chat, channel, told ? line.reactions.find(({key}) => key === told.key)?.users ?? [] : []); // namesOf has them then
  const pills = line.reactions.map((reaction) => {
    const {key, count, users} = reaction;
    for (const id of users) if (channel.users.has(id)) seen.set(id, channel.users.get(id).name);
    const mine = chat.reacted(channel, line, key);
    const names = told?.key === key && told;
    const shows = ({currentTarget}) => tell({key, place: room(currentTarget)});
    const hides = () => tell(null);
    const id = `names-${line.id}`;
    return html`<span class="named" key=${key}><button
      class="reaction" aria-pressed=${mine} aria-label=${t(mine ? "reaction.mine" : "reaction.count", {key, count})} aria-describedby=${names ? id : undefined}
      onClick=${() => held.current || react(chat, channel, line, key)} onPointerDown=${(event) => down(event, key)}
      onPointerEnter=${(event) => event.pointerType !== "touch" && shows(event)} onPointerLeave=${hides} onFocus=${(event) => byKeys() && shows(event)} onBlur=${hides} onKeyDown=${({key: pressed}) => pressed === "Escape" && hides()}
    ><span aria-hidden="true">${key}</span>${count}</button>${names && html`<span class=${names.place} role="tooltip" id=${id}>${namesOf(chat, channel, line, reaction)}</span>`}</span>`;
  });
  return html`<div class="reactions" role="group" aria-label=${t("reaction.all")}>${pills}${line.reactions.length < MOST && html`<button
    class="reaction more" onClick=${() => show({about: "react", line})} aria-label=${t("message.react")} title=${t("message.react")}><${Icon} path=${SMILE} /></button>`}</div>`;
}

/** The seq of the message that is named above a line: what it answers or, in the channel, whose thread it is in. */
const answers = ({root}, {reply_to, thread, deleted}) => (deleted ? undefined : reply_to ?? (root ? undefined : thread));

/** The message that is named above a line; null if it is not there, undefined as long as that is not known. */
function quoted(chat, channel, line) {
  const seq = answers(channel, line);
  if (!seq) return undefined;
  const {line: found, missing} = quote(chat, channel, seq);
  return missing ? null : found;
}

/** Whether the thread of a message has something that this user has not read. */
const news = ({threads}, {name}, {seq, replies}) => Boolean(replies && threads?.entry({name, root: seq})?.unread);

/** quoted: see `quoted`. */
function Quote({chat, channel, line, quoted}) {
  const seq = answers(channel, line);
  if (!seq) return null;
  const threaded = !line.reply_to;
  if (quoted === null) return html`<p class="quote gone">${t("quote.missing")}</p>`;
  return html`<button class=${threaded ? "quote threaded" : "quote"} onClick=${() => (threaded ? chat.threads?.open(channel, seq, line.seq) : goTo(chat, channel, seq))} title=${t(threaded ? "thread.open" : "quote.go")}>
    ${threaded && html`<${Icon} name="thread" />`}<span class="hidden">${t(threaded ? "thread.answers" : "quote.answers")} </span>${!quoted ? "…" : html`${quoted.sender && html`<b dir="auto">${quoted.sender.name}</b>`} ${quoted.deleted
      ? html`<span class="gone">${t("message.deleted")}</span>`
      : html`<span class="cut" dir="auto">${gist(quoted, FIRST_WORDS)}</span>`}`}
  </button>`;
}

/** What stands under a message. */
function Under({chat, channel, line, news, show}) {
  if (line.deleted && !line.replies?.count) return null;
  return html`${channel.root && line.also_in_channel && !line.deleted && html`<p class="also">${t("thread.also-sent", {name: channel.called})}</p>`}
    ${line.reactions?.length > 0 && html`<${Reactions} chat=${chat} channel=${channel} line=${line} show=${show} />`}
    ${!channel.root && line.replies?.count > 0 && html`<${Replies} chat=${chat} channel=${channel} line=${line} news=${news} />`}`;
}

/** What has become of a message, beside its time. short: in the margin, in signs. */
function Marks({chat, channel, line, short}) {
  const {deleted, edited, pinned, waits, growing, stopped} = line;
  const when = edited && t("message.edited-at", {time: fullDate(edited)});
  const sign = (icon, words, title = words) => html`<span class="mark" title=${title}><${Icon} ...${icon} /><span class="hidden">${words}</span></span>`;
  return html`<span class="marks">
    ${edited && !waits?.length && (short ? sign({name: "pencil"}, t("message.edited"), when) : html`<span class="edited" title=${when}>${t("message.edited")}</span>`)}
    ${growing && !deleted && (short ? html`<span class="mark writing" title=${t("message.growing")}><${Mark} moves /><span class="hidden">${t("message.growing")}</span></span>` : html`<${Writing} chat=${chat} channel=${channel} line=${line} />`)}
    ${stopped && !deleted && (short ? sign({path: STOP}, t("message.stopped")) : html`<span class="edited">${t("message.stopped")}</span>`)}
    ${pinned && sign({path: PIN}, pinnedBy(chat, channel, pinned))}
    ${waits?.length > 0 && !deleted && sign({name: "clock"}, t("message.pending"))}
  </span>`;
}

export const living = {Files, Marks, Quote, Under, answers, news, quoted};
