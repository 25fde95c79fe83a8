// The threads that the user follows, the same on every device, and the ones that are open. Loaded with the user's list of channels.

import {showAround} from "./changes.js";
import {applied, newer, revOf} from "./merge.js";
import {Thread} from "./thread.js";

const PAGE = 50; // threads in one request
const PAGES = 5; // that are asked for as long as not all with something unread are here
const GATHER = 1_000; // ms
const COUNTED = 100; // unread replies: there may be more
const TELL_AFTER = 300; // ms

const keyOf = (name, root) => `${name}\n${root}`;

export class Threads {
  constructor(chat) {
    this.chat = chat;
    this.all = new Map(); // "channel\nseq" -> {name, root (seq), line, unread, mentions, read, upto (the number up to which that is so)}; newest activity first
    this.more = false; // whether there are others
    this.before = undefined; // where these begin
    this.refused = ""; // why the list could not be had, in words
    this.known = false; // whether it has come
    this.jumps = 0;
    chat.threads = this;
  }

  // The list

  /** Ask for the newest. told: how many have something unread, by the list of channels. anew: whatever this list has by now. */
  async fetch({told = 0, anew = false} = {}) {
    const {chat} = this;
    const {session} = chat.connection;
    clearTimeout(this.gathering);
    this.gathering = null;
    const all = new Map();
    let answer = {more: true};
    for (let page = 0; answer.more && page < PAGES && (page === 0 || this.waitingIn(all) < told); page++) {
      answer = await chat.connection.call("threads", {before: answer.before, limit: PAGE});
      if (session !== chat.connection.session) return;
      this.add(all, answer.threads, anew);
    }
    Object.assign(this, {all, more: answer.more, before: answer.before, known: true});
    chat.changed();
  }

  /** Ask for those before them. */
  async fetchMore() {
    const {chat, all} = this;
    if (!this.more || this.loading) return;
    this.loading = true;
    try {
      const answer = await chat.connection.call("threads", {before: this.before, limit: PAGE});
      if (all !== this.all) return; // asked for anew meanwhile
      this.add(all, answer.threads);
      Object.assign(this, {more: answer.more, before: answer.before});
    } finally {
      this.loading = false;
      chat.changed();
    }
  }

  add(all, threads, anew) {
    for (const {target: name, root: line, unread = 0, mentions = 0, read = 0} of threads) {
      const before = anew ? null : this.all.get(keyOf(name, line.seq));
      const counted = before?.read > read ? before : {unread, mentions, read}; // the server is about to be told
      all.set(keyOf(name, line.seq), {name, root: line.seq, line, unread: counted.unread, mentions: counted.mentions, read: counted.read, upto: revOf(line)});
    }
  }

  /** Ask again in a moment: something has changed that this list does not have. */
  fetchSoon() {
    this.gathering ??= setTimeout(() => this.fetch().catch(() => {}), GATHER); // asked again after the next hello
  }

  /** The user's list of channels has come. */
  list(channels) {
    if (this.chat.wire > 1) this.fetch({told: channels.reduce((sum, {threads = 0}) => sum + threads, 0), anew: true}).catch(() => {}); // as above
  }

  /** Entries of it are others: channels that this tab has not joined may have something new. */
  told(entries) {
    const counted = (name) => [...this.all.values()].filter((one) => one.name === name && one.unread > 0).length;
    if (this.known && entries.some(({channel, threads = 0}) => threads !== counted(channel))) this.fetchSoon();
  }

  entry({name, root}) {
    return this.all.get(keyOf(name, root));
  }

  waitingIn(all) {
    return [...all.values()].filter(({unread}) => unread > 0).length;
  }

  /** How many have something unread. */
  get waiting() {
    return this.waitingIn(this.all);
  }

  // What happens

  /** A reply has come. */
  arrived(channel, message) {
    const {chat} = this;
    const {seq, thread: root} = message;
    const entry = this.all.get(keyOf(channel.name, root));
    const mine = message.sender?.id === chat.user?.id;
    const mentioned = !mine && chat.readState.mentions(channel, message);
    const open = channel.thread?.root === root ? channel.thread : null;
    if (open && mine) open.following = true;
    if (!entry) {
      const starter = channel.get(root)?.sender?.id;
      if (mine || mentioned || starter === undefined || starter === chat.user?.id) this.fetchSoon();
      if (mentioned) this.tell(channel, message);
    } else if (seq > entry.upto) {
      this.all.delete(keyOf(channel.name, root));
      this.all = new Map([[keyOf(channel.name, root), {...entry, upto: seq}], ...this.all]);
      if (mine) this.settle(this.entry({name: channel.name, root}), seq);
      else if (!message.deleted) this.count(channel, message, mentioned);
    }
    open?.see();
    chat.changed();
  }

