// Messages that the server has not confirmed: they survive a reload, are sent under their `ref`, and are the same in all tabs.

import {explain} from "../i18n/index.js";

export class Outbox {
  constructor(storage, chat) {
    this.chat = chat;
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

  /** Send what waits for a channel, in order. What other tabs wrote is sent by the tab that has the socket, too. */
  async send(channel) {
    const {connection} = this.chat;
    const {session} = connection;
    if (channel.sending === session) return;
    channel.sending = session;
    const mine = (item) => !item.error && (connection.leads || this.mine.has(item.ref));
    const next = () => channel.joined && session === connection.session && this.of(channel.name).find(mine);
    for (let item = next(); item && (await this.sendOne(channel, item)); item = next());
    if (channel.sending === session) channel.sending = null;
  }

  /** Send a message. Whoever sends it again uses the same `ref`, so the server stores it once. Return whether more can follow. */
  async sendOne(channel, item) {
    const {chat} = this;
    try {
      const {id, seq, time} = await chat.connection.call("send-message", {target: item.target, message: item.message}, item.ref);
      this.done(item.ref);
      channel.merge([{id, seq, time, message: item.message, sender: chat.user, ref: item.ref}]);
      if (chat.readState.sees(channel)) chat.readState.readUpTo(channel, seq);
    } catch (error) {
      if (error.code === "not-joined") {
        channel.joined = false;
        chat.sync.join(channel);
      } else if (error.retryAfter) await new Promise((done) => setTimeout(done, error.retryAfter));
      else if (error.code === "disconnected") return false;
      else {
        item.error = explain(error);
        this.keep(item);
      }
    }
    chat.changed();
    return true;
  }

  /** Send a message again that the server has refused. */
  retry(item) {
    delete item.error;
    this.keep(item);
    this.send(this.chat.know(item.target));
    this.chat.changed();
  }
}
