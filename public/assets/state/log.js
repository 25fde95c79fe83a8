// The stretch of a channel's messages that is in memory, and up to which number of the channel everything is known.
// Each message (its `seq`) and each change of one (its `rev`) draws the next number: neither has all of them.

import {applied, newer, revOf} from "./merge.js";

const KEPT = 2_000; // lines of a channel in memory; scrolling fetches the others again
const SLACK = 500; // lines above it before some are dropped
const UNHELD = 500; // changes of messages that are not here, of which the number is remembered

export class Log {
  /** `lines`: messages and notices in order. Notices and boxes have no `seq`; they stand after the message that was newest. */
  constructor() {
    this.epoch = "";
    this.joined = false;
    this.lines = [];
    this.seq = 0; // of the newest message
    this.known = 0; // the number up to which everything is known; what an `ok` says does not move it
    this.heard = 0; // the newest number that the server has told
    this.catching = null; // `known` as it was when fetching what was missed began, while that goes on
    this.lacks = false; // whether a change came whose message lacks something before it: ask `changes`
    this.stale = new Set(); // seqs of messages that were loaded as they had been before a change that came
    this.unheld = new Map(); // seq of a message that is not here -> number of its last change
    this.gone = new Set(); // seqs of messages that are known to be deleted since one looked here last
    this.quotes = new Map(); // seq -> a message outside of the stretch, null if there is none
    this.beyond = new Map(); // seq -> id of the sender: messages outside of the stretch that may be unread
    this.pins = []; // the pinned messages, as they were when they were asked for
    this.pinsOf = null; // the connection that they are of; null: ask for them
    this.aside = []; // boxes of plugins, while the stretch is not at the present
    this.arrived = 0; // counts the messages that were new here
    this.waiting = null; // messages and changes that come before the answer to a join, or a page of what was missed
    this.more = false; // whether the server has older ones
    this.loading = false; // whether a page is being fetched
    this.later = false; // whether newer ones are not here, while the user reads further up
    this.thread = null; // a Thread that is open beside it, which receives the same
  }

  /** Whether a message belongs to the stretch: replies in threads do not, unless they were also sent to the channel. */
  holds({thread, also_in_channel: also}) {
    return !thread || also;
  }

  get first() {
    return this.lines.find((line) => line.seq)?.seq ?? this.seq + 1;
  }

  /** seq of the newest message in memory. */
  get last() {
    return this.lines.findLast((line) => line.seq)?.seq ?? 0;
  }

  /** Where a join resumes. */
  get since() {
    return this.epoch ? {epoch: this.epoch, seq: this.known} : undefined;
  }

  /** Whether an epoch is that of an earlier history. */
  isPast(epoch) {
    return epoch && this.epoch && epoch !== this.epoch;
  }

  /** The message with this `seq`, if it is in memory. */
  get(seq) {
    return this.lines[this.indexOf(seq)];
  }

  byId(id) {
    return this.lines.find((line) => line.id === id);
  }

  indexOf(seq) {
    return this.lines.findLastIndex((line) => line.seq === seq);
  }

  /** Receive a message or a change as it happens. Return the message if it is new here. */
  live(event) {
    this.waiting?.push(event);
    const fresh = event.action === "changed" ? this.change(event) : this.receive([event]);
    this.heard = Math.max(this.heard, event.seq);
    if (this.joined && this.catching === null) this.known = Math.max(this.known, event.seq);
    return fresh;
  }

  /** Apply a `changed` event to the message that it is about, where that is here. */
  change(event) {
    const {about, seq, set} = event;
    if (about === undefined) return []; // one that this user may not see
    this.thread?.change(event);
    const at = this.indexOf(about);
    const quoted = this.quotes.get(about);
    const quote = quoted && applied(quoted, event);
    if (quote) this.quotes.set(about, quote);
    else if (quoted) this.quotes.delete(about); // it is asked for again
    if (at < 0) {
      this.unheld.delete(about);
      this.unheld.set(about, seq);
      if (this.unheld.size > UNHELD) this.unheld.delete(this.unheld.keys().next().value);
      if (set.deleted) this.forget(about);
      if ("pinned" in set || this.pins.some((pin) => pin.seq === about)) this.pinsOf = null;
      return [];
    }
    const next = applied(this.lines[at], event);
    if (next) this.put(at, next);
    else if (seq <= this.known) this.stale.add(about);
    else if (this.joined && this.catching === null) {
      [this.catching, this.lacks] = [this.known, true];
      this.waiting ??= [event];
    }
    return [];
  }

  put(at, line) {
    if (line.deleted && !this.lines[at].deleted) this.forget(line.seq);
    this.lines[at] = line;
  }

  forget(seq) {
    this.gone.add(seq);
    this.beyond.delete(seq);
  }

  /** Receive a message that was asked for by its seq; undefined: there is none. */
  quoted(seq, message) {
    if (message && revOf(message) < this.unheld.get(seq)) return; // read before a change that has come; it is asked for again
    this.quotes.set(seq, message ?? null);
  }

