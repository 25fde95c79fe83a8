// What has been written and is not known to be stored: it survives a reload, goes out with its `ref`, and is the
// same in all tabs.

import {explain} from "../i18n/index.js";
import {readUpTo, seen} from "./read_state.js";

export class Outbox {
  constructor(storage) {
    this.storage = storage;
    this.mine = new Set(); // refs of what was written in this tab
    this.items = storage.folder("outbox").map(([, item]) => item);
    this.sort();
  }

  /** item: {ref, target, message, time (ms, later than that of all before it)}; `error` when it failed. */
  add(item) {
    item.time = Math.max(item.time, (this.items.at(-1)?.time ?? 0) + 1);
    this.mine.add(item.ref);
    this.items.push(item);
    this.keep(item);
  }

  of(channel) {
    return this.items.filter((item) => item.target === channel);
  }

  done(ref) {
    this.mine.delete(ref);
    if (!this.items.some((item) => item.ref === ref)) return;
    this.items = this.items.filter((item) => item.ref !== ref);
    this.storage.write(`outbox/${ref}`, undefined);
  }

  /** Remember what has become of an item. */
  keep(item) {
    if (this.items.includes(item)) this.storage.write(`outbox/${item.ref}`, item);
  }

  /** Another tab has written something, tried it, or knows that it is stored. */
  changedElsewhere(ref, item) {
    const at = this.items.findIndex((one) => one.ref === ref);
    if (!item) this.done(ref);
    else if (at < 0) this.items.push(item);
    else this.items[at] = item;
    this.sort();
  }

  sort() {
    this.items.sort((one, other) => one.time - other.time);
  }
}

/**
 * Send what waits for a channel, one after the other: nothing overtakes what has to wait. What other tabs wrote is sent
 * by the one that has the socket, too.
 */
export async function sendWaiting(chat, channel) {
  const {connection, outbox} = chat;
  const {session} = connection;
  if (channel.sending === session) return;
  channel.sending = session;
  const mine = (item) => !item.error && (connection.leads || outbox.mine.has(item.ref));
  const next = () => channel.joined && session === connection.session && outbox.of(channel.name).find(mine);
  for (let item = next(); item && (await send(chat, channel, item)); item = next());
  if (channel.sending === session) channel.sending = null;
}

/** Send a message, again and again under one `ref`: the server stores it once. Return whether more can follow. */
async function send(chat, channel, item) {
  try {
    const {id, seq, time} = await chat.connection.call("send-message", {target: item.target, message: item.message}, item.ref);
    chat.outbox.done(item.ref);
    channel.merge([{id, seq, time, message: item.message, sender: chat.user, ref: item.ref}]);
    if (seen(chat, channel)) readUpTo(chat, channel, seq);
  } catch (error) {
    if (error.code === "not-joined") {
      channel.joined = false;
      chat.join(channel);
    } else if (error.retryAfter) await new Promise((done) => setTimeout(done, error.retryAfter));
    else if (error.code === "disconnected") return false;
    else {
      item.error = explain(error);
      chat.outbox.keep(item);
    }
  }
  chat.changed();
  return true;
}
