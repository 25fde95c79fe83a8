// Threads: the row under a message, a thread beside the conversation, the list of one's own.

import {html} from "../../assets/html.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Composer} from "../../assets/ui/composer/composer.js";
import {MentionList} from "../../assets/ui/mention_list.js";
import {Messages} from "../../assets/ui/messages/messages.js";
import {rows} from "../../assets/ui/messages/rows.js";
import {ThreadList} from "../../assets/ui/threads/thread_list.js";
import {namesOf} from "../../assets/text/mentions.js";
import {Thread} from "../../assets/state/thread.js";
import {Threads} from "../../assets/state/threads.js";
import {ANN, BEN, BOSS, CIARA, EVERYONE, LONG, NOOR, WEI, at, conversation, current, says} from "../made_up.js";

export const title = "Threads";

const later = await dialogs();
const {ThreadPane} = later;
const nothing = () => {};

const line = (sender, time, text, more) => ({...says(sender, at(time), text), ...more});
const answered = (time, count, ...users) => ({replies: {count, last: at(time), users: users.map(({id}) => id)}});
const reaction = (key, ...users) => ({key, count: users.length, users: users.map(({id}) => id)});

/** A conversation in which there are threads. entries: of the list, by the place of their root. */
function made(lines, {entries = [], ...options} = {}) {
  const chat = conversation(lines, {users: EVERYONE, ...options});
  chat.wire = 2;
  const threads = new Threads(chat);
  const {name, lines: all} = current(chat);
  threads.add(threads.all, entries.map(({at: place, ...entry}) => ({target: name, root: all[place], ...entry})));
  threads.known = true;
  return chat;
}

const asks = "Before the meeting, three things are still open:\n\n1. **Release**: who signs off the notes?\n2. **Exports**: stream or paginate?\n3. The workshop in March, and whether we take the early train.";
const root = line(BEN, "9:13", asks, answered("9:40", 4, ANN, WEI, NOOR));
const many = line(BOSS, "9:20", "Which harbour is it on Monday?", answered("9:45", 128, LONG, CIARA));

function log(name, lines, options) {
  const view = (chat) => {
    const channel = current(chat);
    return html`<div class="conversation"><div class="messages-frame"><div class="rows">${rows({chat, channel, names: namesOf(chat, channel), active: {}, later, show: nothing}, channel.lines)}</div></div></div>`;
  };
  return {name, chat: made(lines, options), view, ...options};
}

/** A thread of the first of these lines, with these replies. */
function pane(name, first, replies, {refused = "", draft = "", also = false, over = false, size = "slim", ...more} = {}) {
  const chat = made([first]);
  const channel = current(chat);
  const thread = (channel.thread = new Thread(chat, channel, 1));
  if (!refused) thread.renew({messages: replies.map((reply, place) => ({...reply, seq: place + 2, thread: 1})), more: false, following: true, read: 9, ...more});
  Object.assign(thread, {draft, also, refused, ...more});
  const view = () => html`<div class="shell bare"><${ThreadPane} ...${{chat, thread, later, over, Messages, Composer}} show=${nothing} fill=${nothing} /></div>`;
  return {name, size, on: "frame window", chat, view};
}

function list(name, lines, entries, {session = 1} = {}) {
  const chat = made(lines, {entries});
  chat.connection.session = session;
  return {name, size: "slim", on: "frame window", chat, view: () => html`<div class="shell bare"><${ThreadList} chat=${chat} close=${nothing} over /></div>`};
}

/** The list of mentions, as the server answers. */
function mentions(name, lines, unread = []) {
  const messages = lines.map((one, place) => ({...one, target: "general", seq: place + 1}));
  const chat = made(lines, {answers: {mentions: {messages: messages.reverse(), more: false, before: ""}}});
  chat.connection.session = 1;
  const channel = current(chat);
  for (const seq of unread) channel.mentioned.set(seq, seq);
  channel.mentions = unread.length;
  return {name, size: "slim", on: "frame window", chat, view: () => html`<div class="shell bare"><${MentionList} chat=${chat} close=${nothing} over /></div>`};
}

const replies = [
  line(ANN, "9:20", "I sign off the notes, if Ben reads the part on exports."),
  line(WEI, "9:26", "Stream. The canary is happy:\n\n```\nrows     memory   first byte\n10 k      88 MB        38 ms\n1.2 M     91 MB        41 ms\n```", {reactions: [reaction("🚀", ANN, BEN, BOSS)]}),
  line(NOOR, "9:34", "موافقة. يمكن حذف الصفحات في الإصدار القادم."),
  line(ANN, "9:40", "Then only the train is open.", {also_in_channel: true}),
];

export const samples = [
  log("Messages with threads: some replies, one, very many", [root, line(NOOR, "9:14", "صباح الخير!", answered("9:15", 1, WEI)), many, line(ANN, "9:46", "", {deleted: {by: BEN.id, time: at("9:47")}, ...answered("9:48", 2, BEN)})]),
  log("Something unread; a reply that was also sent to the channel", [
    root, line(WEI, "9:18", "早安。"), line(ANN, "9:40", "Then only the train is open.", {thread: 1, also_in_channel: true}),
  ], {entries: [{at: 0, unread: 2}]}),
  pane("A thread", root, replies),
  pane("Unread replies, a draft that goes to the channel, too", root, replies, {mark: 3, draft: "The early one", also: true}),
  pane("No replies yet, not followed", line(WEI, "9:30", "渡轮今天晚点了。"), [], {following: false}),
  pane("One that is gone", root, [], {refused: "There is no such message."}),
  list("The threads that one follows", [root, many, line(NOOR, "9:30", "صباح الخير!", answered("9:31", 1, ANN)), line(ANN, "9:46", "", {deleted: {by: ANN.id, time: at("9:47")}, ...answered("9:48", 2, BEN)})], [
    {at: 1, unread: 12, mentions: 1}, {at: 0, unread: 2}, {at: 2}, {at: 3},
  ]),
  list("None yet", [root], []),
  mentions("What mentions one: in a channel, in a thread, unread", [line(BEN, "9:13", "@Ann Becker who signs off?"), line(WEI, "9:26", "@channel 渡轮今天晚点了。", {thread: 1}), line(NOOR, "9:34", "صباح الخير @Ann Becker")], [3]),
  mentions("No mentions yet", []),
];
