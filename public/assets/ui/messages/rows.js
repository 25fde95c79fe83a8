// The rows of the conversation: messages, notices, days, and the line above what is new.

import {html} from "../../html.js";
import {day, fullDay, spelling, t} from "../../i18n/index.js";
import {canName} from "../../text/mentions.js";
import {continues, isComing, sameDay} from "../../state/channel.js";
import {twins} from "../../text/people.js";
import {Message, Notice, Pending} from "./message.js";

/** before: the line above the first that is shown. later: dialogs/index.js, once it is loaded. show: see Shell. */
export function rows({chat, channel, names, active, later: {Comings, Own = Notice, fold, living}, before, show}, shown) {
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
    if (!marked && line.seq > channel.mark && !line.deleted && line.sender?.id !== chat.user?.id) {
      marked = true;
      drawn.push(html`<div class="new" key="new" role="separator" aria-label=${t("messages.mark")}><span>${t("messages.mark")}</span></div>`);
      before = null;
    }
    const isActive = active.id === line.id;
    const box = line.sender || !line.deleted ? channel.drawn.get(line.id) : undefined;
    drawn.push(
      line.sender
        ? html`<${Message}
            key=${line.id} line=${line} follows=${!living?.answers(channel, line) && continues(line, before)} twin=${alike.has(line.sender.id)}
            names=${canName(line.message) ? names : undefined} spelling=${spelling()} Bar=${isActive ? active.Bar : undefined} box=${box}
            chat=${chat} channel=${channel} living=${living} quoted=${living?.quoted(chat, channel, line)} jump=${jumpTo(channel, line)} news=${living?.news(chat, channel, line)}
            answered=${line.seq && (channel.editing ?? {seq: channel.replyTo}).seq === line.seq} extra=${chat.plugins?.decoration(channel, line)} show=${show}
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

/** The rows of what is on its way. */
export function pending({chat, channel, active, later: {living}, show}) {
  const mine = ({time}) => ({sender: chat.user ?? {id: ""}, time});
  return chat.outbox.of(channel.name, channel.root).map((item, at, all) => html`<${Pending}
    key=${item.ref} chat=${chat} channel=${channel} item=${item} living=${living} quoted=${living?.quoted(chat, channel, item)} show=${show}
    follows=${!item.reply_to && continues(mine(item), at ? mine(all[at - 1]) : channel.lines.at(-1))} Bar=${active.id === item.ref ? active.Bar : undefined}
  />`);
}

/** The count of the jump that leads to a line and is not over; else 0. */
const jumpTo = ({jump, arrivedAt}, {seq}) => (jump?.seq === seq && jump?.count !== arrivedAt ? jump.count : 0);
