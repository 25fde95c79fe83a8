// What a user does to messages: edit, delete, react, pin, answer. Loaded with the dialogs.

import {explain, learn, t} from "../i18n/index.js";
import {newRef} from "../net/connection.js";
import {barred, lacks} from "./may.js";

const UNDO = 8_000; // ms in which a deletion can be taken back
const NAMED = 20; // users that a reaction names
const REMEMBERED = 200; // own reactions of a channel that are not named

const aboutOf = ({seq, ref}) => (seq ? {seq} : {behind: ref});
let jumps = 0;

/** Wait to change a message. What was not sent yet and says the opposite goes with it. about: {seq} or {behind}, see Outbox. */
function change(chat, target, about, fields) {
  const {outbox} = chat;
  const channel = chat.channels.get(target);
  const epoch = about.seq && (fields.epoch ?? channel?.epoch);
  const isAbout = (item) => item.what && item.target === target && item.seq === about.seq && item.behind === about.behind && item.epoch === epoch;
  const open = outbox.items.filter((item) => isAbout(item) && !item.tried);
  if (fields.what === "deleted") for (const {ref} of open) outbox.done(ref);
  const before = open.find(({what, key}) => what === fields.what && key === fields.key);
  if (before) outbox.done(before.ref);
  if (before && "on" in fields) return; // taken back
  const earlier = outbox.items.findLast((item) => isAbout(item) && item.what === "edited"); // which this is based on
  const of = earlier ? earlier.number : (before ?? fields).of;
  outbox.add({ref: newRef(), target, time: Date.now(), ...about, ...fields, of, epoch});
  if (channel) outbox.send(channel);
}

/** Delete a message in a while: until then it is an item of the outbox that can be taken back. */
function hold(chat, target, about) {
  const {outbox} = chat;
  const timer = setTimeout(() => held.settle(), UNDO);
  const held = {target, ...about, what: "deleted", time: Date.now(), until: Date.now() + UNDO, epoch: about.seq && chat.channels.get(target)?.epoch};
  held.keep = () => {
    clearTimeout(timer);
    outbox.held = outbox.held.filter((one) => one !== held);
    chat.changed();
  };
  held.settle = () => {
    held.keep();
    change(chat, target, held.seq ? {seq: held.seq} : {behind: held.behind}, {what: "deleted", epoch: held.epoch});
  };
  outbox.held.push(held);
}

/** The number of a message of somebody else. The server is asked of the same one for all others, while it is in memory. */
function ofAnother(channel, {seq}) {
  const asked = channel.get(channel.askedAbout);
  if (!asked || asked.deleted) channel.askedAbout = seq;
  return channel.askedAbout;
}

/** Whether the user may do it: "edit", "delete", "react", "pin" or "reply". line: of the channel, or a message on its way. */
export function can(chat, channel, what, line) {
  const {user, wire, limits, powers} = chat;
  const view = chat.view(channel, line);
  if (!user || wire < 2 || view.deleted || line.error) return false;
  const own = !line.seq || line.sender?.id === user.id;
  const window = channel.about.edit_window ?? limits.edit_window;
  const late = line.seq && window > 0 && Date.now() - line.time > window * 1_000;
  if (what === "delete") return own || powers.includes("delete") || !lacks(chat, channel, "delete-message", {seq: ofAnother(channel, line)});
  const {rule} = barred(chat, channel) ?? {};
  if (rule && (rule !== "posting" || what === "reply")) return false;
  if (what === "edit") return own && !late && !view.growing;
  if (what === "pin") return Boolean(line.seq) && (powers.includes("pin") || !lacks(chat, channel, "pin"));
  return Boolean(line.seq);
}

/** The user's newest message that can be edited. */
export function lastOwn(chat, channel) {
  const mine = (line) => (line.ref !== undefined && !line.seq) || line.sender?.id === chat.user?.id;
  return [...channel.lines, ...chat.outbox.of(channel.name, channel.root)].findLast((line) => mine(line) && can(chat, channel, "edit", line));
}

/** Give a message another text. line: as it was when the user began. */
export function edit(chat, channel, line, text) {
  const {message} = chat.view(channel, channel.get(line.seq) ?? line);
  if (text !== message && !line.seq && !line.tried && !chat.connection.open) {
    line.message = text; // nobody has seen the other one
    chat.outbox.keep(line);
  } else if (text !== message) {
    const of = line.seq && (line.text_rev ?? line.seq);
    change(chat, channel.name, aboutOf(line), {what: "edited", message: text, of});
  }
  chat.changed();
}

/**
 * Delete a message. For some seconds that can be taken back; one that was never sent is discarded at once. reason: of
 * deleting someone else's, which the user was asked about; "" is none.
 */
