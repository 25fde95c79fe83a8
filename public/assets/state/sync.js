// Joins channels, and fetches what was missed and what the user wants to see.

import {explain} from "../i18n/index.js";
import {refreshConversation} from "./last_conversation.js";

const FIRST_CHANNEL = "general";
const PAGE = 100; // messages in one request
const RETRY_AFTER = 5_000; // ms, where the server cannot read its history
const CATCH_UP = 1_000; // messages: who has missed more starts with the newest, and loads the rest by scrolling up
const CALLS = 10; // for pages of what was missed
const SINGLE = 50; // messages by their seq in one request

export class Sync {
  constructor(chat) {
    this.chat = chat;
    this.refused = null; // {name, error}: the channel that was to be shown, and why it is not
    this.lookingBack = Promise.resolve(); // one channel after the other: there may be hundreds
  }

  /** The channel for a first visit: "general", or the one with most people; "" where there is none and this user makes none. */
  async firstChannel() {
    const {connection, powers, served} = this.chat;
    const {channels} = await connection.call("channels");
    if (channels.some(({name}) => name === FIRST_CHANNEL)) return FIRST_CHANNEL;
    return channels.sort((one, other) => other.count - one.count)[0]?.name ?? (served && !powers.includes("create-channel") ? "" : FIRST_CHANNEL);
  }