  count(channel, message, mentioned) {
    const entry = this.all.get(keyOf(channel.name, message.thread));
    if (message.seq <= entry.read) return;
    entry.unread = Math.min(COUNTED, entry.unread + 1);
    if (mentioned) entry.mentions++;
    const open = channel.thread?.root === message.thread && channel.thread;
    if (open && !(open.present && !this.chat.away)) open.mark ??= open.read;
    this.tell(channel, message);
  }

  /** Notify of a reply that is for the user; of what stands in the channel, too, that is done there. */
  tell(channel, message) {
    if (!channel.holds(message)) this.chat.notify(channel, message, true);
  }

  /** A message has changed that may be the root of one. */
  changed(channel, event) {
    const entry = this.all.get(keyOf(channel.name, event.about));
    if (entry) entry.line = applied(entry.line, event) ?? entry.line;
  }

  /** The root of a thread in the list, in its latest state. */
  rootOf({name, root, line}) {
    const here = this.chat.channels.get(name)?.get(root);
    return here ? newer(here, line) : line;
  }

  /** On another device one was followed, or not any more. */
  followed({channel: name, about: root, on}) {
    const open = this.chat.channels.get(name)?.thread;
    if (open?.root === root) open.following = on;
    if (!on) this.all.delete(keyOf(name, root));
    else if (!this.all.has(keyOf(name, root))) this.fetchSoon();
  }

  /** It was read on another device; back: marked as unread. */
  readElsewhere({target, channel: name = target, thread: root, seq, back}) {
    const open = this.chat.channels.get(name)?.thread;
    if (open?.root === root) open.readElsewhere(seq, back);
    const entry = this.all.get(keyOf(name, root));
    if (!entry || (!back && seq <= entry.read)) return;
    entry.read = seq;
    if (seq >= entry.upto) this.settle(entry, seq);
    else this.fetchSoon();
  }

  settle(entry, read) {
    Object.assign(entry, {read, unread: 0, mentions: 0});
  }

  // What the user does

  /** Open a thread of a channel, and show one of its replies if that is asked for. root: the seq of its message. */
  async open(channel, root, seq) {
    const {chat} = this;
    if (channel.thread?.root !== root) {
      channel.thread = new Thread(chat, channel, root);
      if (channel.joined) channel.thread.fetch(); // else when it is
    }
    chat.changed();
    if (seq && seq !== root) await this.goTo(channel.thread, seq);
  }

  close({home}) {
    home.thread = null;
    this.chat.changed();
  }

  /** Show a reply of a thread that is open. */
  async goTo(thread, seq) {
    const {chat} = this;
    thread.wanted = seq;
    await thread.fetched;
    if (thread.indexOf(seq) < 0) {
      await chat.sync.load(thread, {before: seq + 1}, ({messages, more}) => {
        if (messages.at(-1)?.seq === seq) showAround(thread, {messages, more_before: more, more_after: true});
      });
    }
    thread.wanted = null;
    const line = thread.lines[thread.indexOf(seq)];
    if (!line) return;
    thread.place = {id: line.id};
    thread.jump = {seq, count: ++this.jumps};
    chat.changed();
  }

  /** Follow a thread, or do so no more. */
  async follow(thread, on) {
    const {name, root} = thread;
    await this.chat.connection.call("follow", {target: name, seq: root, on});
    thread.following = on;
    if (on) this.fetchSoon();
    else this.all.delete(keyOf(name, root));
    this.chat.changed();
  }

  /** A thread was read to its end, which has this number. */
  readUpTo(thread, seq) {
    const entry = this.entry(thread);
    if (entry) this.settle(entry, Math.max(seq, entry.read));
    if (!(seq > thread.read)) return;
    thread.read = seq;
    thread.telling ??= setTimeout(() => {
      thread.telling = null;
      this.tellRead(thread);
    }, TELL_AFTER);
  }

  tellRead({name, root, read}, back) {
    this.chat.connection.call("read", {target: name, thread: root, seq: read, back}).catch(() => {}); // the next reply tells it
  }

  /** Mark a reply and all after it as unread, on all devices. */
  unreadFrom(thread, {seq}) {
    clearTimeout(thread.telling);
    thread.telling = null;
    thread.readElsewhere(seq - 1, true);
    const entry = this.entry(thread);
    if (entry) entry.read = seq - 1;
    this.tellRead(thread, true);
    this.fetchSoon();
    this.chat.changed();
  }
}
