// A thread as the page knows it: a stretch of replies beside that of its channel, whose people, settings and numbers are its
// own. The channel passes on what it receives, so that a change is applied wherever its message is. Loaded when needed.

import {explain} from "../i18n/index.js";
import {Channel} from "./channel.js";
import {applied, newer} from "./merge.js";

const SHARED = [
  "about", "catching", "changes", "count", "drawn", "epoch", "found", "gone", "heard", "joined", "known", "lacks", "names", "pins", "pinsOf", "quotes", "ranks", "reacted",
  "stale", "unheld", "users",
];

export class Thread extends Channel {
  /** root: seq of the message that it is about. */
  constructor(chat, channel, root) {
    super(channel.name);
    Object.assign(this, {chat, channel, root});
    this.history = channel.epoch; // of which `root` is a number
    this.line = channel.get(root) ?? null; // the message that it is about
    this.loaded = false;
    this.refused = ""; // why it cannot be shown, in words
    this.following = false;
    this.also = false; // whether the next reply goes to the channel, too
    chat.recall(this);
  }

  get key() {
    return `${this.name}\n${this.root}`;
  }

  get home() {
    return this.channel;
  }

  get within() {
    return {thread: this.root};
  }

  /** What stands before the first reply. */
  get before() {
    return this.line && {time: this.line.time};
  }

  holds({thread}) {
    return thread === this.root;
  }

  get(seq) {
    return super.get(seq) ?? (seq === this.root ? this.line : null) ?? this.channel.get(seq);
  }

  byId(id) {
    return this.line?.id === id ? this.line : super.byId(id);
  }

  /** Fetch its newest replies; the promise is fulfilled when they are here, or it is known why not. */
  fetch() {
    this.waiting = [];
    this.loading = true;
    this.fetched = this.ask();
    return this.fetched;
  }

  async ask() {
    const {chat} = this;
    try {
      this.renew(await chat.sync.ask(this, "history", chat.sync.page(this)));
      this.refused = "";
      if (this.chat.threads.entry(this)?.unread) this.mark ??= this.read;
      this.see();
      chat.settled(this);
    } catch (error) {
      if (error.code !== "disconnected") this.refused = explain(error); // else it is asked for again after the next join
    } finally {
      this.loading = false;
      chat.changed();
    }
  }

  /** The channel has been joined again. recovered: nothing is missing. */
  rejoined(recovered) {
    if (this.history && this.history !== this.epoch) this.channel.thread = null; // its message was of another history
    else if (!recovered || !this.loaded) this.fetch();
    this.history = this.epoch;
  }

  /** Start again with the newest replies. */
  renew({messages, more, root, following, read}) {
    const came = this.waiting ?? [];
    this.waiting = null;
    this.loaded = true;
    this.seq = 0;
    this.show(messages, more);
    this.later = false;
    this.beyond.clear();
    this.learn({root, following, read});
    this.load(came.filter(({action}) => action !== "changed"));
    for (const one of came) if (one.action === "changed") this.change(one);
  }

  /** What a page says besides the replies. */
  learn({root, following, read}) {
    if (root) this.line = this.line ? newer(this.line, root) : root;
    if (following !== undefined) this.following = following;
    this.read = Math.max(this.read ?? 0, read ?? 0);
  }

  receive(messages) {
    for (const message of messages) if (message.seq === this.root) this.learn({root: message});
    const own = messages.filter((message) => this.holds(message));
    this.waiting?.push(...own);
    if (!this.loaded) return [];
    const fresh = super.receive(own);
    this.trim();
    return fresh;
  }

  change(event) {
    const {waiting} = this;
    waiting?.push(event);
    if (event.about === this.root && this.line) {
      const next = applied(this.line, event);
      if (next) this.line = next;
      else this.stale.add(this.root);
    }
    const fresh = super.change(event);
    this.waiting = waiting; // whatever is missing is the channel's to fetch
    return fresh;
  }

  /** What arrives is read as long as its end is seen. */
  see() {
    const {chat} = this;
    if (this.loaded && !this.later && this.present && !chat.away && !this.heldUnread && chat.current === this.name) chat.threads.readUpTo(this, this.seq);
  }

  noMentions() {} // the list has them: see threads.js
}

for (const name of SHARED) {
  Object.defineProperty(Thread.prototype, name, {
    get() {
      return this.channel[name];
    },
    set(value) {
      if (this.channel) this.channel[name] = value; // else it is being made
    },
  });
}
