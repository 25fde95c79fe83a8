// The channels of a chat: which there are, which one is open, and what the browser stores of them.

import {Channel} from "./channel.js";

/** What is stored of each channel, by its name. */
export const OF_CHANNELS = ["about", "attached", "draft", "edit", "reacted", "read", "reply", "unread"];

/** What the Chat builds on. */
export class ChannelList {
  constructor(storage) {
    this.storage = storage;
    this.channels = new Map();
    this.current = "";
    this.left = []; // channels that can still be returned to: see leaving.js
    this.served = false; // whether the server keeps the user's list of channels
    this.places = null; // a Places, once that is loaded
    this.threads = null; // a Threads, with it
    this.listed = 0; // session of the connection whose list has come
  }

  /** The list follows: see places.js. What was joined is joined at once, and what a link leads to. */
  beginServed(hello) {
    this.loadingPlaces ??= import("./places.js").then(({Places}) => (this.places = new Places(this)));
    const kept = this.storage.read("channels", []);
    for (const channel of this.channels.values()) {
      if (channel.epoch || (channel.name === this.current && !kept.includes(channel.name))) this.sync.join(channel);
    }
    const merged = this.storage.read("merged", ""); // before another tab receives the list
    this.arriving = this.loadingPlaces.then((places) => places.begin(hello, merged));
  }

  /** Whether only its entry in the list is known. */
  idle(channel) {
    return this.served && !channel.epoch && !channel.joining;
  }

  know(name) {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = this.recall(new Channel(name));
      channel.about = this.storage.read(`about/${name}`, {});
      channel.read = this.storage.read(`read/${name}`, null);
      channel.reacted = this.storage.read(`reacted/${name}`, []);
      this.channels.set(name, channel);
    }
    return channel;
  }

  /** Give a channel, or a thread, what was being written in it. */
  recall(channel) {
    const read = (folder, otherwise) => this.storage.read(`${folder}/${channel.key}`, otherwise);
    return Object.assign(channel, {attached: read("attached", []), draft: read("draft", ""), editing: read("edit", null), replyTo: read("reply", null)});
  }

  /** Join a channel, if necessary. */
  add(name) {
    this.left.find(({channel}) => channel.name === name)?.restore();
    const channel = this.know(name);
    this.keep(name);
    if (!channel.joined && this.connection.open) this.sync.join(channel);
  }

  /** Show a channel, and one of its messages if that is asked for; join it first if necessary. */
  open(name, seq) {
    this.add(name);
    const channel = this.know(name);
    if (seq) channel.wanted = seq;
    this.show(name);
    if (seq) this.goTo(channel, seq);
  }

  show(name) {
    this.sync.refused = null;
    if (name === this.current) return this.changed();
    this.channels.get(this.current)?.leave();
    this.current = name;
    const channel = this.channels.get(name);
    if (channel) channel.heldUnread = false;
    this.places?.use(name);
    this.readState.refresh();
    this.changed();
  }

  forget(name) {
    const names = [...this.channels.keys()];
    const at = names.indexOf(name);
    this.channels.delete(name);
    this.keep(name, false);
    if (this.current === name) this.show(names[at - 1] ?? names[at + 1] ?? "");
    this.changed();
  }

  /** Take over the list of channels of another tab. */
  follow(names) {
    for (const name of this.channels.keys()) if (!names.includes(name)) this.forget(name);
    for (const name of names) this.served ? this.know(name) : this.add(name);
    if (!this.current) this.show(names[0] ?? "");
  }

  /** Store or forget a channel for the next visit; all tabs have the same list. */
  keep(name, wanted = true) {
    const names = this.storage.read("channels", []);
    if (names.includes(name) === wanted) return;
    this.storage.write("channels", wanted ? [...names, name] : names.filter((one) => one !== name));
  }

  /** Forget what is stored of a channel, and of its threads. */
  forgetStored(name) {
    for (const folder of OF_CHANNELS) {
      for (const [key] of this.storage.folder(folder)) if (key.split("\n")[0] === name) this.storage.write(`${folder}/${key}`, undefined);
    }
  }

  get named() {
    return [...this.channels.values()].filter(({kind}) => kind === "public").map(({name}) => name);
  }

  get unread() {
    const count = (channel) => channel.counts(this.user)[channel.level === "mentions" ? "mentions" : "unread"];
    return [...this.channels.values()].reduce((all, channel) => all + count(channel), this.threads?.waiting ?? 0);
  }
}
