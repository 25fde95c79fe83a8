// What people make of messages: edits, deletions, reactions, replies, pins; and what can be done with one.

import {html} from "../../assets/html.js";
import {dialogs} from "../../assets/ui/shell.js";
import {rows} from "../../assets/ui/messages/rows.js";
import {Pins} from "../../assets/ui/pins.js";
import {namesOf} from "../../assets/text/mentions.js";
import {ANN, BEN, BOSS, EVERYONE, NOOR, WEI, at, conversation, current, says} from "../made_up.js";

export const title = "Living messages";

const later = await dialogs();
const {MessageDialog, PinsButton} = later;
const nothing = () => {};

/** A message with more of what is on it. */
const line = (sender, time, text, more) => ({...says(sender, at(time), text), ...more});
const reaction = (key, ...users) => ({key, count: users.length, users: users.map(({id}) => id)});
const pinned = (user, time) => ({pinned: {by: user.id, time: at(time)}});
const deleted = (user) => ({message: "", deleted: {by: user.id, time: at("9:50")}});

/** A conversation among people who can do everything. */
function living(lines, {me = ANN, ...options} = {}) {
  const chat = conversation(lines, {me, users: EVERYONE, ...options});
  chat.wire = 2;
  chat.storage.write("emoji", ["👍", "❤️", "🎉", "🚀", "🌊", "😀"]); // which the fonts of the pictures have
  chat.powers = me === BOSS ? ["delete", "pin"] : ["pin"];
  return chat;
}

function log(name, lines, {active = 0, more, ...rest} = {}) {
  const view = (chat) => {
    const channel = current(chat);
    const shown = channel.lines.map((one) => chat.view(channel, one));
    const how = {id: channel.lines[active - 1]?.id, Bar: later.Bar, dismiss: nothing};
    return html`<div class="conversation"><div class="messages-frame"><div class="rows">${rows({chat, channel, names: namesOf(chat, channel), active: how, later, show: nothing}, shown)}</div></div></div>`;
  };
  return {name, chat: living(lines, {more}), view, ...rest};
}

const dialog = (name, about, lines, {line: which = 0, ...more} = {}, options) => ({
  name, on: "raised", chat: living(lines, options),
  view: (chat) => html`<${MessageDialog} about=${about} chat=${chat} channel=${current(chat)} line=${current(chat).lines[which]} show=${nothing} close=${nothing} ...${more} />`,
});

const pane = (name, lines) => ({
  name, size: "slim", on: "frame", chat: living(lines, {more: {pins: [], jump: {seq: 2}}}),
  view: (chat) => html`<div class="shell bare"><${Pins} chat=${chat} channel=${current(chat)} close=${nothing} over /></div>`,
});

const ferry = line(BEN, "9:41", "The ferry is late.", {reactions: [reaction("👍", ANN, WEI, NOOR), reaction("🌊", BOSS)]});
const rules = [
  line(BOSS, "9:12", "The pier is closed on Monday. Anything that has to go out goes from the **old harbour**.", pinned(BOSS, "9:13")),
  line(NOOR, "9:20", "رقم الميناء: 4410", pinned(ANN, "9:21")),
  line(WEI, "9:30", "渡轮今天晚点了。", pinned(BOSS, "9:31")),
];

export const samples = [
  log("Edited, deleted, pinned", [
    line(BEN, "9:41", "The ferry is half an hour late.", {edited: at("9:44")}),
    line(BEN, "9:42", "An hour, they say now.", {edited: at("9:45")}),
    line(BEN, "9:43", "", deleted(BEN)),
    line(ANN, "9:46", "", deleted(ANN)),
    line(ANN, "9:46", "Tea it is.", pinned(BEN, "9:47")),
    line(BOSS, "9:50", "The pier is closed on Monday.", pinned(ANN, "9:51")),
  ]),
  log("Being written: words, a list, code; stopped", [
    line(BEN, "9:41", "The ferry is half an hour", {growing: true}),
    line(NOOR, "9:42", "Three things:\n\n- the ferry\n- the harbour", {growing: true}),
    line(WEI, "9:43", "So it goes:\n\n```\nmake all\nmake", {growing: true}),
    line(BEN, "9:44", "An hour, they", {stopped: true}),
    line(BEN, "9:44", "say", {stopped: true, edited: at("9:45")}),
  ]),
  log("Reactions: one's own, others', very many", [
    ferry,
    line(NOOR, "9:42", "صباح الخير!", {reactions: [reaction("❤️", BEN), reaction("🎉", ANN, BEN)]}),
    line(WEI, "9:43", "早安。", {reactions: ["👍", "😀", "🎉", "🚀", "🌊", "🐙", "❤️"].map((key, place) => ({...reaction(key, BEN), count: 3 ** (place % 6)}))}),
  ]),
  log("Who reacted, for the pointer", [ferry, line(NOOR, "9:42", "صباح الخير!"), line(WEI, "9:43", "早安。")], {
    then: (root) => root.querySelector(".reaction").dispatchEvent(new PointerEvent("pointerenter")), states: {".named:first-child .reaction": "hover"},
  }),
  log("Replies: to a message, to one that was deleted, to one that is not there", [
    line(BEN, "9:41", "**Is** the kettle on? I have walked all the way from the old harbour, and it is raining like it did in March."),
    line(NOOR, "9:41", "هل الماء ساخن؟"),
    line(BEN, "9:42", "", deleted(BEN)),
    line(ANN, "9:44", "It is.", {reply_to: 1}),
    line(ANN, "9:44", "نعم", {reply_to: 2}),
    line(WEI, "9:45", "What was that?", {reply_to: 3}),
    line(BOSS, "9:46", "Indeed.", {reply_to: 90}),
  ], {more: {quotes: new Map([[90, null]])}}),
  log("Being answered", [line(BEN, "9:41", "Is the kettle on?"), line(NOOR, "9:42", "صباح الخير!")], {more: {replyTo: 1}}),
  log("Under the pointer: someone else's, one's own", [ferry, line(ANN, "9:44", "Tea it is.")], {active: 2, states: {"article:last-child": "hover"}}),
  dialog("The menu of one's own message", "options", [line(ANN, "9:44", "Tea it is.", {reactions: [reaction("🎉", BEN)]})], {at: {getBoundingClientRect: () => ({top: 0, bottom: 0, left: 0, right: 240})}}),
  dialog("What can be done with a message, on a phone", "options", [ferry]),
  dialog("Who reacted", "reacted", [ferry]),
  pane("Pinned", rules),
  pane("Nothing pinned", [ferry]),
  dialog("Deleting what someone else wrote", "delete", [ferry], {}, {me: BOSS}),
  {name: "The way to what is pinned", on: "padded", chat: living(rules), view: (chat) => html`<div class="conversation"><header><${PinsButton} chat=${chat} channel=${current(chat)} open=${false} toggle=${nothing} /></header></div>`},
];
