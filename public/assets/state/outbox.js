// What the server has not confirmed, messages and changes to them: it survives a reload, is sent under its `ref`, in
// order, and is the same in all tabs.

import {explain} from "../i18n/index.js";
import {laid} from "./view.js";

const CALLS = {edited: "edit-message", deleted: "delete-message", reacted: "react", pinned: "pin"};
const folderOf = ({what}) => (what ? "changes" : "outbox"); // the version before knows no changes, and would post them

const PLAIN = {reply_to: undefined, thread: undefined, also_in_channel: undefined, epoch: undefined};
const SETTLED = 500; // refs that are remembered

export class Outbox {
  /**
   * items: messages {ref, target, message, files (see attachments.js), reply_to, thread, also_in_channel, time (ms, later than that of all before it)}, and changes with
   * `what` and `seq`, or `behind`, the ref of a message that has no seq yet; `error` when it failed, `tried` once it was sent,
   * `number`, which a change drew that is done, until the message says so itself; `epoch`, of the history of all these.
   */
  constructor(storage, chat) {
    this.chat = chat;
    this.storage = storage;
    this.mine = new Set(); // refs of what was written in this tab
    this.settled = new Set(); // refs of what waits no more, though another tab may write once more that it does
    this.held = []; // deletions that can still be taken back: see changes.js, and items of their kind otherwise
    this.items = [...storage.folder("outbox"), ...storage.folder("changes")].map(([, item]) => item);
    const refs = new Set(this.items.map(({ref}) => ref));
    for (const item of this.items.filter(({behind}) => behind && !refs.has(behind))) this.done(item.ref);
    this.sort();
    this.views = new WeakMap(); // line or message on its way -> what it looked like last
  }

  add(item) {
    item.time = Math.max(item.time, (this.items.at(-1)?.time ?? 0) + 1);
    this.mine.add(item.ref);
    this.items.push(item);
    this.keep(item);
  }

  /** All that waits for a channel. */
  all(channel) {
    return this.items.filter((item) => item.target === channel);
  }

  /** The messages that wait for a channel, or for a thread in it (the seq of its root). */
  of(channel, thread) {
    return this.items.filter((item) => item.target === channel && !item.what && (item.thread === thread || (!thread && item.also_in_channel)));
  }

  /** An item is stored, refused or discarded. seq: of a message that is stored; changes to it waited for that. */
  done(ref, seq) {
    this.mine.delete(ref);
    this.settled.add(ref);
    if (this.settled.size > SETTLED) this.settled.delete(this.settled.values().next().value);
    const item = this.items.find((one) => one.ref === ref);
    if (!item) return;
    if (!seq) this.held = this.held.filter(({behind}) => behind !== ref);
    for (const change of [...this.items, ...this.held].filter(({behind}) => behind === ref)) {
      if (!seq) this.done(change.ref);
      else {
        Object.assign(change, {seq, behind: undefined, epoch: this.chat.channels.get(change.target)?.epoch});
        this.keep(change);
      }
    }
    this.items = this.items.filter((one) => one !== item);
    this.storage.write(`${folderOf(item)}/${ref}`, undefined);
    if (item.files) this.chat.attachments?.settle();
  }

  /** Remember what has become of an item. */
  keep(item) {
    if (this.items.includes(item)) this.storage.write(`${folderOf(item)}/${item.ref}`, item);
  }

  /** Another tab has written something, tried it, or knows that it is stored. */
  changedElsewhere(ref, item) {
    if (item && this.settled.has(ref)) return this.storage.write(`${folderOf(item)}/${ref}`, undefined);
    const known = this.items.find((one) => one.ref === ref);
    if (!item) {
      this.mine.delete(ref);
      this.items = this.items.filter((one) => one !== known);
    } else if (known) {
      for (const name of Object.keys(known)) if (!(name in item)) delete known[name];
      Object.assign(known, item); // whoever is sending it has this object
    } else this.items.push(item);
    this.sort();
  }

  sort() {
    this.items.sort((one, other) => one.time - other.time);
  }

  // Changes

  /** A line, or a message on its way, as it is drawn: with what waits. The same object while nothing is new. */
  view(target, line) {
    if (!(this.items.length || this.held.length) || !(line.seq || line.ref)) return line;
    const channel = this.chat.channels.get(target);
    const own = (item) => item.what && item.target === target && !channel?.isPast(item.epoch) && (line.seq ? item.seq === line.seq : item.behind === line.ref);
    const changes = [...this.items, ...this.held].filter(own);
    if (!changes.length) return line;
    const state = JSON.stringify(changes);
    const last = this.views.get(line);
    if (last?.state === state) return last.view;
    const view = laid(line, changes, this.chat.user?.id);
    this.views.set(line, {state, view});
    return view;
  }

