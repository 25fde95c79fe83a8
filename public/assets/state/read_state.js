// How far the user has read each channel, here and in other windows.

import {canName, mentionsMe, namesOf} from "../text/mentions.js";

const TELL_EVERY = 2_000; // ms: a busy channel is read many times a second
const KEEP_EVERY = 200; // ms
const TELL_NEXT = 100; // ms between channels that are read at once: each takes a call

export class ReadState {
  constructor(chat) {
    this.chat = chat;
  }

  /** Whether a message that arrives in a channel is seen at once. */
  sees(channel) {
    return channel.name === this.chat.current && !this.chat.away;
  }

  /** The page is visible (again): the open channel counts as read. */
  refresh() {
    const {chat} = this;
    const channel = chat.channels.get(chat.current);
    if (!channel || chat.away || !chat.user) return;
    if (channel.unread(chat.user.id)) channel.mark ??= channel.read;
    if (channel.present) this.readUpTo(channel, channel.seq);
    channel.trim();
  }

  readUpTo(channel, seq, wait) {
    if (seq <= channel.read) return;
    channel.read = seq;
    channel.mentions = 0;
    this.remember(channel, wait);
  }

  /** Everything counts as read, on the user's other devices, too. */
  readAll() {
    let wait = 0;
    for (const channel of this.chat.channels.values()) {
      channel.mark = null;
      if (channel.seq > channel.read) this.readUpTo(channel, channel.seq, TELL_NEXT * wait++);
    }
    this.chat.changed();
  }

  /** Store the position, even a newcomer's, who has nothing unread yet. Other tabs see the storage, other machines are told by the server. */
  remember(channel, wait = 0) {
    if (!channel.keeping) {
      this.store(channel);
      channel.keeping = setTimeout(() => {
        channel.keeping = null;
        this.store(channel);
      }, KEEP_EVERY);
    }
    channel.telling ??= setTimeout(() => {
      channel.telling = null;
      this.chat.connection.call("read", {target: channel.name, seq: channel.read}).catch(() => {});
    }, TELL_EVERY + wait);
  }

  store(channel) {
    const {channels, storage} = this.chat;
    if (channels.get(channel.name) === channel) storage.write(`read/${channel.name}`, channel.read); // not left meanwhile
  }

  /** Mark new messages of a channel as read or unread. old: loaded from before, of which nobody is notified. */
  receive(channel, fresh, old = false) {
    const {chat} = this;
    const me = chat.user;
    for (const message of fresh) {
      const mine = message.sender?.id === me.id;
      if (mine && message.ref) chat.outbox.done(message.ref);
      if (message.sender) channel.typing.delete(message.sender.id);
      if (this.sees(channel) && (mine || channel.present)) this.readUpTo(channel, message.seq);
      else if (!mine && message.seq > channel.read) {
        channel.mark ??= channel.read;
        const mentioned = canName(message.message) && mentionsMe(message.message, namesOf(chat, channel));
        if (mentioned) channel.mentions++;
        if (!old) chat.notify(channel, message, mentioned);
      }
    }
    channel.trim();
  }
}
