// How far the user has read each channel, here and in other windows.

import {canName, mentionsMe, namesOf} from "../text/mentions.js";
import {revOf} from "./merge.js";

const TELL_EVERY = 2_000; // ms: a busy channel is read many times a second
const KEEP_EVERY = 200; // ms

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
    channel.thread?.see();
    if (channel.unread(chat.user.id)) channel.mark ??= channel.read;
    if (channel.present && !channel.heldUnread && channel.epoch) this.readUpTo(channel, this.end(channel));
    channel.trim();
  }

  /** The newest number that counts: a message, or a change that mentions the user. */
  end(channel) {
    return Math.max(channel.seq, ...channel.mentioned.values());
  }

  readUpTo(channel, seq, wait) {
    if (seq <= channel.read) return;
    channel.read = seq;
    channel.noMentions();
    this.remember(channel, wait);
  }

  /** Whether a message is for the user. */
  mentions(channel, {message, mentions}) {
    const {chat} = this;
    if (channel.kind === "direct") return true;
    if (mentions) return this.isFor(mentions); // plugins' have none
    return canName(message) && mentionsMe(message, namesOf(chat, channel));
  }

  /** Whether the user is among whom the line of somebody else's message mentions. */
  isFor(mentions) {
    return mentions.some((one) => [this.chat.user?.id, "@here", "@channel"].includes(one));
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
    channel.untold = true;
    channel.telling ??= setTimeout(() => this.tell(channel), TELL_EVERY + wait);
  }

  /** Tell the server how far a channel was read; back: marked as unread. */
  tell(channel, back) {
    const {read} = channel;
    clearTimeout(channel.telling);
    channel.telling = null;
    const told = () => (channel.untold = channel.read !== read);
    this.chat.connection.call("read", {target: channel.name, seq: read, back}).then(told, () => {});
  }

  /** The page goes. */
  flush() {
    for (const channel of this.chat.channels.values()) if (channel.telling) this.tell(channel);
  }

  store(channel) {
    const {channels, storage} = this.chat;
    if (channels.get(channel.name) === channel) storage.write(`read/${channel.name}`, channel.read); // not left meanwhile
  }

  /** Mark new messages of a channel as read or unread. old: loaded from before, of which nobody is notified. */
  receive(channel, fresh, old = false) {
    const {chat} = this;
    const me = chat.user;
    for (const message of channel.root ? [] : fresh) {
      const mine = message.sender?.id === me.id;
      if (mine && message.ref) chat.outbox.done(message.ref, message.seq);
      if (message.sender) channel.typing.delete(message.sender.id);
      if (message.thread && !old) chat.loadingPlaces?.then(({threads}) => threads.arrived(channel, message));
      const here = channel.holds(message);
      if (!here && !this.mentions(channel, message)) continue; // the server counts what mentions the user in a thread, too
      if (this.sees(channel) && (mine || (channel.present && !channel.heldUnread))) this.readUpTo(channel, message.seq);
      else if (!mine && message.seq > channel.read && !message.deleted) {
        if (here) channel.mark ??= channel.read;
        const mentioned = this.mentions(channel, message);
        if (mentioned && !channel.mentioned.has(message.seq)) {
          channel.mentions++;
          channel.mentioned.set(message.seq, revOf(message));
        }
        if (!old && here) chat.notify(channel, message, mentioned);
      }
    }
    channel.trim();
  }

  /** What is deleted mentions nobody. */
  unmention(channel) {
    for (const seq of channel.gone) if (channel.mentioned.delete(seq)) channel.mentions--;
  }
}