  /** Receive messages in their present state. New ones are those behind what was known. Return them. */
  receive(messages) {
    const end = this.later ? this.last : Infinity; // later ones are loaded by scrolling
    this.thread?.receive(messages);
    return messages.filter((message) => {
      const known = (this.catching ?? this.known) - (message.thread ? 1 : 0); // the change of a reply's root has its number, and comes first
      const quoted = this.quotes.get(message.seq);
      if (quoted) this.quotes.set(message.seq, newer(quoted, message));
      if (message.deleted) this.forget(message.seq);
      if (!this.holds(message)) return message.seq > known;
      const fresh = message.seq > end ? message.seq > known && !this.beyond.has(message.seq) : this.insert(message, known);
      if (fresh && message.seq > end && !message.deleted) this.beyond.set(message.seq, message.sender?.id);
      if (fresh) [this.arrived, this.seq] = [this.arrived + 1, Math.max(this.seq, message.seq)];
      return fresh;
    });
  }

  /** Put a message in its place if its seq is above `from`; one that is here becomes the newer of the two. Return whether it is new. */
  insert(message, from) {
    let at = this.lines.length;
    while (at > 0 && (this.lines[at - 1].seq ?? this.lines[at - 1].behind) > message.seq) at--;
    let before = at - 1;
    while (before >= 0 && !this.lines[before].seq) before--;
    if (before >= 0 && this.lines[before].seq === message.seq) {
      this.put(before, newer(this.lines[before], message));
      return false;
    }
    if (message.seq > from) this.lines.splice(at, 0, message);
    return message.seq > from;
  }

  /** Add a page of history at an end of the stretch. Return the messages that are new here. */
  load(messages) {
    return messages.filter((message) => {
      if (revOf(message) < this.unheld.get(message.seq)) this.stale.add(message.seq); // it was read before a change that has come
      this.beyond.delete(message.seq);
      this.seq = Math.max(this.seq, message.seq);
      return this.insert(message, 0);
    });
  }

  /** Receive a page of what was missed, complete up to the number `upto`. Return the messages that are new here. */
  catchUp({messages, upto, more}) {
    this.catching ??= this.known;
    this.waiting ??= [];
    const fresh = this.receive(messages);
    this.known = Math.max(this.known, upto);
    if (!more) this.caughtUp();
    return fresh;
  }

  /** Everything is known up to `known`, and what came meanwhile goes on from there. */
  caughtUp() {
    this.catching = null;
    const {waiting} = this;
    this.waiting = null;
    for (const event of waiting ?? []) this.live(event);
  }

  /** Receive the answer to a join: what was missed, or the newest messages. Return the messages that are new here. */
  enter({epoch, seq, messages, recovered, upto, more}) {
    if (this.epoch !== epoch) {
      this.heard = 0;
      this.unheld.clear();
    }
    this.heard = Math.max(this.heard, seq);
    this.epoch = epoch;
    this.joined = true;
    this.lacks = false;
    if (recovered) return this.catchUp({messages, upto: upto ?? (more ? messages.at(-1).seq : seq), more});
    this.known = Math.max(seq, ...messages.map(revOf));
    return this.renew({messages, more});
  }

  /** Start again with the newest messages; boxes of plugins stay. Return the messages that are new here. */
  renew({messages, more}) {
    const boxes = [...this.aside, ...this.lines.filter((line) => line.view)];
    this.seq = 0;
    this.show(messages, more);
    this.later = false;
    this.aside = [];
    this.beyond.clear();
    this.quotes.clear();
    const fresh = [...this.lines];
    this.load((this.waiting ?? []).filter(({action}) => action !== "changed"));
    this.caughtUp();
    const {time} = this.lines.at(-1) ?? {}; // of the day of the line before it
    this.lines.push(...boxes.map((box) => ({...box, behind: this.seq, time: time ?? box.time})));
    return fresh;
  }

  show(messages, more) {
    this.lines = [];
    this.more = more;
    this.load(messages);
  }

  /** Add the page after the last line. */
  extend({messages}) {
    this.load(messages);
    this.later = this.last < this.seq;
  }

  /** Drop the oldest lines if there are very many, unless the user reads further up: see `keepAround`. */
  trim() {
    if (this.atEnd !== false) this.keepAround(this.lines.length);
  }

  /** If there are very many lines, drop those far from this index; return how many of them were before it. */
  keepAround(at) {
    if (this.lines.length <= KEPT + SLACK || this.loading) return 0;
    const from = Math.max(0, Math.min(at - KEPT / 2, this.lines.length - KEPT));
    if (from + KEPT < this.lines.length) this.later = true;
    if (from) this.more = true;
    this.leaveBehind(this.lines.slice(from + KEPT));
    this.lines = this.lines.slice(from, from + KEPT);
    return from;
  }

  /** Remember of lines that are dropped at the end what counts as unread. */
  leaveBehind(lines) {
    for (const {seq, sender, deleted} of lines) if (seq && !deleted) this.beyond.set(seq, sender?.id);
  }
}
