// Joins channels and leaves them, and fetches what was missed: in order, each message once.

import {explain} from "../i18n/index.js";
import {KEY} from "./last_conversation.js";

const FIRST_CHANNEL = "general";
const PAGE = 100; // messages in one request
const RETRY_AFTER = 5_000; // ms, where the server cannot read its history
const UNDO = 8_000; // ms
const CATCH_UP = 1_000; // messages: who has missed more starts with the newest, and loads the rest by scrolling up

export class Sync {
  constructor(chat) {
    this.chat = chat;
    this.left = []; // channels that can still be returned to: {channel, at, unsent, until (ms), timer}
    this.refused = null; // {name, words}: the channel that was to be shown, and why it is not
    this.lookingBack = Promise.resolve(); // one channel after the other: there may be hundreds
  }

  /** The channel for a first visit: "general", or the one with most people. */
  async firstChannel() {
    const {channels} = await this.chat.connection.call("channels");
    if (channels.some(({name}) => name === FIRST_CHANNEL)) return FIRST_CHANNEL;
    return channels.sort((one, other) => other.count - one.count)[0]?.name ?? FIRST_CHANNEL;
  }

  /** Join a channel, and fetch what was missed. */
  async join(channel) {
    const {chat} = this;
    const {session} = chat.connection;
    if (channel.joining === session) return;
    channel.joining = session;
    channel.early = [];
    try {
      await this.enter(channel);
    } catch (error) {
      if (error.code === "disconnected" || !chat.channels.has(channel.name)) return;
      const pause = error.retryAfter ?? (error.code === "history-unavailable" && RETRY_AFTER);
      if (pause) {
        if (!error.retryAfter) chat.words = channel.refused = explain(error);
        setTimeout(() => session === chat.connection.session && chat.channels.get(channel.name) === channel && this.join(channel), pause);
      } else if (channel.epoch) chat.say(channel.name, explain(error));
      else {
        const {current} = chat;
        chat.forget(channel.name);
        if (current !== channel.name) chat.words = explain(error);
        else {
          chat.show("");
          this.refused = {name: current, words: explain(error)};
        }
      }
    } finally {
      if (channel.joining === session) channel.joining = null;
    }
    chat.changed();
  }

  async enter(channel) {
    const {chat} = this;
    const {connection, readState} = chat;
    const {since} = channel;
    const answer = await connection.call("join-channel", {target: channel.name, since});
    if (chat.channels.get(channel.name) !== channel) return; // left meanwhile
    if (answer.channel !== channel.name) return this.join(this.rename(channel, answer.channel)); // what came meanwhile was no channel's
    if (answer.recovered && answer.seq - since.seq > CATCH_UP) {
      const {messages, more} = await connection.call("history", {target: channel.name, limit: PAGE});
      Object.assign(answer, {recovered: false, seq: messages.at(-1)?.seq ?? answer.seq, messages, more});
    }
    if (channel.refused) chat.words = channel.refused = "";
    const {read} = channel;
    const fresh = channel.join(answer);
    if (channel.read !== read) readState.remember(channel);
    if (channel.unread(chat.user.id)) channel.mark ??= channel.read;
    readState.receive(channel, fresh);
    while (channel.catching !== null) {
      const missed = await connection.call("history", {target: channel.name, after: channel.catching, limit: 200});
      readState.receive(channel, channel.catchUp(missed));
    }
    chat.keep(channel.name);
    chat.plugins?.receive({action: "joined", channel: channel.name});
    readState.refresh();
    chat.outbox.send(channel);
    this.lookingBack = this.lookingBack.then(() => this.lookBack(channel));
  }

  /** Load what is unread since an earlier visit and did not come with the join: there may be mentions among it. */
  async lookBack(channel) {
    const {connection, changed, readState} = this.chat;
    const {session} = connection;
    const wanted = () => channel.joined && channel.more && channel.first > channel.read + 1 && channel.seq - channel.read <= CATCH_UP;
    while (wanted() && session === connection.session) {
      const before = channel.first;
      try {
        const {messages, more} = await connection.call("history", {target: channel.name, before, limit: PAGE});
        if (channel.first === before) channel.more = more;
        readState.receive(channel, channel.merge(messages), true);
        changed();
      } catch (error) {
        if (!error.retryAfter) return;
        await new Promise((done) => setTimeout(done, error.retryAfter));
      }
    }
  }

  /** The server spells a name in one way: move what is written in the channel to the one of that name. */
  rename({name: before, draft}, name) {
    const {chat} = this;
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

  /** Load the page before what is here; the promise is whether there was any. */
  older(channel) {
    return channel.more && this.load(channel, {before: channel.first}, (answer) => {
      this.chat.readState.receive(channel, channel.merge(answer.messages), true);
      channel.more = answer.more;
    });
  }

  /** Load the page after what is here. */
  newer(channel) {
    return channel.later && this.load(channel, {after: channel.last}, (answer) => channel.extend(answer));
  }

  /** Load the newest page, where it has been let go. */
  newest(channel) {
    return channel.later && this.load(channel, {}, (answer) => channel.renew(answer));
  }

  async load(channel, range, receive) {
    const {changed, connection} = this.chat;
    if (channel.loading || !channel.joined) return false;
    channel.loading = true;
    changed();
    try {
      const answer = await connection.call("history", {target: channel.name, limit: PAGE, ...range});
      receive(answer);
      return answer.messages.length > 0;
    } catch {
      return false; // requested again with the next scroll
    } finally {
      channel.loading = false;
      changed();
    }
  }

  /** Leave a channel. For some seconds it can be returned to as it was; only then is the server told. */
  leave(name) {
    const {chat} = this;
    const channel = chat.channels.get(name);
    if (!channel) return;
    const left = {channel, at: [...chat.channels.keys()].indexOf(name), unsent: chat.outbox.of(name)};
    channel.joined = false;
    channel.joining = null;
    this.left.push(left);
    this.arm(left);
    chat.forget(name);
    chat.storage.write(KEY, undefined);
    chat.storage.write(`draft/${name}`, undefined);
    chat.storage.write(`read/${name}`, undefined);
    for (const item of left.unsent) chat.outbox.done(item.ref);
  }

  arm(left) {
    left.until = Date.now() + UNDO;
    left.timer = setTimeout(() => (this.chat.connection.open ? this.settle(left) : this.arm(left)), UNDO);
  }

  /** Tell the server that a channel was left; there is no way back. */
  settle(left) {
    this.dismiss(left);
    this.chat.connection.call("leave-channel", {target: left.channel.name}).catch(() => {});
    this.chat.changed();
  }

  dismiss(left) {
    clearTimeout(left.timer);
    this.left = this.left.filter((one) => one !== left);
  }

  /** Bring a channel back that was just left, if it was: in its place, with what was written there. */
  restore(name) {
    const {chat} = this;
    const left = this.left.find(({channel}) => channel.name === name);
    if (!left) return;
    this.dismiss(left);
    const channels = [...chat.channels].filter(([one]) => one !== name);
    channels.splice(left.at, 0, [name, left.channel]);
    chat.channels = new Map(channels);
    chat.storage.write(`draft/${name}`, left.channel.draft || undefined);
    chat.storage.write(`read/${name}`, left.channel.read);
    chat.storage.write("channels", [...chat.channels.keys()]);
    for (const item of left.unsent) chat.outbox.add(item);
  }
}
