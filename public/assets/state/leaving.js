// Leaves channels. For some seconds one can be returned to as it was; only then is the server told. Loaded when needed.

import {LAST} from "./storage.js";

const UNDO = 8_000; // ms

/** Leave a channel. */
export function leave(chat, name) {
  const channel = chat.channels.get(name);
  if (!channel) return;
  for (const held of chat.outbox.held) if (held.target === name) held.settle();
  chat.left.push(new Left(chat, channel));
  channel.joined = false;
  channel.joining = null;
  chat.forget(name);
  chat.storage.write(LAST, undefined);
  chat.forgetStored(name);
  for (const item of chat.outbox.all(name)) chat.outbox.done(item.ref);
}

class Left {
  constructor(chat, channel) {
    this.chat = chat;
    this.channel = channel;
    this.at = [...chat.channels.keys()].indexOf(channel.name);
    this.unsent = chat.outbox.all(channel.name);
    this.arm();
  }

  arm() {
    this.until = Date.now() + UNDO;
    this.timer = setTimeout(() => (this.chat.connection.open ? this.settle() : this.arm()), UNDO);
  }

  /** Tell the server that the channel was left; there is no way back. */
  settle() {
    this.dismiss();
    this.chat.connection.call("leave-channel", {target: this.channel.name}).catch(() => {});
    this.chat.changed();
  }

  dismiss() {
    clearTimeout(this.timer);
    this.chat.left = this.chat.left.filter((one) => one !== this);
  }

  /** Bring the channel back, in its place, with what was written there. */
  restore() {
    this.dismiss();
    const {chat, channel, at} = this;
    const {name} = channel;
    const channels = [...chat.channels].filter(([one]) => one !== name);
    channels.splice(at, 0, [name, channel]);
    chat.channels = new Map(channels);
    chat.storage.write(`draft/${name}`, channel.draft || undefined);
    chat.storage.write(`attached/${name}`, channel.attached.length ? channel.attached : undefined);
    chat.storage.write(`edit/${name}`, channel.editing ?? undefined);
    chat.storage.write(`read/${name}`, channel.read);
    chat.storage.write(`reply/${name}`, channel.replyTo ?? undefined);
    chat.storage.write("channels", [...chat.channels.keys()]);
    for (const item of this.unsent) chat.outbox.add(item);
  }
}
