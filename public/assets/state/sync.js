// Into a channel and back into it: what was missed comes, in order, each message once.

import {explain} from "../i18n/index.js";
import {sendWaiting} from "./outbox.js";
import {look, remember, settle} from "./read_state.js";

const FIRST_CHANNEL = "general";
const PAGE = 100; // messages that are asked for at once
const AGAIN = 5_000; // ms until a channel whose history cannot be read is asked for again
const CATCH_UP = 1_000; // messages: who has missed more begins at the present, with those before it on scrolling up

/** The channel for a first visit: where something can be seen. */
export async function firstChannel(chat) {
  const {channels} = await chat.connection.call("channels");
  if (channels.some(({name}) => name === FIRST_CHANNEL)) return FIRST_CHANNEL;
  return channels.sort((one, other) => other.count - one.count)[0]?.name ?? FIRST_CHANNEL;
}

/** Join a channel, and get what was missed. */
export async function join(chat, channel) {
  const {session} = chat.connection;
  if (channel.joining === session) return;
  channel.joining = session;
  channel.early = [];
  try {
    await comeIn(chat, channel);
  } catch (error) {
    if (error.code === "disconnected" || !chat.channels.has(channel.name)) return;
    const pause = error.retryAfter ?? (error.code === "history-unavailable" && AGAIN);
    if (pause) {
      if (!error.retryAfter) chat.words = channel.refused = explain(error);
      setTimeout(() => session === chat.connection.session && chat.channels.get(channel.name) === channel && join(chat, channel), pause);
    } else if (channel.epoch) chat.say(channel.name, explain(error));
    else {
      chat.forget(channel.name);
      chat.words = explain(error);
    }
  } finally {
    if (channel.joining === session) channel.joining = null;
  }
  chat.changed();
}

async function comeIn(chat, channel) {
  const {connection} = chat;
  const {since} = channel;
  const answer = await connection.call("join-channel", {target: channel.name, since});
  if (chat.channels.get(channel.name) !== channel) return; // left meanwhile
  if (answer.channel !== channel.name) return join(chat, rename(chat, channel, answer.channel)); // what came meanwhile was no channel's
  if (answer.recovered && answer.seq - since.seq > CATCH_UP) {
    const {messages, more} = await connection.call("history", {target: channel.name, limit: PAGE});
    Object.assign(answer, {recovered: false, seq: messages.at(-1)?.seq ?? answer.seq, messages, more});
  }
  if (channel.refused) chat.words = channel.refused = "";
  const {read} = channel;
  const fresh = channel.join(answer);
  if (channel.read !== read) remember(chat, channel);
  if (channel.unread(chat.user.id)) channel.mark ||= channel.read || 0.5;
  settle(chat, channel, fresh);
  while (channel.catching !== null) {
    const missed = await connection.call("history", {target: channel.name, after: channel.catching, limit: 200});
    settle(chat, channel, channel.catchUp(missed));
  }
  chat.keep(channel.name);
  chat.tellFaces?.({action: "joined", channel: channel.name});
  look(chat);
  sendWaiting(chat, channel);
  looking = looking.then(() => lookBack(chat, channel));
}

let looking = Promise.resolve(); // one channel after the other: there may be hundreds

/** Load what is unread since an earlier visit and did not come with the join: there may be mentions among it. */
async function lookBack(chat, channel) {
  const {session} = chat.connection;
  const wanted = () => channel.joined && channel.more && channel.first > channel.read + 1 && channel.seq - channel.read <= CATCH_UP;
  while (wanted() && session === chat.connection.session) {
    const before = channel.first;
    try {
      const {messages, more} = await chat.connection.call("history", {target: channel.name, before, limit: PAGE});
      if (channel.first === before) channel.more = more;
      settle(chat, channel, channel.merge(messages), true);
      chat.changed();
    } catch (error) {
      if (!error.retryAfter) return;
      await new Promise((done) => setTimeout(done, error.retryAfter));
    }
  }
}

/** The server writes a name in its one spelling: what is written in the channel comes along to the one of that name. */
function rename(chat, {name: before, draft}, name) {
  const channel = chat.know(name);
  for (const item of chat.outbox.of(before)) {
    item.target = name;
    chat.outbox.keep(item);
  }
  if (draft && !channel.draft) chat.storage.write(`draft/${name}`, (channel.draft = draft));
  for (const folder of ["draft", "read"]) chat.storage.write(`${folder}/${before}`, undefined);
  if (chat.current === before) chat.current = name;
  chat.channels.delete(before);
  chat.keep(before, false);
  chat.keep(name);
  return channel;
}

/** Load what came before what is here; the promise is whether there was any. */
export const older = (chat, channel) => channel.more && load(chat, channel, {before: channel.first}, (answer) => {
  settle(chat, channel, channel.merge(answer.messages), true);
  channel.more = answer.more;
});

/** Load what follows what is here. */
export const newer = (chat, channel) => channel.later && load(chat, channel, {after: channel.last}, (answer) => channel.extend(answer));

/** Load the newest, where they have been let go. */
export const newest = (chat, channel) => channel.later && load(chat, channel, {}, (answer) => channel.renew(answer));

/** Leave a channel. What was written and read there is kept until one goes on elsewhere: see comeBack. */
export function leave(chat, name) {
  const channel = chat.channels.get(name);
  if (!channel) return;
  const left = {channel, at: [...chat.channels.keys()].indexOf(name), unsent: chat.outbox.of(name)};
  const before = chat.left;
  chat.forget(name);
  chat.left = [...before, left];
  channel.joined = false;
  channel.joining = null;
  chat.storage.write(`draft/${name}`, undefined);
  chat.storage.write(`read/${name}`, undefined);
  for (const item of left.unsent) chat.outbox.done(item.ref);
  chat.connection.call("leave-channel", {target: name}).catch(() => {});
}

/** Be again in the channel that one left last, as if one had not. */
export function comeBack(chat) {
  const {channel, at, unsent} = chat.left.at(-1);
  const before = chat.left.slice(0, -1);
  const channels = [...chat.channels].filter(([name]) => name !== channel.name);
  channels.splice(at, 0, [channel.name, channel]);
  chat.channels = new Map(channels);
  chat.storage.write(`draft/${channel.name}`, channel.draft || undefined);
  chat.storage.write(`read/${channel.name}`, channel.read);
  chat.storage.write("channels", [...chat.channels.keys()]);
  for (const item of unsent) chat.outbox.add(item);
  chat.open(channel.name);
  chat.left = before;
}

async function load(chat, channel, range, take) {
  if (channel.loading || !channel.joined) return false;
  channel.loading = true;
  chat.changed();
  try {
    const answer = await chat.connection.call("history", {target: channel.name, limit: PAGE, ...range});
    take(answer);
    return answer.messages.length > 0;
  } catch {
    return false; // asked again when one scrolls again
  } finally {
    channel.loading = false;
    chat.changed();
  }
}