  /** Join a channel, and fetch what was missed. */
  async join(channel) {
    const {chat} = this;
    const {session} = chat.connection;
    if (channel.joining === session) return;
    channel.joining = session;
    channel.waiting = [];
    try {
      await this.enter(channel);
    } catch (error) {
      if (error.code === "disconnected" || !chat.channels.has(channel.name)) return;
      const pause = error.retryAfter ?? (error.code === "history-unavailable" && RETRY_AFTER);
      if (pause) {
        if (!error.retryAfter) chat.words = channel.refused = explain(error);
        setTimeout(() => session === chat.connection.session && chat.channels.get(channel.name) === channel && this.join(channel), pause);
      } else if (channel.epoch && chat.served && /^not-/.test(error.code)) {
        (await chat.loadingPlaces).lose(channel, {error});
      } else if (channel.epoch) chat.say(channel.name, explain(error));
      else {
        const {current} = chat;
        chat.forget(channel.name);
        if (current !== channel.name) chat.words = explain(error);
        else {
          chat.show("");
          this.refused = {name: current, error};
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
    const {session} = connection;
    const {since} = channel;
    const timeline = chat.wire > 1 || undefined;
    const changes = since && timeline;
    const answer = await connection.call("join-channel", {target: channel.name, since, changes, timeline});
    if (chat.channels.get(channel.name) !== channel) return; // left meanwhile
    if (answer.channel !== channel.name) {
      const {respell} = await import("./respelling.js");
      return this.join(respell(chat, channel, answer.channel)); // what came meanwhile was no channel's
    }
    if (!changes && answer.recovered && answer.seq - since.seq > CATCH_UP) {
      const {messages, more} = await connection.call("history", {target: channel.name, limit: PAGE});
      Object.assign(answer, {recovered: false, messages, more});
    }
    if (channel.refused) chat.words = channel.refused = "";
    const {mentions, read} = channel;
    if (!channel.epoch) channel.noMentions();
    if (mentions) channel.mentioned.set(0, answer.seq); // it may be in a thread, where nothing is loaded: read all, and it is read
    const fresh = channel.join(answer);
    channel.thread?.rejoined(answer.recovered);
    if (chat.served && !channel.untold) readState.store(channel);
    else if (channel.read !== read || channel.untold) readState.remember(channel);
    if (channel.unread(chat.user.id)) channel.mark ??= channel.read;
    readState.receive(channel, fresh);
    await this.catchUp(channel, answer.messages.length);
    if (session !== connection.session) return; // joined anew
    chat.keep(channel.name);
    if (answer.kind) chat.loadingPlaces?.then((places) => places.joined(channel, answer));
    chat.plugins?.receive({action: "joined", channel: channel.name});
    readState.refresh();
    refreshConversation(chat, channel);
    chat.settled(channel);
    if (channel.wanted) chat.goTo(channel, channel.wanted);
    chat.outbox.send(channel);
    this.lookingBack = this.lookingBack.then(() => import("./looking_back.js")).then(({lookBack}) => lookBack(this, channel, CATCH_UP)).catch(() => {}); // no connection
  }

  /** Call for a channel, again when the server asks to wait. */
  async ask(channel, action, fields) {
    try {
      return await this.chat.connection.call(action, {target: channel.name, ...fields});
    } catch (error) {
      if (!error.retryAfter) throw error;
      await new Promise((done) => setTimeout(done, error.retryAfter));
      return this.ask(channel, action, fields);
    }
  }

  /** Fetch what was missed, page by page; if it is very much, start again with the newest. count: messages that came already. */
  async catchUp(channel, count = 0) {
    const {connection, readState, wire} = this.chat;
    const {session} = connection;
    for (let calls = 1; channel.catching !== null && session === connection.session; calls++) {
      if (wire > 1 && (calls > CALLS || count > CATCH_UP)) {
        const newest = await this.ask(channel, "history", this.page(channel));
        channel.known = channel.heard; // what it does not have comes, or is waiting
        readState.receive(channel, channel.renew(newest));
        return void channel.thread?.fetch();
      }
      const since = channel.known;
      const {messages, more, seq} = wire > 1
        ? await this.ask(channel, "changes", {since, limit: 200})
        : await this.ask(channel, "history", {after: since, limit: 200});
      count += messages.length;
      readState.receive(channel, channel.catchUp({messages, upto: seq ?? messages.at(-1)?.seq ?? since, more}));
    }
  }

  /** Fetch what a change has shown to be missing. */
  async mend(channel) {
    try {
      if (channel.lacks) {
        channel.lacks = false;
        await this.catchUp(channel);
      }
      const seqs = [...channel.stale].slice(0, SINGLE);
      for (const seq of seqs) channel.stale.delete(seq);
      const {messages, more} = seqs.length ? await this.ask(channel, "history", {seqs}) : {messages: seqs};
      channel.receive(messages);
      for (const seq of more ? seqs : []) if (seq > messages.at(-1).seq) channel.stale.add(seq);
    } catch (error) {
      if (error.code === "disconnected") return; // the next join fetches it
      channel.lacks = channel.catching !== null;
      setTimeout(() => this.chat.settled(channel), RETRY_AFTER);
      return;
    }
    this.chat.settled(channel);
    this.chat.changed();
  }

  /** Load the page before what is here; the promise is whether there was any. */
  older(channel) {
    return channel.more && this.load(channel, {before: channel.first}, (answer) => {
      this.chat.readState.receive(channel, channel.load(answer.messages), true);
      channel.more = answer.more;
    });
  }

  /** Load the page after what is here. */
  newer(channel) {
    return channel.later && this.load(channel, {after: channel.last}, (answer) => channel.extend(answer));
  }

  /** Load the newest page, where it has been let go. */
  async newest(channel) {
    if (!channel.later || channel.loading || !channel.joined) return false;
    channel.jump = null;
    channel.waiting ??= [];
    const done = await this.load(channel, {}, (answer) => channel.renew(answer));
    if (channel.joined && channel.catching === null) channel.waiting = null;
    return done;
  }

  /** What a call for a page of a channel's history, or of a thread's, has. */
  page({within}, range) {
    return {limit: PAGE, ...(this.chat.wire > 1 && within), ...range};
  }

  async load(channel, range, receive) {
    const {changed, connection} = this.chat;
    if (channel.loading || !channel.joined) return false;
    channel.loading = true;
    changed();
    try {
      const answer = await connection.call("history", {target: channel.name, ...this.page(channel, range)});
      receive(answer);
      this.chat.settled(channel);
      return answer.messages.length > 0;
    } catch {
      return false; // requested again with the next scroll
    } finally {
      channel.loading = false;
      changed();
    }
  }
}