export function remove(chat, channel, line, reason) {
  if (!line.seq && (line.error || !line.tried)) return chat.discard(line);
  if (reason === undefined) hold(chat, channel.name, aboutOf(line));
  else change(chat, channel.name, aboutOf(line), {what: "deleted", reason: reason || undefined});
  chat.changed();
}

/** Take the newest deletion back that has not been made yet. */
export const keep = (chat) => chat.outbox.held.at(-1)?.keep();

/** React to a message with an emoji, or take that back. */
export function react(chat, channel, line, key) {
  const view = chat.view(channel, line);
  const on = !chat.reacted(channel, view, key);
  const name = `${line.seq} ${key}`;
  const count = view.reactions?.find((one) => one.key === key)?.count ?? 0;
  const others = channel.reacted.filter((one) => one !== name);
  if (on && count >= NAMED) others.push(name);
  if (others.length !== channel.reacted.length) {
    channel.reacted = others.slice(-REMEMBERED);
    chat.storage.write(`reacted/${channel.name}`, channel.reacted);
  }
  change(chat, channel.name, {seq: line.seq}, {what: "reacted", key, on});
  chat.changed();
}

/** Pin a message to its channel, or unpin it. */
export function pin(chat, channel, line) {
  change(chat, channel.name, {seq: line.seq}, {what: "pinned", on: !chat.view(channel, line).pinned});
  chat.changed();
}

/** Ask that a message which is being written ends as it is. */
export const stop = (chat, channel, {seq}) => chat.connection.call("stop", {target: channel.name, seq}).catch((error) => chat.say(channel.name, explain(error)));

/** Say to this user that a message mentions nobody by these words. thread: the seq of its root, if it is a reply. */
export async function mentionsNobody(chat, channel, thread, words) {
  await learn("places");
  const where = channel.thread?.root === thread && thread ? channel.thread : channel;
  where.note({message: t("all.nobody", {words: words.join(", ")}), sender: null, time: Date.now(), private: true});
  chat.changed();
}

/** Have the next message answer a line; null: none. */
export const reply = (chat, channel, line) => chat.setReply(channel, line && line.seq);

/** The pinned messages, the newest pin first. */
export async function pins(chat, channel) {
  const found = [];
  for (let more = true; more; ) {
    const answer = await chat.sync.ask(channel, "pins", {after: found.at(-1)?.seq});
    found.push(...answer.messages);
    ({more} = answer);
  }
  const lines = found.map((message) => channel.get(message.seq) ?? message);
  return lines.sort((one, other) => (other.pinned?.time ?? 0) - (one.pinned?.time ?? 0));
}

/** The address of a channel, or of one of its messages. */
export const address = ({name}, line) => `${location.href.split("#")[0]}#/${encodeURIComponent(name)}${line ? `/${line.seq}` : ""}`;

/** The address of the thread of a message. */
export const threadAddress = ({home, root}) => `${address(home, {seq: root})}?thread`;

/** Show the messages around one, alone until the user returns to the present. log: of a channel or a thread. */
export function showAround(log, {messages, more_before, more_after}) {
  log.aside.push(...log.lines.filter((line) => line.view));
  log.leaveBehind(log.lines);
  log.show(messages, more_before);
  log.later = more_after || log.last < log.seq;
}

/**
 * Show a message, or a thread ({thread: seq of its root}): load those around it if it is not here. The promise is whether there is
 * such a message; if not, that is said.
 */
export async function goTo(chat, {home: channel, root}, wanted) {
  const seq = wanted.thread ?? wanted;
  if (root && seq !== root) return chat.threads.goTo(channel.thread, seq);
  channel.wanted = wanted;
  while (channel.loading) await new Promise((done) => setTimeout(done, 50));
  if (!channel.joined && (wanted.thread || !channel.get(seq))) return true; // it follows
  if (wanted.thread) (await chat.loadingPlaces)?.threads.open(channel, seq);
  if (!channel.get(seq)) {
    let answer;
    if (chat.wire > 1) await chat.sync.load(channel, {around: seq}, (came) => (answer = came));
    if (answer?.messages.some((message) => message.seq === seq)) showAround(channel, answer);
    else if (answer && (await goToReply(chat, channel, seq))) return true;
    else if (answer) {
      await chat.sync.newest(channel); // where it is said
      await learn("messages");
      chat.say(channel.name, t("change.no-message"));
      channel.written++; // one sees that
    }
  }
  channel.wanted = null;
  const line = channel.get(seq);
  if (!line) return false;
  channel.place = {id: line.id};
  channel.jump = {seq, count: ++jumps};
  chat.changed();
  return true;
}

/** Show a message that is a reply in a thread, and in no timeline; the promise is whether it is one. */
async function goToReply(chat, channel, seq) {
  const {messages} = await chat.sync.ask(channel, "history", {seqs: [seq]});
  const root = messages[0]?.thread;
  if (!root || !chat.threads) return false;
  channel.wanted = null;
  await chat.threads.open(channel, root, seq);
  return true;
}