  /** Forget changes that the messages of a channel show by now, and those of deleted messages. */
  clean(channel) {
    for (const item of this.all(channel.name)) {
      const {ref, what, number, seq, tried} = item;
      if (this.outdated(channel, item) ? number : number <= channel.known || (what && !tried && what !== "deleted" && channel.get(seq)?.deleted)) this.done(ref);
    }
  }

  /** Whether an item changes a message of an earlier history. An answer to one becomes a plain message. */
  outdated(channel, item) {
    if (!channel.isPast(item.epoch)) return false;
    if (!item.what) this.keep(Object.assign(item, PLAIN));
    return item.what;
  }

  // Sending

  /** Send what waits for a channel, in order. What other tabs wrote is sent by the tab that has the socket, too. */
  async send(channel) {
    const {connection} = this.chat;
    const {session} = connection;
    if (channel.sending === session) return;
    channel.sending = session;
    const ready = (item) => !item.error && !item.number && !item.behind && !item.files?.some(({file}) => !file) && (connection.leads || this.mine.has(item.ref));
    const next = () => channel.joined && session === connection.session && this.all(channel.name).find(ready);
    for (let item = next(); item && (await this.sendOne(channel, item)); item = next());
    if (channel.sending === session) channel.sending = null;
  }

  /** Send an item, again under the same `ref`, so that the server does it once. Return whether more can follow. */
  async sendOne(channel, item) {
    const {chat} = this;
    if (this.outdated(channel, item)) return this.refuse(item);
    if (!item.tried) {
      item.tried = true;
      this.keep(item);
    }
    try {
      await (item.what ? this.sendChange(channel, item) : this.sendMessage(channel, item));
    } catch (error) {
      if (error.code === "not-joined") {
        channel.joined = false;
        chat.sync.join(channel);
      } else if (error.retryAfter) {
        channel.heldBack = Date.now() + error.retryAfter;
        chat.changed();
        await new Promise((done) => setTimeout(done, error.retryAfter));
      } else if (error.code === "disconnected") return false;
      else if (item.what) return this.refuse(item, error);
      else {
        if (/^files:/.test(error.message) && chat.attachments?.uploads.renew(item)) return true;
        if (error.code === "not-found") Object.assign(item, PLAIN); // if it is sent again, it answers nothing
        item.error = explain(error);
        this.keep(item);
      }
    }
    chat.changed();
    return true;
  }

  async sendMessage(channel, {ref, target, message, files, reply_to, thread, also_in_channel}) {
    const {chat} = this;
    const of = {...(reply_to && {reply_to}), ...(thread && {thread}), ...(also_in_channel && {also_in_channel})};
    const {id, seq, time, unmentioned} = await chat.connection.call("send-message", {target, message, files: files?.map(({file}) => file.id), ...of}, ref);
    this.told(channel, thread, unmentioned);
    this.done(ref, seq);
    channel.receive([{id, seq, time, message, ...(files && {files: files.map(({file}) => file)}), sender: chat.user, ref, ...of}]);
    if (!thread && chat.readState.sees(channel)) chat.readState.readUpTo(channel, seq);
  }

  /** Say by which words a message, of a thread perhaps, mentions nobody. */
  told(channel, thread, unmentioned) {
    if (unmentioned) import("./changes.js").then(({mentionsNobody}) => mentionsNobody(this.chat, channel, thread, unmentioned), () => {}); // no connection
  }

  async sendChange(channel, item) {
    const {target, seq, message, of, key, on, reason} = item;
    const answer = await this.chat.connection.call(CALLS[item.what], {target, seq, message, of, key, on, reason}, item.ref);
    item.number = answer.seq;
    this.told(channel, undefined, answer.unmentioned);
    this.keep(item);
    if (item.what === "edited") {
      const based = (other) => other.what === "edited" && other.seq === seq && other.target === target && !other.tried;
      for (const other of this.items.filter(based)) other.of = item.number; // what this device edits next is based on this
    }
    this.clean(channel);
  }

  /** A change cannot be made. Return whether more can follow. */
  refuse(item, error) {
    return import("./editing.js").then(({refused}) => refused(this.chat, item, error)).catch(() => false);
  }

  /** Send a message again that the server has refused. */
  retry(item) {
    delete item.error;
    this.chat.attachments?.retry(item.files ?? []);
    this.keep(item);
    this.send(this.chat.know(item.target));
    this.chat.changed();
  }
}
